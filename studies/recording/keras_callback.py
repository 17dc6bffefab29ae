"""The recorder as a Keras callback: what plain `fit` trains, one epoch or one class at a time."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.training.callbacks import equal
from data import InputError
from studies.recording.recorder import record

Look = tuple[tuple[int, ...], NDArray[np.int64], float]
"""The classes shown before it, the predicted classes [n], the loss."""


class ForgettingRecorder(keras.callbacks.Callback):
    """Records what a Keras model predicts of the test set while `fit` trains it.

    Given to one `fit`, it records the untrained model and every epoch, and stores the run when
    `fit` ends. For training in turns it is a context: `segment` says which classes the next `fit`
    shows, the model is evaluated when these are over, and the run is stored when the block ends.
    Training is not changed. Name it after callbacks that restore weights, as EarlyStopping does.

    Args:
        x_test: The test examples, as arrays that the model takes.
        y_test: Their labels, as the model's loss takes them: whole numbers or one-hot rows.
        study: The study's name, none of Ebb's own.
        condition: What is compared.
        seed: The run's number.
        classes: How many there are, or their names; as many as the labels name if None.
        predicted: From the model and `x_test` to predicted classes, int [n]; the largest output of
            each example if None.
        batch_size: Of evaluations.
        further: As `record` takes them: `settings`, `code_version`, `dataset`, `scenario`,
            `planned_seeds`, `store`, `overwrite`.

    Raises:
        InputError: What `record` refuses; labels that are none.

    Examples:
        >>> import keras
        >>> import numpy as np
        >>> from studies import ForgettingRecorder, read
        >>> x, y = np.random.default_rng(0).random((20, 4)), np.array([0, 1] * 10)
        >>> model = keras.Sequential([keras.layers.Dense(2, "softmax")])
        >>> model.compile("sgd", "sparse_categorical_crossentropy")
        >>> recorder = ForgettingRecorder(x, y, study="mine", condition="plain", seed=0)
        >>> _ = model.fit(x, y, callbacks=[recorder], verbose=0)
        >>> read("mine").records[0].status
        'finished'
    """

    def __init__(
        self,
        x_test: Any,
        y_test: ArrayLike,
        *,
        study: str,
        condition: str,
        seed: int,
        classes: int | Sequence[str | int] | None = None,
        predicted: Callable[[Any, Any], ArrayLike] | None = None,
        batch_size: int = 1024,
        **further: Any,
    ) -> None:
        super().__init__()
        self._x, self._y = x_test, np.asarray(y_test)
        self._labels = _labels(self._y)
        self._predicted, self._batch_size = predicted, batch_size
        self._recording = record(
            study,
            condition=condition,
            seed=seed,
            classes=int(self._labels.max()) + 1 if classes is None else classes,
            **further,
        )
        self._run = self._recording.__enter__()
        # What is recorded when all is trained is refused before.
        self._run.whole("y_test", self._labels)
        self._looks: list[Look] = []
        self._seen: list[NDArray[Any]] = []
        self._shown: tuple[int, ...] = ()
        self._in_block = self._trained = self._over = False
        self._epochs = 0

    def __enter__(self) -> "ForgettingRecorder":
        """Begin a training in turns."""
        self._in_block = True
        return self

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        """Store the run; if it ended with an exception, a record that says so."""
        self._over = True
        if error is None:
            try:
                self._end_segment()
                self._record_turns()
            except Exception as wrong:
                self._recording.__exit__(type(wrong), wrong, wrong.__traceback__)
                raise
        self._recording.__exit__(kind, error, trace)

    def segment(self, classes: int | Sequence[int]) -> None:
        """Say which classes the next `fit` shows; what was shown before is over.

        Args:
            classes: One or several, by number.

        Raises:
            InputError: Outside of a `with` block of this recorder; numbers of no class.
        """
        if not self._in_block:
            raise InputError(
                "Received segment() outside of a block; expected `with recorder:` around the fits, "
                "so that the run is stored when all are over."
            )
        shown = self._run.whole("classes", np.atleast_1d(classes))
        self._end_segment()
        self._shown = tuple(shown.tolist())

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Evaluate the untrained model."""
        if self._over:
            raise InputError(
                "Received a fit after the run was stored; expected `with recorder:` around several "
                "fits of one run, or a recorder for each run."
            )
        if not self._looks and not self._epochs:
            self._look(())

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate the model, unless a segment is not over yet."""
        self._epochs += 1
        self._trained = True
        if self._shown:
            return
        for name, value in (logs or {}).items():
            part = "validation " if name.startswith("val_") else ""
            self._run.score(part + name.removeprefix("val_"), float(value), epoch=self._epochs)
        self._look(())

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Store the run of a single `fit`, whose last look is of the weights that it leaves."""
        if not self._in_block:
            if self._epochs and not equal(self._seen, self.model.get_weights()):
                self._looks.pop()
                self._look(())
            self.__exit__(None, None, None)

    def _end_segment(self) -> None:
        if self._shown and not self._trained:
            raise InputError(
                f"Received segment({list(self._shown)}) and no fit after it; expected fit(..., "
                "callbacks=[recorder]) in every segment."
            )
        if self._shown:
            self._look(self._shown)
        self._shown, self._trained = (), False

    def _look(self, shown: tuple[int, ...]) -> None:
        """Predict the test set."""
        model = self.model
        if self._predicted is not None:
            found = np.asarray(self._predicted(model, self._x))
        else:
            found = model.predict(self._x, batch_size=self._batch_size, verbose=0)
            if not isinstance(found, np.ndarray):
                raise InputError(
                    f"Received a model with {len(found)} outputs; expected one, [n, classes]: "
                    "record others by `studies.record`."
                )
            if found.ndim != 2 or found.shape[1] < 2:
                raise InputError(
                    f"Received outputs of shape {found.shape}; expected [n, classes]; for others "
                    "give predicted=, a function of model and examples that returns classes."
                )
            if found.shape[1] > self._run.classes:
                raise InputError(
                    f"Received a model with {found.shape[1]} outputs for {self._run.classes} "
                    f"classes (y_test names no more); expected classes={found.shape[1]}, or their "
                    "names."
                )
            if self._labels.max() >= found.shape[1]:
                raise InputError(
                    f"Received y_test with the class {self._labels.max()} and a model with "
                    f"{found.shape[1]} outputs; expected classes from 0 to {found.shape[1] - 1}."
                )
            found = found.argmax(axis=1)
        # Before it is trained, at the first look: later, what was trained would be lost.
        predictions = self._run.whole("predictions", found)
        said = model.evaluate(
            self._x, self._y, batch_size=self._batch_size, verbose=0, return_dict=True
        )
        self._looks.append((shown, predictions, float(said["loss"])))
        self._seen = model.get_weights()

    def _record_turns(self) -> None:
        """Record all looks: epochs of segments where classes came back, else tasks."""
        turns = [shown for shown, _, _ in self._looks]
        once = len({each for shown in turns for each in shown}) == sum(map(len, turns))
        epoch, segment, in_epoch = 0, 0, set[int]()
        for i, (shown, predictions, loss) in enumerate(self._looks):
            at = {"epoch": i}
            if shown and not once:
                if in_epoch & {*shown} or not epoch:
                    epoch, segment, in_epoch = epoch + 1, 0, set()
                segment, in_epoch = segment + 1, in_epoch | {*shown}
                at = {"epoch": epoch, "segment": segment}
            self._run.evaluate("test", self._labels, predictions, shown=shown, loss=loss, **at)


def _labels(y: NDArray[Any]) -> NDArray[np.int64]:
    """Labels as whole numbers, int64 [n], of those that a loss takes."""
    one_hot = y.ndim == 2 and y.shape[1] > 1
    found = y.argmax(axis=1) if one_hot else y.reshape(-1)
    kind = found.dtype.kind
    whole = kind in "biu" or (kind == "f" and np.array_equal(found, found.round()))
    if not found.size or not whole:
        raise InputError(
            f"Received y_test of shape {y.shape} and type {y.dtype}; expected whole numbers [n], "
            "or one-hot rows."
        )
    return found.astype(np.int64)
