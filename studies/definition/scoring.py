"""A condition that trains no network: a plain function that scores one draw of data."""

import hashlib
import inspect
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from core import Record, Spec, environment
from core.code_identity import source
from core.spec import resolve
from data import InputError
from data.errors import did_you_mean


@cache
def _code(code_of: Callable[[Callable[..., Any]], str], function: Callable[..., Any]) -> str:
    """The code of a function, which thousands of conditions may share."""
    return code_of(function)


@dataclass(frozen=True)
class Scoring:
    """What stands in a study where a training's `Recipe` stands in others.

    Its run calls the function with the run's seed, as `scores(seed, **parameters)`. It returns the
    run's figures by name: a row of condition, seed and value for each. They are kept in the
    record's history, where every table and comparison finds them.

    Args:
        scores: The function, by `spec(function, **parameters)`: one at the top level of a file,
            which draws from the streams of `core.random_streams` alone.
        dataset: What it draws, in a word or two.

    Raises:
        InputError: Parameters that the function does not take.

    Examples:
        >>> from core import spec
        >>> from studies import Scoring
        >>> from studies.polynomials import scores
        >>> scoring = Scoring(spec(scores, rule="true-degree", degree=2, noise=0.5, size=50))
        >>> run = scoring.run(0, study="mine", variant="full", condition="true")
        >>> run.status, len(run.history)
        ('finished', 2)
    """

    scores: Spec
    dataset: str = "synthetic"

    epochs: ClassVar[int] = 0

    def __post_init__(self) -> None:
        """Refuse parameters that the function does not take, before anything is run."""
        try:
            inspect.signature(resolve(self.scores.name)).bind(0, **self.scores.parameters)
        except TypeError as error:
            raise InputError(
                f"Received scores {self.scores.name} with "
                f"{', '.join(self.scores.parameters) or 'no parameters'}; {error}."
            ) from None

    def changed(self, values: Mapping[str, Any]) -> "Scoring":
        """The same function with other parameters.

        Raises:
            InputError: Something that is none of its parameters, such as a recipe's field.
        """
        known = list(inspect.signature(resolve(self.scores.name)).parameters)[1:]
        for name in values:
            if name not in known:
                raise InputError(
                    f"Received {name!r} for a study that trains no network; expected one of its "
                    f"parameters: {', '.join(known)}{did_you_mean(name, known)}."
                )
        return Scoring(Spec(self.scores.name, {**self.scores.parameters, **values}), self.dataset)

    def to_json(self) -> dict[str, Any]:
        """What is written down with each record."""
        return {
            "dataset": self.dataset,
            "scores": {"name": self.scores.name, "parameters": dict(self.scores.parameters)},
        }

    def digest(self, code_of: Callable[[Callable[..., Any]], str] = source) -> str:
        """What tells this from others: function, parameters, and the function's source."""
        text = json.dumps(self.to_json(), sort_keys=True)
        text += _code(code_of, resolve(self.scores.name))
        return hashlib.sha256(text.encode()).hexdigest()

    def key(self, seed: int, checksum: str = "", *, digest: str | None = None) -> str:
        """The identity of a run, as `Recipe.key` has it; there is no data set to check."""
        text = f"{digest or self.digest()} {seed} {checksum}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def run(self, seed: int, *, study: str, variant: str, condition: str) -> Record:
        """Call the function once.

        Returns:
            The record; `diverged` if a figure is not finite.

        Raises:
            InputError: The function refuses its parameters, or returns no figures by name.
        """
        start = time.perf_counter()
        found = resolve(self.scores.name)(seed, **self.scores.parameters)
        try:
            figures = {str(name): float(value) for name, value in found.items()}
        except (AttributeError, TypeError, ValueError):
            raise InputError(
                f"Received {found!r} from {self.scores.name}; expected a dictionary of numbers."
            ) from None
        return Record(
            key=self.key(seed),
            study=study,
            variant=variant,
            condition=condition,
            seed=seed,
            recipe=self.to_json(),
            data="",
            environment=environment(),
            status="finished" if all(map(math.isfinite, figures.values())) else "diverged",
            seconds={"score": time.perf_counter() - start},
            history=tuple((0, 0, name, value) for name, value in figures.items()),
        )
