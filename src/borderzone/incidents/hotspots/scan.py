"""Kulldorff's scan: the stretch, disc or span of time with too many events to be chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import (
    as_non_negative,
    as_positive,
    broadcast,
    check_positive,
    check_probability,
    check_whole,
    shown,
)
from borderzone.errors import InvalidParameterError
from borderzone.incidents.hotspots.guards import FEWEST_PERMUTATIONS, as_counts, as_points
from borderzone.incidents.hotspots.periods import period_counts, periods_of
from borderzone.incidents.hotspots.place import need_placed
from borderzone.incidents.hotspots.plane_cells import cells_of
from borderzone.incidents.hotspots.scan_inference import Case, exposure_of, scan_test
from borderzone.incidents.hotspots.scan_places import with_disc, with_period, with_stretch
from borderzone.incidents.hotspots.windows import (
    disc_windows,
    runs_of,
    stretch_windows,
    time_spans,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["poisson_llr", "scan", "scan_discs", "scan_space_time"]

_STATISTIC = "Poisson log likelihood ratio (Kulldorff 1997), windows with more than expected"


def poisson_llr(count: ArrayLike, expected: ArrayLike, total: ArrayLike) -> np.float64 | FloatArray:
    """
    Give Kulldorff's Poisson log likelihood ratio of a window.

    ``c ln(c/E) + (C-c) ln((C-c)/(C-E))`` where more is counted than expected,
    else 0 [1]_.

    Parameters
    ----------
    count
        Events in the window, c.
    expected
        Events expected in it, E; above 0 and at most `total`.
    total
        All events, C.

    Returns
    -------
    float or FloatArray
        The ratio, 0 or more.

    Raises
    ------
    InvalidParameterError
        If a number is not finite, or count or expected lie outside 0 to total.

    References
    ----------
    .. [1] Kulldorff, M. (1997). A spatial scan statistic. Communications in
       Statistics, Theory and Methods 26, 1481-1496.

    Examples
    --------
    >>> poisson_llr([20, 10, 5], [10, 2, 10], [100, 50, 50]).round(6)
    array([4.440301, 8.801517, 0.      ])
    """
    c, e, whole = broadcast(
        count=as_non_negative(count, "count"),
        expected=as_positive(expected, "expected"),
        total=as_positive(total, "total"),
    )
    if not ((c <= whole) & (e <= whole)).all():
        msg = (
            "count must lie between 0 and total, and expected above 0 and up to total, got "
            f"{shown(count)}, {shown(expected)}, {shown(total)}"
        )
        raise InvalidParameterError(msg)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(c > 0, c * np.log(c / e), 0.0)
        outside = np.where(whole > c, (whole - c) * np.log((whole - c) / (whole - e)), 0.0)
        return np.where(c > e, inside + outside, 0.0)[()]


def scan(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    corridor: Corridor | None = None,
    exposure: str | ArrayLike = "length",
    max_share: float = 0.5,
    permutations: int = 999,
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Scan a border for stretches with more events than chance would put there.

    Every stretch of neighbouring segments up to `max_share` of the exposure is
    looked at; the p-value of the best accounts for all that were, by tables
    drawn under the null: all events, each segment by its share of exposure
    [1]_. Stretches never cross a break, and wrap on a ring.

    Parameters
    ----------
    data
        Counts by segment, shape ``(n,)`` or imputed ``(draws, n)``; or events
        from `place`, or a table from `incidents.read` with `corridor`.
    corridor
        The corridor; without it counts lie on one unbroken line.
    exposure
        What events are expected in proportion to: "length", "area", or numbers
        by segment, such as population.
    max_share
        Largest share of the exposure in a window.
    permutations
        Tables drawn under the null.
    level
        Level at which a cluster is called one.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        The most likely cluster, then secondary ones that do not overlap any
        before: first and last segment, km_start, km_end (smaller than
        km_start where a ring's start lies inside), count, expected,
        relative_risk, llr, p, significant, share_of_imputations (in which it
        is significant), below_precision. With imputations count and llr are of
        the mean counts, and p is the median. ``attrs`` tells method and
        which events are left out.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or there is no event.

    References
    ----------
    .. [1] Kulldorff, M. (1997). A spatial scan statistic. Communications in
       Statistics, Theory and Methods 26, 1481-1496.

    Examples
    --------
    >>> counts = [1, 0, 2, 1, 9, 8, 1, 0, 1, 1, 2, 1]
    >>> scan(counts, exposure=[1.0] * 12)[["first", "last", "count", "p"]].head(1)
       first  last  count      p
    0      4     5   17.0  0.001
    """
    check_probability(max_share, "max_share")
    placed = need_placed(data, corridor, seed)
    area = corridor if placed is None else placed.corridor
    counts = np.atleast_2d(as_counts(data if placed is None else placed.counts(), "counts"))
    weight = exposure_of(exposure, area, (counts.shape[1], 1))
    runs = [(0, counts.shape[1], False)] if area is None else runs_of(area)
    windows = stretch_windows(runs, weight[:, 0] / weight.sum(), max_share)
    case = Case(counts=counts[..., None], weight=weight, windows=windows, spans=time_spans(1, 1.0))
    table = scan_test(
        case, check_whole(permutations, "permutations", lowest=FEWEST_PERMUTATIONS), level, seed
    )
    table = with_stretch(table.drop(columns=["span"]), area, placed)
    return _told(table, "scan of stretches", max_share=max_share, exposure=exposure, placed=placed)


def scan_discs(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    xy_km: ArrayLike | None = None,
    corridor: Corridor | None = None,
    cell_km: float = 10.0,
    exposure: str | ArrayLike = "area",
    max_share: float = 0.5,
    max_radius_km: float = 100.0,
    permutations: int = 999,
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Scan a plane for discs with more events than chance would put there.

    As `scan`, over every disc about a place. Events are counted in square
    cells of the corridor, whose exposure is their area inside it.

    Parameters
    ----------
    data
        Counts by place, shape ``(n,)`` or imputed ``(draws, n)``; or events
        from `place`, or a table from `incidents.read` with `corridor`.
    xy_km
        Places in a plane, shape ``(n, 2)``, for counts. Units: km.
    corridor
        The corridor, for a table of events.
    cell_km
        Side of the cells, for events. Units: km.
    exposure
        "area" (equal for counts), or numbers by place.
    max_share
        Largest share of the exposure in a disc.
    max_radius_km
        Largest radius of a disc. Units: km.
    permutations
        Tables drawn under the null.
    level
        Level at which a cluster is called one.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        As `scan`; centre x_km, y_km, lon, lat (NaN for counts), radius_km and
        n_places instead of the stretch.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or there is no event.

    Examples
    --------
    >>> xy = np.stack(np.meshgrid(np.arange(6.0), np.arange(6.0)), axis=-1).reshape(-1, 2)
    >>> counts = np.where(np.hypot(*(xy - [4, 1]).T) < 1.2, 7, 1)
    >>> found = scan_discs(counts, xy_km=xy)
    >>> found[["x_km", "y_km", "radius_km", "count", "p"]].head(1)
       x_km  y_km  radius_km  count      p
    0   4.0   1.0        1.0   35.0  0.001
    """
    check_probability(max_share, "max_share")
    check_positive(max_radius_km, "max_radius_km", "km")
    placed = need_placed(data, corridor, seed)
    if placed is not None:
        centres, share, counts = cells_of(placed, check_positive(cell_km, "cell_km", "km"))
    elif xy_km is None:
        msg = "counts alone do not say where their places lie: pass xy_km= (x and y in km)"
        raise InvalidParameterError(msg)
    else:
        counts = np.atleast_2d(as_counts(data, "counts"))
        centres = as_points(xy_km, "xy_km")
        share = np.ones(len(centres))
    given = share if isinstance(exposure, str) and exposure == "area" else exposure
    weight = exposure_of(given, None, (counts.shape[1], 1))
    _same_length(centres, counts)
    windows = disc_windows(centres, weight[:, 0] / weight.sum(), max_share, max_radius_km)
    case = Case(counts=counts[..., None], weight=weight, windows=windows, spans=time_spans(1, 1.0))
    table = scan_test(
        case, check_whole(permutations, "permutations", lowest=FEWEST_PERMUTATIONS), level, seed
    )
    table = with_disc(table.drop(columns=["span"]), centres, placed)
    told = {"max_share": max_share, "exposure": exposure, "cell_km": cell_km if placed else None}
    return _told(table, "scan of discs", placed=placed, **told)


def scan_space_time(  # noqa: PLR0913 (all but the first have defaults that serve)
    data: Placed | gpd.GeoDataFrame | ArrayLike,
    *,
    corridor: Corridor | None = None,
    exposure: str | ArrayLike = "length",
    period: str = "month",
    max_share: float = 0.5,
    max_time_share: float = 0.5,
    permutations: int = 999,
    level: float = 0.05,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Scan a border and its history for stretches and times with too many events.

    As `scan`, over every stretch in every span of neighbouring periods.
    Under the null a segment has a constant rate; a season or a trend of the
    whole border is a cluster too.

    Parameters
    ----------
    data
        Counts by segment and period, shape ``(n, periods)`` or imputed
        ``(draws, n, periods)``; or events from `place`, or a table from
        `incidents.read` with `corridor`. Events whose date spans several
        periods leave, and are counted.
    corridor
        The corridor; without it counts lie on one unbroken line.
    exposure
        "length", "area", or numbers by segment or by segment and period;
        periods of events count by their days.
    period
        "week", "month", "quarter" or "year", for events.
    max_share
        Largest share of the exposure in a stretch.
    max_time_share
        Largest share of the periods in a span.
    permutations
        Tables drawn under the null.
    level
        Level at which a cluster is called one.
    seed
        Seed or generator.

    Returns
    -------
    pandas.DataFrame
        As `scan`, with period_start and period_end, the last inside: numbers of
        periods, or first and last day for events.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or there is no event.

    Examples
    --------
    >>> counts = np.ones((8, 6), int)
    >>> counts[2:4, 3:5] = 9
    >>> found = scan_space_time(counts, exposure=np.ones(8))
    >>> found[["first", "last", "period_start", "period_end", "p"]].head(1)
       first  last  period_start  period_end      p
    0      2     3             3           4  0.001
    """
    check_probability(max_share, "max_share")
    check_probability(max_time_share, "max_time_share")
    placed = need_placed(data, corridor, seed)
    area = corridor if placed is None else placed.corridor
    calendar, extra = None, dict[str, Any]()
    if placed is None:
        counts = _space_time_counts(data)
    else:
        calendar = periods_of(placed, period)
        counts, extra = period_counts(placed, calendar)
    days = None if calendar is None else calendar.days
    weight = exposure_of(exposure, area, counts.shape[1:], by_period=days)
    runs = [(0, counts.shape[1], False)] if area is None else runs_of(area)
    windows = stretch_windows(runs, weight.sum(axis=1) / weight.sum(), max_share)
    spans = time_spans(counts.shape[2], max_time_share)
    case = Case(counts=counts, weight=weight, windows=windows, spans=spans)
    table = scan_test(
        case, check_whole(permutations, "permutations", lowest=FEWEST_PERMUTATIONS), level, seed
    )
    table = with_period(table, spans, calendar)
    told = {"max_share": max_share, "max_time_share": max_time_share, "exposure": exposure}
    table = with_stretch(table, area, placed)
    table = _told(table, "scan of stretches and times", placed=placed, **told)
    table.attrs |= extra
    return table


def _space_time_counts(data: Any) -> IntArray | FloatArray:
    try:
        ndim = np.ndim(data)
    except ValueError:
        ndim = 0
    if ndim not in (2, 3):
        msg = "counts must have shape (n, periods) or (draws, n, periods); for one period use scan"
        raise InvalidParameterError(msg)
    shape = np.shape(data)
    flat = as_counts(np.reshape(np.asarray(data), (-1, shape[-1])), "counts")
    return flat.reshape(shape if ndim == 3 else (1, *shape))


def _same_length(centres: FloatArray, counts: FloatArray | IntArray) -> None:
    if len(centres) != counts.shape[1]:
        msg = f"xy_km has {len(centres)} places, counts {counts.shape[1]}"
        raise InvalidParameterError(msg)


def _told(
    table: pd.DataFrame, method: str, *, exposure: Any, placed: Placed | None, **more: Any
) -> pd.DataFrame:
    table.attrs["method"] = method
    table.attrs["statistic"] = _STATISTIC
    table.attrs["exposure"] = exposure if isinstance(exposure, str) else "given"
    table.attrs |= more
    if placed is not None:
        table.attrs |= placed.attrs()
    return table
