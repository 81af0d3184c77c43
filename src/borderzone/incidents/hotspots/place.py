"""Events made ready for hot-spot statistics: possible positions, chainages, segments, dates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import Transformer

from borderzone._guards import check_choice, guarded, told_seed
from borderzone.errors import DataError, InvalidParameterError
from borderzone.incidents.incident_table import check_corridor
from borderzone.incidents.placing.covered_ground import ground_name, rated_regions
from borderzone.incidents.placing.imputation import impute
from borderzone.incidents.placing.precision import typical_error_km

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed
    from borderzone.corridor import Corridor

__all__ = ["POSITIONS", "Placed", "need_placed", "place"]

POSITIONS = ("imputed", "coded")

_CODED_NOTE = (
    "coded points were used as if exact: events coded to a town pile up on it, so clusters at "
    "towns are clusters of coding first"
)
_COVERAGE_NOTE = (
    "the events speak of {} alone, and this statistic is of the whole corridor: clusters on that ground "
    "are such against ground of which the table says nothing; take a corridor with side= for one country"
)


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """
    Events with their possible positions in a corridor; made by `place`.

    Attributes
    ----------
    corridor
        The corridor.
    positions
        "imputed", or "coded" where coded points stand for the events.
    ids
        Id of each placed event, shape ``(n,)``.
    lonlat
        Longitude and latitude, shape ``(n, draws, 2)``. Units: degrees.
    chainage_km
        Chainage, NaN outside the corridor, shape ``(n, draws)``. Units: km.
    segment
        Segment, -1 outside the corridor, shape ``(n, draws)``.
    date_start, date_end
        First and last day that the date may mean, NaT where unknown,
        shape ``(n,)``.
    median_error_km
        Median position error of the events, each weighed by its probability of lying in the
        corridor; NaN where none can. Units: km.
    n_events
        Rows of the table.
    left_out
        Rows that were not placed, number by reason.
    seed
        Seed of the imputation, for the record.
    ground
        Ground of which the table can speak, in words.
    """

    corridor: Corridor
    positions: str
    ids: Any
    lonlat: FloatArray
    chainage_km: FloatArray
    segment: IntArray
    date_start: Any
    date_end: Any
    median_error_km: float
    n_events: int
    left_out: Mapping[str, int]
    seed: str
    ground: str = "the corridor"

    @property
    def draws(self) -> int:
        """
        Give the number of imputations of each position.

        Returns
        -------
        int
            1 for coded points.
        """
        return int(self.lonlat.shape[1])

    @property
    def inside(self) -> BoolArray:
        """
        Which positions lie in the corridor.

        Returns
        -------
        BoolArray
            Shape ``(n, draws)``.
        """
        return np.asarray(self.segment >= 0)

    def xy_km(self) -> FloatArray:
        """
        Give the positions in the plane of the corridor.

        Returns
        -------
        FloatArray
            Shape ``(n, draws, 2)``, NaN outside the corridor. Units: km.

        Raises
        ------
        SeveralSectionsError
            If no single plane holds the corridor.
        """
        ahead = Transformer.from_crs(4326, self.corridor.crs, always_xy=True)
        x, y = ahead.transform(self.lonlat[..., 0], self.lonlat[..., 1])
        xy = np.stack([x, y], axis=-1) / 1e3
        xy[~self.inside] = np.nan
        return xy

    def counts(self) -> IntArray:
        """
        Count the events of each segment, imputation by imputation.

        Returns
        -------
        IntArray
            Shape ``(draws, n_segments)``.
        """
        n_segments = len(self.corridor.segments)
        rows = np.broadcast_to(np.arange(self.draws), self.segment.shape)[self.inside]
        flat = rows * n_segments + self.segment[self.inside]
        counted: IntArray = np.bincount(flat, minlength=self.draws * n_segments)
        return counted.reshape(self.draws, n_segments)

    def attrs(self) -> dict[str, Any]:
        """
        Say what the events are and which of them are left out.

        Returns
        -------
        dict
            For the ``attrs`` of a result.
        """
        said: dict[str, Any] = {
            "positions": self.positions,
            "draws": self.draws,
            "n_events": self.n_events,
            "n_placed": len(self.ids),
            "n_in_corridor": float(self.inside.sum() / self.draws),
            "n_left_out": self.n_events - len(self.ids),
            "left_out": dict(self.left_out),
            "median_error_km": self.median_error_km,
            "seed_of_positions": self.seed,
        }
        if self.ground != "the corridor":
            said["note_coverage"] = _COVERAGE_NOTE.format(self.ground)
        if self.positions == "coded":
            said["note_positions"] = _CODED_NOTE
        return said


def place(
    events: gpd.GeoDataFrame,
    corridor: Corridor,
    *,
    positions: str = "imputed",
    draws: int = 100,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
) -> Placed:
    """
    Place events in a corridor, for every hot-spot statistic to use.

    By default each event is imputed in its region of possible positions:
    coded points pile up on towns, and a statistic of coded points finds the
    towns.

    Parameters
    ----------
    events
        Table from `incidents.read`.
    corridor
        The corridor.
    positions
        "imputed", or "coded" to take coded points as exact, which every
        result then says.
    draws
        Imputations; coded points have one.
    seed
        Seed, or a generator from which one is taken.
    regions
        Where each event may have happened, from `incidents.regions`; None for
        the default kernels.

    Returns
    -------
    Placed
        The events that can be placed; the others are counted by reason.

    Raises
    ------
    DataError
        If the events were not read with `incidents.read`, or `regions` is of
        another table.
    InvalidParameterError
        If `positions` is unknown, or `draws` is not a whole number above zero.

    Examples
    --------
    >>> import shapely
    >>> from borderzone.border import Border
    >>> from borderzone.corridor import Corridor
    >>> from borderzone.incidents import read
    >>> border = Border.from_line(shapely.LineString([(41, 34), (41, 35)]))
    >>> corridor = Corridor.around(border, depth_km=20, segment_km=10)
    >>> table = pd.DataFrame({"lat": [34.5, 34.6], "lon": [41, 41], "where_prec": [1, 6]})
    >>> placed = place(read(table), corridor, draws=50)
    >>> placed.lonlat.shape, dict(placed.left_out)
    ((1, 50, 2), {'only the country is known (where_prec 6)': 1})
    """
    check_choice(positions, "positions", POSITIONS)
    check_corridor(corridor)
    if not isinstance(events, gpd.GeoDataFrame):
        msg = f"events must be a table from incidents.read, got {type(events).__name__}"
        raise DataError(msg)
    table = rated_regions(events, regions=regions)
    kept = (table["kind"] != "excluded").to_numpy()
    if positions == "imputed":
        lonlat = impute(events, draws=draws, seed=seed, regions=table)[kept]
    else:
        lonlat = np.stack([events["lon"], events["lat"]], axis=-1).astype(float)[kept][:, None]
    found = corridor.locate(gpd.GeoSeries.from_xy(*lonlat.reshape(-1, 2).T, crs=4326))
    segment = found["segment"].to_numpy().reshape(lonlat.shape[:2])
    errors = table["median_error_km"].to_numpy(dtype=float)[kept]
    return Placed(
        corridor=corridor,
        positions=positions,
        ids=events["id"].to_numpy()[kept],
        lonlat=lonlat,
        chainage_km=found["chainage_km"].to_numpy().reshape(lonlat.shape[:2]),
        segment=segment,
        date_start=_days(events, "date_start")[kept],
        date_end=_days(events, "date_end")[kept],
        median_error_km=typical_error_km(errors, (segment >= 0).mean(axis=1)),
        n_events=len(events),
        left_out=_reasons(table["reason"][~kept]),
        seed=str(told_seed(seed)),
        ground=ground_name(events, corridor),
    )


def need_placed(data: Any, corridor: Corridor | None, seed: Seed) -> Placed | None:
    """Take placed events, or place a table of events with the defaults."""
    if isinstance(data, Placed):
        return data
    if not isinstance(data, gpd.GeoDataFrame):
        return None
    if corridor is None:
        msg = "a table of events needs the corridor in which to place it: pass corridor="
        raise InvalidParameterError(msg)
    return place(data, corridor, seed=seed)


def _days(events: gpd.GeoDataFrame, name: str) -> Any:
    if name not in events.columns:
        return np.full(len(events), np.datetime64("NaT", "D"))
    return pd.to_datetime(events[name], errors="coerce").to_numpy().astype("datetime64[D]")


def _reasons(reasons: pd.Series) -> dict[str, int]:
    # A quarantined row's own findings follow the colon; one line for all such rows.
    short = reasons.astype(str).str.replace(r"^quarantined:.*$", "quarantined", regex=True)
    return {str(why): int(number) for why, number in short.value_counts(sort=False).items()}
