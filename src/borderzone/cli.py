"""The command line: a study, what can be named, what ships, what can be fetched, and checks."""

from __future__ import annotations

import inspect
import sys
import traceback
from contextlib import contextmanager
from dataclasses import replace
from inspect import Parameter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import borderzone
from borderzone import errors
from borderzone._cli_ucdp import fetch_ucdp
from borderzone._guards import asked_from, check_choice, local_path
from borderzone._guards.escapes import block, line, spreadsheet_table
from borderzone.incidents import READ_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["app", "main"]

EXIT_BUG, EXIT_USAGE, EXIT_DATA, EXIT_NETWORK, EXIT_LIMIT = 1, 2, 3, 4, 5
EXIT_INTERRUPTED = 130  # as shells count it
_ASK_FROM_BYTES = 100_000_000
_REJECTED = "incidents_rejected.csv"

_EXIT_CODES: tuple[tuple[type[errors.BorderzoneError], int], ...] = (
    (errors.LimitError, EXIT_LIMIT),
    (errors.NetworkError, EXIT_NETWORK),
    (errors.DataError, EXIT_DATA),
    (errors.RejectedRowsError, EXIT_DATA),
    (errors.CoverageGapError, EXIT_DATA),
    (errors.NoOverlapError, EXIT_DATA),
    (errors.InvalidGeometryError, EXIT_DATA),
    (errors.CRSMismatchError, EXIT_DATA),
    (errors.BorderzoneError, EXIT_USAGE),
)

app = typer.Typer(
    name="borderzone",
    help="Land borders, hard ground and patrol coverage, kilometre by kilometre.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
fetch_app = typer.Typer(
    name="fetch",
    help="Bring elevation, land cover, roads or public incidents of a corridor from a public store.",
    no_args_is_help=True,
)
app.add_typer(fetch_app)
fetch_app.command("ucdp")(fetch_ucdp)
# What is printed is words: neither markup nor names of pictures are read in them.
_out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)
_state = {"debug": False}

Terms = Annotated[
    str | None,
    typer.Option(help="mine: rows of unknown terms are yours to pass on; else only counts leave."),
]
Limit = Annotated[
    float,
    typer.Option(help="Largest share of rejected rows of incidents that is accepted, 0 to 1."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the files that an earlier run wrote there.")
]

Where = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STUDY.toml | LINE | A B",
        help="A study as TOML, a file with a line, or two countries; without, the built-in study.",
    ),
]
DepthKm = Annotated[
    float | None, typer.Option(help="Depth of the corridor; the study's own when left out.")
]
MarginKm = Annotated[float, typer.Option(help="How far around the corridor, in km.")]
Cache = Annotated[
    Path | None,
    typer.Option(help="Folder to keep tiles in; else $BORDERZONE_CACHE, else the platform's."),
]
Mirror = Annotated[
    str | None,
    typer.Option(help="Root of your own copy of the store: https, or http on localhost."),
]
MaxGb = Annotated[float, typer.Option(help="Refuse, before it starts, to fetch more than this.")]
TimeoutS = Annotated[float, typer.Option(help="Longest wait for an answer, in seconds.")]
Attempts = Annotated[int, typer.Option(help="Tries in a row before a file is given up.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would be fetched.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask on a terminal before 100 MB and more.")
]


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


def _with_read_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command every option of `incidents.read`, by the one list of them."""
    signature = inspect.signature(command, eval_str=True)
    own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    annotated: Any = Annotated
    added = []
    for name, one in READ_OPTIONS.items():
        flag = one.kind == "flag"
        # A flag that names itself has no --no- beside it.
        names = (f"--{name.replace('_', '-')}",) if flag else ()
        option = typer.Option(*names, help=one.help, metavar=_METAVARS.get(one.kind))
        kind = annotated[bool if flag else _TYPES[one.kind] | None, option]
        usual = False if flag else None
        added.append(Parameter(name, Parameter.KEYWORD_ONLY, default=usual, annotation=kind))
        command.__annotations__[name] = kind
    command.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
    return command


def _version(value: bool) -> None:  # noqa: FBT001 - typer hands the flag by position
    if value:
        _say(f"borderzone {borderzone.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    _state["debug"] = debug and not version


@app.command()
def report(  # noqa: PLR0913 (one option a matter that users decide)
    study: Annotated[
        Path | None,
        typer.Argument(
            metavar="[STUDY.toml | LINE]",
            help="A study as TOML, or a file with a line; without one, the built-in study.",
        ),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write.")] = Path("out"),
    seed: Annotated[int | None, typer.Option(help="Seed; the study's own when left out.")] = None,
    detail: Annotated[str, typer.Option(help="public, or internal: adds sensitive layers.")] = (
        "public"
    ),
    terms: Terms = None,
    limit: Limit = 0.2,
    overwrite: Overwrite = False,
) -> None:
    """Run a study and write its report; exit code 3 when too many rows of its incidents are unusable."""
    from borderzone._guards import check_probability  # noqa: PLC0415 - heavy imports
    from borderzone.report import check_folder, write_report  # noqa: PLC0415 - heavy imports
    from borderzone.study import Study  # noqa: PLC0415

    check_probability(limit, "limit")
    check_folder(out, overwrite=overwrite)
    case = Study.default() if study is None else _study_of(study)
    case = case if terms is None else replace(case, terms=terms)
    with _progress() as step:
        result = case.run(seed=case.seed if seed is None else seed, progress=step)
        _refuse_unusable(result.incidents, limit)
        other = _night_vision(case, result, step) if study is None else None
        page = write_report(
            result, out, detail=detail, overwrite=overwrite, comparison=other, progress=step
        )
    _say(f"Report: {page}")
    for sentence in result.summary:
        _say(f"- {sentence}")


def _refuse_unusable(events: Any, limit: float) -> None:
    """Refuse a report on a table of which too many rows cannot be used."""
    from borderzone import incidents  # noqa: PLC0415 - heavy imports

    if events is not None:
        with asked_from("command line"):
            incidents.require_usable(events, limit=limit)


def _study_of(path: Path | str) -> Any:
    """Read a study, or make one of a line of one's own."""
    from borderzone.study import Study  # noqa: PLC0415 - heavy imports
    from borderzone.study.sources import is_line_file  # noqa: PLC0415

    return Study(border=path) if is_line_file(str(path)) else Study.from_toml(path)


def _night_vision(case: Any, result: Any, step: Any) -> Any:
    from borderzone.scenario import PRESETS  # noqa: PLC0415 - heavy imports

    step("the what-if: night vision for all")
    return case.with_scenario(PRESETS["night_vision_for_all"]).run(
        seed=result.seed, ground=result.ground
    )


@app.command()
def borders(
    country: Annotated[str | None, typer.Argument(help="Only borders of this country.")] = None,
) -> None:
    """List the land borders that can be named."""
    from borderzone.border import (  # noqa: PLC0415 - heavy imports
        Country,
        list_borders,
        told_lengths,
    )

    rows = list_borders().drop(columns="geometry")
    if country is not None:
        code = Country.named(country).code
        rows = rows[(rows["a"] == code) | (rows["b"] == code)]
    published = [f"{km:g}" if km > 0 else "not known" for km in rows["published_length_km"]]
    told = told_lengths(rows).str.replace(",", "")
    rows = rows.assign(length_km=told, published_length_km=published)
    _print_table(rows, f"{len(rows)} land borders")


@app.command()
def data() -> None:
    """List the data that ship: origin, licence, resolution, accuracy."""
    from borderzone import datasets  # noqa: PLC0415 - heavy imports

    _print_table(datasets.table(), "Embedded data")


@app.command()
@_with_read_options
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
    **asked: Any,
) -> None:
    """Check an incident table row by row; exit code 3 when too many rows are unusable."""
    from borderzone import incidents as room  # noqa: PLC0415 - heavy imports
    from borderzone._guards import check_probability  # noqa: PLC0415

    check_probability(limit, "limit")
    _check_free(rejected)
    with asked_from("command line"):
        events = room.read(incidents, **_said(asked))
        _print_table(room.check(events), f"{incidents}: {len(events)} rows")
        for sentence in room.verdict_sentences(events):
            _say(sentence)
        _keep_rejected(room.rejected(events), rejected)
        room.require_usable(events, limit=limit)


def _said(asked: dict[str, Any]) -> dict[str, Any]:
    """Give the options of reading that were said, in the form in which `read` takes them."""
    from borderzone.incidents.reading.readers import named_columns, read_options  # noqa: PLC0415 - heavy

    said = {name: value for name, value in asked.items() if value not in (None, False, [], ())}
    if "columns" in said:
        said["columns"] = named_columns(said["columns"])
    return read_options(said)


def _check_free(rejected: Path | None) -> None:
    """Refuse a file that cannot be written before the time is spent on reading."""
    if rejected is None:
        return
    if local_path(rejected).exists():
        msg = f"{rejected} exists; choose another name or remove it first"
        raise errors.OutputError(msg)
    if rejected.suffix.lower() != ".csv":
        msg = f"{rejected} does not end in .csv: the rejected rows are written as CSV"
        raise errors.OutputError(msg)
    if not local_path(rejected).absolute().parent.is_dir():
        msg = f"{rejected}: there is no folder {str(rejected.parent)!r}; make it first"
        raise errors.OutputError(msg)


def _keep_rejected(bad: Any, named: Path | None) -> None:
    """Write the rejected rows, never over a file that is there."""
    from borderzone.incidents import write  # noqa: PLC0415 - heavy imports

    if not len(bad):
        return
    file = Path(_REJECTED) if named is None else named
    if file.exists():
        _say(
            f"{len(bad)} rejected rows are not written: {file} exists; name a file with --rejected"
        )
        return
    # Single rows, to be mended at home: the file says so, whatever the terms of the source.
    write(bad, file, detail="internal")
    _say(f"{len(bad)} rejected rows: {file}")


@app.command()
def whatif(
    a: Annotated[str, typer.Argument(help="Scenario or study as TOML, or the name of a preset.")],
    b: Annotated[str, typer.Argument(help="The same, to compare with the first.")],
    *,
    seed: Annotated[int, typer.Option(help="Seed of both runs.")] = 1,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write the table as CSV.")] = None,
) -> None:
    """Compare two scenarios, draw by draw with the same seed."""
    from borderzone.io import write_csv  # noqa: PLC0415 - heavy imports
    from borderzone.study import Study  # noqa: PLC0415
    from borderzone.study.told import DIFFERENCE_WORDS  # noqa: PLC0415
    from borderzone.whatif import compare  # noqa: PLC0415

    if out is not None and local_path(out).exists():
        msg = f"{out} exists; choose another name or remove it first"
        raise errors.OutputError(msg)
    studies = [Study.from_name(name) for name in (a, b)]
    with _progress() as step:
        results = [study.run(seed=seed, progress=step) for study in studies]
    table = compare(*results)
    _print_table(table, f"{results[0].scenario.name} against {results[1].scenario.name}")
    _say(DIFFERENCE_WORDS)
    if out is not None:
        write_csv(table, out)


@fetch_app.command("dem")
def fetch_dem(  # noqa: PLR0913 (one option a matter that users decide)
    where: Where = None,
    *,
    source: Annotated[str, typer.Option(help="glo30 or glo90: Copernicus DEM, 30 or 90 m.")] = (
        "glo30"
    ),
    depth_km: DepthKm = None,
    margin_km: MarginKm = 0.0,
    cache: Cache = None,
    mirror: Mirror = None,
    max_gb: MaxGb = 20.0,
    timeout_s: TimeoutS = 30.0,
    attempts: Attempts = 5,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bring the Copernicus elevation tiles of a corridor."""
    check_choice(source, "source", ("glo30", "glo90"))
    what = {"source": source, "margin_km": margin_km, "cache": cache}
    how = {"mirror": mirror, "max_gb": max_gb, "timeout_s": timeout_s, "attempts": attempts}
    _fetch(_corridor(where or [], depth_km), what, how, dry_run=dry_run, yes=yes)


@fetch_app.command("landcover")
def fetch_landcover(  # noqa: PLR0913 (as above)
    where: Where = None,
    *,
    depth_km: DepthKm = None,
    margin_km: MarginKm = 0.0,
    cache: Cache = None,
    mirror: Mirror = None,
    max_gb: MaxGb = 20.0,
    timeout_s: TimeoutS = 30.0,
    attempts: Attempts = 5,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bring the ESA WorldCover 2021 tiles of a corridor: classes at 10 m."""
    what = {"source": "worldcover", "margin_km": margin_km, "cache": cache}
    how = {"mirror": mirror, "max_gb": max_gb, "timeout_s": timeout_s, "attempts": attempts}
    _fetch(_corridor(where or [], depth_km), what, how, dry_run=dry_run, yes=yes)


@fetch_app.command("roads")
def fetch_roads(  # noqa: PLR0913 (as above)
    where: Where = None,
    *,
    source: Annotated[str, typer.Option(help="osm (ODbL 1.0) or grip4 (CC0 1.0).")] = "osm",
    extract: Annotated[
        list[str] | None,
        typer.Option(help="Extract of OpenStreetMap, such as asia/iraq; may be given again."),
    ] = None,
    region: Annotated[
        list[int] | None, typer.Option(help="Region of GRIP4, 1 to 7; may be given again.")
    ] = None,
    depth_km: DepthKm = None,
    margin_km: Annotated[float, typer.Option(help="How far around the corridor.")] = 50.0,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write into.")] = Path(),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a file that is there.")
    ] = False,
    cache: Cache = None,
    mirror: Mirror = None,
    max_gb: MaxGb = 20.0,
    timeout_s: TimeoutS = 30.0,
    attempts: Attempts = 5,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Bring the roads of a corridor: OpenStreetMap by country, or GRIP4 by region."""
    from borderzone import fetch  # noqa: PLC0415 - heavy imports

    what: dict[str, Any] = {
        "source": source, "parts": [*(extract or ()), *(region or ())] or None, "cache": cache,
        "network": fetch.Network(
            mirror=mirror, max_gb=max_gb, timeout_s=timeout_s, attempts=attempts
        ),
    }  # fmt: skip
    corridor = _corridor(where or [], depth_km)
    if dry_run:
        for sentence in fetch.roads_plan(corridor, **what).sentences():
            _say(sentence)
        return
    with _kept_when_interrupted(fetch.cache_folder(cache) / f"roads-{source}"):
        result = fetch.roads(
            corridor,
            margin_km=margin_km,
            out=out,
            overwrite=overwrite,
            announce=_say,
            confirm=None if yes else _confirm,
            **what,
        )
    _say(f"{result.rows:,} roads, {result.length_km:,.0f} km: {result.path}")
    _say(f"Record: {result.record}")
    _say(result.attribution)
    _say(f"In a study file:\n{result.study_line}")


@contextmanager
def _kept_when_interrupted(folder: Path) -> Iterator[None]:
    """Say what is kept when somebody ends a fetch."""
    try:
        yield
    except KeyboardInterrupt:
        _complain(
            f"borderzone: interrupted; what was brought is kept in {folder}, and the same command "
            "goes on from there"
        )
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _corridor(where: list[str], depth_km: float | None) -> Any:
    from borderzone.border import Border  # noqa: PLC0415 - heavy imports
    from borderzone.corridor import Corridor  # noqa: PLC0415
    from borderzone.scenario import Scenario  # noqa: PLC0415
    from borderzone.study import Study  # noqa: PLC0415

    if len(where) > 2:
        msg = f"name one study file or two countries, got {len(where)} words: {' '.join(where)}"
        raise errors.InvalidParameterError(msg)
    if len(where) == 2:
        border, scenario = Border.between(*where), Scenario()
    else:
        study = _study_of(where[0]) if where else Study.default()
        border, scenario = study.border, study.scenario
    depth = scenario.depth_km if depth_km is None else depth_km
    return Corridor.around(border, depth_km=depth, segment_km=scenario.segment_km)


def _fetch(
    corridor: Any, what: dict[str, Any], how: dict[str, Any], *, dry_run: bool, yes: bool
) -> None:
    from borderzone import fetch  # noqa: PLC0415 - heavy imports

    network = fetch.Network(**how)
    _say_corridor(fetch, corridor, what["source"], what["margin_km"])
    if dry_run:
        for sentence in fetch.plan(corridor, network=network, **what).sentences():
            _say(sentence)
        return
    told: dict[str, Any] = {
        "network": network,
        "announce": _say,
        "confirm": None if yes else _confirm,
    }
    cover = what["source"] == "worldcover"
    rest = {name: value for name, value in what.items() if not (cover and name == "source")}
    with _kept_when_interrupted(fetch.cache_folder(what["cache"]) / what["source"]):
        result = (fetch.esa_worldcover if cover else fetch.dem)(corridor, **rest, **told)
    _say(f"{len(result.paths)} tiles, {result.bytes / 1e6:.2f} MB, in {result.folder}")
    _say(result.attribution)
    _say(f"In a study file:\n{result.study_line}")


def _confirm(plan: Any) -> None:
    """Ask whoever sits at a terminal; a script has --max-gb."""
    ask = plan.bytes >= _ASK_FROM_BYTES and sys.stdin.isatty() and sys.stderr.isatty()
    if ask and not typer.confirm("Fetch them?", err=True):
        _complain("borderzone: nothing was fetched")
        raise typer.Exit(EXIT_INTERRUPTED)


def _say_corridor(fetch: Any, corridor: Any, source: str, margin_km: float) -> None:
    from borderzone.study.sources import AROUND_KM  # noqa: PLC0415 - heavy imports

    depths = ", ".join(f"{code} {km:g} km" for code, km in corridor.depth_km.items())
    _say(f"Corridor {corridor.border.a}-{corridor.border.b}: {depths}; margin {margin_km:g} km.")
    if source == "worldcover" or margin_km >= AROUND_KM:
        return
    more = len(fetch.tiles(corridor, source=source, margin_km=AROUND_KM)) - len(
        fetch.tiles(corridor, source=source, margin_km=margin_km)
    )
    if more:
        _say(
            f"Travel times can start up to {AROUND_KM:g} km outside the corridor: ground without "
            f"elevation gives them no way. --margin-km {AROUND_KM:g} adds {more} tiles."
        )


def _say(sentence: str) -> None:
    _out.print(block(str(sentence)))


def _complain(sentence: str) -> None:
    _err.print(block(sentence))


def _print_table(frame: Any, title: str) -> None:
    if not _out.is_terminal:
        _say(f"# {line(title)}")
        rows = spreadsheet_table(frame).to_csv(index=False, sep="\t", float_format="%.6g")
        for row in rows.rstrip().split("\n"):
            _say(row)
        return
    table = Table(title=line(title), show_lines=False)
    for column in frame.columns:
        table.add_column(line(str(column)), overflow="fold")
    for row in frame.itertuples(index=False):
        table.add_row(
            *(f"{cell:.4g}" if isinstance(cell, float) else line(str(cell)) for cell in row)
        )
    _out.print(table)


class _progress:  # noqa: N801 - used like a function
    """A spinner that names the running step; silent when not a terminal."""

    def __init__(self) -> None:
        self._status = _err.status("starting") if _err.is_terminal else None

    def __enter__(self) -> Any:
        if self._status is not None:
            self._status.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def _step(self, name: str) -> None:
        if self._status is not None:
            self._status.update(Text(line(name)))


def _tell(error: errors.BorderzoneError) -> int:
    _err.print("borderzone:", style="bold", end=" ")
    _complain(f"{type(error).__name__}: {error}")
    return next(code for kind, code in _EXIT_CODES if isinstance(error, kind))


def main() -> None:
    """Run the command line; every error becomes a sentence and an exit code."""
    try:
        sys.exit(app(standalone_mode=False))
    except errors.BorderzoneError as error:
        _trace()
        sys.exit(_tell(error))
    except typer.Abort:
        _complain("borderzone: stopped")
        sys.exit(EXIT_INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - the last line of defence tells and exits with 1
        if hasattr(error, "show") and hasattr(error, "exit_code"):
            sys.exit(_tell_usage(error))
        _trace()
        _complain(f"borderzone: this is a bug: {type(error).__name__}: {error}")
        _complain("Run again with --debug for the traceback, and report it.")
        sys.exit(EXIT_BUG)


def _tell_usage(error: Any) -> int:
    """Tell a command that typer does not understand, which may quote what was typed."""
    error.message = line(str(error.message))
    if (
        error.format_message().strip()
    ):  # without a command the help was printed, and nothing is left to say
        error.show()
    return int(error.exit_code)


def _trace() -> None:
    for row in traceback.format_exc().splitlines() if _state["debug"] else ():
        _complain(row)


if __name__ == "__main__":
    main()
