"""The tables of the README and of docs/results.md are what the records kept in docs/data give.

The records travel as exports (`ebb store export NAME.sqlite.xz`), so no training is needed; where
they were made on another processor, they still say what was measured.
"""

import re
import runpy
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import studies
from studies.cli import ebb

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MADE = runpy.run_path(str(ROOT / "docs" / "results.py"))
RESULTS = (ROOT / "docs" / "results.md").read_text()
BLOCKS = list(MADE["BLOCK"].finditer(RESULTS))
FIGURE = re.compile(r"-?\d+\.\d+")
ROWS = {
    "Adam": "fine-tuning, Adam",
    "SGD": "fine-tuning, SGD",
    "Adagrad": "fine-tuning, Adagrad",
    "L2": "L2",
    "EWC": "EWC",
    "online-EWC": "online EWC",
    "SI": "SI",
    "MAS": "MAS",
    "rehearsal-1100": "rehearsal, 1,100 images",
    "rehearsal-4400": "rehearsal, 4,400 images",
    "offline": "offline (all at once)",
}
"""Of split-mnist: the rows of the study, and what the README calls them."""


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Where the stores of exports are made, once for all that is read of them."""
    return tmp_path_factory.mktemp("stores")


def kept(study, stores, export=None):
    """The results of a study that came with the project, in the export of its name or another."""
    return studies.read(study, store=MADE["store_of"](f"{export or study}.sqlite.xz", stores))


def row(name):
    """The figures of the row of a table in the README that begins with a name."""
    (line,) = [
        line for line in README.splitlines() if line.replace("*", "").startswith(f"| {name} |")
    ]
    return [float(figure) for figure in FIGURE.findall(line)]


def test_what_each_class_forgets(stores):
    results = kept("class-order", stores)
    found = results.forgetting().set_index(["condition", "class"])
    sequential, shuffled = found.loc["class-sequential"], found.loc["shuffled"]
    for name, values in {
        "just after its training segment": sequential["learned"],
        "at the epoch's end": sequential["final"],
        "forgotten": sequential["drop"],
        "shuffled, at the end": shuffled["final"],
    }.items():
        assert row(name) == pytest.approx((100 * values).tolist(), abs=0.0501), name
    ends = [end for both in sequential[["ci_low", "ci_high"]].to_numpy() for end in 100 * both]
    assert row("95 % interval") == pytest.approx(ends, abs=0.0501)
    difference = results.compare("class-sequential", "shuffled")
    said = f"{-difference.difference.points:.2f} points less accurate"
    assert said in " ".join(README.split())


def test_split_mnist_beside_what_was_published(stores):
    results = kept("split-mnist", stores)
    figures = results.check().figures
    rows = dict(list(figures.groupby(figures["condition"].str.partition("-")[2])))
    assert len(rows) == len(ROWS)
    for name, shown in ROWS.items():
        ours, published = 100 * rows[name]["mean"], 100 * rows[name]["reported"]
        assert row(shown)[::2] == pytest.approx(ours.tolist(), abs=0.00501), name
        assert row(shown)[1::2] == pytest.approx(published.tolist(), abs=0.00501), name
    assert f"{figures['inside'].sum()} of {len(figures)} published means" in README
    gem = results.tasks().set_index("condition")["average accuracy"]
    ours = [f"{100 * gem[f'{scenario}-GEM-1100']:.2f}" for scenario in ("task", "domain", "class")]
    assert "{}, {} and {} with 1,100 images".format(*ours) in " ".join(README.split())


def test_the_results_have_blocks_that_commands_make():
    assert BLOCKS
    assert RESULTS.count("<!-- end -->") == len(BLOCKS)


def test_the_exports_are_small_enough_to_come_with_the_project():
    assert sum(file.stat().st_size for file in (ROOT / "docs" / "data").iterdir()) < 20e6


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block["words"])
def test_a_block_of_the_results_is_what_its_command_prints(block, stores):
    printed = MADE["printed"](block["export"], block["words"], stores)
    assert block["body"].strip() == printed, "`make results` writes it anew"


def test_the_example_of_the_explanation_is_what_its_command_prints(stores):
    page = (ROOT / "docs" / "explanation.md").read_text()
    shown = re.search(r"tanh-vs-relu tanh relu` says:\n\n```text\n(.+?)```", page, re.DOTALL)
    store = MADE["store_of"]("tanh-vs-relu.sqlite.xz", stores)
    call = ["compare", "tanh-vs-relu", "tanh", "relu", "--store", str(store)]
    assert shown[1] in CliRunner().invoke(ebb, call).stdout


@pytest.mark.parametrize(
    "study", ["class-order", "tanh-vs-relu", "learning-rate", "blurred-order", "memorisation"]
)
def test_seeds_look_by_look(study, stores):
    results = kept(study, stores, "looks")
    page = RESULTS.partition("\n## Seeds look by look\n")[2]
    line = next(each for each in page.splitlines() if each.startswith(f"| {study} |"))
    _, comparisons, _, used, _, verdicts = (each.strip() for each in line.strip("|").split("|"))
    found = getattr(results.compare(), "comparisons", None) or (results.compare(),)
    assert (int(comparisons), int(used)) == (len(found), len(results.records))
    assert {"different", "different-within-margin"} >= {each.verdict for each in found}
    if len(found) == 1:
        of = found[0].difference
        ends = [f"{-end:.2f}".lstrip("0") for end in (of.ci_high, of.ci_low)]
        assert f"{-of.points:.2f} points lower" in verdicts
        assert f"{ends[0]} to {ends[1]})" in verdicts


def cells(heading):
    """The rows of the table on depth whose first column is called so: name -> texts."""
    page = RESULTS.partition("\n### depth\n")[2]
    lines = page.partition(f"| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip(" |").split(" | ")] for line in lines]
    return {name: texts for name, *texts in rows}


DEPTHS = (2, 20, 60)


def test_how_deep_a_network_still_learns(stores):
    results = kept("depth", stores, "depth-layers")
    accuracy = results.overview().set_index("condition")["mean"]
    learned = cells("test accuracy")
    assert len(learned) * len(DEPTHS) == len(accuracy)
    for network, texts in learned.items():
        means = [accuracy[f"{network}-{depth}"] for depth in DEPTHS]
        ours = ["diverged" if pd.isna(mean) else f"{100 * mean:.1f}" for mean in means]
        assert texts == ours, network
    units = results.dead_units().set_index("condition").loc["relu-he_normal-20"]
    for when in ("dead", "untrained"):
        assert f"{100 * units[when].sum() / units['units'].sum():.1f} %" == "7.3 %"
    assert "7.3 % of the units are dead at the end, 7.3 %\nbefore training" in RESULTS


def test_the_gradient_at_the_first_layer_before_training(stores):
    results = kept("depth", stores, "depth-layers")
    found = results.gradients()
    first = found[(found["layer"] == 1) & (found["epoch"] == 0)].set_index("condition")["p50"]
    shown = cells("gradient")
    assert len(shown) * len(DEPTHS) == len(first)
    for network, texts in shown.items():
        assert texts == [f"{first[f'{network}-{depth}']:.1e}" for depth in DEPTHS], network


@pytest.mark.slow
def test_polynomials_that_are_too_complex(stores):
    results = kept("polynomial-degree", stores)
    found = results.proportions().set_index("condition")
    for size in (20, 50, 100, 400):
        row = found.loc[f"degree-5-noise-0.5-size-{size}-smallest-error"]
        mean, low, high = (100 * row[each] for each in ("proportion", "ci_low", "ci_high"))
        assert f"| 5 | {size} | {mean:.1f}, {low:.1f} to {high:.1f}" in RESULTS
