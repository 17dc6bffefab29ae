"""`python -m benchmarks.store`: what reading commands cost in a store of many records.

The records are those of a real `ebb run class-order --quick`, copied under other seeds and the
names of other studies. Wall time on a shared machine drifts: processor time stands beside it.
"""

import argparse
import hashlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from core.storage.schema import COLUMNS, FILE, checksum

EBB = Path(sys.executable).parent / "ebb"
SHOWN = 1000
"""Records of the study that is shown."""
OTHERS = 9
"""Other studies that share the rest of a store."""


def fill(folder: Path, first: Path, total: int) -> None:
    """A store of `total` records like those of a first one: `SHOWN` of class-order, others beside.

    Args:
        folder: The store to make.
        first: The store with real records.
        total: How many records to make.
    """
    shutil.copytree(first, folder)
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        like = connection.execute(f"SELECT {COLUMNS} FROM records").fetchall()
        connection.execute("DELETE FROM records")
        connection.execute("DELETE FROM plans")
        marks = ", ".join("?" * len(like[0]))
        insert = f"INSERT INTO records ({COLUMNS}, digest) VALUES ({marks}, ?)"
        for i in range(total):
            study = "class-order" if i < SHOWN else f"copy-{i % OTHERS}"
            key = hashlib.sha256(f"{study} {i}".encode()).hexdigest()[:16]
            _, variant, condition, _, _, *rest = like[i % len(like)]
            row = (study, variant, condition, i, key, *rest)
            connection.execute(insert, (*row, checksum(row)))
            plan = "INSERT OR IGNORE INTO plans (study, variant, seeds) VALUES (?, ?, ?)"
            connection.execute(plan, (study, variant, SHOWN))


def seconds(command: list[str | Path]) -> tuple[float, float]:
    """Wall and processor seconds of one call."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"A call ended with exit status {os.waitstatus_to_exitcode(status)}: {command}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, nargs="*", default=[1000, 100_000])
    options = parser.parse_args()
    calls: dict[str, list[str | Path]] = {
        "ebb --help": [EBB, "--help"],
        "import pandas, scipy.special": [sys.executable, "-c", "import pandas, scipy.special"],
    }
    with tempfile.TemporaryDirectory() as temporary:
        first = Path(temporary) / "first"
        run = [EBB, "run", "class-order", "--quick", "--quiet", "--store", first]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        for total in options.records:
            place = Path(temporary) / str(total)
            fill(place, first, total)
            for words in (["status"], ["status", "class-order"], ["table", "class-order"]):
                name = f"ebb {' '.join(words)}, of {total:,} records"
                calls[name] = [EBB, *words, "--store", place]
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(options.rounds):
            for name, command in calls.items():
                times[name].append(seconds(command))
    for name, values in times.items():
        wall, used = (statistics.median(each) for each in zip(*values, strict=True))
        print(f"{name:<44} {wall:6.2f} s, processor {used:6.2f} s (n = {options.rounds})")


if __name__ == "__main__":
    main()
