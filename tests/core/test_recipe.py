import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import (
    EWC,
    AugmentedCopy,
    Blocks,
    Blurred,
    ClassLabelNoise,
    ClassSequential,
    EvaluationPlan,
    GaussianNoise,
    HoldOut,
    MatrixLabelNoise,
    Pretraining,
    Recipe,
    Replay,
    Scenario,
    Shuffled,
    SymmetricLabelNoise,
    Tasks,
    UniformLabelNoise,
    flips,
    replaced,
    spec,
)
from core.evaluation import PARTS as BY_LABEL
from data import InputError

plain = Recipe(dataset="digits", model=spec("mlp", widths=(20,)))

rates = st.floats(0, 1)
stops = st.none() | st.just(spec("EarlyStopping", monitor="val_loss", patience=3))
label_noises = st.one_of(
    st.builds(SymmetricLabelNoise, rates),
    st.builds(UniformLabelNoise, rates),
    st.builds(ClassLabelNoise, st.lists(rates, max_size=4).map(tuple)),
    st.builds(flips, st.integers(2, 4), rates),
)
input_noises = st.builds(
    lambda kind, size, clip, when: GaussianNoise(**{kind: size}, clip=clip, **when),
    st.sampled_from(["standard_deviation", "variance"]),
    st.floats(0, 9),
    st.none() | st.tuples(st.floats(-2, 0), st.floats(0.5, 2)),
    st.sampled_from([{}, {"when": "every-epoch"}, {"when": "once", "on": "train"}]),
)
copies = st.builds(
    AugmentedCopy, flip=st.booleans(), rotation=st.floats(0, 180), divided_by=st.floats(0.1, 255)
)
replays = st.builds(
    Replay,
    buffer=st.sampled_from(["reservoir", "class-balanced", "ring", "herding"]),
    capacity=st.integers(1, 999),
    fraction=st.floats(0.1, 0.9),
    mode=st.sampled_from(["replace", "add"]),
)
damaged = st.sampled_from(["gaussian-0.1", "gaussian-0.2", "shift-2", "rotation-15"])
sets = st.lists(
    st.sampled_from(["test", "train", "train-clean", "train-corrupted"]) | damaged,
    unique=True,
    max_size=5,
)
plans = st.builds(
    lambda names, cut, segments: EvaluationPlan(
        sets=tuple(names[:cut]), at_end=tuple(names[cut:]), segments=segments
    ),
    sets,
    st.integers(0, 5),
    st.booleans(),
)

recipes = st.builds(
    Recipe,
    dataset=st.sampled_from(["digits", "a/b.npz"]),
    model=st.builds(
        lambda widths, dropout: spec("mlp", widths=tuple(widths), dropout=dropout),
        st.lists(st.integers(1, 9), max_size=3),
        st.floats(0, 0.9),
    ),
    split=st.builds(
        HoldOut,
        size=st.floats(0, 0.9),
        where=st.sampled_from(["first", "random"]),
        per_class=st.none() | st.integers(1, 999),
    ),
    preprocessing=st.sampled_from([(), ("scale",), ("scale", "standardise")]),
    optimiser=st.builds(lambda rate: spec("SGD", learning_rate=rate), st.floats(1e-9, 1)),
    early_stopping=stops,
    order=st.sampled_from(
        [
            Shuffled(),
            ClassSequential(),
            ClassSequential((1, 0)),
            Blurred(fraction=0.5),
            Blocks(length=3, classes=((0, 1), (1, 0))),
        ]
    ),
    label_noise=st.none() | label_noises,
    input_noise=st.none() | input_noises,
    augmented_copy=st.none() | copies,
    replay=st.none() | replays,
    pretraining=st.none() | st.builds(Pretraining, epochs=st.integers(1, 9), early_stopping=stops),
    epochs=st.integers(1, 5),
    evaluation=plans,
)


@given(recipes)
def test_a_recipe_survives_json_with_its_digest(recipe):
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe
    assert again.digest() == recipe.digest()


@given(recipes, recipes)
def test_digests_differ_exactly_when_recipes_do(a, b):
    assert (a == b) == (a.digest() == b.digest())


def test_tasks_survive_json_with_their_groups():
    recipe = replace(plain, order=Tasks(groups=((2,), (0, 1)), epochs_each=3), epochs=6)
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json())))
    assert again == recipe
    assert again.digest() == recipe.digest()
    assert (
        again.digest()
        != replace(recipe, order=Tasks(groups=((0, 1), (2,)), epochs_each=3)).digest()
    )


PARTS = {
    "label_noise": [
        SymmetricLabelNoise(0.3),
        UniformLabelNoise(0.3),
        ClassLabelNoise((0.3,)),
        flips(2, 0.3),
    ],
    "input_noise": [
        GaussianNoise(variance=0.01),
        GaussianNoise(standard_deviation=0.01),
        GaussianNoise(variance=0.01, when="every-epoch"),
        GaussianNoise(variance=0.01, on="test"),
        GaussianNoise(variance=0.01, clip=(0, 1)),
    ],
    "augmented_copy": [
        AugmentedCopy(),
        AugmentedCopy(flip=True),
        AugmentedCopy(rotation=15),
        AugmentedCopy(shift=0.1),
        AugmentedCopy(divided_by=255),
    ],
    "replay": [
        Replay(capacity=5),
        Replay(capacity=6),
        Replay(capacity=5, fraction=0.4),
        Replay(capacity=5, mode="add"),
        Replay(capacity=5, buffer="ring"),
    ],
    "pretraining": [
        Pretraining(epochs=1),
        Pretraining(epochs=2),
        Pretraining(epochs=1, early_stopping=spec("EarlyStopping")),
    ],
    "evaluation": [
        EvaluationPlan(sets=("test", "gaussian-0.1")),
        EvaluationPlan(sets=("test",), at_end=("gaussian-0.1",)),
    ],
}


@pytest.mark.parametrize("name", PARTS)
def test_every_field_of_a_part_counts_for_the_key(name):
    keys = {replace(plain, **{name: part}).key(0, "aa") for part in PARTS[name]}
    assert len(keys | {plain.key(0, "aa")}) == len(PARTS[name]) + 1


def test_the_key_depends_on_recipe_seed_and_data():
    keys = {
        plain.key(0, "aa"),
        plain.key(1, "aa"),
        plain.key(0, "bb"),
        replace(plain, epochs=3).key(0, "aa"),
    }
    assert len(keys) == 4
    assert plain.key(0, "aa") == replace(plain).key(0, "aa")


def test_fields_that_are_none_are_not_written_so_that_new_ones_leave_old_keys_alone():
    assert "lr_schedule" not in plain.to_json()


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("epochs", 3, lambda r: r.epochs),
        ("model.dropout", 0.5, lambda r: r.model.parameters["dropout"]),
        ("optimiser.learning_rate", 0.1, lambda r: r.optimiser.parameters["learning_rate"]),
        ("evaluation.segments", True, lambda r: r.evaluation.segments),
        ("preprocessing", "scale", lambda r: r.preprocessing[0]),
    ],
)
def test_any_field_can_be_replaced_by_its_path(path, value, read):
    assert read(replaced(plain, path, value)) == value


def test_a_part_can_be_replaced_by_its_name():
    assert replaced(plain, "order", "ClassSequential").order == ClassSequential()
    assert replaced(plain, "optimiser", "SGD").optimiser == spec("SGD")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("epochs", 0, "epochs=0"),
        ("epochs", 1.5, "like 20"),
        ("epochs", "many", "like 20"),
        ("batch_size", 0, "batch_size=0"),
        ("batch_size", True, "batch_size=True"),
        ("nonsense", 1, "expected one of dataset"),
        ("epochs.inner", 1, "epochs alone"),
        ("order", "Nonsense", "ClassSequential"),
        ("order.nonsense", 1, "field of order"),
        ("order", "Blurred", "with its parameters"),
        ("model", "resnet", "mlp"),
        ("model.width", 3, "width"),
        ("split.size", -1, "size -1"),
        ("preprocessing", "normalize", "scale"),
        ("compiler", "jax", "xla"),
        ("early_stopping", "Later", "EarlyStopping"),
        # Keras' classes take a name, which names nothing else: Adam called SGD.
        ("optimiser.name", "SGD", "expected optimiser=SGD"),
        ("lr", 0.1, "expected optimiser.learning_rate"),
        ("learning_rate", 0.1, "expected optimiser.learning_rate"),
        ("widths", (8,), "expected model.widths"),
    ],
)
def test_what_cannot_work_is_refused_in_one_line(path, value, said):
    with pytest.raises(InputError, match=said) as caught:
        replaced(plain, path, value)
    assert "\n" not in str(caught.value)
    assert "expected" in str(caught.value) or "unexpected" in str(caught.value)


def test_a_learning_rate_and_a_schedule_contradict_each_other():
    fixed = replace(plain, optimiser=spec("Adam", learning_rate=0.1))
    schedule = spec("CosineDecay", initial_learning_rate=0.1, decay_steps=9)
    with pytest.raises(InputError, match="the schedule sets the learning rate"):
        replace(fixed, lr_schedule=schedule)
    replace(fixed, lr_schedule=spec("ReduceLROnPlateau", patience=2))  # starts from the rate


def test_parameters_that_json_cannot_hold_are_refused():
    with pytest.raises(InputError, match="stored as JSON"):
        spec("mlp", widths={1, 2})


def test_functions_that_workers_cannot_import_are_refused():
    with pytest.raises(InputError, match=r"in a \.py file"):
        spec(lambda: None)


FULL = replace(
    plain,
    label_noise=SymmetricLabelNoise(0.1),
    input_noise=GaussianNoise(variance=0.1),
    augmented_copy=AugmentedCopy(rotation=15),
    replay=Replay(capacity=50),
    pretraining=Pretraining(epochs=1),
)
TASKS = Tasks(groups=((0, 1), (2, 3)), epochs_each=3)
IN_TASKS = {"order": TASKS, "epochs": 6, "scenario": Scenario("class")}


@pytest.mark.parametrize(
    ("path", "value", "read"),
    [
        ("replay.capacity", 100, lambda r: r.replay.capacity),
        ("replay.buffer", "ring", lambda r: r.replay.buffer),
        ("label_noise.rate", 0.3, lambda r: r.label_noise.rate),
        ("input_noise.variance", 0.3, lambda r: r.input_noise.variance),
        ("input_noise.clip", (0, 1), lambda r: r.input_noise.clip),
        ("augmented_copy.rotation", 30, lambda r: r.augmented_copy.rotation),
        ("augmented_copy", None, lambda r: r.augmented_copy),
        ("pretraining.epochs", 7, lambda r: r.pretraining.epochs),
        ("evaluation.at_end", ("gaussian-0.1",), lambda r: r.evaluation.at_end),
        ("label_noise", None, lambda r: r.label_noise),
        ("replay", None, lambda r: r.replay),
    ],
)
def test_fields_of_damage_and_replay_can_be_replaced(path, value, read):
    assert read(replaced(FULL, path, value)) == value


WRONG = {
    "replay.capacity": [0, -5, 2.5, "many", True],
    "replay.fraction": [1, 2, -0.1, 0.001, 0.999, "half"],
    "replay.buffer": ["random", 3],
    "replay.mode": ["swap"],
    "replay": ["Replay", "reservoir", 100],
    "label_noise.rate": [2, -0.1, "x", float("nan")],
    "label_noise.rates": [0.3],
    "label_noise": ["SymmetricLabelNoise", 0.3],
    "input_noise.variance": [-1, "x", None],
    "input_noise.standard_deviation": [0.1],
    "input_noise.clip": [0.5, (1, 0), ("a", "b"), (0, None)],
    "input_noise.on": ["validation"],
    "input_noise.when": ["never"],
    "augmented_copy.flip": [1, "yes"],
    "augmented_copy.rotation": [-1, 181, "x", True],
    "augmented_copy.shift": [-0.1, 1.5, (0.1, 0.2)],
    "augmented_copy.divided_by": [0, -255, float("inf"), None],
    "augmented_copy": [15, "rotation-15"],
    "pretraining.epochs": [0, 1.5, "x"],
    "pretraining.early_stopping": ["EarlyStopping", 3],
    "pretraining": [5],
    "evaluation.sets": [("test", "test"), ("fog-1",), ("gaussian-",), ("contrast-2",), (3,)],
    "evaluation.at_end": [("test",), ("blur-1", "blur-1.0"), ("shift-0.5",)],
    "order": ["Tasks"],
}


@pytest.mark.parametrize(("path", "value"), [(p, v) for p, vs in WRONG.items() for v in vs])
def test_damage_and_replay_that_cannot_be_are_refused_in_one_line(path, value):
    with pytest.raises(InputError, match=r"^Received [^\n]+ expected [^\n]+\.$"):
        replaced(FULL, path, value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"order": TASKS, "epochs": 5},
            "epochs=5 with 2 tasks and epochs_each=3; expected epochs=6",
        ),
        (
            {"order": TASKS, "epochs": 6, "pretraining": Pretraining(epochs=5)},
            "epochs=5 with 2 tasks and epochs_each=3; expected epochs=6 in the pretraining",
        ),
        ({"pretraining": Pretraining(epochs=0)}, "epochs=0; expected .* in the pretraining"),
        ({"replay": Replay(capacity=5, fraction=0.01)}, "raise either of them"),
        ({"replay": 100}, "replay=100; expected Replay"),
        (
            IN_TASKS | {"optimiser": spec("SGD", loss_scale_factor=8.0)},
            "loss_scale_factor with a strategy or a scenario",
        ),
        (
            IN_TASKS | {"loss": spec("CategoricalCrossentropy", label_smoothing=0.1)},
            "label_smoothing with a scenario",
        ),
        (
            IN_TASKS
            | {"order": TASKS.cumulative(), "scenario": Scenario("class", active="current")},
            "active='current' with tasks that are shown again",
        ),
        (
            IN_TASKS
            | {
                "scenario": Scenario("domain"),
                "evaluation": EvaluationPlan(measurements=("misclassified",)),
            },
            "measurement misclassified with the scenario domain",
        ),
        (
            IN_TASKS
            | {"scenario": Scenario("domain"), "replay": Replay(capacity=9, buffer="ring")},
            "buffer ring where tasks share their outputs",
        ),
        (IN_TASKS | {"early_stopping": spec("EarlyStopping")}, "ends the training, not a task"),
        (
            IN_TASKS | {"order": TASKS.joint(), "epochs": 3, "strategy": EWC(strength=1.0)},
            "EWC with tasks shown='all'",
        ),
        (
            IN_TASKS
            | {"order": replace(TASKS, epochs_each=1, steps_each=9), "epochs": 2}
            | {"replay": Replay(capacity=9)},
            "steps_each with replay.mode='replace'",
        ),
        (
            IN_TASKS | {"lr_schedule": spec("ReduceLROnPlateau"), "reset_optimiser": True},
            "ReduceLROnPlateau with reset_optimiser",
        ),
        ({"label_noise": SymmetricLabelNoise}, "expected SymmetricLabelNoise or UniformLabelNoise"),
        (
            {
                "input_noise": GaussianNoise(variance=1, on="both"),
                "evaluation": EvaluationPlan(at_end=("blur-1",)),
            },
            "corrupted sets blur-1; expected one or the other: noise on=train",
        ),
    ],
)
def test_parts_that_do_not_fit_each_other_are_refused(change, said):
    with pytest.raises(InputError, match=said):
        replace(plain, **change)


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (((0.5, 0.4), (0, 1)), r"row 0 is \(0.5, 0.4\); expected probabilities .* sum to 1"),
        (((1.5, -0.5), (0, 1)), "row 0"),
        (((1.0,), (0.5, 0.5)), "2 rows of 1, 2; expected as many columns as rows"),
        ([[1.0, 0.0], [1.0]], "a list as transition matrix that has no rows of numbers"),
        ([["1", "0"], ["0", "1"]], "no rows of numbers"),
        (0.3, "a float as transition matrix that has no rows of numbers"),
        ((0.3, 0.7), "no rows of numbers"),
        ([[0.992, 0.002], [0.0, 1.0]], "sum to 1 within .005"),
    ],
)
def test_a_transition_matrix_that_is_none_is_refused(matrix, said):
    with pytest.raises(InputError, match=said):
        MatrixLabelNoise(matrix)


@pytest.mark.parametrize("rates", [0.3, [0.1, 0.2], "ab"])
def test_rates_by_class_are_a_tuple(rates):
    with pytest.raises(InputError, match="expected a tuple with one for each class"):
        ClassLabelNoise(rates)


@pytest.mark.parametrize("path", ["replay.capacity", "label_noise.rate", "early_stopping.patience"])
def test_a_field_of_a_part_that_a_recipe_does_without_is_refused(path):
    with pytest.raises(InputError, match=f"{path!r} of a recipe without {path.split('.')[0]}"):
        replaced(plain, path, 1)


def test_the_recipe_of_the_training_that_comes_first_is_clean():
    recipe = replace(FULL, evaluation=EvaluationPlan(at_end=("train",), segments=True))
    first = recipe.clean()
    assert (first.label_noise, first.input_noise, first.pretraining) == (None, None, None)
    assert (first.epochs, first.evaluation.at_end, first.evaluation.segments) == (1, (), False)
    assert (first.replay, first.order, first.optimiser) == (FULL.replay, FULL.order, FULL.optimiser)


def test_a_subset_per_class_is_named_in_json_and_recipes_without_one_keep_their_keys():
    assert plain.to_json()["split"] == {
        "is": "HoldOut",
        "size": 0,
        "where": "last",
        "of": "train",
    }
    subset = replaced(plain, "split.per_class", 500)
    assert subset.to_json()["split"]["per_class"] == 500
    assert Recipe.from_json(json.loads(json.dumps(subset.to_json()))) == subset


def test_label_noise_is_measured_without_being_asked_for():
    plain = Recipe(dataset="digits", model=spec("mlp"))
    noisy = replace(plain, label_noise=SymmetricLabelNoise(0.2))
    assert noisy.evaluation.sets == ("test", "validation", *BY_LABEL)
    assert replace(noisy, label_noise=None) == plain
    assert replace(noisy, label_noise=None).digest() == plain.digest()


def test_sets_that_are_named_stay_and_none_is_named_twice():
    noise = SymmetricLabelNoise(0.2)
    recipe = Recipe(dataset="digits", model=spec("mlp"), label_noise=noise)
    named = replace(recipe, evaluation=EvaluationPlan(sets=("test", "validation")))
    assert named.evaluation.sets == ("test", "validation")
    late = replace(recipe, evaluation=EvaluationPlan(at_end=("train-clean",)))
    assert sorted(late.evaluation.all_sets) == sorted(recipe.evaluation.all_sets)


def test_a_stored_recipe_with_label_noise_is_what_it_was():
    stored = Recipe(
        dataset="digits",
        model=spec("mlp"),
        label_noise=SymmetricLabelNoise(0.2),
        evaluation=EvaluationPlan(sets=("test", "validation")),
    )
    read = Recipe.from_json(json.loads(json.dumps(stored.to_json())))
    assert read.digest() == stored.digest()
    assert read.evaluation.sets == ("test", "validation")


def no_arguments():
    """A user's function that forgets what it is given."""


def test_a_function_that_takes_no_shape_is_told_what_it_is_given():
    with pytest.raises(InputError, match=r"def no_arguments\(input_shape, classes\)"):
        replace(plain, model=spec(no_arguments))
