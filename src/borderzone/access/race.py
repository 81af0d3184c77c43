"""The race at the border: the response against the crosser's dash to cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import as_non_negative, broadcast, check_choice, check_non_negative, plain
from borderzone.access.response import response_along_border, within_share
from borderzone.access.travel_times import travel_time
from borderzone.corridor.sides import country_of_cells
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor

__all__ = ["OUTCOMES", "dash_to_cover", "race_along_border", "race_by_segment", "race_margin_h"]

# Who is first: the response, the crosser, neither (no way for either), or nobody knows.
OUTCOMES = ("response", "crosser", "neither", "unknown")


def race_margin_h(
    *,
    dash_h: float | FloatArray,
    response_h: float | FloatArray,
    detect_h: float | FloatArray = 0.0,
) -> float | FloatArray:
    """
    Give the time that a response has to spare before the crosser is in cover.

    ``dash - (detect + response)``; the response wins at 0 and above. With a distance over a speed
    for dash and response this is the closed form ``t_detect + d / v <= d_cover / u`` of
    `borderzone.patrol.responds_in_time`.

    Parameters
    ----------
    dash_h
        Time from the line to the first cover; infinite where no way leads there. Units: h.
    response_h
        Time of the response to the line; infinite where no way leads there. Units: h.
    detect_h
        Time from the crossing to its detection and report. Units: h.

    Returns
    -------
    float or FloatArray
        A number for numbers, else an array; NaN where a time is unknown, or neither gets there.
        Units: h.

    Raises
    ------
    InvalidParameterError
        If a time is negative or no number.
    ShapeMismatchError
        If the shapes do not fit together.

    Examples
    --------
    Cover at 5 km, a post at 10 km with 30 km/h, five minutes until the report:

    >>> walker = race_margin_h(dash_h=5 / 4, response_h=10 / 30, detect_h=5 / 60)
    >>> driver = race_margin_h(dash_h=5 / 30, response_h=10 / 30, detect_h=5 / 60)
    >>> round(60 * walker), round(60 * driver)
    (50, -15)
    """
    given = {"dash_h": dash_h, "response_h": response_h, "detect_h": detect_h}
    dash, response, detect = broadcast(
        **{
            name: as_non_negative(values, name, "h", missing=True, infinite=True)
            for name, values in given.items()
        }
    )
    with np.errstate(invalid="ignore"):
        margin = np.asarray(dash - (detect + response))
    return plain(margin)


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
        A name of `SPEEDS` or a function.
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


def race_along_border(
    response: xr.DataArray | Sequence[xr.DataArray],
    dash: xr.DataArray | Sequence[xr.DataArray],
    corridor: Corridor,
    *,
    detect_h: float = 0.0,
    every_km: float = 1.0,
    within_cells: int = 0,
) -> pd.DataFrame:
    """
    Run the race at every kilometre of the border.

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

    Returns
    -------
    pandas.DataFrame
        One row a step, as `response_along_border` gives them without ``hours`` and ``state``,
        then ``response_h``, ``dash_h``, ``margin_h`` (see `race_margin_h`) and ``outcome``, one of
        `OUTCOMES`. ``attrs["share"]`` holds the share of the length by outcome.

    Raises
    ------
    InvalidParameterError
        If an option is impossible or the hours are none.
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
    >>> race_along_border(quick, slow, corridor, detect_h=0.25).margin_h.unique().tolist()
    [0.5]
    """
    delay = check_non_negative(detect_h, "detect_h", "h")
    came = response_along_border(response, corridor, every_km=every_km, within_cells=within_cells)
    fled = response_along_border(dash, corridor, every_km=every_km)
    race = came.drop(columns=["hours", "state"])
    race["response_h"], race["dash_h"] = came["hours"], fled["hours"]
    race["margin_h"] = race_margin_h(
        dash_h=race["dash_h"].to_numpy(), response_h=race["response_h"].to_numpy(), detect_h=delay
    )
    unknown = race["response_h"].isna() | race["dash_h"].isna()
    choices = [unknown, race["margin_h"].isna(), race["margin_h"] >= 0]
    race["outcome"] = np.select(choices, ["unknown", "neither", "response"], "crosser")
    race.attrs = {**came.attrs, "detect_h": delay, "share": _shares(race)}
    return race


def race_by_segment(race: pd.DataFrame) -> pd.DataFrame:
    """
    Sum up the race by segment.

    Parameters
    ----------
    race
        What `race_along_border` gives.

    Returns
    -------
    pandas.DataFrame
        One row a segment (index ``segment``): ``points``, shares of the length by outcome
        (``response_share``, ``crosser_share``, ``neither_share``, ``unknown_share``),
        ``median_margin_h`` and ``worst_margin_h`` (over the points with a margin, NaN for none).

    Raises
    ------
    InvalidParameterError
        If a column is missing.

    Examples
    --------
    >>> race = pd.DataFrame({
    ...     "segment": [0, 0], "length_km": [1.0, 1.0], "margin_h": [0.5, -0.25],
    ...     "outcome": ["response", "crosser"],
    ... })
    >>> race_by_segment(race).loc[0, ["response_share", "worst_margin_h"]].tolist()
    [0.5, -0.25]
    """
    missing = [name for name in ("segment", "length_km", "margin_h", "outcome") if name not in race]
    if missing:
        msg = f"the table must come from race_along_border, {', '.join(missing)} is missing"
        raise InvalidParameterError(msg)
    rows = {}
    for segment, group in race.groupby("segment", sort=True):
        there = group[group["margin_h"].notna()]
        margin, length = there["margin_h"].to_numpy(float), there["length_km"].to_numpy(float)
        rows[segment] = {
            "points": len(group),
            **{f"{outcome}_share": share for outcome, share in _shares(group).items()},
            "median_margin_h": within_share(margin, length, 0.5),
            "worst_margin_h": float(margin.min()) if len(margin) else float("nan"),
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "segment"
    return table


def _shares(race: pd.DataFrame) -> dict[str, float]:
    length = race["length_km"]
    return {
        outcome: float(length[race["outcome"] == outcome].sum() / length.sum())
        for outcome in OUTCOMES
    }


def _one_side(dem: xr.DataArray, corridor: Corridor, side: str) -> xr.DataArray:
    """Elevation with the other side taken out, but for the cells along the line."""
    border = corridor.border
    check_choice(side, "side", (border.left, border.right))
    grid = Grid.of(dem)
    cells = corridor.cells(grid)
    mine = country_of_cells(cells, border) == (1 if side == border.left else 2)
    # A cell that the line passes has its centre within half a diagonal of it.
    mine |= np.abs(cells["offset_km"].to_numpy()) <= grid.resolution_m / 1e3 * np.sqrt(0.5)
    return dem.where(mine)
