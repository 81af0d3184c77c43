"""
Hot spots of reported events: where in a corridor, and when, there are more than by chance.

Libraries do what they do well: Gi* is esda's over weights of libpysal, scipy holds false discoveries,
counts pairs and smooths densities. What no library has is a corridor. Its segments differ in ground
(from 600 to 2,100 km² on Iraq-Syria), so that they cannot change places as permutations have them do;
it winds, so that the bounding box over which pointpats takes K holds twice its ground; its line has
breaks and rings; and its events lie in regions, not at points. So chance is always the same here, as
many events anywhere on the ground of which the table speaks, and each draw of positions is tested.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer
from scipy import ndimage, sparse, special, stats
from scipy.spatial import cKDTree

from borderzone._cells import cells_inside, cells_of_points
from borderzone._guards import (
    as_rising,
    as_whole,
    check_confidence,
    check_positive,
    check_whole,
    generator,
    percent,
    seed_number,
    shown,
    told_seed,
)
from borderzone.errors import DataError, InvalidParameterError, LimitError
from borderzone.incidents.placing.covered_ground import (
    covered_ground,
    imputed,
)
from borderzone.incidents.placing.precision import area_km2, typical_error_km
from borderzone.incidents.table_schema import check_corridor, check_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.incidents.placing.covered_ground import CoveredGround

__all__ = ["HotspotOptions", "Hotspots", "event_density", "find_hotspots"]

_FEWEST = 3  # events in the corridor: two make no pattern
_RADII = (0.5, 1.0, 2.0, 3.0)  # at which nearness is looked at, of the radius asked for
_PATTERNS = 199  # drawn at random for nearness
_TABLES = _ORDERS = 999  # drawn at random: counts of segments, and dates
_MOST_TOTALS = 5  # numbers of events for which chance is drawn; the nearest serves the others
_MOST_STRETCHES = 5
_MOST_DAYS = 36_525
_MOST_PAIRS = 30_000_000
_MOST_NUMBERS = 20_000_000  # held at once
_LEAST_GROUND = 0.01  # of a median segment, below which no rate is taken
_TIE = 1e-9
_LEAST_CELLS = 2.0  # to a bandwidth, below which cells show


@dataclass(frozen=True, kw_only=True)
class HotspotOptions:
    """
    How hot spots are looked for; the table ``[hotspots]`` of a study file.

    Attributes
    ----------
    radius_km
        How far the neighbourhood of a place reaches along the border, from middle to middle of
        segments; events are also held near each other at 0.5, 1, 2 and 3 times it. Units: km.
    draws
        Positions drawn for each event.
    false_discovery_rate
        Share of the places called hot that may be so by chance, and the level of the other tests.
    days
        Rising outer edges of the bands of time in which events are held to follow each other. Units: days.

    Examples
    --------
    >>> HotspotOptions(radius_km=25).draws
    100
    """

    radius_km: float = 15.0
    draws: int = 100
    false_discovery_rate: float = 0.05
    days: tuple[int, ...] = (7, 14, 28)

    def __post_init__(self) -> None:
        """Refuse what cannot be looked for, and, before any work, an environment without the libraries."""
        check_positive(self.radius_km, "radius_km", "km")
        check_whole(self.draws, "draws")
        check_confidence(self.false_discovery_rate, "false_discovery_rate")
        days = as_whole(self.days, "days", 0, _MOST_DAYS)
        edges = as_rising(days, "days", "days", from_zero=True)
        object.__setattr__(self, "days", tuple(int(edge) for edge in edges))
        if missing := [name for name in ("esda", "libpysal") if find_spec(name) is None]:
            lacking = f"{' and '.join(missing)} cannot be found"
            msg = (
                f'hot spots need esda and libpysal, and {lacking}: pip install "borderzone[stats]"'
            )
            raise InvalidParameterError(msg)


@dataclass(frozen=True, kw_only=True, eq=False)
class Hotspots:
    """
    Where events are more than chance would have them; made by `find_hotspots`.

    Tables tell what is counted (mean over the draws of positions), what there is by_chance, p (of the median
    draw), q (p adjusted for the number of tests), beyond_chance (q at most the rate asked for),
    share_beyond_chance (of the draws), and below_precision (finer than the median position error).

    Attributes
    ----------
    options
        What was asked for.
    segments
        By segment: km_start, km_end, incidents_expected, and z, Gi* of the events per area.
    stretches
        The likeliest stretches of border that do not overlap, best first: km_start, km_end (the smaller where
        a ring starts inside), incidents_expected, log_likelihood_ratio; p accounts for all there are: no q.
    distances
        By distance, straight and along the border: measured, within_km, pairs_expected, ratio (Ripley's K
        over that of chance), l_minus_r_km.
    density
        Events per km by chainage: a Gaussian kernel of the radius, divided by its mass on the part of the
        border, so that nothing passes an end or a break.
    repeats
        By band of time, pairs within the radius: days_from, days_to, pairs_expected, ratio; no row where fewer
        than three events are dated to the day.
    told
        What went in: number of events, of those placed, in the corridor, and dated to the day, the median
        position error, ground and seed.
    """

    options: HotspotOptions
    segments: pd.DataFrame
    stretches: pd.DataFrame
    distances: pd.DataFrame
    density: pd.Series
    repeats: pd.DataFrame
    told: Mapping[str, Any]

    def sentences(self) -> list[str]:
        """
        Say in plain words what was found, null results too.

        Returns
        -------
        list of str
            A sentence for segments, stretches, distances and repeats, and what was left out.
        """
        rate = percent(self.options.false_discovery_rate)
        words = [
            _segment_words(self.segments, rate),
            _stretch_words(self.stretches, rate),
            *(_distance_words(self.distances, way, rate) for way in ("straight", "along")),
            _repeat_words(self.repeats, self.options.radius_km, rate),
            _left_out_words(self.told),
        ]
        return [sentence for sentence in words if sentence]

    def limits(self) -> list[str]:
        """
        Say what these numbers do not say.

        Returns
        -------
        list of str
            Sentences.
        """
        ground, error_km = self.told["ground"], self.told["median_error_km"]
        reports = (
            "A hot spot is one of reports: people report from towns and roads, and chance here is that events lie "
            f"anywhere on {ground}. It says nothing of why there are more, of what goes unreported, or of what "
            "comes next."
        )
        drawn = (
            "Each event was moved over all the places it may have been: a place is as surely hot as the share of "
            f"the draws in which it is. Positions are known to some {error_km:.3g} km in the median: what is "
            "finer than that stands on how they were drawn."
        )
        return [reports, drawn]


def find_hotspots(
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    options: HotspotOptions | None = None,
    *,
    regions: gpd.GeoDataFrame | None = None,
    seed: Seed = 1,
) -> Hotspots:
    """
    Find segments, stretches, distances and times with more events than chance.

    Chance is as many events anywhere on the ground of the corridor of which the table speaks.
    Segments are tested by Gi* [1]_ of events per area, with false discoveries held by Benjamini and
    Hochberg [2]_; stretches of any length by Kulldorff's scan [3]_; nearness by Ripley's K [4]_,
    straight and along the border, over the K of chance on the same ground, which corrects its edges;
    near repeats by Knox's pairs [5]_, with dates in random order. All are one-sided, for more.

    Parameters
    ----------
    events
        Table from `read`.
    corridor
        The corridor.
    options
        How they are looked for; the defaults when left out.
    regions
        Where each event may have happened, from `regions`; None for the default precision classes.
    seed
        Seed of positions and of chance.

    Returns
    -------
    Hotspots
        Tables, and what they say in words.

    Raises
    ------
    DataError
        If fewer than three events can be placed in the corridor, or the table is of other
        countries.
    InvalidParameterError
        If the radius reaches no neighbour.
    LimitError
        If more pairs lie within the radius than can be held.

    References
    ----------
    .. [1] Ord, J. K., Getis, A. (1995). Local spatial autocorrelation statistics. Geogr. Anal. 27, 286-306.
    .. [2] Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. JRSS B 57, 289-300.
    .. [3] Kulldorff, M. (1997). A spatial scan statistic. Commun. Stat. Theory Methods 26, 1481-1496.
    .. [4] Ripley, B. D. (1977). Modelling spatial patterns. J. R. Stat. Soc. B 39, 172-212.
    .. [5] Knox, E. G. (1964). The detection of space-time interactions. Applied Statistics 13, 25-30.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> from borderzone.incidents import read
    >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 36)]))
    >>> corridor = Corridor.around(border, depth_km=20, segment_km=10)
    >>> table = pd.DataFrame({"lat": [34.5] * 12, "lon": 41.0, "where_prec": 1})
    >>> found = find_hotspots(read(table), corridor, HotspotOptions(draws=20))
    >>> found.sentences()[0]
    '3 of 23 segments are hot at a false discovery rate of 5 %: km 39 to 68.'
    """
    asked: Any = HotspotOptions() if options is None else options
    if not isinstance(asked, HotspotOptions):
        msg = f"options must be HotspotOptions, got {shown(options)}"
        raise InvalidParameterError(msg)
    placed = _placed(events, corridor, draws=asked.draws, seed=seed, regions=regions)
    if placed.n_in_corridor < _FEWEST:
        n = f"{placed.n_in_corridor:.3g} of {len(events):,}"
        msg = f"hot spots need {_FEWEST} events or more in the corridor; {n} can be placed in it"
        raise DataError(msg)
    rng = generator(seed_number(seed), 0x407)  # apart from the stream of positions
    return Hotspots(
        options=asked,
        segments=_segments(placed, asked, rng),
        stretches=_stretches(placed, asked, rng),
        distances=_distances(placed, asked, rng),
        density=_density_along(placed, asked.radius_km),
        repeats=_repeats(placed, asked, rng),
        told=placed.told() | {"seed": told_seed(seed)},
    )


def event_density(  # noqa: PLR0913 - all but the first three have defaults that serve
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    grid: Grid,
    *,
    bandwidth_km: float = 15.0,
    draws: int = 100,
    regions: gpd.GeoDataFrame | None = None,
    seed: Seed = 1,
) -> xr.DataArray:
    """
    Give the Gaussian kernel density of events on a grid, none of it outside the corridor.

    The kernel of each event is divided by its mass on the ground of which the table speaks [1]_, so that
    the density adds up to the number of events. A density is a picture, not a test.

    Parameters
    ----------
    events
        Table from `read`.
    corridor
        The corridor.
    grid
        Grid, as from ``corridor.grid``.
    bandwidth_km
        Standard deviation of the kernel, two cells or more. Units: km.
    draws
        Positions drawn for each event; each has the same part in the density.
    regions
        Where each event may have happened, from `regions`; None for the default precision classes.
    seed
        Seed of the positions.

    Returns
    -------
    DataArray
        Events per km², float32, NaN outside.

    Raises
    ------
    BorderzoneError
        If an argument is impossible, or cells are too large for the bandwidth.

    References
    ----------
    .. [1] Diggle, P. (1985). A kernel method for smoothing point process data. Appl. Stat. 34, 138-147.

    Examples
    --------
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> from borderzone.incidents import read
    >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 36)]))
    >>> corridor = Corridor.around(border, depth_km=20)
    >>> table = pd.DataFrame({"lat": [35.0], "lon": [41.0], "where_prec": [1]})
    >>> grid = corridor.grid(resolution_m=2000)
    >>> found = event_density(read(table), corridor, grid, bandwidth_km=10)
    >>> round(float(found.sum()) * grid.cell_area_km2, 4)
    1.0
    """
    h, cell_km = check_positive(bandwidth_km, "bandwidth_km", "km"), grid.resolution_m / 1e3
    if h < _LEAST_CELLS * cell_km:
        least = f"{_LEAST_CELLS * cell_km:g} km or more"
        msg = (
            f"bandwidth_km must be two cells of the grid, {least}, got {h:g}; or take a finer grid"
        )
        raise InvalidParameterError(msg)
    placed = _placed(events, corridor, draws=draws, seed=seed, regions=regions)
    to_grid = Transformer.from_crs(4326, grid.crs, always_xy=True)
    xy = np.column_stack(to_grid.transform(*placed.lonlat[placed.inside].T))
    cells, n_cells = cells_of_points(xy, grid), grid.shape[0] * grid.shape[1]
    counts = np.bincount(cells[cells >= 0], minlength=n_cells).reshape(grid.shape) / draws
    ground = gpd.GeoSeries([placed.covered.shape], crs=4326).to_crs(grid.crs).iloc[0]
    inside = np.isin(np.arange(n_cells), cells_inside(ground, grid)).reshape(grid.shape)
    if not inside.any():
        msg = "no cell of the grid lies in the corridor; take the grid from corridor.grid(...)"
        raise InvalidParameterError(msg)
    # At the rim the middle of a cell may lie outside where a position in it does not.
    inside |= counts > 0
    values = _smoothed(counts, inside, h / cell_km, "constant") / cell_km**2
    found = grid.wrap(
        np.where(inside, values, np.nan).astype(np.float32),
        name="event_density",
        units="events per km2",
        long_name=f"kernel density of events, Gaussian of {h:g} km",
    )
    found.attrs |= placed.told() | {"bandwidth_km": h}
    return found


def _density_along(placed: _Placed, h: float) -> pd.Series:
    km = placed.chainage_km[placed.inside]
    number, pieces = placed.part_of(km), []
    for own, part in enumerate(placed.corridor.border.course):
        length = part.km_end - part.km_start
        edges = np.linspace(part.km_start, part.km_end, max(1, round(length / min(1.0, h / 4))) + 1)
        counts = np.histogram(km[number == own], edges)[0] / placed.draws
        step = length / len(counts)
        mode: Literal["constant", "wrap"] = "wrap" if part.is_ring else "constant"
        values = _smoothed(counts, np.ones(len(counts), dtype=bool), h / step, mode) / step
        pieces.append(pd.Series(values, index=edges[:-1] + step / 2))
    return pd.concat(pieces).rename_axis("km").rename("incidents_per_km")


def _smoothed(
    counts: FloatArray, inside: BoolArray, sigma: float, mode: Literal["constant", "wrap"]
) -> FloatArray:
    """Divide each event by the mass of its kernel inside (Diggle 1985), then spread it."""

    def spread(values: FloatArray) -> FloatArray:
        # 1.5e-8 of a Gaussian lies beyond six of its standard deviations.
        return np.asarray(ndimage.gaussian_filter(values, sigma, mode=mode, truncate=6.0))

    mass = spread(inside.astype(float))
    return spread(np.divide(counts, mass, out=np.zeros(counts.shape), where=counts > 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Placed:
    """Events with their drawn positions on the ground of which the table speaks; arrays are (events, draws)."""

    corridor: Corridor
    covered: CoveredGround  # that ground
    ground_km2: FloatArray  # of each segment
    lonlat: FloatArray  # (events, draws, 2)
    chainage_km: FloatArray
    segment: IntArray  # -1 off that ground
    day: Any  # of each event, NaT where its date is not known to the day
    n_events: int
    median_error_km: float

    @property
    def draws(self) -> int:
        return int(self.lonlat.shape[1])

    @property
    def inside(self) -> BoolArray:
        return np.asarray(self.segment >= 0)

    @property
    def n_in_corridor(self) -> float:
        return float(self.inside.sum() / self.draws)

    def counts(self) -> IntArray:
        """Count the events of each segment, shape (draws, segments)."""
        n = len(self.ground_km2)
        draw = np.broadcast_to(np.arange(self.draws), self.segment.shape)[self.inside]
        flat = np.bincount(draw * n + self.segment[self.inside], minlength=self.draws * n)
        return np.asarray(flat.reshape(self.draws, n))

    def part_of(self, km: FloatArray) -> IntArray:
        """Give the number of the part of the border on which a chainage lies; at a break the later one."""
        starts = np.array([part.km_start for part in self.corridor.border.course])
        return np.asarray(
            np.clip(np.searchsorted(starts, km, side="right") - 1, 0, len(starts) - 1)
        )

    def told(self) -> dict[str, Any]:
        return {
            "n_events": self.n_events,
            "n_placed": len(self.segment),
            "n_in_corridor": self.n_in_corridor,
            "n_dated": int((~np.isnat(self.day) & self.inside.any(axis=1)).sum()),
            "median_error_km": self.median_error_km,
            "ground": self.covered.name,
        }


def _placed(
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    *,
    draws: int,
    seed: Seed,
    regions: gpd.GeoDataFrame | None,
) -> _Placed:
    """Draw the positions of events as the study does, held to the countries that their rows name."""
    check_corridor(corridor)
    ground = covered_ground(check_events(events), corridor)
    drawn = imputed(events, corridor, draws=draws, seed=seed_number(seed), regions=regions)
    kept = drawn.is_placed
    lonlat = np.full((len(events), drawn.draws, 2), np.nan)
    for rows, lon, lat in drawn.blocks():
        lonlat[rows, :, 0], lonlat[rows, :, 1] = lon, lat
    lonlat = lonlat[kept]
    found = corridor.locate(gpd.GeoSeries.from_xy(*lonlat.reshape(-1, 2).T, crs=4326))
    segment = found["segment"].to_numpy(copy=True)
    ground_km2 = corridor.segments["area_km2"].to_numpy(dtype=float)
    if ground.limited:
        shapely.prepare(ground.shape)
        segment[~shapely.contains_xy(ground.shape, *lonlat.reshape(-1, 2).T)] = -1
        shapes = corridor.segments.geometry.to_crs(4326)
        ground_km2 = np.array([area_km2(shape) for shape in shapes.intersection(ground.shape)])
    segment[ground_km2[segment] <= 0] = -1
    segment = segment.reshape(lonlat.shape[:2])
    first, last = (
        pd.to_datetime(events[name], errors="coerce").to_numpy().astype("datetime64[D]")[kept]
        for name in ("date_start", "date_end")
    )
    errors_km = drawn.placed["median_error_km"].to_numpy(dtype=float)[kept]
    return _Placed(
        corridor=corridor,
        covered=ground,
        ground_km2=ground_km2,
        lonlat=lonlat,
        chainage_km=found["chainage_km"].to_numpy().reshape(segment.shape),
        segment=segment,
        day=np.where(first == last, first, np.datetime64("NaT", "D")),
        n_events=len(events),
        median_error_km=typical_error_km(errors_km, (segment >= 0).mean(axis=1)),
    )


def _chance(
    totals: IntArray, ground_km2: FloatArray, tables: int, width: int, rng: np.random.Generator
) -> Iterator[tuple[int, IntArray, IntArray]]:
    """Place as many events at random on the ground as a draw has: how many, the draws served, and counts."""
    distinct = np.unique(totals[totals > 0])
    chosen = np.linspace(0, len(distinct) - 1, min(len(distinct), _MOST_TOTALS)).round().astype(int)
    drawn = distinct[chosen]
    serves = np.where(totals > 0, np.abs(totals[:, None] - drawn).argmin(axis=1), -1)
    step = max(1, _MOST_NUMBERS // width)
    for number, total in enumerate(drawn.tolist()):
        for first in range(0, tables, step):
            size = min(step, tables - first)
            random = rng.multinomial(total, ground_km2 / ground_km2.sum(), size=size)
            yield total, np.flatnonzero(serves == number), random


# Segments: Gi*, the share that a place and its neighbours have in the sum of all values.


def _segments(placed: _Placed, asked: HotspotOptions, rng: np.random.Generator) -> pd.DataFrame:
    counts, ground = placed.counts(), placed.ground_km2
    n, totals = len(ground), counts.sum(axis=1)
    # A sliver of ground has a rate, but none that says anything.
    tested = ground >= _LEAST_GROUND * np.median(ground[ground > 0])
    per_km2 = np.where(tested, 1.0 / np.where(tested, ground, 1.0), 0.0)
    near = _neighbours(placed.corridor, asked.radius_km)
    g, z = np.array([_gi_star(row * per_km2, near) for row in counts]).transpose(1, 0, 2)
    # Enough tables for one hot segment among all to be found: its least q is half the rate asked for.
    tables = max(_TABLES, int(np.ceil(2 * n / asked.false_discovery_rate)))
    weights = near + sparse.eye_array(n, format="csr")
    beyond = np.zeros(counts.shape)
    for _, draws, random in _chance(totals, ground, tables, n, rng):
        rates = random * per_km2
        chance = (weights @ rates.T) / np.maximum(rates.sum(axis=1), np.finfo(float).tiny)
        for draw in draws:
            beyond[draw] += (chance >= g[draw, :, None] - _TIE).sum(axis=1)
    p = np.where((totals[:, None] > 0) & tested, (1.0 + beyond) / (tables + 1.0), 1.0)
    where = pd.DataFrame(placed.corridor.segments[["segment", "km_start", "km_end"]])
    return where.reset_index(drop=True).assign(
        incidents_expected=counts.mean(axis=0),
        by_chance=totals.mean() * ground / ground.sum(),
        z=np.where(tested, z.mean(axis=0), np.nan),
        **_tested(p, asked.false_discovery_rate),
        below_precision=2 * asked.radius_km < placed.median_error_km,
    )


def _tested(p: FloatArray, level: float) -> dict[str, Any]:
    """Adjust tests of one kind for their number: of the median draw, and draw by draw."""
    middle = np.median(p, axis=0)
    q, each = stats.false_discovery_control(middle), stats.false_discovery_control(p, axis=1)
    share = (each <= level).mean(axis=0)
    return {"p": middle, "q": q, "beyond_chance": q <= level, "share_beyond_chance": share}


def _gi_star(values: FloatArray, near: sparse.csr_array) -> tuple[FloatArray, FloatArray]:
    """Give Gi* and its standard deviate (Ord and Getis 1995) of each place, by esda."""
    if np.ptp(values) == 0:  # as many everywhere, or none: there is no deviation to divide by
        share = (near.sum(axis=1) + 1.0) / len(values)
        return share * bool(values.any()), np.full(len(values), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # esda's own, of what it imports
        from esda.getisord import G_Local  # noqa: PLC0415 - 2 s to load, for the few who ask
        from libpysal.graph import Graph  # noqa: PLC0415 - likewise

        found = G_Local(values, Graph.from_sparse(near), transform="B", star=True, permutations=0)
    return np.asarray(found.Gs), np.asarray(found.Zs)


def _neighbours(corridor: Corridor, radius_km: float) -> sparse.csr_array:
    """Link segments whose middles lie within the radius along the border: never across a break, round a ring."""
    middle = corridor.segments[["km_start", "km_end"]].mean(axis=1).to_numpy()
    near = np.zeros((len(middle), len(middle)), dtype=bool)
    for part, mine in _parts(corridor):
        apart = np.abs(middle[mine, None] - middle[mine])
        if part.is_ring:
            apart = np.minimum(apart, part.km_end - part.km_start - apart)
        near[np.ix_(mine, mine)] = apart <= radius_km + 1e-6
    np.fill_diagonal(near, val=False)
    if not near.any():
        longest = np.ceil(corridor.segments["length_km"].max())
        msg = f"radius_km {radius_km:g} reaches no neighbour: take {longest:g} km or more, or shorter segments"
        raise InvalidParameterError(msg)
    return sparse.csr_array(near.astype(float))


def _parts(corridor: Corridor) -> Iterator[tuple[Any, IntArray]]:
    """Give each part of the border with its segments."""
    middle = corridor.segments[["km_start", "km_end"]].mean(axis=1).to_numpy()
    for part in corridor.border.course:
        yield part, np.flatnonzero((middle > part.km_start) & (middle < part.km_end))


# Stretches: Kulldorff's scan in one dimension, for which no library of Python stands.


def _poisson_llr(count: Any, expected: Any, total: Any) -> Any:
    """Log likelihood ratio of a window (Kulldorff 1997): c ln(c/E) + (C-c) ln((C-c)/(C-E)) where c > E."""
    c, e, whole = (np.asarray(value, dtype=float) for value in (count, expected, total))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = special.xlogy(c, c / e) + special.xlogy(whole - c, (whole - c) / (whole - e))
    return np.where(c > e, ratio, 0.0)[()]  # 0 for fewer: a scan for low rates is another


def _stretches(placed: _Placed, asked: HotspotOptions, rng: np.random.Generator) -> pd.DataFrame:
    counts, ground, level = placed.counts(), placed.ground_km2, asked.false_discovery_rate
    totals, segments = counts.sum(axis=1), placed.corridor.segments
    order, windows = _windows(placed.corridor)
    share = _window_sums(ground / ground.sum(), order, windows)
    # Of a stretch of more than half of the ground, the rest would be the odd one.
    fits = (share > 0) & (share <= 0.5 + _TIE)
    windows, share = windows[fits], share[fits]
    each = _window_sums(counts, order, windows)
    ratio = _poisson_llr(each, share * totals[:, None], totals[:, None])
    of_mean = _poisson_llr(each.mean(axis=0), share * totals.mean(), totals.mean())
    best = _apart(of_mean, order, windows)
    beyond = np.zeros((len(counts), len(best)))
    for total, draws, random in _chance(totals, ground, _TABLES, len(windows), rng):
        chance = _poisson_llr(_window_sums(random, order, windows), share * total, total)
        # The largest of all stretches: so p accounts for all that were looked at.
        largest = chance.max(axis=1)[:, None, None]
        beyond[draws] += (largest >= ratio[draws][:, best] - _TIE).sum(axis=0)
    p = np.where(totals[:, None] > 0, (1.0 + beyond) / (_TABLES + 1.0), 1.0)
    length_km = _window_sums(segments["length_km"], order, windows)[best]
    return pd.DataFrame(
        {
            "km_start": segments["km_start"].to_numpy()[order[windows[best, 0]]],
            "km_end": segments["km_end"].to_numpy()[order[windows[best, 1] - 1]],
            "incidents_expected": each.mean(axis=0)[best],
            "by_chance": share[best] * totals.mean(),
            "log_likelihood_ratio": of_mean[best],
            "p": np.median(p, axis=0),
            "beyond_chance": np.median(p, axis=0) <= level,
            "share_beyond_chance": (p <= level).mean(axis=0),
            "below_precision": length_km < placed.median_error_km,
        }
    )


def _windows(corridor: Corridor) -> tuple[IntArray, IntArray]:
    """Give every stretch of neighbouring segments, as first and stop in an order in which rings stand twice."""
    order, windows, base = [], [], 0
    for part, mine in _parts(corridor):
        here, n = np.append(mine, mine[:-1]) if part.is_ring else mine, len(mine)
        first, stop = np.triu_indices(len(here) + 1, 1)
        # A whole ring is one window, whichever segment it starts from.
        fits = (first < n) & ((stop - first < n) | ((first == 0) & (stop == n)))
        windows.append(base + np.column_stack([first[fits], stop[fits]]))
        order.append(here)
        base += len(here)
    return np.concatenate(order), np.concatenate(windows)


def _window_sums(values: Any, order: IntArray, windows: IntArray) -> FloatArray:
    along = np.cumsum(np.asarray(values, dtype=float)[..., order], axis=-1)
    along = np.concatenate([np.zeros((*along.shape[:-1], 1)), along], axis=-1)
    return np.asarray(along[..., windows[:, 1]] - along[..., windows[:, 0]])


def _apart(ratio: FloatArray, order: IntArray, windows: IntArray) -> list[int]:
    """Take the best window, then the best that share no segment with any before."""
    found: list[int] = []
    taken = np.zeros(int(order.max()) + 1, dtype=bool)
    # Of equal ratios the shorter stretch is the plainer answer.
    for window in np.lexsort((windows[:, 1] - windows[:, 0], -ratio.round(9))):
        places = order[windows[window, 0] : windows[window, 1]]
        if ratio[window] <= 0 or len(found) == _MOST_STRETCHES:
            break
        if not taken[places].any():
            found.append(int(window))
            taken[places] = True
    return found


# Distances: Ripley's K over that of chance on the same ground, which has the same edges.


def _distances(placed: _Placed, asked: HotspotOptions, rng: np.random.Generator) -> pd.DataFrame:
    radii = asked.radius_km * np.array(_RADII)
    n = max(2, round(placed.n_in_corridor))
    lonlat = _at_random(placed.covered.shape, n * _PATTERNS, rng)
    located = placed.corridor.locate(gpd.GeoSeries.from_xy(*lonlat.T, crs=4326))
    km = located["chainage_km"].to_numpy().reshape(_PATTERNS, n)
    chance = _pair_shares(placed, lonlat.reshape(_PATTERNS, n, 2), km, radii)
    own = np.where(placed.inside, placed.chainage_km, np.nan)
    found = _pair_shares(placed, placed.lonlat.swapaxes(0, 1), own.T, radii)
    tables, pairs = [], n * (n - 1) / 2
    for way, measured in enumerate(("straight", "along")):
        beyond = (chance[:, way] >= found[:, way, None] - _TIE).sum(axis=1)
        mean, expected = found[:, way].mean(axis=0), chance[:, way].mean(axis=0)
        ratio = _ratio(mean, expected)
        # K of chance is pi r² in the plane and 2r on a line, so L is r by the root or by the ratio.
        stretched = np.sqrt(ratio) if measured == "straight" else ratio
        table = {
            "measured": measured,
            "within_km": radii,
            "pairs_expected": pairs * mean,
            "by_chance": pairs * expected,
            "ratio": ratio,
            "l_minus_r_km": radii * (stretched - 1.0),
            **_tested((1.0 + beyond) / (_PATTERNS + 1.0), asked.false_discovery_rate),
            "below_precision": radii < placed.median_error_km,
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _ratio(found: FloatArray, expected: FloatArray) -> FloatArray:
    return np.asarray(found / np.where(expected > 0, expected, np.nan))


def _at_random(shape: BaseGeometry, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw positions evenly over ground given in longitude and latitude."""
    west, south, east, north = shape.bounds
    # The sine of the latitude is even on a sphere; the ellipsoid departs from it by 0.1 % a degree at most.
    low, high = np.sin(np.radians([south, north]))
    shapely.prepare(shape)
    found, missing = [], n
    while missing > 0:
        lon = rng.uniform(west, east, 2 * missing + 64)
        lat = np.degrees(np.arcsin(rng.uniform(low, high, len(lon))))
        good = np.column_stack([lon, lat])[shapely.contains_xy(shape, lon, lat)][:missing]
        found.append(good)
        missing -= len(good)
    return np.concatenate(found)


def _pair_shares(
    placed: _Placed, lonlat: FloatArray, km: FloatArray, radii: FloatArray
) -> FloatArray:
    """
    Share of all pairs within each radius, straight and along the border, shape (patterns, 2, radii).

    K over the K of chance is the ratio of such shares; NaN in `km` is off the ground.
    """
    shares, xyz = np.zeros((len(km), 2, len(radii))), _xyz_km(lonlat)
    for number, (positions, chainages) in enumerate(zip(xyz, km, strict=True)):
        on = np.isfinite(chainages)
        n = int(on.sum())
        if n > 1:
            tree = cKDTree(positions[on])
            straight = (tree.count_neighbors(tree, radii) - n) / 2
            along = _pairs_along(placed, np.sort(chainages[on]), radii)
            shares[number] = np.array([straight, along]) / (n * (n - 1) / 2)
    return shares


def _xyz_km(lonlat: FloatArray) -> FloatArray:
    """Positions in space: their chord is the distance on the ground to a millionth, in any corridor."""
    lon, lat = np.moveaxis(lonlat, -1, 0)
    to_space = Transformer.from_crs(4979, 4978, always_xy=True)
    return np.stack(to_space.transform(lon, lat, np.zeros(lon.shape)), axis=-1) / 1e3


def _pairs_along(placed: _Placed, km: FloatArray, radii: FloatArray) -> FloatArray:
    """Count pairs by distance along the border: none across a break, on a ring the shorter way round."""
    pairs, part = np.zeros(len(radii)), placed.part_of(km)
    for number, piece in enumerate(placed.corridor.border.course):
        mine = km[part == number]
        if piece.is_ring:
            length = piece.km_end - piece.km_start
            ahead, reach = np.append(mine, mine + length), np.minimum(radii, length / 2)
        else:
            ahead, reach = mine, radii
        stop = np.searchsorted(ahead, mine[:, None] + reach, side="right")
        pairs += (stop - np.arange(len(mine))[:, None] - 1).sum(axis=0)
    return pairs


# Repeats: Knox's pairs that are near in space and time, with the dates in random order.


def _repeats(placed: _Placed, asked: HotspotOptions, rng: np.random.Generator) -> pd.DataFrame:
    edges = np.array(asked.days)
    rows = np.flatnonzero(~np.isnat(placed.day) & placed.inside.any(axis=1))
    day = placed.day[rows].astype(np.int64)
    one, other, weight = _near_pairs(placed, rows, asked.radius_km)

    def by_band(order: IntArray) -> FloatArray:
        band = np.searchsorted(edges, np.abs(order[one] - order[other]))
        return np.asarray(np.bincount(band, weight, minlength=len(edges) + 1)[:-1])

    found = by_band(day)
    chance = np.array([by_band(rng.permutation(day)) for _ in range(_ORDERS)])
    p = (1.0 + (chance >= found - _TIE).sum(axis=0)) / (_ORDERS + 1.0)
    expected, q = chance.mean(axis=0), stats.false_discovery_control(p)
    table = pd.DataFrame(
        {
            "days_from": np.append(0, edges[:-1] + 1),
            "days_to": edges,
            "pairs_expected": found,
            "by_chance": expected,
            "ratio": _ratio(found, expected),
            "p": p,
            "q": q,
            "beyond_chance": q <= asked.false_discovery_rate,
            "below_precision": asked.radius_km < placed.median_error_km,
        }
    )
    return table if len(rows) >= _FEWEST else table[:0]


def _near_pairs(
    placed: _Placed, rows: IntArray, radius_km: float
) -> tuple[IntArray, IntArray, FloatArray]:
    """Give the pairs of events that lie within the radius in any draw, and in what share of the draws."""
    n, xyz = len(rows), _xyz_km(placed.lonlat[rows])
    keys, held = [np.empty(0, dtype=np.int64)], 0
    for draw in range(placed.draws):
        here = np.flatnonzero(placed.inside[rows, draw])
        pairs = cKDTree(xyz[here, draw]).query_pairs(radius_km, output_type="ndarray")
        keys.append(here[pairs.min(axis=1)] * n + here[pairs.max(axis=1)])
        held += len(pairs)
        if held > _MOST_PAIRS:
            many = f"more than {_MOST_PAIRS:,} pairs of events lie within radius_km {radius_km:g}"
            msg = f"{many}: take a smaller radius or fewer draws"
            raise LimitError(msg)
    key, number = np.unique(np.concatenate(keys), return_counts=True)
    return *np.divmod(key, n), number / placed.draws


# What the tables say, in words.


def _segment_words(table: pd.DataFrame, rate: str) -> str:
    hot, least = table[table["beyond_chance"]], table["q"].min()
    if hot.empty:
        return f"No segment is hot at a false discovery rate of {rate} (smallest q = {least:.2f})."
    surely = hot["share_beyond_chance"].min()
    share = "" if surely == 1 else f", in {percent(surely)} or more of the draws of positions"
    # Neighbouring segments are named together.
    new = hot["km_start"].to_numpy()[1:] > hot["km_end"].to_numpy()[:-1] + 1e-6
    runs = [_named(run) for _, run in hot.groupby(np.append(0, np.cumsum(new)))]
    return (
        f"{len(hot)} of {len(table)} segments {'is' if len(hot) == 1 else 'are'} hot at a false discovery "
        f"rate of {rate}: {_listed(runs)}{share}."
    )


def _named(run: pd.DataFrame) -> str:
    return f"km {run['km_start'].iloc[0]:.0f} to {run['km_end'].iloc[-1]:.0f}"


def _stretch_words(table: pd.DataFrame, rate: str) -> str:
    best = (
        f" (the likeliest, {_named(table[:1])}: p = {table['p'].iloc[0]:.2f})" if len(table) else ""
    )
    rows: Iterable[Any] = table[table["beyond_chance"]].itertuples()
    words = [
        f"km {row.km_start:.0f} to {row.km_end:.0f} with {row.incidents_expected:.3g} against "
        f"{row.by_chance:.3g} by chance (p = {row.p:.3f}; "
        f"beyond chance in {percent(row.share_beyond_chance)} of the draws of positions)"
        for row in rows
    ]
    if not words:
        return f"No stretch of border has more events than by chance at {rate}{best}."
    return f"More events than by chance lie on {_listed(words)}."


def _distance_words(table: pd.DataFrame, way: str, rate: str) -> str:
    mine = table[table["measured"] == way]
    bands = [f"within {km:g} km" for km in mine["within_km"]]
    where = (
        f"Measured {'in a straight line' if way == 'straight' else 'along the border'}, events lie"
    )
    near = "nearer to each other than by chance"
    return _pair_words(mine, bands, f"{where} {near}", f"{where} no {near} at {rate}")


def _repeat_words(table: pd.DataFrame, radius_km: float, rate: str) -> str:
    bands = [f"{row.days_from} to {row.days_to} days apart" for row in table.itertuples()]
    who = f"Events within {radius_km:g} km of each other follow in time"
    some, none = f"{who} more than by chance", f"{who} no more than by chance at {rate}"
    return _pair_words(table, bands, some, none) if bands else ""


def _pair_words(table: pd.DataFrame, bands: Sequence[str], some: str, none: str) -> str:
    more = [
        f"{row.ratio:.2g} times as many pairs {band}"
        for row, band in zip(table.itertuples(), bands, strict=True)
        if row.beyond_chance
    ]
    return f"{some}: {_listed(more)}." if more else f"{none} (smallest q = {table['q'].min():.2f})."


def _left_out_words(told: Mapping[str, Any]) -> str:
    gone = told["n_events"] - told["n_placed"]
    words = f"{told['n_in_corridor']:.3g} of {told['n_events']:,} events lie in {told['ground']}"
    return f"{words}; {gone:,} cannot be placed." if gone else f"{words}."


def _listed(items: Sequence[str]) -> str:
    rest = f" and {len(items) - 6} more" if len(items) > 6 else ""
    return ", ".join(items[:6]) + rest
