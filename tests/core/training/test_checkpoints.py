"""A long run that is interrupted goes on from its last epoch, and ends in the same bytes."""

import resource
from dataclasses import replace

import pytest

from core import (
    ClassSequential,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    Pretraining,
    Recipe,
    Replay,
    SymmetricLabelNoise,
    Trainer,
    spec,
)
from core.training import checkpoints
from core.training.checkpoints import RunFiles
from tests.core.by_hand import images

MLP = spec("mlp", widths=(8,), dropout=0.2)
PLAIN = Recipe(
    dataset="images",
    model=MLP,
    split=HoldOut(size=0.2),
    optimiser=spec("Adam", learning_rate=1e-2),
    batch_size=8,
    epochs=5,
    evaluation=EvaluationPlan(sets=("test", "validation"), segments=True, segment_examples=8),
)
RECIPES = {
    "dropout and Adam": PLAIN,
    "batch normalisation": replace(
        PLAIN, model=spec("mlp", widths=(8,), batch_normalization=True), compiler="graph"
    ),
    "a schedule by steps": replace(
        PLAIN,
        optimiser=spec("SGD"),
        lr_schedule=spec("CosineDecay", initial_learning_rate=0.1, decay_steps=30),
    ),
    "a plateau": replace(
        PLAIN, lr_schedule=spec("ReduceLROnPlateau", monitor="val_loss", patience=1, min_delta=9.0)
    ),
    "best weights restored": replace(
        PLAIN,
        early_stopping=spec(
            "EarlyStopping", monitor="loss", mode="max", patience=3, restore_best_weights=True
        ),
    ),
    "wrong labels and fresh noise": replace(
        PLAIN,
        label_noise=SymmetricLabelNoise(0.25),
        input_noise=GaussianNoise(standard_deviation=0.2, when="every-epoch"),
    ),
    "a reservoir": replace(
        PLAIN,
        order=ClassSequential(),
        replay=Replay(capacity=10),
        label_noise=SymmetricLabelNoise(0.25),
        pretraining=Pretraining(epochs=1),
        compiler="graph",
    ),
    "herding": replace(
        PLAIN, order=ClassSequential(), replay=Replay(buffer="herding", capacity=10)
    ),
}

QUICK = ("dropout and Adam", "a reservoir")
GRAPH = replace(PLAIN, compiler="graph")
"""For what does not depend on the compiler: XLA takes seconds to compile."""


def interrupt_after(epoch):
    def progress(done):
        if done == epoch:
            raise KeyboardInterrupt

    return progress


@pytest.fixture(autouse=True)
def every_run_counts_as_long(monkeypatch):
    monkeypatch.setattr(checkpoints, "LONG", 0.0)


@pytest.fixture(scope="module")
def trainer():
    return Trainer()


def interrupted(trainer, recipe, folder, *, after):
    with pytest.raises(KeyboardInterrupt):
        trainer.train(
            recipe, 0, images(), files=RunFiles(checkpoints=folder), progress=interrupt_after(after)
        )
    return list(folder.glob("*.npz"))


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=() if n in QUICK else pytest.mark.slow) for n in RECIPES],
)
def test_it_ends_in_the_bytes_of_an_undisturbed_run(name, trainer, tmp_path):
    undisturbed = trainer.train(RECIPES[name], 0, images())
    assert len(interrupted(trainer, RECIPES[name], tmp_path, after=3)) == 1
    epochs = []
    # A fresh process has compiled nothing and knows no optimiser's state.
    record = Trainer().train(
        RECIPES[name], 0, images(), files=RunFiles(checkpoints=tmp_path), progress=epochs.append
    )
    # The state of epoch 2 was the last one kept: epoch 3 was interrupted before its own.
    assert epochs[:2] == [2, 3]
    assert record.digest() == undisturbed.digest()
    assert any("gone on with after epoch 2" in str(note) for note in record.notes)


def test_interrupted_twice(trainer, tmp_path):
    undisturbed = trainer.train(GRAPH, 0, images())
    interrupted(trainer, GRAPH, tmp_path, after=2)
    interrupted(trainer, GRAPH, tmp_path, after=4)
    assert (
        trainer.train(GRAPH, 0, images(), files=RunFiles(checkpoints=tmp_path)).digest()
        == undisturbed.digest()
    )


def test_another_seed_or_recipe_does_not_go_on_from_it(trainer, tmp_path):
    interrupted(trainer, GRAPH, tmp_path, after=3)
    for recipe, seed in ((GRAPH, 1), (replace(GRAPH, batch_size=9), 0)):
        epochs = []
        trainer.train(
            recipe, seed, images(), files=RunFiles(checkpoints=tmp_path), progress=epochs.append
        )
        assert epochs[0] == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "foreign"])
def test_a_damaged_state_costs_time_but_not_the_result(damage, trainer, tmp_path):
    undisturbed = trainer.train(GRAPH, 0, images())
    (file,) = interrupted(trainer, GRAPH, tmp_path, after=3)
    content = file.read_bytes()
    file.write_bytes({"empty": b"", "cut": content[:-200], "foreign": b"\x93NUMPY"}[damage])
    record = trainer.train(GRAPH, 0, images(), files=RunFiles(checkpoints=tmp_path))
    assert record.digest() == undisturbed.digest()
    assert not any("gone on" in str(note) for note in record.notes)


def test_a_short_run_keeps_nothing(trainer, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoints, "LONG", 600.0)
    trainer.train(GRAPH, 0, images(), files=RunFiles(checkpoints=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_written_costs_no_result_and_leaves_no_half_file(trainer, tmp_path):
    undisturbed = trainer.train(GRAPH, 0, images())
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        record = trainer.train(GRAPH, 0, images(), files=RunFiles(checkpoints=tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert record.digest() == undisturbed.digest()
    (said,) = [str(note) for note in record.notes if note.kind == "not-kept"]
    assert "after epoch 1 could not be kept ([Errno 27] File too large)" in said
    assert list(tmp_path.iterdir()) == []
