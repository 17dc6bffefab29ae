"""How the progress of a study is shown: a live line on a terminal, plain lines elsewhere."""

import contextlib
import sys
import threading
import time
from collections import Counter
from importlib import import_module
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from analysis.rendering.formatting import format_duration
from core import Record
from studies.definition.scoring import Scoring
from studies.results.inventory import describe
from studies.running.executor import Job
from studies.running.meanwhile import VALUES, import_meanwhile
from studies.running.plan import Plan


def display(plan: Plan, quiet: bool) -> "Lines":
    """The display that suits standard error."""
    if quiet:
        return Lines(plan, silent=True)
    return Live(plan) if sys.stderr.isatty() else Lines(plan)


class Lines:
    """One plain line for each run that ends."""

    def __init__(self, plan: Plan, silent: bool = False) -> None:
        self.runs, self.ended_runs, self.silent = len(plan.jobs), 0, silent
        self.epochs = sum(job.recipe.epochs for job in plan.jobs)
        self.epochs_done = 0
        self.at: dict[tuple[str, int], int] = {}
        self.waiting = Counter(job.condition for job in plan.jobs)
        self.primary, self.looked_for_primary = plan.primary, False
        self.imported: threading.Thread | None = None
        self.start = time.monotonic()

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was opened."""

    def started(self, job: Job) -> None:
        """A run began."""
        self.at[job.condition, job.seed] = 0
        self.refresh()

    def epoch(self, job: Job, epoch: int) -> None:
        """A run ended an epoch."""
        self.epochs_done += 1
        # One that goes on where it was interrupted has fewer to train.
        self.epochs -= epoch - 1 - self.at.get((job.condition, job.seed), 0)
        self.at[job.condition, job.seed] = epoch
        self.refresh()

    def ended(self, job: Job, record: Record) -> None:
        """A run ended."""
        self.ended_runs += 1
        # A run that stopped early leaves epochs that nobody will train.
        self.epochs -= job.recipe.epochs - self.at.pop((job.condition, job.seed), 0)
        self.waiting[job.condition] -= 1
        if not self.silent:
            self.say_end(job, record)
        self.refresh()

    def note(self, line: str) -> None:
        """Say what is worth knowing and no fault."""
        if not self.silent:
            self.say(f"note: {line}")

    def say_end(self, job: Job, record: Record) -> None:
        """Say how a run ended."""
        if isinstance(job.recipe, Scoring) and record.status == "finished":
            # There may be a thousand a second: a line for each condition.
            if not self.waiting[job.condition]:
                self.say(f"{job.condition}: done ({self.ended_runs} of {self.runs})")
        else:
            self.say(f"{describe(record)} ({self.ended_runs} of {self.runs}{self.left()})")
        if record.status == "finished" and not self.looked_for_primary:
            self.look_for_primary(record)

    def look_for_primary(self, record: Record) -> None:
        """Say that a run lacks the metric that decides, while there is time to mend the study.

        What a run has is known when it has run: a callback may have added to its figures.
        """
        if self.imported is None:
            # It takes a second, in which records that come are to be kept: look at a later run.
            self.imported = import_meanwhile(VALUES)
        if self.imported.is_alive():
            return
        self.looked_for_primary = True
        try:
            import_module(VALUES).values_of([record], self.primary, record.condition)
        except ValueError as error:
            self.say(f"note: the figure that decides is not there: {error}")

    def refresh(self) -> None:
        """Show where the runs are, if that is shown."""

    def left(self) -> str:
        """How long the rest will take, from the epochs done so far."""
        remaining = self.epochs - self.epochs_done
        if not remaining or not self.epochs_done:
            return ""
        seconds = (time.monotonic() - self.start) / self.epochs_done * remaining
        return f", about {format_duration(seconds)} left"

    def say(self, line: str) -> None:
        """Print a line."""
        # A notebook paints what comes on standard error like an error.
        notebook = type(sys.stdout).__module__.startswith("ipykernel")
        with contextlib.suppress(OSError):  # a study goes on when nobody can read of it any more
            print(line, file=sys.stdout if notebook else sys.stderr, flush=True)


class Live(Lines):
    """A bar of epochs with runs and time left, below the lines of the runs that ended."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed} of {task.total} {task.fields[unit]}{task.fields[left]}"),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
        )
        self.task: Any = None

    def __enter__(self) -> "Lines":
        self.bar.start()
        unit = "epochs" if self.epochs else "runs"
        self.task = self.bar.add_task("starting workers", total=self.epochs, left="", unit=unit)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.bar.update(self.task, visible=False)
            self.bar.stop()

    def refresh(self) -> None:
        """Redraw the bar."""
        runs = ", ".join(f"{condition} seed {seed}" for condition, seed in self.at)
        self.bar.update(
            self.task,
            description=runs or "done",
            completed=self.epochs_done if self.epochs else self.ended_runs,
            total=self.epochs or self.runs,
            left=self.left(),
        )

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        with contextlib.suppress(OSError):
            self.bar.console.print(line, markup=False)
