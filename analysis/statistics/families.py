"""Several comparisons at once: families under a correction, and k conditions.

What is one family is said beforehand: the ten classes of one pair of conditions, or the planned
comparisons of a study. What this changes in each is in `analysis.statistics.family_correction`.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.rendering.formatting import counted, format_p, format_percent
from analysis.statistics.best import WithBest, best_text, compare_with_best
from analysis.statistics.comparison import compare
from analysis.statistics.corrections import Correction
from analysis.statistics.design import Right
from analysis.statistics.displayed import Displayed
from analysis.statistics.family_correction import Asked, adjust_family
from analysis.statistics.friedman import Friedman, complete_seeds, friedman
from analysis.statistics.notes import Note
from analysis.statistics.result import Comparison, correction_name, sentence

MOST_NAMES = 3
"""A note on more comparisons than this says their number instead."""


@dataclass(frozen=True, repr=False)
class Family(Displayed):
    """Comparisons that share one correction, with the omnibus line where there is one."""

    comparisons: tuple[Comparison, ...]
    conditions: tuple[str, ...] = ()
    friedman: Friedman | None = None
    best: tuple[WithBest, ...] = ()

    def __str__(self) -> str:
        """The family in words, see `explain_family`."""
        return explain_family(self)

    @property
    def correction(self) -> Correction | None:
        """The correction that was made."""
        return self.comparisons[0].correction

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
        if self.best:
            result["best"] = [asdict(each) for each in self.best]
        return result


def compare_classes(
    a: ArrayLike,
    b: ArrayLike,
    *,
    paired: bool,
    classes: Sequence[Hashable] | None = None,
    n_test: int | Sequence[int] | None = None,
    correction: Asked = "single-step",
    **options: Any,
) -> Family:
    """Compare two conditions class by class: one family.

    Args:
        a: Accuracies of the first condition, fractions, [seeds, classes].
        b: Those of the second, [seeds, classes].
        paired: Whether the conditions share their seeds.
        classes: Names of the classes; 0, 1, ... without.
        n_test: Test examples of every class, or of each.
        correction: As `adjust_family` takes it.
        **options: What `compare` takes besides (seeds_a, seeds_b, margin, planned, names ...).

    Returns:
        A family with one comparison per class, in the order of the columns.

    Raises:
        ValueError: If the shapes do not agree, or `compare` finds fault.

    Examples:
        >>> from analysis import compare_classes
        >>> a = [[0.95, 0.70], [0.96, 0.72], [0.95, 0.69], [0.94, 0.71]]
        >>> b = [[0.95, 0.60], [0.95, 0.61], [0.96, 0.59], [0.94, 0.62]]
        >>> found = compare_classes(a, b, paired=True, seeds_a=range(4), seeds_b=range(4))
        >>> [(each.class_, each.verdict) for each in found.comparisons]
        [(0, 'inconclusive'), (1, 'different')]
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or x.shape[1] == 0:
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
    return Family(adjust_family(results, correction))


def compare_all(
    scores: Mapping[str, ArrayLike],
    pairs: Sequence[tuple[str, str]],
    *,
    paired: bool,
    seeds: Mapping[str, Sequence[Hashable]] | None = None,
    higher_is_better: bool = True,
    correction: Asked = "single-step",
    best: bool = False,
    right: Mapping[str, Right] | None = None,
    **options: Any,
) -> Family:
    """Planned comparisons among k conditions: one family, with Friedman as the omnibus line.

    Args:
        scores: Values of every condition, [seeds of that condition].
        pairs: The planned comparisons, (A, B) each.
        paired: Whether the conditions share their seeds.
        seeds: Seeds of every condition's values; needed if paired.
        higher_is_better: False for a loss; for the ranks.
        correction: As `adjust_family` takes it.
        best: Whether to compare each condition with the best too; `pairs` are all pairs then.
        right: Which test examples each run of a condition gets right, by seed, see `compare`.
        **options: What `compare` takes besides (n_test, margin, unit, planned, study ...).

    Returns:
        The family in the order planned. `friedman` is over the seeds that finished in all
        conditions; None if unpaired, or for under 3 conditions or 2 such seeds.

    Raises:
        ValueError: If a condition is unknown or no comparisons are planned.

    Examples:
        >>> from analysis import compare_all
        >>> scores = {"plain": [0.80, 0.82, 0.80], "EWC": [0.81, 0.82, 0.82],
        ...           "replay": [0.90, 0.91, 0.89]}
        >>> found = compare_all(scores, [("EWC", "plain"), ("replay", "plain")], paired=True,
        ...                     seeds=dict.fromkeys(scores, range(3)))
        >>> [each.verdict for each in found.comparisons]
        ['inconclusive', 'different']
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
        compare(
            scores[a], scores[b], name_a=a, name_b=b, seeds_a=ids[a], seeds_b=ids[b],
            right=(right[a], right[b]) if right else None, **options,
        )
        for a, b in pairs
    ]  # fmt: skip
    omnibus = _omnibus(scores, ids, higher_is_better) if paired else None
    of_best: tuple[WithBest, ...] = ()
    if best:
        of_pairs = {(c.a, c.b): c for c in results}
        of_best = compare_with_best(of_pairs, tuple(scores), higher_is_better=higher_is_better)
    return Family(adjust_family(results, correction), tuple(scores), omnibus, of_best)


def _omnibus(
    scores: Mapping[str, ArrayLike],
    seeds: Mapping[str, Sequence[Hashable]],
    higher_is_better: bool,
) -> Friedman | None:
    """Friedman's line over the seeds that all conditions have; None where they are too few."""
    if len(scores) < 3:
        return None
    table = complete_seeds(scores, seeds)
    return friedman(table, higher_is_better=higher_is_better) if len(table) >= 2 else None


def explain_family(family: Family) -> str:
    """A family as text, in lines of plain ASCII: what it is, then `family_sentences`.

    Args:
        family: What `compare_all` or `compare_classes` returned; its figures are in
            `analysis.statistics.comparison_table`.
    """
    return "\n".join([family_text(family), *family_sentences(family)])


def family_sentences(family: Family) -> list[str]:
    """Friedman's line, one sentence for each comparison, the notes."""
    return [
        *omnibus_sentences(family),
        *map(sentence, family.comparisons),
        *(f"note: {each}" for each in family_notes(family)),
    ]


def omnibus_sentences(family: Family) -> list[str]:
    """What is said of all conditions together: Friedman's line, and the best ones."""
    best = best_text(family.best, family.comparisons[0]) if family.best else ""
    return list(filter(None, [friedman_text(family), best]))


def family_text(family: Family) -> str:
    """What the family is, how it is corrected, and what its intervals are."""
    first = family.comparisons[0]
    if first.looks is not None:
        return (
            f"{counted(family.size, 'comparison')} of {first.metric}, {first.looks.plan}; "
            f"intervals are {intervals_text(family.comparisons)}, adjusted p by stage-wise ordering"
        )
    return (
        f"{counted(family.size, 'comparison')} of {first.metric}, one family "
        f"({correction_name(first)}); intervals are {intervals_text(family.comparisons)}"
    )


def intervals_text(comparisons: Sequence[Comparison]) -> str:
    """What the intervals of a family are: simultaneous 95 %, unadjusted 95 %; alone 95 %."""
    level = format_percent(comparisons[0].difference.level)
    if comparisons[0].family is None:
        return level
    joint = any(c.difference.joint for c in comparisons)
    if comparisons[0].looks is not None:
        return f"repeated {level}"
    return f"{'simultaneous' if joint else 'unadjusted'} {level}"


def friedman_text(family: Family) -> str:
    """The omnibus line of a family, where it has one."""
    found = family.friedman
    if found is None:
        return ""
    ranks = ", ".join(
        f"{name} {rank:.2f}" for name, rank in zip(family.conditions, found.mean_ranks, strict=True)
    )
    test = "no test, the conditions are tied at every seed"
    if found.p is not None:
        test = (
            f"chi-square {found.statistic:.2f}, {found.method} {format_p(found.p)} "
            f"(the smallest it could give: {format_p(found.p_smallest or 0.0)})"
        )
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
