"""Labels of a file in place of the data set's."""

import os
from dataclasses import replace

import numpy as np
import pytest

from core import AugmentedCopy, GivenLabels, HoldOut, Recipe, spec
from core.training.preparation import prepare
from data import Dataset, InputError
from tests.core.by_hand import images

RECIPE = Recipe(dataset="images", model=spec("mlp", widths=(8,)), epochs=1)


@pytest.fixture
def noisy(tmp_path, monkeypatch):
    """Labels of which the first ten are wrong, in a folder that is the current one."""
    monkeypatch.chdir(tmp_path)
    labels = images().y_train.copy()
    labels[:10] = (labels[:10] + 1) % 4
    np.save("noisy.npy", labels)
    np.savez("noisy.npz", best=images().y_train, worse=labels[:, None].astype(np.uint8))
    return labels


@pytest.mark.parametrize("given", [GivenLabels("noisy.npy"), GivenLabels("noisy.npz", "worse")])
def test_the_training_part_is_taught_them_and_the_true_ones_are_known(noisy, given):
    data = images()
    recipe = replace(RECIPE, label_noise=given, split=HoldOut(size=5, where="first"))
    prepared = prepare(recipe, 0, data)
    taught = prepared.training_labels[: len(data.y_train)]
    np.testing.assert_array_equal(taught[5:], noisy[5:])
    np.testing.assert_array_equal(taught[:5], data.y_train[:5])
    np.testing.assert_array_equal(prepared.examples("train-corrupted"), np.arange(5, 10))
    np.testing.assert_array_equal(prepared.labels[: len(data.y_train)], data.y_train)


def test_a_copy_is_taught_what_its_original_is(noisy):
    recipe = replace(
        RECIPE, label_noise=GivenLabels("noisy.npy"), augmented_copy=AugmentedCopy(flip=True)
    )
    prepared = prepare(recipe, 0, images())
    n = len(prepared.originals)
    taught = prepared.training_labels[prepared.split.train]
    np.testing.assert_array_equal(taught[:n], taught[n:])


def test_images_in_folders_have_no_order_that_labels_could_be_in(noisy):
    of_folders = replace(images(), encoding="PNG")
    with pytest.raises(InputError, match=r"images in a folder for each class.*ebb data import"):
        prepare(replace(RECIPE, label_noise=GivenLabels("noisy.npy")), 0, of_folders)


def test_labels_with_gaps_are_those_of_the_data_sets_own_files(noisy):
    names = np.array([3, 8, 9, 20])
    arrays = images().as_stored()
    arrays |= {name: names[arrays[name]] for name in ("y_train", "y_test")}
    data = Dataset.from_arrays("images", arrays)
    np.save("gaps.npy", names[noisy])
    np.testing.assert_array_equal(GivenLabels("gaps.npy").of(data), noisy)
    with pytest.raises(InputError, match=r"the label [01], which is none of images.* 3 to 20"):
        GivenLabels("noisy.npy").of(data)


def test_an_edited_file_is_another_run_and_the_same_labels_are_not(noisy):
    recipe = replace(RECIPE, label_noise=GivenLabels("noisy.npz", "worse"))
    before = recipe.digest()
    assert Recipe.from_json(recipe.to_json()).digest() == before
    np.savez_compressed("noisy.npz", worse=noisy)
    assert recipe.digest() == before
    noisy[-1] = (noisy[-1] + 1) % 4
    np.savez_compressed("noisy.npz", worse=noisy)
    os.utime("noisy.npz", ns=(1, 1))
    assert recipe.digest() != before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (np.arange(3), "with 3 labels for images; expected 90"),
        (np.full(90, 4), "the label 4, which is none of images"),
        (np.full(90, -1), "the label -1, which is none of images"),
        (np.zeros(90), "labels of type float64"),
        (np.zeros((90, 2), int), r"shape \(90, 2\)"),
        (np.array([None] * 90), "cannot be read"),
        (b"text", "cannot be read"),
        (None, "No such file"),
    ],
)
def test_what_is_no_label_for_each_example_is_refused_in_one_line(tmp_path, content, said):
    file = tmp_path / "wrong.npy"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        np.save(file, content)
    recipe = replace(RECIPE, label_noise=GivenLabels(str(file)))
    assert recipe.digest()
    with pytest.raises(InputError, match=said) as caught:
        prepare(recipe, 0, images())
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("labels.txt",), "expected the path of a .npy"),
        (("labels.npy", "worse"), "none with a .npy"),
        (("labels.npz",), "expected an array's name"),
        ((3,), "expected the path"),
    ],
)
def test_what_names_no_labels_is_refused(given, said):
    with pytest.raises(InputError, match=said):
        GivenLabels(*given)


def test_an_array_that_is_not_there_is_refused_with_those_that_are(noisy):
    with pytest.raises(InputError, match="best, worse"):
        GivenLabels("noisy.npz", "aggregate").of(images())
