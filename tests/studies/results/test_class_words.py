"""Classes are called by words where their data say them: in tables, sentences and figures."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from analysis.rendering.table import AS_METRIC
from core import Store
from core.notes import note
from studies.definition.catalogue import find
from studies.results.figures import figure_of
from studies.results.footnotes import of_the_bounds
from studies.results.reading import read
from studies.results.tables import table_of
from tests.studies.conftest import keep, made_record

WORDS = [f"fruit-{k}" for k in range(10)]


def stored(tmp_path, dataset, **more):
    store = Store(tmp_path / "results")
    for condition in ("shuffled", "class-sequential"):
        recipe = replace(find("class-order").conditions[condition], dataset=dataset)
        for seed in range(2):
            record = made_record(condition, seed, recipe=recipe, accuracy=0.8 + seed / 10, **more)
            keep(store, record)
    return store


def test_a_published_data_set_has_its_words_in_records_of_any_age(tmp_path):
    reading = read(stored(tmp_path, "fashion-mnist"), "class-order")
    assert table_of(reading, "per-class")["class"].tolist()[:3] == [
        "T-shirt",
        "trouser",
        "pullover",
    ]
    assert "ankle-boot" in table_of(reading, "wide").columns
    (axis,) = figure_of(reading, "per-class").axes
    assert [text.get_text() for text in axis.get_yticklabels()][3] == "dress"


def test_folders_of_images_say_theirs_in_a_note(tmp_path):
    noted = (note("class-labels", labels=json.dumps(WORDS)),)
    reading = read(stored(tmp_path, "fruit", notes=noted), "class-order")
    assert table_of(reading, "forgetting")["class"].tolist()[:10] == WORDS
    names = {text.get_text() for text in figure_of(reading, "confusions").axes[0].get_yticklabels()}
    assert names == set(WORDS)


def test_other_data_keep_their_numbers(tmp_path):
    reading = read(stored(tmp_path, "digits"), "class-order")
    assert table_of(reading, "per-class")["class"].tolist()[:3] == [0, 1, 2]


def test_classes_are_compared_by_their_words(tmp_path, ebb):
    store = stored(tmp_path, "fashion-mnist")
    call = ebb("compare", "class-order", "--per-class", "--store", store.folder)
    assert call.status == 0, call.err
    assert "ankle-boot" in call.out


@pytest.mark.parametrize(("option", "first"), [("--lower", "b"), ("--higher-is-better", "a")])
def test_a_score_says_which_way_it_is_better(option, first, tmp_path, ebb):
    rows = [
        f"{name},{seed},{value + seed / 1000 + (seed * 7 % 5) / 1e4}"
        for name, value in (("a", 30.0), ("b", 10.0), ("c", 20.0))
        for seed in range(6)
    ]
    file = tmp_path / "scores.csv"
    file.write_text("\n".join(["condition,seed,value", *rows]))
    asked = ("compare", file, "--metric", "perplexity", "--best")
    assert "expected --higher-is-better or --lower" in ebb(*asked).err
    call = ebb(*asked, option)
    assert call.status == 0, call.err
    assert f"{first} 1.00" in call.out  # its mean rank
    assert "rank 1 is" not in call.err
    every = ebb(*asked[:-1], "--all-pairs")
    assert "a 1.00" in every.out
    assert "note: rank 1 is the highest: the name 'perplexity' does not say" in every.err


def test_history_says_training_accuracy(tmp_path):
    more = {"history": ((1, 10, "loss", 0.7), (1, 10, "accuracy", 0.5))}
    reading = read(stored(tmp_path, "digits", **more), "class-order")
    names = set(table_of(reading, "history")["name"])
    assert "training accuracy" in names
    assert "accuracy" not in names


def test_an_interval_beyond_100_percent_is_said_to_be(tmp_path, ebb):
    store = stored(tmp_path, "digits")
    call = ebb("table", "class-order", "--kind", "per-class", "--store", store.folder)
    assert "An interval beyond 0 to 100 is of the t-distribution" in call.out


def test_the_epoch_of_the_best_accuracy_is_no_accuracy():
    for metric, said in (("best validation accuracy", 1), ("epoch of best validation accuracy", 0)):
        frame = pd.DataFrame({"metric": [metric], "ci_low": [0.6], "ci_high": [1.2]})
        assert len(of_the_bounds(frame, {"ci_high": AS_METRIC})) == said


def test_a_page_is_opened_where_it_was_written(tmp_path, ebb, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    monkeypatch.setattr("studies.report.content.draw_figures", lambda *_: ([], []))
    store, page = stored(tmp_path, "digits"), tmp_path / "page.html"
    call = ebb("report", "class-order", "--store", store.folder, "--out", page, "--open")
    assert call.status == 0, call.err
    assert opened == [page.resolve().as_uri()]
