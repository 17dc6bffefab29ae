"""Interactions on the command line: whether the effects that a study crosses add up."""

from collections.abc import Sequence

from analysis.metrics.values import values_of
from analysis.rendering.tables import say
from analysis.rendering.units import factor_of, higher_is_better
from analysis.statistics.families import adjust_family
from analysis.statistics.interaction import DoubleDifference, double_difference
from analysis.statistics.result import explain
from studies.results.reading import Reading
from studies.results.units import chance_of, examples_behind, unit_in


def interactions_of(
    reading: Reading, metric: str, margin: float | None, correction: str
) -> tuple[DoubleDifference, ...]:
    """The interactions that a study plans, one family.

    A condition without any run leaves its interactions undecidable, but in the family: its size
    is what was planned.

    Raises:
        ValueError: The finished runs of a condition do not have the metric.
    """
    definition = reading.definition
    if definition is None or not definition.interactions:
        return ()
    run = set(reading.conditions)
    crossed = {name for each in definition.interactions for name in each.conditions}
    values = {
        name: values_of(reading.records, metric, name, diverged=True) * factor_of(metric)
        for name in crossed & run
    }
    scores = {name: values[name].tolist() if name in values else [] for name in crossed}
    seeds = {name: values[name].index.tolist() if name in values else [] for name in crossed}
    found = [
        double_difference(
            scores,
            each,
            seeds=seeds,
            n_test=examples_behind(reading, metric),
            margin=margin,
            unit=unit_in(reading, metric),
            planned=reading.planned,
            chance=chance_of(reading, metric),
            higher_is_better=higher_is_better(metric),
            study=reading.study,
            variant=reading.variant,
            metric=metric,
        )
        for each in definition.interactions
    ]
    return adjust_family(found, correction)  # type: ignore[arg-type]


def show_interactions(found: Sequence[DoubleDifference]) -> None:
    """Print interactions for people: what they are a family of, then each in full."""
    say(interactions_text(found))
    for each in found:
        say(f"\n{explain(each)}")


def interactions_text(found: Sequence[DoubleDifference]) -> str:
    """What interactions are a family of."""
    first, several = found[0], len(found) > 1
    return (
        f"{len(found)} {'interactions' if several else 'interaction'} of {first.metric}, a family "
        f"of {'their' if several else 'its'} own ({first.correction}), apart from the comparisons; "
        f"effects are added up in {first.unit}, intervals are unadjusted 95 %"
    )
