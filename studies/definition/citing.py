"""What a study should cite: Ebb, and the papers of the methods, data and tests that it uses."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from analysis.metrics.registry import metric_named
from core.evaluation import PARTS, SETS, TASK_SETS
from studies.definition.references import REFERENCES
from studies.definition.study import Study

BY_VALUE: Mapping[str, Mapping[str, str]] = {
    "strategy.is": {
        "EWC": "kirkpatrick2017",
        "OnlineEWC": "schwarz2018",
        "SI": "zenke2017",
        "MAS": "aljundi2018",
        "L2Penalty": "hsu2018",
        "DER": "buzzega2020",
        "AGEM": "chaudhry2019agem",
        "GEM": "lopezpaz2017",
        "LwF": "li2016",
        "ICaRL": "rebuffi2017",
    },
    "scenario.is": {"Scenario": "vandeven2022"},
    "replay.buffer": {
        "reservoir": "vitter1985",
        "ring": "chaudhry2019",
        "herding": "rebuffi2017",
        "exemplars": "rebuffi2017",
        "task-balanced": "hsu2018",
    },
    "replay.is": {"Replay": "chaudhry2019"},
    "replay.weights": {"asymmetric": "caccia2022", "by-task": "vandeven2022"},
    "order.kind": {"permuted": "goodfellow2014", "rotated": "lopezpaz2017"},
    "order.classes": {"latin-square": "williams1949"},
    "label_noise.is": {"GivenLabels": "wei2022"},
    "optimiser.name": {"Adam": "kingma2015", "TorchAdam": "kingma2015", "Adagrad": "duchi2011"},
    "lr_schedule.name": {
        "OneCycle": "smith2017",
        "CosineDecay": "loshchilov2017",
        "WarmRestarts": "loshchilov2017",
    },
    "model.name": {
        "normalised-mlp": "prabhu2020",
        "alexnet": "krizhevsky2012",
        "resnet50": "he2016",
        "lenet": "lecun1998",
        "lenet-inside": "lecun1998",
        "squeezed-lenet": "lecun1998",
    },
    "model.parameters.kernel_initializer": {
        "he_normal": "he2015",
        "he_uniform": "he2015",
        "glorot_normal": "glorot2010",
        "glorot_uniform": "glorot2010",
    },
    "dataset": {
        "mnist": "lecun1998",
        "fashion-mnist": "xiao2017",
        "cifar10": "krizhevsky2009",
        "stl10": "coates2011",
    },
}
"""Fields of a recipe's JSON, and what a value in them is from."""
SOURCES = {
    "Aljundi et al. 2018": "aljundi2018",
    "Chaudhry et al. 2018": "chaudhry2018",
    "De Lange et al. 2023": "delange2023",
    "Lomonaco et al. 2021": "lomonaco2021",
    "Lopez-Paz & Ranzato 2017": "lopezpaz2017",
    "Rebuffi et al. 2017": "rebuffi2017",
    "Riemer et al. 2019": "riemer2019",
}
"""The sources of metrics, as their registry names them."""
EBB = """@software{{ebb,
  author = {{{{The Ebb authors}}}},
  title = {{{{Ebb: how small neural networks forget}}}},
  version = {{{version}}},
  note = {{MIT license}},
}}"""


def bibliography(study: Study) -> str:
    """Ebb and what a study uses in BibTeX, each with a comment that says for what."""
    used: dict[str, str] = {}
    for key, why in (*_of_recipes(study), *_of_metrics(study), *_of_tests(study)):
        used.setdefault(key, why)
    entries = [f"% {why}\n{REFERENCES[key].bibtex(key)}" for key, why in used.items()]
    return "\n\n".join([EBB.format(version=version("ebb-lab")), *entries])


def _of_recipes(study: Study) -> Iterator[tuple[str, str]]:
    for recipe in study.conditions.values():
        text = recipe.to_json()
        every = [text, *([text["transfer"]["source"]] if "transfer" in text else [])]
        for each in every:
            for path, known in BY_VALUE.items():
                value = str(_at(each, path))
                if value in known:
                    yield known[value], f"{path.removesuffix('.is').removesuffix('.name')}: {value}"
            if _at(each, "model.parameters.dropout"):
                yield "srivastava2014", "dropout"
            if _at(each, "model.parameters.batch_normalization"):
                yield "ioffe2015", "batch normalisation"
            sets = each.get("evaluation", {})
            named = (*sets.get("sets", ()), *sets.get("at_end", ()))
            if set(named) - {*SETS, *PARTS, TASK_SETS}:
                yield "hendrycks2019", "corrupted test sets"


def _of_metrics(study: Study) -> Iterator[tuple[str, str]]:
    for name in (study.primary, *study.shown):
        source = metric_named(name).source
        if source in SOURCES:
            yield SOURCES[source], f"metric: {name}"


def _of_tests(study: Study) -> Iterator[tuple[str, str]]:
    yield "student1908", "intervals of means" + ", paired t-test" * study.paired
    compared = bool(study.comparisons or study.interactions)
    if compared and study.paired:
        yield "fisher1935", "exact test of pairs"
    elif compared:
        yield "welch1947", "t-test of unpaired runs"
        yield "mann1947", "exact test of unpaired runs"
    if compared:
        yield "lan1983", "looks, where it was run with --until-decided"
    if len(study.comparisons) > 1:
        yield "westfall1993", "correction for several comparisons"
        yield "friedman1937", "all conditions at once"
    if study.margin is not None:
        yield "schuirmann1987", "equivalence within a margin"
    if study.reported:
        yield "hahn1991", "prediction intervals for reported figures"
    if study.claims:
        yield "holm1979", "correction for several claims"
    if study.proportions is not None:
        yield "wilson1927", "intervals of proportions"


def _at(value: Any, path: str) -> Any:
    """What stands at a path of JSON; None where nothing does."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return tuple(value) if isinstance(value, list) else value
