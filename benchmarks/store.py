"""`python -m benchmarks.store`: what reading commands cost in a store of many records.

The records are those of a real `ebb run class-order --quick`, copied under other seeds and the
names of other studies. Wall time on a shared machine drifts: processor time stands beside it.
"""

import argparse
import dataclasses
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core import Record, Recipe, Store, environment
from core.store import COLUMNS, checksum, columns_of

EBB = Path(sys.executable).parent / "ebb"
STUDY_OF = 1000
"""Records of the study that is shown."""
OTHER_STUDIES = 9


def fill(folder: Path, records: list[Record], total: int) -> None:
    """A store of `total` records: `STUDY_OF` of class-order, the rest of other studies."""
    store = Store(folder)
    # The first call makes the tables; all that is copied after it differs in its label alone.
    store.save(records[0], Recipe.from_json(records[0].recipe).digest(), STUDY_OF // 2)
    rows = [columns_of(each, Recipe.from_json(each.recipe).digest()) for each in records]
    conditions = list(dict.fromkeys(each.condition for each in records))
    by_condition = {name: [row for row in rows if row[2] == name] for name in conditions}
    with store.transaction(write=True) as connection:
        connection.execute("DELETE FROM records")
        for i in range(total):
            study = "class-order"
            if i >= STUDY_OF:
                study = f"copy-{(i - STUDY_OF) % OTHER_STUDIES}"
            seed, which = divmod(i, len(conditions))
            likes = by_condition[conditions[which]]
            key = hashlib.sha256(f"{study} {i}".encode()).hexdigest()[:16]
            like = likes[seed % len(likes)]
            row = (study, like[1], like[2], seed, key, *like[5:])
            connection.execute(
                f"INSERT INTO records ({COLUMNS}, digest) VALUES ({', '.join('?' * len(row))}, ?)",
                (*row, checksum(row)),
            )
            connection.execute(
                "INSERT OR IGNORE INTO plans (study, variant, seeds) VALUES (?, ?, ?)",
                (study, like[1], total),
            )


def seconds(*words: str | Path) -> tuple[float, float]:
    """Wall and processor seconds of one call."""
    began = time.perf_counter()
    process = subprocess.Popen([EBB, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"ebb {words} ended with exit status {os.waitstatus_to_exitcode(status)}")
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--records", type=int, nargs="*", default=[1000, 100_000])
    parser.add_argument("--folder", type=Path, help="Where to keep the stores that are made.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        first = folder / "first"
        run = [EBB, "run", "class-order", "--quick", "--quiet", "--store", first]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL)
        small = Store(first)
        records = [
            dataclasses.replace(each, environment=environment())
            for each in small.records(small.entries())
        ]
        calls = {"--help": ["--help"]}
        for total in options.records:
            place = folder / f"of-{total}"
            if not place.exists():
                fill(place, records, total)
            for name, words in {
                "status": ["status"],
                "status STUDY": ["status", "class-order"],
                "table STUDY": ["table", "class-order"],
            }.items():
                calls[f"{name}, {total:,} records"] = [*words, "--store", place]
        calls["import pandas, scipy.stats"] = []
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(options.rounds):
            for name, words in calls.items():
                times[name].append(seconds(*words))
        for name, values in times.items():
            wall, used = (statistics.median(each) for each in zip(*values, strict=True))
            print(f"{name:<40} {wall:6.2f} s, processor {used:6.2f} s (n = {options.rounds})")


if __name__ == "__main__":
    main()
