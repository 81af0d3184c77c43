"""The command ``borderzone check``: an incident table, read as a study would read it."""

from __future__ import annotations

from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from borderzone import errors
from borderzone import incidents as room
from borderzone._guards import asked_from, check_probability, local_path
from borderzone.cli.options import Form, Limit, json_rows, refuse_existing, spread_options
from borderzone.cli.terminal import complain, print_json, remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import geopandas as gpd

__all__ = ["check"]

_REJECTED = "incidents_rejected.csv"
_TYPES: dict[str, Any] = {
    "text": str,
    "code": str,
    "day": str,
    "parts": list[str],
    "words": list[str],
    "days": tuple[str, str],
    "box": tuple[float, float, float, float],
}
_METAVARS = {"parts": "PART=COLUMN", "days": "FIRST LAST", "day": "DAY", "box": "W S E N"}


def _read_options() -> Iterator[Parameter]:
    """Make an option of each of `incidents.read`, by the one list of them."""
    annotated: Any = Annotated
    for name, one in room.ReadOptions.known.items():
        flag = one.kind == "flag"
        # A flag that names itself has no --no- beside it.
        names = (f"--{name.replace('_', '-')}",) if flag else ()
        option = typer.Option(*names, help=one.help, metavar=_METAVARS.get(one.kind))
        yield Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=False if flag else None,
            annotation=annotated[bool if flag else _TYPES[one.kind] | None, option],
        )


@spread_options(*_read_options())
def check(
    incidents: Annotated[Path, typer.Argument(help="Incident table to check.")],
    *,
    rejected: Annotated[
        Path | None,
        typer.Option(
            help=f"CSV file for the rejected rows; without it {_REJECTED}, if that is free."
        ),
    ] = None,
    limit: Limit = 0.2,
    form: Form,
    **asked: Any,
) -> None:
    """Check an incident table row by row; exit code 3 when too many rows are unusable."""
    check_probability(limit, "limit")
    form.check()
    _check_free(rejected)
    with asked_from("command line"):
        events = room.read(incidents, options=_said(asked))
        found = room.TableCheck(events)
        # Beside a table for a program, what people read goes where people look.
        tell = remark if form.plain else complain
        kept = _keep_rejected(found.rejected, rejected, tell)
        if form.json:
            print_json(_told(found, kept))
        else:
            form.show(found.findings, f"{incidents}: {len(events)} rows")
            for sentence in found.sentences:
                tell(sentence)
        found.require_usable(limit=limit)


def _told(found: room.TableCheck, kept: Path | None) -> dict[str, Any]:
    """Give all that was found as plain values."""
    findings = found.findings
    return {
        **{str(name): value for name, value in findings.attrs.items()},
        "findings": json_rows(findings),
        "sentences": list(found.sentences),
        "rejected_file": None if kept is None else str(kept),
    }


def _said(asked: dict[str, Any]) -> room.ReadOptions:
    """Give the options of reading that were said."""
    said = {name: value for name, value in asked.items() if value not in (None, False, [], ())}
    if "columns" in said:
        said["columns"] = room.ReadOptions.named_columns(said["columns"])
    return room.ReadOptions.of(said)


def _check_free(rejected: Path | None) -> None:
    """Refuse a file that cannot be written before the time is spent on reading."""
    if rejected is None:
        return
    refuse_existing(rejected)
    if rejected.suffix.lower() != ".csv":
        msg = f"{rejected} does not end in .csv: the rejected rows are written as CSV"
        raise errors.OutputError(msg)
    if not local_path(rejected).absolute().parent.is_dir():
        msg = f"{rejected}: there is no folder {str(rejected.parent)!r}; make it first"
        raise errors.OutputError(msg)


def _keep_rejected(
    bad: gpd.GeoDataFrame, named: Path | None, tell: Callable[[str], None]
) -> Path | None:
    """Write the rejected rows, never over a file that is there; give the file."""
    if not len(bad):
        return None
    file = Path(_REJECTED) if named is None else named
    if file.exists():
        tell(
            f"{len(bad)} rejected rows are not written: {file} exists; name a file with --rejected"
        )
        return None
    # Single rows, to be mended at home: the file says so, whatever the terms of the source.
    room.write(bad, file, detail="internal")
    tell(f"{len(bad)} rejected rows: {file}")
    return file
