import numpy as np

from data import load


def test_the_cube_is_the_same_everywhere_and_for_ever():
    # Another checksum would make every stored record of these data stale.
    cube = load("cube")
    assert cube.x_train.shape == cube.x_test.shape == (1000, 10)
    assert cube.x_train.dtype == np.float32
    assert cube.classes == 3
    assert cube.checksum == "e2775008735ba9532c62b7a6067280a23d7bd99ecb1fb361ab28f2030aa4170d"


def test_a_class_says_which_of_three_sums_is_the_largest():
    cube = load("cube")
    x = np.concatenate([cube.x_train, cube.x_test]).astype(np.float64)
    sums = np.stack([x[:, 0:3].sum(axis=1), x[:, 3:6].sum(axis=1), x[:, 6:9].sum(axis=1)])
    labels = np.concatenate([cube.y_train, cube.y_test])
    np.testing.assert_array_equal(sums.argmax(axis=0), labels)


def test_the_points_fill_the_cube_evenly():
    cube = load("cube")
    x = np.concatenate([cube.x_train, cube.x_test]).astype(np.float64)
    assert -1 < x.min() < -0.99
    assert 0.99 < x.max() < 1
    # Of 2,000 uniform numbers a tenth lies in each tenth of the range, give or take 13.
    for column in x.T:
        assert np.abs(np.histogram(column, bins=10, range=(-1, 1))[0] - 200).max() < 5 * 13.4
    assert np.abs(np.corrcoef(x.T) - np.eye(10)).max() < 5 / np.sqrt(2000)


def test_the_three_classes_are_of_about_equal_size():
    cube = load("cube")
    for labels in (cube.y_train, cube.y_test):
        assert np.abs(np.bincount(labels) - 1000 / 3).max() < 30
