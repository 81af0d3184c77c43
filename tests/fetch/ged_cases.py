"""Tables of UCDP GED made on the spot, as an archive and as pages of the service."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = (
    "id", "relid", "year", "active_year", "type_of_violence", "side_a", "source_headline",
    "where_prec", "where_coordinates", "adm_1", "adm_2", "latitude", "longitude", "country",
    "date_prec", "date_start", "date_end", "best", "high", "low", "gwnob",
)  # fmt: skip
PAGE = 1000


def ged_rows(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Make rows about the border of Iraq and Syria, as the service gives them."""
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for number in range(count):
        year = int(rng.integers(2012, 2025))
        day = f"{year}-{int(rng.integers(1, 13)):02d}-11T00:00:00"
        best = int(rng.integers(0, 9))
        values = (
            number + 1, f"IRQ-{year}-{number}", year, True, 1, "Government of Iraq",
            'a "quoted", headline\nof two lines; الموصل', 1, "Sinjar", "Ninawa", "Sinjar",
            round(float(rng.uniform(31, 39)), 6), round(float(rng.uniform(37, 45)), 6), "Iraq",
            1, day, day, best, best + 2, best, None,
        )  # fmt: skip
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def cell(value: Any) -> str:
    """Write a cell as the archive does."""
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def write_archive(
    root: Path, rows: list[dict[str, Any]], name: str = "ged251-csv.zip", **more: str
) -> Path:
    """Write the archive of a version, with further members."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(value) for value in row.values()] for row in rows)
    root.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(root / name, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("GEDEvent_v25_1.csv", text.getvalue())
        for member, content in more.items():
            archive.writestr(member, content)
    return root / name


def write_pages(
    root: Path,
    address: str,
    rows: list[dict[str, Any]],
    *,
    version: str = "25.1",
    change: Callable[[int, dict[str, Any]], None] | None = None,
) -> None:
    """Write the pages of the service, each changed at will."""
    folder = root / "gedevents"
    folder.mkdir(parents=True, exist_ok=True)
    count = -(-len(rows) // PAGE)
    for number in range(count):
        onward = f"{address}/gedevents/{version}?pagesize={PAGE}&page={number + 1}"
        page = {
            "TotalCount": len(rows),
            "TotalPages": count,
            "PreviousPageUrl": "",
            "NextPageUrl": onward if number + 1 < count else "",
            "Result": rows[PAGE * number : PAGE * (number + 1)],
        }
        if change is not None:
            change(number, page)
        name = f"{version}?pagesize={PAGE}&page={number}"
        (folder / name).write_text(json.dumps(page), encoding="utf-8")
