"""Whether a learning rate that changes during training does better than one that stays.

Experiment B4 of the notebook on deeper networks, which announces these schedules and never runs
them: there is nothing reported, and no code to differ from the text. Network, data and batches are
those of B1, but for 20 epochs: in five SGD is still far from level, and a schedule that slows down
would only be punished for it. Every run has the same number of steps; the best epoch is not
restored, since a schedule is judged by its end.

The rule for the rates: all schedules have the same largest rate, B1's 1e-3 or ten times that, and
otherwise the shape of their source. Each is compared with the constant rate of the same size.

- step: a tenth after half of the steps, and again after three quarters (He et al. 2016);
- exponential: down to a hundredth by the last step;
- cosine: half a cosine down to 0 (Loshchilov and Hutter 2017, without restarts);
- one-cycle: from a tenth up, down again, and out (Smith and Topin 2017; see
  `core.training.lr_schedules`);
- plateau: half of it whenever the validation loss has not improved for two epochs.
"""

from dataclasses import replace

from core import Recipe, spec
from studies.baselines import two_layers
from studies.definition.study import Quick, Study

PEAKS = (1e-3, 1e-2)


def scheduled(peak: float) -> dict[str, Recipe]:
    """B1's training with each schedule; lengths are fractions of all steps."""
    schedules = {
        "step": spec(
            "PiecewiseConstantDecay",
            boundaries=(0.5, 0.75),
            values=(peak, peak / 10, peak / 100),
        ),
        "exponential": spec(
            "ExponentialDecay", initial_learning_rate=peak, decay_steps=1.0, decay_rate=0.01
        ),
        "cosine": spec("CosineDecay", initial_learning_rate=peak, decay_steps=1.0),
        "one-cycle": spec("OneCycle", peak_learning_rate=peak, total_steps=1.0),
    }
    plateau = spec("ReduceLROnPlateau", monitor="val_loss", factor=0.5, patience=2)
    steady = replace(two_layers, optimiser=spec("SGD", learning_rate=peak), epochs=20)
    moving = {
        name: replace(steady, optimiser=spec("SGD"), lr_schedule=each)
        for name, each in schedules.items()
    }
    return {"constant": steady, **moving, "plateau": replace(steady, lr_schedule=plateau)}


study = Study(
    name="schedules",
    question="Does a learning rate that changes during training do better than a constant one?",
    minutes=26,
    conditions={
        f"{name}-{peak:g}": recipe for peak in PEAKS for name, recipe in scheduled(peak).items()
    },
    shown=("validation accuracy", "validation loss", "accuracy"),
    comparisons=tuple(
        (f"{name}-{peak:g}", f"constant-{peak:g}")
        for peak in PEAKS
        for name in scheduled(peak)
        if name != "constant"
    ),
    # Batches of 8 digits: 165 steps an epoch, so that these rates get somewhere.
    quick=Quick(
        epochs=10,
        overrides={"split.size": 120, "batch_size": 8},
        conditions=tuple(f"{name}-{PEAKS[1]:g}" for name in scheduled(PEAKS[1])),
    ),
)
