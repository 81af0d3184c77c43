"""What watches each kilometre of the ground: patrols by law, and sensors and posts by range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    as_rising,
    check_choice,
    check_positive,
)
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.grid import check_cell_values
from borderzone.patrol.answer.rates import rate_factors
from borderzone.patrol.theory.tactics import LAWS, POD

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from borderzone._typing import BoolArray, FloatArray
    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.patrol.force.forces import Force
    from borderzone.patrol.force.sweep import Watch

__all__ = ["LAYERS", "added", "detection_field", "hazard_by_range", "patrol_layers"]

# Layers of a field, their units and what they are.
LAYERS = {
    "swept_per_km": (
        "1/km",
        "exponent a kilometre, by patrols whose target stands still beside their speed",
    ),
    "patrol_km_h": ("km/h", "speed of those patrols"),
    "hazard_per_km": ("1/km", "exponent a kilometre, whatever the speed of who crosses"),
    "hazard_per_h": ("1/h", "exponent an hour"),
    "certain": ("1", "ground on which anybody is detected"),
}
_FORCE_LAWS = tuple(law for law in LAWS if law != "independent")


def detection_field(  # noqa: PLR0913 - ground, who is out, how, in which light
    corridor: Corridor,
    grid: Grid,
    ground: pd.DataFrame,
    force: Force,
    units: npt.ArrayLike,
    *,
    law: str = "random",
    light: str = "night",
    target: str = "person",
    watch: Watch | None = None,
    depth_km: float | None = None,
) -> xr.Dataset:
    """
    Spread the patrols of each segment over its ground.

    Units at random sweep the strip of their segment evenly. Who crosses it meets an exponent a kilometre of
    ``n W sqrt(1 + (v / u)^2) / (L w)``, with his own speed u there; straight across, its width w cancels. Of any other
    law the exponent of the whole segment, ``-ln(1 - POD)``, is spread evenly over w, at the
    segment's mean speed of crossing; where it is infinite, the ground is certain.

    Parameters
    ----------
    corridor
        Corridor whose strip the patrols watch, in one section.
    grid
        Grid of the field, in the CRS of the corridor.
    ground
        Ground by segment, as of `detection_rates`.
    force
        The kind of unit.
    units
        Units out by segment. Shape ``(segments,)``.
    law
        As in `detection_for`, without ``"independent"``.
    light
        ``"day"`` or ``"night"``: one light a field.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    watch
        As in `detection_rates`.
    depth_km
        How deep on each side patrols work; the whole corridor when left out. Units: km.

    Returns
    -------
    xarray.Dataset
        On the grid, float32, 0 outside the strip: ``swept_per_km`` (1/km) and ``patrol_km_h`` (km/h) of units at
        random; ``hazard_per_km`` (1/km) and ``certain`` of other laws. Attribute ``light``.

    Raises
    ------
    InvalidParameterError
        If a word is unknown or a number impossible.
    ShapeMismatchError
        If units and segments are not as many.
    CoverageGapError
        If the ground of a segment is not known.
    SeveralSectionsError
        If the corridor needs several CRSs.
    CRSMismatchError
        If the grid is in another CRS.

    See Also
    --------
    weakest_crossings : The ways across it that are watched least.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone import Border, Corridor
    >>> from borderzone.patrol import Force
    >>> corridor = Corridor.around(Border.between("AZE", "TUR"), depth_km=4, segment_km=20)
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}, index=corridor.segments.index
    ... )
    >>> field = detection_field(corridor, corridor.grid(1000), ground, Force(), [2.0])
    >>> round(float(field["swept_per_km"].max()), 3), field.attrs["light"]
    (0.249, 'night')
    """
    check_choice(law, "law", _FORCE_LAWS)
    factors = rate_factors(corridor, ground, force, light=light, target=target, watch=watch)
    out = as_non_negative(units, "units")
    if out.shape != (len(factors),):
        msg = f"units must be one number for each of the {len(factors)} segments, got shape {out.shape}"
        raise ShapeMismatchError(msg)
    deepest = np.inf if depth_km is None else check_positive(depth_km, "depth_km", "km")
    strip_km = sum(min(depth, deepest) for depth in corridor.depth_km.values())
    by_segment = patrol_layers(factors, out, strip_km, law)
    cells = corridor.cells(grid)
    segment = cells["segment"].to_numpy()
    within = (segment >= 0) & (np.abs(cells["offset_km"].to_numpy()) <= deepest)
    first = int(corridor.segments.index[0])
    place = np.where(within, segment - first, len(factors))
    layers = {}
    for name, values in by_segment.items():
        # One more row, of nothing, for the ground outside.
        spread = np.append(values, 0).astype(bool if name == "certain" else np.float32)[place]
        units_of, long_name = LAYERS[name]
        layers[name] = grid.wrap(spread, name=name, units=units_of, long_name=long_name)
    return xr.Dataset(layers, attrs={"light": light, "law": law, "crs": grid.crs.to_wkt()})


def patrol_layers(
    factors: pd.DataFrame, units: FloatArray, strip_km: float, law: str
) -> dict[str, FloatArray | BoolArray]:
    """Give the layers that patrols make, segment by segment, of units out and the factors of `rate_factors`."""
    length, width = factors["length_km"].to_numpy(), factors["sweep_width_km"].to_numpy()
    if law in {"random", "memoryless"}:
        swept = units * width / (length * strip_km)
        return {"swept_per_km": swept, "patrol_km_h": factors["patrol_km_h"].to_numpy()}
    pod = POD[law](units * factors["rate"].to_numpy())
    certain = pod >= 1.0
    with np.errstate(divide="ignore"):
        exponent = np.where(certain, 0.0, -np.log1p(-pod))
    return {"hazard_per_km": exponent / strip_km, "certain": certain}


def hazard_by_range(
    range_km: npt.ArrayLike, pod: npt.ArrayLike, at_km: npt.ArrayLike
) -> FloatArray:
    """
    Turn what a sensor detects of straight passages into a hazard by length, by range.

    A passage at lateral range x past a sensor on open ground is detected with probability l(x). The hazard h(r) is the
    one whose integral along every straight passage is ``-ln(1 - l(x))``: Abel's integral equation, solved exactly for an
    exponent that is straight between the given ranges and falls to 0 at the last.

    Parameters
    ----------
    range_km
        Lateral ranges, rising from 0. Units: km.
    pod
        Probability of detection at each, never rising; what is nearer to 1 than 1e-12 counts as that. Same shape.
    at_km
        Ranges at which to tell, above 0; at the sensor itself the hazard has no bound. Units: km.

    Returns
    -------
    FloatArray
        Hazard, 0 beyond the last range. Units: 1/km.

    Raises
    ------
    InvalidParameterError
        If ranges do not rise from 0, or a probability rises.
    ShapeMismatchError
        If ranges and probabilities are not as many.

    References
    ----------
    Washburn, A. (2014). Search and Detection, 5th ed.: lateral range and hazard rate.

    Examples
    --------
    >>> hazard_by_range([0.0, 1.0, 2.0], [0.5, 0.2, 0.0], [0.5, 1.5, 2.5]).round(4).tolist()
    [0.25, 0.0565, 0.0]
    """
    x = as_rising(range_km, "range_km", "km", from_zero=True, fewest=2)
    chance = as_probabilities(pod, "pod")
    at = as_positive(at_km, "at_km", "km")
    if chance.shape != x.shape:
        msg = f"pod must be as many as range_km, got {chance.shape} and {x.shape}"
        raise ShapeMismatchError(msg)
    if x[0] != 0.0:
        msg = f"range_km must begin at 0, got {x[0]:g}"
        raise InvalidParameterError(msg)
    if (np.diff(chance) > 0.0).any():
        rises = int(np.argmax(np.diff(chance) > 0.0))
        msg = f"pod rises from {chance[rises]:g} to {chance[rises + 1]:g} at {x[rises + 1]:g} km; farther off nobody sees more"
        raise InvalidParameterError(msg)
    exponent = -np.log1p(-np.minimum(chance, 1.0 - 1e-12))
    slope = np.diff(exponent) / np.diff(x)
    # -1/pi times the integral from r of K'(x) / sqrt(x^2 - r^2): K' is constant between two ranges.
    reach = np.arccosh(np.maximum(x / at[..., None], 1.0))
    inner = -(np.diff(reach, axis=-1) * slope).sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.where(
            at < x[-1], exponent[-1] / np.sqrt(np.maximum(x[-1] ** 2 - at**2, 0.0)), 0.0
        )
    return np.asarray((inner + np.where(np.isfinite(fall), fall, 0.0)) / np.pi)


def added(fields: Sequence[xr.Dataset], grid: Grid) -> dict[str, Any]:
    """Add up the layers of several fields, as plain arrays of a grid; a layer that none has is left out."""
    found: dict[str, Any] = {}
    swept_speed = None
    for field in fields:
        layers = {name: _layer(field, name, grid) for name in LAYERS if name in field}
        if not set(layers) - {"patrol_km_h"}:
            msg = f"a field must have one of the layers {', '.join(LAYERS)}, got {sorted(map(str, field))}"
            raise InvalidParameterError(msg)
        if "swept_per_km" in layers:
            speed = layers.pop("patrol_km_h", None)
            moved = 0.0 if speed is None else layers["swept_per_km"] * speed
            swept_speed = moved if swept_speed is None else swept_speed + moved
        layers.pop("patrol_km_h", None)
        for name, values in layers.items():
            found[name] = values if name not in found else found[name] + values
    if swept_speed is not None:
        # Of two kinds of patrol the mean speed, weighted by what they sweep: as sqrt(1 + (v / u)^2) bends
        # upwards, what is told is never more than both detect.
        swept = found["swept_per_km"]
        with np.errstate(invalid="ignore"):
            found["patrol_km_h"] = np.where(swept > 0.0, swept_speed / swept, 0.0).astype(
                np.float32
            )
    return found


def _layer(field: xr.Dataset, name: str, grid: Grid) -> FloatArray:
    raster = grid.check(field[name], name)
    values = raster.to_numpy()
    if name == "certain":
        if values.dtype != np.bool_:
            msg = f"certain must be True and False, got {values.dtype}"
            raise InvalidParameterError(msg)
        return values
    if values.dtype.kind not in "iuf":
        msg = f"{name} must hold numbers, got {values.dtype}"
        raise InvalidParameterError(msg)
    values = values.astype(np.float32, copy=False)
    check_cell_values(values, name)
    if not np.isfinite(values).all():
        msg = (
            f"{name} is not known, or infinite, in {int((~np.isfinite(values)).sum()):,} cells: give 0 where nothing "
            "watches, and the layer 'certain' where nobody gets through"
        )
        raise InvalidParameterError(msg)
    return values
