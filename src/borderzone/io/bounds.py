"""How far a file may be opened: its limits, memory that runs out, and readers in a process of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import functools
import importlib.util
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from borderzone._guards import check_whole, guarded, nearest, shown
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.io.formats import reader_program

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

__all__ = [
    "VARIABLE",
    "Limits",
    "cells_allowed",
    "check_parquet",
    "limits",
    "read_apart",
    "start_arrow",
]

_KIB, _MIB, _GIB = 1024, 1024**2, 1024**3
VARIABLE = "BORDERZONE_LIMITS"
"""Variable of the environment that raises limits where no Python is written."""


P = ParamSpec("P")
R = TypeVar("R")


@guarded
@dataclass(frozen=True, kw_only=True)
class Limits:
    """
    How much a file may hold.

    A small file can ask for all memory of a machine. What it states of its size is
    compared with these numbers before it is read, and what comes out while it is read.

    Attributes
    ----------
    file_bytes
        Size of any file.
    text_bytes
        Size of a text: CSV, GeoJSON, KML.
    toml_bytes
        Size of a study or scenario in TOML.
    folder_files
        Files of a folder that are read as one table.
    archive_files
        Files in an archive.
    archive_bytes
        What an archive unpacks to.
    archive_ratio
        How many times its size an archive unpacks to.
    sheet_bytes
        What a spreadsheet unpacks to.
    sheet_cells
        Cells of the box from the first to the last filled cell of a sheet.
    table_rows
        Rows of a table.
    table_columns
        Columns of a table.
    table_bytes
        What the cells of a table take in memory.
    event_rows
        Rows of a table of incidents, each of which takes half a kilobyte when it is judged.
    kml_bytes
        Size of a KML times its folders, for each of which it is read again.
    database_entries
        Tables, indexes and triggers of a GeoPackage.
    database_sql_bytes
        Longest definition of one of them.
    database_steps
        Steps of SQLite that looking at one layer of a GeoPackage may take.
    mosaic_bytes
        Size of a mosaic of rasters, VRT.
    mosaic_files
        Rasters that it names.
    raster_cells
        Cells of a raster, over all bands.
    raster_cells_by_block
        The same of a raster that is never held whole.
    grid_cells
        Cells of the working grid of a study and the ground around it: some fifty layers of them lie
        in memory.
    raster_part_cells
        Cells of the part of a raster around a grid, which is held at once.
    raster_piece_cells
        Cells of one stored piece (tile or strip) of a raster, over the bands stored with it.
    reader_bytes
        Memory of a reader that runs in a process of its own.
    reader_seconds
        Time on a processor of a reader that runs in a process of its own.

    Examples
    --------
    >>> Limits().table_columns
    5000
    """

    file_bytes: int = 20 * _GIB
    text_bytes: int = 512 * _MIB
    toml_bytes: int = 256 * _KIB
    folder_files: int = 1_000
    archive_files: int = 1_000
    archive_bytes: int = 2 * _GIB
    archive_ratio: int = 100
    sheet_bytes: int = _GIB
    sheet_cells: int = 20_000_000
    table_rows: int = 20_000_000
    table_columns: int = 5_000
    table_bytes: int = 512 * _MIB
    event_rows: int = 1_000_000
    kml_bytes: int = 128 * _MIB
    database_entries: int = 10_000
    database_sql_bytes: int = 256 * _KIB
    database_steps: int = 1_000_000_000
    mosaic_bytes: int = 16 * _MIB
    mosaic_files: int = 10_000
    raster_cells: int = 1_000_000_000
    raster_cells_by_block: int = 4_000_000_000
    grid_cells: int = 50_000_000
    raster_part_cells: int = 2**26
    raster_piece_cells: int = 2**26
    reader_bytes: int = 2 * _GIB
    reader_seconds: int = 300

    @classmethod
    def now(cls) -> Limits:
        """
        Tell the limits that hold now.

        Returns
        -------
        Limits
            The usual ones, as the environment and `limits` have changed them.

        Raises
        ------
        InvalidParameterError
            If the variable of the environment names no limit.

        Examples
        --------
        >>> with limits(table_columns=20_000):
        ...     Limits.now().table_columns
        20000
        """
        told = os.environ.get(VARIABLE, "")
        merged = _from_environment(told) if told.strip() else {}
        for changes in tuple(_RAISED):
            merged |= changes
        return cls(**merged)

    def check(self, name: str, number: int, unit: str, told: str) -> None:
        """
        Refuse what holds more than a limit allows.

        Parameters
        ----------
        name
            Name of the limit.
        number, unit
            How much there is, and of what.
        told
            What holds it, for the message.

        Raises
        ------
        LimitError
            If it is more.

        Examples
        --------
        >>> Limits(table_columns=2).check("table_columns", 3, "columns", "the table")
        Traceback (most recent call last):
            ...
        borderzone.errors.LimitError: the table holds 3 columns or more, the limit is 2...
        """
        most: int = getattr(self, _known(name))
        if number > most:
            msg = (
                f"{told} holds {number:,} {unit} or more, the limit is {most:,}; cut it first, or "
                f"{self.how_to_raise(name, number)}"
            )
            raise LimitError(msg)

    def check_table(self, rows: int, columns: int, told: str) -> None:
        """
        Refuse a table that is too large before it is built.

        Parameters
        ----------
        rows, columns
            How many it has.
        told
            What it is, for the message.

        Raises
        ------
        LimitError
            If there are more, or their cells, of eight bytes at least, take more memory.
        """
        self.check("table_rows", rows, "rows", told)
        self.check("table_columns", columns, "columns", told)
        self.check("table_bytes", 8 * rows * columns, "bytes of cells", told)

    @staticmethod
    def how_to_raise(name: str, needed: int) -> str:
        """
        Say how the user raises a limit, wherever they are.

        Parameters
        ----------
        name
            Name of the limit.
        needed
            What it must be for the file at hand.

        Returns
        -------
        str
            The end of a sentence.

        Examples
        --------
        >>> Limits.how_to_raise("table_columns", 20_000)
        'if you trust it, raise the limit: with borderzone.io.limits(table_columns=20000)...'
        """
        return (
            f"if you trust it, raise the limit: with borderzone.io.limits({_known(name)}={needed}), or "
            f"{VARIABLE}={name}={needed} on the command line"
        )

    @staticmethod
    def memory_told(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """
        Let a door to files tell that memory ran out, whichever library noticed it.

        Parameters
        ----------
        what
            What the files are needed for, for the message.

        Returns
        -------
        Callable
            A decorator; what it stands on raises `LimitError` where memory ends.
        """

        def over(door: Callable[P, R]) -> Callable[P, R]:
            @functools.wraps(door)
            def told(*args: P.args, **kwargs: P.kwargs) -> R:
                try:
                    return door(*args, **kwargs)
                except MemoryError as error:
                    given = next(iter((*args, *kwargs.values())), "")
                    name = "it"
                    if isinstance(given, (str, os.PathLike)):
                        name = shown(Path(given).name)
                    msg = (
                        f"{what}: {name} does not fit into the memory that is free; cut it to what is "
                        "needed, close other programs, or raise the limit that the system sets (ulimit -v)"
                    )
                    raise LimitError(msg) from error

            return told

        return over


_NAMES = tuple(field.name for field in dataclasses.fields(Limits))
# Readers work in threads of their own, so what is raised holds for the whole process.
_RAISED: list[Mapping[str, int]] = []


@contextmanager
def limits(**changes: int) -> Iterator[Limits]:
    """
    Put other limits in place of the usual ones while the body runs.

    They hold for the whole process, because files are read in several threads.
    On the command line the variable ``BORDERZONE_LIMITS`` does the same, as in
    ``BORDERZONE_LIMITS="raster_cells=2000000000 table_rows=50000000"``.

    Parameters
    ----------
    **changes
        New value by name, such as ``raster_cells=2_000_000_000``; names as in `Limits`.

    Yields
    ------
    Limits
        What holds inside the body.

    Raises
    ------
    InvalidParameterError
        If a name is no limit, or a value no whole number above zero.

    Examples
    --------
    >>> with limits(table_columns=20_000) as wider:
    ...     wider.table_columns
    20000
    """
    checked = {_known(name): check_whole(value, name, lowest=1) for name, value in changes.items()}
    _RAISED.append(checked)
    try:
        yield Limits.now()
    finally:
        _RAISED[:] = [other for other in _RAISED if other is not checked]


def cells_allowed(name: str, max_cells: int | None) -> int:
    """Tell how many cells a raster may have."""
    if max_cells is not None:
        return check_whole(max_cells, "max_cells", unit="cells")
    allowed: int = getattr(Limits.now(), _known(name))
    return allowed


def _from_environment(told: str) -> dict[str, int]:
    found = {}
    for word in told.replace(",", " ").split():
        name, _, value = word.partition("=")
        if not value.isdecimal() or len(value) > 18 or int(value) < 1:
            msg = (
                f"{VARIABLE} must hold name=number, such as table_rows=50000000, got {word[:80]!r}"
            )
            raise InvalidParameterError(msg)
        found[_known(name)] = int(value)
    return found


def _known(name: str) -> str:
    if name in _NAMES:
        return name
    near = nearest(name, _NAMES)
    meant = f"did you mean {near[0]!r}?" if near else f"limits are {', '.join(_NAMES)}"
    msg = f"{name[:80]!r} is no limit; {meant}"
    raise InvalidParameterError(msg)


def start_arrow() -> None:
    """
    Let Arrow reserve its room now, or take the system's where there is a limit on it.

    Arrow reserves a gigabyte of addresses when it is first asked for a byte. Later, under a limit
    on memory, that would fail and leave nothing for others, however small the table is.
    """
    if _is_limited():
        pa.set_memory_pool(pa.system_memory_pool())
    pa.allocate_buffer(64)


def _is_limited() -> bool:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


_LONGEST_LINE = 2**28
_AGAIN = {
    "netcdf_head": "write it again with nccopy, or as a GeoTIFF with gdal_translate",
    "netcdf_window": "write it again with nccopy, or as a GeoTIFF with gdal_translate",
}
_SAVE = "save it again, or as CSV UTF-8"

start_arrow()


def read_apart(
    task: str,
    arguments: list[Any],
    *,
    library: str | tuple[str, ...],
    told: str,
    most_bytes: int,
    most_memory: int | None = None,
) -> Iterator[Any]:
    """
    Run a reader in a process of its own, with limits on memory and time.

    Where Python is part of another program, and no interpreter can be started, it runs here.
    """
    interpreter = _interpreter()
    memory = min(Limits.now().reader_bytes, most_memory or Limits.now().reader_bytes)
    answers = (
        reader_program.answers(task, arguments)
        if interpreter is None
        else _answers(interpreter, (task, arguments, library, memory), told, most_bytes)
    )
    with contextlib.closing(answers):
        for answer in answers:
            if isinstance(answer, dict) and "error" in answer:
                raise _failed(str(answer["error"]), told, _AGAIN.get(task, _SAVE))
            if isinstance(answer, dict) and "end" in answer:
                return
            yield answer
    msg = f"{told} cannot be read, its reader ended halfway; save it again"
    raise DataError(msg)


def check_parquet(file: Path, what: str) -> None:
    """
    Refuse a Parquet file that is damaged, or unpacks to more than a table may hold.

    What it states is looked at first. A few kilobytes can stand for gigabytes without stating so,
    thus it is then unpacked piece by piece in a process of its own, and nothing kept.
    """
    told = f"{what}: {file.name!r}"
    try:
        with pq.ParquetFile(file) as table:
            stated = table.metadata
            groups = [stated.row_group(i) for i in range(stated.num_row_groups)]
            size = sum(group.total_byte_size for group in groups)
            rows, columns = stated.num_rows, stated.num_columns
    except MemoryError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{told} cannot be read ({_first_line(error)}); export it again"
        raise DataError(msg) from error
    most = Limits.now()
    Limits.now().check_table(rows, columns, told)
    Limits.now().check("table_bytes", size, "bytes", told)
    arguments = [str(file), most.table_rows, most.table_bytes]
    answers = read_apart(
        "parquet", arguments, library="pyarrow", told=told, most_bytes=_LONGEST_LINE
    )
    for answer in answers:
        Limits.now().check("table_rows", answer["rows"], "rows", told)
        Limits.now().check("table_bytes", answer["bytes"], "bytes when unpacked", told)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]


def _interpreter() -> str | None:
    """Python itself, where it is a program of its own."""
    name = Path(sys.executable or "").name.lower()
    own = name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)
    return sys.executable if own else None


def _answers(
    interpreter: str,
    job: tuple[str, list[Any], str | tuple[str, ...], int],
    told: str,
    most_bytes: int,
) -> Generator[Any, None, None]:
    task, arguments, library, memory = job
    asked = {
        "task": task,
        "arguments": arguments,
        "paths": _folders_of((library,) if isinstance(library, str) else library),
        "memory": memory,
        "seconds": Limits.now().reader_seconds,
    }
    program = (
        resources.files("borderzone.io.formats")
        .joinpath("reader_program.py")
        .read_text(encoding="utf-8")
    )
    with subprocess.Popen(  # noqa: S603 - this interpreter, with a text of our own
        [interpreter, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101 - likewise
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(json.dumps(asked).encode() + b"\n")
                process.stdin.close()
            yield from _lines(process.stdout, told, most_bytes)
            code = process.wait()
        finally:
            process.kill()
    if code:
        raise _broken(code, told, memory, _AGAIN.get(task, _SAVE))


def _folders_of(libraries: tuple[str, ...]) -> list[str]:
    specs = [importlib.util.find_spec(name) for name in libraries]
    origins = [spec.origin for spec in specs if spec is not None and spec.origin is not None]
    return list(dict.fromkeys(str(Path(origin).parents[1]) for origin in origins))


def _lines(stream: Any, told: str, most_bytes: int) -> Iterator[Any]:
    length = 0
    while line := stream.readline(_LONGEST_LINE):
        length += len(line)
        if length > most_bytes or not line.endswith(b"\n"):
            msg = (
                f"{told} unpacks to more than the limit of {most_bytes / 1024**3:g} GiB; cut it first, "
                f"or {Limits.how_to_raise('sheet_bytes', 2 * most_bytes)}"
            )
            raise LimitError(msg)
        yield json.loads(line, object_hook=_dates)


def _dates(found: dict[str, Any]) -> Any:
    if found.keys() == {"datetime"}:
        return dt.datetime.fromisoformat(found["datetime"])
    if found.keys() == {"date"}:
        return dt.date.fromisoformat(found["date"])
    return found


def _failed(error: str, told: str, again: str) -> DataError | LimitError:
    if error != "memory":
        return DataError(f"{told} cannot be read ({error}); {again}")
    most = Limits.now().reader_bytes
    return LimitError(
        f"{told} takes more memory to read than the limit of {most / 1024**3:g} GiB; cut it first, or "
        f"{Limits.how_to_raise('reader_bytes', 2 * most)}"
    )


def _broken(code: int, told: str, memory: int, again: str) -> DataError | LimitError:
    most = Limits.now()
    if code == -getattr(signal, "SIGXCPU", 0):
        return LimitError(
            f"{told} takes longer to read than the limit of {most.reader_seconds} s; cut it first, or "
            f"{Limits.how_to_raise('reader_seconds', 2 * most.reader_seconds)}"
        )
    return DataError(
        f"{told} cannot be read: its reader broke down, which damaged files bring about and those that "
        f"need more than {memory / 1024**3:.2g} GiB of memory. {again[0].upper()}{again[1:]}; "
        f"{Limits.how_to_raise('reader_bytes', 2 * most.reader_bytes)}"
    )
