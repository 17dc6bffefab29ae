"""A run that is interrupted within its second task, and gone on with by another trainer."""

import pytest

from core import Trainer
from core.training import checkpoints
from core.training.checkpoints import RunFiles
from tests.core.by_hand import images


def ends_in_the_same_bytes(recipe, trainer, monkeypatch, folder, epoch=4):
    """Whether a run does so that is interrupted after an epoch, of which the last is not kept."""
    monkeypatch.setattr(checkpoints, "LONG", 0.0)
    files = RunFiles(checkpoints=folder)
    whole = trainer.train(recipe, 0, images())

    def interrupt(done):
        if done == epoch:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(recipe, 0, images(), files=files, progress=interrupt)
    again = Trainer().train(recipe, 0, images(), files=files)
    assert any(f"gone on with after epoch {epoch - 1}" in str(note) for note in again.notes)
    return again.digest() == whole.digest()
