"""Split MNIST by Avalanche, as its users write it: ten seeds in one process.

`python avalanche_runs.py FOLDER METHOD SEEDS` prints a line of JSON for each seed: the method, the
seed, the seconds of its training alone, and the accuracy over all test images at the end, as a
fraction. FOLDER has MNIST as torchvision keeps it. It runs in `.venv-peers`, without Ebb.
"""

import json
import sys
import time

import torch
from avalanche.benchmarks.classic import SplitMNIST
from avalanche.evaluation.metrics import accuracy_metrics, forgetting_metrics
from avalanche.models import SimpleMLP
from avalanche.training.plugins import (
    EvaluationPlugin,
    EWCPlugin,
    ReplayPlugin,
    SynapticIntelligencePlugin,
)
from avalanche.training.supervised import Naive

PLUGINS = {
    "fine-tuning": lambda: [],
    "ER-1000": lambda: [ReplayPlugin(mem_size=1000)],
    "EWC": lambda: [EWCPlugin(ewc_lambda=100)],
    "SI": lambda: [SynapticIntelligencePlugin(si_lambda=1)],
}
METRIC = "Top1_Acc_Stream/eval_phase/test_stream/Task000"


def run(folder: str, method: str, seed: int) -> dict[str, object]:
    """Train five tasks, evaluate all of them after each."""
    torch.manual_seed(seed)
    benchmark = SplitMNIST(5, fixed_class_order=list(range(10)), dataset_root=folder)
    model = SimpleMLP(num_classes=10, hidden_size=400, hidden_layers=2, drop_rate=0)
    metrics = [accuracy_metrics(experience=True, stream=True), forgetting_metrics(stream=True)]
    strategy = Naive(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
        criterion=torch.nn.CrossEntropyLoss(),
        train_mb_size=128,
        train_epochs=1,
        eval_mb_size=1000,
        plugins=PLUGINS[method](),
        evaluator=EvaluationPlugin(*metrics, loggers=[]),
    )
    seconds = 0.0
    for experience in benchmark.train_stream:
        began = time.perf_counter()
        strategy.train(experience)
        seconds += time.perf_counter() - began
        results = strategy.eval(benchmark.test_stream)
    return {"method": method, "seed": seed, "seconds": seconds, "accuracy": results[METRIC]}


if __name__ == "__main__":
    for each in range(int(sys.argv[3])):
        print(json.dumps(run(sys.argv[1], sys.argv[2], each)), flush=True)
