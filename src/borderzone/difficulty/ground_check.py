"""The two flags held against what is known of named ground, and against other choices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from borderzone import terrain
from borderzone.difficulty.flagging import CAVE_MEANINGS, ShareCounts, flags
from borderzone.difficulty.reasons import raised_words, rock_words
from borderzone.grid import UNKNOWN_CLASS, Grid

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor

__all__ = ["NAMED_GROUND", "NamedGround", "named_ground", "remote_moves"]


@dataclass(frozen=True, kw_only=True)
class NamedGround:
    """A place of which something is known, and what the flags should say of it."""

    name: str
    lon: float
    lat: float
    # Within it the commonest class counts; 0 for the cell of a town.
    radius_km: float
    # Remote desert for a force of Iraq that starts in towns; empty where nothing is known of it.
    remote: str
    # Least class of cave susceptibility; empty where nothing is known of it.
    cave: str
    basis: str
    source: str


_KARST = "Sissakian et al. 2015 (karst of Iraq)"
_WEST = "Sissakian & Al-Ansari 2017 (karst of the Western Desert)"
_NEWS = "Kurdistan 24, September 2022"
_GEONAMES = "GeoNames"
_REPORTS = "public reports; position from memory"


def _area(name: str, lat: float, lon: float, *said: str) -> NamedGround:
    """Name ground that is known to 10 km."""
    remote, cave, basis, source = said
    return NamedGround(
        name=name,
        lon=lon,
        lat=lat,
        radius_km=10.0,
        remote=remote,
        cave=cave,
        basis=basis,
        source=source,
    )


def _town(name: str, lat: float, lon: float, *said: str) -> NamedGround:
    """Name a town: no force is far from its own towns."""
    cave, basis, source = said or ("", "", _GEONAMES)
    basis = f"a town; {basis}" if basis else "a town"
    return NamedGround(
        name=name,
        lon=lon,
        lat=lat,
        radius_km=0.0,
        remote="no",
        cave=cave,
        basis=basis,
        source=source,
    )


# Positions good to 10 km, towns to 1 km. What is expected is what is published of the place, not what the
# map of rock that ships says of it: where that map is blank the check fails, and says so.
NAMED_GROUND = (
    _area("Sinjar", 36.367, 41.722, "no", "medium", "limestone ridge, a town below it", _KARST),
    _area(
        "Wadi Hauran at Rutba", 33.033, 40.25, "", "medium", "limestone walls, 150 m deep", _WEST
    ),
    _area("Wadi Hauran, mouth", 33.981, 42.556, "", "medium", "limestone walls, 150 m deep", _WEST),
    _area("Qarachogh", 35.7, 43.6, "", "medium", "36 caves cleared in two days", _NEWS),
    _area("Hamrin", 34.9, 44.1, "", "medium", "caves are reported", _REPORTS),
    _area("Makhoul", 35.2, 43.35, "", "", "a haven in reports, of caves nothing at hand", _REPORTS),
    _area("Qaim", 34.38, 41.0, "no", "medium", "Euphrates and Anah limestone, a town", _KARST),
    _area("Rabia", 36.8, 42.08, "no", "", "fields and a town", _GEONAMES),
    _area("Tripoint with Jordan", 33.37, 38.79, "yes", "", "no town of Iraq in 140 km", _GEONAMES),
    _area("Tripoint with Turkey", 37.11, 42.36, "no", "", "towns on the Tigris", _GEONAMES),
    _town("Al Qa'im", 34.3925, 40.9894, "medium", "Euphrates and Anah limestone", _KARST),
    _town("Sinjar town", 36.3209, 41.8766, "medium", "foot of a limestone ridge", _KARST),
    _town("Al Ba'aj", 36.0426, 41.7163),
    _town("Zaxo", 37.1487, 42.6859),
    _town("Saymayl", 36.8582, 42.8482),
    _town("Albu Kamal", 34.4523, 40.9185),
    _town("Hajin", 34.6951, 40.8314),
    _town("Al Hawl", 36.3904, 41.1498),
    _town("Ash Shaddadah", 36.0576, 40.7348),
    _town("Al Ya`rubiyah", 36.8114, 42.0621),
)
# Cells of the windows around named ground outside a corridor, as coarse as the elevation that ships. Units: m.
_WINDOW_CELL_M = 2000.0
_NO_MAP = "not mapped"


def named_ground(
    flags: xr.Dataset,
    corridor: Corridor,
    *,
    side: str,
    from_towns: bool = True,
    around: Callable[[Grid], tuple[xr.DataArray, gpd.GeoDataFrame]] | None = None,
) -> pd.DataFrame | None:
    """
    Hold the flags against what is known of named ground along the border of Iraq and Syria.

    Inside the corridor the class is the one that at least half of the known cells within 10 km reach, or
    that of the cell of a town. Named areas outside get a window of their own, for their rock and relief
    alone: remote desert is that of a force of this border.

    Parameters
    ----------
    flags
        What `flags` returned for the corridor.
    corridor
        The corridor.
    side
        Code of the country whose force it is.
    from_towns
        Whether the force starts in towns; from posts nothing is known beforehand of a town.
    around
        Gives elevation on a grid and polygons of soluble rock, for the windows; without it areas outside
        are left out.

    Returns
    -------
    DataFrame or None
        One row a place: ``name``, ``kind`` (area or town), ``where``, ``remote`` (yes, no, unknown, out of
        reach, or outside), ``remote_expected``, ``remote_agrees``, ``cave``, ``cave_expected`` (the least
        class), ``cave_agrees`` (yes, no, not mapped, or empty where nothing is expected), the two reasons,
        ``basis`` and ``source``. None for another border.

    Raises
    ------
    GridMismatchError
        If the flags do not lie on one grid.

    Examples
    --------
    >>> import borderzone as bz
    >>> elsewhere = bz.Corridor.around(bz.Border.between("JOR", "IRQ"), depth_km=20)
    >>> cells = bz.datasets.elevation(elsewhere.grid(resolution_m=10_000))
    >>> named_ground(xr.Dataset({"remote_desert": cells}), elsewhere, side="IRQ") is None
    True
    """
    border = corridor.border
    grid = Grid.of(flags["remote_desert"])
    if {border.a, border.b} != {"IRQ", "SYR"}:
        return None
    cells = corridor.cells(grid)
    inside = cells["segment"].to_numpy() >= 0
    mine = border.country_of_cells(cells) == (1 if side == border.left else 2)
    points = gpd.GeoSeries([shapely.Point(p.lon, p.lat) for p in NAMED_GROUND], crs=4326)
    rows = []
    for place, point in zip(NAMED_GROUND, points.to_crs(grid.crs), strict=True):
        near = _near(point, place.radius_km, grid) & inside
        # An area across the line is looked at on the side of the force, if it has any there.
        reached = bool((near & mine).any())
        if near.any():
            where, read = "in the corridor", flags
            remote, why = _remote(flags, near & mine if reached else near, reached=reached)
        elif place.radius_km and around is not None:
            where, (read, near) = "outside, in a window of its own", _window(place, around)
            remote, why = "outside", "outside the corridor of this force"
        else:
            continue
        expected = place.remote if from_towns and side == "IRQ" and reached else ""
        rows.append(_row(place, where, (remote, expected, why), _cave(read, near)))
    return pd.DataFrame(rows)


def _near(point: Any, radius_km: float, grid: Grid) -> BoolArray:
    """Cells within a radius, or the one cell that holds the point."""
    if radius_km:
        found: BoolArray = (
            np.hypot(grid.x[None, :] - point.x, grid.y[:, None] - point.y) <= 1000 * radius_km
        )
        return found
    half = grid.resolution_m / 2
    return np.asarray(
        (np.abs(grid.x[None, :] - point.x) <= half) & (np.abs(grid.y[:, None] - point.y) <= half)
    )


def _remote(flags: xr.Dataset, near: BoolArray, *, reached: bool) -> tuple[str, str]:
    flag = flags["remote_desert"].to_numpy()[near]
    known = flag[~np.isnan(flag)]
    if not known.size:
        return "unknown", "cover or hours are unknown"
    far = known.mean() >= 0.5
    bare = np.nanmean(flags["bare_share"].to_numpy()[near])
    if not reached:
        words = f"bare share {bare:.2f}, across the border from the force"
        return ("out of reach" if far else "no"), words
    hours = flags["hours"].to_numpy()[near]
    median = np.sort(hours[~np.isnan(hours)])[(int((~np.isnan(hours)).sum()) - 1) // 2]
    return ("yes" if far else "no"), f"bare share {bare:.2f}, median {median:.1f} h"


def _cave(flags: xr.Dataset, near: BoolArray) -> tuple[str, str]:
    classes = flags["cave_prone"].to_numpy()[near]
    known = np.sort(classes[classes != UNKNOWN_CLASS])[::-1]
    if not known.size:
        return "unknown", "of soluble rock nothing is known"
    # The highest class that at least half of the known cells reach.
    found = CAVE_MEANINGS[int(known[(known.size - 1) // 2])].replace("_", " ")
    rank = float(np.nanmedian(flags["karst_rank"].to_numpy()[near]))
    raised = float(np.nanmean(flags["cave_raised"].to_numpy()[near]))
    cell_m = float(flags["cave_prone"].attrs["cell_m"])
    return found, f"rock of {rock_words(rank)}; {raised_words(rank, raised, cell_m)}"


# A window hangs on nothing but its place and what gives its ground: studies of one process share it.
@lru_cache(maxsize=16)
def _window(
    place: NamedGround, around: Callable[[Grid], tuple[xr.DataArray, gpd.GeoDataFrame]]
) -> tuple[xr.Dataset, BoolArray]:
    """Flag the ground around a place outside a corridor: its rock and relief alone."""
    crs = gpd.GeoSeries([shapely.Point(place.lon, place.lat)], crs=4326).estimate_utm_crs()
    point = gpd.GeoSeries([shapely.Point(place.lon, place.lat)], crs=4326).to_crs(crs).iloc[0]
    # Room for the relief around the outermost cells.
    reach = 1000 * place.radius_km + 4 * _WINDOW_CELL_M
    box = (point.x - reach, point.y - reach, point.x + reach, point.y + reach)
    grid = Grid.covering(box, resolution_m=_WINDOW_CELL_M, crs=crs)
    dem, karst = around(grid)
    attrs = terrain.attributes(dem, layers=("slope_deg", "relief_m", "tpi_m"))
    surface = terrain.surface(None, karst, grid)
    return flags(attrs, None, surface), _near(point, place.radius_km, grid)


def _row(
    place: NamedGround, where: str, remote: tuple[str, str, str], cave: tuple[str, str]
) -> dict[str, Any]:
    found, expected, why = remote
    return {
        "name": place.name,
        "kind": "area" if place.radius_km else "town",
        "where": where,
        "remote": found,
        "remote_expected": expected,
        "remote_agrees": _agrees(found == expected, found, expected),
        "remote_reason": why,
        "cave": cave[0],
        "cave_expected": place.cave and f"{place.cave}{'' if place.cave == 'high' else ' or more'}",
        "cave_agrees": _agrees(_reaches(cave[0], place.cave), cave[0], place.cave),
        "cave_reason": cave[1],
        "basis": place.basis,
        "source": place.source,
    }


def _agrees(agrees: bool, found: str, expected: str) -> str:  # noqa: FBT001 - what the row says
    if not expected:
        return ""
    if found == "unknown":
        return _NO_MAP
    return "yes" if agrees else "no"


def _reaches(found: str, least: str) -> bool:
    order = [meaning.replace("_", " ") for meaning in CAVE_MEANINGS]
    return found in order and least in order and order.index(found) >= order.index(least)


def remote_moves(
    hours: xr.DataArray,
    surface: xr.Dataset,
    cells: xr.Dataset,
    *,
    remote_hours: float = 2.0,
    bare_threshold: float = 0.5,
    without_roads: xr.DataArray | None = None,
) -> pd.DataFrame:
    """
    Say how the share of remote desert moves with speed, land cover and roads, one change at a time.

    All hours scale with speed, so a force half as fast is one with twice the hours.

    Parameters
    ----------
    hours
        Travel time of the force. Units: h.
    surface
        ``bare_share``, ``bareness`` and, if there is one, ``aridity_index``.
    cells
        Cells of the corridor: ``segment`` (-1 where they do not count).
    remote_hours
        Travel time beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.
    without_roads
        The same hours without the roads that were given, if any were. Units: h.

    Returns
    -------
    DataFrame
        One row a change, the first without one: ``change``, ``remote_share``,
        ``unknown_remote_share`` and ``difference``.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the cells.
    InvalidParameterError
        If a threshold is impossible, or no cell counts.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values]))
    >>> cover = xr.Dataset({"bare_share": layer(1.0, 1.0, 1.0, 0.4)})
    >>> cells = xr.Dataset({"segment": layer(0, 0, 0, 0)})
    >>> moves = remote_moves(layer(1.5, 2.5, 3.5, 9.0), cover, cells)
    >>> dict(zip(moves["change"], moves["remote_share"]))["speed 50 % lower"]
    0.75
    """
    bare = {name: surface[name] for name in ("bare_share", "aridity_index") if name in surface}
    cover = xr.Dataset(bare)
    changes: list[tuple[str, xr.DataArray, xr.Dataset, float]] = [
        ("as defined", hours, cover, bare_threshold),
        ("speed 50 % lower", hours / 0.5, cover, bare_threshold),
        ("speed 50 % higher", hours / 1.5, cover, bare_threshold),
        ("bare where more than 30 % is", hours, cover, 0.3),
        ("bare where more than 70 % is", hours, cover, 0.7),
    ]
    if "bareness" in surface:
        sparse = cover.assign(bare_share=surface["bareness"])
        changes.append(("open shrubland counts as bare", hours, sparse, bare_threshold))
    if without_roads is not None:
        changes.append(("without the roads given", without_roads, cover, bare_threshold))
    rows = []
    for change, layer, ground, threshold in changes:
        counts = ShareCounts((remote_hours,), bare_threshold=threshold)
        counts.add({"force": layer.assign_attrs(hours.attrs)}, ground, cells)
        row = counts.table().iloc[0]
        rows.append((change, float(row["remote_share"]), float(row["unknown_remote_share"])))
    table = pd.DataFrame(rows, columns=["change", "remote_share", "unknown_remote_share"])
    return table.assign(difference=table["remote_share"] - table["remote_share"].iloc[0])
