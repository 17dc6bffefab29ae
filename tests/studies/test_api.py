"""`studies.run` and `studies.read`: the command line's work from a script or a notebook."""

import json
import subprocess
import sys
import warnings
from dataclasses import replace

import pytest

import studies
from analysis.statistics.looks import LookPlan
from core import Recipe, spec
from data import InputError
from studies import Study
from tests.studies.conftest import (
    HOUSE,
    FakeWorkers,
    fresh_environment,
    keep,
    made_record,
    outcome,
    refused,
    tiny,
)

mine = Study(name="mine", question="Is it kept?", conditions={"a": tiny()}, seeds=3)
MINE = """
from core import Recipe, spec
from studies import Study

recipe = Recipe(dataset="digits", model=spec("mlp"), epochs={epochs})
study = Study(name="filed", question="Is it kept?", conditions={{"a": recipe}}, seeds=2)
"""


def labels(results):
    return [(record.condition, record.seed) for record in results.records]


# What is run, with workers that train nothing.


def test_a_study_by_its_name_is_run_and_kept_as_the_command_line_does(ebb, workers, store):
    results = studies.run("class-order", quick=True, seeds=2, quiet=True)
    assert (results.reading.study, results.reading.variant) == ("class-order", "quick")
    assert results.conditions == ["shuffled", "class-sequential"]
    assert len(workers.asked) == 4
    ebb("run", "class-order", "--quick", "--seeds", "2")
    assert len(workers.asked) == 4
    assert ebb("table", "class-order", "--format", "csv").out == results.forgetting().to_csv(
        index=False
    )


def test_what_is_there_already_is_not_run_again(workers):
    studies.run(mine, seeds=1, quiet=True)
    results = studies.run(mine, seeds=range(3), quiet=True)
    assert workers.asked == [("a", 0), ("a", 1), ("a", 2)]
    assert labels(results) == workers.asked


def test_seeds_are_added_until_all_is_decided(workers):
    conditions = {"a": tiny(), "b": tiny(epochs=2)}
    study = replace(mine, conditions=conditions, comparisons=(("a", "b"),))
    results = studies.run(study, until_decided=(3, 4, 6), quiet=True)
    looks = results.compare("a", "b").looks
    assert looks.plan.looks == (3, 4, 6)
    assert len(workers.asked) == 2 * looks.plan.looks[len(looks.differences) - 1]


def test_overrides_make_a_variant_of_their_own_named_as_on_the_command_line(workers):
    results = studies.run(
        "class-order",
        quick=True,
        epochs=1,
        dataset="digits",
        overrides={"model.widths": [8, 4]},
        conditions="shuffled",
        seeds=[3],
        quiet=True,
    )
    assert results.reading.variant == ("quick,dataset=digits,epochs=1,model.widths=8+4")
    assert labels(results) == [("shuffled", 3)]


@pytest.mark.parametrize("word", ["overwrite", "fresh"])
def test_overwrite_runs_this_variant_anew_and_leaves_the_others(word, workers):
    studies.run(mine, quiet=True)
    studies.run(mine, epochs=1, quiet=True)
    studies.run(mine, epochs=1, quiet=True, **{word: True})
    assert len(workers.asked) == 9
    assert len(studies.read(mine, variant="full").records) == 3


def test_a_line_is_said_for_each_run_on_standard_error_unless_quiet(workers, capsys):
    studies.run(mine, seeds=1)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("a seed 0: finished, test accuracy 90.0 %")
    studies.run(mine, seeds=2, quiet=True)
    assert capsys.readouterr().err == ""


def test_the_store_and_the_data_folder_may_come_from_the_environment(
    workers, monkeypatch, tmp_path
):
    monkeypatch.setenv("EBB_STORE", str(tmp_path / "there"))
    studies.run(mine, seeds=1, quiet=True)
    assert (tmp_path / "there").is_dir()
    assert len(studies.read("mine", store=tmp_path / "there").records) == 1
    with pytest.raises(InputError, match="which has no records in"):
        studies.read(mine, store="elsewhere")


@pytest.mark.parametrize(
    "seeds", [0, -1, True, "3-7", 1.5, [], [0, -1], [0.5], ["0"], 10**30, range(10**30), [2**63]]
)
def test_wrong_seeds_are_refused(seeds):
    with pytest.raises(InputError, match="Received seeds="):
        studies.run(mine, seeds=seeds)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"study": "nonsense"}, "expected one of class-order"),
        ({"study": "nowhere.py"}, "there is none"),
        ({"conditions": ["nonsense"]}, "expected one of a"),
        ({"epochs": 0}, "expected a whole number from 1 up"),
        ({"dataset": "nonsense"}, "expected digits"),
        ({"overrides": {"nonsense": 1}}, "expected one of dataset, model"),
        ({"workers": 0}, "workers=0; expected 1 or more"),
        ({"until_decided": (3, 5), "seeds": 3}, "expected looks there"),
        ({"until_decided": True}, "of which no planned comparison is run"),
        ({"workers": 2, "scheduler": "tcp://there:8786"}, "expected one of them"),
        ({"keep_weights": True, "tensorboard": "there"}, "expected one of them"),
        ({"study": replace(mine, name="class-order")}, "that is one of Ebb's own"),
        ({"study": replace(mine, callbacks=lambda condition, seed: [])}, "in a FILE.py"),
    ],
)
def test_a_wrong_call_is_refused_in_a_line_and_nothing_is_kept(given, said, store):
    with pytest.raises(InputError, match=said):
        studies.run(**({"study": mine} | given))
    assert not store.file.exists()


def test_runs_may_happen_on_a_cluster(monkeypatch, workers):
    from contextlib import nullcontext

    asked = []

    def cluster(address, jobs, **options):
        asked.append((address, len(jobs)))
        there = FakeWorkers()
        there.workers = 2
        return nullcontext(there)

    monkeypatch.setattr("studies.running.cluster.Cluster", cluster)
    results = studies.run(mine, scheduler="tcp://there:8786", quiet=True)
    assert asked == [("tcp://there:8786", 3)]
    assert workers.asked == []
    assert len(results.records) == 3


def test_nothing_is_removed_for_a_cluster_that_is_not_there(monkeypatch, workers):
    def absent(address, jobs, **options):
        raise InputError("Received a scheduler; expected one that is there.")

    studies.run(mine, quiet=True)
    monkeypatch.setattr("studies.running.cluster.Cluster", absent)
    with pytest.raises(InputError, match="that is there"):
        studies.run(mine, overwrite=True, scheduler="tcp://there:8786", quiet=True)
    assert len(studies.read(mine).records) == 3


def test_a_run_that_fails_is_told_by_the_results(monkeypatch):
    def end(job):
        return ("failed", "OSError: no") if job.seed == 1 else ("record", outcome(job))

    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers(end))
    results = studies.run(mine, quiet=True)
    assert "1 of 3 runs failed" in results._repr_html_()


# What a worker could not import.


def test_an_edited_file_is_read_anew(workers, tmp_path):
    file = tmp_path / "filed_study.py"
    for epochs in (2, 3):
        file.write_text(MINE.format(epochs=epochs))
        studies.run(file, quiet=True)
    assert len(workers.asked) == 4
    assert studies.read(file).records[0].recipe["epochs"] == 3


def test_a_study_imported_from_a_file_is_known_to_workers_by_that_file(monkeypatch, tmp_path):
    files = []

    def end(job):
        files.append(job.study_file)
        return "record", outcome(job)

    monkeypatch.setattr("studies.running.runner.in_processes", FakeWorkers(end))
    (tmp_path / "imported_study.py").write_text(MINE.format(epochs=1))
    monkeypatch.syspath_prepend(tmp_path)
    from imported_study import study

    studies.run(study, seeds=1, quiet=True)
    assert files == [tmp_path / "imported_study.py"]


def test_a_builder_defined_in_a_script_or_a_cell_is_answered_with_what_to_do():
    def network(input_shape, classes):
        raise NotImplementedError

    network.__module__ = "__main__"
    with pytest.raises(InputError, match=r"in a \.py file, with its study, and run that"):
        Recipe(dataset="digits", model=spec(network))


def test_a_notebook_shows_a_refusal_as_its_line():
    shown = InputError("Received one;\nexpected two.")._render_traceback_()
    assert shown == ["InputError: Received one; expected two."]


# In programs of their own.

SCRIPT = """
import json, sys
import studies
from core import Recipe, spec

recipe = Recipe(dataset="digits", model=spec("mlp", widths=(8,)), batch_size=100, epochs=1,
                compiler="graph")
study = studies.Study(name="mine", question="Is it?", conditions={"a": recipe}, seeds=1)
results = studies.run(study, quiet=True)
loaded = [name for name in ("tensorflow", "keras") if name in sys.modules]
print(json.dumps({"loaded": loaded, "table": results.summary().to_dict("records")}))
"""


def run_script(folder, text, name="script.py"):
    (folder / name).write_text(text)
    return subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env=fresh_environment(PYTHONPATH=str(HOUSE)),
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.slow
def test_a_script_needs_no_guard_and_trains_nothing_itself(tmp_path):
    done = run_script(tmp_path, SCRIPT)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["loaded"] == []
    assert ("a", "test accuracy", 1) in [
        (r["condition"], r["metric"], r["n"]) for r in said["table"]
    ]


def test_a_study_file_that_runs_itself_without_a_guard_is_refused_and_does_not_run_for_ever(
    tmp_path,
):
    done = run_script(
        tmp_path, MINE.format(epochs=1) + "import studies\nstudies.run('itself.py')", "itself.py"
    )
    assert done.returncode == 1
    assert "expected it in another file, or below `if __name__" in done.stderr.splitlines()[-1]


# What is in a store.


@pytest.fixture
def results(filled):
    return studies.read("class-order")


def test_tables_are_those_of_the_command_line(ebb, results):
    for kind in ("summary", "overview", "per-class", "forgetting", "history"):
        table = getattr(results, kind.replace("-", "_"))()
        printed = ebb("table", "class-order", "--kind", kind, "--format", "csv").out
        assert table.to_csv(index=False) == printed
        assert results.table(kind).equals(table)
    named_set = ebb("table", "class-order", "--set", "validation", "--format", "csv").out
    assert results.per_class("validation").to_csv(index=False) == named_set


@pytest.mark.parametrize(
    "kind", ["position", "proportions", "gradients", "dead_units", "misclassified"]
)
def test_a_table_of_what_was_not_measured_is_refused(kind, results):
    with pytest.raises(InputError):
        getattr(results, kind)()


def test_an_unknown_table_is_answered_with_those_that_there_are(results):
    with pytest.raises(InputError, match="expected one of overview, summary"):
        results.table("nonsense")


def test_a_comparison_is_that_of_the_command_line_and_shows_its_sentence(ebb, results):
    found = results.compare("shuffled", "class-sequential")
    assert f"{found}\n" == ebb("compare", "class-order", "shuffled", "class-sequential").out
    assert str(found).splitlines()[0] in found._repr_html_()
    assert results.compare().a == "class-sequential"
    assert len(results.compare(per_class=True).comparisons) == 10


@pytest.mark.parametrize("pair", [("shuffled", None), ("shuffled", "shuffled"), ("shuffled", "x")])
def test_a_comparison_needs_two_conditions_of_the_study(pair, results):
    with pytest.raises(InputError):
        results.compare(*pair)


def test_reported_figures_are_checked_as_on_the_command_line(ebb, results):
    checked = results.check()
    said = json.loads(ebb("check", "class-order", "--format", "json").out)
    assert [row["agrees"] for row in said["figures"]] == checked.figures["agrees"].tolist()
    assert checked.holds == (ebb("check", "class-order").status == 0)
    assert str(checked).splitlines()[0] in ebb("check", "class-order").out
    assert checked._repr_html_().count("<table") == 1
    assert "<table" not in replace(checked, figures=checked.figures[:0])._repr_html_()


def test_results_say_what_they_show(results):
    first, *others = str(results).splitlines()
    assert first.startswith("class-order (full): Undecidable, test accuracy of class-sequential")
    forgotten = "No class is forgotten: no mean drop is above 0 points."
    assert others == [f"class-order (full): {forgotten}"]
    assert repr(results) == str(results)
    page = results._repr_html_()
    assert page.count("<table") == 1
    assert "what each class loses after its training segment" in page
    assert "2 seeds: the intervals are fragile." in page


def test_results_of_a_study_without_comparisons_say_how_much_there_is(store):
    keep(store, made_record(study="mine"))
    assert str(studies.read("mine")) == "mine (full): 1 of 2 planned seeds of shuffled"


def test_names_cannot_put_html_into_a_notebook(store):
    keep(store, made_record(study="mine", variant="dataset=<b>x"))
    assert "<b>" not in studies.read("mine")._repr_html_()


def test_results_of_runs_that_all_failed_say_so(store):
    keep(store, made_record(status="failed", error="OSError", segments=False, evaluations=()))
    results = studies.read("class-order")
    assert "class-order (full)" in str(results)
    assert "1 of 1 runs failed" in results._repr_html_()


# Figures.


@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, marks=pytest.mark.slow) for name in ("plot", "plot_segments")),
        "plot_overview",
        "plot_comparison",
    ],
)
def test_a_figure_is_its_axes_and_shows_itself_in_a_notebook(name, results, tmp_path):
    figure = getattr(results, name)()
    assert len(figure) > 0
    assert all(axes.figure is figure.figure for axes in figure)
    assert figure._repr_png_().startswith(b"\x89PNG")
    figure[0].set_title("mine")
    figure.save(tmp_path / "figure.svg")
    assert "mine" in (tmp_path / "figure.svg").read_text()


def test_a_figure_without_the_scales_of_colours_has_an_axes_for_each_panel(results):
    assert len(results.plot_segments()) == 2
    assert len(results.plot_segment_spread()) == 6


def test_a_figure_touches_no_global_state(results):
    import matplotlib as mpl
    from matplotlib import pyplot

    before = dict(mpl.rcParams)
    results.plot_overview()._repr_png_()
    assert pyplot.get_fignums() == []
    assert dict(mpl.rcParams) == before


def test_a_figure_with_another_ending_is_refused(results):
    with pytest.raises(InputError, match=r"\.png, \.svg or \.pdf"):
        results.plot_overview().save("figure.eps")


@pytest.mark.parametrize("conditions", [[], ()])
def test_no_conditions_are_refused(conditions):
    with pytest.raises(InputError, match="no conditions"):
        studies.run("class-order", quick=True, conditions=conditions, quiet=True)


def test_conditions_may_come_from_a_generator(workers):
    studies.run("class-order", quick=True, conditions=iter(["shuffled"]), seeds=1, quiet=True)
    assert workers.asked == [("shuffled", 0)]


def test_a_field_that_is_said_twice_is_refused(ebb):
    with pytest.raises(InputError, match="two values of epochs"):
        studies.run("class-order", quick=True, epochs=5, overrides={"epochs": 3}, quiet=True)
    line = refused(ebb("run", "class-order", "--quick", "--epochs", "5", "--set", "epochs=3"))
    assert "two values of epochs" in line


@pytest.mark.parametrize("looks", [5, 0, [], [5.0, 10], [0, 5]])
def test_looks_that_are_none_are_refused(looks):
    with pytest.raises(InputError, match="numbers of seeds"):
        studies.run("class-order", quick=True, until_decided=looks, quiet=True)


def test_what_a_plan_of_looks_is_not_of_is_said(store):
    design = json.dumps(LookPlan((5, 10)).to_json())
    for seed in range(5):
        for condition in ("shuffled", "class-sequential"):
            record = made_record(condition, seed, accuracy=0.5 + 0.05 * (seed % 3))
            digest = Recipe.from_json(record.recipe).digest()
            store.save_all([(record, digest)], 10, design=design)
    results = studies.read("class-order")
    with pytest.warns(UserWarning, match="none of the plan"):
        results.compare("shuffled", "class-sequential", per_class=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        there = results.compare("shuffled", "class-sequential")
        back = results.compare("class-sequential", "shuffled")
    assert there.looks is not None
    assert back.looks is not None
