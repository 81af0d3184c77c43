"""The command line: its commands, and how it ends, whatever happens."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, Any

import typer

import borderzone
from borderzone import errors
from borderzone._guards.escapes import line
from borderzone.cli.check import check
from borderzone.cli.fetch import fetch_app
from borderzone.cli.figure import figure
from borderzone.cli.init import init
from borderzone.cli.listings import borders, data
from borderzone.cli.options import spread_options
from borderzone.cli.report import report
from borderzone.cli.sweep import sweep
from borderzone.cli.terminal import EXIT_BUG, EXIT_INTERRUPTED, Loudness, complain, say, tell
from borderzone.cli.whatif import whatif

__all__ = ["app", "main"]

app = typer.Typer(
    name="borderzone",
    help="Land borders, hard ground and patrol coverage, kilometre by kilometre.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (report, figure, init, borders, data, check, whatif, sweep):
    app.command()(command)
app.add_typer(fetch_app)

_state = {"debug": False}


def _version(value: bool) -> None:  # noqa: FBT001 - typer hands the flag by position
    if value:
        say(f"borderzone {borderzone.__version__}")
        raise typer.Exit


@app.callback()
@spread_options()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    _state["debug"] = debug and not version


def main() -> None:
    """Run the command line; every error becomes a sentence and an exit code."""
    Loudness.forget()
    try:
        sys.exit(app(standalone_mode=False))
    except errors.BorderzoneError as error:
        _trace()
        sys.exit(tell(error))
    except typer.Abort:
        complain("borderzone: stopped")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last line of defence tells and exits with 1
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            sys.exit(_tell_usage(error))
        _trace()
        complain(f"borderzone: this is a bug: {type(error).__name__}: {error}")
        complain("Run again with --debug for the traceback, and report it.")
        sys.exit(EXIT_BUG)


def _tell_usage(error: Any) -> int:
    """Tell a command that typer does not understand, which may quote what was typed."""
    error.message = line(str(error.message))
    # Without a command the help was printed, and nothing is left to say.
    if error.format_message().strip():
        error.show()
    return int(error.exit_code)


def _trace() -> None:
    for row in traceback.format_exc().splitlines() if _state["debug"] else ():
        complain(row)
