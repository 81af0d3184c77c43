"""Incidents laid over zones: expected counts with bands, because positions are imprecise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_threads, guarded, percent
from borderzone.errors import DataError
from borderzone.incidents.placing.bands_of_counts import BAND_ENDS, count_bands, pooled_garwood
from borderzone.incidents.placing.covered_ground import (
    BEYOND,
    SLIVER,
    CoveredGround,
    corridor_outline,
    count_draws,
    covered_ground,
    ground_words,
    imputed,
    zone_names,
    zone_shapes,
)
from borderzone.incidents.placing.precision import area_km2, typical_error_km
from borderzone.incidents.table_coverage import country_words
from borderzone.incidents.table_schema import check_corridor, is_usable, label_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    import geopandas as gpd
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = [
    "ESTIMAND",
    "UNDERLYING_ESTIMAND",
    "Account",
    "ZoneGround",
    "account",
    "event_probabilities",
    "overlay",
    "zone_sentences",
]


ESTIMAND = (
    "number of the located, reported events that truly happened in the zone; the band is the "
    "uncertainty of their positions alone"
)
UNDERLYING_ESTIMAND = (
    "mean number of events that would be reported and located in the zone in such a period, under "
    "the same reporting; the band adds the chance of counts (Garwood) to that of positions"
)


def overlay(  # noqa: PLR0913 - the front door fixes the names
    events: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    corridor: Corridor | None = None,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """
    Count incidents in zones by multiple imputation of their positions.

    Every event is placed `draws` times in its region of possible positions
    [1]_, and each time the events in each zone are counted. No event stands
    for its coded point: a point coded to a town says little about the ground
    under it. Zones may overlap; an event counts in each that it falls into.
    With a corridor, positions are held to the country that a row names.
    Events too vague to be placed, or beyond what the table is said to cover, are listed in
    ``attrs["excluded"]``.

    Parameters
    ----------
    events
        Table from `read`.
    zones
        Polygons with a CRS; columns zone and kind are taken over if present.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    corridor
        The corridor, for the count to expect if events ignored the zones.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
    weight
        Raster of how likely such an event is on each unit of ground, or one by
        event type; see `impute`.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    pandas.DataFrame
        One row a zone, index of `zones`: zone, kind, area_km2; expected (mean
        imputed count) with its band p05 to p95 and p025 to p975; underlying_p05
        and so on (band of the mean behind the counts: no events do not mean no
        risk); possible (events that may lie there); expected_if_uniform (the
        corridor's count by share of area, NaN without corridor); below_precision (zone smaller across than the median
        position error, each event weighed by its probability of lying in the corridor, or without
        one in the zones). With a corridor, what the table covers of it (`coverage`): covered_share
        of the zone, the count and its band on that share (covered_expected and so on), from which
        and from the covered ground expected_if_uniform is taken too, and silent (why the table
        cannot speak of the zone). ``attrs`` holds n_events, n_placed, n_excluded,
        n_in_corridor (on its covered ground), n_draws, excluded (id, place, where_prec and reason of each
        event left out, and whether it lies beyond what the table covers), estimand, underlying_estimand, median_error_km, and with a corridor
        countries, ground and coverage (in words).

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, `regions` is of another table,
        there is no zone, or the countries of the table have no ground in the corridor.
    InvalidGeometryError
        If a zone is empty or no polygon.
    InvalidParameterError
        If `draws` or `threads` is not a whole number above zero, or a weight or seed is impossible.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> overlay(events, zones, draws=100)[["zone", "expected", "p05", "p95"]]
      zone  expected  p05  p95
    0   R1       1.0    1    1
    """
    workers = check_threads(threads)
    how: dict[str, Any] = {"regions": regions, "weight": weight}
    strip = None if corridor is None else check_corridor(corridor)
    drawn = imputed(events, strip, draws=draws, seed=seed, **how)
    shapes = zone_shapes(zones)
    held = None if strip is None else ZoneGround.of(shapes, events, strip)
    more = [] if held is None else [*held.parts, held.ground.shape]
    totals, hits = count_draws(drawn, [*shapes, *more], threads=workers)
    n_zones, n_placed = len(shapes), int(drawn.is_placed.sum())
    table = _table(zones, shapes, totals[:n_zones], n_placed)
    table["possible"] = (hits[:, :n_zones] > 0).sum(axis=0)
    table["expected_if_uniform"] = np.nan
    table.attrs = _attrs(events, drawn.placed, drawn.draws)
    if held is not None and strip is not None:
        in_ground = float(totals[-1].mean())
        for name, values in held.columns(table, totals[n_zones:-1], in_ground).items():
            table[name] = values
        table.attrs |= {
            "n_in_corridor": in_ground,
            "countries": list(held.ground.countries),
            "ground": held.ground.name,
            "coverage": ground_words(events, strip),
        }
    # An event that surely lies elsewhere says nothing of how precisely those here are known.
    chance = (hits[:, :n_zones].sum(axis=1) if held is None else hits[:, -1]) / drawn.draws
    error_km = typical_error_km(drawn.placed["median_error_km"].to_numpy(dtype=float), chance)
    table.attrs["median_error_km"] = None if np.isnan(error_km) else error_km
    table["below_precision"] = np.sqrt(table["area_km2"]) < np.nan_to_num(error_km)
    return table


@guarded
@dataclass(frozen=True, kw_only=True)
class Account:
    """
    Where all rows of a table of incidents went, as from `account`.

    Attributes
    ----------
    reported
        Rows of the table; unreadable, vague, outside, inside and beyond add up to it.
    unreadable
        Rows that cannot be used.
    vague
        Events too vague to be placed.
    outside
        Events that cannot lie in the corridor.
    inside
        Events that lie in it, or may.
    expected
        Mean number of events in it, over all places where they may have been.
    circles
        Placed events that are known to lie in a circle; the others are known to an area.
    beyond
        Events beyond what the table is said to cover; they enter no rate.
    may_be_inside
        Row by row of the table, whether the event is one of `inside`.
    """

    reported: int
    unreadable: int
    vague: int
    outside: int
    inside: int
    expected: float
    circles: int
    beyond: int = 0
    may_be_inside: BoolArray | None = field(default=None, repr=False, compare=False)

    @property
    def line(self) -> str:
        """
        Say in one line where all rows went.

        Returns
        -------
        str
            Without full stop.

        Examples
        --------
        >>> Account(reported=8, unreadable=0, vague=3, outside=2, inside=3, expected=3.0, circles=4).line
        '8 reported: 3 too vague, 2 outside, 3 in the corridor'
        """
        gone = (
            (self.unreadable, "unreadable"),
            (self.beyond, "beyond its coverage"),
            (self.vague, "too vague"),
            (self.outside, "outside"),
        )
        parts = [f"{number:,} {why}" for number, why in gone if number]
        return f"{self.reported:,} reported: {', '.join([*parts, self.inside_words])}"

    @property
    def finding(self) -> str:
        """
        Say how many of all events are in the corridor, for a title.

        Returns
        -------
        str
            Without full stop.

        Examples
        --------
        >>> Account(reported=8, unreadable=0, vague=3, outside=2, inside=3, expected=3.0, circles=4).finding
        '3 of 8 incidents lie in the corridor'
        """
        if not self.any_placed:
            return f"None of {self.reported:,} incidents can be counted by place"
        verb = "lie" if self._certain else "may lie"
        return f"{self.inside:,} of {self.reported:,} incidents {verb} in the corridor"

    @property
    def any_placed(self) -> bool:
        """
        Tell whether a number of events in the corridor is known; of no rows at all it is 0.

        Returns
        -------
        bool
            False where every row is unreadable, beyond coverage or too vague.

        Examples
        --------
        >>> Account(reported=3, unreadable=0, vague=3, outside=0, inside=0, expected=0.0, circles=0).line
        '3 reported: 3 too vague, none left to place'
        """
        return self.reported == 0 or self.outside + self.inside > 0

    @property
    def _certain(self) -> bool:
        return abs(self.expected - self.inside) < 0.05

    @property
    def inside_words(self) -> str:
        """
        Say how many events are in the corridor.

        Returns
        -------
        str
            With the mean number where some may lie outside.

        Examples
        --------
        >>> Account(reported=3, unreadable=0, vague=0, outside=0, inside=3, expected=2.4, circles=3).inside_words
        '3 that may lie in the corridor (2.4 expected)'
        """
        if not self.any_placed:
            return "none left to place"
        if self._certain:
            return f"{self.inside:,} in the corridor"
        return f"{self.inside:,} that may lie in the corridor ({self.expected:,.1f} expected)"


def account(
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    *,
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
) -> Account:
    """
    Say where all rows of a table of incidents went.

    Positions are held to the country that a row names, as in `overlay`.

    Parameters
    ----------
    events
        Table from `read`.
    corridor
        The corridor.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.

    Returns
    -------
    Account
        Counts that add up.

    Raises
    ------
    DataError
        If the events were not read with `read`.
    InvalidParameterError
        If `draws` is not a whole number above zero, or the seed or corridor is impossible.

    Examples
    --------
    >>> import borderzone as bz
    >>> from borderzone.incidents import read
    >>> corridor = bz.Corridor.around(bz.Border.between("IRQ", "SYR"))
    >>> rows = pd.DataFrame({"lat": [34.4, 33, 99], "lon": [41.1, 44.4, 41], "where_prec": [1, 1, 1]})
    >>> account(read(rows), corridor, draws=100).line
    '3 reported: 1 unreadable, 1 outside, 1 in the corridor'
    """
    how: dict[str, Any] = {"regions": regions}
    drawn = imputed(events, check_corridor(corridor), draws=draws, seed=seed, **how)
    totals, hits = count_draws(drawn, [corridor_outline(corridor)])
    kinds = drawn.placed["kind"].to_numpy(dtype=object)
    unreadable = ~is_usable(events)
    beyond = (drawn.placed["reason"] == BEYOND).to_numpy() & ~unreadable
    placed, inside = drawn.is_placed, hits[:, 0] > 0
    return Account(
        reported=len(events),
        unreadable=int(unreadable.sum()),
        vague=int((~placed & ~unreadable & ~beyond).sum()),
        outside=int((placed & ~inside).sum()),
        inside=int(inside.sum()),
        expected=float(totals[0].mean()),
        circles=int(np.isin(kinds, ["disc", "gaussian"]).sum()),
        beyond=int(beyond.sum()),
        may_be_inside=inside,
    )


def _table(
    zones: gpd.GeoDataFrame, shapes: list[BaseGeometry], totals: IntArray, n_placed: int
) -> pd.DataFrame:
    kind = zones["kind"] if "kind" in zones.columns else pd.Series("", index=zones.index)
    areas = [area_km2(shape) for shape in shapes]
    table = pd.DataFrame({"zone": zone_names(zones), "kind": kind}, index=zones.index)
    table["area_km2"] = np.array(areas, dtype=float)
    table["expected"] = totals.mean(axis=1)
    bands = [count_bands(counts, n_placed) for counts in totals]
    for end in BAND_ENDS:
        table[end] = np.array([band[end] for band in bands], dtype=np.int64)
        under = f"underlying_{end}"
        table[under] = np.array([band[under] for band in bands], dtype=float)
    first = ["zone", "kind", "area_km2", "expected", *BAND_ENDS]
    return table[first + [f"underlying_{end}" for end in BAND_ENDS]].copy()


def _attrs(events: gpd.GeoDataFrame, placed: gpd.GeoDataFrame, draws: int) -> dict[Hashable, Any]:
    out = (placed["kind"] == "excluded").to_numpy()
    whole: dict[Hashable, Any] = {
        "n_events": len(events),
        "n_placed": int((~out).sum()),
        "n_excluded": int(out.sum()),
        "n_in_corridor": None,
        "n_draws": draws,
        "estimand": ESTIMAND,
        "underlying_estimand": UNDERLYING_ESTIMAND,
        "excluded": [
            {
                "id": str(name),
                "place": str(place),
                "where_prec": prec,
                "reason": why,
                "beyond": why == BEYOND,
            }
            for name, place, prec, why in zip(
                events["id"][out],
                events["place"][out],
                [None if pd.isna(p) else int(p) for p in events["where_prec"][out]],
                placed["reason"][out],
                strict=True,
            )
        ],
    }
    if label_of(events):
        whole["label"] = label_of(events)
    return whole


# Outlines of zones are smooth and reach a little over a line that bounds them.
_OVER_THE_LINE = 0.005
# Those of small zones do by more, and such a part says nothing of a zone.
_NEARLY_NONE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class ZoneGround:
    """
    Covered ground of zones.

    Attributes
    ----------
    ground
        The covered ground of the corridor.
    parts
        Of each zone that is covered in part, the part that is.
    of_zone
        Which zone each part is of.
    covered_share
        Share of each zone that is covered.
    even_share
        Share of the covered ground that lies in each zone: of the events on it, what an even
        spread gives.
    silent
        Why the table cannot speak of a zone; empty where it can.
    """

    ground: CoveredGround
    parts: tuple[BaseGeometry, ...]
    of_zone: IntArray
    covered_share: FloatArray
    even_share: FloatArray
    silent: tuple[str, ...]

    @classmethod
    def of(
        cls, shapes: Sequence[BaseGeometry], events: gpd.GeoDataFrame, corridor: Corridor
    ) -> ZoneGround:
        """Lay zones over the ground of which a table can speak."""
        ground = covered_ground(events, corridor)
        inside = [shape.intersection(ground.shape) for shape in shapes]
        covered = np.array([area_km2(shape) for shape in inside])
        share = covered / np.array([area_km2(shape) for shape in shapes])
        share[share <= SLIVER], share[share >= 1 - SLIVER] = 0.0, 1.0
        silent = [""] * len(shapes)
        if ground.limited:
            outline = corridor_outline(corridor)
            share[share < _OVER_THE_LINE] = 0.0
            names = country_words(ground.here)
            # A zone of which a sliver is covered would be told by that sliver: it is told to be silent.
            for zone in np.flatnonzero(share < _NEARLY_NONE).tolist():
                which = "nearly all of the zone" if share[zone] else "the zone"
                if shapes[zone].intersects(outline):
                    silent[zone] = (
                        f"the table covers {names} only and {which} lies on other ground, of which it "
                        "cannot speak"
                    )
        partly = np.flatnonzero((share > 0) & (share < 1))
        return cls(
            ground=ground,
            parts=tuple(inside[zone] for zone in partly),
            of_zone=partly,
            covered_share=share,
            even_share=covered / area_km2(ground.shape),
            silent=tuple(silent),
        )

    def columns(self, table: pd.DataFrame, in_parts: IntArray, in_ground: float) -> dict[str, Any]:
        """Give what the covered ground adds to a table of zones."""
        names = ("expected", "underlying_p05", "underlying_p95")
        whole = [table[name].to_numpy(dtype=float, copy=True) for name in names]
        none = self.covered_share == 0
        for values in whole:
            values[none] = np.nan
        for zone, counts in zip(self.of_zone, in_parts, strict=True):
            band = pooled_garwood(counts, 0.90)
            for values, one in zip(whole, (float(counts.mean()), *band), strict=True):
                values[zone] = one
        mute = (np.array(self.silent) != "") & (self.covered_share == 0)
        even = np.where(mute, np.nan, self.even_share * in_ground)
        return {
            "expected_if_uniform": even,
            "covered_share": self.covered_share,
            **{f"covered_{name}": values for name, values in zip(names, whole, strict=True)},
            "silent": np.array(self.silent, dtype=object),
        }


_NEEDED = ("zone", "expected", "p05", "p95", "underlying_p05", "underlying_p95")
_ALL = 0.995  # in whole per cent, and by as much outlines reach over a line


def zone_sentences(overlay: pd.DataFrame) -> pd.Series:
    """
    Say of each zone how many events fell into it, and whether that is out of the ordinary.

    The count that an even spread over the corridor would give is held against the 90 % band of
    the mean behind the count; a zone smaller across than positions are known gets no comparison.
    The corridor is its ground of the countries that the table covers: a zone on other ground is
    told to be one of which the table cannot speak, and of one that lies there in part the share is
    told. No report does not say that nothing happened.

    Parameters
    ----------
    overlay
        Table from `overlay`, with the corridor given for the comparison.

    Returns
    -------
    pandas.Series
        One sentence a zone, index of `overlay`.

    Raises
    ------
    DataError
        If the table is not from `overlay`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from borderzone.incidents import overlay, read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> zone_sentences(overlay(events, zones, draws=100))[0]
    'R1: 1.0 of 1 located event expected (90 % band 1 to 1).'
    """
    absent = [name for name in _NEEDED if name not in getattr(overlay, "columns", ())]
    if absent:
        msg = f"the table has no column {', '.join(absent)}: it must be one that incidents.overlay gives"
        raise DataError(msg)
    attrs = overlay.attrs
    rows: Iterable[Any] = overlay.itertuples(index=False)
    sentences = [
        f"{row.zone}: {_counted(row, attrs.get('n_placed'))}{_compared(row, attrs)}."
        for row in rows
    ]
    return pd.Series(sentences, index=overlay.index, name="sentence", dtype=object)


def _counted(row: Any, located: int | None) -> str:
    if getattr(row, "silent", ""):
        return str(row.silent)
    if located == 0:
        return "no event of the table can be placed, so that nothing is told of this zone"
    of = "" if located is None else f" of {located:,}"
    noun = "event" if located == 1 else "events"
    if row.expected == 0:
        return (
            f"no report: none{of} located {noun} falls here, which does not say that nothing "
            f"happened; such a count leaves a mean of up to {row.underlying_p95:.1f} possible"
            f"{_where(row)}"
        )
    return f"{row.expected:,.1f}{of} located {noun} expected (90 % band {row.p05:,.0f} to {row.p95:,.0f})"


def _where(row: Any) -> str:
    """Say that a count leaves open only what it speaks of."""
    share = getattr(row, "covered_share", np.nan)
    return " on the part of the zone that the table covers" if 0 < share < _ALL else ""


def _compared(row: Any, attrs: Mapping[Any, Any]) -> str:
    share = getattr(row, "covered_share", np.nan)
    even = getattr(row, "expected_if_uniform", np.nan)
    if getattr(row, "silent", "") or attrs.get("n_placed") == 0 or not np.isfinite(even):
        return ""
    if share == 0:
        return "; it lies outside the corridor, so no comparison is made"
    if bool(getattr(row, "below_precision", False)):
        return "; the zone is smaller across than positions are known, so no comparison is made"
    ground = attrs.get("ground", "the corridor")
    low, high = (
        (row.covered_underlying_p05, row.covered_underlying_p95)
        if share < 1
        else (row.underlying_p05, row.underlying_p95)
    )
    part = ""
    if share < _ALL:
        there = f"{row.covered_expected:,.1f} expected there"
        part = f"; {percent(share)} of the zone is {ground}, with {there}"
    return part + _against_even(even, low, high, ground)


def _against_even(even: float, low: float, high: float, ground: str) -> str:
    if low > even:
        return f"; more than the {even:,.1f} that an even spread over {ground} would give"
    if high < even:
        return f"; fewer than the {even:,.1f} that an even spread over {ground} would give"
    return f"; an even spread over {ground} would give {even:,.1f}: no clear difference"


def event_probabilities(  # noqa: PLR0913 - same names as `overlay`
    events: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    corridor: Corridor | None = None,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> pd.DataFrame:
    """
    Give the probability that each event happened in each zone and on each kind of zone.

    The share of the imputed positions of the event that lie there; its
    standard error is below ``0.5 / sqrt(draws)``.

    Parameters
    ----------
    events
        Table from `read`.
    zones
        Polygons with a CRS, such as `Corridor.segments`; column zone names them if present, column
        kind tells their flag.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    corridor
        The corridor, to hold positions to the country that a row names.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
    weight
        Raster of how likely such an event is on each unit of ground, or one by
        event type; see `impute`.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    pandas.DataFrame
        Index of `events`; NaN for events that are too vague to be placed. Columns:
        id; one a zone, by its name; one a flag, ``kind <kind>`` (in any zone of that kind), where
        zones have kinds. ``attrs["columns"]`` tells what each is ("id", "zone" or "kind"); zones
        and flags may overlap. ``attrs["n_draws"]`` is the number of draws.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, `regions` is of another table, or
        there is no zone.
    InvalidGeometryError
        If a zone is empty or no polygon.
    InvalidParameterError
        If `draws` or `threads` is not a whole number above zero, or a weight or seed is impossible.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> event_probabilities(events, zones)
          id   R1
    0  row-1  1.0
    """
    workers = check_threads(threads)
    how: dict[str, Any] = {"regions": regions, "weight": weight}
    drawn = imputed(events, corridor, draws=draws, seed=seed, each_told=True, **how)
    columns = _columns(zones)
    _, hits = count_draws(drawn, [shape for _, _, shape in columns], threads=workers)
    table = pd.DataFrame(
        drawn.shares(hits), index=events.index, columns=[name for _, name, _ in columns]
    )
    table.insert(0, "id", events["id"])
    table.attrs = {"columns": {"id": "id"} | {name: what for what, name, _ in columns}}
    table.attrs["n_draws"] = drawn.draws
    return table


def _columns(zones: gpd.GeoDataFrame) -> list[tuple[str, str, BaseGeometry]]:
    """List what each column is, its name and its polygon."""
    named = zip(zone_names(zones), zone_shapes(zones), strict=True)
    found = [("zone", str(name), shape) for name, shape in named]
    if "kind" in zones.columns:
        flat = zones.geometry.to_crs("EPSG:4326")
        for kind in dict.fromkeys(zones["kind"].dropna()):
            whole = flat[(zones["kind"] == kind).to_numpy()].union_all()
            found.append(("kind", f"kind {kind}", whole))
    return found
