"""What `ebb table` shows of measurements, and the event files of `ebb run --tensorboard`."""

import io

import numpy as np
import pandas as pd
import pytest

from analysis.rendering.table import AS_METRIC, Table, formats_of
from core import Evaluation, Store
from studies.running.event_files import confusion_image, flat
from tests.studies.conftest import in_a_process, keep, made_record, measured_record, refused, tiny

STUDY = """
from core import HoldOut, Recipe, spec
from studies import Study

recipe = Recipe(
    dataset="digits", model=spec("mlp", widths=(8,)), preprocessing=("scale",), batch_size=100,
    split=HoldOut(size=0.2), epochs=2, compiler="graph",
)
study = Study(name="watched", question="Is it seen?", conditions={"a": recipe}, seeds=1)
"""


@pytest.fixture
def measured(store):
    """Two runs on digits that measured everything."""
    for seed in (0, 1):
        keep(store, measured_record(seed=seed))
    return store


def table(ebb, kind):
    call = ebb("table", "class-order", "--kind", kind, "--format", "csv")
    assert call.status == 0, call
    return pd.read_csv(io.StringIO(call.out))


def test_gradients_are_shown_by_layer_with_their_percentiles(ebb, measured):
    frame = table(ebb, "gradients")
    assert list(frame) == [
        *("condition", "layer", "name", "epoch", "n", "p25", "p50", "p75"),
        *("vanished", "overflowed"),
    ]
    assert frame["p50"].tolist() == pytest.approx([1e-30, 2, 0, 3.5])
    assert frame["vanished"].tolist() == [0, 0, 2, 0]
    text = ebb("table", "class-order", "--kind", "gradients").out
    assert "1e-30" in text
    assert "vanished: 0 in float32" in text


def test_dead_units_are_shown_with_their_share(ebb, measured):
    frame = table(ebb, "dead-units")
    assert list(frame) == [
        "condition",
        "layer",
        "name",
        "units",
        "n",
        "untrained",
        "dead",
        "proportion",
    ]
    assert frame[["units", "untrained", "dead", "proportion"]].to_numpy().tolist() == [
        [8, 0, 1.5, 0.1875]
    ]
    text = ebb("table", "class-order", "--kind", "dead-units").out
    assert "18.8" in text


def test_misclassified_examples_are_shown_to_people_in_part_and_to_programs_in_full(ebb, measured):
    frame = table(ebb, "misclassified")
    assert list(frame) == ["condition", "position", "true", "predicted", "runs", "n"]
    assert len(frame) == 15
    lines = ebb("table", "class-order", "--kind", "misclassified").out.splitlines()
    assert sum(line.startswith("shuffled ") for line in lines) == 10
    assert any("the first 10 of each condition" in line for line in lines)


@pytest.mark.parametrize("kind", ["gradients", "misclassified"])
def test_their_figures_are_drawn(kind, ebb, measured, tmp_path):
    call = ebb("table", "class-order", "--kind", kind, "--figure", "it.svg")
    assert call.status == 0, call
    assert "drawn: it.svg" in call.err
    assert "<svg" in (tmp_path / "it.svg").read_text()


def test_images_of_other_data_are_not_drawn(ebb, store, measured):
    store.remove("class-order", "full")
    arrays = {"misclassified": np.array([[0, 1, 2]], dtype=np.int32)}
    keep(store, made_record(recipe=tiny(), segments=False, arrays=arrays, data="d" * 64))
    line = refused(ebb("table", "class-order", "--kind", "misclassified", "--figure", "it.svg"))
    assert "expected the same files" in line


@pytest.mark.parametrize("kind", ["gradients", "dead-units", "misclassified"])
def test_what_was_not_measured_is_refused_with_how_to_measure_it(kind, ebb, filled):
    line = refused(ebb("table", "class-order", "--kind", kind))
    assert "whose evaluation plan has measurements=" in line


def test_an_epoch_is_shown_as_a_number_not_in_percent():
    rows = [
        {"metric": "epoch of best validation accuracy", "mean": 3.25},
        {"metric": "epoch of best validation loss", "mean": 2.0},
        {"metric": "best validation accuracy", "mean": 0.5},
    ]
    frame = pd.DataFrame(rows)
    shown = Table("", frame, formats=formats_of(frame, AS_METRIC)).rows
    assert [row[1] for row in shown] == ["3.2", "2.0", "50.00"]


@pytest.mark.slow
def test_event_files_hold_the_figures_of_the_record(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import (
        TENSORS,
        EventAccumulator,
    )
    from tensorboard.util.tensor_util import make_ndarray

    (tmp_path / "watched.py").write_text(STUDY)
    call = in_a_process(
        *("run", "watched.py", "--tensorboard", "logs", "--workers", "1"), folder=tmp_path
    )
    assert call.status == 0, call
    store = Store(tmp_path / "results")
    records = store.records(store.entries())
    assert [record.seed for record in records] == [0]  # observed, and so still kept
    for record in records:
        assert not any("callback" in str(note) for note in record.notes)
        figures = {
            f"{e.set} {name}": value
            for e in record.evaluations
            if e.epoch == 2
            for name, value in (
                ("loss", e.loss),
                ("accuracy", np.trace(e.confusion) / e.confusion.sum()),
            )
        }
        figures |= {name: value for epoch, _, name, value in record.history if epoch == 2}
        folder = tmp_path / "logs" / "watched" / "full" / "a" / f"seed-{record.seed}"
        read = {}
        for part in ("train", "validation"):
            events = EventAccumulator(str(folder / part), size_guidance={TENSORS: 0})
            events.Reload()
            for tag in events.Tags()["tensors"]:
                found = events.Tensors(tag)
                assert [each.step for each in found] == [0, 1]
                read[part, tag] = float(make_ndarray(found[-1].tensor_proto))
        expected = {
            ("train", "epoch_loss"): figures["loss"],
            ("train", "epoch_accuracy"): figures["accuracy"],
            ("train", "epoch_test_loss"): figures["test loss"],
            ("train", "epoch_test_accuracy"): figures["test accuracy"],
            ("train", "epoch_learning_rate"): figures["learning_rate"],
            ("validation", "epoch_loss"): figures["validation loss"],
            ("validation", "epoch_accuracy"): figures["validation accuracy"],
        }
        assert {key: read[key] for key in expected} == pytest.approx(expected, rel=1e-6)
        check_end(record, folder)


def check_end(record, folder):
    """What the run came to: its recipe as the HParams plugin reads it, and what was confused."""
    from PIL import Image
    from tensorboard.backend.event_processing.event_accumulator import TENSORS, EventAccumulator
    from tensorboard.plugins.hparams import metadata, plugin_data_pb2

    events = EventAccumulator(str(folder), size_guidance={TENSORS: 0})
    events.Reload()
    read = plugin_data_pb2.HParamsPluginData.FromString
    contents = events.PluginTagToContent(metadata.PLUGIN_NAME)
    start = read(contents[metadata.SESSION_START_INFO_TAG]).session_start_info.hparams
    assert start["seed"].number_value == record.seed
    assert start["condition"].string_value == record.condition
    assert start["batch_size"].number_value == record.recipe["batch_size"]
    assert start["model.name"].string_value == record.recipe["model"]["name"]
    assert read(contents[metadata.SESSION_END_INFO_TAG]).session_end_info.status == 1  # success
    for name in ("test", "validation"):
        (image,) = events.Tensors(f"confusion {name}")
        width, height, png = image.tensor_proto.string_val
        assert (width, height, image.step) == (b"600", b"600", 1)
        last = [e for e in record.evaluations if e.set == name][-1]
        assert np.array_equal(Image.open(io.BytesIO(png)), confusion_image(last))


def test_a_recipe_is_flat_in_the_types_that_tensorboard_takes():
    fields = flat(tiny().to_json())
    assert fields["model.widths"] == "8"
    assert fields["epochs"] == 2
    assert fields["order.classes"] == "none"
    assert fields["order.is"] == "Shuffled"
    assert {type(value) for value in fields.values()} <= {bool, int, float, str}


@pytest.mark.parametrize("classes", [2, 30])
def test_a_confusion_matrix_is_bright_where_all_of_a_class_goes(classes):
    def bright(counts):
        image = confusion_image(Evaluation("test", 1, 0, 0, counts, 0.5))
        assert image.shape == (600, 600, 3)
        return (image == [253, 231, 55]).all(axis=2).sum()  # the bright end of cividis

    right = np.eye(classes, dtype=np.int64) * 6
    halves = np.full_like(right, 6 // classes if classes == 2 else 1)
    missing = right.copy()
    missing[0, 0] = 0  # a class without examples
    assert bright(halves) == 0
    assert bright(right) > bright(missing) > 0
    assert bright(right[::-1]) > 0


def test_event_files_and_kept_weights_exclude_each_other(ebb):
    words = ("run", "class-order", "--quick", "--keep-weights", "--tensorboard", "logs")
    assert "expected one of them" in refused(ebb(*words))
