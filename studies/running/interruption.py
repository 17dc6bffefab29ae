"""Signals that end a run: the first in order, a second one at once."""

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""Ctrl-C, a polite `kill` (a batch system's too), and a terminal that is gone."""
SHOW_CURSOR = "\x1b[?25h"
SAME = 0.2
"""Seconds in which a signal comes twice that was sent once: to a process and to its group."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """While this lasts, Ctrl-C is an exception; before and after it just ends the process.

    Python's own handler prints a traceback where nothing catches its exception: among the
    imports, and when the interpreter tidies up. See `studies.__main__`.
    """
    just_ends = signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    if just_ends:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        if just_ends:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Not Python's own handler, so that a study's `raise KeyboardInterrupt` is told from Ctrl-C."""
    raise Interrupted(number)


class Interrupted(KeyboardInterrupt):
    """A signal has ended a run.

    Attributes:
        status: The exit status that shells expect: 128 and the signal's number, 130 for Ctrl-C.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.status = 128 + number


class Interruption:
    """What the signals do while a run is prepared, happens and is shown.

    A signal that was ignored when the command began (`nohup`) stays so. No exception is thrown
    into whatever happens at the moment: a record may be on its way from a worker to the store.
    Python's handlers run between two steps of the main thread, which may be stuck in one: a thread
    of its own waits for the second signal, which ends the process in any case.

    Args:
        farewell: The line to print where a run ends at once.
    """

    def __init__(self, farewell: str) -> None:
        self._farewell = farewell
        self._number: int | None = None
        self._stop: Callable[[], object] | None = None
        self._before: dict[int, Any] = {}
        self._leaving = threading.Lock()

    def __enter__(self) -> "Interruption":
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)
            heard, self._told = socket.socketpair()
            self._told.setblocking(False)
            self._told_before = signal.set_wakeup_fd(self._told.fileno())
            threading.Thread(target=self._wait_for_second, args=(heard,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._told_before)
            self._told.close()

    @contextlib.contextmanager
    def handled_by(self, stop: Callable[[], object]) -> Iterator[None]:
        """While this lasts, the first signal calls `stop`, which has the work come to an end.

        Args:
            stop: Called within the signal's handler: `SimpleQueue.put` is made for that.

        Raises:
            Interrupted: At its end, if there was a signal.
        """
        self._stop = stop
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted(self._number or signal.SIGINT) from None
        finally:
            self._stop = None
        if self._number is not None:
            raise Interrupted(self._number)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self._number is not None:
            return
        self._number = number
        if self._stop is None:
            self._leave(number)
        else:
            self._stop()

    def _wait_for_second(self, heard: socket.socket) -> None:
        """Read the numbers of signals, which Python writes at once wherever it is."""
        first = None
        with heard:
            while number := int.from_bytes(heard.recv(1), "big"):
                if number in self._before:
                    now = time.monotonic()
                    if first is not None and now - first > SAME:
                        self._leave(number)
                    first = first or now

    def _leave(self, number: int) -> None:
        if not self._leaving.acquire(blocking=False):
            return  # the other thread is at it
        cursor = SHOW_CURSOR if os.isatty(2) else ""
        with contextlib.suppress(OSError):  # the terminal may be gone
            # Not by print: it may be in the middle of a line.
            os.write(2, f"{cursor}\n{self._farewell}\n".encode())
        # Workers end when their driver is gone; SQLite rolls back what was not done.
        os._exit(128 + number)
