import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.schedule.herding import herding


def directly(features, count):
    """Algorithm 4 of the paper, word for word: the argmin over all candidates, each time."""
    vectors = [vector / np.linalg.norm(vector) for vector in features.astype(np.float64)]
    mean = np.mean(vectors, axis=0)
    chosen = []
    for _ in range(count):
        distances = [
            np.inf
            if i in chosen
            else np.linalg.norm(mean - np.mean([vectors[j] for j in [*chosen, i]], axis=0))
            for i in range(len(vectors))
        ]
        chosen.append(int(np.argmin(distances)))
    return chosen


@given(st.integers(0, 999), st.integers(3, 12), st.integers(2, 5))
def test_herding_equals_a_direct_computation(seed, n, d):
    features = np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)
    assert herding(features, n).tolist() == directly(features, n)


@given(st.integers(0, 99), st.integers(0, 15))
def test_fewer_exemplars_are_the_first_of_more(seed, count):
    features = np.random.default_rng(seed).random((10, 4), dtype=np.float32)
    chosen = herding(features, count)
    assert chosen.dtype == np.int32
    assert list(chosen) == list(herding(features, 10)[:count])
    assert len(set(chosen.tolist())) == min(count, 10)


def test_the_mean_of_herded_examples_is_closer_than_that_of_random_ones():
    rng = np.random.default_rng(0)
    features = rng.random((500, 20), dtype=np.float32)
    vectors = features / np.linalg.norm(features, axis=1, keepdims=True)

    def distance(chosen):
        return np.linalg.norm(vectors[chosen].mean(axis=0) - vectors.mean(axis=0))

    at_random = [distance(rng.choice(500, 10, replace=False)) for _ in range(200)]
    assert distance(herding(features, 10)) < min(at_random) / 2


def test_dead_features_can_be_chosen_and_divide_nothing_by_zero():
    features = np.zeros((3, 2), dtype=np.float32)
    assert herding(features, 2).tolist() == [0, 1]
