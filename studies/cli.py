"""The command line: `ebb`, and how it ends. A command imports what it needs when it is called."""

import contextlib
import os
import sys

import click

from data import InputError
from studies.commands import catalogue, data, records, report, results, run, store
from studies.commands.options import DONE, INTERRUPTED, WRONG_CALL, note
from studies.running.interruption import Interrupted, interruptible


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ebb-lab", prog_name="ebb")
def ebb() -> None:
    """How small neural networks forget, and how they cope with damaged data.

    Start with `ebb run class-order --quick`.
    """


for command in (
    *(catalogue.list_studies, run.run, records.status, records.show, records.remove),
    *(results.table, results.check, results.compare, results.plan, report.report),
    *(data.data_group, store.store_group),
):
    ebb.add_command(command)


def main() -> None:
    """Run the command line; whatever is wrong with a call is said in one line."""
    for stream in ("stdout", "stderr"):
        if getattr(sys, stream) is None:  # closed by the caller: `ebb list >&-`
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
    with contextlib.suppress(AttributeError):  # a stream of somebody's own takes any text
        # A file's name may hold bytes that are no text: shown as escapes on either stream.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        # Click's own main() prints errors in several lines and hides broken pipes.
        with interruptible(), ebb.make_context("ebb", sys.argv[1:]) as context:
            ebb.invoke(context)
        sys.stdout.flush()
        code = DONE
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        code = DONE
    except click.ClickException as error:
        where = getattr(error, "ctx", None)
        path = where.command_path if where else "ebb"
        code = _refuse(f"{error.format_message()} (see `{path} --help`)")
    except InputError as error:
        code = _refuse(str(error))
    except (KeyboardInterrupt, click.Abort) as end:
        code = end.status if isinstance(end, Interrupted) else INTERRUPTED
    except BrokenPipeError:
        code = DONE  # the reader of our output (head, less) has seen enough
    except OSError as error:
        code = _refuse(f"Received a place to write to that takes nothing: {error.strerror}.")
    # What could not be written above cannot be written at exit either.
    for written in (sys.stdout, sys.stderr):
        try:
            written.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), written.fileno())
    sys.exit(code)


def _refuse(message: str) -> int:
    from analysis.rendering.tables import clean

    note(f"ebb: {clean(' '.join(message.split()))}")
    return WRONG_CALL


if __name__ == "__main__":
    main()
