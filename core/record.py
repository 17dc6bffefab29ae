"""The record: what a run leaves."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from core.notes import Note

if TYPE_CHECKING:  # what only lists records needs no NumPy
    from numpy.typing import NDArray

    from core.evaluation import Evaluation
    from core.results import HistoryRow

Status = Literal["finished", "diverged", "failed", "stopped"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What a run left, complete: any metric can be computed later without training again.

    Attributes:
        key: Identity of recipe, seed and data (see `Recipe.key`).
        seed: The run's number.
        recipe: The recipe as JSON.
        data: Checksum of the data set, see `data.Dataset`.
        environment: See `core.training.environment`.
        status: `finished`; `diverged` (a loss or a weight was not finite: an outcome); `failed` (a
            fault, described in `error`); `stopped` (by the user).
        study, variant, condition: Whose run it is.
        error: One line, if failed.
        seconds: Wall time by phase; not part of the results.
        notes: How it was run, where that is not obvious.
        history: Rows of (epoch, step, name, value): training loss, accuracy, learning rate; with a
            quadratic penalty its value, from the second task on.
        evaluations: In the order in which they were made.
        repeatable: False where a callback changed the training: not kept in a store.
        arrays: Small named arrays; `class_segments` int32 [epochs, classes] says in which segment
            of each epoch a class has its turn, 0 if in none. `class_names` [classes] are the labels
            of the data set's files where these are not 0..classes-1, int64, or those of a recorded
            run, which may be words. Measurements on request have a row for the untrained network
            and one for each epoch that happened: `gradient_norms` and `weight_norms`, float32
            [epochs + 1, layers], of the `layers` named; `dead_units`, int32 [epochs + 1, relu
            layers], of `relu_layers` with `relu_units` units each. `misclassified`, int32 [k, 3]:
            position in the test file, true and predicted class. `predictions`, of the smallest
            unsigned type, [2, examples]: true and predicted class of the whole test set, in the
            order of its file. `degrees`, float64 [tasks]: by how much each of rotated tasks is
            turned. A strategy's are named in its class: `penalty_quantiles` of
            `core.strategies.penalties`.

    Examples:
        >>> from studies import read
        >>> record = read("class-order").records[0]
        >>> record.condition, record.seed, record.status, record.evaluations[-1].epoch
        ('shuffled', 0, 'finished', 20)
    """

    key: str
    seed: int
    recipe: Mapping[str, Any]
    data: str
    environment: Mapping[str, str]
    status: Status
    study: str = ""
    variant: str = "full"
    condition: str = ""
    error: str = ""
    seconds: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    history: tuple[HistoryRow, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    repeatable: bool = True

    def results(self) -> bytes:
        """Everything measured, as bytes that are the same for the same results."""
        from core.results import write_results  # noqa: PLC0415  # labels are read without NumPy

        return write_results(self.history, self.evaluations, self.arrays)

    def digest(self) -> str:
        """SHA-256 of status and results: equal for equal runs, whatever time they took."""
        return hashlib.sha256(self.status.encode() + self.results()).hexdigest()


def outcome(status: Status, evaluations: Sequence[Evaluation]) -> Status:
    """A run's status; `diverged` where it finished and a last evaluation's loss is not finite.

    It is asked when a record is read too: older ones were called finished.
    """
    last = max((each.epoch for each in evaluations), default=0)
    finite = all(math.isfinite(each.loss) for each in evaluations if each.epoch == last)
    return "diverged" if status == "finished" and not finite else status
