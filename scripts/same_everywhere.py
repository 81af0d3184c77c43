"""
Compare two report folders of one study, made by other Pythons or with other versions of the libraries.

``python scripts/same_everywhere.py HERE THERE --promise bytes`` for the same versions of the libraries,
``--promise numbers`` for other ones. Prints what differs; the exit status is 1 where a promise is broken.

Bytes: every file is the same but for the log, the timings, and what the manifest says of the software.
Numbers: every number of a table, layer or raster agrees within 1e-9 of itself (what is stored in 32 bits, within its
last bit), and every word and digit of the sentences, tables and page is the same. Of the text of a projection the numbers
count. Pictures are not compared.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from pyproj import CRS

if TYPE_CHECKING:
    from collections.abc import Iterator

RELATIVE = 1e-9
STORED_IN_32_BITS = 1.2e-7
NOUGHT = 1e-12
PASSING = {"log.txt", "timing.json"}
PICTURES = {".png", ".pdf", ".svg"}
MANIFEST = "manifest.json"


def differences(here: Path, there: Path, promise: str) -> Iterator[str]:
    """Say what differs between two folders, one line a file or a number."""
    names = [
        {file.relative_to(root).as_posix() for file in root.rglob("*") if file.is_file()}
        for root in (here, there)
    ]
    for name in sorted(names[0] ^ names[1]):
        yield f"{name}: only in {here if name in names[0] else there}"
    for name in sorted((names[0] & names[1]) - PASSING):
        a, b = here / name, there / name
        if name == MANIFEST:
            yield from (f"{name}: {what}" for what in _trees(_told(a), _told(b), promise))
        elif a.read_bytes() == b.read_bytes():
            continue
        elif promise == "bytes":
            yield f"{name}: other bytes"
        else:
            yield from (f"{name}: {what}" for what in _contents(a, b))


def _contents(a: Path, b: Path) -> Iterator[str]:
    match a.suffix:
        case suffix if suffix in PICTURES:
            return
        case ".csv":
            yield from _tables(*(pd.read_csv(file) for file in (a, b)))
        case ".parquet" | ".gpkg" | ".geojson" | ".fgb":
            yield from _layers(a, b)
        case ".tif":
            yield from _rasters(a, b)
        case ".json":
            yield from _trees(*(json.loads(file.read_text("utf-8")) for file in (a, b)), "numbers")
        case _:
            yield from _texts(*(_words(file.read_text("utf-8")) for file in (a, b)))


def _told(manifest: Path) -> Any:
    """Leave out of a manifest what it says of the software, and the checksums of what is compared itself."""
    tree = json.loads(manifest.read_text("utf-8"))
    return {key: value for key, value in tree.items() if key not in {"software", "outputs"}}


def _near(a: Any, b: Any, relative: float = RELATIVE) -> Any:
    a, b = np.asarray(a, float), np.asarray(b, float)
    with np.errstate(invalid="ignore"):
        close = np.abs(a - b) <= relative * np.maximum(np.abs(a), np.abs(b)) + NOUGHT
    return close | (a == b) | (np.isnan(a) & np.isnan(b))


def _trees(a: Any, b: Any, promise: str, where: str = "") -> Iterator[str]:
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key, value in a.items():
            yield from _trees(value, b[key], promise, f"{where}.{key}")
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for k, pair in enumerate(zip(a, b, strict=True)):
            yield from _trees(*pair, promise, f"{where}[{k}]")
    elif not (a == b or (promise == "numbers" and _alike(a, b, where))):
        yield f"{where} {str(a)[:200]!r} and {str(b)[:200]!r}"


def _alike(a: Any, b: Any, where: str) -> bool:
    if where.endswith(".crs_wkt"):
        one, two = _frame(a), _frame(b)
        return len(one) == len(two) and bool(_near(one, two).all())
    return isinstance(a, float) and isinstance(b, (int, float)) and bool(_near(a, b))


def _frame(wkt: str) -> list[float]:
    """Numbers of a projection: the text beside them lists what that version of PROJ knows of the datum."""
    crs = CRS.from_wkt(wkt)
    operation = crs.coordinate_operation
    params = [] if operation is None else [float(param.value) for param in operation.params]
    ellipsoid = crs.ellipsoid
    shape = [] if ellipsoid is None else [ellipsoid.semi_major_metre, ellipsoid.inverse_flattening]
    return [*shape, *params]


def _tables(a: pd.DataFrame, b: pd.DataFrame) -> Iterator[str]:
    if list(a.columns) != list(b.columns) or len(a) != len(b):
        yield f"{a.shape} and {b.shape} rows and columns, or other names"
        return
    for name in a.columns:
        one, two = a[name], b[name]
        numbers = all(pd.api.types.is_numeric_dtype(column) for column in (one, two))
        if numbers:
            small = np.float32 in (one.dtype, two.dtype)
            off = ~_near(one, two, STORED_IN_32_BITS if small else RELATIVE)
        else:
            off = (_spelt(one) != _spelt(two)).to_numpy()
        if off.any():
            k = int(np.flatnonzero(off)[0])
            yield f"{name}: {int(off.sum())} of {len(a)}, first row {k}: {one.iloc[k]!r} and {two.iloc[k]!r}"


def _spelt(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), "").astype(str)


def _layers(a: Path, b: Path) -> Iterator[str]:
    if a.suffix == ".parquet":
        yield from _shapes(gpd.read_parquet(a), gpd.read_parquet(b))
        return
    names = [gpd.list_layers(file)["name"].tolist() for file in (a, b)]
    if names[0] != names[1]:
        yield f"layers {names[0]} and {names[1]}"
        return
    for name in names[0]:
        found = _shapes(*(gpd.read_file(file, layer=name) for file in (a, b)))
        yield from (f"{name}, {what}" for what in found)


def _shapes(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> Iterator[str]:
    yield from _tables(*(pd.DataFrame(layer.drop(columns="geometry")) for layer in (a, b)))
    one, two = (layer.geometry.get_coordinates(include_z=True).to_numpy() for layer in (a, b))
    if one.shape != two.shape:
        yield f"geometry: {len(one)} and {len(two)} points"
    elif not (off := _near(one, two)).all():
        yield f"geometry: {int((~off).sum())} coordinates"


def _rasters(a: Path, b: Path) -> Iterator[str]:
    with rasterio.open(a) as one, rasterio.open(b) as two:
        if one.shape != two.shape or one.dtypes != two.dtypes:
            yield f"{one.shape} {one.dtypes} and {two.shape} {two.dtypes}"
            return
        values = one.read(), two.read()
    small = values[0].dtype == np.float32
    off = ~_near(*values, STORED_IN_32_BITS if small else RELATIVE)
    if off.any():
        k = tuple(np.argwhere(off)[0])
        yield f"{int(off.sum())} of {off.size} cells, first {values[0][k]!r} and {values[1][k]!r}"


def _words(text: str) -> str:
    """Leave pictures out of a page, and what it says of the software."""
    text = re.sub(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=\s]+", "picture", text)
    return re.sub(r"<svg.*?</svg>", "picture", text, flags=re.DOTALL)


def _texts(a: str, b: str) -> Iterator[str]:
    one, two = a.splitlines(), b.splitlines()
    if len(one) != len(two):
        yield f"{len(one)} and {len(two)} lines"
    for k, (left, right) in enumerate(zip(one, two, strict=False), start=1):
        if left != right:
            at = next((i for i, (x, y) in enumerate(zip(left, right, strict=False)) if x != y), 0)
            start = max(at - 40, 0)
            yield f"line {k}: {left[start : at + 60]!r} and {right[start : at + 60]!r}"


def main(arguments: list[str] | None = None) -> int:
    """Print what differs, and say whether the promise is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("here", type=Path)
    parser.add_argument("there", type=Path)
    parser.add_argument("--promise", choices=("bytes", "numbers"), default="numbers")
    asked = parser.parse_args(arguments)
    broken = list(differences(asked.here, asked.there, asked.promise))
    for line in broken:
        print(line)
    same = "bytes are" if asked.promise == "bytes" else "numbers and words are"
    print(
        f"{asked.there}: {len(broken)} differences"
        if broken
        else f"{asked.there}: all {same} the same"
    )
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
