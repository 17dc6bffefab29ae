import codecs

import numpy as np
import pytest

from analysis.metrics.registry import metric_named
from analysis.scores import condition_scores, read_scores
from analysis.statistics.comparison import compare
from analysis.statistics.families import compare_classes

GOOD = "condition,seed,value\ntanh,0,0.81\ntanh,1,0.82\nrelu,0,0.84\nrelu,1,nan\n"


@pytest.fixture
def write(tmp_path):
    def writer(content, encoding="utf-8"):
        path = tmp_path / "scores.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return writer


def test_reads_conditions_seeds_and_values(write):
    scores = read_scores(write(GOOD))
    assert list(scores.columns) == ["condition", "seed", "value"]
    assert scores["condition"].tolist() == ["tanh", "tanh", "relu", "relu"]
    assert scores["seed"].tolist() == [0, 1, 0, 1]
    assert scores["seed"].dtype == np.int64
    np.testing.assert_array_equal(scores["value"], [0.81, 0.82, 0.84, np.nan])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-32"]
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_delimiters_encodings_and_line_ends_make_no_difference(write, delimiter, encoding, newline):
    text = GOOD.replace("tanh", "Gr\u00f6\u00dfe").replace(",", delimiter).replace("\n", newline)
    if encoding.endswith("bom"):
        mark = codecs.BOM_UTF16_LE if "le" in encoding else codecs.BOM_UTF16_BE
        path = write(mark + text.encode(encoding.removesuffix("-bom")))
    else:
        path = write(text, encoding)
    scores = read_scores(path)
    assert scores["condition"].tolist()[0] == "Gr\u00f6\u00dfe"
    assert scores["value"].tolist()[2] == 0.84


def test_columns_come_in_any_order_and_others_are_ignored(write):
    text = (
        "\n\nremark, value ,seed,class,condition,n_test\nx,0.5,3,b,tanh,100\n\n,0.6,3,a,tanh,100\n"
    )
    scores = read_scores(write(text))
    assert list(scores.columns) == ["condition", "seed", "value", "class", "n_test"]
    assert scores["class"].tolist() == ["b", "a"]
    assert scores["n_test"].tolist() == [100, 100]


def test_quoted_names_may_hold_the_delimiter(write):
    for text in (
        'condition,seed,value\n"tanh, wide",0,0.8\n',
        'seed, condition, value\n0, "tanh, wide", 0.8\n',
    ):
        assert read_scores(write(text))["condition"].tolist() == ["tanh, wide"]


def test_names_that_look_like_missing_values_are_names(write):
    scores = read_scores(write("condition,seed,value\nNA,0,0.8\nnull,0,0.7\nnan,0,NaN\n"))
    assert scores["condition"].tolist() == ["NA", "null", "nan"]


def test_values_are_read_in_full_precision(write):
    value = 0.1 + 0.2
    assert read_scores(write(f"condition,seed,value\na,0,{value!r}\n"))["value"].item() == value


def test_a_loss_may_be_any_number(write):
    path = write("condition,seed,value\na,0,2.31\na,1,inf\n")
    assert read_scores(path, unit="nats")["value"].tolist() == [2.31, np.inf]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "received scores.csv, which is empty"),
        ("\n \n", "which is empty"),
        ("condition,seed,value\n", "a header and no rows"),
        ("condition,seed,value\n\n\n", "a header and no rows"),
        (
            "name,seed,score\na,0,0.8\n",
            "without columns condition, value (found: name, seed, score)",
        ),
        ("condition,seed\na,0\n", "without column value (found: condition, seed)"),
        ("a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n", "(found: a, b, c, d, e, f, g, h)"),
        ("a,b,c,d,e,f,g,h,i\n1,2,3,4,5,6,7,8,9\n", "(found: a, b, c, d, e, f, g, h, ...)"),
        ("condition|seed|value\na|0|.8\n", "separated by commas, semicolons or tabs"),
        ("condition,seed,value,value\na,0,.8,.9\n", "column value twice"),
        ("condition,seed,value\na,0,81.2\n", "value 81.2 in row 2"),
        ("condition,seed,value\na,0,0.5\na,1,-0.1\n", "value -0.1 in row 3"),
        ("condition,seed,value\na,0,inf\n", "value inf in row 2"),
        ("condition,seed,value\na,0,0.8\n\na,1,good\n", "value 'good' in row 4"),
        ("condition,seed,value\na,0,81%\n", "write a fraction from 0 to 1 instead of percent"),
        ('condition,seed,value\na,0,"0,81"\n', "decimals take a point, not a comma: 0.81"),
        ("condition,seed,value\na,0,0,81\n", "more than 3 cells in row 2"),
        ("condition,seed,value\na,0,0.8\na,1\n", "received no value in row 3"),
        ("condition,seed,value\na,0,0.8\na,1,\n", "received no value in row 3"),
        ("condition,seed,value\n,0,0.8\n", "received no condition in row 2"),
        ("seed,a,a\n0,0.8,0.9\n", "column a twice"),
        ("condition,s0,s1\na,0.8,x\n", "without columns seed, value (found: condition, s0, s1)"),
        ('{"a": [[0.8], [0.7, 0.6]]}', "which is no JSON of scores"),
        ('[{"a": 0.8}]', "which is no JSON of scores"),
        ('{"a": 0.8}', "0 dimensions for a"),
        ("condition,seed,value\na,1.5,0.8\n", "seed '1.5' in row 2"),
        ("condition,seed,value,n_test\na,0,0.8,10\nb,0,0.8,10.5\n", "n_test '10.5' in row 3"),
        ("condition,seed,value\na,nan,0.8\n", "seed 'nan' in row 2"),
        (
            "condition,seed,value\na,0,0.8\nb,0,0.8\na,0,0.9\n",
            "seed 0 twice in scores.csv (rows 2 and 4)",
        ),
        (
            "condition,seed,value,class\na,0,0.8,1\na,0,0.8,1\n",
            "condition a, seed 0, class 1 twice",
        ),
        ("condition,seed,value,n_test\na,0,0.8,0\n", "n_test 0 in row 2"),
        ("condition,seed,value,n_test\na,0,0.8,many\n", "n_test 'many' in row 2"),
        ("condition,seed,value\na,0,0.8\na,0,0,0,0,0\n", "cells"),
    ],
)
def test_bad_tables_are_refused_in_one_line(write, text, said):
    with pytest.raises(ValueError, match="received") as error:
        read_scores(write(text))
    assert said in str(error.value)
    assert "expected" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (GOOD.replace("tanh", "Gr\u00f6\u00dfe").encode("latin-1"), "is not utf-8; expected UTF-8"),
        (GOOD.encode("utf-16-le"), "UTF-16 without a byte-order mark"),
        (codecs.BOM_UTF16_LE + GOOD.encode("utf-16-le")[:-1], "is not utf-16"),
        (b"PK\x03\x04\x14\x00\x06\x00", "null bytes"),
    ],
)
def test_other_encodings_are_refused_in_one_line(write, content, said):
    with pytest.raises(ValueError, match=said) as error:
        read_scores(write(content))
    assert "\n" not in str(error.value)


def test_the_same_seed_may_appear_once_per_class(write):
    text = "condition,seed,value,class\na,0,0.8,0\na,0,0.7,1\na,1,0.6,1\na,1,0.9,0\n"
    chosen = condition_scores(read_scores(write(text)), "a")
    np.testing.assert_array_equal(chosen.values, [[0.8, 0.7], [0.9, 0.6]])
    assert (chosen.seeds, chosen.classes, chosen.n_test) == ((0, 1), (0, 1), None)


def test_an_unknown_condition_lists_those_present(write):
    with pytest.raises(ValueError, match="received condition 'gelu'; expected one of tanh, relu;"):
        condition_scores(read_scores(write(GOOD)), "gelu")


def test_a_seed_without_one_of_its_classes_is_refused(write):
    text = "condition,seed,value,class\na,0,0.8,0\na,0,0.7,1\na,1,0.6,1\n"
    with pytest.raises(ValueError, match="no row for seed 1, class 0 of 'a'"):
        condition_scores(read_scores(write(text)), "a")


def test_scores_go_straight_into_a_comparison(write):
    rows = [
        f"{c},{s},{(800 + 10 * (c == 'relu') + s * s) / 1000},1000"
        for c in ("tanh", "relu")
        for s in range(5)
    ]
    rows[3] = "tanh,3,0.812,1000"
    scores = read_scores(write("condition,seed,value,n_test\n" + "\n".join(reversed(rows))))
    a, b = (condition_scores(scores, name) for name in ("relu", "tanh"))
    result = compare(
        a.values, b.values, paired=True, seeds_a=a.seeds, seeds_b=b.seeds, n_test=a.n_test
    )
    assert (result.n, a.n_test) == (5, 1000)
    assert result.difference.points == pytest.approx((4 * 1.0 + 0.7) / 5)


def test_classes_go_straight_into_a_family(write):
    rng = np.random.default_rng(0)
    rows = [
        f"{c},{s},{rng.integers(800, 900) / 1000},{k},{1000 + k}"
        for c in "ab" for s in range(5) for k in range(3)
    ]  # fmt: skip
    scores = read_scores(write("condition,seed,value,class,n_test\n" + "\n".join(rows)))
    a, b = (condition_scores(scores, name) for name in "ab")
    assert (a.classes, a.n_test) == ((0, 1, 2), (1000, 1001, 1002))
    family = compare_classes(
        a.values, b.values, paired=True, seeds_a=a.seeds, seeds_b=b.seeds, classes=a.classes
    )
    assert family.size == 3


LONG = {("ours", 0): 0.9114, ("ours", 1): 0.9133, ("theirs", 0): 0.8979, ("theirs", 1): 0.9023}


@pytest.mark.parametrize(
    "text",
    [
        "# of my run\n# two methods\ncondition,seed,value\nours,0,0.9114\nours,1,0.9133\n"
        "theirs,0,0.8979\ntheirs,1,0.9023\n",
        "sep=;\ncondition;seed;value\nours;0;0,9114\nours;1;0,9133\ntheirs;0;,8979\n"
        "theirs;1;0,9023\n",
        "condition\tseed\tvalue\nours\t0\t0,9114\nours\t1\t0,9133\ntheirs\t0\t0,8979\n"
        "theirs\t1\t0,9023\n",
        "seed,ours,theirs\n0,0.9114,0.8979\n1,0.9133,0.9023\n",
        "condition,seed_0,seed_1\nours,0.9114,0.9133\ntheirs,0.8979,0.9023\n",
        "condition;0;1\nours;0,9114;0,9133\ntheirs;0,8979;0,9023\n",
        '{"ours": [[0.9114], [0.9133]], "theirs": [[0.8979], [0.9023]]}',
        '{"ours": [0.9114, 0.9133], "theirs": [0.8979, 0.9023]}',
    ],
    ids=["comment", "sep and comma", "tab and comma", "a column a method", "a column a seed",
         "a column a seed, commas", "rliable's JSON", "lists"],
)  # fmt: skip
def test_score_files_as_they_are(write, text):
    scores = read_scores(write(text))
    rows = zip(scores["condition"], scores["seed"], strict=True)
    assert dict(zip(rows, scores["value"], strict=True)) == LONG
    assert scores.attrs["rounding"] == pytest.approx(1e-4)


def test_columns_by_other_names(write):
    path = write("method,seed,accuracy\nours,0,0.9\n")
    with pytest.raises(ValueError, match="--columns condition=method,value=accuracy"):
        read_scores(path)
    named = {"condition": "method", "value": "accuracy"}
    assert read_scores(path, columns=named)["condition"].tolist() == ["ours"]
    with pytest.raises(ValueError, match="without column model "):
        read_scores(path, columns={"condition": "model", "value": "accuracy"})
    with pytest.raises(ValueError, match="without column digit "):
        read_scores(path, columns=named | {"class": "digit"})


def test_tasks_of_rliable_are_classes(write):
    scores = read_scores(write('{"a": [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]}'))
    found = condition_scores(scores, "a")
    assert (found.values.shape, found.classes) == ((3, 2), (0, 1))


def test_a_wide_table_may_have_gaps(write):
    scores = read_scores(write("seed,a,b\n0,0.5,\n1,nan,0.6\n"))
    assert scores["condition"].tolist() == ["a", "a", "b"]
    assert scores["seed"].tolist() == [0, 1, 1]


@pytest.mark.parametrize("seeds", [("13884567831270891234", "1"), ("fold-a", "fold-b"), ("x", "2")])
def test_seeds_may_be_large_or_names(write, seeds):
    rows = "".join(f"{c},{seed},0.{i}\n" for c in "ab" for i, seed in enumerate(seeds, 5))
    scores = read_scores(write(f"condition,seed,value\n{rows}"))
    a, b = (condition_scores(scores, c) for c in "ab")
    assert sorted(map(str, a.seeds)) == sorted(seeds)
    result = compare(a.values, b.values, paired=True, seeds_a=a.seeds, seeds_b=b.seeds)
    assert (result.n, result.difference.points) == (2, 0)


@pytest.mark.parametrize(
    ("values", "rounding"),
    [("0.91 0.9", 0.01), ("1 0", 0), ("9e-1 0.25", 0), ("0.1234567890123 0", 0)],
)
def test_the_last_digit_of_a_file_is_known(write, values, rounding):
    rows = "".join(f"a,{i},{value}\n" for i, value in enumerate(values.split()))
    scores = read_scores(write(f"condition,seed,value\n{rows}"))
    assert condition_scores(scores, "a").rounding == pytest.approx(rounding)


def test_runs_of_one_condition_have_one_test_set(write):
    scores = read_scores(write("condition,seed,value,n_test\na,0,0.5,10\na,1,0.5,20\n"))
    with pytest.raises(ValueError, match="n_test 10 and 20 for 'a'"):
        condition_scores(scores, "a")


@pytest.mark.parametrize("name", ["mean", "std", "AVG"])
def test_rows_of_means_below_a_table_are_refused(name, write):
    rows = "".join(f"{seed},0.9{seed},0.8{seed}\n" for seed in range(6))
    path = write(f"seed,plain,replay\n{rows}{name},0.907,0.812\n")
    with pytest.raises(ValueError, match=f"seed '{name}'"):
        read_scores(path)


def test_commas_between_thousands_are_no_decimals(write):
    path = write("condition;seed;value\na;0;1,234\na;1;987.5\n")
    with pytest.raises(ValueError, match="1,234"):
        read_scores(path, unit="nats")


@pytest.mark.parametrize("index", ["Unnamed: 0", "index"])
def test_the_index_of_pandas_is_no_condition(index, write):
    path = write(f"{index},seed,a,b\n0,0,0.9,0.8\n1,1,0.91,0.82\n")
    assert read_scores(path)["condition"].unique().tolist() == ["a", "b"]


def test_differences_of_accuracies_are_fractions_too(write):
    text = "condition,seed,value\na,0,{}\n"
    assert read_scores(write(text.format(-0.35)), unit="percentage points")["value"][0] == -0.35
    with pytest.raises(ValueError, match="expected differences of accuracies as fractions from -1"):
        read_scores(write(text.format(-35)), unit="percentage points")


@pytest.mark.parametrize("name", ["accuracy drop", "acc_gap"])
def test_what_an_accuracy_falls_by_is_no_accuracy(name):
    metric = metric_named(name)
    assert (metric.unit, metric.higher_is_better) == ("percentage points", None)
