"""How a data frame is shown."""

import contextlib
import io
import json
import sys

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.rendering.table import (
    AS_METRIC,
    PERCENT,
    POINTS,
    SIGNIFICANT,
    Format,
    Table,
    formats_of,
    heading,
)
from analysis.rendering.tables import rows, write
from analysis.rendering.text import clean

frame = pd.DataFrame(
    {
        "condition": ["a-condition-with-a-long-name", "b"],
        "metric": ["test accuracy", "test loss"],
        "n": [3, 1],
        "mean": [0.93456789012345, 0.93456789012345],
        "sd": [0.0123456789, float("nan")],
    }
)


def shown(style: str, of: pd.DataFrame = frame) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as file:
        write(Table("", of, formats=formats_of(of, AS_METRIC)), style)
    return file.getvalue()


def cells(of: pd.DataFrame, figures: Format, **others: Format) -> list[list[str]]:
    return Table("", of, formats=formats_of(of, figures, **others)).rows


def test_a_figure_is_shown_as_its_metric_asks_also_where_no_row_names_it():
    table = pd.DataFrame({"condition": ["a"], "mean": [20.0], "test loss": [0.5]})
    loss = {"test loss": Format(metric="test loss")}
    epochs = Format(metric="validation loss convergence epoch")
    assert cells(table, epochs, **loss) == [["a", "20.0", "0.5000"]]
    assert cells(table, Format(metric="test accuracy"), **loss) == [["a", "2000.00", "0.5000"]]


def test_a_figure_that_is_no_fraction_is_shown_as_it_is():
    told = pd.DataFrame(
        {"name": ["learning_rate", "energy", "accuracy"], "value": [1e-5, 2.0, 0.5]}
    )
    assert [row[1] for row in cells(told, Format(column="name"))] == ["1e-05", "2.0000", "50.00"]
    overview = pd.DataFrame({"condition": ["a"], "mean": [2.0]})
    assert cells(overview, Format(metric="energy")) == [["a", "2.0000"]]


def test_fractions_have_the_decimals_that_their_column_asks_for():
    dead = pd.DataFrame({"name": ["class_loss"], "proportion": [0.25]})
    assert cells(dead, POINTS) == [["class_loss", "25.00"]]
    assert cells(dead, PERCENT) == [["class_loss", "25.0"]]
    assert cells(dead, SIGNIFICANT) == [["class_loss", "0.25"]]


def test_csv_has_fractions_at_full_precision():
    back = pd.read_csv(io.StringIO(shown("csv")))
    pd.testing.assert_frame_equal(back, frame)


def test_json_has_fractions_at_full_precision_and_null_for_what_is_missing():
    first, second = json.loads(shown("json"))
    assert first["mean"] == 0.93456789012345
    assert second["sd"] is None
    assert first["n"] == 3


def test_people_are_shown_percent_but_a_loss_as_it_is():
    first, second = cells(frame, Format(column="metric", decimals=1))
    assert first == ["a-condition-with-a-long-name", "test accuracy", "3", "93.5", "1.2"]
    assert second == ["b", "test loss", "1", "0.9346", "-"]


@pytest.mark.parametrize("columns", ["10", "40", "200"])
def test_nothing_is_cut_off_however_narrow_the_window(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    text = shown("text")
    assert "…" not in text
    assert "a-condition-with-a-long-name" in text
    assert len(text.splitlines()) == 4


def test_a_table_written_to_a_file_holds_no_escape_codes():
    assert "\x1b" not in shown("text")


def test_markdown_has_as_many_cells_in_every_line():
    lines = shown("markdown").splitlines()
    assert {line.count("|") for line in lines} == {len(frame.columns) + 1}
    assert lines[0].startswith("| condition | metric | n | mean | sd |")


def test_markup_in_a_name_is_shown_and_not_obeyed():
    text = shown("text", frame.assign(condition=["[bold]x[/bold]", "[red]"]))
    assert "[bold]x[/bold]" in text
    assert "[red]" in text


def test_control_characters_cannot_steer_a_terminal():
    assert clean("a\x1b[2Jb\nc\x9b") == "a?[2Jb?c?"
    for style in ("text", "csv", "json", "markdown", "latex"):
        assert "\x1b" not in shown(style, frame.assign(condition=["\x1b[2J", "b"])), style


def test_a_bar_in_a_name_does_not_split_a_markdown_cell():
    lines = shown("markdown", frame.assign(metric=["a|b", "c"])).splitlines()
    assert lines[2].replace("\\|", "").count("|") == len(frame.columns) + 1


def test_an_empty_table_shows_its_columns():
    assert shown("csv", frame[:0]) == "condition,metric,n,mean,sd\n"
    assert json.loads(shown("json", frame[:0])) == []
    assert "metric" in shown("text", frame[:0])


def test_infinite_figures_are_null_in_json():
    assert rows(pd.DataFrame({"mean": [float("inf"), float("nan")]})) == [{"mean": None}] * 2


def test_columns_have_names_for_people():
    assert heading("ci_low") == "95 % from"
    assert heading("forgetting_max_minus_last") == "forgetting max minus last"


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=20))
def test_every_figure_survives_csv_and_parquet_to_the_last_bit(values):
    table = pd.DataFrame({"condition": ["a"] * len(values), "mean": values})
    back = pd.read_csv(io.StringIO(shown("csv", table)))
    assert back["mean"].tolist() == values
    file = io.TextIOWrapper(io.BytesIO())
    write(Table("", table), "parquet", file=file)
    again = pd.read_parquet(io.BytesIO(file.buffer.getvalue()))
    pd.testing.assert_frame_equal(again, table, check_exact=True)


def test_parquet_is_not_written_on_a_terminal():
    class Terminal(io.TextIOWrapper):
        def isatty(self):
            return True

    file = Terminal(io.BytesIO())
    with pytest.raises(ValueError, match=r"expected a file .*> FILE\.parquet"):
        write(Table("", frame), "parquet", file=file)
    assert file.buffer.getvalue() == b""


def test_parquet_without_its_package_is_refused_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="pip install"):
        write(Table("", frame), "parquet", file=io.TextIOWrapper(io.BytesIO()))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_of_a_csv_is_a_formula(start):
    hostile = frame.assign(condition=[f"{start}1+1", "b"]).rename(columns={"sd": f"{start}sd"})
    back = pd.read_csv(io.StringIO(shown("csv", hostile), newline=""))
    begun = {"\t": "?", "\r": "'\n"}.get(start, f"'{start}")
    assert back["condition"].tolist() == [f"{begun}1+1", "b"]
    assert back.columns[-1] == f"{begun}sd"


def test_no_text_of_a_csv_begins_a_row_of_its_own():
    text = shown("csv", frame.assign(condition=["a\r=1+1", "b\n=1+1"]))
    back = pd.read_csv(io.StringIO(text, newline=""))
    assert back["condition"].tolist() == ["a\n=1+1", "b\n=1+1"]


def test_negative_numbers_of_a_csv_stay_numbers():
    numbers = pd.DataFrame({"mean": [-0.5, 1.0], "any": [-1, None], "words": ["a-b", "c=d"]})
    numbers["mixed"] = pd.Series([-0.25, "x"], dtype=object)
    assert shown("csv", numbers).splitlines()[1] == "-0.5,-1.0,a-b,-0.25"
