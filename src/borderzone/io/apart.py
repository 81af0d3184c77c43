"""Reading in a process of its own, so that a reader that breaks down takes nothing with it."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import json
import signal
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from borderzone.errors import DataError, LimitError
from borderzone.io import _reader
from borderzone.io.limit import check_limit, check_table, current, how_to_raise
from borderzone.io.memory import start_arrow

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["check_parquet", "read_apart"]

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
    memory = min(current().reader_bytes, most_memory or current().reader_bytes)
    answers = (
        _reader.answers(task, arguments)
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
    most = current()
    check_table(rows, columns, told)
    check_limit("table_bytes", size, "bytes", told)
    arguments = [str(file), most.table_rows, most.table_bytes]
    answers = read_apart(
        "parquet", arguments, library="pyarrow", told=told, most_bytes=_LONGEST_LINE
    )
    for answer in answers:
        check_limit("table_rows", answer["rows"], "rows", told)
        check_limit("table_bytes", answer["bytes"], "bytes when unpacked", told)


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
        "seconds": current().reader_seconds,
    }
    program = resources.files("borderzone.io").joinpath("_reader.py").read_text(encoding="utf-8")
    with subprocess.Popen(  # noqa: S603 - this interpreter, with a text of our own
        [interpreter, "-I", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
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
                f"or {how_to_raise('sheet_bytes', 2 * most_bytes)}"
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
    most = current().reader_bytes
    return LimitError(
        f"{told} takes more memory to read than the limit of {most / 1024**3:g} GiB; cut it first, or "
        f"{how_to_raise('reader_bytes', 2 * most)}"
    )


def _broken(code: int, told: str, memory: int, again: str) -> DataError | LimitError:
    most = current()
    if code == -getattr(signal, "SIGXCPU", 0):
        return LimitError(
            f"{told} takes longer to read than the limit of {most.reader_seconds} s; cut it first, or "
            f"{how_to_raise('reader_seconds', 2 * most.reader_seconds)}"
        )
    return DataError(
        f"{told} cannot be read: its reader broke down, which damaged files bring about and those that "
        f"need more than {memory / 1024**3:.2g} GiB of memory. {again[0].upper()}{again[1:]}; "
        f"{how_to_raise('reader_bytes', 2 * most.reader_bytes)}"
    )
