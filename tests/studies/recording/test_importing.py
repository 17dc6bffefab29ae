"""Results of other programs, in the forms in which these write them, become records."""

from pathlib import Path

import numpy as np
import pytest

import studies
from core import Store
from tests.studies.conftest import keep, made_record, refused

R = np.array([[0.9, 0.1, 0.2], [0.6, 0.8, 0.3], [0.5, 0.4, 0.7]])
MINE = ("--study", "theirs", "--condition", "naive")
AVALANCHE = """\
eval_exp,training_exp,eval_accuracy,eval_loss,forgetting
0,0,0.9000,0.3,0
1,0,0.1000,2.3,0
2,0,0.2000,2.2,0
0,1,0.6000,0.9,0.3000
1,1,0.8000,0.5,0
2,1,0.3000,1.9,0
0,2,0.5000,1.4,0.4000
1,2,0.4000,1.5,0.4000
2,2,0.7000,0.6,0
"""
MAMMOTH = (
    "{'dataset': 'seq-mnist', 'model': 'er', 'lr': 0.03, 'buffer_size': 500, 'seed': None, "
    "'device': device(type='cuda', index=0), 'accmean_task1': np.float64(90.0), "
    "'accuracy_1_task1': 90.0, 'accuracy_1_task2': 60.0, 'accuracy_2_task2': np.float64(80.0), "
    "'accuracy_1_task3': 50.0, 'accuracy_2_task3': 40.0, 'accuracy_3_task3': 70.0, "
    "'forward_transfer': None, 'backward_transfer': -40.0, 'forgetting': np.float64(40.0)}\n"
)
KERAS = """\
epoch,accuracy,loss,val_accuracy,val_loss
0,0.50,1.5,0.55,1.4
1,0.70,0.9,NA,0.8
2,0.80,0.6,0.75,0.7
"""
TENSORBOARD = "Wall time,Step,Value\n1654943296.2,0,59.5\n1654943313.7,1,64.0\n"
PANEL = """\
"Step","warm-sun-1 - val_acc","warm-sun-1 - val_acc__MIN","warm-sun-1 - val_acc__MAX",\
"cold-sea-2 - val_acc","cold-sea-2 - val_acc__MIN","cold-sea-2 - val_acc__MAX"
"0","0.5","0.5","0.5","","",""
"10","0.6","0.6","0.6","0.7","0.7","0.7"
"""
HISTORY = ",_step,_runtime,test/accuracy,confusion\n0,0,1.5,0.5,\n1,5,2.5,0.75,{'_type': 'table'}\n"


def imported(ebb, name, content, *words):
    with open(name, "w", newline="") as file:
        file.write(content)
    call = ebb("import", name, *MINE, *words)
    assert (call.status, call.out) == (0, ""), call.err
    return call.err


def figures():
    return studies.read("theirs").tasks().set_index("condition").iloc[0]


def of_history(seed=0):
    record = next(r for r in studies.read("theirs").records if r.seed == seed)
    return list(record.history)


@pytest.mark.parametrize(
    "text",
    [
        "0.9,0.1,0.2\n0.6,0.8,0.3\n0.5,0.4,0.7\n",
        "90;10;20\r\n60;80;30\r\n50;40;70\r\n",
        "0.9 0.1 0.2\n0.6 0.8 0.3\n0.5 0.4 0.7\n",
        "# accuracies\n,0,1,2\n0,0.9,0.1,0.2\n1,0.6,0.8,0.3\n2,0.5,0.4,0.7\n",
        ",1,2,3\n1,0.9,0.1,0.2\n2,0.6,0.8,0.3\n3,0.5,0.4,0.7\n",
        "after,task 1,task 2,task 3\na,0.9,0.1,0.2\nb,0.6,0.8,0.3\nc,0.5,0.4,0.7\n",
        "task1,task2,task3\n0.9,,\n0.6,0.8,\n0.5,0.4,0.7\n",
        "0.9,0,0\n0.6,0.8,0\n0.5,0.4,0.7\n",
        "0.9\n0.6,0.8\n0.5,0.4,0.7\n",
        "0,1,2\n0.9,0.1,0.2\n0.6,0.8,0.3\n0.5,0.4,0.7\n",
        "1,2,3\n0.9,NA,-\n0.6,0.8,\n0.5,0.4,0.7\n",
        "0.9,0.1,0.2,\n0.6,0.8,0.3,\n0.5,0.4,0.7,\n",
    ],
    ids=[
        *("plain", "percent", "spaces", "pandas", "from 1", "named", "holes", "zeros", "ragged"),
        *("pandas without index", "NA", "commas at the end"),
    ],
)
def test_a_matrix_has_the_published_figures(text, ebb, tmp_path):
    imported(ebb, "r.csv", text)
    found = figures()
    assert found["average accuracy"] == pytest.approx((0.5 + 0.4 + 0.7) / 3)
    assert found["backward transfer"] == pytest.approx(-0.4)
    assert found["mean forgetting_max_minus_last"] == pytest.approx(0.4)
    assert np.isnan(found["forward transfer"])
    assert np.isnan(found["accuracy over examples"])
    assert "each task counts alike" in ebb("table", "theirs", "--kind", "tasks").out


def test_several_seeds_are_several_files_or_one_array(ebb):
    np.save("all.npy", np.stack([R, R - 0.1, R + 0.1]))
    np.save("one.npy", np.vstack([[0.2, 0.3, 0.4], R]))
    np.savetxt("one.csv", R, delimiter=",")
    assert ebb("import", "all.npy", *MINE, "--scenario", "task").status == 0
    assert ebb("import", "one.npy", "one.csv", "all.npy", *MINE, "--seed", "3").status == 0
    results = studies.read("theirs")
    assert [record.seed for record in results.records] == [3, 4, 5, 6, 7]
    exact = np.array([[np.float32(0.1) * 10 + np.float32(1e-7), 0], [0.5, 1]])
    np.save("rounded.npy", exact)
    assert ebb("import", "rounded.npy", *MINE[:3], "rounded").status == 0
    assert ebb("import", "one.npy", *MINE[:3], "other", "--scenario", "domain").status == 0
    rows = studies.read("theirs").tasks().set_index("condition")
    assert rows.loc["naive", "n"] == 5
    assert rows.loc["rounded", "average accuracy"] == 0.75
    assert rows.loc["other", "forward transfer"] == pytest.approx((0.1 - 0.3 + 0.3 - 0.4) / 2)
    assert "task 3" in ebb("table", "theirs", "--kind", "task-matrix").out


def test_all_commands_tell_of_what_was_imported(ebb):
    np.save("a.npy", np.stack([R, R - 0.01, R + 0.02, R + 0.01]))
    np.save("b.npy", np.stack([R, R - 0.03, R + 0.01, R - 0.02]) - 0.05)
    for name in ("a", "b"):
        assert ebb("import", f"{name}.npy", *MINE[:3], name).status == 0
    assert "4 pairs" in ebb("compare", "theirs", "a", "b").out
    assert "tasks: average accuracy of a" in ebb("compare", "theirs", "a", "b").out
    assert ebb("report", "theirs", "--format", "markdown").status == 0
    assert "Imported from" in ebb("report", "theirs", "--format", "markdown").out.replace(
        "imported", "Imported"
    )
    assert "8 runs (8 finished)" in ebb("status").out


def test_avalanche_s_file_is_r_and_its_forgetting_is_first_minus_last(ebb):
    said = imported(ebb, "eval_results.csv", AVALANCHE)
    assert "it reports 40.00 points, from R follow 40.00" in said
    assert "NOT" not in said
    np.testing.assert_allclose(studies.read("theirs").records[0].arrays["task_accuracies"][1:], R)
    twice = AVALANCHE + AVALANCHE.partition("\n")[2].replace("0,2,0.5000", "0,2,0.4000")
    said = imported(ebb, "twice.csv", twice, "--seed", "1")
    assert "seeds 1 to 2" in said
    assert said.count("NOT the same") == 1


@pytest.mark.parametrize("measured", [True, False])
def test_a_logger_derived_from_avalanche_s_is_read_too(measured, ebb):
    text = AVALANCHE.replace("forgetting", "eval_forgetting").replace(",0\n", ",-1\n")
    if not measured:
        text = text.replace("0.3000\n", "-1\n").replace("0.4000\n", "-1\n")
    said = imported(ebb, "eval_results.csv", text)
    assert ("eval_results.csv: it reports 40.00 points" in said) is measured
    assert figures()["mean forgetting_first_minus_last"] == pytest.approx(0.4)


def test_mammoth_s_lines_are_r_and_searched_not_executed(ebb):
    said = imported(ebb, "logs.pyd", 2 * MAMMOTH)
    assert "seeds 0 to 1" in said
    assert said.count("it reports 40.00 points, from R follow 40.00\n") == 2
    record = studies.read("theirs").records[0]
    assert record.recipe["dataset"] == "seq-mnist"
    assert record.recipe["settings"] == {
        "imported from": "Mammoth's lines of results",
        "model": "er",
        "lr": 0.03,
        "buffer_size": 500,
    }
    np.testing.assert_allclose(np.tril(record.arrays["task_accuracies"][1:]), np.tril(R))
    alone = MAMMOTH.partition(", 'forward_transfer'")[0] + ", 'accuracy_1_task0': 10.0}\n"
    assert "reports" not in imported(ebb, "logs.pyd", alone, "--seed", "2")
    again = studies.read("theirs").records[2].arrays["task_accuracies"]
    np.testing.assert_array_equal(again, record.arrays["task_accuracies"])
    imported(ebb, "logs.pyd", MAMMOTH, "--seed", "3", "--dataset", "digits")
    imported(ebb, "r.csv", "1,0\n0,1\n", "--condition", "r")
    found = {each.condition: each.recipe["dataset"] for each in studies.read("theirs").records}
    assert found == {"naive": "digits", "r": "own data"}


def test_keras_csv_logger_is_a_history_by_epochs(ebb):
    imported(ebb, "log.csv", KERAS)
    assert of_history()[:4] == [
        (1, 0, "training accuracy", 0.5),
        (1, 0, "training loss", 1.5),
        (1, 0, "validation accuracy", 0.55),
        (1, 0, "validation loss", 1.4),
    ]
    assert len(of_history()) == 11
    assert of_history()[-1] == (3, 0, "validation loss", 0.7)
    assert "validation accuracy" in ebb("table", "theirs", "--kind", "summary").out
    assert studies.read("theirs").reading.primary == "validation accuracy"
    curves = studies.read("theirs").table("learning-curves")
    assert curves["epoch"].tolist() == [1, 3]
    assert curves["mean"].tolist() == [0.55, 0.75]
    told = ebb("table", "theirs", "--kind", "learning-curves", "--figure", "curves.png")
    assert "accuracy after each epoch on the set validation" in told.out
    assert Path("curves.png").read_bytes().startswith(b"\x89PNG")
    training = ebb("table", "theirs", "--kind", "learning-curves", "--set", "training")
    assert "50.00" in training.out
    for kind, of in (("learning-curves", "test"), ("confusions", "validation")):
        call = ebb("table", "theirs", "--kind", kind, "--set", of)
        assert (call.status, call.out) == (2, "")
        assert f"received set '{of}', of which none of 1 runs" in call.err
    imported(ebb, "loss.csv", "epoch,loss\n0,1.5\n", "--seed", "1")
    assert of_history(1) == [(1, 0, "training loss", 1.5)]


def test_a_history_of_fit_is_one_as_many_epochs_as_it_has(ebb):
    text = "accuracy,loss,val_accuracy,val_loss\n" + "0.5,1.2,0.6,1.1\n" * 4
    assert "figures by epochs" in imported(ebb, "history.csv", text)
    assert of_history()[-1] == (4, 0, "validation loss", 1.1)
    indexed = ",accuracy,loss,val_accuracy,val_loss\n0,0.5,1.2,0.6,1.1\n1,0.7,0.9,0.8,0.7\n"
    imported(ebb, "indexed.csv", indexed, "--seed", "1")
    assert of_history(1)[0] == (1, 0, "training accuracy", 0.5)
    assert of_history(1)[-1] == (2, 0, "validation loss", 0.7)


def test_epochs_counted_from_1_stay_and_names_say_their_part(ebb):
    imported(ebb, "log.csv", "Epoch,train_loss,val_acc,test_acc,lr\n1,2,50,40,0.1\n2,1,60,55,0.1\n")
    assert of_history() == [
        *((1, 0, "training loss", 2.0), (1, 0, "validation accuracy", 0.5)),
        *((1, 0, "test accuracy", 0.4), (1, 0, "lr", 0.1)),
        *((2, 0, "training loss", 1.0), (2, 0, "validation accuracy", 0.6)),
        *((2, 0, "test accuracy", 0.55), (2, 0, "lr", 0.1)),
    ]
    assert studies.read("theirs").reading.primary == "validation accuracy"


def test_lightning_s_rows_are_half_empty_and_some_of_its_figures_go_by_steps(ebb):
    text = (
        "epoch,step,train_loss_epoch,train_loss_step,val_acc\n"
        "0,49,,1.5,\n0,99,,1.2,\n0,99,,,0.5\n0,99,1.4,,\n1,149,,1.1,\n1,199,,,0.75\n1,199,1.0,,\n"
    )
    imported(ebb, "metrics.csv", text)
    assert of_history() == [
        *((0, 49, "training loss_step", 1.5), (0, 99, "training loss_step", 1.2)),
        *((1, 0, "validation accuracy", 0.5), (1, 0, "training loss", 1.4)),
        *((0, 149, "training loss_step", 1.1), (2, 0, "validation accuracy", 0.75)),
        (2, 0, "training loss", 1.0),
    ]


def test_tensorboard_s_scalars_of_one_run_come_together(ebb):
    for name in ("run-train-tag-epoch_accuracy", "run-validation-tag-epoch_accuracy"):
        with open(f"{name}.csv", "w") as file:
            file.write(TENSORBOARD)
    files = ("run-train-tag-epoch_accuracy.csv", "run-validation-tag-epoch_accuracy.csv")
    assert ebb("import", *files, *MINE).status == 0
    assert of_history() == [
        (1, 0, "training accuracy", 0.595),
        (1, 0, "validation accuracy", 0.595),
        (2, 0, "training accuracy", 0.64),
        (2, 0, "validation accuracy", 0.64),
    ]
    imported(ebb, "reward.csv", TENSORBOARD, "--seed", "1")
    assert of_history(1) == [(0, 0, "reward", 59.5), (0, 1, "reward", 64.0)]
    imported(ebb, "run-train-tag-reward.csv", TENSORBOARD, "--seed", "2")
    assert of_history(2) == of_history(1)
    imported(ebb, "epoch_loss.csv", TENSORBOARD, "--seed", "3")
    assert of_history(3) == [(1, 0, "loss", 59.5), (2, 0, "loss", 64.0)]


def test_a_panel_of_wandb_has_a_run_for_each_name(ebb):
    assert "seeds 0 to 1" in imported(ebb, "panel.csv", PANEL)
    assert of_history() == [(0, 0, "val_acc", 0.5), (0, 10, "val_acc", 0.6)]
    assert of_history(1) == [(0, 10, "val_acc", 0.7)]
    assert "(warm-sun-1, cold-sea-2)" in imported(ebb, "panel.csv", PANEL, "--overwrite")
    assert studies.read("theirs").reading.primary == "val_acc"
    assert "65.00" in ebb("table", "theirs").out


def test_the_methods_of_a_panel_are_imported_one_by_one(ebb):
    with open("panel.csv", "w") as file:
        file.write("Step,er - acc,der - acc\n0,50,0.8\n1,60,0.5\n")
    assert "seed 0 (der)" in ebb("import", "panel.csv", *MINE, "--run", "der").err
    assert of_history() == [(0, 0, "acc", 0.008), (0, 1, "acc", 0.005)]  # of one file, in percent
    assert "expected one that the files name: er, der" in refused(
        ebb("import", "panel.csv", *MINE, "--run", "gem")
    )


def test_a_panel_of_wandb_is_known_without_its_extremes(ebb):
    assert "seeds 0 to 1" in imported(
        ebb, "panel.csv", "Step,a - b - loss,c - loss\n0,0.5,\n3,,2\n"
    )
    assert (of_history(0), of_history(1)) == ([(0, 0, "loss", 0.5)], [(0, 3, "loss", 2.0)])


def test_a_history_of_wandb_is_its_numbers(ebb):
    imported(ebb, "history.csv", HISTORY + "2,9,3.5\n")  # a row that ends before its figures
    assert of_history() == [(0, 0, "test/accuracy", 0.5), (0, 5, "test/accuracy", 0.75)]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("r.csv", "", "is empty"),
        ("r.csv", "0.9,0.1\n0.5,x\n", "'x' in row 2"),
        ("r.csv", "0.9,0.1,0.2\n0.5,0.4,0.1\n", "a table of 2 x 3"),
        ("r.csv", "0.9,\n,0.8\n", "holes"),
        ("r.csv", "0.9,0\n0.5\n", "holes"),
        ("r.csv", "0.9,0.1\n-0.5,0.8\n", "beyond 0 to 1"),
        ("r.csv", "0.9,0.1\n0,0.8\n", "transpose it"),
        ("r.csv", "0.9,0.1\n,0.8\n", "transpose it"),
        ("r.csv", "900,10\n50,80\n", "beyond 0 to 1"),
        ("r.csv", "1.2,0.1\n0.5,0.8\n", "beyond 0 to 1"),
        ("r.csv", "0.9,0\n0.6,0.8\n0.75,0.4\n", "a row below it"),
        ("r.csv", "0.9,\n0.6,0.8\n0.75,0.4\n", "a row below it"),
        ("r.csv", "a,b,avg\n0.9,0.1,0.5\n0.6,0.8,0.7\n1,1,1\n", "'avg' in"),
        ("r.csv", "x,a,b\n1,0.9,0.1\n2,0.6,0.8\nfinal forgetting,0.3,0\n", "'final forgetting'"),
        ("r.csv", "a,b\n0.9,x\n", "'x' in row 2"),
        ("r.csv", "0,97;0,0\n0,61;0,95\n", "'0,95' in row 2 of 'r.csv'; expected a number with a"),
        ("r.csv", "method,accuracy\n", "without numbers"),
        ("r.json", "[[1, 0], [0, 1]]", "is JSON"),
        ("r.csv", "100.5,10\n50,80\n", "beyond 0 to 1"),
        ("r.csv", "0.9,0.1\n,\n", "holes"),
        ("r.csv", b"\xff\xfe\x00", "UTF-8"),
        ("r.npy", b"\x93NUMPY", "NumPy"),
        ("eval_results.csv", AVALANCHE.replace("0,1,0.6000,0.9,0.3000\n", ""), "holes"),
        ("eval_results.csv", AVALANCHE.replace("2,2,0.7000,0.6,0\n", ""), "holes"),
        ("eval_results.csv", AVALANCHE.partition("\n")[0] + "\n", "holes"),
        ("eval_results.csv", AVALANCHE + "1,x,0.5,0,0\n", "'x' in row 11"),
        ("eval_results.csv", AVALANCHE + "1,2\n", "2 cells in row 11"),
        ("logs.pyd", MAMMOTH.replace("'accuracy_3_task3': 70.0, ", ""), "holes"),
        ("logs.pyd", MAMMOTH + "{'accmean': 1}\n", "line 2"),
        ("logs.pyd", "{'accmean_task1': 93.31, 'accmean_task2': 93.18}\n", "means alone"),
        ("logs.pyd", MAMMOTH + MAMMOTH.replace("'er'", "'der'"), "model: er, der"),
        ("logs.pyd", 2 * MAMMOTH.replace("'seed': None", "'seed': 3"), "seed 3 in lines 1 and 2"),
        ("logs.pyd", MAMMOTH + MAMMOTH.replace("'lr'", "'alpha': 0.1, 'lr'"), "alpha: None, 0.1"),
        ("log.csv", KERAS.replace("2,0.80", "1,0.80"), "in row 4 of which another training begins"),
        ("log.csv", KERAS.replace("0,0.50", "x,0.50"), "'x' in row 2"),
        ("log.csv", KERAS + "0,0.5,1.5,0.5,1.4\n", "in row 5 of which another training begins"),
        ("log.csv", KERAS + "3,0.5\n", "in row 5 of which another training begins"),
        ("log.csv", KERAS.partition("\n")[0] + "\n", "without figures"),
        ("tb.csv", TENSORBOARD.replace(",1,", ",-1,"), "step '-1' in row 3"),
        ("tb.csv", TENSORBOARD + "1,0,2\n", "in row 4 of which another training begins"),
        ("h.csv", HISTORY + "2,5,1,0.2,\n", "in row 4 of which another training begins"),
        ("panel.csv", "Step,a - b,a - b\n0,1,2\n", "two columns of 'a - b'"),
        ("panel.csv", PANEL.partition("\n")[0] + "\n", "without figures"),
    ],
)
def test_a_file_that_is_not_such_is_refused_in_one_line(name, content, said, ebb, store):
    with open(name, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    assert said in refused(ebb("import", name, *MINE))
    assert not store.exists()


@pytest.mark.parametrize("array", [R[0], R[None, None], R[:0], R > 0.5, R.astype(str)])
def test_an_array_that_is_no_r_is_refused(array, ebb):
    np.save("r.npy", array)
    assert "expected R, [tasks, tasks], or [seeds" in refused(ebb("import", "r.npy", *MINE))


class Opened:
    """What writes a file when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_nothing_is_unpickled(ebb):
    np.save("r.npy", np.array([[Opened()]], dtype=object), allow_pickle=True)
    assert "that NumPy saved" in refused(ebb("import", "r.npy", *MINE))
    assert not Path("executed").exists()


def test_a_text_has_at_most_so_many_bytes(ebb, monkeypatch):
    text = "1,0\n0,1\n"
    monkeypatch.setattr("studies.recording.imported.MOST_BYTES", len(text))
    imported(ebb, "r.csv", text)
    Path("longer.csv").write_text(text + "\n")
    assert "of more than 0 MB" in refused(ebb("import", "longer.csv", *MINE))


def test_files_of_several_kinds_or_figures_given_twice_are_refused(ebb, store):
    for name, content in (("r.csv", "1,0\n0,1\n"), ("log.csv", KERAS), ("a.csv", TENSORBOARD)):
        with open(name, "w") as file:
            file.write(content)
    assert "one kind" in refused(ebb("import", "r.csv", "log.csv", *MINE))
    Path("more").mkdir()
    Path("more", "a.csv").write_text(TENSORBOARD)
    assert "'a' in" in refused(ebb("import", "a.csv", "more/a.csv", *MINE))
    assert "twice" in refused(ebb("import", "r.csv", "./r.csv", *MINE))
    assert "can be read" in refused(ebb("import", "nothing.csv", *MINE))
    assert not store.exists()


def test_a_run_that_is_there_and_a_name_of_ebb_s_own_are_refused(ebb, store):
    imported(ebb, "r.csv", "1,0\n0,1\n")
    assert "recorded already" in refused(ebb("import", "r.csv", *MINE))
    assert ebb("import", "r.csv", *MINE, "--overwrite").status == 0
    assert "Ebb's own" in refused(ebb("import", "r.csv", "--study", "cnn", "--condition", "a"))
    keep(store, made_record(study="mine"))
    assert "Ebb trained" in refused(ebb("import", "r.csv", "--study", "mine", "--condition", "a"))
    assert len(Store(store.folder).entries()) == 2


@pytest.mark.parametrize("cell", ["NA", "inf", "0.5", "-1"])
def test_an_experience_or_step_that_is_none_is_refused(cell, ebb, tmp_path):
    of_tasks = AVALANCHE.replace("\n2,2,0.7000", f"\n2,{cell},0.7000")
    of_steps = TENSORBOARD.replace(".7,1,", f".7,{cell},")
    for name, content in (("eval_results.csv", of_tasks), ("run-train-tag-loss.csv", of_steps)):
        (tmp_path / name).write_text(content)
        assert repr(cell) in refused(ebb("import", tmp_path / name, *MINE))


def test_a_training_whose_loss_is_none_at_its_end_diverged(ebb):
    imported(ebb, "log.csv", KERAS.replace("0.6,0.75,0.7", "nan,0.10,nan"))
    (record,) = studies.read("theirs").records
    assert record.status == "diverged"
    assert np.isnan({row[2]: row[3] for row in of_history()}["validation loss"])


def test_parts_are_told_by_the_end_of_a_name_too(ebb):
    imported(ebb, "log.csv", "epoch,loss_train,loss_val,eval_accuracy\n0,2,1,0.5\n")
    names = {name for *_, name, _ in of_history()}
    assert names == {"training loss", "validation loss", "validation accuracy"}


def test_tags_that_end_in_train_are_of_the_training_part(ebb):
    for part, content in (("train", TENSORBOARD.replace("5", "9")), ("test", TENSORBOARD)):
        Path(f"run-a-tag-Accuracy_{part}.csv").write_text(content)
    files = ("run-a-tag-Accuracy_train.csv", "run-a-tag-Accuracy_test.csv")
    assert ebb("import", *files, *MINE).status == 0
    assert studies.read("theirs").reading.primary == "Accuracy_test"


def test_figures_with_a_step_and_no_epoch_go_by_steps(ebb):
    imported(ebb, "log.csv", "step,train_loss,val_loss\n500,2,3\n1000,1,2\n")
    assert of_history()[-1] == (0, 1000, "validation loss", 2.0)
    text = "lr-SGD,step,train_loss,epoch\n0.1,0,,\n,49,1.5,0\n0.2,50,,\n,99,1.2,1\n"
    imported(ebb, "metrics.csv", text, "--seed", "1")
    assert of_history(1)[-1] == (2, 0, "training loss", 1.2)
    assert (0, 50, "lr-sgd", 0.2) in [(e, s, n.lower(), v) for e, s, n, v in of_history(1)]


def test_a_table_of_avalanche_with_pandas_index_is_avalanches(ebb):
    header, *lines = AVALANCHE.splitlines()
    indexed = "\n".join(["," + header, *(f"{i},{line}" for i, line in enumerate(lines))])
    assert "Avalanche" in imported(ebb, "eval_results.csv", indexed + "\n")
    assert figures()["average accuracy"] == pytest.approx((0.5 + 0.4 + 0.7) / 3)


def test_a_matrix_of_two_tasks_with_an_index_is_one(ebb):
    imported(ebb, "r.csv", ",0,1\n0,0.9,0.1\n1,0.6,0.8\n")
    assert figures()["average accuracy"] == pytest.approx(0.7)


def test_a_cell_with_a_whole_table_is_read_over(ebb):
    text = HISTORY.replace("{'_type': 'table'}", "x" * 200_000)
    imported(ebb, "history.csv", text)
    assert of_history()[-1] == (0, 5, "test/accuracy", 0.75)


WRONG_TABLES = {
    "two columns": ("epoch,acc,accuracy,loss\n0,.5,.6,1\n", "two columns of"),
    "an epoch twice": ("epoch,loss\n0,.5\n1,\n0,.4\n", "another training begins"),
    "seeds": ("seed,test_loss,test_acc\n0,.5,.8\n1,.4,.9\n", "a column 'seed'"),
    "no R": ("task,accuracy\n1,0.9\n2,0.8\n", "a column 'accuracy'"),
    "half an epoch": ("epoch,loss\n0.5,1\n", "Received epoch '0.5'"),
    "no task": (AVALANCHE.replace("\n2,2,", "\n,2,"), "without eval_exp"),
}


@pytest.mark.parametrize("wrong", WRONG_TABLES)
def test_a_table_that_would_be_read_wrongly_is_refused(wrong, ebb, tmp_path):
    content, says = WRONG_TABLES[wrong]
    (tmp_path / "log.csv").write_text(content)
    assert says in refused(ebb("import", tmp_path / "log.csv", *MINE))


def test_accuracies_a_little_above_1_are_in_percent(ebb):
    imported(ebb, "log.csv", "epoch,accuracy,val_accuracy\n0,3.5,1.0\n1,4.0,1.2\n")
    assert of_history()[-1] == (2, 0, "validation accuracy", pytest.approx(0.012))


def test_the_axis_of_a_panel_is_no_figure(ebb):
    text = '"Step","a - _step","a - val_acc"\n"0","0","0.5"\n"1","7","0.6"\n'
    imported(ebb, "panel.csv", text)
    assert {name for *_, name, _ in of_history()} == {"val_acc"}
