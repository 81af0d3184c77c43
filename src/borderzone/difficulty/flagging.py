"""Which cells are remote desert or cave-prone, and how hard the ground is to patrol.

Two flags and an index, kept apart. All describe ground. None enters the
detection rates, which follow from sweep width and speed alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from borderzone._cellwise import any_lazy, cellwise
from borderzone._guards import check_positive, check_probability
from borderzone._kernels import fuzzy as kernels
from borderzone.difficulty.given import check_kinds, named
from borderzone.difficulty.masking import MASK_LAYERS, mask_prior
from borderzone.difficulty.scales import FLOOR, SCALES
from borderzone.difficulty.index import INDEX_LEGS, index_weights
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid
from borderzone.terrain.surface import ARIDITY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray

__all__ = [
    "ARIDITY_BREAK",
    "CAVE_BREAKS",
    "CAVE_MEANINGS",
    "CAVE_UNKNOWN",
    "CAVE_WEIGHTS",
    "GAMMA",
    "flags",
]

# Compromise between product and sum in every leg.
GAMMA = 0.75
# Below it ground is arid (UNEP 1992).
ARIDITY_BREAK = ARIDITY_CLASSES["arid"]

# Soluble rock carries the susceptibility, relief and slope move it by one class at most:
# with these weights and breaks rank r gives class r - 1 on flat ground, r on middling
# ground and r + 1 (3 at most) on deeply cut ground. An assumption.
CAVE_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"karst": 2.0, "relief": 0.5, "steepness": 0.5}
)
CAVE_BREAKS = (0.25, 0.45, 0.70)
CAVE_MEANINGS = ("very_low", "low", "medium", "high")
CAVE_UNKNOWN = 255


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """The inputs as plain float32 arrays on one grid; a layer that is not given is NaN."""

    grid: Grid
    layers: Mapping[str, FloatArray]
    unknown: FloatArray

    def __getitem__(self, name: str) -> FloatArray:
        return self.layers.get(name, self.unknown)

    def member(self, scale: str, layer: str) -> FloatArray:
        """Membership of a layer on a scale; a layer that is not given costs nothing."""
        if layer not in self.layers:
            return self.unknown
        return SCALES[scale].membership(self.layers[layer])


def flags(  # noqa: PLR0913 (the front door's order, then its two breaks and the index)
    attrs: xr.Dataset,
    hours: xr.DataArray | None,
    surface: xr.Dataset,
    *,
    remote_hours: float = 2.0,
    bare_threshold: float = 0.5,
    masking: xr.DataArray | None = None,
    weights: Mapping[str, float] | None = None,
) -> xr.Dataset:
    """
    Flag remote desert and cave-prone ground, and index how hard ground is to patrol.

    `remote_desert` is bare ground, arid where an aridity layer is known,
    farther than `remote_hours` from the nearest origin. `cave_prone` is
    a rank of susceptibility of mapped soluble rock, moved by relief and slope
    or incision; it never says that there is a cave. `index` is the larger of
    two legs, each a fuzzy gamma (0.75): remote, of travel time and bareness,
    and rough, of karst, ruggedness and masking. A member that is
    unknown leaves its leg and is counted in `n_unknown`.

    Parameters
    ----------
    attrs
        Terrain layers: ``slope_deg``, ``relief_m``, ``tri_m`` and ``tpi_m``,
        or ``incision_m`` in its place. What is missing is unknown.
    hours
        Travel time from the nearest origin; infinite where none reaches it.
        None if there is no origin. Units: h.
    surface
        Layers of `terrain.surface.describe`: ``bare_share``, ``bareness``,
        ``karst_rank`` and, if there is one, ``aridity_index``.
    remote_hours
        Travel time beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.
    masking
        Share of the ground out of sight, 0 to 1; the prior of `mask_prior`
        where it is not given.
    weights
        Weight of members of the index by name; 1 where not given.

    Returns
    -------
    xarray.Dataset
        ``remote_desert`` (1, 0, NaN unknown), ``cave_prone`` (0 very low,
        1 low, 2 medium, 3 high, 255 unknown), ``index``; its legs and members, ``n_unknown`` and
        ``cave_score``; and the layers they were read from.

    Raises
    ------
    GridMismatchError
        If the layers do not share one grid.
    InvalidParameterError
        If a threshold, a weight or a value of a layer is impossible.

    References
    ----------
    .. [1] Zimmermann, H.-J. and Zysno, P. (1980). Latent connectives in human
       decision making. Fuzzy Sets and Systems 4, 37-51.
    .. [2] UNEP (1992). World Atlas of Desertification. Edward Arnold, London.

    Examples
    --------
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 3), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values], dtype=np.float32))
    >>> ground = xr.Dataset({"relief_m": layer(0, 0, 200), "slope_deg": layer(0, 0, 20)})
    >>> cover = xr.Dataset({"bare_share": layer(1, 1, 0), "karst_rank": layer(np.nan, 2, 2)})
    >>> found = flags(ground, layer(2.5, 1.5, np.inf), cover)
    >>> found["remote_desert"].values
    array([[1., 0., 0.]], dtype=float32)
    >>> found["cave_prone"].values
    array([[255,   1,   3]], dtype=uint8)
    """
    breaks = {
        "remote_hours": check_positive(remote_hours, "remote_hours", "h"),
        "bare_threshold": check_probability(bare_threshold, "bare_threshold"),
    }
    check_kinds(attrs, hours, surface, masking, weights)
    layers = named(attrs, hours, surface, masking, used=set(_LIMITS) | MASK_LAYERS)
    if any_lazy(layers):
        grid = Grid.of(next(iter(layers.values())))
        for name, layer in layers.items():
            grid.check(layer, name.split(":")[-1])
    found: xr.Dataset = cellwise(lambda own: _flagged(own, breaks, weights), layers)
    return found


def _flagged(
    layers: Mapping[str, xr.DataArray],
    breaks: Mapping[str, float],
    weights: Mapping[str, float] | None,
) -> xr.Dataset:
    attrs, surface = (
        xr.Dataset({name[len(own) :]: a for name, a in layers.items() if name.startswith(own)})
        for own in ("attrs:", "surface:")
    )
    hours, masking = layers.get("hours"), layers.get("masking")
    if masking is None and MASK_LAYERS & set(attrs.data_vars):
        masking = mask_prior(attrs)["f_mask"]
    ground = _read(attrs, hours, surface, masking)
    mode = {} if hours is None or "speed" not in hours.attrs else {"mode": hours.attrs["speed"]}
    accuracy = {
        key: value
        for key, value in (surface["karst_rank"].attrs if "karst_rank" in surface else {}).items()
        if key == "accuracy_km"
    }
    score = _cave_score(ground)
    found = {
        "remote_desert": _remote_desert(ground, **breaks).assign_attrs(dict(breaks) | mode),
        "cave_prone": _cave_prone(ground, score).assign_attrs(accuracy),
        **_index(ground, weights),
        "cave_score": _float_layer(ground, score, "cave susceptibility score"),
        **_inputs(ground),
    }
    return xr.Dataset(
        found,
        attrs={
            "crs": ground.grid.crs.to_wkt(),
            "gamma": GAMMA,
            "floor": FLOOR,
            "index_weights": dict(weights or {}),
        },
    )


def _remote_desert(ground: _Ground, *, remote_hours: float, bare_threshold: float) -> xr.DataArray:
    bare, hours, aridity = ground["bare_share"], ground["hours"], ground["aridity_index"]
    # Where aridity is unknown, bare ground alone decides.
    wet = aridity >= ARIDITY_BREAK
    flag = ((bare > bare_threshold) & ~wet & (hours > remote_hours)).astype(np.float32)
    flag[np.isnan(bare) | np.isnan(hours)] = np.nan
    return ground.grid.wrap(flag, name="remote_desert", units="1", long_name="remote desert")


def _cave_score(ground: _Ground) -> FloatArray:
    # Only rock has a score: the rest is not worked on.
    score = np.full(ground.grid.shape, np.nan, dtype=np.float32)
    rock = np.flatnonzero(~np.isnan(ground["karst_rank"]))
    if not rock.size:
        return score
    own = _Ground(
        grid=ground.grid,
        layers={name: layer.ravel()[rock] for name, layer in ground.layers.items()},
        unknown=ground.unknown.ravel()[rock],
    )
    # Incision looks past the next cells to the rims of a wadi, so it goes first where it is given.
    depth = own["incision_m"] if "incision_m" in ground.layers else -own["tpi_m"]
    cut = SCALES["incision"].membership(depth)
    members = {
        "karst": own.member("karst", "karst_rank"),
        "relief": own.member("relief", "relief_m"),
        "steepness": np.fmax(own.member("steepness", "slope_deg"), cut),
    }
    score.ravel()[rock] = _gamma(members, CAVE_WEIGHTS)
    return score


def _gamma(members: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    """Fuzzy gamma as `fuzzy_gamma` gives it, in one pass."""
    shape = next(iter(members.values())).shape
    out = np.empty(shape, dtype=np.float32)
    kernels.gamma(
        tuple(np.ascontiguousarray(member).ravel() for member in members.values()),
        np.array([weights[name] for name in members], dtype=np.float64),
        GAMMA,
        out.ravel(),
    )
    return out


def _cave_prone(ground: _Ground, score: FloatArray) -> xr.DataArray:
    classes = np.zeros(score.shape, dtype=np.uint8)
    for least in CAVE_BREAKS:
        classes += score >= np.float32(least)
    classes[np.isnan(score)] = CAVE_UNKNOWN
    layer = ground.grid.wrap(
        classes, name="cave_prone", units="1", long_name="cave susceptibility, a rank, not a cave"
    )
    return layer.assign_attrs(
        flag_values=[0, 1, 2, 3, CAVE_UNKNOWN],
        flag_meanings=" ".join([*CAVE_MEANINGS, "unknown"]),
        breaks=list(CAVE_BREAKS),
    )


def _index(ground: _Ground, weights: Mapping[str, float] | None) -> dict[str, xr.DataArray]:
    members = {
        "remoteness": ground.member("remoteness", "hours"),
        "bareness": ground.member("bareness", "bareness"),
        "karst": ground.member("karst", "karst_rank"),
        "ruggedness": _ruggedness(ground),
        "masking": ground.member("masking", "masking"),
    }
    given = index_weights(weights).weights
    legs = {
        leg: _gamma({name: members[name] for name in names}, given)
        for leg, names in INDEX_LEGS.items()
    }
    n_unknown = np.zeros(ground.grid.shape, dtype=np.uint8)
    for member in members.values():
        n_unknown += np.isnan(member)
    layers = {"index": _float_layer(ground, np.fmax(*legs.values()), "difficulty index")}
    layers |= {f"leg_{leg}": _float_layer(ground, legs[leg], f"{leg} leg") for leg in legs}
    layers |= {
        f"member_{name}": _float_layer(ground, member, f"membership of {name}")
        for name, member in members.items()
    }
    layers["n_unknown"] = ground.grid.wrap(
        n_unknown, units="1", long_name="members of the index that are unknown"
    )
    return layers


def _ruggedness(ground: _Ground) -> FloatArray:
    if "tri_m" not in ground.layers:
        return ground.unknown
    # A plane of gradient g has Riley's index sqrt(6) * g * cell, whatever its direction.
    gradient = ground["tri_m"] / np.float32(math.sqrt(6.0) * ground.grid.resolution_m)
    return SCALES["ruggedness"].membership(gradient)


def _inputs(ground: _Ground) -> dict[str, xr.DataArray]:
    told = {
        "hours": ("h", "travel time from the nearest origin"),
        "bare_share": ("1", "share of bare ground"),
        "aridity_index": ("1", "precipitation over potential evapotranspiration"),
        "karst_rank": ("1", "karst susceptibility of mapped rock"),
        "slope_deg": ("degrees", "slope"),
        "relief_m": ("m", "local relief"),
        "incision_m": ("m", "depth below the ground on both sides"),
    }
    return {
        name: ground.grid.wrap(ground[name].copy(), name=name, units=units, long_name=long_name)
        for name, (units, long_name) in told.items()
        if name in ground.layers or name != "incision_m"
    }


def _float_layer(ground: _Ground, values: FloatArray, long_name: str) -> xr.DataArray:
    # A layer of its own: what stands for unknown is shared, and so may be an input.
    return ground.grid.wrap(
        values.astype(np.float32, copy=values is ground.unknown), units="1", long_name=long_name
    )


# Name of a layer, lowest and highest possible value.
_LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "hours": (0.0, np.inf),
        "bare_share": (0.0, 1.0),
        "bareness": (0.0, 1.0),
        "karst_rank": (0.0, 3.0),
        "aridity_index": (0.0, np.inf),
        "masking": (0.0, 1.0),
        "slope_deg": (0.0, 90.0),
        "relief_m": (0.0, np.inf),
        "incision_m": (0.0, np.inf),
        "tri_m": (0.0, np.inf),
        "tpi_m": (-np.inf, np.inf),
    }
)


def _read(
    attrs: xr.Dataset,
    hours: xr.DataArray | None,
    surface: xr.Dataset,
    masking: xr.DataArray | None,
) -> _Ground:
    given: dict[str, xr.DataArray] = {}
    for dataset in (surface, attrs):
        given |= {str(name): layer for name, layer in dataset.data_vars.items() if name in _LIMITS}
    given |= {} if hours is None else {"hours": hours}
    given |= {} if masking is None else {"masking": masking}
    if "bareness" not in given and "bare_share" in given:
        given["bareness"] = given["bare_share"]
    if not given:
        msg = f"no layer is known: attrs and surface hold none of {', '.join(_LIMITS)}"
        raise InvalidParameterError(msg)
    grid = Grid.of(next(iter(given.values())))
    layers = {
        name: _checked(grid.check(layer, name).to_numpy(), name) for name, layer in given.items()
    }
    unknown = np.full(grid.shape, np.nan, dtype=np.float32)
    return _Ground(grid=grid, layers=layers, unknown=unknown)


def _checked(values: FloatArray, name: str) -> FloatArray:
    low, high = _LIMITS[name]
    wrong = values < low
    if high < np.inf:
        wrong |= values > high
    if wrong.any():
        msg = (
            f"{name} must lie between {low:g} and {high:g}, got {values[wrong][0]:g}; "
            "mask no data as NaN"
        )
        raise InvalidParameterError(msg)
    return np.asarray(values, dtype=np.float32)
