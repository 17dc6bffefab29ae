"""What arrays must satisfy to be a data set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.errors import InputError

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""The arrays of every data set, by name."""
OPTIONAL = ("x_val", "y_val", "weights_train")
"""Those that some data sets have as well: a given validation part, and weights of examples."""
WORDS = "class_labels"
"""What people call each class, text [classes]; it need not be there."""
_FLOATS = (np.float16, np.float32, np.float64)
# A label for nearly every example is a slip (its number stored as the label), and the confusion
# matrices would be as large; below this number it costs nothing and is let through.
_CLASSES_WITHOUT_QUESTION = 100
_LARGEST_EXACT = 2**53
_LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


def check_arrays(
    arrays: Mapping[str, NDArray[Any]], where: Mapping[str, str]
) -> tuple[dict[str, NDArray[Any]], tuple[int, ...]]:
    """Checks the arrays of a data set and brings them to one form.

    Labels become int64[n] (from any integer type, [n] or [n, 1]) and number the classes from 0:
    the smallest label that occurs is class 0, the next one class 1, and so on. Examples of a
    floating type stay as they are; those of another integer type than uint8 become uint8 when all
    lie in 0..255, else the floating type that holds them exactly.

    Args:
        arrays: x_train [n, ...], y_train [n], x_test [m, ...] and y_test [m] by name; where there
            are such, x_val [k, ...] and y_val [k], and weights_train [n].
        where: What to call each array in a message, by name (`x_train in 'fruit.npz'`).

    Returns:
        The arrays by name, contiguous, in this machine's byte order and not writeable; and for
        each class the label that it had, of all parts together.

    Raises:
        InputError: One line for the first rule that is broken.
    """
    parts = ["train", "test", *_val(arrays, where)]
    for part in parts:
        _refuse_examples_last(arrays[f"x_{part}"], arrays[f"y_{part}"], where[f"x_{part}"])
    examples = {
        name: _check_examples(arrays[name], where[name]) for name in map("x_{}".format, parts)
    }
    train = examples["x_train"]
    for name, other in examples.items():
        if train.shape[1:] != other.shape[1:] or train.dtype != other.dtype:
            raise InputError(
                f"{where[name]} holds examples of shape {other.shape[1:]} and type {other.dtype}, "
                f"expected {train.shape[1:]} and {train.dtype} as in x_train; store both alike"
            )
    labels = {}
    for part in parts:
        name = f"y_{part}"
        labels[name] = _check_labels(arrays[name], where[name])
        if len(labels[name]) != len(examples[f"x_{part}"]):
            raise InputError(
                f"{where[name]} holds {len(labels[name]):,} labels, expected "
                f"{len(examples[f'x_{part}']):,}, one for each example of x_{part}; store the two "
                "in the same order and number"
            )
    if int(labels["y_train"].min()) == int(labels["y_train"].max()):
        raise InputError(
            f"{where['y_train']} has the one label {int(labels['y_train'][0])}, expected at least "
            "2 classes; add examples of another class"
        )
    names = _class_names(labels, where["y_train"])
    labels = {name: np.searchsorted(names, part) for name, part in labels.items()}
    weights = _weights(arrays, where, len(train))
    found = {**_uint8_or_floating(examples, where["x_train"]), **labels, **weights}
    checked = {name: _frozen(array) for name, array in found.items()}
    return checked, tuple(names.tolist())


def check_words(arrays: Mapping[str, NDArray[Any]], where: str, classes: int) -> tuple[str, ...]:
    """What people call each class; empty where the arrays do not say.

    Raises:
        InputError: One line, if it is not one text for each class.
    """
    if WORDS not in arrays:
        return ()
    words = arrays[WORDS]
    if words.dtype.kind != "U" or words.shape != (classes,) or len({*words.tolist()}) != classes:
        raise InputError(
            f"{where} has the type {words.dtype} and the shape {words.shape}, expected {classes} "
            f"different texts, one for each class by its number; store numpy.array(words), or "
            "leave it out"
        )
    return tuple(words.tolist())


def _val(arrays: Mapping[str, NDArray[Any]], where: Mapping[str, str]) -> list[str]:
    """The validation part, where one is given."""
    there = [name for name in ("x_val", "y_val") if name in arrays]
    if len(there) == 1:
        (missing,) = {"x_val", "y_val"} - {*there}
        raise InputError(
            f"{where[there[0]]} has no {missing} beside it, expected both or none; add the other, "
            "or leave it out"
        )
    return ["val"] * bool(there)


def _weights(
    arrays: Mapping[str, NDArray[Any]], where: Mapping[str, str], examples: int
) -> dict[str, NDArray[np.float32]]:
    """The weights of the training examples, where there are any."""
    if (name := "weights_train") not in arrays:
        return {}
    weights = arrays[name]
    if weights.dtype.kind not in "iuf" or weights.shape not in ((examples,), (examples, 1)):
        raise InputError(
            f"{where[name]} has the type {weights.dtype} and the shape {weights.shape}, expected "
            f"numbers, one for each example of x_train: ({examples},); store such"
        )
    with np.errstate(over="ignore"):  # said in the next line
        weights = weights.reshape(-1).astype(np.float32)
    if not (np.isfinite(weights).all() and weights.min() >= 0 and weights.max() > 0):
        raise InputError(
            f"{where[name]} has weights from {weights.min():g} to {weights.max():g}, expected "
            "finite ones from 0 up, not all 0; replace the others"
        )
    return {name: weights}


def _refuse_examples_last(x: NDArray[Any], y: NDArray[Any], where: str) -> None:
    """Matlab's files have the examples in the last axis, as those of SVHN."""
    if x.ndim > 2 and len(x) != y.size == x.shape[-1]:
        raise InputError(
            f"{where} has the shape {x.shape} for {y.size:,} labels, expected the examples in the "
            "first axis; store numpy.moveaxis(x, -1, 0)"
        )


def _check_examples(x: NDArray[Any], where: str) -> NDArray[Any]:
    if x.dtype.kind not in "iuf" or (x.dtype.kind == "f" and x.dtype.type not in _FLOATS):
        raise InputError(
            f"{where} has the type {x.dtype}, expected integers or float16, float32 or float64; "
            "convert it with .astype('uint8') or .astype('float32')"
        )
    if x.ndim < 2 or x.size == 0:
        raise InputError(
            f"{where} has the shape {x.shape}, expected examples [n, height, width], [n, height, "
            "width, channels] or [n, features] with none of them 0; reshape or fill it"
        )
    if x.dtype.kind == "f" and (bad := x.size - int(np.count_nonzero(np.isfinite(x)))):
        raise InputError(
            f"{where} has {bad:,} values that are NaN "
            "or infinite, expected finite numbers; replace them or leave their examples out"
        )
    if x.dtype.type is np.float64 and (largest := float(np.abs(x).max())) > _LARGEST_FLOAT32:
        raise InputError(
            f"{where} has values of up to {largest:.3g} in size, which are infinite in the float32 "
            f"that networks are given, expected at most {_LARGEST_FLOAT32:.3g}; scale them down"
        )
    return x.astype(x.dtype.newbyteorder("="), copy=False)


def _check_labels(y: NDArray[Any], where: str) -> NDArray[np.int64]:
    if y.ndim not in (1, 2) or y.shape[1:] not in ((), (1,)) or y.size == 0:
        rows = y.ndim == 2 and y.size and y.dtype.kind in "biuf"
        one_hot = rows and (y.max(axis=1) == 1).all() and ((y != 0).sum(axis=1) == 1).all()
        mend = "store labels.argmax(axis=1)" if one_hot else "store the column that is learned"
        raise InputError(
            f"{where} has the shape {y.shape}, expected one label for each example, [n]; {mend}"
        )
    if y.dtype.kind not in "iu":
        raise InputError(
            f"{where} has the type {y.dtype}, expected integers from 0; convert it with "
            ".astype('int64')"
        )
    if int(y.min()) < 0 or int(y.max()) > np.iinfo(np.int64).max:
        raise InputError(
            f"{where} has labels from {int(y.min())} to {int(y.max())}, expected 0 or larger and "
            "below 2**63; number the classes of all parts together with numpy.unique(labels, "
            "return_inverse=True)"
        )
    return y.reshape(-1).astype(np.int64)


def _class_names(labels: Mapping[str, NDArray[np.int64]], where: str) -> NDArray[np.int64]:
    """The labels that occur, each once, ascending."""
    names = np.unique(np.concatenate(list(labels.values())))
    total = sum(map(len, labels.values()))
    if len(names) > max(total // 2, _CLASSES_WITHOUT_QUESTION):
        raise InputError(
            f"{where} and the other parts have {len(names):,} different labels for {total:,} "
            "examples, expected classes of two examples or more on average; store the class of "
            "each example, not its number"
        )
    return names


def _uint8_or_floating(examples: Mapping[str, NDArray[Any]], where: str) -> dict[str, NDArray[Any]]:
    dtype = examples["x_train"].dtype
    if dtype.kind == "f" or dtype == np.uint8:
        return dict(examples)
    low = min(int(each.min()) for each in examples.values())
    high = max(int(each.max()) for each in examples.values())
    if low < -_LARGEST_EXACT or high > _LARGEST_EXACT:
        raise InputError(
            f"{where} or another part has integers from {low} to {high}, expected at most 2**53 "
            "in size, which floating numbers hold exactly; scale them down"
        )
    if low >= 0 and high <= 255:
        kept: type[np.generic] = np.uint8
    else:
        kept = np.float32 if dtype.itemsize <= 2 else np.float64
    return {name: each.astype(kept) for name, each in examples.items()}


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    # A copy of what somebody else may still write to; what is read-only already is shared.
    frozen = array.copy() if array.flags.writeable else np.ascontiguousarray(array)
    frozen.flags.writeable = False
    return frozen
