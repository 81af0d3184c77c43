"""Possible positions of every event, drawn from its region of possible positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from borderzone._guards import check_threads, check_whole
from borderzone.errors import DataError
from borderzone.incidents.placing import precision
from borderzone.incidents.placing.keys import event_keys
from borderzone.incidents.placing.proposals import Proposals
from borderzone.incidents.placing.weights import Weighing, weigh
from borderzone.stream import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import xarray as xr

    from borderzone._typing import FloatArray, IntArray, Seed
    from borderzone.incidents.placing.held import Held

__all__ = ["Imputation", "check_same_table", "impute", "prepare"]

_BATCH = 250_000  # positions held at a time by a thread; results do not depend on it


def impute(
    events: gpd.GeoDataFrame,
    *,
    draws: int = 500,
    seed: Seed = 1,
    regions: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
    threads: int | None = None,
) -> FloatArray:
    """
    Draw possible positions of every event, the same ones in whatever order or batch.

    Each draw is a function of seed, event id and number of the draw alone
    [2]_: sorting or cutting the table, adding draws or threads changes no position.

    Parameters
    ----------
    events
        Table from `read`.
    draws
        Positions to draw for each event.
    seed
        Seed, or a generator from which one is taken.
    regions
        Where each event may have happened, from `regions`; None for the
        default kernels without polygons.
    weight
        Raster of 0 or more, or one by event type: how likely such an event
        is on each unit of ground. Positions follow kernel times weight, exactly;
        NaN and ground outside the raster count as 0, and an event whose whole
        region has none is excluded. Types without a raster are not weighted.
    threads
        How many work at once; the answer is the same whatever it is.

    Returns
    -------
    FloatArray
        Longitude and latitude, shape ``(n_events, draws, 2)``; NaN for
        events that are excluded. Units: degrees.

    Raises
    ------
    CRSMismatchError
        If a weight has no CRS.
    DataError
        If `regions` is of another table.
    InvalidGeometryError
        If a region has no area or length.
    InvalidParameterError
        If `draws` or `threads` is not a whole number above zero, or a weight or seed is impossible.

    References
    ----------
    .. [1] Croicu, M., Hegre, H. (2018). A fast spatial multiple imputation
       procedure for imprecise armed conflict events.
    .. [2] Salmon, J. K., et al. (2011). Parallel random numbers: as easy as 1, 2,
       3. Proc. SC11 (Philox 4x32-10).

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.incidents import read
    >>> events = read(pd.DataFrame({"lat": [34.4], "lon": [41.1], "where_prec": [2]}))
    >>> impute(events, draws=3, seed=1).shape
    (1, 3, 2)
    """
    workers = check_threads(threads)
    drawn = prepare(events, draws=draws, seed=seed, regions=regions, weight=weight)
    positions = np.full((len(events), drawn.draws, 2), np.nan)
    for rows, lon, lat in drawn.blocks(threads=workers):
        positions[rows, :, 0], positions[rows, :, 1] = lon, lat
    return positions


def prepare(
    events: gpd.GeoDataFrame,
    *,
    draws: int,
    seed: Seed,
    regions: gpd.GeoDataFrame | None = None,
    admin1: gpd.GeoDataFrame | None = None,
    weight: xr.DataArray | Mapping[str, xr.DataArray] | None = None,
) -> Imputation:
    """Make ready to draw the positions of events."""
    count = check_whole(draws, "draws")
    precision.need_columns(events)
    placed = precision.regions(events, admin1=admin1) if regions is None else regions
    check_same_table(placed, events)
    keys = event_keys(seed, placed)
    proposals, weighing = Proposals.of(placed, keys), None
    if weight is not None:
        placed, weighing = weigh(placed, events, weight, proposals)
    return Imputation(placed=placed, draws=count, proposals=proposals, weighing=weighing)


@dataclass(frozen=True, kw_only=True)
class Imputation:
    """
    Positions of the events of a table, drawn when asked for.

    Attributes
    ----------
    placed
        Table from `regions`; what weights exclude is excluded in it.
    draws
        Positions of each event.
    proposals
        Positions by kernel alone.
    weighing
        What weights make of them, or None.
    held
        Ground that the country named in a row rules out, or None.
    """

    placed: gpd.GeoDataFrame
    draws: int
    proposals: Proposals
    weighing: Weighing | None
    held: Held | None = None

    def blocks(
        self, *, threads: int | None = None
    ) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
        """Draw the positions of all events that are placed."""
        yield from in_order(
            lambda rows: (rows, *self.positions(rows)), self.rows(), threads=threads
        )

    def rows(self) -> list[IntArray]:
        """Give the rows of the events that are placed, cut into blocks."""
        placed = np.flatnonzero(self.placed["kind"].to_numpy(dtype=object) != "excluded")
        step = max(1, _BATCH // self.draws)
        return [placed[start : start + step] for start in range(0, len(placed), step)]

    def positions(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Draw the positions of some events."""
        who = np.repeat(rows, self.draws)
        draws = np.tile(np.arange(self.draws, dtype=np.uint64), len(rows))
        if self.held is None:
            lon, lat = self._drawn(who, draws)
        else:
            lon, lat = self.held.draw(self._drawn, who, draws)
        return lon.reshape(len(rows), self.draws), lat.reshape(len(rows), self.draws)

    def _drawn(self, who: IntArray, draws: IntArray) -> tuple[FloatArray, FloatArray]:
        if self.weighing is None:
            return self.proposals.draw(who, draws)
        return self.weighing.draw(self.proposals, who, draws)


def check_same_table(placed: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> None:
    """Refuse a table of regions that is not of these events."""
    if not isinstance(placed, gpd.GeoDataFrame):
        msg = f"regions must be a table from incidents.regions, got a {type(placed).__name__}"
        raise DataError(msg)
    if len(placed) != len(events):
        msg = f"regions has {len(placed)} rows, events {len(events)}: make it from these events"
        raise DataError(msg)
    needed = ("id", "kind", "scale_km", "median_error_km", "reason")
    absent = [name for name in needed if name not in placed.columns]
    if absent:
        msg = (
            f"regions has no column {', '.join(absent)}: it must be a table from incidents.regions"
        )
        raise DataError(msg)
    differ = placed["id"].astype(str).to_numpy() != events["id"].astype(str).to_numpy()
    if differ.any():
        row = int(differ.argmax())
        msg = (
            f"regions is of another table or order: row {row} is {placed['id'].iloc[row]!r}, in the "
            f"events {events['id'].iloc[row]!r}; make it from these events"
        )
        raise DataError(msg)
