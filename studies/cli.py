"""The command line: `ebb`, and how it ends."""

import contextlib
import os
import shlex
import sys

import click

from analysis.rendering.text import clean
from core.storage.limits import said_of
from data import InputError
from studies.commands.lazy import LazyGroup
from studies.commands.options import DONE, INTERRUPTED, WRONG_CALL, note
from studies.results.program import program
from studies.running.interruption import Interrupted, interruptible

COMMANDS = {
    "check": ("results:check", "What was reported elsewhere, beside what was measured here."),
    "cite": (
        "cite:cite",
        "What a paper should cite for STUDY, in BibTeX: Ebb, its methods, data and tests.",
    ),
    "compare": (
        "compare:compare",
        "Whether a difference is real: conditions A and B of STUDY, or of a file SCORES.csv.",
    ),
    "data": (
        "data:data_group",
        "The data sets: which there are, what is in one, and bringing in your own.",
    ),
    "import": (
        "import_results:import_command",
        "Results of other programs as records of a study, of which every command then tells.",
    ),
    "list": ("catalogue:list_studies", "The studies there are."),
    "new": ("new:new", "Write a commented study that runs at once, to be changed into your own."),
    "plan": (
        "plan:plan",
        "How many seeds a difference needs, before they are run; or a margin, or an interval.",
    ),
    "remove": (
        "remove:remove",
        "Remove a study's records from the store, its kept weights and unfinished runs with them.",
    ),
    "report": (
        "report:report",
        "A study as one HTML page (or a section in Markdown): protocol, verdict, tables, figures.",
    ),
    "run": ("run:run", "Run a study, by name or from a Python file of yours."),
    "show": (
        "records:show",
        "One run, by the key that `ebb status STUDY` prints, or its beginning.",
    ),
    "status": ("records:status", "What the store holds; with a STUDY, run by run."),
    "store": (
        "store:store_group",
        "The store itself: whether it is sound, and its content as tables or a file.",
    ),
    "table": ("results:table", "A study's results over its seeds."),
}
"""Where each command is in `studies.commands`, and what it does."""


COMPLETION = "_EBB_COMPLETE"
"""What the shell's completion sets, see docs/README.md."""


@click.group(
    cls=LazyGroup,
    lazy={name: (f"studies.commands.{where}", what) for name, (where, what) in COMMANDS.items()},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="ebb-lab", prog_name="ebb")
def ebb() -> None:
    """How small neural networks forget, and how they cope with corrupted data.

    Start with `ebb run class-order --quick`.
    """


def main() -> None:
    """Run the command line; whatever is wrong with a call is said in one line."""
    if COMPLETION in os.environ:  # asked by the shell, while somebody types
        ebb.main(prog_name="ebb")
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the caller: `ebb list >&-`
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
    with contextlib.suppress(AttributeError):  # a stream of somebody's own takes any text
        # A file's name may hold bytes that are no text: shown as escapes on either stream.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    status = _run()
    # What could not be written by now cannot be written at exit either.
    for written in (sys.stdout, sys.stderr):
        try:
            written.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), written.fileno())
    sys.exit(status)


def _run() -> int:
    """Run the command that was typed; the exit status."""
    for name in sys.argv[1:2]:
        ebb.get_command(None, name)  # among its imports Ctrl-C just ends the process
    try:
        # Click's own main() prints errors in several lines and hides broken pipes.
        with interruptible(), ebb.make_context("ebb", sys.argv[1:]) as context:
            ebb.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        path = where.command_path if where else "ebb"
        return _refuse(f"{error.format_message()} (see `{path} --help`)")
    except InputError as error:
        return _refuse(str(error))
    except (KeyboardInterrupt, click.Abort) as end:
        return end.status if isinstance(end, Interrupted) else INTERRUPTED
    except BrokenPipeError:
        pass  # the reader of our output (head, less) has seen enough
    except OSError as error:
        if error.filename is None:
            return _refuse(f"Received a place to write to that takes nothing: {error.strerror}.")
        limit = said_of(error.errno) or error.strerror
        return _refuse(f"Received {str(error.filename)!r}, which cannot be used: {limit}.")
    return DONE


def _refuse(message: str) -> int:
    # A line to type begins with what the command is called by here.
    line = " ".join(message.split()).replace("`ebb ", f"`{shlex.quote(program())} ")
    note(f"ebb: {clean(line)}")
    return WRONG_CALL


if __name__ == "__main__":
    main()
