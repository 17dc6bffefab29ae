"""Notes of a record are values: kept as such, and read from the texts of older stores."""

import pytest

from core.notes import TEXTS, Note, note

NOTES = (
    note("compiled", compiler="xla"),
    note("data", said="mine is not the published file\n(it may differ)"),
    note("changed", callbacks="Meddler, Other"),
    note("hooks", callback="ModelCheckpoint", methods="on_train_batch_end"),
    note("own-parts"),
    note("restored"),
    note("from-weights"),
    note("continued", epoch=12),
    note("not-kept", epoch=3, error="[Errno 28] No space left on device: 'x (1)'"),
    note("weights-not-kept", error="No space left on device"),
    note("unseen", where="sizes.py line 4, blocks.py line 3"),
    note("absent", part="training", classes="3, 10007"),
    note("scaled", data="unit.npz", largest="0.995"),
    note("not-bytes", data="unit.npz", low="-1", high="1.5"),
    note("other-scale", data="unit.npz", part="test", largest="255.5", train="0.5"),
    note("channels-first", data="unit.npz", shape="3 x 32 x 32"),
    note("constant", data="unit.npz"),
    note("shared", data="unit.npz", shared=3, examples=200),
    note(
        *["shared-validation"], data="a.npz", shared=3, examples=9, part="test", other="validation"
    ),
    note("unused", examples=5000),
    note("small-penalty", largest="1e-09"),
    note("memory", megabytes=812),
    note("pixel-maps", checksum="0a1b2c3d"),
    note("class-labels", labels='["apple", "pear"]'),
    note("other", text="XLA, not graph mode"),
)


def test_there_is_an_example_of_every_kind():
    assert {each.kind for each in NOTES} == set(TEXTS)


@pytest.mark.parametrize("kept", NOTES, ids=lambda each: each.kind)
def test_a_note_is_read_from_its_json_and_from_the_text_that_older_records_hold(kept):
    assert Note.from_json(kept.to_json()) == kept
    assert Note.from_json(str(kept)) == kept


@pytest.mark.parametrize("no_note", [3, None, {"kind": "memory"}, {"kind": "?", "a": 1}, ["x"]])
def test_what_is_no_note_is_refused(no_note):
    with pytest.raises(ValueError, match="no note"):
        Note.from_json(no_note)
