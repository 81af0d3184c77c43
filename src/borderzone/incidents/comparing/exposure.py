"""Rates of events in flagged against unflagged ground, per area and time, with exact bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_confidence
from borderzone.errors import NoOverlapError
from borderzone.incidents.comparing.compared_cells import comparison_cells
from borderzone.incidents.comparing.rate_ratio import rate_ratio_interval
from borderzone.incidents.placing.bands_of_counts import pooled_garwood
from borderzone.incidents.placing.covered_ground import (
    CoveredGround,
    count_draws,
    covered_ground,
    ground_words,
    imputed,
)
from borderzone.incidents.placing.precision import area_km2, typical_error_km
from borderzone.incidents.table_coverage import months_covered

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["exposure_ratios"]


def exposure_ratios(  # noqa: PLR0913 - names of `overlay`, with what makes an exposure
    events: gpd.GeoDataFrame,
    flagged: gpd.GeoDataFrame,
    corridor: Corridor,
    *,
    cell_sizes_km: Iterable[float] = (10.0, 25.0),
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """
    Compare the rate of events on flagged ground with that on the rest of the corridor.

    The corridor is its ground of the countries that the table covers (`coverage`); rows beyond
    what the table is said to cover are left out, and positions are held to the country that a row
    names: a report from one side of the line did not happen on the other. The rates are taken once along the outlines as drawn, and once for every size of cell, a cell
    being flagged where more than half of it is: an answer that changes with
    the size is none [1]_. Reports come from where people and roads are; for
    a comparison at equal distance from both see `enrichment`.

    Parameters
    ----------
    events
        Table from `read`.
    flagged
        Polygons of flagged ground.
    corridor
        The corridor.
    cell_sizes_km
        Sides of cells. Units: km.
    draws
        Imputations.
    seed
        Seed, or a generator from which one is taken.
    regions
        Table from `regions`, which takes provinces and districts for vague events; None for what
        the precision classes say without.
    confidence
        Confidence of the bands.

    Returns
    -------
    pandas.DataFrame
        One row a level: level, flagged_km2, other_km2, events_flagged, events_other (means over
        the imputations), per_1000_km2_flagged and per_1000_km2_other (with ``_low`` and ``_high``;
        the same by month with ``per_1000_km2_month``, missing where no date is known), ratio,
        ratio_low, ratio_high, below_precision (cell smaller than the median position error, each event weighed by its
        probability of lying in the corridor). ``attrs`` holds months, confidence, n_events,
        n_excluded, n_draws, median_error_km, countries, covered_share (of the corridor), coverage
        (in words), ground (that is compared) and sentence.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If the events were not read with `read`, or their countries have no ground in the corridor.
    InvalidParameterError
        If an option is impossible.
    NoOverlapError
        If no covered ground of the corridor, or all of it, is flagged.

    References
    ----------
    .. [1] Schutte, S., Kelling, C. (2022). A Monte Carlo analysis of false inference
       in spatial conflict event studies. PLOS ONE 17(4).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from borderzone import Border, Corridor, incidents
    >>> corridor = Corridor.around(Border.between("IRQ", "SYR").between_km(0, 120), depth_km=25)
    >>> events = incidents.synthetic(corridor, n=60, seed=1, line_share=0.0)
    >>> flags = gpd.GeoDataFrame(geometry=corridor.segments.geometry.iloc[:6], crs=corridor.segments.crs)
    >>> table = exposure_ratios(events, flags, corridor, cell_sizes_km=(5, 10), draws=20)
    >>> (table["ratio_low"] < 1).tolist(), (table["ratio_high"] > 1).tolist()
    ([True, True, True], [True, True, True])
    >>> table[["level", "below_precision"]]
                level  below_precision
    0        as drawn            False
    1   cells of 5 km            False
    2  cells of 10 km            False
    """
    check_confidence(confidence)
    drawn = imputed(events, corridor, draws=draws, seed=seed, regions=regions)
    covered = covered_ground(events, corridor)
    grounds = _grounds(flagged, corridor, cell_sizes_km, covered)
    shapes = [shape for _, pair, _ in grounds for shape in pair]
    hits, by_event = count_draws(drawn, shapes)
    placed = drawn.placed
    months = months_covered(events)
    # Flagged and other ground as drawn are the first two, and together all that is covered.
    chance = by_event[:, :2].sum(axis=1) / hits.shape[1]
    error_km = typical_error_km(placed["median_error_km"].to_numpy(dtype=float), chance)
    rows = [
        _row(level, pair, hits[2 * k : 2 * k + 2], months, confidence)
        | {"below_precision": bool(0 < cell_km < error_km)}
        for k, (level, pair, cell_km) in enumerate(grounds)
    ]
    table = pd.DataFrame(rows)
    table.attrs = {
        "months": months,
        "confidence": confidence,
        "n_events": len(events),
        "n_excluded": int((placed["kind"] == "excluded").sum()),
        "n_draws": hits.shape[1],
        "median_error_km": error_km,
        "countries": list(covered.countries),
        "covered_share": covered.share,
        "coverage": ground_words(events, corridor),
        "ground": covered.name,
    }
    table.attrs["sentence"] = _sentence(table)
    return table


_Ground = tuple[str, tuple["BaseGeometry", "BaseGeometry"], float]


def _grounds(
    flagged: gpd.GeoDataFrame,
    corridor: Corridor,
    cell_sizes_km: Iterable[float],
    covered: CoveredGround,
) -> list[_Ground]:
    """Cut the covered ground into flagged and other ground at every level, in degrees."""
    outline = covered.shape
    drawn = flagged.geometry.to_crs("EPSG:4326").union_all().intersection(outline)
    rest = outline.difference(drawn)
    if not (area_km2(drawn) > 0 and area_km2(rest) > 0):
        msg = f"none of {covered.name}, or all of it, is flagged: there is nothing to compare"
        raise NoOverlapError(msg)
    found: list[_Ground] = [("as drawn", (drawn, rest), 0.0)]
    for size in cell_sizes_km:
        cells = comparison_cells(flagged, corridor, cell_km=size, countries=covered.countries)
        yes = cells["flagged"].to_numpy()
        # A cell is flagged whole or not at all: what is finer than a cell tells of the drawing.
        pair = [cells.geometry[mask].to_crs("EPSG:4326").union_all() for mask in (yes, ~yes)]
        found.append((f"cells of {size:g} km", (pair[0], pair[1]), float(size)))
    return found


def _row(
    level: str,
    pair: tuple[BaseGeometry, BaseGeometry],
    hits: IntArray,
    months: float,
    confidence: float,
) -> dict[str, object]:
    areas = area_km2(pair[0]), area_km2(pair[1])
    row: dict[str, object] = {"level": level, "flagged_km2": areas[0], "other_km2": areas[1]}
    means = hits.mean(axis=1)
    row |= {"events_flagged": float(means[0]), "events_other": float(means[1])}
    for name, by in (("per_1000_km2", 1.0), ("per_1000_km2_month", months)):
        for k, ground in enumerate(("flagged", "other")):
            scale = 1000.0 / (areas[k] * by)
            # Of the mean behind the counts, since a rate is of a process: no events are not no rate.
            low, high = pooled_garwood(hits[k], confidence)
            row[f"{name}_{ground}"] = scale * float(means[k])
            row[f"{name}_{ground}_low"], row[f"{name}_{ground}_high"] = scale * low, scale * high
    ratio = np.nan
    if means[1] > 0:
        ratio = float(means[0] / areas[0] / (means[1] / areas[1]))
    low, high = rate_ratio_interval(hits[0], hits[1], exposures=areas, confidence=confidence)
    return row | {"ratio": ratio, "ratio_low": low, "ratio_high": high}


def _band(low: float, high: float) -> str:
    return f"{low:.1f} to {high:.1f}" if np.isfinite(high) else f"{low:.1f} or more"


def _sentence(table: pd.DataFrame) -> str:
    """Say what the levels show together; levels finer than the positions are not counted."""
    told = table[~table["below_precision"]]
    share = f"{table.attrs['confidence']:.0%}".replace("%", " %")
    of = "" if table.attrs["covered_share"] == 1 else f", of {table.attrs['ground']} alone"
    rows: Iterable[Any] = told.itertuples()
    parts = [
        f"{row.level} {row.ratio:.1f} times ({_band(row.ratio_low, row.ratio_high)})"
        for row in rows
        if np.isfinite(row.ratio)
    ]
    if not parts:
        return "No event is expected on unflagged ground: the two rates cannot be compared."
    if (told["ratio_low"] > 1).all():
        verdict = "more events per area on flagged ground at every level"
    elif (told["ratio_high"] < 1).all():
        verdict = "fewer events per area on flagged ground at every level"
    elif (told["ratio_low"] > 1).any() and (told["ratio_high"] < 1).any():
        verdict = "the levels contradict each other, so that they show no difference"
    else:
        verdict = "no clear difference between flagged and unflagged ground"
    return (
        f"Events per area on flagged against unflagged ground{of}, {share} bands: {'; '.join(parts)}: "
        f"{verdict}. Not corrected for where reports come from."
    )
