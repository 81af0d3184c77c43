"""Where and when the clusters of a scan lie, in words of the border, the plane and the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

if TYPE_CHECKING:
    import pandas as pd

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["with_disc", "with_period", "with_stretch"]


def with_stretch(
    table: pd.DataFrame, corridor: Corridor | None, placed: Placed | None
) -> pd.DataFrame:
    """Say which stretch of border each cluster is."""
    places = table.pop("places")
    table.insert(0, "first", [int(run[0]) for run in places])
    table.insert(1, "last", [int(run[-1]) for run in places])
    table["below_precision"] = False
    if corridor is not None:
        segments = corridor.segments
        table.insert(2, "km_start", segments["km_start"].to_numpy()[table["first"]])
        table.insert(3, "km_end", segments["km_end"].to_numpy()[table["last"]])
        length = segments["length_km"].to_numpy()
        if placed is not None:
            short = [length[run].sum() < placed.median_error_km for run in places]
            table["below_precision"] = np.array(short, dtype=bool)
    return table


def with_disc(table: pd.DataFrame, centres: FloatArray, placed: Placed | None) -> pd.DataFrame:
    """Say which disc each cluster is."""
    places = table.pop("places")
    middle = centres[[int(run[0]) for run in places]].reshape(-1, 2)
    radius = [float(np.hypot(*(centres[run] - centres[run[0]]).T).max()) for run in places]
    lon, lat = np.full((2, len(table)), np.nan)
    if placed is not None:
        back = Transformer.from_crs(placed.corridor.crs, 4326, always_xy=True)
        lon, lat = back.transform(*(1e3 * middle).T)
    where: dict[str, Any] = {"x_km": middle[:, 0], "y_km": middle[:, 1], "lon": lon, "lat": lat}
    where |= {"radius_km": radius, "n_places": [len(run) for run in places]}
    for column, (name, values) in enumerate(where.items()):
        table.insert(column, name, values)
    error_km = 0.0 if placed is None else placed.median_error_km
    across = np.array([len(run) for run in places]) ** 0.5
    side = 0.0 if len(centres) < 2 or placed is None else _spacing(centres)
    table["below_precision"] = across * side < error_km
    return table


def _spacing(centres: FloatArray) -> float:
    apart = np.hypot(*(centres - centres[0]).T)
    return float(apart[apart > 0].min())


def with_period(table: pd.DataFrame, spans: IntArray, calendar: Any) -> pd.DataFrame:
    """Say which span of time each cluster is."""
    span = table.pop("span").to_numpy()
    first, last = spans[span, 0], spans[span, 1] - 1
    if calendar is not None:
        first, last = calendar.first_day[first], calendar.last_day[last]
    where = table.columns.get_loc("places") + 1
    table.insert(where, "period_start", first)
    table.insert(where + 1, "period_end", last)
    return table
