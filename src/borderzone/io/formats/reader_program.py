"""
Readers that may break down, run as a program of its own with limits on memory and time.

The program is this text alone: it imports nothing of borderzone. It takes one line of JSON and answers in lines of
JSON, the last of which says ``{"end": ...}`` or ``{"error": ...}``.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

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
        yield from _filled(sheet)


def _filled(sheet: Any) -> Iterator[Any]:
    """Give the rows with anything in them; before one that does not follow the last, its number."""
    top, left = sheet.start or (0, 0)
    expected = offset = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        # Some versions give the empty rows and columns before the first filled ones, some not.
        cells = row[left:] if len(row) > sheet.width else row
        while cells and cells[-1] == "":
            cells.pop()
        if cells:
            if not expected and number == 1:
                offset = top
            if number != expected:
                yield {"line": number + offset}
            expected = number + 1
            yield cells


def _parquet(file: str, most_rows: int, most_bytes: int) -> Iterator[Any]:
    """Unpack a table batch by batch, and tell what it takes; no further than the limits."""
    import pyarrow as pa  # noqa: PLC0415 - not needed for sheets
    import pyarrow.parquet as pq  # noqa: PLC0415 - likewise

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


_NETCDF3, _HDF5 = b"CDF", b"\x89HDF"
_PACKED = {1, 2, 3}  # deflate, shuffle and checksum: what HDF5 has itself, without a plug-in
_MOST_VARIABLES, _MOST_AXIS, _MOST_WORDS = 1_000, 2_000_000, 20_000


def _netcdf(file: str, most_piece: int) -> Any:
    """Open one file with xarray, by the engine that its first bytes ask for, and nothing beside it."""
    import xarray as xr  # noqa: PLC0415 - not needed for sheets

    with open(file, "rb") as stream:  # noqa: PTH123 - the program imports little
        head = stream.read(4)
    if head.startswith(_HDF5):
        _check_hdf5(file, most_piece)
    return xr.open_dataset(
        file,
        engine="scipy" if head.startswith(_NETCDF3) else "h5netcdf",
        decode_times=False,
        decode_coords=False,
        decode_timedelta=False,
        concat_characters=False,
        cache=False,
    )


def _check_hdf5(file: str, most_piece: int) -> None:
    """Refuse what would read other files, load a plug-in, or unpack more at once than may be held."""
    import h5py  # noqa: PLC0415 - an extra

    with h5py.File(file, "r") as root:
        if len(root) > _MOST_VARIABLES:
            msg = f"it holds {len(root)} variables"
            raise ValueError(msg)
        for name in root:
            hard = isinstance(root.get(name, getlink=True), h5py.HardLink)
            item = root[name] if hard else None
            why = "" if hard else "is a link"
            if isinstance(item, h5py.Dataset):
                why = _wrong_in_hdf5(item, most_piece)
            if why:
                msg = f"its variable {name[:80]!r} {why}"
                raise ValueError(msg)


def _wrong_in_hdf5(item: Any, most_piece: int) -> str:
    made = item.id.get_create_plist()
    if item.is_virtual or item.external:
        return "keeps its numbers in another file"
    if not {made.get_filter(i)[0] for i in range(made.get_nfilters())} <= _PACKED:
        return "is packed in another way than deflate"
    piece = math.prod(item.chunks or ())
    return f"is stored in pieces of {piece} numbers, the limit is {most_piece}" * (
        piece > most_piece
    )


def _word(value: Any) -> Any:
    """Attributes as JSON can hold them: text, a number, or a few numbers."""
    if isinstance(value, (str, bytes)):
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        return text[:_MOST_WORDS]
    numbers = [float(number) for number in getattr(value, "flat", [value])][:16]
    return numbers[0] if len(numbers) == 1 else numbers


def _netcdf_head(file: str, most_piece: int) -> Iterator[Any]:
    """Tell what each variable is, and of an axis where it begins, ends, and how evenly it runs."""
    import numpy as np  # noqa: PLC0415 - only rasters need it

    with _netcdf(file, most_piece) as data:
        for name in list(data.variables)[:_MOST_VARIABLES]:
            one = data.variables[name]
            told = {
                "name": str(name),
                "dims": [str(dim) for dim in one.dims],
                "shape": [int(side) for side in one.shape],
                "kind": one.dtype.kind,
                "packing": _packing(one),
                "words": {},
            }
            for key, value in one.attrs.items():
                try:
                    told["words"][str(key)] = _word(value)
                except (TypeError, ValueError):
                    continue  # of no kind that says where or what something is
            if one.dims == (name,) and one.dtype.kind in "iuf" and 1 < one.size <= _MOST_AXIS:
                values = np.asarray(one.to_numpy(), float)
                even = np.linspace(values[0], values[-1], len(values))
                step = abs(values[-1] - values[0]) / (len(values) - 1)
                off = float(np.abs(values - even).max() / step) if step > 0 else float("nan")
                told["axis"] = [float(values[0]), float(values[-1]), off]
            yield told


def _packing(one: Any) -> tuple[float, float]:
    """Scale and offset of packed numbers."""
    return float(one.encoding.get("scale_factor", 1)), float(one.encoding.get("add_offset", 0))


def _valid(one: Any) -> tuple[float, float]:
    """Least and largest valid number, unpacked; what lies beyond is no data, as CF has it."""
    scale, offset = _packing(one)
    given = [float(number) for number in one.attrs.get("valid_range", (-math.inf, math.inf))]
    low = float(one.attrs.get("valid_min", given[0]))
    high = float(one.attrs.get("valid_max", given[1]))
    edges = sorted((low * scale + offset, high * scale + offset))
    # A packed number is a whole one: half a step beyond an edge lies none, but its rounding may.
    half = abs(scale) / 2 if "scale_factor" in one.encoding else 0.0
    return edges[0] - half, edges[1] + half


def _netcdf_window(file: str, most_piece: int, wanted: dict[str, Any], out: str) -> Iterator[Any]:
    """Write a window of a variable as float32, rows along y; NaN for no data."""
    import numpy as np  # noqa: PLC0415 - only rasters need it

    (y, top, bottom), (x, left, right) = wanted["y"], wanted["x"]
    with _netcdf(file, most_piece) as data:
        one = data[wanted["name"]]
        place = {dim: 0 for dim in one.dims if dim not in {y, x}}
        part = one.isel({**place, y: slice(top, bottom), x: slice(left, right)}).transpose(y, x)
        decoded = part.to_numpy()
        low, high = _valid(one)
        values = np.ascontiguousarray(
            np.where((low <= decoded) & (decoded <= high), decoded, np.nan), np.float32
        )
    values.tofile(out)
    yield {"shape": list(values.shape)}


_TASKS: dict[str, Callable[..., Iterator[Any]]] = {
    "sheets": _sheets,
    "parquet": _parquet,
    "netcdf_head": _netcdf_head,
    "netcdf_window": _netcdf_window,
}


def answers(task: str, arguments: list[Any]) -> Generator[Any, None, None]:
    """Read, here or in a program of its own."""
    try:
        yield from _TASKS[task](*arguments)
    except (GeneratorExit, KeyboardInterrupt):
        raise
    except MemoryError:
        yield {"error": "memory"}
    except ImportError as error:
        # A library that does not fit into the memory given is told by the loader, in its own words.
        full = any(words in str(error) for words in ("map segment", "allocate memory"))
        yield {"error": "memory" if full else " ".join(str(error).split())[:300]}
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
    # Threads take address space, which is limited; plug-ins are other people's programs.
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HDF5_PLUGIN_PRELOAD": "::"}
    _confine(asked["memory"], asked["seconds"])
    for answer in answers(asked["task"], asked["arguments"]):
        line = json.dumps(answer, default=_plain, separators=(",", ":"))
        sys.stdout.buffer.write(line.encode() + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    _main()
