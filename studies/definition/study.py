"""A study: a question, named conditions, a number of seeds, and how to read the answer."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from analysis.swept import base_of
from core import Recipe
from data import InputError
from data.errors import did_you_mean
from studies.definition.changing import over_a_grid
from studies.definition.scoring import Scoring
from studies.definition.typed import Typed

MOST_SEEDS = 100_000
LARGEST_SEED = 2**63 - 1
"""What a store can hold."""
MOST_DECIMALS = 15
"""What a number keeps."""
LARGEST = 1e100
"""What can be squared and divided by, and more than anybody measures."""
SPREADS = ("population standard deviation", "standard deviation", "standard error")
"""What a reported mean can be written with: dividing by n, by n - 1, and that over sqrt(n)."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_=-]*")
NAMED = "letters, digits, and . + _ = - after the first"


@dataclass(frozen=True)
class Reported(Typed):
    """A figure that was reported elsewhere, to check ours against.

    Args:
        condition: The condition that it belongs to.
        metric: As in the summary table: `test accuracy`, `test loss`, `validation accuracy`.
        value: Accuracies as fractions.
        class_: The class whose accuracy it is; None for a figure over all classes.
        runs: How many trainings it is the mean of.
        source: Where it was reported.
        decimals: To how many it was written, of the fraction: 2 for 93 % and for .93, which then
            stand for all from .925 to .935. None where it is exact, or nobody knows.
        spread: What stands behind the ± of a mean of several trainings, in the unit of `value`. It
            is shown beside ours, and the verdict is whether the mean lies inside our own interval.
        spread_kind: One of `SPREADS`: what the source calls "std" may be either of two.

    Examples:
        >>> from studies import Reported
        >>> reported = Reported("shuffled", "test accuracy", 0.978, decimals=3, source="a notebook")
        >>> reported.value, reported.runs
        (0.978, 1)
    """

    condition: str
    metric: str
    value: float
    _: KW_ONLY
    class_: int | None = None
    runs: int = 1
    source: str = ""
    decimals: int | None = None
    spread: float | None = None
    spread_kind: str | None = None

    def __post_init__(self) -> None:
        """Refuse what is no figure."""
        super().__post_init__()
        if self.runs < 1 or abs(self.value) > LARGEST:
            raise InputError(
                f"Received a reported figure of {self.value} from {self.runs} runs; expected one "
                f"of up to {LARGEST:g} from 1 run or more."
            )
        if self.decimals is not None and not (
            0 <= self.decimals <= MOST_DECIMALS and round(self.value, self.decimals) == self.value
        ):
            raise InputError(
                f"Received a reported figure of {self.value} with decimals={self.decimals}; "
                f"expected as many as it is written with, from 0 to {MOST_DECIMALS}; leave them "
                "out if they are not known."
            )
        self._check_spread()

    def _check_spread(self) -> None:
        given = self.spread is not None or self.spread_kind is not None
        known = self.spread is not None and 0 <= self.spread <= LARGEST
        if given and not (known and self.spread_kind in SPREADS and self.runs > 1):
            raise InputError(
                f"Received a reported figure of {self.value} from runs={self.runs} with spread="
                f"{self.spread} and spread_kind={self.spread_kind!r}; expected, of 2 runs or more, "
                f"a spread from 0 with its kind: {', '.join(SPREADS)}."
            )


@dataclass(frozen=True)
class Claim(Typed):
    """Something said in words, as an inequality: a metric is greater in one condition.

    Examples:
        >>> from studies import Claim
        >>> claim = Claim("order costs accuracy", "test accuracy", greater="shuffled",
        ...               smaller="in-order")
        >>> claim.greater
        'shuffled'
    """

    text: str
    metric: str
    _: KW_ONLY
    greater: str
    smaller: str


@dataclass(frozen=True, kw_only=True)
class Interaction(Typed):
    """Two treatments crossed: does the effect of one depend on the other, or do they add up?

    Tested, per seed, is the effect of A with B minus its effect without B:
    (both - only_b) - (only_a - neither). To exchange A and B changes nothing.

    Args:
        a: The first treatment, in words that fit after "the effects of": "label noise".
        b: The second.
        neither: The condition without either.
        only_a: The condition with A alone.
        only_b: The condition with B alone.
        both: The condition with both.

    Examples:
        >>> from studies import Interaction
        >>> crossed = Interaction(a="label noise", b="replay", neither="plain", only_a="noise",
        ...                       only_b="replay", both="noise-and-replay")
        >>> crossed.conditions
        ('plain', 'noise', 'replay', 'noise-and-replay')
    """

    a: str
    b: str
    neither: str
    only_a: str
    only_b: str
    both: str

    @property
    def conditions(self) -> tuple[str, str, str, str]:
        """The four conditions."""
        return self.neither, self.only_a, self.only_b, self.both


@dataclass(frozen=True, kw_only=True)
class Quick(Typed):
    """The same study in under a minute: embedded data, few seeds, few epochs.

    Args:
        seeds: How many.
        dataset: Embedded data of the study's image size.
        epochs: Of every run; below 1, the fraction of each condition's own that is left, where
            conditions differ in them; None leaves them as they are.
        overrides: Further recipe fields to change.
        conditions: Those that are run, where all of them would take too long.

    Examples:
        >>> from studies import Quick
        >>> Quick(seeds=2, epochs=1).dataset
        'digits'
    """

    seeds: int = 3
    dataset: str = "digits"
    epochs: int | float | None = 5
    overrides: Mapping[str, Any] = field(default_factory=dict)
    conditions: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no scale."""
        super().__post_init__()
        no_epochs = self.epochs is not None and self.epochs <= 0
        if not 0 < self.seeds <= MOST_SEEDS or no_epochs or self.conditions == ():
            raise InputError(
                f"Received Quick with seeds={self.seeds}, epochs={self.epochs} and "
                f"conditions={self.conditions}; expected seeds from 1 to {MOST_SEEDS:,}, epochs "
                "above 0, and one condition at least."
            )


@dataclass(frozen=True, kw_only=True)
class Proportions(Typed):
    """How often something is so: a study of scores that are 0 or 1, counted over the seeds.

    Args:
        metrics: Scores that are 0 or 1; the first is drawn.
        along: The parameter on the horizontal axis of the figure.
        lines: The parameter with a line for each of its values.
        rows: The parameter with a row of panels for each of its values; also marked in the
            distributions, where it is what `counted` should be.
        columns: The parameter with a column of panels for each of its values.
        counted: A score in whole numbers, whose distribution is drawn beside.

    Examples:
        >>> from studies import Proportions
        >>> counted = Proportions(metrics=("found",), along="noise", lines="degree",
        ...                       rows="rule", columns="size", counted="chosen degree")
        >>> counted.parameters
        ('noise', 'degree', 'rule', 'size')
    """

    metrics: tuple[str, ...]
    along: str
    lines: str
    rows: str
    columns: str
    counted: str

    def __post_init__(self) -> None:
        """Refuse what names no scores."""
        super().__post_init__()
        if not self.metrics:
            raise InputError("Received proportions without metrics; expected one score at least.")

    @property
    def parameters(self) -> tuple[str, str, str, str]:
        """The parameters that tell the conditions apart."""
        return self.along, self.lines, self.rows, self.columns


@dataclass(frozen=True, kw_only=True)
class Study(Typed):
    """A question that can be run.

    Args:
        name: How it is called.
        question: One sentence that ends in a question mark.
        conditions: A recipe for each condition, in the order in which tables show them; a
            `Scoring` where no network is trained.
        seeds: How many seeds are planned; they are numbered from 0.
        paired: Whether runs of different conditions that share a seed form a pair.
        primary: The metric that decides, named before any run: `test accuracy`, ...
        margin: The largest difference of the primary metric that does not matter, in points; a
            comparison can only say "equivalent" where one was given beforehand, and an
            interaction only that effects add up.
        shown: Further metrics that the overview shows beside the primary one.
        trade_off: Two metrics that the overview's figure draws against each other.
        proportions: For a study of scores that are 0 or 1: how they are counted and drawn.
        comparisons: The planned comparisons, pairs of conditions.
        interactions: The planned interactions; they are a family of their own, apart from the
            comparisons, and need a paired study.
        reported: Figures from elsewhere.
        claims: Claims from elsewhere.
        quick: The scale of `--quick`.
        minutes: Processor time of the full study, as measured for docs/results.md.
        callbacks: For a user's own study: a function of condition and seed that returns Keras
            callbacks which observe a run.
        swept: The fields that its conditions sweep, as `Study.sweep` notes them.

    Examples:
        >>> from dataclasses import replace
        >>> from core import ClassSequential, Recipe, spec
        >>> from studies import Study
        >>> shuffled = Recipe(dataset="digits", model=spec("mlp", widths=(20,)), epochs=2)
        >>> study = Study(name="mine", question="Does order matter?", seeds=3,
        ...               conditions={"shuffled": shuffled,
        ...                           "in-order": replace(shuffled, order=ClassSequential())},
        ...               comparisons=(("in-order", "shuffled"),))
        >>> list(study.conditions)
        ['shuffled', 'in-order']
    """

    name: str
    question: str
    conditions: Mapping[str, Recipe | Scoring]
    seeds: int = 10
    paired: bool = True
    primary: str = "test accuracy"
    margin: float | None = None
    shown: tuple[str, ...] = ()
    trade_off: tuple[str, str] | None = None
    proportions: Proportions | None = None
    comparisons: tuple[tuple[str, str], ...] = ()
    interactions: tuple[Interaction, ...] = ()
    reported: tuple[Reported, ...] = ()
    claims: tuple[Claim, ...] = ()
    quick: Quick = field(default_factory=Quick)
    minutes: float | None = None
    callbacks: Callable[[str, int], list[Any]] | None = None
    swept: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a study whose parts do not fit each other."""
        super().__post_init__()
        if not self.conditions:
            raise InputError(f"Received study {self.name!r} without conditions; expected one.")
        for name in (self.name, *self.conditions):
            if not NAME.fullmatch(name):
                raise InputError(f"Received the name {name!r}; expected {NAMED}.")
        if not 0 < self.seeds <= MOST_SEEDS:
            raise InputError(
                f"Received seeds={self.seeds}; expected a whole number from 1 to {MOST_SEEDS:,}."
            )
        for name in (*self._spoken_of(), *(self.quick.conditions or ())):
            self.recipe(name)
        self._check_interactions()
        self._check_proportions()

    def _spoken_of(self) -> Iterator[str]:
        """The conditions that are compared, crossed, reported or claimed to be something."""
        for pair in self.comparisons:
            yield from pair
        for crossed in self.interactions:
            yield from crossed.conditions
        for figure in self.reported:
            yield figure.condition
        for claim in self.claims:
            yield from (claim.greater, claim.smaller)

    def _check_interactions(self) -> None:
        for each in self.interactions:
            if len(set(each.conditions)) < 4:
                raise InputError(
                    f"Received the interaction of {each.a} and {each.b} with the conditions "
                    f"{', '.join(each.conditions)}; expected four different ones."
                )
        if self.interactions and not self.paired:
            raise InputError(
                f"Received interactions for the unpaired study {self.name!r}; expected "
                "paired=True: an interaction is taken within each seed."
            )

    def _check_proportions(self) -> None:
        if self.proportions is None:
            return
        for name, condition in self.conditions.items():
            given = condition.scores.parameters if isinstance(condition, Scoring) else {}
            if not set(self.proportions.parameters) <= set(given):
                raise InputError(
                    f"Received proportions for condition {name!r} with the parameters "
                    f"{', '.join(given) or 'none'}; expected a Scoring with "
                    f"{', '.join(self.proportions.parameters)}."
                )

    def recipe(self, condition: str) -> Recipe | Scoring:
        """The recipe of a condition, or what scores it."""
        if condition not in self.conditions:
            raise InputError(
                f"Received condition {condition!r}; expected one of {', '.join(self.conditions)}"
                f"{did_you_mean(condition, self.conditions)}."
            )
        return self.conditions[condition]

    def sweep(self, grid: Mapping[str, Iterable[Any]]) -> "Study":
        """This study with each condition at several values of a field; of several fields, a grid.

        A condition is named by its values, as in `tanh+learning_rate=0.001`; one without the
        field's part (without `replay`, for `replay.capacity`) stays as it is. What was planned,
        crossed, reported or claimed of conditions that are varied is left out.

        Args:
            grid: Recipe fields, or parameters of scores, and the values that each takes.

        Raises:
            InputError: A field that no recipe has, or a value that it refuses.

        Examples:
            >>> from studies.tanh_vs_relu import study
            >>> list(study.sweep({"batch_size": (32, 64)}).conditions)[:2]
            ['tanh+batch_size=32', 'tanh+batch_size=64']
        """
        conditions = over_a_grid(self.conditions, grid)
        quick, few = self.quick, self.quick.conditions
        if few is not None:
            # A single condition's name is left out of those of its values.
            few = tuple(name for name in conditions if base_of(name) in (*few, ""))
        overrides = {path: value for path, value in quick.overrides.items() if path not in grid}
        quick = replace(quick, overrides=overrides, conditions=few)
        swept, planned = (*self.swept, *grid), planned_of(self, conditions)
        return replace(self, conditions=conditions, quick=quick, swept=swept, **planned)


def planned_of(study: Study, conditions: Iterable[str]) -> dict[str, Any]:
    """The fields of a study that name conditions: what they plan and report of these alone."""
    there = set(conditions)
    return {
        "comparisons": tuple(pair for pair in study.comparisons if there.issuperset(pair)),
        "interactions": tuple(i for i in study.interactions if there.issuperset(i.conditions)),
        "reported": tuple(each for each in study.reported if each.condition in there),
        "claims": tuple(c for c in study.claims if there >= {c.greater, c.smaller}),
    }
