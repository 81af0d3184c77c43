"""Whether flagged ground has more events than other ground equally far from roads and towns."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import pandas as pd

from borderzone._guards import check_choice, check_positive, check_whole, generator
from borderzone.errors import InvalidParameterError, NoOverlapError
from borderzone.incidents.comparing.compared_cells import (
    comparison_cells,
    counts_in_cells,
    positions_near,
)
from borderzone.incidents.comparing.enrichment_record import FEWEST_EVENTS
from borderzone.incidents.comparing.informed_placing import informed_counts
from borderzone.incidents.comparing.periods import months_covered
from borderzone.incidents.comparing.ratio_of_counts import METHODS, ratio_at_equal_distance
from borderzone.incidents.given_events import check_events
from borderzone.incidents.placing.covered_ground import covered_ground
from borderzone.incidents.placing.sizes import typical_error_km

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import Seed
    from borderzone.corridor import Corridor
    from borderzone.incidents.comparing.enrichment_record import Enrichment

__all__ = ["enrichment", "enrichment_table"]


def enrichment(  # noqa: PLR0913 (the layers and choices of one test)
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    roads: gpd.GeoDataFrame | None = None,
    towns: gpd.GeoDataFrame | None = None,
    months: float | None = None,
    cell_km: float = 10.0,
    method: str = "poisson",
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> Enrichment:
    """
    Compare events on flagged and unflagged ground at equal distance from roads, towns and border.

    Reports come from where people and roads are, and flagged ground is where
    they are not: the rates as they stand say more about reporting than about
    the ground. The corridor, as far as it is ground of the countries that the table covers
    (`coverage`), is cut into cells, and the ratio of the two rates
    is taken at equal distances, either by Poisson regression on smooth terms
    of the distances with area times months as exposure, which lets a cell be
    flagged in part, or within strata of cells that lie equally far ("matched",
    Mantel-Haenszel [1]_), which leaves out cells flagged on a quarter to three quarters. Positions
    are drawn anew in each imputation, and log ratios are pooled by Rubin's
    rules [2]_ with the degrees of freedom of Barnard and Rubin.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        Zones as polygons, or a raster that is 1 on flagged ground.
    corridor
        The corridor.
    roads
        Lines of roads, beyond the corridor as well where they reach near it.
    towns
        Towns, beyond the corridor as well.
    months
        Length of the period; None for that of `coverage`.
        The ratio does not depend on it.
    cell_km
        Side of a cell; not below the median position error, each event weighed by its
        probability of lying in the cells. Units: km.
    method
        "poisson" (needs ``borderzone[stats]``) or "matched".
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    confidence
        Confidence of the band.
    draws
        Imputations, 2 or more.
    seed
        Seed or generator.

    Returns
    -------
    Enrichment
        Ratio, band, what could have been seen, and a sentence.

    Raises
    ------
    CRSMismatchError
        If a layer has no CRS.
    DataError
        If a table or layer is of the wrong kind, or empty.
    InvalidParameterError
        If a word is unknown, a number out of range, the cells are smaller than
        the median position error, or statsmodels is missing for "poisson".
    NoOverlapError
        If no cell, or all cells, are flagged.

    Notes
    -----
    Positions drawn evenly over their regions know nothing of flags, and pull the ratio
    towards 1 where errors are as large as flagged patches. "poisson" therefore
    places events by the rates that it finds, rates and positions in turn [3]_;
    "matched" does not, and errs towards 1.

    References
    ----------
    .. [1] Greenland, S., Robins, J. M. (1985). Estimation of a common effect
       parameter from sparse follow-up data. Biometrics 41, 55-68.
    .. [2] Rubin, D. (1987). Multiple Imputation for Nonresponse in Surveys.
    .. [3] Tanner, M. A., Wong, W. H. (1987). The calculation of posterior
       distributions by data augmentation. Journal of the American Statistical
       Association 82, 528-540.
    """
    check_events(events)
    check_choice(method, "method", METHODS)
    count = check_whole(draws, "draws", lowest=2)  # so that they can differ
    rng = generator(seed)
    span = months_covered(events) if months is None else check_positive(months, "months", "months")
    covered = covered_ground(events, corridor)
    cells = comparison_cells(
        flags,
        corridor,
        roads=roads,
        towns=towns,
        cell_km=cell_km,
        countries=covered.countries,
    )
    where, errors, _ = positions_near(
        events, cells, corridor=corridor, regions=regions, admin1=admin1, draws=count, seed=rng
    )
    error_km = typical_error_km(errors, (where >= 0).mean(axis=1))
    if error_km > cell_km:
        msg = (
            f"cell_km {cell_km:g} is smaller than the median position error of these events, "
            f"{error_km:.1f} km: nothing this fine can be told; take cell_km={math.ceil(error_km)} or "
            "more, or keep only the events that are placed more precisely"
        )
        raise _TooFineError(msg)
    counts = counts_in_cells(where, len(cells))
    if method == "poisson" and counts.sum() >= FEWEST_EVENTS * count:
        counts = informed_counts(where, cells, rng)
    found = ratio_at_equal_distance(
        counts, cells, months=span, method=method, confidence=confidence
    )
    label = "SYNTHETIC DATA" if "synthetic" in events and bool(events["synthetic"].any()) else ""
    ground = covered.name if covered.limited else ""
    return dataclasses.replace(found, median_error_km=error_km, label=label, ground=ground)


def enrichment_table(  # noqa: PLR0913 (same names as `enrichment`)
    events: gpd.GeoDataFrame,
    flags: gpd.GeoDataFrame | xr.DataArray,
    corridor: Corridor,
    *,
    roads: gpd.GeoDataFrame | None = None,
    towns: gpd.GeoDataFrame | None = None,
    months: float | None = None,
    cell_sizes_km: Sequence[float] = (10.0, 25.0),
    methods: Sequence[str] = METHODS,
    admin1: gpd.GeoDataFrame | None = None,
    regions: gpd.GeoDataFrame | None = None,
    confidence: float = 0.95,
    draws: int = 200,
    seed: Seed = 1,
) -> pd.DataFrame:
    """
    Compare flagged with unflagged ground at several cell sizes and by both methods.

    A finding that holds at one size only is one of that size, not of the ground.

    Parameters
    ----------
    events
        Table from `read`.
    flags
        As in `enrichment`.
    corridor
        The corridor.
    roads
        Lines of roads.
    towns
        Towns.
    months
        As in `enrichment`.
    cell_sizes_km
        Sides of cells. Units: km.
    methods
        "poisson", "matched" or both.
    admin1
        Provinces, for events known only to their province.
    regions
        Table from `regions`, where the default kernels are not wanted.
    confidence
        Confidence of the bands.
    draws
        Imputations.
    seed
        Seed; a generator gives each row positions of its own.

    Returns
    -------
    pandas.DataFrame
        A row for each size and method, with the columns of `Enrichment`. A
        size that cannot be used has NaN and says why in its sentence.

    Raises
    ------
    BorderzoneError
        As `enrichment`, but for sizes below the position error or without
        both kinds of ground.
    """
    for method in methods:
        check_choice(method, "methods", METHODS)
    rows = []
    for size in cell_sizes_km:
        check_positive(size, "cell_sizes_km", "km")
        for method in methods:
            try:
                row = enrichment(
                    events,
                    flags,
                    corridor,
                    roads=roads,
                    towns=towns,
                    months=months,
                    cell_km=size,
                    method=method,
                    admin1=admin1,
                    regions=regions,
                    confidence=confidence,
                    draws=draws,
                    seed=seed,
                ).to_frame()
            except (_TooFineError, NoOverlapError) as error:
                row = pd.DataFrame(
                    [
                        {
                            "cell_km": size,
                            "method": method,
                            "verdict": "not compared",
                            "sentence": str(error),
                        }
                    ]
                )
            rows.append(row)
    if not rows:
        msg = "cell_sizes_km and methods must each name one at least, got none"
        raise InvalidParameterError(msg)
    table = pd.concat(rows, ignore_index=True)
    first = [
        "cell_km",
        "method",
        "verdict",
        "ratio",
        "low",
        "high",
        "smallest_ratio",
        "crude_ratio",
    ]
    first = [name for name in first if name in table.columns]
    return table[first + [name for name in table.columns if name not in first]]


class _TooFineError(InvalidParameterError):
    """Cells are smaller than the position error: a row of a table says so, a single test stops."""
