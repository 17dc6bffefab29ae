"""Command lines from click's own tree: a command or an option that is new is tried by itself."""

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random

import click
from hypothesis import strategies as st

from core import Store
from studies.cli import ebb

NUMBERS = (
    *("0", "1", "2", "3", "-1", "0.5", "1.5", "1e-9", "nan", "inf", "-inf", "1e308", "-1e308"),
    *(
        "1" + 30 * "0",
        "9" * 400,
        "9" * 5000,
        "1_000",
        "\u0663",
        "0x10",
        "1e400",
        "9223372036854775808",
    ),
)
ODD = (
    *("", " ", "\t", "\n", "-", "--", "--yes", "-h", "=", ",", ",,", ".", "..", "/dev/null"),
    *("/dev/null/x", "folder", "folder.py", "folder.csv", "folder.npz", "a" * 300, "a" * 5000),
    *("a\nb", "\x1b[2J", "\x07", "\x9b31m", "\u202eabc", "\U0001f600"),
    *("\udcff", "\udcff.npz", "\udcff.csv", "a\udc80b", "caf\u00e9", "%s%n", "{0}", "[red]", "[/]"),
    *("'; DROP TABLE records; --", "../../x", "~", "$HOME", "*", "none", "true", "NaN", "<b>"),
)
CONDITIONS = {
    "class-order": ("shuffled", "class-sequential"),
    "mine.py": ("plain", "noisy", "in-order", "both"),
    "mine": ("plain", "noisy", "in-order", "both"),
    "measured": ("measured", "measured"),
    "tasks": ("tasks", "tasks"),
    "class-position": ("shuffled", "class-sequential"),
    "polynomial-degree": ("degree-1-noise-0.1-size-15-true-degree",) * 2,
    "scores.csv": ("a", "b"),
}
STORED = tuple(CONDITIONS)[:-1]
WRONG_STUDIES = (
    *("broken.py", "none.py", "nowhere.py", "folder.py", "width", "depth", "monitored-mlp"),
    *("scores.csv", "empty.csv", "nowhere.csv", "folder.csv", "Class-Order", "MINE.PY"),
)
METRICS = (
    *("test accuracy", "test loss", "validation accuracy", "best validation accuracy"),
    *("epoch of best validation loss", "test accuracy at epoch 1", "mean drop", "drop", "loss"),
    *(
        "test accuracy at epoch " + "9" * 5000,
        "recency bias: last class",
        "tasks: average accuracy",
    ),
    *("test-sample accuracy", "validation accuracy roughness", "squared error"),
    *("validation loss convergence epoch", "log10 squared error", "share too complex"),
)
FIELDS = (
    *("dataset", "model", "epochs", "batch_size", "split.size", "split.where", "split.of"),
    *("split.per_class", "preprocessing", "loss", "optimiser", "optimiser.learning_rate"),
    *("schedule", "early_stopping", "order", "order.classes", "label_noise", "label_noise.rate"),
    *("input_noise", "input_noise.variance", "replay", "replay.capacity", "replay.fraction"),
    *("pretraining", "transfer", "transfer.source.dataset", "evaluation", "evaluation.sets"),
    *("evaluation.at_end", "evaluation.segments", "evaluation.segment_examples", "compiler"),
    *("evaluation.measurements", "augmented_copy", "model.widths", "model.activation", "size"),
    *("model.name", "model.", ".", "a.b.c", "order.is", "degree", "noise", "rule", "seeds"),
)
PLAIN = (
    *("Shuffled", "ClassSequential", "Tasks", "Replay", "GaussianNoise", "Adam", "mlp", "linear"),
    *("scale", "test", "gaussian-0.1", "gaussian--1", "latin-square", "relu", "Recipe", "Spec"),
    *(
        "EarlyStopping",
        "os:system",
        "no.such:thing",
        "core:Recipe",
        "smallest-error",
        "1,0",
        "auto",
    ),
    *(
        "UniformLabelNoise",
        "SymmetricLabelNoise",
        "OneCycle",
        "digits",
        "HoldOut",
        "EvaluationPlan",
        "Transfer",
    ),
)


def anything(random: Random) -> str:
    """What a shell can hand over: any bytes but 0, decoded as Python decodes them."""
    if random.random() < 0.3:
        return os.fsdecode(bytes(random.choices(range(1, 256), k=random.randint(0, 8))))
    planes = random.choice(((0x20, 0x7E), (1, 0xFF), (1, 0x2FFF), (0xE000, 0x10FFFF)))
    return "".join(chr(random.randint(*planes)) for _ in range(random.randint(0, 12)))


def wrong(random: Random) -> str:
    """A value that is hardly right anywhere."""
    pool = random.choice((ODD, ODD, NUMBERS, NUMBERS, WRONG_STUDIES, ()))
    return random.choice(pool) if pool else anything(random)


def override(random: Random) -> str:
    """FIELD=VALUE, of a field that there is and a value that may be one."""
    pool = random.choice((PLAIN, PLAIN, NUMBERS, ODD))
    several = random.choice((1, 1, 1, 1, 2, 3))
    return f"{random.choice(FIELDS)}={','.join(random.choice(pool) for _ in range(several))}"


RIGHT: dict[str, Sequence[str]] = {
    "metric": METRICS,
    "of": ("test", "validation", "test-sample", "gaussian-0.1", "train"),
    "variant": ("full", "full", "quick", "epochs=2,dataset=digits"),
    "seeds": ("1", "3", "0-2", "3-7", "4-4", "2-1", f"0-{10**30}"),
    "dataset": ("digits", "cube", "mnist", "own", "fruit.npz", "empty.npz"),
    "folder": ("results", "results/", "./results", "folder", "nowhere"),
    "data_dir": ("data", "data", "data/", "folder", "nowhere", "results"),
    "figure": ("new.png", "new.svg", "folder.png", "folder/new.PNG", "new.jpg"),
    "out": ("page.html", "folder", "folder/page.htm", "page.txt"),
    "figures": ("folder", "drawn"),
    "target": ("new", "folder", "results", "data"),
    "tensorboard": ("events", "folder"),
    "pilot": STORED,
    "name": ("digits", "own", "fruit.npz", "new", "a b", "line\nend\x1b[2J\u202e.npz"),
    "source": ("fruit.npz", "data", "data/own", "empty.npz", "folder", "nowhere"),
    "difference": ("1", "0.1", "5", "50"),
    "sd": ("1", "0.1", "5", "20"),
    "power": ("0.8", "0.99", "0.5"),
    "correlation": ("0.5", "-0.5", "0", "1"),
    "margin": ("1", "0.1", "5", "50"),
    "epochs": ("1", "2", "3"),
    "workers": ("1", "2", "3"),
    "timeout": ("1", "0.5", "1e9"),
}
OFTEN = {"data_dir", "dry_run", "yes", "quick", "style", "kind", "metric"}
NEVER = {"scheduler"}
"""An address on a network, which is tried for seconds."""
SELDOM = {"figure", "folder", "variant", "overwrite", "tensorboard", "keep_weights", "conditions"}
"""Options that mostly stand in the way of the others; a figure takes a second."""


def right(parameter: click.Parameter, study: str, random: Random) -> str:
    """What may stand for a parameter: by its name if that is known, else by its type."""
    name, names = parameter.name, CONDITIONS[study]
    if name in ("study", "studies"):
        return study
    if name == "stores":
        return random.choice(("results", "folder"))
    if name == "overrides":
        return override(random)
    if name in ("a", "b"):
        return names[name == "b"]
    if name == "conditions":
        return random.choice((",".join(names[:2]), names[0]))
    if name == "run":
        entry = random.choice(Store(Path("results")).entries())
        return entry.key[: random.choice((0, 1, 4, 8, 16, 16))]
    if name == "metric" and random.random() < 0.5:
        return random.choice(METRICS[:3])
    if name in RIGHT:
        return random.choice(RIGHT[name])
    if isinstance(parameter.type, click.Choice):
        return random.choice(parameter.type.choices)
    if isinstance(parameter.type, click.Path):
        return random.choice(("new", "folder", "mine.py"))
    return wrong(random)


def commands(group: click.Group, path: Sequence[str] = ()) -> list[tuple[list[str], click.Command]]:
    """All commands below a group with the words that name them."""
    found = []
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
        else:
            found.append(([*path, name], command))
    return found


COMMANDS = {" ".join(words): command for words, command in commands(ebb)}


def chosen(command: click.Command, random: Random) -> list[click.Parameter]:
    """Some of a command's parameters, those that it needs among them."""
    given: list[click.Parameter] = []
    pilot, pair = random.random() < 0.5, random.random() < 0.7
    decided = {"a": pair, "b": pair, "sd": not pilot, "pilot": pilot, "correlation": pilot}
    for parameter in command.params:
        likely = 0.5 if parameter.name in OFTEN else 0.03 if parameter.name in SELDOM else 0.2
        if parameter.required or isinstance(parameter, click.Argument):
            likely = 0.98 if parameter.required else 0.6
        if parameter.name in decided:
            likely = 0.95 * decided[parameter.name] + 0.02
        if parameter.name not in NEVER and random.random() < likely:
            given += [parameter] * (random.randint(1, 2) if parameter.multiple else 1)
    return given


def call_of(name: str, random: Random) -> list[str]:
    """A command with some of its options and arguments; none, one or two of them are wrong."""
    study = random.choice(tuple(CONDITIONS) if name == "compare" else STORED)
    given = chosen(COMMANDS[name], random)
    faulty = set(
        random.choices(range(len(given)), k=random.choice((0, 0, 0, 1, 1, 2))) if given else ()
    )
    positional, options = [], []
    for i, parameter in enumerate(given):
        value = wrong(random) if i in faulty else right(parameter, study, random)
        if isinstance(parameter, click.Argument):
            positional.append(value)
        elif parameter.is_flag:  # type: ignore[attr-defined]
            options.append([parameter.opts[0]])
        else:
            # Joined where the value would be taken for an option itself.
            option = parameter.opts[0]
            options.append([f"{option}={value}"] if value.startswith("-") else [option, value])
    if random.random() < 0.05:
        options.append([wrong(random)])
    # Options may stand before the arguments too.
    parts = [positional, *options] if random.random() < 0.5 else [*options, positional]
    return [*name.split(), *(word for part in parts for word in part)]


def calls(name: str) -> st.SearchStrategy[list[str]]:
    """Calls of a command, or of any words at all.

    Drawn from a generator with Hypothesis' integer as its seed: its own choices repeat and vary
    what they had, where each call here should be another one.
    """
    seeds = st.integers(0, 2**64 - 1)
    return seeds.map(lambda seed: call_of(name, Random(seed)))


def any_words() -> st.SearchStrategy[list[str]]:
    """Words that need not even name a command."""

    def words(random: Random) -> list[str]:
        known = [word for name in COMMANDS for word in name.split()]
        pools = [known, ODD, ["--store", "--format", "--yes", "--help", "--version"]]
        return [random.choice(random.choice(pools)) for _ in range(random.randint(0, 5))]

    return st.integers(0, 2**64 - 1).map(lambda seed: words(Random(seed)))
