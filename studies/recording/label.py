"""Whose run it is that something else trained, and what tells it from others."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, TypeGuard

import numpy as np

from core.record import Record
from core.storage.store import Store
from core.training.environment import identity
from data import InputError
from studies.definition.catalogue import NAMES
from studies.definition.study import LARGEST_SEED, NAME, NAMED

IN_TURNS = "InTurns"
"""The order of a recorded run whose classes were shown in turns."""
SCENARIOS = ("class", "task", "domain")
VARIANT = "full"
OWN_DATA = "own data"
ENDED = ("finished", "diverged")


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number, Python's or NumPy's."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def from_0(what: str, value: Any) -> int:
    """A whole number that a seed may be.

    Raises:
        InputError: Something else, which is called `what`.
    """
    if not is_whole(value) or not 0 <= value <= LARGEST_SEED:
        raise InputError(f"Received {what}={value!r}; expected a whole number from 0 up.")
    return int(value)


@dataclass(frozen=True, kw_only=True)
class Label:
    """What a recorded run is found by; its arguments are those of `record`.

    Its settings and the version of its code stand where those of a training have their recipe and
    their environment: runs of a condition with other settings are runs of another definition.
    """

    study: str
    condition: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    code_version: str = ""
    dataset: str = OWN_DATA
    scenario: str = "class"
    planned_seeds: int = 0

    def __post_init__(self) -> None:
        """Refuse what no table could name."""
        for what in ("study", "condition"):
            name = getattr(self, what)
            if not isinstance(name, str) or not NAME.fullmatch(name):
                raise InputError(f"Received {what} {name!r}; expected {NAMED}.")
        if self.study in NAMES:
            raise InputError(
                f"Received study {self.study!r}; expected another name: that is one of Ebb's own."
            )
        for what in ("seed", "planned_seeds"):
            object.__setattr__(self, what, from_0(what, getattr(self, what)))
        if self.scenario not in SCENARIOS:
            raise InputError(
                f"Received scenario={self.scenario!r}; expected one of {', '.join(SCENARIOS)}."
            )
        if not isinstance(self.code_version, str) or not isinstance(self.dataset, str):
            raise InputError(
                f"Received code_version={self.code_version!r} and dataset={self.dataset!r}; "
                "expected text."
            )
        self._check_settings()

    def _check_settings(self) -> None:
        try:
            text = json.dumps(dict(self.settings), sort_keys=True, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"Received settings={self.settings!r}; expected a dictionary of what JSON holds, "
                f"numbers, text, lists ({error})."
            ) from None
        if "seed" in self.settings:
            raise InputError(
                "Received settings with a seed; expected what all seeds of a condition have in "
                "common."
            )
        # As it will be read again: tuples are lists.
        object.__setattr__(self, "settings", json.loads(text))

    @property
    def recipe(self) -> dict[str, Any]:
        """What stands in the record where a training's recipe does."""
        scenario = {} if self.scenario == "class" else {"scenario": {"kind": self.scenario}}
        return {"dataset": self.dataset, "settings": dict(self.settings), **scenario}

    @property
    def environment(self) -> dict[str, str]:
        """What stands there for the environment: the settings and the version of the code."""
        return {
            "ebb": version("ebb-lab"),
            "code version": self.code_version,
            "settings": hashlib.sha256(
                # With the condition: without settings two conditions would be the same run.
                json.dumps(self.recipe | {"condition": self.condition}, sort_keys=True).encode()
            ).hexdigest(),
        }

    @property
    def digest(self) -> str:
        """What tells the runs of a condition from those of other settings, 64 hex digits."""
        return identity(self.environment)

    @property
    def key(self) -> str:
        """The identity of the run, 16 hex digits."""
        return hashlib.sha256(f"{self.digest} {self.seed}".encode()).hexdigest()[:16]

    def record(self, **measured: Any) -> Record:
        """The record of what was measured."""
        in_turns = "class_segments" in measured.get("arrays", {})
        order = {"order": {"is": IN_TURNS}} if in_turns else {}
        return Record(
            **measured,
            key=self.key,
            seed=self.seed,
            recipe=self.recipe | order,
            data="",
            environment=self.environment,
            study=self.study,
            variant=VARIANT,
            condition=self.condition,
        )


def refuse_what_is_there(store: Store, labels: Sequence[Label], overwrite: bool) -> None:
    """Refuse to replace results, or to put recorded runs among those that Ebb trained.

    Args:
        store: Where the runs are to be kept.
        labels: Whose runs, all of one study.
        overwrite: Whether results may be replaced.

    Raises:
        InputError: They are there.
    """
    study = labels[0].study
    there = store.entries(study)
    if any(not entry.recorded for entry in there):
        raise InputError(
            f"Received study {study!r}, of which {str(store.folder)!r} has runs that Ebb trained; "
            "expected another name, or another store."
        )
    ended = {(e.condition, e.seed, e.key) for e in there if e.status in ENDED}
    for each in labels:
        if not overwrite and (each.condition, each.seed, each.key) in ended:
            raise InputError(
                f"Received seed {each.seed} of {each.condition} in {study}, which is recorded "
                "already with these settings; expected another seed, other settings, or "
                f"overwrite. `ebb remove {study} --run {each.key}` removes it."
            )
