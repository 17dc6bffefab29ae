"""Comparisons and interactions in words: one sentence of verdict, then every number by name."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.rendering.formatting import (
    counted,
    format_amount,
    format_level,
    format_margin,
    format_p,
    format_percent,
    format_range,
    format_runs,
    format_signed,
    format_two,
)
from analysis.statistics.comparison import Comparison
from analysis.statistics.divergence import Failures, WorstCase
from analysis.statistics.families import Family
from analysis.statistics.interaction import DoubleDifference, reading_of
from analysis.statistics.notes import FRAGILE_SEEDS
from analysis.statistics.significance import ExactTest
from analysis.statistics.verdict import Equivalence

Compared = Comparison | DoubleDifference
MOST_NAMES = 3


def explain(comparison: Comparison) -> str:
    """A comparison as text: one sentence of verdict, then every number with its name.

    Args:
        comparison: What `compare` returned, in a family or not.

    Returns:
        Lines of plain ASCII, for a reader who has had one course in statistics.
    """
    c = comparison
    d, unit = c.difference, c.unit
    rows = [
        (f"mean of {name}", format_level(mean, unit))
        for name, mean in ((c.a, c.mean_a), (c.b, c.mean_b))
    ]
    if 2 <= c.n <= FRAGILE_SEEDS:
        rows += [
            (f"values of {name}", ", ".join(format_level(value, unit) for value in values))
            for name, values in ((c.a, c.values_a), (c.b, c.values_b))
        ]
    difference = f"{format_signed(d.points, unit)} ({c.a} minus {c.b})"
    rows += _test_rows(c, "difference", difference)
    f = c.effects
    rows.append(
        (
            "effect sizes",
            f"{f.name if f.name == 'd_z' else 'Hedges g'} = {format_two(f.value)}, "
            f"P({c.a} > {c.b}) = {format_two(f.p_superiority)} "
            f"({'within pairs' if c.paired else 'over all pairings of runs'}), "
            f"Cliff's delta = {format_two(f.cliffs_delta)}",
        )
    )
    if c.paired:
        rows.append(("pairs' correlation", f"r = {format_two(c.correlation)}"))
    if c.failures is not None and c.failures.a.diverged + c.failures.b.diverged:
        rows += _failure_words(c, c.failures)
    used = format_runs(c.n_a, c.n_b, paired=c.paired)
    rows.append(("used", used + (f" of {c.planned} planned" if c.planned is not None else "")))
    return _as_text(c, sentence(c), rows)


def explain_family(family: Family) -> str:
    """A family as text: what it is, Friedman's line, one sentence for each comparison, the notes.

    Args:
        family: What `compare_all` or `compare_classes` returned; its figures are in
            `analysis.statistics.comparison_table`.

    Returns:
        Lines of plain ASCII.
    """
    friedman = friedman_words(family)
    return "\n".join(
        [
            family_words(family),
            *([friedman] if friedman else []),
            *(sentence(comparison) for comparison in family.comparisons),
            *(f"note: {note}" for note in family_notes(family)),
        ]
    )


def family_words(family: Family) -> str:
    """What the family is, and how its p-values are corrected."""
    first = family.comparisons[0]
    return (
        f"{counted(family.size, 'comparison')} of {first.metric}, one family "
        f"({family.correction}); intervals are unadjusted {format_percent(first.difference.level)}"
    )


def friedman_words(family: Family) -> str:
    """The omnibus line of a family, where it has one."""
    found = family.friedman
    if found is None:
        return ""
    ranks = ", ".join(
        f"{name} {rank:.2f}" for name, rank in zip(family.conditions, found.mean_ranks, strict=True)
    )
    words = "no test, the conditions are tied at every seed"
    if found.statistic is not None and found.p is not None:
        words = f"chi-square {found.statistic:.2f}, p = {found.p:.4g}"
    return f"Friedman over {found.n} seeds: {words}; mean ranks: {ranks}"


def family_notes(family: Family) -> list[str]:
    """The notes on the comparisons of a family, each once, with what it is about if not all."""
    about: dict[str, list[Comparison]] = {}
    for c in family.comparisons:
        for note in c.notes:
            about.setdefault(note, []).append(c)
    return [_about(each, family.size) + note for note, each in about.items()]


def _about(each: Sequence[Comparison], size: int) -> str:
    """What a note on some comparisons of a family is about; nothing if on all of them."""
    if len(each) == size:
        return ""
    classes = each[0].class_ is not None
    if len(each) > MOST_NAMES:
        return f"{len(each)} of {size} {'classes' if classes else 'comparisons'}: "
    names = [f"class {c.class_}" if classes else f"{c.a} - {c.b}" for c in each]
    return f"{', '.join(names)}: "


def explain_interaction(found: DoubleDifference) -> str:
    """An interaction as text: one sentence that says whether effects add up, then every number.

    Args:
        found: What `double_difference` returned, in a family or not.

    Returns:
        Lines of plain ASCII.
    """
    c, unit = found, found.unit
    rows = []
    for treatment, other, alone, beside in (
        (c.a, c.b, c.only_a, c.only_b),
        (c.b, c.a, c.only_b, c.only_a),
    ):
        effects = [
            format_signed(_minus(c, one, without), unit)
            for one, without in ((c.both, beside), (alone, c.neither))
        ]
        rows.append((f"effect of {treatment}", f"{effects[0]} with {other}, {effects[1]} without"))
    if 2 <= c.n <= FRAGILE_SEEDS:
        each = ", ".join(format_signed(difference, unit) for difference in c.differences)
        rows.append(("of each seed", each))
    what = f"({c.both} minus {c.only_b}) minus ({c.only_a} minus {c.neither})"
    rows += _test_rows(
        c, "difference of differences", f"{format_signed(c.difference.points, unit)}, {what}"
    )
    f = c.effects
    rows.append(
        (
            "effect sizes",
            f"{f.name} = {format_two(f.value)}, P(difference of differences > 0) = "
            f"{format_two(f.p_superiority)} (within seeds)",
        )
    )
    if c.worst_case is not None:
        reading = reading_of(c.worst_case.verdict, c.worst_case.points, c.higher_is_better)
        rows.append(("worst case", _worst_words(c, c.worst_case, reading)))
    used = format_runs(c.n, c.n, paired=True, noun=c.noun)
    rows.append(("used", used + (f" of {c.planned} planned" if c.planned is not None else "")))
    return _as_text(c, interaction_sentence(c), rows)


def _as_text(c: Compared, verdict: str, rows: list[tuple[str, str]]) -> str:
    # The sentence of an undecidable comparison has quoted the first note.
    notes = c.notes[1 if c.verdict == "undecidable" else 0 :]
    rows = [*rows, *(("note", note) for note in notes)]
    width = max(len(name) for name, _ in rows)
    return "\n".join([verdict, "", *(f"{name:<{width}}  {words}" for name, words in rows)])


def _test_rows(c: Compared, name: str, difference: str) -> list[tuple[str, str]]:
    """The difference with its interval, the primary test, the exact one, the margin's."""
    d, unit = c.difference, c.unit
    interval = "no interval"
    if d.ci_low is not None and d.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        ends = format_range(d.ci_low, d.ci_high, unit)
        interval = f"{unadjusted}{format_percent(d.level)} interval {ends}"
    rows = [
        (name, f"{difference}, {interval}"),
        (c.test.name, _test_words(c)),
        ("exact test", _exact_words(c.exact, c.exact_p_adjusted)),
    ]
    if c.equivalence is not None:
        rows.append(("equivalence", margin_words(c.equivalence, unit)))
    return rows


def margin_words(e: Equivalence, unit: str) -> str:
    """The margin, and whether the difference was shown to lie inside it."""
    words = f"margin {format_margin(e.margin, unit)}, set beforehand: "
    if e.ci_low is None or e.ci_high is None or e.p is None:
        return f"{words}not tested"
    inside = "inside" if e.inside else "not inside"
    ends = format_range(e.ci_low, e.ci_high, unit)
    return (
        f"{words}{format_percent(e.level)} interval {ends} {inside}, two one-sided t-tests "
        f"{format_p(e.p)}"
    )


def interaction_sentence(c: DoubleDifference) -> str:
    """The verdict on an interaction: do the effects add up?"""
    d, e = c.difference, c.equivalence
    effects = f"the effects of {c.a} and {c.b}"
    what = f"{c.metric} of {c.both}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Cannot be decided: do {effects} add up in {what}? {c.notes[0]}."
    count = format_runs(c.n, c.n, paired=True, noun=c.noun)
    several = c.family is not None and c.family > 1
    family = f", after {_correction_name(c)} over {c.family} interactions" if several else ""
    unadjusted = " (unadjusted interval)" if several else ""
    if c.verdict == "inconclusive":
        ends = format_range(d.ci_low, d.ci_high, c.unit)
        return (
            f"No interaction shown: {count} do not tell whether {effects} add up in {what}"
            f"{family}; the difference of differences may lie anywhere from {ends}{unadjusted}."
        )
    reading = c.reading.capitalize()
    margin = format_margin(e.margin, c.unit) if e is not None else ""
    # Holm is about differences: what shows that effects add up is each one's own margin test.
    alone = "; margin test unadjusted" if several else ""
    if c.verdict == "equivalent":
        return f"{reading}: {what} is within {margin} of what {effects} add up to ({count}{alone})."
    if c.verdict == "different-within-margin":
        reading += f" of {margin}"
        family += alone
    return (
        f"{reading}: {what} is {format_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than what {effects} add up to ({count}{family})."
    )


def _minus(c: DoubleDifference, one: str, other: str) -> float | None:
    """The mean of one condition minus that of another, in the unit of the differences."""
    if not c.means:
        return None
    return (c.means[one] - c.means[other]) * (100.0 if c.unit == "points" else 1.0)


def sentence(c: Comparison) -> str:
    """The verdict on a comparison."""
    d = c.difference
    what = c.metric if c.class_ is None else f"{c.metric} of class {c.class_}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Undecidable, {what} of {c.a} and {c.b}: {c.notes[0]}."
    count = format_runs(c.n_a, c.n_b, paired=c.paired)
    several = c.family is not None and c.family > 1
    family = f", after {_correction_name(c)} over {c.family} comparisons" if several else ""
    # The correction is of the tests of a difference: margins and intervals stand alone.
    alone = "; margin test unadjusted" if several else ""
    direction = (
        f"{what} of {c.a} is {format_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than of {c.b}"
    )
    margin = format_margin(c.equivalence.margin, c.unit) if c.equivalence else ""
    if c.verdict == "different":
        return f"Different: {direction} ({count}{family})."
    if c.verdict == "different-within-margin":
        within = f"within the margin of {margin}"
        return f"Different, but {within}: {direction} ({count}{family}{alone})."
    if c.verdict == "equivalent":
        pair = f"{what} of {c.a} and {c.b}"
        return f"Equivalent: {pair} differs by less than {margin} ({count}{alone})."
    unadjusted = " (unadjusted interval)" if several else ""
    return (
        f"Inconclusive: {count} do not tell {c.a} and {c.b} apart in {what}{family}; the "
        f"difference may lie anywhere from {format_range(d.ci_low, d.ci_high, c.unit)}{unadjusted}."
    )


def _test_words(c: Compared) -> str:
    if c.test.p is None or c.test.statistic is None or c.test.df is None:
        return "no test"
    df = f"{c.test.df:.0f}" if c.paired else f"{c.test.df:.2f}"
    adjusted = ""
    if c.p_adjusted is not None:
        adjusted = (
            f", adjusted {format_p(c.p_adjusted)} ({_correction_name(c)}, family of {c.family})"
        )
    return f"t({df}) = {c.test.statistic:.2f}, {format_p(c.test.p)}, two-sided{adjusted}"


def _exact_words(test: ExactTest, adjusted: float | None = None) -> str:
    if test.p is None:
        return f"{test.name}: no test"
    floor = (
        ""
        if test.p_smallest is None
        else f" (the smallest it could give: {format_p(test.p_smallest)})"
    )
    return f"{test.name}: {format_p(test.p)}{floor}" + (
        f", adjusted {format_p(adjusted)}" if adjusted else ""
    )


def _failure_words(c: Comparison, failures: Failures) -> list[tuple[str, str]]:
    rows = [
        (
            f"diverged, {name}",
            f"{rate.diverged} of {rate.n}, rate {rate.rate:.2f}, "
            f"{format_percent(c.difference.level)} Wilson interval "
            f"{rate.ci_low:.2f} to {rate.ci_high:.2f}",
        )
        for name, rate in ((c.a, failures.a), (c.b, failures.b))
    ]
    rows.append(("divergence compared", _exact_words(failures.test)))
    worst = failures.worst_case
    if worst is not None:
        rows.append(("worst case", _worst_words(c, worst, worst.verdict)))
    return rows


def _worst_words(c: Compared, worst: WorstCase, reading: str) -> str:
    words = f"{format_signed(worst.points, c.unit)}"
    if worst.ci_low is not None and worst.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        words += f", {unadjusted}interval {format_range(worst.ci_low, worst.ci_high, c.unit)}"
    if worst.p is not None:
        words += f", {format_p(worst.p)}"
    if worst.p_adjusted is not None:
        words += f", adjusted {format_p(worst.p_adjusted)}"
    return f"{words}: {reading} (diverged runs at chance)"


def _correction_name(c: Compared) -> str:
    names = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}
    return names.get(c.correction or "", "Bonferroni")
