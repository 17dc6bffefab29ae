import pytest

from analysis.rendering.formatting import (
    format_amount,
    format_fraction,
    format_level,
    format_p,
    format_percent,
    format_range,
    format_runs,
    format_signed,
    format_two,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (format_runs(1, 1, paired=True), "1 pair"),
        (format_runs(5, 5, paired=True), "5 pairs"),
        (format_runs(5, 4, paired=False), "5 + 4 runs"),
        (format_p(0.03125), "p = .0312"),
        (format_p(0.00009), "p < .0001"),
        (format_p(1), "p = 1.0000"),
        (format_fraction(0.05), ".05"),
        (format_percent(0.95), "95 %"),
        (format_two(0.125), "0.12"),
        (format_level(0.8125, "points"), "81.25 %"),
        (format_level(2.5, "nats"), "2.5 nats"),
        (format_amount(1.25, "points"), "1.25 points"),
        (format_amount(0.4, "nats"), "0.4 nats"),
        (format_signed(1.25, "points"), "+1.25 points"),
        (format_signed(-1.25, "points"), "-1.25 points"),
        (format_signed(0.0, "points"), "0.00 points"),
        (format_range(-0.2, 1.25, "points"), "-0.20 to +1.25 points"),
        (format_range(-0.2, 1.25, "nats"), "-0.2 to +1.25 nats"),
    ],
)
def test_numbers_are_written_so(text, expected):
    assert text == expected


def test_a_missing_figure_is_none_in_words():
    assert format_two(None) == format_level(None, "nats") == format_signed(None, "points") == "none"


def test_decimals_follow_the_width_of_an_interval():
    assert format_range(0.0091, 0.0184, "points") == "+0.0091 to +0.0184 points"
    assert format_range(-0.031, 0.042, "points") == "-0.031 to +0.042 points"
    assert format_range(-1.5, 2.25, "points") == "-1.50 to +2.25 points"
    assert format_signed(-0.001, "points") == "0.00 points"
    assert format_signed(-0.001, "points", 3) == "-0.001 points"
