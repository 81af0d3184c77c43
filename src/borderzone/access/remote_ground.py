"""Remoteness: hours to the nearest post, road, town and whatever else is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import xarray as xr

from borderzone._guards import check_choice
from borderzone.access.travel_times import travel_time
from borderzone.errors import BorderzoneError, InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

__all__ = ["remoteness"]


def remoteness(
    dem: xr.DataArray,
    places: Mapping[str, gpd.GeoSeries],
    *,
    speed: str | Callable[[Any], Any] | Mapping[str, Any] = "vehicle_off_road",
    direction: str = "towards",
    **options: Any,
) -> xr.Dataset:
    """
    Find the hours between every cell and the nearest place of each kind.

    Parameters
    ----------
    dem
        Elevation on a grid in a projected CRS. Units: m.
    places
        By kind, such as ``{"post": posts, "road": roads, "town": towns}``: whatever `travel_time`
        takes as origins.
    speed
        A name of `SPEEDS` or a function for all kinds, or one by kind.
    direction
        ``"towards"`` the places from every cell (how far is help), or ``"from"`` the places to
        every cell (how far is the response).
    **options
        Passed on to `travel_time`.

    Returns
    -------
    xarray.Dataset
        ``hours_to_post`` (or ``hours_from_post``) and so on, as `travel_time` gives them: infinite
        where no way leads, NaN where elevation is unknown. Units: h.

    Raises
    ------
    InvalidParameterError
        If there is no kind, a kind has no name or no speed, or `travel_time` refuses an option.
    NoOverlapError
        If a kind has no place on open ground; the message names the kind.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import numpy as np
    >>> from borderzone.grid import Grid
    >>> grid = Grid.covering((0, 0, 30e3, 7500), resolution_m=7500, crs=32637)
    >>> plain = grid.wrap(np.zeros((1, 4), np.float32))
    >>> post = gpd.GeoSeries.from_xy([100.0], [100.0], crs=32637)
    >>> remoteness(plain, {"post": post})["hours_to_post"].values.tolist()
    [[0.0, 0.5, 1.0, 1.5]]
    """
    check_choice(direction, "direction", ("towards", "from"))
    kinds = _kinds(places)
    missing = [kind for kind in kinds if kind not in speed] if isinstance(speed, Mapping) else []
    if missing:
        msg = f"speed has no entry for {', '.join(missing)}; give one for each kind of place"
        raise InvalidParameterError(msg)
    word = "to" if direction == "towards" else "from"
    layers = {}
    for kind in kinds:
        pace = speed[kind] if isinstance(speed, Mapping) else speed
        try:
            hours = travel_time(
                dem,
                places[kind],
                speed=pace,
                direction=direction,  # type: ignore[arg-type]
                **options,
            )
        except BorderzoneError as error:
            # Which of the kinds it was is not in the message of the search.
            msg = f"{kind}: {error}"
            raise type(error)(msg) from error
        hours.attrs["long_name"] = f"travel time {word} the nearest {kind}"
        layers[f"hours_{word}_{kind}"] = hours
    dataset = xr.Dataset(layers)
    dataset.attrs = {"crs": next(iter(layers.values())).attrs["crs"], "direction": direction}
    return dataset


def _kinds(places: Any) -> list[str]:
    """Names of the kinds of place, at least one."""
    if not isinstance(places, Mapping) or not places:
        kind = type(places).__name__ if not isinstance(places, Mapping) else "an empty one"
        msg = f"places must be a mapping from kind to geometries, such as {{'post': posts}}, got {kind}"
        raise InvalidParameterError(msg)
    for kind in places:
        if not isinstance(kind, str) or not kind.strip():
            msg = f"every kind of place needs a name, got {kind!r}"
            raise InvalidParameterError(msg)
    return list(places)
