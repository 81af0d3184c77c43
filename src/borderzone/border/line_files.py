"""Files that hold a border: one with a line, or one or two with the polygons of its two sides."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from borderzone import io
from borderzone._guards import check_positive, check_text, local_path, shown
from borderzone.border.countries import Country
from borderzone.border.sides import lies_in
from borderzone.errors import InvalidGeometryError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import geopandas as gpd

    from borderzone.border.sides import Asked

__all__ = ["LineFile", "is_line_file"]

USUAL_TOLERANCE_KM = 5.0


def is_line_file(text: Any) -> bool:
    """
    Tell the name of a file with a line from other words.

    Parameters
    ----------
    text
        Anything.

    Returns
    -------
    bool
        Whether it is text that ends as files of shapes do.

    Examples
    --------
    >>> is_line_file("line.geojson"), is_line_file("study.toml")
    (True, False)
    """
    return isinstance(text, str) and text.lower().endswith(tuple(io.SUFFIXES.vector))


@dataclass(frozen=True, kw_only=True)
class LineFile:
    """
    What was read from the file or files of a border.

    Attributes
    ----------
    paths, layers
        The files, and the layer of each table where one was named.
    tolerance_km
        Widest gap or overlap of two polygons. Units: km.
    tables
        One table, or two of which the first is the first name's.
    """

    paths: tuple[Path, ...]
    layers: tuple[str | None, ...]
    tolerance_km: float
    tables: tuple[gpd.GeoDataFrame, ...] = field(repr=False)

    @classmethod
    def of(cls, path: Any, *, layer: Any, tolerance_km: float) -> LineFile:
        """Read what a border is to be made of."""
        paths = _one_or_two(path, "path", "file")
        layers = (None,) if layer is None else _one_or_two(layer, "layer", "layer")
        for name in layers:
            if name is not None:
                check_text(name, "layer")
        count = max(len(paths), len(layers))
        each = zip(_times(paths, count), _times(layers, count), strict=True)
        tables = tuple(io.read_vector(file, layer=name, what="border") for file, name in each)
        return cls(
            paths=tuple(local_path(file).absolute() for file in paths),
            layers=layers,
            tolerance_km=check_positive(tolerance_km, "tolerance_km", "km"),
            tables=tables,
        )

    @property
    def place(self) -> Path | tuple[Path, ...]:
        """The file, or both."""
        return self.paths[0] if len(self.paths) == 1 else self.paths

    @property
    def told(self) -> str:
        """File and layer in words, for the source of the border."""
        layers = [f"layer {name}" for name in self.layers if name is not None]
        return ", ".join([*(path.name for path in self.paths), *layers])

    @property
    def holds_a_line(self) -> bool:
        """Whether the border is a line, not the seam of two polygons."""
        return len(self.tables) == 1 and not _are_areas(self.tables[0])

    def said(self, sides: Mapping[str, str | None]) -> Mapping[str, Any]:
        """Give what must be said again beside file and names to make the same border."""
        found: dict[str, Any] = {side: name for side, name in sides.items() if name is not None}
        if self.layers != (None,):
            found["layer"] = self.layers[0] if len(self.layers) == 1 else list(self.layers)
        if self.tolerance_km != USUAL_TOLERANCE_KM:
            found["tolerance_km"] = self.tolerance_km
        return MappingProxyType(found)

    def grounds(self, words: Asked) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, tuple[str, ...]]:
        """Give the polygons of each of the two names."""
        if len(self.tables) == 2:
            wrong = [table for table in self.tables if not _are_areas(table)]
            if wrong:
                kinds = ", ".join(sorted(set(wrong[0].geom_type.dropna())))
                msg = f"of two files or layers each holds the areas of one side, got {kinds or 'none'}"
                raise InvalidGeometryError(msg)
            return (*self.tables, ())
        rows = self.tables[0][self.tables[0].geometry.notna()]
        if len(rows) != 2:
            msg = (
                f"{self.told} holds {len(rows)} areas: a border is a line, or lies between two areas. "
                "Keep two rows, or give the areas of each side as a file or layer of their own: "
                'Border.from_file(["a.gpkg", "b.gpkg"])'
            )
            raise InvalidGeometryError(msg)
        first, remarks = _first_of(rows, words)
        return rows.iloc[[first]], rows.iloc[[1 - first]], remarks


def _one_or_two(given: Any, name: str, kind: str) -> tuple[Any, ...]:
    several = tuple(given) if isinstance(given, (list, tuple)) else (given,)
    if len(several) not in (1, 2):
        msg = f"{name} must be a {kind}, or two with the polygons of one side each, got {shown(given)}"
        raise InvalidParameterError(msg)
    return several


def _times(items: tuple[Any, ...], count: int) -> tuple[Any, ...]:
    return items * count if len(items) == 1 else items


def _are_areas(table: gpd.GeoDataFrame) -> bool:
    shapes = table.geometry.dropna().to_numpy()
    return bool(len(shapes)) and bool((shapely.get_dimensions(shapes) == 2).all())


def _first_of(rows: gpd.GeoDataFrame, words: Asked) -> tuple[int, tuple[str, ...]]:
    """Find the row of the first name: by a column that holds both, else by whose land it is."""
    pair = [Country.of(words.a).code, Country.of(words.b).code]
    for column in rows.columns.drop(rows.geometry.name):
        codes = [Country.of(value).code for value in rows[column]]
        if sorted(codes) == sorted(pair):
            return codes.index(pair[0]), ()
    points = [shape.representative_point() for shape in rows.geometry]
    owned = np.array([[lies_in(point, name) for name in (words.a, words.b)] for point in points])
    if owned.sum() and not (owned.sum(axis=0) > 1).any() and not (owned.sum(axis=1) > 1).any():
        row, name = (int(number) for number in np.argwhere(owned)[0])
        return (row if name == 0 else 1 - row), ()
    if (words.a, words.b) == ("a", "b"):
        return 0, ()
    told = (
        f"Nothing says which of the two areas is {words.a} and which {words.b}: no column holds both "
        f"names, so the first row was taken for {words.a}. Give them a column of names, or a file each."
    )
    return 0, (told,)
