"""Do penalties keep Permuted MNIST as published, when nothing of earlier tasks is stored?

The domain-incremental column of Hsu, Liu, Ramasamy & Kira 2018, Re-evaluating continual learning
scenarios (arXiv:1810.12488), from its scripts: ten tasks, the first with the images as they are;
images padded to 32 x 32 and normalised before their pixels are permuted; two hidden layers of 1,000
units, ten epochs each, Adam. Its strengths; its EWC squares the gradient of a batch times the batch
size where ours squares that of each example, which is the same where the gradients' mean is 0.

Of its table only the mean of SGD is confirmed by a second source; other rows have no figure here.
"""

from dataclasses import replace

from core import EWC, MAS, SI, Domains, EvaluationPlan, L2Penalty, OnlineEWC, Recipe, Scenario, spec
from studies.definition.study import Quick, Reported, Study

plain = Recipe(
    dataset="mnist",
    model=spec("mlp", widths=(1000, 1000), kernel_initializer="torch", bias_initializer="torch"),
    preprocessing=("pad-2", "scale", "normalise"),
    order=Domains(kind="permuted", number=10, epochs_each=10, first_plain=True),
    scenario=Scenario("domain"),
    optimiser=spec("TorchAdam", learning_rate=1e-4),
    epochs=100,
    batch_size=128,
    evaluation=EvaluationPlan(sets=("test-tasks",), task_examples=2000),
)
PENALTIES = {
    "L2": L2Penalty(strength=0.02),
    "EWC": EWC(strength=150, fisher="predicted"),
    "online-EWC": OnlineEWC(strength=250, fisher="predicted"),
    "SI": SI(strength=10),
    "MAS": MAS(strength=0.1, batch=128),
}

study = Study(
    name="permuted-mnist-regularisation",
    question="Do penalties keep Permuted MNIST, when nothing of earlier tasks is stored?",
    conditions={
        "Adam": plain,
        "SGD": replace(plain, optimiser=spec("SGD", learning_rate=1e-3)),
        **{name: replace(plain, strategy=penalty) for name, penalty in PENALTIES.items()},
    },
    seeds=3,
    primary="tasks: average accuracy",
    shown=("tasks: mean forgetting_max_minus_last", "tasks: learning accuracy"),
    comparisons=tuple((name, "Adam") for name in PENALTIES),
    reported=(
        Reported(
            "SGD", "tasks: average accuracy", 0.8456, runs=10, decimals=4, source="Hsu et al. 2018"
        ),
    ),
    quick=Quick(
        seeds=3,
        epochs=None,
        overrides={
            "model.widths": (100, 100),
            "order.number": 3,
            "order.epochs_each": 2,
            "optimiser.learning_rate": 1e-3,
            "batch_size": 16,
        },
    ),
)
