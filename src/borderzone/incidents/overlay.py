"""Incidents laid over zones: expected counts with bands, because positions are imprecise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from borderzone.errors import CRSMismatchError, DataError
from borderzone.incidents import precision
from borderzone.incidents.bands import imputed_band, pooled_garwood
from borderzone.incidents.imputation import check_draws, draw_positions, event_seeds
from borderzone.incidents.sizes import area_km2

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["ESTIMAND", "UNDERLYING_ESTIMAND", "event_probabilities", "hits_by_draw", "overlay"]

ESTIMAND = (
    "number of the located, reported events that truly happened in the zone; the band is the "
    "uncertainty of their positions alone"
)
UNDERLYING_ESTIMAND = (
    "mean number of events that would be reported and located in the zone in such a period, under "
    "the same reporting; the band adds the chance of counts (Garwood) to that of positions"
)
_BATCH = 500_000  # positions held at a time; results do not depend on it
_ENDS = ("p025", "p05", "p95", "p975")


def overlay(  # noqa: PLR0913 (the front door fixes the names)
    events: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    corridor: Corridor | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """
    Count incidents in zones by multiple imputation of their positions.

    Every event is placed `draws` times in its region of possible positions
    [1]_, and each time the events in each zone are counted. No event stands
    for its coded point: a point coded to a town says little about the ground
    under it. Zones may overlap; an event counts in each that it falls into.
    Events too vague to be placed are listed in ``attrs["excluded"]``.

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
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.

    Returns
    -------
    pandas.DataFrame
        One row a zone, index of `zones`: zone, kind, area_km2; expected (mean
        imputed count) with its band p05 to p95 and p025 to p975; underlying_p05
        and so on (band of the mean behind the counts: no events do not mean no
        risk); possible (events that may lie there); expected_if_uniform (the
        corridor's count by share of area, NaN without corridor); below_precision (zone smaller across than the median
        position error). ``attrs`` holds n_events, n_placed, n_excluded,
        n_in_corridor, n_draws, excluded (id, place, where_prec and reason of each
        event left out), estimand, underlying_estimand and median_error_km.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or `regions` is of another table.
    InvalidParameterError
        If `draws` is not a whole number above zero.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> overlay(events, zones, draws=100)[["zone", "expected", "p05", "p95"]]
      zone  expected  p05  p95
    0   R1       1.0    1    1
    """
    count = check_draws(draws)
    placed = _placed(events, admin1, regions)
    shapes = _shapes(zones, "zones")
    outline = [] if corridor is None else [_outline(corridor)]
    totals = np.zeros((len(shapes) + len(outline), count), dtype=np.int64)
    possible = np.zeros(len(totals), dtype=np.int64)
    for _, inside in _hits(placed, [*shapes, *outline], count, seed):
        totals += inside.sum(axis=1)
        possible += inside.any(axis=2).sum(axis=1)
    in_corridor = totals[-1] if outline else None
    n_placed = int((placed["kind"] != "excluded").sum())
    table = _table(zones, shapes, totals[: len(shapes)], n_placed)
    table["possible"] = possible[: len(shapes)]
    table["expected_if_uniform"] = np.nan
    if corridor is not None and in_corridor is not None:
        whole = area_km2(outline[0])
        shared = [area_km2(shape.intersection(outline[0])) for shape in shapes]
        table["expected_if_uniform"] = np.array(shared) / whole * float(in_corridor.mean())
    table.attrs = _attrs(events, placed, in_corridor, count)
    error_km = table.attrs["median_error_km"]
    table["below_precision"] = np.sqrt(table["area_km2"]) < (error_km or 0.0)
    return table


def event_probabilities(  # noqa: PLR0913 (same names as `overlay`)
    events: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    corridor: Corridor | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
) -> pd.DataFrame:
    """
    Give the probability that each event happened in each zone.

    Parameters
    ----------
    events
        Table from `read`.
    zones
        Polygons with a CRS; column zone names them if present.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    corridor
        The corridor; adds a column "corridor".
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.

    Returns
    -------
    pandas.DataFrame
        Index of `events`; id, then one column a zone; NaN for events that are
        too vague to be placed.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or `regions` is of another table.
    InvalidParameterError
        If `draws` is not a whole number above zero.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [1]}))
    >>> zones = gpd.GeoDataFrame({"zone": ["R1"]}, geometry=[shapely.box(41, 34, 42, 35)],
    ...                          crs="EPSG:4326")
    >>> event_probabilities(events, zones)
          id   R1
    0  row-1  1.0
    """
    count = check_draws(draws)
    placed = _placed(events, admin1, regions)
    shapes = _shapes(zones, "zones")
    names = [str(name) for name in _zone_names(zones)]
    if corridor is not None:
        shapes, names = [*shapes, _outline(corridor)], [*names, "corridor"]
    shares = np.full((len(events), len(shapes)), np.nan)
    for rows, inside in _hits(placed, shapes, count, seed):
        shares[rows] = inside.mean(axis=2).T
    table = pd.DataFrame(shares, index=events.index, columns=names)
    table.insert(0, "id", events["id"])
    return table


def hits_by_draw(
    events: gpd.GeoDataFrame,
    shapes: list[shapely.Geometry],
    *,
    draws: int = 500,
    seed: Seed = 1,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
) -> tuple[IntArray, gpd.GeoDataFrame]:
    """
    Count the events inside each shape, draw by draw.

    Parameters
    ----------
    events
        Table from `read`.
    shapes
        Polygons in longitude and latitude.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.

    Returns
    -------
    tuple[IntArray, GeoDataFrame]
        Counts, shape ``(n_shapes, draws)``, and the regions the events were drawn in.

    Raises
    ------
    DataError
        If the events were not read with `read`, or `regions` is of another table.
    InvalidParameterError
        If `draws` is not a whole number above zero.
    """
    count = check_draws(draws)
    placed = _placed(events, admin1, regions)
    totals = np.zeros((len(shapes), count), dtype=np.int64)
    for _, inside in _hits(placed, shapes, count, seed):
        totals += inside.sum(axis=1)
    return totals, placed


def _placed(
    events: gpd.GeoDataFrame, admin1: gpd.GeoDataFrame | None, regions: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    if regions is None:
        return precision.regions(events, admin1=admin1)
    if len(regions) != len(events):
        msg = f"regions has {len(regions)} rows, events {len(events)}: make it from these events"
        raise DataError(msg)
    return regions


def _shapes(layer: gpd.GeoDataFrame, name: str) -> list[shapely.Geometry]:
    if layer.crs is None:
        msg = f"{name} has no CRS; set it, for example with set_crs('EPSG:4326')"
        raise CRSMismatchError(msg)
    return list(layer.geometry.to_crs("EPSG:4326"))


def _outline(corridor: Corridor) -> shapely.Geometry:
    return corridor.outline.to_crs("EPSG:4326").union_all()


def _zone_names(zones: gpd.GeoDataFrame) -> pd.Series:
    return zones["zone"] if "zone" in zones.columns else zones.index.to_series()


def _hits(
    placed: gpd.GeoDataFrame, shapes: list[shapely.Geometry], draws: int, seed: Seed
) -> Iterator[tuple[IntArray, BoolArray]]:
    """Yield rows of events with ``inside[shape, event, draw]``, batch by batch."""
    streams = event_seeds(seed, len(placed))
    kinds, scales = placed["kind"].to_numpy(), placed["scale_km"].to_numpy()
    where = placed.geometry.to_numpy()
    rows = np.flatnonzero(kinds != "excluded")
    for shape in shapes:
        shapely.prepare(shape)
    step = max(1, _BATCH // draws)
    for start in range(0, len(rows), step):
        batch = rows[start : start + step]
        positions = np.stack(
            [
                draw_positions(
                    kinds[row], scales[row], where[row], draws, np.random.default_rng(streams[row])
                )
                for row in batch
            ]
        )
        yield batch, _inside(shapes, positions)


def _inside(shapes: list[shapely.Geometry], positions: FloatArray) -> BoolArray:
    lon, lat = positions[..., 0], positions[..., 1]
    inside = np.zeros((len(shapes), *lon.shape), dtype=bool)
    for k, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        near = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
        inside[k, near] = shapely.contains_xy(shape, lon[near], lat[near])
    return inside


def _table(
    zones: gpd.GeoDataFrame, shapes: list[shapely.Geometry], totals: IntArray, n_placed: int
) -> pd.DataFrame:
    kind = zones["kind"] if "kind" in zones.columns else pd.Series("", index=zones.index)
    areas = [area_km2(shape) for shape in shapes]
    table = pd.DataFrame({"zone": _zone_names(zones), "kind": kind}, index=zones.index)
    table["area_km2"] = np.array(areas, dtype=float)
    table["expected"] = totals.mean(axis=1)
    wide, narrow = (
        [
            (*imputed_band(counts, share, n_placed), *pooled_garwood(counts, share))
            for counts in totals
        ]
        for share in (0.95, 0.90)
    )
    for k, end in enumerate(_ENDS):
        both, side = (wide, narrow)[end in ("p05", "p95")], k // 2
        table[end] = np.array([band[side] for band in both], dtype=np.int64)
        table[f"underlying_{end}"] = np.array([band[2 + side] for band in both], dtype=float)
    first = ["zone", "kind", "area_km2", "expected", *_ENDS]
    return table[first + [f"underlying_{end}" for end in _ENDS]].copy()


def _attrs(
    events: gpd.GeoDataFrame, placed: gpd.GeoDataFrame, in_corridor: IntArray | None, draws: int
) -> dict[str, Any]:
    out = (placed["kind"] == "excluded").to_numpy()
    whole = {
        "n_events": len(events),
        "n_placed": int((~out).sum()),
        "n_excluded": int(out.sum()),
        "n_in_corridor": None if in_corridor is None else float(in_corridor.mean()),
        "n_draws": draws,
        "median_error_km": float(placed["median_error_km"].median()) if (~out).any() else None,
        "estimand": ESTIMAND,
        "underlying_estimand": UNDERLYING_ESTIMAND,
        "excluded": [
            {"id": str(name), "place": str(place), "where_prec": prec, "reason": why}
            for name, place, prec, why in zip(
                events["id"][out],
                events["place"][out],
                [None if pd.isna(p) else int(p) for p in events["where_prec"][out]],
                placed["reason"][out],
                strict=True,
            )
        ],
    }
    if "synthetic" in events.columns and bool(events["synthetic"].any()):
        whole["label"] = "SYNTHETIC DATA"
    return whole
