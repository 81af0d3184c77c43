"""The response at the border, and the race against the crosser's dash to cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._cells import cells_of_points
from borderzone._guards import (
    as_rising,
    check_choice,
    check_non_negative,
    check_positive,
    check_whole,
)
from borderzone.access.travel_times import hours_of, rasters_of, travel_time
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor

__all__ = [
    "dash_to_cover",
    "race_to_cover",
    "response_along_border",
    "response_by_segment",
    "response_summary",
]


def response_along_border(
    hours: xr.DataArray | Sequence[xr.DataArray],
    corridor: Corridor,
    *,
    every_km: float = 1.0,
    within_cells: int = 0,
) -> pd.DataFrame:
    """
    Read the hours of a raster along the border.

    Every segment is cut into equal steps no longer than asked, and the cell that holds the middle
    of each is read. Where several rasters know the point, the least of their hours counts.

    Parameters
    ----------
    hours
        Travel time from the posts, one raster or one for each section, in any projected
        CRS. Units: h.
    corridor
        The corridor, of one section or of several.
    every_km
        Longest step. Units: km.
    within_cells
        Take the least hours among the cells so many rows and columns around the point: 1 where
        the border itself is closed to the response.

    Returns
    -------
    pandas.DataFrame
        One row a step (index ``point``): ``chainage_km``, ``length_km``, ``segment``,
        ``longitude_deg``, ``latitude_deg``, ``hours`` (infinite where no way leads, NaN where
        nothing is known) and ``state``: ``"reached"``, ``"unreachable"``, ``"unknown"`` (no
        elevation) or ``"outside"`` every raster.

    Raises
    ------
    InvalidParameterError
        If a step is not above 0, or the hours are none.
    NoOverlapError
        If no raster holds any point of the border.
    CRSMismatchError
        If a raster has no CRS.
    NotProjectedError
        If a raster is in degrees.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> import shapely
    >>> line = shapely.LineString([(41.0, 34.0), (41.0, 34.2)])
    >>> corridor = Corridor.around(Border.from_line(line), depth_km=5, segment_km=10)
    >>> grid = corridor.grid(resolution_m=500)
    >>> along = response_along_border(grid.wrap(np.full(grid.shape, 1.5)), corridor)
    >>> len(along), along.hours.unique().tolist(), along.segment.unique().tolist()
    (24, [1.5], [0, 1, 2])
    """
    rasters = rasters_of(hours)
    around = check_whole(within_cells, "within_cells", lowest=0, highest=10)
    table, points = _border_steps(corridor, every_km)
    least = np.full(len(table), np.nan)
    held = np.zeros(len(table), dtype=bool)
    for raster in rasters:
        values, inside = _read(raster, points, around)
        # fmin takes the number where the other is NaN: a section that does not hold the point has no say.
        least = np.fmin(least, values)
        held |= inside
    if not held.any():
        msg = (
            f"none of the {len(table)} points of the border lies on the raster of hours; "
            "make its elevation on corridor.grid(resolution_m=...)"
        )
        raise NoOverlapError(msg)
    table["hours"] = least
    choices = [~held, np.isnan(least), np.isinf(least)]
    table["state"] = np.select(choices, ["outside", "unknown", "unreachable"], "reached")
    table.attrs = {"units": "h", "every_km": float(every_km), "within_cells": around}
    return table


def response_by_segment(
    along: pd.DataFrame, *, thresholds_h: Sequence[float] = (1.0, 3.0, 6.0)
) -> pd.DataFrame:
    """
    Sum up the response time to the border by segment.

    Parameters
    ----------
    along
        What `response_along_border` gives.
    thresholds_h
        Hours beyond which a share of the length is given. Units: h.

    Returns
    -------
    pandas.DataFrame
        One row a segment (index ``segment``) with the columns of `response_summary`.

    Raises
    ------
    InvalidParameterError
        If a threshold is impossible or a column is missing.

    Examples
    --------
    >>> along = pd.DataFrame({"segment": [0, 0, 1], "hours": [1.0, 2.0, 0.5], "length_km": [1.0] * 3})
    >>> response_by_segment(along)[["worst_h", "share_beyond_1_h"]].to_numpy().tolist()
    [[2.0, 0.5], [0.5, 0.0]]
    """
    limits = as_rising(thresholds_h, "thresholds_h", "h").tolist()
    _check_columns(along, ("segment", "hours", "length_km"), "response_along_border")
    rows = {
        segment: response_summary(group, thresholds_h=limits)
        for segment, group in along.groupby("segment", sort=True)
    }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "segment"
    for name in ("points", "unreachable", "unknown"):
        table[name] = table[name].astype(int)
    table.attrs = {**along.attrs, "thresholds_h": tuple(limits)}
    return table


def response_summary(
    along: pd.DataFrame, *, thresholds_h: Sequence[float] = (1.0, 3.0, 6.0)
) -> pd.Series:
    """
    Sum up response times along a border, each step by its length.

    Parameters
    ----------
    along
        Steps with ``hours`` and ``length_km``, as `response_along_border` gives them.
    thresholds_h
        Hours beyond which a share of the length is given. Units: h.

    Returns
    -------
    pandas.Series
        ``points``; ``unreachable`` and ``unknown`` ones; ``worst_h``; ``median_h`` and ``p90_h``,
        the time within which half and nine tenths of the length are reached; and
        ``share_beyond_1_h`` and so on. Unknown points leave the measures, unreachable ones are
        infinite and beyond every threshold; NaN where nothing is known.

    Raises
    ------
    InvalidParameterError
        If a threshold is impossible or a column is missing.

    Examples
    --------
    >>> along = pd.DataFrame({"hours": [1.0, 2.0, np.inf, np.nan], "length_km": [1.0] * 4})
    >>> response_summary(along, thresholds_h=(1.5,)).tolist()
    [4.0, 1.0, 1.0, inf, 2.0, inf, 0.6666666666666666]
    """
    limits = as_rising(thresholds_h, "thresholds_h", "h").tolist()
    _check_columns(along, ("hours", "length_km"), "response_along_border")
    hours, length = along["hours"].to_numpy(float), along["length_km"].to_numpy(float)
    known = ~np.isnan(hours)
    row = {
        "points": float(len(hours)),
        "unreachable": float(np.isinf(hours).sum()),
        "unknown": float((~known).sum()),
        "worst_h": float(hours[known].max()) if known.any() else np.nan,
        "median_h": _within_share(hours[known], length[known], 0.5),
        "p90_h": _within_share(hours[known], length[known], 0.9),
    }
    for limit in limits:
        beyond = length[known & (hours > limit)].sum()
        row[f"share_beyond_{limit:g}_h"] = beyond / length[known].sum() if known.any() else np.nan
    return pd.Series(row)


def _check_columns(table: pd.DataFrame, needed: Sequence[str], maker: str) -> None:
    """Refuse a table that lacks what is summed up."""
    missing = [name for name in needed if name not in table]
    if missing:
        msg = f"the table must come from {maker}, {', '.join(missing)} is missing"
        raise InvalidParameterError(msg)


def _border_steps(corridor: Corridor, every_km: float) -> tuple[pd.DataFrame, gpd.GeoSeries]:
    """Cut every segment of a border into equal steps."""
    step = check_positive(every_km, "every_km", "km")
    if not hasattr(corridor, "segments") or not hasattr(corridor, "border"):
        msg = f"corridor must be a Corridor, got {type(corridor).__name__}"
        raise InvalidParameterError(msg)
    segments = corridor.segments
    start, end = segments["km_start"].to_numpy(float), segments["km_end"].to_numpy(float)
    # A segment of ten steps and a rounding is cut into ten, not eleven.
    counts = np.maximum(1, np.ceil((end - start) / step - 1e-9)).astype(int)
    which = np.repeat(np.arange(len(counts)), counts)
    place = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    # Middles of the steps, so that a mean over them is a mean over the length.
    length = ((end - start) / counts)[which]
    chainage = start[which] + (place + 0.5) * length
    points = corridor.border.point_at(chainage)
    table = pd.DataFrame(
        {
            "chainage_km": chainage,
            "length_km": length,
            "segment": segments["segment"].to_numpy()[which],
            "longitude_deg": points.x.to_numpy(),
            "latitude_deg": points.y.to_numpy(),
        },
        index=pd.RangeIndex(len(which), name="point"),
    )
    return table, points


def _within_share(values: FloatArray, weights: FloatArray, share: float) -> float:
    """Find the value within which a share of the weight lies."""
    if len(values) == 0:
        return float("nan")
    # A quantile weighted by length, of values that occur: between a number and infinity nothing is read.
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    place = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
    return float(values[order][min(int(place), len(values) - 1)])


def _read(raster: xr.DataArray, points: gpd.GeoSeries, around: int) -> tuple[FloatArray, BoolArray]:
    """Hours at the cells of points, NaN outside, and which points lie on the raster."""
    grid, values = Grid.of(raster), hours_of(raster)
    there = points.to_crs(grid.crs)
    cell = cells_of_points(np.column_stack([there.x, there.y]), grid)
    rows, columns = grid.shape
    row, column = np.divmod(cell, columns)
    inside = cell >= 0
    found = np.full(len(points), np.nan)
    near = range(-around, around + 1)
    for down, right in ((d, r) for d in near for r in near):
        there_too = (
            inside
            & (row + down >= 0)
            & (row + down < rows)
            & (column + right >= 0)
            & (column + right < columns)
        )
        cells = row[there_too] + down, column[there_too] + right
        found[there_too] = np.fmin(found[there_too], values[cells])
    return found, inside


# Who is first: the response, the crosser, neither (no way for either), or nobody knows.
_OUTCOMES = ("response", "crosser", "neither", "unknown")


def dash_to_cover(
    dem: xr.DataArray,
    cover: gpd.GeoSeries,
    *,
    speed: str | Callable[[Any], Any] = "foot",
    corridor: Corridor | None = None,
    side: str | None = None,
    **options: Any,
) -> xr.DataArray:
    """
    Find the hours of a crosser from every cell to the nearest cover.

    Parameters
    ----------
    dem
        Elevation on a grid in a projected CRS. Units: m.
    cover
        Towns, roads, wadis and whatever else hides somebody: what `travel_time` takes as origins.
    speed
        A name of `SPEED_MODELS` or a function.
    corridor, side
        With both, cover and ways on the ground of that country only: a crosser does not turn
        back. The cells that the border passes belong to either side.
    **options
        Passed on to `travel_time`.

    Returns
    -------
    xarray.DataArray
        Hours towards cover, as `travel_time` gives them; NaN on the ground of the other side.
        Units: h.

    Raises
    ------
    InvalidParameterError
        If there is a side without a corridor or a corridor without a side, the side is none
        of the two countries, or `travel_time` refuses an option.
    NoOverlapError
        If no cover lies on open ground.
    CRSMismatchError
        If the elevation is not in the CRS of the corridor.
    SeveralSectionsError
        If the corridor has several sections.

    Examples
    --------
    >>> import geopandas as gpd
    >>> grid = Grid.covering((0, 0, 6e3, 2e3), resolution_m=2000, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 3), np.float32))
    >>> town = gpd.GeoSeries.from_xy([100.0], [100.0], crs=32637)
    >>> dash_to_cover(plain, town, speed=lambda s: 4.0 + 0 * s).values.tolist()
    [[0.0, 0.5, 1.0]]
    """
    if (corridor is None) != (side is None):
        msg = f"give corridor and side together, or neither; got side={side!r}"
        raise InvalidParameterError(msg)
    ground = dem if corridor is None or side is None else _one_side(dem, corridor, side)
    hours = travel_time(ground, cover, speed=speed, direction="towards", **options)
    hours.attrs["long_name"] = "travel time to the nearest cover"
    return hours


def race_to_cover(  # noqa: PLR0913 - two rasters, the line, and one option a matter
    response: xr.DataArray | Sequence[xr.DataArray],
    dash: xr.DataArray | Sequence[xr.DataArray],
    corridor: Corridor,
    *,
    detect_h: float = 0.0,
    every_km: float = 1.0,
    within_cells: int = 0,
    by: str = "segment",
) -> pd.DataFrame:
    """
    Run the race of the response against a crosser's dash to cover, at every kilometre of the border.

    Parameters
    ----------
    response
        Travel time from the posts, one raster or one for each section. Units: h.
    dash
        Travel time to cover, from `dash_to_cover`. Units: h.
    corridor
        The corridor.
    detect_h
        Time from the crossing to its detection and report. Units: h.
    every_km
        Longest step along the border. Units: km.
    within_cells
        See `response_along_border`; holds for the response.
    by
        ``"segment"``, or ``"step"`` for every step along the border.

    Returns
    -------
    pandas.DataFrame
        One row a segment (index ``segment``): ``points``, shares of the length by outcome
        (``response_share``, ``crosser_share``, ``neither_share``, ``unknown_share``),
        ``median_margin_h`` and ``worst_margin_h`` (over the points with a margin, NaN for none).
        Or one row a step, as `response_along_border` gives them without ``hours`` and ``state``,
        then ``response_h``, ``dash_h``, ``margin_h`` (the time that the response has to
        spare before the crosser is in cover; NaN where a time is unknown or neither gets there) and ``outcome``, ``"response"``,
        ``"crosser"``, ``"neither"`` or ``"unknown"``. ``attrs["share"]`` holds the share of the length by outcome.

    Raises
    ------
    InvalidParameterError
        If an option is impossible, a word unknown or the hours are none.
    NoOverlapError
        If a raster holds no point of the border.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> import shapely
    >>> line = shapely.LineString([(41.0, 34.0), (41.0, 34.2)])
    >>> corridor = Corridor.around(Border.from_line(line), depth_km=5, segment_km=10)
    >>> grid = corridor.grid(resolution_m=500)
    >>> slow, quick = (grid.wrap(np.full(grid.shape, hours)) for hours in (1.25, 0.5))
    >>> race_to_cover(quick, slow, corridor, detect_h=0.25, by="step").margin_h.unique().tolist()
    [0.5]
    """
    check_choice(by, "by", ("segment", "step"))
    delay = check_non_negative(detect_h, "detect_h", "h")
    came = response_along_border(response, corridor, every_km=every_km, within_cells=within_cells)
    # The crosser starts on the border itself, whose cells are open to him: no cells around are asked.
    fled = response_along_border(dash, corridor, every_km=every_km)
    race = came.drop(columns=["hours", "state"])
    race["response_h"], race["dash_h"] = came["hours"], fled["hours"]
    # The response wins at 0 and above. Infinite less infinite is NaN: neither gets there.
    race["margin_h"] = race["dash_h"] - (delay + race["response_h"])
    unknown = race["response_h"].isna() | race["dash_h"].isna()
    choices = [unknown, race["margin_h"].isna(), race["margin_h"] >= 0]
    race["outcome"] = np.select(choices, ["unknown", "neither", "response"], "crosser")
    race.attrs = {**came.attrs, "detect_h": delay, "share": _shares(race)}
    return race if by == "step" else _race_by_segment(race)


def _race_by_segment(race: pd.DataFrame) -> pd.DataFrame:
    """Sum up the steps of each segment, each by its length."""
    rows = {}
    for segment, group in race.groupby("segment", sort=True):
        there = group[group["margin_h"].notna()]
        margin, length = there["margin_h"].to_numpy(float), there["length_km"].to_numpy(float)
        rows[segment] = {
            "points": len(group),
            **{f"{outcome}_share": share for outcome, share in _shares(group).items()},
            "median_margin_h": _within_share(margin, length, 0.5),
            "worst_margin_h": float(margin.min()) if len(margin) else float("nan"),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "segment"
    table.attrs = race.attrs
    return table


def _shares(race: pd.DataFrame) -> dict[str, float]:
    length = race["length_km"]
    return {
        outcome: float(length[race["outcome"] == outcome].sum() / length.sum())
        for outcome in _OUTCOMES
    }


def _one_side(dem: xr.DataArray, corridor: Corridor, side: str) -> xr.DataArray:
    """Elevation with the other side taken out, but for the cells along the line."""
    border = corridor.border
    check_choice(side, "side", (border.left, border.right))
    grid = Grid.of(dem)
    cells = corridor.cells(grid)
    mine = border.country_of_cells(cells) == (1 if side == border.left else 2)
    # A cell that the line passes has its centre within half a diagonal of it.
    mine |= np.abs(cells["offset_km"].to_numpy()) <= grid.resolution_m / 1e3 * np.sqrt(0.5)
    return dem.where(mine)
