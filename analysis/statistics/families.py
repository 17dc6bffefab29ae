"""Several comparisons at once: families under a correction, and k conditions.

What is one family is said beforehand: the ten classes of one pair of conditions, or the planned
comparisons of a study. How its p-values are corrected is in `analysis.statistics.corrections`. In
a family "different" rests on the adjusted p; intervals stay the unadjusted ones and are labelled
so; "equivalent" rests on each comparison's own margin test, unadjusted.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import counted, format_percent, format_runs
from analysis.statistics.comparison import compare
from analysis.statistics.corrections import Correction, adjust
from analysis.statistics.displayed import Displayed
from analysis.statistics.friedman import Friedman, complete_seeds, friedman
from analysis.statistics.notes import Note, note, worst_case_notes
from analysis.statistics.result import Comparison, sentence
from analysis.statistics.statistical_power import seeds_to_reach
from analysis.statistics.verdict import decide

Compared = TypeVar("Compared", bound=Comparison)
MOST_NAMES = 3
"""A note on more comparisons than this says their number instead."""


@dataclass(frozen=True, repr=False)
class Family(Displayed):
    """Comparisons that share one correction, with the omnibus line where there is one."""

    comparisons: tuple[Comparison, ...]
    correction: Correction
    conditions: tuple[str, ...] = ()
    friedman: Friedman | None = None

    def __str__(self) -> str:
        """The family in words, see `explain_family`."""
        return explain_family(self)

    @property
    def size(self) -> int:
        """Number of comparisons, those without a p included."""
        return len(self.comparisons)

    def to_json(self) -> dict[str, Any]:
        """A list under "comparisons"; a missing figure is None."""
        result: dict[str, Any] = {
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
            "correction": self.correction,
            "family": self.size,
        }
        if self.friedman is not None:
            line = asdict(self.friedman)
            ranks = self.friedman.mean_ranks
            line["mean_ranks"] = dict(zip(self.conditions, ranks, strict=True))
            result["friedman"] = line
        return result


def adjust_family(
    comparisons: Sequence[Compared], correction: Correction = "holm"
) -> tuple[Compared, ...]:
    """Comparisons with adjusted p-values, the family's size, and verdicts that use them.

    Args:
        comparisons: One family, in any order, all at one level: of comparisons, or of
            interactions, which are a family of their own.
        correction: See `adjust`.

    Returns:
        The same comparisons in the same order.
    """
    adjusted = [
        adjust([np.nan if test.p is None else test.p for test in tests], correction)
        for tests in (
            [c.test for c in comparisons],
            [c.exact for c in comparisons],
            # The worst case is one family too: a comparison without a diverged run is as it is.
            [c.worst_case or c.test for c in comparisons],
        )
    ]
    return tuple(
        _in_family(
            c, len(comparisons), correction, *(None if np.isnan(p) else float(p) for p in ps)
        )
        for c, *ps in zip(comparisons, *adjusted, strict=True)
    )


def _in_family(
    c: Compared,
    m: int,
    correction: Correction,
    p: float | None,
    exact_p: float | None,
    worst_p: float | None,
) -> Compared:
    """A comparison whose verdicts rest on the adjusted p-values."""
    alpha = round(1 - c.difference.level, 12)
    verdict = decide(p, c.equivalence is not None and c.equivalence.inside, alpha)
    worst = c.worst_case
    if worst is not None:
        worst_verdict = decide(worst_p, worst.inside, alpha)
        worst = replace(worst, p_adjusted=worst_p, verdict=worst_verdict)
    notes = [each for each in c.notes if each.kind != "worst case"]
    notes += worst_case_notes(verdict, c.difference.points, worst)
    notes += _smallest_p_notes(c, alpha, m, correction)
    return replace(
        c,
        p_adjusted=p,
        exact_p_adjusted=exact_p,
        family=m,
        correction=correction,
        verdict=verdict,
        worst_case=worst,
        notes=tuple(notes),
    )


def _smallest_p_notes(c: Comparison, alpha: float, m: int, correction: Correction) -> list[Note]:
    """An exact test that could have decided alone, but not as the family's smallest."""
    smallest = c.exact.p_smallest
    # Under a false discovery rate, m tests that all reach their smallest p can decide together.
    if smallest is None or correction in ("bh", "by") or not smallest <= alpha < smallest * m:
        return []
    need = seeds_to_reach(alpha / m, paired=c.paired)
    return [
        note(
            "smallest p in family",
            family=f"{m} {c.kind}",
            alpha=alpha,
            needed=format_runs(need, need, paired=c.paired, noun=c.noun),
            untied=" without a tie" if need <= c.n else "",
        )
    ]


def compare_classes(
    a: ArrayLike,
    b: ArrayLike,
    *,
    paired: bool,
    classes: Sequence[Hashable] | None = None,
    n_test: int | Sequence[int] | None = None,
    correction: Correction = "holm",
    **options: Any,
) -> Family:
    """Compare two conditions class by class: one family.

    Args:
        a: Accuracies of the first condition, fractions, [seeds, classes].
        b: Those of the second, [seeds, classes].
        paired: Whether the conditions share their seeds.
        classes: Names of the classes; 0, 1, ... without.
        n_test: Test examples of every class, or of each.
        correction: "holm", or "bh" for exploration.
        **options: What `compare` takes besides (seeds_a, seeds_b, margin, planned, names ...).

    Returns:
        A family with one comparison per class, in the order of the columns.

    Raises:
        ValueError: If the shapes do not agree, or `compare` finds fault.
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(
            f"received shapes {x.shape} and {y.shape}; expected [seeds, classes] with the same "
            "classes; arrange one column per class"
        )
    count = x.shape[1]
    names = list(range(count)) if classes is None else list(classes)
    sizes = [n_test] * count if n_test is None or isinstance(n_test, int) else list(n_test)
    if len(names) != count or len(sizes) != count:
        raise ValueError(
            f"received {len(names)} classes and {len(sizes)} n_test for {count} columns; expected "
            "one of each per column; check the order of the classes"
        )
    results = [
        compare(x[:, i], y[:, i], paired=paired, n_test=sizes[i], class_=names[i], **options)
        for i in range(count)
    ]
    return Family(adjust_family(results, correction), correction)


def compare_all(
    scores: Mapping[str, ArrayLike],
    pairs: Sequence[tuple[str, str]],
    *,
    paired: bool,
    seeds: Mapping[str, Sequence[Hashable]] | None = None,
    higher_is_better: bool = True,
    correction: Correction = "holm",
    **options: Any,
) -> Family:
    """Planned comparisons among k conditions: one family, with Friedman as the omnibus line.

    Args:
        scores: Values of every condition, [seeds of that condition].
        pairs: The planned comparisons, (A, B) each.
        paired: Whether the conditions share their seeds.
        seeds: Seeds of every condition's values; needed if paired.
        higher_is_better: False for a loss; for the ranks.
        correction: "holm", or "bh" for exploration.
        **options: What `compare` takes besides (n_test, margin, unit, planned, study ...).

    Returns:
        The family in the order planned. `friedman` is over the seeds that finished in all
        conditions; None if unpaired, or for under 3 conditions or 2 such seeds.

    Raises:
        ValueError: If a condition is unknown or no comparisons are planned.
    """
    unknown = sorted({name for pair in pairs for name in pair} - scores.keys())
    if unknown or not pairs:
        raise ValueError(
            f"received comparisons of {', '.join(unknown) or 'nothing'}; expected conditions among "
            f"{', '.join(scores)}; check the names"
        )
    if seeds is not None and (absent := scores.keys() - seeds.keys()):
        raise ValueError(
            f"received no seeds for {', '.join(sorted(absent))}; expected seeds of every "
            "condition; name them all"
        )
    ids: Mapping[str, Any] = dict.fromkeys(scores) if seeds is None else seeds
    options |= {"paired": paired}
    results = [
        compare(scores[a], scores[b], name_a=a, name_b=b, seeds_a=ids[a], seeds_b=ids[b], **options)
        for a, b in pairs
    ]
    omnibus = None
    if paired and seeds is not None and len(scores) >= 3:
        table = complete_seeds(scores, seeds)
        if len(table) >= 2:
            omnibus = friedman(table, higher_is_better=higher_is_better)
    return Family(adjust_family(results, correction), correction, tuple(scores), omnibus)


def explain_family(family: Family) -> str:
    """A family as text, in lines of plain ASCII: what it is, then `family_sentences`.

    Args:
        family: What `compare_all` or `compare_classes` returned; its figures are in
            `analysis.statistics.comparison_table`.
    """
    return "\n".join([family_text(family), *family_sentences(family)])


def family_sentences(family: Family) -> list[str]:
    """Friedman's line, one sentence for each comparison, the notes."""
    omnibus = friedman_text(family)
    return [
        *([omnibus] if omnibus else []),
        *map(sentence, family.comparisons),
        *(f"note: {each}" for each in family_notes(family)),
    ]


def family_text(family: Family) -> str:
    """What the family is, and how its p-values are corrected."""
    first = family.comparisons[0]
    return (
        f"{counted(family.size, 'comparison')} of {first.metric}, one family "
        f"({family.correction}); intervals are unadjusted {format_percent(first.difference.level)}"
    )


def friedman_text(family: Family) -> str:
    """The omnibus line of a family, where it has one."""
    found = family.friedman
    if found is None:
        return ""
    ranks = ", ".join(
        f"{name} {rank:.2f}" for name, rank in zip(family.conditions, found.mean_ranks, strict=True)
    )
    test = "no test, the conditions are tied at every seed"
    if found.statistic is not None and found.p is not None:
        test = f"chi-square {found.statistic:.2f}, p = {found.p:.4g}"
    return f"Friedman over {found.n} seeds: {test}; mean ranks: {ranks}"


def family_notes(family: Family) -> list[str]:
    """The notes on the comparisons of a family, each once, with what it is about if not all."""
    about: dict[Note, list[Comparison]] = {}
    for c in family.comparisons:
        for each in c.notes:
            about.setdefault(each, []).append(c)
    return [f"{_about(on, family.size)}{each}" for each, on in about.items()]


def _about(each: Sequence[Comparison], size: int) -> str:
    """What a note on some comparisons of a family is about; nothing if on all of them."""
    if len(each) == size:
        return ""
    classes = each[0].class_ is not None
    if len(each) > MOST_NAMES:
        return f"{len(each)} of {size} {'classes' if classes else 'comparisons'}: "
    names = [f"class {c.class_}" if classes else str(c.label[1]) for c in each]
    return f"{', '.join(names)}: "
