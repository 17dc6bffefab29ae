"""Two conditions compared over seeds: tests, effect sizes and a verdict that can be "undecidable".

The unit is one trained network (one seed). Whether the runs are paired is declared by the study,
never chosen by the result. The primary test (paired t, or Welch) decides; an exact test stands
beside it with the smallest p that it can give; every test is two-sided. Accuracies come in as
fractions; differences and margins are in points (100 x accuracy), or in a loss's own unit.

"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.statistics.corrections import Correction
from analysis.statistics.displayed import Displayed
from analysis.statistics.divergence import Failures, WorstCase, compare_divergence
from analysis.statistics.effects import Effects, correlation_of, effects_of
from analysis.statistics.matching import (
    check_options,
    match_by_seed,
    on_grid,
    seed_ids,
    values_per_seed,
)
from analysis.statistics.notes import (
    coarse_notes,
    divergence_notes,
    floor_notes,
    no_variation_notes,
    planning_notes,
    sameness_notes,
    small_sample_notes,
    worst_case_notes,
)
from analysis.statistics.significance import ExactTest
from analysis.statistics.verdict import (
    Difference,
    Equivalence,
    PrimaryTest,
    Verdict,
    exact_test,
    primary_decision,
)


@dataclass(frozen=True, repr=False)
class Comparison(Displayed):
    """All that is known about A against B; `to_json` gives the object that programs read.

    Attributes:
        a: Name of the first condition; b: of the second.
        unit: "points" for accuracies, else the metric's own unit.
        n: Pairs used; unpaired: the smaller of `n_a` and `n_b`.
        planned: Seeds planned; for pairs without a plan, all seeds seen on either side.
        mean_a: Mean of A over the runs used, in the metric's unit (a fraction for an accuracy).
        values_a: The values used, by seed id if paired, else ascending; `values_b` likewise.
        correlation: Pearson's r of the pairs.
        failures: Divergence rates; None if one side has no runs at all.
        p_adjusted: The primary p within its family of `family` comparisons, by `correction`.
        exact_p_adjusted: The exact test's p, adjusted in the same way.
        noun: What the two runs of one seed are called; kind: what a family of these is.
    """

    noun: ClassVar[str] = "pair"
    kind: ClassVar[str] = "comparisons"

    study: str | None
    variant: str | None
    metric: str
    class_: Hashable | None
    a: str
    b: str
    unit: str
    paired: bool
    n: int
    n_a: int
    n_b: int
    planned: int | None
    mean_a: float | None
    mean_b: float | None
    values_a: tuple[float, ...]
    values_b: tuple[float, ...]
    correlation: float | None
    difference: Difference
    test: PrimaryTest
    exact: ExactTest
    effects: Effects
    equivalence: Equivalence | None
    failures: Failures | None
    verdict: Verdict
    notes: tuple[str, ...]
    p_adjusted: float | None = None
    exact_p_adjusted: float | None = None
    family: int | None = None
    correction: Correction | None = None

    def __str__(self) -> str:
        """The comparison in words, see `analysis.statistics.wording.explain`."""
        from analysis.statistics.wording import explain

        return explain(self)

    @property
    def note(self) -> str:
        """All notes in one line; empty if there is none."""
        return "; ".join(self.notes)

    @property
    def worst_case(self) -> WorstCase | None:
        """The same with diverged runs at chance; None if none diverged."""
        return self.failures.worst_case if self.failures else None

    def with_worst_case(self, worst: WorstCase | None) -> Self:
        """The same with another worst case, where runs diverged."""
        return replace(self, failures=self.failures and replace(self.failures, worst_case=worst))

    def to_json(self) -> dict[str, Any]:
        """Plain objects for `json.dumps`; a missing figure is None, never NaN or infinite."""
        record = asdict(self)
        class_, effects = record.pop("class_"), record.pop("effects")
        record["notes"] = self.note
        first = ("study", "variant", "metric", "a", "b", "paired", "n", "planned", "difference")
        result = {key: record.pop(key) for key in first}
        result |= {key: record.pop(key) for key in ("test", "exact")}
        result["effects"] = {effects.pop("name"): effects.pop("value"), **effects}
        result |= {"verdict": record.pop("verdict"), "note": record.pop("notes")}
        in_family = {
            key: record.pop(key)
            for key in ("p_adjusted", "exact_p_adjusted", "family", "correction")
        }
        del record["values_a"], record["values_b"]
        result |= record
        if class_ is not None:
            result["class"] = class_.item() if isinstance(class_, np.generic) else class_
        return result | (in_family if self.family is not None else {})


def compare(
    a: ArrayLike,
    b: ArrayLike,
    *,
    paired: bool,
    seeds_a: Sequence[Hashable] | None = None,
    seeds_b: Sequence[Hashable] | None = None,
    n_test: int | None = None,
    margin: float | None = None,
    unit: str = "points",
    planned: int | None = None,
    level: float = 0.95,
    chance: float | None = None,
    study: str | None = None,
    variant: str | None = None,
    metric: str = "accuracy",
    name_a: str = "A",
    name_b: str = "B",
    class_: Hashable | None = None,
    monte_carlo_seed: int = 0,
) -> Comparison:
    """Compare one metric of two conditions over seeds.

    Example:
        >>> compare([.84, .85, .83], [.80, .82, .80], paired=True,
        ...         seeds_a=[0, 1, 2], seeds_b=[2, 1, 0]).difference.points  # doctest: +SKIP
        3.33

    Args:
        a: One value per run of the first condition, [n]: fractions, or any number if `unit` names
            a loss. NaN (for a loss also an infinity) marks a diverged run, which is an outcome; a
            run that crashed is left out.
        b: The same for the second condition, [m].
        paired: Whether the conditions share their seeds. Declared by the design of the study.
        seeds_a: Seed of every value of `a`; needed for pairs, which are matched by it.
        seeds_b: The same for `b`.
        n_test: Number of test examples behind every accuracy, where it is known: the exact tests
            then use the numbers of correct answers.
        margin: Largest difference that does not matter, in points (a loss's unit), given
            beforehand; without it nothing is ever called equivalent.
        unit: "points" for accuracies, else the name of the metric's unit ("nats").
        planned: Number of seeds planned per condition, stored with the first run.
        level: Confidence level; tests are at 1 - level.
        chance: What a network that guesses scores: stands for diverged runs in the worst case.
        study: Name of the study, for the record, like `variant`, `metric` and `class_`.
        variant: Variant of the study.
        metric: Name of the metric.
        name_a: Name of the first condition.
        name_b: Name of the second condition.
        class_: Class that the values belong to, if they are one class's.
        monte_carlo_seed: Seed of the random sign flips that stand in where no exact method is
            affordable (over 36 pairs of arbitrary real numbers).

    Returns:
        The comparison; the difference is A minus B.

    Raises:
        ValueError: If values, seeds or options are not as described. One line: what was received,
            what is expected, how to mend it.
    """
    check_options(n_test, margin, unit, level, chance, planned)
    x, y = values_per_seed(a, unit, name_a), values_per_seed(b, unit, name_b)
    ids_x, ids_y = seed_ids(seeds_a, x.size, name_a), seed_ids(seeds_b, y.size, name_b)
    notes: list[str] = []
    if paired:
        if ids_x is None or ids_y is None:
            raise ValueError(
                "received paired=True without seeds; expected seeds_a and seeds_b, for pairs are "
                "matched by seed and never by row order; name them or declare paired=False"
            )
        planned = planned if planned is not None else len(set(ids_x) | set(ids_y)) or None
        x, y = match_by_seed(x, y, ids_x, ids_y, name_a, name_b, notes)
    runs = x.size if paired else max(x.size, y.size)
    ended_x, ended_y = ~np.isnan(x), ~np.isnan(y)
    if paired:
        used_x, used_y = x[ended_x & ended_y], y[ended_x & ended_y]
    else:
        used_x, used_y = np.sort(x[ended_x]), np.sort(y[ended_y])

    used = on_grid(used_x, used_y, paired, n_test, unit)
    scale = 100.0 if unit == "points" else 1.0
    primary = primary_decision(used, scale, level, margin)
    exact = exact_test(used, primary.test.p is not None, monte_carlo_seed)
    failures = compare_divergence(
        x, y, paired=paired, unit=unit, scale=scale, level=level, margin=margin, chance=chance
    )
    # The reason for "undecidable" comes first: the verdict's sentence quotes it.
    notes = [
        *no_variation_notes(used, scale, unit, f"{name_a} minus {name_b}"),
        *small_sample_notes(used),
        *coarse_notes(used),
        *sameness_notes(used, name_a, name_b, chance),
        *notes,
        *divergence_notes(failures, name_a, name_b, chance),
        *worst_case_notes(
            primary.verdict, primary.difference.points, failures.worst_case if failures else None
        ),
        *floor_notes(used, exact, round(1 - level, 12)),
        *planning_notes(runs, planned),
    ]
    return Comparison(
        study=study,
        variant=variant,
        metric=metric,
        class_=class_,
        a=name_a,
        b=name_b,
        unit=unit,
        paired=paired,
        n=used.n,
        n_a=used.ka.size,
        n_b=used.kb.size,
        planned=planned,
        mean_a=_mean(used_x),
        mean_b=_mean(used_y),
        values_a=tuple(used_x.tolist()),
        values_b=tuple(used_y.tolist()),
        correlation=correlation_of(used) if paired else None,
        difference=primary.difference,
        test=primary.test,
        exact=exact,
        effects=effects_of(used),
        equivalence=primary.equivalence,
        failures=failures,
        verdict=primary.verdict,
        notes=tuple(notes),
    )


def _mean(values: NDArray[np.floating[Any]]) -> float | None:
    return float(values.mean()) if values.size else None
