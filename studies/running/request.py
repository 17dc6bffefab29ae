"""A request to run: what `ebb run` and `studies.run` are called with, checked once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import index
from pathlib import Path
from typing import Any

from analysis.rendering.formatting import unbroken
from analysis.swept import base_of, setting_typed, text_of, value_typed
from core import Recipe, Store
from core.checks import is_count, is_number
from core.training.environment import DEVICES, environment
from data import InputError
from studies.definition.scoring import Scoring
from studies.definition.study import LARGEST_SEED, MOST_SEEDS
from studies.definition.variant import Scale, Variant
from studies.running.executor import processors

ONE_OF = {
    ("keep_weights", "tensorboard"): "a run from kept weights has no epochs to show",
    ("workers", "scheduler"): "a Dask worker does as many runs at a time as it has threads",
}
"""Options that exclude each other, and why."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a call asks for.

    Attributes:
        variant: The study, with its scale and overrides.
        study_file: The user's study file, if it is not one of Ebb's own.
        seeds: Which seeds; as many as the study plans if None.
        conditions: Which conditions; all if None.
        store: Where the records are.
        data_dir: Folder of data sets.
        workers: Processes on this machine; as many as there are processors if None.
        scheduler: Address of a Dask cluster to run on instead.
        device: What runs are trained on: `cpu`, or `gpu`, one at a time.
        timeout: Seconds that one run may take.
        keep_weights: Whether to keep the weights of the runs.
        tensorboard: Folder for TensorBoard's event files of the runs, if they are wanted.
        retry_failed: Whether failed runs are to be done again.
        overwrite: Whether to remove the variant's records first.
        planned: The number of seeds planned, where the study and `seeds` do not say it.
        design: How the variant is to be compared, stored with its first record: a plan of looks.
        typed: Whether it was typed: messages then name options as in `--keep-weights`.

    Raises:
        InputError: No such condition, no workers or no time, two options that exclude each other,
            weights or event files of a study that trains no network.
    """

    variant: Variant
    study_file: Path | None = None
    seeds: Sequence[int] | None = None
    conditions: Sequence[str] | None = None
    store: Store
    data_dir: Path | None = None
    workers: int | None = None
    scheduler: str | None = None
    device: str = DEVICES[0]
    timeout: float | None = None
    keep_weights: bool = False
    tensorboard: Path | None = None
    retry_failed: bool = False
    overwrite: bool = False
    planned: int | None = None
    design: str = ""
    typed: bool = False

    def __post_init__(self) -> None:
        if self.workers is not None and not is_count(self.workers):
            self._refuse("workers", "1 or more")
        if self.device not in DEVICES:
            self._refuse("device", f"one of {', '.join(DEVICES)}")
        if self.device != DEVICES[0]:
            self._check_device()
        if self.timeout is not None and not (is_number(self.timeout, 0) and self.timeout):
            self._refuse("timeout", "a number of seconds above 0")
        for pair, why in ONE_OF.items():
            if len(given := self._given(*pair)) == 2:
                raise InputError(f"Received {' and '.join(given)}; expected one of them: {why}.")
        scored = any(isinstance(recipe, Scoring) for recipe in self.recipes.values())
        given = self._given("keep_weights", "tensorboard")
        given += [self._named("device")] * (self.device != DEVICES[0])
        if scored and given:
            raise InputError(
                f"Received {' and '.join(given)} for {self.variant.study.name}, which trains no "
                "network; expected a study that does."
            )

    @property
    def processes(self) -> int:
        """How many workers there may be."""
        return self.workers or (processors() if self.device == DEVICES[0] else 1)

    def _check_device(self) -> None:
        """Refuse a GPU that is not there, or several runs at a time on it."""
        several = {"workers": self.workers not in (None, 1), "scheduler": self.scheduler}
        for option in (name for name, given in several.items() if given):
            raise InputError(
                f"Received {self._named('device')}={self.device} and {self._named(option)}; "
                "expected the device alone: runs on a GPU of this machine go one at a time."
            )
        environment(self.device)

    @property
    def recipes(self) -> dict[str, Recipe | Scoring]:
        """What is asked for, by condition; one that is swept by its name alone, at all values."""
        study = self.variant.study
        names: list[str] = []
        for each in study.conditions if self.conditions is None else self.conditions:
            at_values = [name for name in study.conditions if base_of(name) == each != name]
            names += at_values if study.swept and at_values else [each]
        return {condition: study.recipe(condition) for condition in dict.fromkeys(names)}

    def _refuse(self, option: str, expected: str) -> None:
        received = f"{self._named(option)}={getattr(self, option)!r}"
        raise InputError(f"Received {received}; expected {expected}.")

    def _given(self, *options: str) -> list[str]:
        """Those of some options that were given."""
        return [self._named(name) for name in options if getattr(self, name) not in (None, False)]

    def _named(self, option: str) -> str:
        """An option as the caller writes it."""
        return f"--{option.replace('_', '-')}" if self.typed else option


def chosen_seeds(seeds: int | Iterable[int]) -> list[int]:
    """Seeds each once; a number of them is 0, 1, ... so many.

    Raises:
        ValueError: None, too many, or numbers that no store can hold.
    """
    given = seeds if isinstance(seeds, Iterable) else range(seeds)
    chosen = list(islice(given, MOST_SEEDS + 1))
    # A truth value is a number to Python and a slip to everybody else.
    if not 0 < len(chosen) <= MOST_SEEDS or any(isinstance(n, bool) for n in (seeds, *chosen)):
        raise ValueError
    whole = list(dict.fromkeys(map(index, chosen)))
    if not all(0 <= n <= LARGEST_SEED for n in whole):
        raise ValueError
    return whole


def seeds_typed(text: str) -> list[int]:
    """`5` is five seeds, 0 to 4; `3-7` is the seeds 3 to 7; `0,2,5-7` is just these.

    Raises:
        InputError: None, too many, or numbers that no store can hold.
    """
    several = "," in text or "-" in text
    try:
        if not several:
            return chosen_seeds(int(text))
        ranges = list(map(_range, text.split(",")))
        if not all(ranges):
            raise ValueError
        return sorted(chosen_seeds(seed for each in ranges for seed in each))
    except ValueError:
        raise InputError(
            f"Received seeds {text!r}; expected a number from 1 to {MOST_SEEDS:,} (5: seeds 0 to "
            "4), the first and the last (3-7), or which (0,2,5-7)."
        ) from None


def _range(text: str) -> range:
    """`3-7` is the seeds 3 to 7, and `3` this one."""
    first, dash, last = text.partition("-")
    return range(int(first), int(last if dash else first) + 1)


def seeds_to_type(seeds: Sequence[int]) -> str:
    """What `seeds_typed` makes these of, as short as it can be."""
    groups = unbroken(seeds)
    if len(groups) == 1 and seeds[0] == 0:
        return str(len(seeds))
    single = len(seeds) == 1  # `3` alone would be three seeds
    return ",".join(f"{a}-{b}" if b > a or single else str(a) for a, b in groups)


def override_typed(text: str) -> tuple[str, Any]:
    """`FIELD=VALUE[,VALUE]`: a field and its value; several are a tuple.

    Raises:
        InputError: No field or no value.
    """
    field, equals, value = text.partition("=")
    if not equals or not field or not value:
        raise InputError(f"Received --set {text!r}; expected FIELD=VALUE.")
    values = tuple(map(value_typed, value.split(",")))
    return field, values if len(values) > 1 else values[0]


def only_once(named: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """What epochs and dataset say together with the overrides.

    Raises:
        InputError: Both say a field.
    """
    if both := sorted(named.keys() & overrides.keys()):
        raise InputError(f"Received two values of {' and '.join(both)}; expected one of each.")
    return {**named, **overrides}


def overrides_typed(texts: Sequence[str]) -> dict[str, Any]:
    """What several `--set` ask for.

    Raises:
        InputError: One of them is wrong, or a field is set twice.
    """
    typed = list(map(override_typed, texts))
    fields = [field for field, _ in typed]
    for field, text in zip(fields, texts, strict=True):
        if fields.count(field) > 1:
            raise InputError(
                f"Received --set {text!r} beside another of {field}; expected one value. Several "
                f"beside each other are a sweep: --sweep {field}=VALUE,VALUE."
            )
    return dict(typed)


def sweeps_typed(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """`FIELD=VALUE,VALUE,...` of each `--sweep`: its field and the values it takes.

    A value that is itself a list has plus signs in it: `model.widths=100,100+100`.

    Raises:
        InputError: No field or no value, or a field twice.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        field, _, values = text.partition("=")
        each = values.split(",")
        if not field or field in found or not all(each):
            raise InputError(
                f"Received --sweep {text!r}; expected FIELD=VALUE,VALUE,... and each field once."
            )
        found[field] = tuple(map(setting_typed, each))
    return found


def scale_to_type(scale: Scale) -> list[str] | None:
    """The options that ask for a scale; None where a value cannot be typed."""
    words = ["--quick"] * scale.quick
    for field, value in scale.overrides.items():
        values = value if isinstance(value, tuple) else (value,)
        text = f"{field}={','.join(map(str, values))}"
        # A list of one is typed as its one value.
        if override_typed(text) in ((field, value), (field, *values)):
            words += ["--set", text]
        elif field == "dataset":  # a path with a comma, say
            words += ["--dataset", value]
        else:
            return None
    for field, swept in scale.sweep.items():
        words += ["--sweep", f"{field}={','.join(map(text_of, swept))}"]
    return words
