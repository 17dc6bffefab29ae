"""`make bench-peers`: Split MNIST by Avalanche and by Ebb, taking turns, on the same cores.

Five tasks of two digits, one epoch each, two hidden layers of 400 units, Adam, batches of 128,
class-incremental with all ten outputs. Avalanche runs its seeds in one process on all cores; Ebb a
worker on each. Compared are the seconds of training alone (with what a run prepares, without any
evaluation) and those of the whole command, from its start to its end; and the accuracies, where
the two define a method alike.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from analysis import compare, explain
from benchmarks.__main__ import CORES, ratio
from core import Store
from data import load

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PEER = ROOT / ".venv-peers" / "bin" / "python"
STUDY = HERE / "split_mnist_online.py"
METHODS = ("fine-tuning", "ER-1000", "EWC", "SI")
ALIKE = METHODS[:2]
"""Avalanche's EWC squares the gradients of batches, its SI takes those of the whole loss."""


def write_mnist(folder: Path) -> None:
    """MNIST as torchvision looks for it: IDX files in MNIST/raw."""
    own = os.environ.get("EBB_DATA")
    mnist = load("mnist", Path(own) if own else None)
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, name in (("train", "train"), ("test", "t10k")):
        x, y = getattr(mnist, f"x_{part}"), getattr(mnist, f"y_{part}")
        for values, kind in ((x.reshape(-1, 28, 28), "images"), (y, "labels")):
            shape = np.array(values.shape, ">i4").tobytes()
            header = bytes((0, 0, 8, values.ndim)) + shape
            file = raw / f"{name}-{kind}-idx{values.ndim}-ubyte"
            file.write_bytes(header + values.astype(np.uint8).tobytes())


def by_avalanche(method: str, seeds: int, folder: Path) -> tuple[float, list[dict]]:
    """Seconds of the whole script, and what it says of each seed."""
    command = [PEER, HERE / "avalanche_runs.py", folder, method, str(seeds)]
    began = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    taken = time.perf_counter() - began
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return taken, [json.loads(line) for line in lines]


def by_ebb(method: str, seeds: int, store: Path) -> tuple[float, list[dict]]:
    """Seconds of the whole command, and what its records say of each seed."""
    command = [Path(sys.executable).parent / "ebb", "run", STUDY, "--quiet", "--store", store]
    command += ["--conditions", method, "--seeds", str(seeds), "--workers", str(CORES)]
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    taken = time.perf_counter() - began
    kept = Store(store)
    runs = []
    for record in kept.records(kept.entries()):
        after = [each for each in record.evaluations if each.set.startswith("test-task")][-5:]
        right = sum(np.trace(each.confusion) for each in after)
        training = sum(record.seconds.values()) - record.seconds["evaluate"]
        accuracy = right / sum(each.confusion.sum() for each in after)
        runs.append({"seed": record.seed, "seconds": training, "accuracy": accuracy})
    return taken, runs


def side_by_side(method: str, rounds: int, seeds: int, folder: Path) -> None:
    """Both in turn; what a seed takes, and whether they reach the same accuracy."""
    whole: dict[str, list[float]] = {"avalanche": [], "ebb": []}
    alone: dict[str, list[float]] = {"avalanche": [], "ebb": []}
    for number in range(rounds):
        store = folder / f"{method}-{number}"
        for who, (taken, runs), together in (
            ("avalanche", by_avalanche(method, seeds, folder), 1),
            ("ebb", by_ebb(method, seeds, store), CORES),
        ):
            whole[who].append(taken / seeds)
            alone[who].append(statistics.median(each["seconds"] for each in runs) / together)
            if who == "avalanche":
                theirs = runs
            else:
                ours = runs
    print(f"{method}: seconds a seed on {CORES} cores (training alone; whole command)")
    for who in whole:
        both = [statistics.median(times[who]) for times in (alone, whole)]
        print(f"  {who:<10} {both[0]:6.2f}; {both[1]:6.2f}")
    ratio("training alone", alone["avalanche"], alone["ebb"])
    ratio(f"from the command to the table of {seeds} seeds", whole["avalanche"], whole["ebb"])
    a, b = ([each["accuracy"] for each in runs] for runs in (ours, theirs))
    if method in ALIKE:
        print(explain(compare(a, b, paired=False, name_a="Ebb", name_b="Avalanche")))
    else:
        print(f"  accuracy {np.mean(a):.4f} and {np.mean(b):.4f}, of other definitions")
    print(flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--methods", default=",".join(METHODS))
    options = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_mnist(folder)
        for method in options.methods.split(","):
            side_by_side(method, options.rounds, options.seeds, folder)


if __name__ == "__main__":
    main()
