"""What a worker writes to its driver: reports, each behind a mark and its length.

A worker and its driver are one program, so a report is pickled. The mark sets it apart from what a
library may print there: such bytes, read as a report, could ask for gigabytes that never come.
"""

import pickle
from typing import IO, Any

MARK = b"ebb report"
SIZE = 8


def write_report(file: IO[bytes], kind: str, value: Any) -> None:
    """Write one report, whole."""
    content = pickle.dumps((kind, value))
    file.write(MARK + len(content).to_bytes(SIZE, "big") + content)
    file.flush()


def read_report(file: IO[bytes]) -> tuple[str, Any] | None:
    """The next report; None if the writer ended, be it in the middle of one.

    Raises:
        ValueError: Something else was written there.
        Exception: Whatever bytes make of themselves that only look like a report.
    """
    head = file.read(len(MARK) + SIZE)
    if len(head) < len(MARK) + SIZE:
        return None
    if not head.startswith(MARK):
        raise ValueError("no report")
    size = int.from_bytes(head[len(MARK) :], "big")
    content = file.read(size)
    if len(content) < size:
        return None
    kind, value = pickle.loads(content)
    return kind, value
