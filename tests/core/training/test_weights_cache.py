"""A network whose weights were kept is looked at again without being trained again."""

import errno
import os
import resource
from dataclasses import replace

import numpy as np
import pytest

from core import (
    ClassSequential,
    EvaluationPlan,
    HoldOut,
    Pretraining,
    Recipe,
    Replay,
    SymmetricLabelNoise,
    Trainer,
    spec,
)
from core.training.build import fresh_model
from core.training.checkpoints import Checkpoint, RunFiles
from tests.core.by_hand import images

PLAN = EvaluationPlan(sets=("test", "validation"), segments=True, segment_examples=8)
PLAIN = Recipe(
    dataset="images",
    model=spec("mlp", widths=(8,), dropout=0.2),
    split=HoldOut(size=0.2),
    order=ClassSequential(),
    replay=Replay(capacity=10),
    early_stopping=spec(
        "EarlyStopping", monitor="test_loss", patience=0, min_delta=9, restore_best_weights=True
    ),
    batch_size=8,
    epochs=4,
    evaluation=PLAN,
)
LATER = replace(PLAIN, evaluation=replace(PLAN, at_end=("gaussian-0.3", "blur-1")))


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def kept(trainer, folder, recipe=PLAIN):
    return trainer.train(recipe, 0, images(), files=RunFiles(weights=folder, keep_weights=True))


@pytest.mark.parametrize(
    "recipe",
    [
        LATER,
        pytest.param(replace(LATER, pretraining=Pretraining(epochs=1)), marks=pytest.mark.slow),
        replace(LATER, compiler="graph"),
    ],
)
def test_the_record_is_the_one_of_a_training(recipe, trainer, tmp_path):
    trained = trainer.train(recipe, 0, images())
    kept(trainer, tmp_path, replace(recipe, evaluation=PLAN))
    epochs = []
    again = Trainer().train(
        recipe, 0, images(), files=RunFiles(weights=tmp_path), progress=epochs.append
    )
    assert epochs == []
    assert again.digest() == trained.digest()
    assert again.key == trained.key
    assert "trained before: evaluated from its kept weights" in map(str, again.notes)


def test_nothing_is_kept_unless_asked(trainer, tmp_path):
    trainer.train(PLAIN, 0, images(), files=RunFiles(weights=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_another_seed_or_recipe_is_trained(trainer, tmp_path):
    kept(trainer, tmp_path)
    for recipe, seed in ((PLAIN, 1), (replace(PLAIN, epochs=3), 0)):
        epochs = []
        trainer.train(
            recipe, seed, images(), files=RunFiles(weights=tmp_path), progress=epochs.append
        )
        assert epochs


@pytest.mark.parametrize("part", ["*.weights.h5", "*.npz"])
@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_network_is_trained_anew(part, damage, trainer, tmp_path):
    kept(trainer, tmp_path)
    (file,) = tmp_path.glob(part)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    epochs = []
    record = trainer.train(
        LATER, 0, images(), files=RunFiles(weights=tmp_path), progress=epochs.append
    )
    assert epochs
    assert record.digest() == trainer.train(LATER, 0, images()).digest()


def test_weights_that_cannot_be_written_cost_no_result_and_leave_no_half_file(trainer, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        record = kept(trainer, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert record.digest() == trainer.train(PLAIN, 0, images()).digest()
    assert "its weights could not be kept (File too large)" in map(str, record.notes)
    assert list(tmp_path.iterdir()) == []


def test_weights_without_what_was_measured_are_not_kept(trainer, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Checkpoint, "save", full)
    record = kept(trainer, tmp_path)
    assert "its weights could not be kept (No space left on device)" in map(str, record.notes)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_half_written_goes_with_the_next_that_keeps(trainer, tmp_path):
    kept(trainer, tmp_path)
    whole = sorted(tmp_path.iterdir())
    weights, results = (next(tmp_path.glob(part)) for part in ("*.weights.h5", "*.npz"))
    (tmp_path / f"new-7-{weights.name}").write_bytes(b"half")
    results.with_suffix(".7.new").write_bytes(b"half")
    results.unlink()
    kept(trainer, tmp_path)
    assert sorted(tmp_path.iterdir()) == whole


def test_keras_reads_the_weights(trainer, tmp_path):
    data = images()
    record = kept(trainer, tmp_path)
    (weights,) = tmp_path.glob("*.weights.h5")
    model = fresh_model(PLAIN, 7, data)
    model.load_weights(weights)
    predicted = model.predict(data.x_test.astype(np.float32), verbose=0).argmax(axis=1)
    confusion = next(e for e in reversed(record.evaluations) if e.set == "test").confusion
    assert (predicted == data.y_test).sum() == confusion.trace()


def test_a_part_that_is_looked_at_at_the_end_alone_is_no_part_of_the_identity(trainer, tmp_path):
    noisy = replace(PLAIN, label_noise=SymmetricLabelNoise(0.2), evaluation=EvaluationPlan())
    noisy = replace(noisy, early_stopping=None)
    ends = replace(noisy, evaluation=EvaluationPlan(at_end=("train-clean",)))
    for recipe, other in ((noisy, ends), (ends, noisy)):
        folder = tmp_path / str(len(recipe.evaluation.at_end))
        kept(trainer, folder, other)
        again = trainer.train(recipe, 0, images(), files=RunFiles(weights=folder))
        assert again.digest() == trainer.train(recipe, 0, images()).digest()
