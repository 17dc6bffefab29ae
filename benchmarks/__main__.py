"""`make bench`: everything side by side, in one call, taking turns.

Timings on a shared machine drift, so the ways of training take turns, and what counts is the
ratio within a round: its median over the rounds, with the smallest and the largest.
What is compared on one thread takes turns in one process, which starts once.
"""

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from benchmarks.contestant import BATCH, PART, SMALL_EPOCHS, images
from core import environment
from core.training.settings import worker_variables

CORES = 2
EXAMPLES = {"c3": 53_994, "a3": 60_000, **PART}
# Floating-point operations for an example: 2 a weight forward, 2 backward to the weights, and 2
# backward to the inputs but for the first layer.
CONVOLUTIONS = 9 * (
    (26**2 * 64 * 64 + 13**2 * 64 * 128 + 11**2 * 128 * 128) + 5**2 * 128 * 256 + 3**2 * 256 * 256
)
OPERATIONS = {
    "c3": 4 * 784 * 150 + 6 * (150 * 100 + 100 * 10),
    "a3": 4 * 784 * 100 + 6 * 100 * 10,
    "deep": 4 * 784 * 300 + 6 * (300 * 100 + 59 * 100 * 100 + 100 * 10),
    "cnn": 4 * 9 * 28**2 * 64 + 6 * (CONVOLUTIONS + 256 * 1024 + 1024 * 512 + 512 * 10),
}
NAMES = {
    "c3": "C3 (784-150-100-10, dropout, class after class)",
    "a3": "A3 (784-100-10)",
    "deep": f"60-layer mlp (784-300-60x100-10), {PART['deep'] // BATCH['deep']} steps of an epoch",
    "cnn": f"CNN (D6a), {PART['cnn'] // BATCH['cnn']} steps of an epoch",
    "alexnet": f"AlexNet (25.7 million weights), {PART['alexnet'] // BATCH['alexnet']} steps of an "
    "epoch",
}
# XLA takes fifteen times as long for a step of the CNN, so there it is not tried every time.
FIT = dict.fromkeys(("cnn", "alexnet"), ("fit", "fit-data"))
BFLOAT16 = bool(re.search("amx|bf16", environment()["processor"]))
"""Whether the processor multiplies 16 bits itself; others take ten times as long."""
TIMED = dict.fromkeys(("cnn", "alexnet"), (1, 2, 2))
"""Epochs that each way is timed for, where they are long."""
EPOCHS = {"c3": 20, "a3": 100}
PAIR = 12_000
"""New examples of a task of two classes, about."""


def start(network: str, ways: str, count: str) -> subprocess.Popen:
    """Start a contestant: `fit` with TensorFlow's own settings, all others as a worker."""
    command = [sys.executable, "-m", "benchmarks.contestant", network, ways, count]
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
    if not ways.startswith(("notebook", "fit")):
        variables = worker_variables(os.environ)
    return subprocess.Popen(
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def results(process: subprocess.Popen) -> dict[str, float]:
    """The median seconds that a contestant printed, of each way."""
    out, _ = process.communicate()
    if process.returncode:
        sys.exit(f"A contestant ended with exit status {process.returncode}: {process.args}")
    found = json.loads(out.splitlines()[-1])
    return {way: statistics.median(seconds) for way, seconds in found.items()}


def result(process: subprocess.Popen) -> float:
    """The same of the only way."""
    (seconds,) = results(process).values()
    return seconds


def alone(network: str, way: str, epochs: int) -> float:
    """Seconds an epoch when one process has both cores."""
    return result(start(network, way, str(epochs)))


def in_turns(network: str, ways: Iterable[str], epochs: int, rounds: int) -> dict[str, list[float]]:
    """Processor seconds an epoch of each way in each round, all of a round in one process."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, seconds in results(start(network, ",".join(times), str(epochs))).items():
            times[way].append(seconds)
    return times


def side_by_side(network: str, way: str, epochs: int) -> float:
    """Seconds an epoch and run when each core has a process of its own."""
    both = [start(network, way, str(epochs)) for _ in range(CORES)]
    return statistics.mean(map(result, both)) / CORES


def ratio(name: str, over: list[float], under: list[float]) -> None:
    ratios = sorted(a / b for a, b in zip(over, under, strict=True))
    print(
        f"  {name}: {statistics.median(ratios):.3g} times as fast "
        f"({ratios[0]:.3g} to {ratios[-1]:.3g}, n = {len(ratios)})",
        flush=True,
    )


def seconds(name: str, values: list[float]) -> None:
    print(f"  {name:<44} {statistics.median(values):8.3f} s", flush=True)


def training(network: str, rounds: int) -> None:
    """Training alone."""
    print(f"{NAMES[network]}: training alone, seconds an epoch and seed on {CORES} cores")
    ways = FIT.get(network, ("fit", "fit-xla", "fit-data"))
    tuned = min(ways, key=lambda way: alone(network, way, 1))
    ours = ["ebb", "ebb-bfloat16"] if BFLOAT16 and network in FIT else ["ebb"]
    times: dict[str, list[float]] = {way: [] for way in ("notebook", tuned, *ours)}
    by_notebook, by_fit, by_ebb = TIMED.get(network, (2, 4, 6))
    for _ in range(rounds):
        times["notebook"].append(alone(network, "notebook", by_notebook))
        times[tuned].append(alone(network, tuned, by_fit))
        for way in ours:
            times[way].append(side_by_side(network, way, by_ebb))
    seconds("the notebook's way", times["notebook"])
    best = {"fit": "graph", "fit-xla": "XLA", "fit-data": "graph, tf.data"}[tuned]
    seconds(f"fit at its best ({best}, many steps a call)", times[tuned])
    seconds(f"Ebb, {CORES} workers", times["ebb"])
    ratio("Ebb to the notebook", times["notebook"], times["ebb"])
    ratio("Ebb to fit at its best", times[tuned], times["ebb"])
    if "ebb-bfloat16" in ours:
        seconds("Ebb in mixed_bfloat16", times["ebb-bfloat16"])
        ratio("this to fit at its best in float32", times[tuned], times["ebb-bfloat16"])
    if network not in OPERATIONS:
        print()
        return
    ceiling = 2 * 2048**3 / side_by_side("product", "-", 20)
    rate = OPERATIONS[network] * EXAMPLES[network] / statistics.median(times["ebb"])
    print(
        f"  Ebb: {rate / 1e9:.0f} GFLOP/s, {100 * rate / ceiling:.0f} % of the machine's own "
        f"matrix product ({ceiling / 1e9:.0f} GFLOP/s)\n"
    )


def additions(rounds: int) -> None:
    """What corrupted data and replay add to an epoch of as many examples."""
    print(f"{NAMES['c3']}: processor seconds an epoch, one worker, for as many examples")
    ways = ("ebb", "ebb-labels", "ebb-noise", "ebb-reservoir", "ebb-herding")
    times = in_turns("c3", ways, 5, rounds)
    seconds("plain", times["ebb"])
    names = ("label noise, rate .2", "input noise, every epoch", "replay, reservoir")
    for way, name in zip(ways[1:], (*names, "replay, herding"), strict=True):
        seconds(name, times[way])
        added = sorted(100 * (a / b - 1) for a, b in zip(times[way], times["ebb"], strict=True))
        print(
            f"    {statistics.median(added):+.0f} % "
            f"({added[0]:+.0f} to {added[-1]:+.0f}, n = {len(added)})",
            flush=True,
        )
    print()


def large(rounds: int) -> None:
    """What XLA changes for AlexNet on one thread; and 16 bits, where the processor has them."""
    ways = {"ebb-graph": "in graph mode", "ebb": "as `auto` compiles it"}
    networks = ["alexnet"]
    if BFLOAT16:
        ways["ebb-bfloat16"] = "the same, mixed_bfloat16"
        networks.append("cnn")
    for network in networks:
        print(f"{NAMES[network].partition(',')[0]}: processor seconds a step, one worker")
        times = in_turns(network, ways, 2, rounds)
        steps = PART[network] // BATCH[network]
        for way, said in ways.items():
            seconds(said, [each / steps for each in times[way]])
        for way in [*ways][1:]:
            ratio(f"{ways[way]}, to graph mode", times["ebb-graph"], times[way])
        print()


def to_plain(times: list[float], plain: list[float]) -> None:
    """Print how many times as long as plain training something takes."""
    ratios = sorted(a / b for a, b in zip(times, plain, strict=True))
    print(
        f"    {statistics.median(ratios):.2f} times plain training "
        f"({ratios[0]:.2f} to {ratios[-1]:.2f}, n = {len(ratios)})",
        flush=True,
    )


def penalties(rounds: int) -> None:
    """What a quadratic penalty adds to an epoch, and how long importances take."""
    print("784-400-400-10, Adam, batches of 128, two tasks: processor seconds an epoch")
    ways = ("ebb", "ebb-l2", "ebb-ewc", "ebb-mas", "ebb-si")
    passes = ("predicted", "exact", "outputs")
    times = in_turns("split", ways, 3, rounds) | in_turns("importance", passes, 3, rounds)
    seconds("plain", times["ebb"])
    for way, name in zip(ways[1:], ("L2", "EWC", "MAS", "SI"), strict=True):
        seconds(name, times[way])
        to_plain(times[way], times["ebb"])
    for kind, name in zip(passes, ("predicted", "exact", "MAS"), strict=True):
        seconds(f"importances of 12,000 examples, {name}", times[kind])
    print()


def memories(rounds: int) -> None:
    """What DER++ and A-GEM take for each row, against plain training in batches of as many."""
    print("784-100-100-10, SGD, five tasks: processor microseconds a row")
    pairs = {"DER++ (128 + 128 + 128)": ("ebb-der++", "ebb-384")}
    pairs["A-GEM (128 + 128)"] = ("ebb-agem", "ebb-256")
    times = in_turns("memory", [way for pair in pairs.values() for way in pair], 4, rounds)
    for name, (way, plain) in pairs.items():
        for which, values in ((name, times[way]), ("plain, as many rows", times[plain])):
            print(f"  {which:<44} {1e6 * statistics.median(values) / PAIR:8.2f}", flush=True)
        to_plain(times[way], times[plain])
    print()


def pixel_maps(rounds: int) -> None:
    """What permuted tasks add to an epoch."""
    print("784-100-100-10, SGD, batches of 128: processor seconds an epoch")
    times = in_turns("small", ("ebb", "ebb-maps"), SMALL_EPOCHS - 1, rounds)
    seconds("plain", times["ebb"])
    seconds("pixel maps", times["ebb-maps"])
    to_plain(times["ebb-maps"], times["ebb"])
    print()


def whole_study(rounds: int, seeds: int) -> None:
    """C3 from the start of the program to the stored records."""
    print(
        f"C3: the whole study, seconds a seed (start, compile, 20 epochs, evaluations, store): "
        f"{seeds} seeds, {CORES} workers, against one notebook run on {CORES} cores"
    )
    notebook, ebb = [], []
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "images.npz"
        np.savez(data, **images())
        for _ in range(rounds):
            began = time.perf_counter()
            # The contestant trains one epoch more than it times.
            result(start("c3", "notebook", str(EPOCHS["c3"] - 1)))
            notebook.append(time.perf_counter() - began)
            store = Path(folder) / "store"
            shutil.rmtree(store, ignore_errors=True)
            command = [Path(sys.executable).parent / "ebb", "run", "class-order", "--quiet"]
            command += ["--conditions", "class-sequential", "--dataset", data, "--store", store]
            command += ["--seeds", str(seeds), "--workers", str(CORES)]
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            ebb.append((time.perf_counter() - began) / seeds)
    seconds("the notebook's way, without any evaluation", notebook)
    seconds("Ebb, 243 evaluations a run included", ebb)
    ratio("Ebb to the notebook", notebook, ebb)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3")
    began = time.perf_counter()
    print(
        f"{processor()}\n{CORES} of {os.cpu_count()} cores, {options.rounds} rounds\n", flush=True
    )
    for network in NAMES:
        training(network, options.rounds)
    for part in (large, additions, penalties, memories, pixel_maps):
        part(max(1, options.rounds - 1))
    whole_study(max(1, options.rounds // 2), options.seeds)
    print(f"\nall of it: {(time.perf_counter() - began) / 60:.1f} minutes")


def processor() -> str:
    """What the times are of: the processor's name, and the instructions that decide them."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.partition(": ")[2] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor()
    return f"{name} ({environment()['processor']})"


if __name__ == "__main__":
    main()
