"""
Readers that may break down, run as a program of its own with limits on memory and time.

The program is this text alone: it imports nothing of borderzone. It takes one line of JSON and answers in lines of
JSON, the last of which says ``{"end": ...}`` or ``{"error": ...}``.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["answers"]

_PEEK = 16  # rows that tell how long the others may be
_AT_ONCE_ROWS, _AT_ONCE_BYTES = 65_536, 2**25


def _plain(cell: Any) -> Any:
    """Dates are told as such; what JSON has no word for becomes text."""
    if isinstance(cell, dt.datetime):
        return {"datetime": cell.isoformat()}
    if isinstance(cell, dt.date):
        return {"date": cell.isoformat()}
    return str(cell)


def _sheets(file: str, wanted: str | None, most_cells: int) -> Iterator[Any]:
    """Tell the names of all sheets, then the rows with anything in them of one sheet, or of each."""
    from python_calamine import CalamineWorkbook  # noqa: PLC0415 - an extra

    book = CalamineWorkbook.from_path(file)
    names = list(book.sheet_names)
    yield {"names": names}
    if wanted is not None and wanted not in names:
        return
    cells_so_far = 0
    for name in names if wanted is None else [wanted]:
        yield {"sheet": name}
        sheet = book.get_sheet_by_name(name)
        cells_so_far += sheet.height * sheet.width
        if cells_so_far > most_cells:  # one sheet may be listed a thousand times
            yield {"cells": cells_so_far}
            return
        start = sheet.start[1] if sheet.start else 0
        for row in sheet.iter_rows():
            cells = row[start:]
            while cells and cells[-1] == "":
                cells.pop()
            if cells:
                yield cells


def _parquet(file: str, most_rows: int, most_bytes: int) -> Iterator[Any]:
    """Unpack a table batch by batch, and tell what it takes; no further than the limits."""
    import pyarrow as pa  # noqa: PLC0415 - not needed for sheets
    import pyarrow.parquet as pq  # noqa: PLC0415

    pa.set_cpu_count(1)
    rows = size = 0
    with pq.ParquetFile(file) as table:
        for group in range(table.metadata.num_row_groups):
            some = next(table.iter_batches(_PEEK, [group], use_threads=False), None)
            if some is None:
                continue
            each = some.nbytes // max(some.num_rows, 1) + 1
            at_once = min(max(_AT_ONCE_BYTES // each, _PEEK), _AT_ONCE_ROWS)
            for batch in table.iter_batches(at_once, [group], use_threads=False):
                batch.validate(full=True)  # text that is none, places that point elsewhere
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if rows > most_rows or size > most_bytes:
                    yield {"rows": rows, "bytes": size}
                    return
    yield {"rows": rows, "bytes": size}


def answers(task: str, arguments: list[Any]) -> Generator[Any, None, None]:
    """
    Read, here or in a program of its own.

    Parameters
    ----------
    task
        ``"sheets"`` or ``"parquet"``.
    arguments
        What the task takes.

    Yields
    ------
    object
        What JSON can hold.
    """
    try:
        yield from _sheets(*arguments) if task == "sheets" else _parquet(*arguments)
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except MemoryError:
        yield {"error": "memory"}
    except BaseException as error:  # noqa: BLE001 - a panic of the reader is no Exception
        yield {"error": " ".join(str(error).split())[:300] or type(error).__name__}
    else:
        yield {"end": True}


def _confine(memory: int, seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        _, hard = resource.getrlimit(kind)
        here = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (here, hard))
        except (ValueError, OSError):
            continue  # a system that does not hold processes to it
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ValueError, OSError):
        return


def _main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    sys.path.extend(asked["paths"])
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    _confine(asked["memory"], asked["seconds"])
    for answer in answers(asked["task"], asked["arguments"]):
        line = json.dumps(answer, default=_plain, separators=(",", ":"))
        sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
