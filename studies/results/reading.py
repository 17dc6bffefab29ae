"""Reading a store: which records one table is made of."""

import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any

from analysis.metrics.metric import POINTS
from analysis.metrics.registry import metric_named
from analysis.metrics.task_sequence import PREFIX
from analysis.rendering.text import clean
from analysis.runs import RunSet, has_tasks, is_of_training
from analysis.swept import base_of, by_value
from core import Record, Store, environment, fingerprint
from core.code_identity import source_without_helpers
from core.storage.store import Entry
from core.training.environment import made_here
from data import InputError
from data.errors import did_you_mean
from studies.definition import catalogue
from studies.definition.study import Study
from studies.definition.variant import Scale, is_quick, only, scale_of, swept_as, variant_of
from studies.results.class_words import class_words
from studies.results.starts import same_starts

BY_NAME_ALONE = (
    "known by its name alone: the study's file was not given, so what decides, whether runs are "
    "pairs, planned comparisons and reported figures are not known here"
)
MOST_NAMED = 10
SAID = (
    *("data", "own-parts", "hooks", "absent", "unused", "unseen", "scaled", "not-bytes"),
    *("other-scale", "channels-first", "constant", "shared", "shared-validation"),
)
"""The notes of records that every table says."""
FOREIGN = re.compile(r"[^A-Za-z0-9.+_=-]")
"""What is in no name of a study or a condition, see `studies.definition.study.NAME`."""
BY_TIME = attrgetter("finished")


@dataclass(frozen=True)
class Reading:
    """The records of one study at one scale, all from one environment.

    Attributes:
        study: The study's name.
        variant: `full`, `quick`, or named overrides.
        records: The records, in the study's order of conditions.
        planned: The number of seeds planned when the first was written.
        notes: What a reader should know of what was left out, a sentence each.
        definition: The study itself, where it could be found.
        design: How it is to be compared, as stored with the first record: a plan of looks.
        asked: What it was asked for as: its name, or the file of a user's own.
    """

    study: str
    variant: str
    records: RunSet[Record]
    planned: int
    notes: tuple[str, ...]
    definition: Study | None
    design: str = ""
    asked: str = ""

    @property
    def called(self) -> str:
        """What a command that is about it calls it."""
        return self.asked or self.study

    @property
    def conditions(self) -> list[str]:
        """The conditions that were run, in the study's order."""
        return list(self.recipes)

    @property
    def recipes(self) -> dict[str, Mapping[str, Any]]:
        """Each condition's recipe as JSON, in the study's order."""
        return {record.condition: record.recipe for record in self.records}

    @property
    def finished(self) -> list[Record]:
        """The records of runs that finished."""
        return [record for record in self.records if record.status == "finished"]

    @property
    def recorded(self) -> bool:
        """Whether another program trained what was recorded."""
        return "settings" in self.records[0].recipe

    @property
    def most_seeds(self) -> int:
        """How many seeds the condition with most of them has."""
        return max(self._seeds)

    @property
    def _seeds(self) -> list[int]:
        """How many seeds each condition has."""
        each = {(record.condition, record.seed) for record in self.records}
        return list(Counter(condition for condition, _ in each).values())

    @property
    def seeds_said(self) -> str:
        """How many seeds conditions have, of how many that were planned where that is known."""
        fewest, most = min(self._seeds), self.most_seeds
        seeds = f"{most}" if fewest == most else f"{fewest} to {most}"
        if self.planned:
            return f"{seeds} of {self.planned} planned seeds"
        return f"{seeds} seeds" if most > 1 else "1 seed"

    @property
    def precision(self) -> str:
        """What networks computed in, where it is not float32; with the conditions, if not all."""
        return _precision_of(self.records)

    @property
    def primary(self) -> str:
        """The metric that decides; where no definition says it, the first that runs have."""
        return self.definition.primary if self.definition else _primary(self.records)

    @property
    def paired(self) -> bool:
        """Whether runs of two conditions with the same seed form a pair."""
        return self.definition.paired if self.definition else True

    @property
    def scale(self) -> Scale | None:
        """What the records were asked for as; None where it cannot be told."""
        return scale_of(self.records[0].variant, [record.recipe for record in self.records])

    @property
    def planned_pairs(self) -> tuple[tuple[str, str], ...]:
        """The comparisons that the study plans and whose conditions were run."""
        planned = self.definition.comparisons if self.definition else ()
        run = set(self.conditions)
        return tuple(pair for pair in planned if set(pair) <= run)

    def margin(self, metric: str) -> float | None:
        """What does not matter, in points: planned for the metric that decides alone."""
        return self.definition.margin if self.definition and metric == self.primary else None


def _primary(records: Sequence[Record]) -> str:
    if not any(record.recipe.get("settings") is not None for record in records):
        return "test accuracy"
    if any(each.set == "test" for record in records for each in record.evaluations):
        return "test accuracy"
    if any(has_tasks(record) for record in records):
        return f"{PREFIX}average accuracy"
    # What was held out says more than what was trained on.
    recorded = dict.fromkeys(row[2] for record in records for row in record.history)
    names = sorted(recorded, key=is_of_training)
    accuracies = [name for name in names if metric_named(name).unit == POINTS]
    return next(iter((*accuracies, *names)), "test accuracy")


def choose_variant(entries: Sequence[Entry], study: str, asked: str | None) -> str:
    """The variant asked for; else `full` if there is one; else the only one.

    Raises:
        InputError: It is not there, or there are several to choose from.
    """
    there = sorted({entry.variant for entry in entries})
    if asked is None:
        if "full" in there or len(there) == 1:
            return "full" if "full" in there else there[0]
        raise InputError(
            f"Received no --variant for {study}; expected one of {', '.join(there)}, because "
            "there is no full one."
        )
    if asked not in there:
        raise InputError(
            f"Received variant {asked!r} of {study}; expected one of {', '.join(there)}"
            f"{did_you_mean(asked, there)}."
        )
    return asked


def read(store: Store, name: str | Study, variant: str | None = None) -> Reading:
    """The records that a table of a study is made of.

    Records of an earlier definition of a condition, or of other data, are left out; so are those
    of another environment, or, where there are only such, the latest of them are used. Either
    is said in a note.

    Args:
        store: Where to look.
        name: A study's name, the file of a user's own, or the study itself.
        variant: See `choose_variant`.

    Raises:
        InputError: No such study, or it was never run.
    """
    definition = _definition(name)
    study = definition.name if definition else str(name)
    entries = store.entries(study)
    if not entries:
        raise _never_run(store, name, variant, definition)
    variant = choose_variant(entries, study, variant)
    entries = [entry for entry in entries if entry.variant == variant]
    latest = {e.condition: (e.recipe_digest, e.data) for e in sorted(entries, key=BY_TIME)}
    entries, notes = _of_the_latest(entries, latest)
    entries, others = _of_one_environment(entries)
    notes += others
    if definition is not None:
        notes += _changed(definition, variant, latest)
        if is_quick(variant) and definition.quick.conditions is not None:
            definition = only(definition, definition.quick.conditions)
        with suppress(InputError):  # the study may have lost the field since
            definition = swept_as(definition, variant, [entry.condition for entry in entries])
    elif not all(entry.recorded for entry in entries):
        notes.append(BY_NAME_ALONE)
    entries.sort(key=_place_in(definition))
    records, others = _same_data(entries, _loaded(store, study, entries))
    notes += others
    said = [each for record in records for each in record.notes if each.kind in SAID]
    notes += dict.fromkeys(str(each.figures.get("said", each)) for each in said)
    notes += [*same_starts(records), *_precision_note(records)]
    # A store may be anybody's: its names go into tables, sentences and figures.
    named = RunSet(
        replace(
            each,
            condition=FOREIGN.sub("?", each.condition),
            arrays={**each.arrays, **class_words(each)},
        )
        for each in records
    )
    planned = store.planned(study, variant) or 0
    return Reading(
        FOREIGN.sub("?", study),
        clean(variant),
        named,
        planned,
        tuple(notes),
        definition,
        store.design(study, variant),
        name if isinstance(name, str) else "",
    )


def _never_run(
    store: Store, name: str | Study, variant: str | None, definition: Study | None
) -> InputError:
    """What is said of a study without records; one that is not known is refused at once."""
    study = definition.name if definition else str(name)
    if definition is None:
        own = sorted({entry.study for entry in store.counts()} - {*catalogue.NAMES})
        catalogue.find(study, own)  # says which studies there are
    words = ["ebb", "run", str(name), *["--quick"] * is_quick(variant or "")]
    call = "studies.run(study)" if isinstance(name, Study) else shlex.join(words)
    return InputError(
        f"Received study {study!r}, which has no records in {str(store.folder.resolve())!r}; "
        f"expected one that was run: `{call}`."
    )


def _of_the_latest(
    entries: list[Entry], latest: Mapping[str, tuple[str, str]]
) -> tuple[list[Entry], list[str]]:
    """The entries of each condition's latest definition and data; a note on the others."""
    same = [e for e in entries if (e.recipe_digest, e.data) == latest[e.condition]]
    left_out = len(entries) - len(same)
    note = f"{left_out} records of an earlier definition or of other data left out"
    return same, [note] * bool(left_out)


def _of_one_environment(entries: list[Entry]) -> tuple[list[Entry], list[str]]:
    """The entries of this environment, or of the latest if there are none of it; what to note.

    What another program trained has none.
    """
    if all(entry.recorded for entry in entries):
        return entries, []
    notes = []
    there = {entry.fingerprint for entry in entries}
    kept = fingerprint(environment())
    if kept not in there:  # what a GPU of this machine has trained
        kept = next(filter(made_here, there), kept)
    if kept not in there:
        kept = max(entries, key=BY_TIME).fingerprint
        notes.append(
            "stale: recorded in another environment (versions, processor, threads); run the study "
            "again to record it anew"
        )
    same = [entry for entry in entries if entry.fingerprint == kept]
    if len(same) < len(entries):
        notes.append(f"{len(entries) - len(same)} records of other environments left out")
    return same, notes


def _place_in(definition: Study | None) -> Callable[[Entry], tuple[Any, ...]]:
    """By what entries are sorted: the study's order of conditions, then the seed."""
    order = {name: i for i, name in enumerate(definition.conditions if definition else ())}

    def place(entry: Entry) -> tuple[Any, ...]:
        name = entry.condition
        return order.get(name, len(order)), base_of(name), by_value(name), name, entry.seed

    return place


def _loaded(store: Store, study: str, entries: Sequence[Entry]) -> list[Record]:
    found = store.records(entries)
    if any("dataset" not in record.recipe for record in found):
        raise InputError(
            f"Received records of {study} that name no data set; expected those that a run left: "
            f"remove them by `ebb remove {study}`."
        )
    return found


def _same_data(entries: Sequence[Entry], records: list[Record]) -> tuple[list[Record], list[str]]:
    """The records whose data set has the content it had last; a note on the others."""
    by_time = sorted(zip(entries, records, strict=True), key=lambda pair: pair[0].finished)
    last: dict[str, str] = {}
    for _, record in by_time:
        last |= _data(record)
    same = [record for record in records if _data(record).items() <= last.items()]
    left_out = len(records) - len(same)
    return same, [f"{left_out} records of other data of the same name left out"] * bool(left_out)


def _precision_note(records: Sequence[Record]) -> list[str]:
    precision = _precision_of(records)
    return [f"computed in {precision}"] if precision else []


def _precision_of(records: Sequence[Record]) -> str:
    """See `Reading.precision`."""
    every = dict.fromkeys(record.condition for record in records)
    found = {each.condition: each.recipe.get("precision") for each in records}
    reduced = {condition: str(found[condition]) for condition in every if found[condition]}
    said = ", ".join(dict.fromkeys(reduced.values()))
    return said if len(reduced) in (0, len(every)) else f"{said} in {_some([*reduced])}"


def baseline(reading: Reading) -> str | None:
    """The condition that is shown all classes at once: `shuffled`, or one whose order is."""
    recipes = reading.recipes.items()
    orders = {name: recipe["order"]["is"] for name, recipe in recipes if "order" in recipe}
    shuffled = [condition for condition, order in orders.items() if order == "Shuffled"]
    return "shuffled" if "shuffled" in orders else next(iter(shuffled), None)


def reference_of(reading: Reading) -> str | None:
    """The baseline of conditions that show classes in turns; None where all are shuffled."""
    orders = {record.recipe.get("order", {}).get("is") for record in reading.records}
    return baseline(reading) if orders > {"Shuffled"} else None


def _definition(name: str | Study) -> Study | None:
    """The study of that name, or None for a user's own study known by its name alone."""
    if isinstance(name, Study):
        return name
    if name.endswith(".py") or name in catalogue.NAMES:
        return catalogue.find(name)
    return None


def _changed(definition: Study, variant: str, latest: dict[str, tuple[str, str]]) -> list[str]:
    """A note where today's recipes are not the recorded ones (overrides cannot be told)."""
    if variant not in ("full", "quick"):
        return []
    today = variant_of(definition, {}, quick=variant == "quick").study.conditions
    changed: list[str] = []
    unknown: list[str] = []
    for condition, (digest, _) in latest.items():
        recipe = today.get(condition)
        if recipe is None or recipe.digest() == digest:
            continue
        before = recipe.digest(source_without_helpers) == digest
        (unknown if before else changed).append(condition)
    said = [f"the study has changed since: {_some(changed)}"] if changed else []
    if unknown:
        said.append(
            f"code of helper modules was not recorded: {_some(unknown)}; `ebb run` does these again"
        )
    return said


def _some(conditions: list[str]) -> str:
    """Conditions by name, the first of many."""
    left_out = [f"... ({len(conditions)} conditions)"] * (len(conditions) > MOST_NAMED)
    return ", ".join([*conditions[:MOST_NAMED], *left_out])


def _data(record: Record) -> dict[str, str]:
    """The checksum of each data set that a run saw, by its name; of a transfer the source's too."""
    transfer = record.recipe.get("transfer")
    names = [str(record.recipe["dataset"])]
    names += [str(transfer["source"]["dataset"])] if transfer else []
    return dict(zip(names, record.data.split(" "), strict=True))
