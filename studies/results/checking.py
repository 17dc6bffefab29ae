"""What was reported elsewhere, beside what was measured here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from analysis.check import (
    check_claims,
    check_figures,
    claims_sentence,
    figures_sentence,
    gather,
)
from analysis.metrics.registry import metric_named
from analysis.rendering.formatting import NARROW, decimals_for, format_runs
from analysis.rendering.table import AS_METRIC, COUNT, P_VALUE, Table, formats_of
from analysis.rendering.tables import html_table
from analysis.statistics.displayed import Displayed
from analysis.statistics.looks import LookPlan
from data import InputError
from studies.results.reading import Reading
from studies.results.tables import input_errors
from studies.results.units import chance_of

SPREAD = (
    "reported: the mean of so many runs, with their {} as spread; sd: of our n runs (n - 1). low, "
    "high: where the mean of as many further runs of ours lies with 95 % probability, cell by "
    "cell. p (Welch): of both means, with both spreads."
)


@dataclass(frozen=True, eq=False, repr=False)
class Checked(Displayed):
    """A study's reported figures and claims.

    Attributes:
        figures: A row for each reported figure, see `analysis.check.check_figures`.
        claims: A row for each claim, see `analysis.check.check_claims`.
        variant: The scale of the runs; figures are reported for the full one.
        remarks: What to know of how the runs came to be so many.
    """

    figures: pd.DataFrame
    claims: pd.DataFrame
    variant: str
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no figure disagrees and no claim is contradicted."""
        fell_short = (self.figures["agrees"] == False).any()  # noqa: E712  (None is undecided)
        return not (fell_short or (self.claims["verdict"] == "contradicted").any())

    @property
    def figure_table(self) -> Table:
        """The figures as people are shown them, those with a spread beside the spread of ours."""
        known = self.figures.dropna(subset="decimals")
        written = dict(zip(known["reported"], known["decimals"].astype(int), strict=True))
        found = self.figures.drop(columns=["source", "p", "decimals"])
        spread, welch = found.pop("spread"), found.pop("p_welch")
        kinds = " or ".join(found.pop("spread_kind").dropna().unique())
        if not kinds:
            found = found.drop(columns=["sd", "runs"])
        else:
            found.insert(found.columns.get_loc("runs"), "spread", spread)
            found.insert(found.columns.get_loc("inside") + 1, "p (Welch)", welch)
            found = found if found["class"].notna().any() else found.drop(columns="class")
            if spread.notna().all():
                found = found.drop(columns=["p_adjusted", "agrees"])
        formats = formats_of(found, AS_METRIC, p_adjusted=P_VALUE) | {
            "class": COUNT,
            "reported": replace(AS_METRIC, written=written),
        }
        formats |= {"p (Welch)": P_VALUE} if kinds else {}
        notes = (SPREAD.format(kinds),) if kinds else ()
        return Table(figures_sentence(self.figures), found, notes, formats, heads=2)

    @property
    def claim_table(self) -> Table:
        """The claims with their verdicts, in words."""
        text = [difference_text(row) for row in self.claims.to_dict("records")]
        frame = self.claims.assign(difference=text)[["claim", "verdict", "difference"]]
        return Table(claims_sentence(self.claims), frame)

    def __str__(self) -> str:
        """What the figures and the claims come to, in a sentence each."""
        sentences = [figures_sentence(self.figures)]
        if len(self.claims):
            sentences.append(claims_sentence(self.claims))
        return "\n".join([*sentences, *self.notes])

    @property
    def notes(self) -> list[str]:
        """What a reader of runs at another scale must know."""
        said = f"the figures were reported for the full study, these are {self.variant}"
        notes = self.remarks if self.variant == "full" else (said, *self.remarks)
        return [f"note: {each}" for each in notes]

    def _repr_html_(self) -> str:
        table = html_table(self.figure_table) if len(self.figures) else ""
        return super()._repr_html_() + table


def check_reading(reading: Reading) -> Checked:
    """Check what a study reports against its records.

    Raises:
        InputError: The study reports nothing.
    """
    study = reading.definition
    if study is None or not (study.reported or study.claims):
        raise InputError(
            f"Received study {reading.study!r}; expected one with reported figures (a file of "
            "yours is named by its path)."
        )
    with input_errors():
        values = gather(reading.records, study.reported, study.claims)
        chance = {each.metric: chance_of(reading, each.metric) for each in study.claims}
        return Checked(
            check_figures(study.reported, values),
            check_claims(study.claims, values, paired=study.paired, chance=chance),
            reading.variant,
            _remarks(reading) if study.claims else (),
        )


def _remarks(reading: Reading) -> tuple[str, ...]:
    """That the runs were added by looks: claims are tested as if their number had been fixed."""
    if not reading.design:
        return ()
    plan = LookPlan.stored(reading.design)
    return (
        f"the runs were added look by look ({plan}): intervals of claims are of a fixed number",
    )


def difference_text(row: Mapping[str, Any]) -> str:
    """A claim's difference with its interval, in its own unit, and what is to be noted."""
    metric = metric_named(row["metric"])
    factor, digits, unit = (100, ".1f", " points") if metric.is_fraction else (1, ".3g", "")
    ends = factor * row["low"], factor * row["high"]
    if metric.is_fraction and 0 < ends[1] - ends[0] < 2 * NARROW:
        digits = f".{decimals_for(*ends)}f"
    if metric.is_epoch:
        digits, unit = ".1f", " epochs"
    difference, low, high = (
        f"{factor * row[name]:+{digits}}" for name in ("difference", "low", "high")
    )
    said = []
    if row["n"] > 0:
        said.append(f"{difference}{unit}")
    if row["low"] == row["low"]:  # not NaN
        kind = "simultaneous " if row["joint"] else ""
        said.append(f"{kind}95 % interval {low} to {high}")
    if row["n"] > 2:  # of fewer the note says how many
        runs = format_runs(row["n_greater"], row["n_smaller"], paired=row["paired"])
        said.append(f"{runs} of runs" if row["paired"] else runs)
    return "; ".join(filter(None, (", ".join(said), row["note"])))
