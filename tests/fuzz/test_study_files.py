"""Study files in which anything may be wrong: refused in one line by every command that reads one.

What a study file does when it is imported is its author's business. What it defines is not.
"""

import dataclasses
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import Recipe
from core.recipe import PARTS
from studies import Interaction, Study
from studies.definition.study import Claim, Proportions, Quick, Reported
from tests.fuzz.calling import LENGTHS, World, call, examples, harmless

HEAD = """
from core.recipe import *
from studies import *
from studies.definition.scoring import *
from studies.definition.study import *

nan, inf = float("nan"), float("inf")


def scores(seed, *, size=1):
    return {"found": seed}


def build(shape, classes):
    raise ValueError


plain = Recipe(dataset="digits", model=spec("mlp"), epochs=2)
scoring = Scoring(spec(scores, size=2))
"""
VALUES = (
    *("None", "True", "0", "1", "-1", "2", "3", "0.5", "1.5", "nan", "inf", "-inf", "1e308"),
    *("10**30", "10**400", "-(10**30)", "''", "'a'", "'b'", "'test accuracy'", "b'a'", "[]", "()"),
    *("{}", "{1: 2}", "{'a': 1}", "('a',)", "('a', 'b')", "(('a', 'b'),)", "['a', 'b']", "(1, 2)"),
    *("object()", "lambda: 3", "print", "Study", "Recipe", "plain", "scoring", "spec('mlp')"),
    *("'\\0'", "'../../x'", "'a\\nb'", "'\\x1b[2J'", "'\\ud800'", "'\\u202e'", "'a' * 10**5"),
    *("{'a': plain, 'b': plain}", "{'a': plain, 'b': scoring}", "{'a': 3}", "{3: plain}"),
    *("{'a' * 500: plain}", "{'a': plain, 'A': plain}", "plain.to_json()", "...", "NotImplemented"),
    *("Quick()", "Quick(dataset=3)", "Quick(conditions=('a',))", "Quick(epochs=0.5, seeds=1)"),
    *("(Claim(text='t', metric='test loss', greater='a', smaller='b'),)", "range(3)", "1j"),
    *("(Reported(condition='a', metric='test accuracy', value=0.9),)", "__import__('math')"),
    *("spec(build)", "spec(scores)", "spec('os:system')", "spec('builtins:dict')"),
    *("spec('..x:y')", "spec('nonsense')", "spec('mlp', widths=())", "spec('mlp', x=nan)"),
    *("'random'", "'latin-square'", "('scale',)", "('gaussian-0.1',)", "((1, 0), (0, 1))"),
    *("Shuffled('random')", "ClassSequential((1, 0))", "HoldOut(size=0.5)", "Replay(capacity=3)"),
    *("Tasks(groups=((0, 1), (2, 3)))", "GaussianNoise(variance=0.1)", "EvaluationPlan(sets=())"),
)
PLACES = {
    kind.__name__: [(field.name, str(field.type)) for field in dataclasses.fields(kind)]
    for kind in (Study, Recipe, Quick, Reported, Claim, Interaction, Proportions, *PARTS.values())
    if dataclasses.fields(kind)
}
BASE = {
    "Study": {
        "name": "'ab'",
        "question": "'?'",
        "conditions": "{'a': recipe, 'b': plain}",
        "comparisons": "(('a', 'b'),)",
        "seeds": "2",
    },
    "Recipe": {"dataset": "'digits'", "model": "spec('mlp')", "epochs": "2"},
    "Quick": {},
    "Reported": {"condition": "'a'", "metric": "'test accuracy'", "value": "0.9"},
    "Claim": {"text": "'t'", "metric": "'test loss'", "greater": "'a'", "smaller": "'b'"},
    "Interaction": {
        **{name: f"'{name}'" for name in ("a", "b")},
        **dict(
            zip(("neither", "only_a", "only_b", "both"), ("'a'", "'b'", "'a'", "'b'"), strict=True)
        ),
    },
    "Proportions": dict.fromkeys(
        ("metrics", "along", "lines", "rows", "columns", "counted"), "'size'"
    ),
}
FITTING = {
    "str": (
        *("'a'", "'b'", "'ab'", "'test accuracy'", "'test loss'", "'../../x'", "'a\\nb'", "''"),
        *("'\\x1b[2J'", "'\\ud800'", "'\\u202e'", "'a' * 10**5", "'$x'", "'$\\\\frac'", "'{}'"),
        *("'mean drop'", "'best validation accuracy'", "'test accuracy at epoch 9'", "'digits'"),
        *("'\\0'", "'size'"),
    ),
    "int": ("0", "1", "-1", "2", "3", "5", "10**5", "10**30", "10**400"),
    "float": ("0", "1", "-1", "0.5", "1e308", "-1e308", "1e-300", "nan", "inf", "10**400"),
    "bool": ("True", "False"),
    "tuple": (
        *("()", "('a',)", "('a', 'b')", "(('a', 'b'),)", "(('b', 'a'), ('a', 'b'))", "((),)"),
        *("(('a', 'a'),)", "('test loss', 'loss')", "('test accuracy',)", "('test', 'a\\nb')"),
        "(('a', 'c'),)",
    ),
}


def fitting(hint: str) -> tuple[str, ...]:
    """Values that a field of this type may hold, odd ones among them."""
    if hint.startswith("tuple"):
        return FITTING["tuple"]
    if "Mapping" in hint or "[" in hint:
        return ()
    return tuple(value for kind, values in FITTING.items() if kind in hint for value in values)


ROUGH = (
    b"",
    b"study = 3\n",
    b"study = Study\n",
    b"from studies import Study\nstudy = Study\n",
    b"raise SystemExit(0)\n",
    b"import sys\nsys.exit('\\x1b[2J')\n",
    b"def f(): return f()\nf()\n",
    b"raise BaseException('a\\nb\\x1b[2J\\u202e')\n",
    b"raise KeyError\n",
    b"raise StopIteration\n",
    b"raise GeneratorExit\n",
    b"class E(Exception):\n    def __str__(self): raise ValueError\nraise E\n",
    b"class E(Exception):\n    def __str__(self): return 3\nraise E\n",
    b"1/0\n",
    b"study = (\n",
    b"\tstudy = 3\n  x = 4\n",
    b"\0",
    b"study = '\xff'\n",
    b"# coding: nonsense\n",
    b"# coding: latin-1\nx = '\xe9'\n",
    b"\xff\xfes\0t\0u\0d\0y\0",
    b"\xef\xbb\xbfstudy = None\n",
    b"(" * 500,
    b"x = " + b"-" * 20000 + b"1\n",
    b"import nowhere_at_all\n",
    b"from studies.definition.catalogue import find\nstudy = find('class-order')\n",
    b"def __getattr__(name): raise RuntimeError(name)\n",
)
READERS = (
    *(["run", "{}", "--dry-run"], ["run", "{}", "--dry-run", "--quick"], ["table", "{}"]),
    *(["check", "{}"], ["compare", "{}"], ["status", "{}"], ["remove", "{}", "--yes"]),
    *(
        ["run", "{}", "--seeds", "1"],
        ["compare", "{}", "a", "b"],
        ["table", "{}", "--kind", "proportions"],
    ),
    ["plan", "--difference", "1", "--pilot", "{}"],
)


def made(kind: str, changed: dict[str, dict[str, str]]) -> str:
    fields = {**BASE.get(kind, {}), **changed.get(kind, {})}
    return f"{kind}({', '.join(f'{name}={value}' for name, value in fields.items())})"


def source(random: Random) -> str:
    """A study with one to three wrong values in its fields, or in those of its parts."""
    changed: dict[str, dict[str, str]] = {}
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        kind = random.choice((*["Study"] * 9, *["Quick", "Reported", "Claim"] * 2, *PLACES))
        name, hint = random.choice(PLACES[kind])
        values = (fitting(hint) if random.random() < 0.8 else ()) or VALUES
        changed.setdefault(kind, {})[name] = random.choice(values)
    for kind, field in (
        *(("Reported", "reported"), ("Claim", "claims"), ("Interaction", "interactions")),
        *(("Quick", "quick"), ("Proportions", "proportions")),
    ):
        if kind in changed:
            part = made(kind, changed)
            part = part if kind in ("Quick", "Proportions") else f"({part},)"
            changed.setdefault("Study", {}).setdefault(field, part)
    for part, fields in (
        *(("HoldOut", ["split"]), ("EvaluationPlan", ["evaluation"]), ("Spec", ["model"])),
        *(
            (each, ["order"])
            for each in ("Shuffled", "ClassSequential", "Blurred", "Blocks", "Tasks")
        ),
        *(
            (each, ["label_noise"])
            for each in ("SymmetricLabelNoise", "UniformLabelNoise", "MatrixLabelNoise")
        ),
        *(("GaussianNoise", ["input_noise"]), ("Replay", ["replay"]), ("Transfer", ["transfer"])),
        *(("AugmentedCopy", ["augmented_copy"]), ("Pretraining", ["pretraining"])),
    ):
        if part in changed:
            changed.setdefault("Recipe", {}).setdefault(fields[0], made(part, changed))
    return f"{HEAD}recipe = {made('Recipe', changed)}\nstudy = {made('Study', changed)}\n"


def study_files() -> st.SearchStrategy[tuple[bytes, list[str]]]:
    def file(seed: int) -> tuple[bytes, list[str]]:
        random = Random(seed)
        text = random.choice(ROUGH) if random.random() < 0.15 else source(random).encode()
        return text, random.choice(READERS)

    return st.integers(0, 2**64 - 1).map(file)


@pytest.mark.parametrize("times", LENGTHS)
def test_a_study_file_is_used_or_refused_in_one_line(times: int, world: World) -> None:
    @examples(250 * times)
    @given(study_files())
    def holds(example: tuple[bytes, list[str]]) -> None:
        text, words = example
        world.write("wrong_one.py", text)
        world.call(*(word.format("wrong_one.py") for word in words))

    holds()


@pytest.mark.parametrize("text", ROUGH, ids=range(len(ROUGH)))
def test_a_file_that_defines_no_study_is_refused(text: bytes, world: World) -> None:
    world.write("rough_one.py", text)
    assert world.call("run", "rough_one.py", "--dry-run").status == 2


@pytest.mark.parametrize(
    "name",
    ["__main__.py", "json.py", "a-b.py", "class.py", "caf\u00e9.py", ".py", "a b.py", "core.py"],
)
def test_a_study_may_be_called_anything_that_a_module_can_be(name: str, world: World) -> None:
    world.write(name, (world.folder / "mine.py").read_bytes())
    harmless(call("run", name, "--dry-run"))
