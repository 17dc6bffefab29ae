"""What commands share: options, and what they print beside the answer."""

import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import click

from data import InputError
from data.home import in_home
from studies.results.sketch import Sketch
from studies.results.whole import write_whole

DONE, FELL_SHORT, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses."""


store_option = click.option(
    "--store",
    "folder",
    type=click.Path(path_type=Path),
    envvar="EBB_STORE",
    default="results",
    show_default=True,
    help="Folder of the records (or EBB_STORE).",
)
data_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    callback=lambda context, option, folder: folder and in_home(folder),
    envvar="EBB_DATA",
    help="Folder with a sub-folder for each data set (or EBB_DATA). [default: where the system and "
    "Keras keep them]",
)
variant_option = click.option(
    "--variant", help="full, quick, or the overrides it was run with. [default: full if there]"
)


SPENDING = ("pocock", "obrien-fleming")
"""As `analysis.statistics.boundaries` has them, which brings in SciPy."""
spending_option = click.option(
    "--spending",
    type=click.Choice(SPENDING),
    help="How the error is shared among looks (Lan & DeMets): alike, or most for the last. "
    "[default: pocock]",
)


def looks_typed(text: str) -> tuple[int, ...]:
    """`5,10,20`: the numbers of seeds at which is looked.

    Raises:
        InputError: They are no numbers from 3 on that rise.
    """
    try:
        looks = tuple(map(int, text.split(",")))
    except ValueError:
        looks = ()
    if not looks or looks[0] < 3 or sorted(set(looks)) != list(looks):
        raise InputError(
            f"Received --looks {text!r}; expected numbers of seeds from 3 up that rise: 5,10,20."
        )
    return looks


KINDS_OF_FIGURES = (".png", ".svg", ".pdf")


def figure_options(what: str) -> Callable[[Any], Any]:
    """What is said of a figure: its file, its width and its title, together one `Sketch`.

    The command gets it as `figure`, None where none is asked for.
    """

    def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def called(*given: Any, width: float | None, no_title: bool, **named: Any) -> Any:
            file = named["figure"]
            if file is None and (width is not None or no_title):
                option = "--no-title" if width is None else "--width"
                raise InputError(f"Received {option} without --figure; expected both.")
            sketch = None if file is None else Sketch(file, width, not no_title)
            return command(*given, **(named | {"figure": sketch}))

        for option in reversed(_figure_options(what)):
            called = option(called)
        return called

    return with_options


def _figure_options(what: str) -> list[Callable[[Any], Any]]:
    kind = click.Path(path_type=Path, dir_okay=False)
    return [
        click.option(
            "--figure",
            type=kind,
            callback=_figure_file,
            help=f"{what} into this .png (300 dots an inch), .svg or .pdf.",
        ),
        click.option(
            "--width",
            type=click.FloatRange(1, 40),
            metavar="INCHES",
            help="Of the figure: a column of a paper is about 3.4.",
        ),
        click.option("--no-title", is_flag=True, help="The figure without its title."),
    ]


def _figure_file(context: click.Context, option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse at once what cannot be drawn into."""
    if path is not None and path.suffix.lower() not in KINDS_OF_FIGURES:
        expected = f"{', '.join(KINDS_OF_FIGURES[:-1])} or {KINDS_OF_FIGURES[-1]}"
        raise InputError(f"Received --figure {path.name!r}; expected a name in {expected}.")
    if path is not None and not path.parent.is_dir():
        raise InputError(
            f"Received --figure {str(path)!r}; expected a folder that is there: make it first."
        )
    return path


out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Into this file, whole or not at all. [default: standard output]",
)


@contextlib.contextmanager
def printed_into(file: Path | None) -> Iterator[None]:
    """Have a file hold what is printed, if one is named; of a call that fails nothing is left.

    Raises:
        InputError: It cannot be written.
    """
    if file is None:
        yield
        return
    if not file.parent.is_dir():
        raise InputError(
            f"Received --out {str(file)!r}; expected a folder that is there: make it first."
        )
    written = io.BytesIO()
    held = io.TextIOWrapper(written, encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(held):
        yield
    write_whole(file, written.getvalue())
    note(f"written: {file}")


def format_option(*styles: str) -> Callable[[Any], Any]:
    """The option that chooses between people and programs."""
    return click.option(
        "--format", "style", type=click.Choice(styles), default="text", show_default=True
    )


def note(line: str) -> None:
    """Say something beside the answer, if somebody is still there to read it."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)


def confirm(question: str, yes: bool) -> None:
    """Ask; go on where the answer, or `yes`, is yes.

    Raises:
        InputError: Nobody can be asked.
    """
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise InputError(
            f"{question} Received no answer; expected --yes where nobody can be asked."
        )
    click.confirm(question, abort=True)
