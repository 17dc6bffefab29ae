"""A comparison in words: one sentence of verdict, then every number with its name."""

from __future__ import annotations

from analysis.comparison import Comparison
from analysis.divergence import Failures
from analysis.formatting import (
    format_amount,
    format_level,
    format_p,
    format_percent,
    format_range,
    format_runs,
    format_signed,
    format_two,
)
from analysis.notes import FRAGILE_SEEDS
from analysis.significance import ExactTest


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
    interval = "no interval"
    if d.ci_low is not None and d.ci_high is not None:
        unadjusted = "unadjusted " if c.family else ""
        ends = format_range(d.ci_low, d.ci_high, unit)
        interval = f"{unadjusted}{format_percent(d.level)} interval {ends}"
    rows.append(("difference", f"{format_signed(d.points, unit)} ({c.a} minus {c.b}), {interval}"))
    rows.append((c.test.name, _test_words(c)))
    rows.append(("robustness line", _exact_words(c.robust, c.robust_p_adjusted)))
    if c.equivalence is not None:
        e = c.equivalence
        words = f"margin {format_amount(e.margin, unit)}, set beforehand: "
        if e.ci_low is None or e.ci_high is None or e.p is None:
            words += "not tested"
        else:
            words += (
                f"{format_percent(e.level)} interval {format_range(e.ci_low, e.ci_high, unit)} "
                f"{'inside' if e.inside else 'not inside'}, two one-sided t-tests {format_p(e.p)}"
            )
        rows.append(("equivalence", words))
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
    rows += [("note", note) for note in c.notes[1 if c.verdict == "undecidable" else 0 :]]
    width = max(len(name) for name, _ in rows)
    return "\n".join([_sentence(c), "", *(f"{name:<{width}}  {words}" for name, words in rows)])


def _sentence(c: Comparison) -> str:
    d = c.difference
    what = c.metric if c.class_ is None else f"{c.metric} of class {c.class_}"
    if d.points is None or d.ci_low is None or d.ci_high is None or c.verdict == "undecidable":
        return f"Undecidable, {what} of {c.a} and {c.b}: {c.notes[0]}."
    count = format_runs(c.n_a, c.n_b, paired=c.paired)
    family = f", after {_correction_name(c)} over {c.family} comparisons" if c.family else ""
    direction = (
        f"{what} of {c.a} is {format_amount(abs(d.points), c.unit)} "
        f"{'higher' if d.points > 0 else 'lower'} than of {c.b} ({count}{family})"
    )
    margin = format_amount(c.equivalence.margin, c.unit) if c.equivalence else ""
    if c.verdict == "different":
        return f"Different: {direction}."
    if c.verdict == "different-within-margin":
        return f"Different, but within the margin of {margin}: {direction}."
    if c.verdict == "equivalent":
        pair = f"{what} of {c.a} and {c.b}"
        return f"Equivalent: {pair} differs by less than {margin} ({count}{family})."
    return (
        f"Inconclusive: {count} do not tell {c.a} and {c.b} apart in {what}{family}; the "
        f"difference may lie anywhere from {format_range(d.ci_low, d.ci_high, c.unit)}."
    )


def _test_words(c: Comparison) -> str:
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
        "" if test.p_floor is None else f" (the smallest it could give: {format_p(test.p_floor)})"
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
        words = f"{format_signed(worst.points, c.unit)}"
        if worst.ci_low is not None and worst.ci_high is not None:
            words += f", interval {format_range(worst.ci_low, worst.ci_high, c.unit)}"
        if worst.p is not None:
            words += f", {format_p(worst.p)}"
        rows.append(("worst case", f"{words}: {worst.verdict} (diverged runs at chance)"))
    return rows


def _correction_name(c: Comparison) -> str:
    names = {"holm": "Holm", "bh": "Benjamini-Hochberg", "by": "Benjamini-Yekutieli"}
    return names.get(c.correction or "", "Bonferroni")
