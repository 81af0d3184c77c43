"""Which cells are remote desert or cave-prone, and how hard the ground is to patrol.

Two flags and an index, kept apart. All describe ground. None enters the
detection rates, which follow from sweep width and speed alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from borderzone._checks import check_positive, check_probability
from borderzone.difficulty.fuzzy import fuzzy_gamma, fuzzy_or
from borderzone.difficulty.masking import MASK_LAYERS, mask_prior
from borderzone.difficulty.scales import FLOOR, SCALES
from borderzone.difficulty.weighting import INDEX_LEGS, index_weights
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
    """The inputs as plain arrays on one grid; a layer that is not given is NaN."""

    grid: Grid
    layers: Mapping[str, FloatArray]

    def __getitem__(self, name: str) -> FloatArray:
        return self.layers[name]


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
        Terrain layers: ``slope_deg``, ``relief_m``, ``tri_m`` and ``tpi_m``.
        What is missing is unknown.
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
    if masking is None and MASK_LAYERS & set(attrs.data_vars):
        masking = mask_prior(attrs)["f_mask"]
    ground = _read(attrs, hours, surface, masking)
    mode = {} if hours is None or "speed" not in hours.attrs else {"mode": hours.attrs["speed"]}
    accuracy = {
        key: value
        for key, value in (surface["karst_rank"].attrs if "karst_rank" in surface else {}).items()
        if key == "accuracy_km"
    }
    found = {
        "remote_desert": _remote_desert(ground, **breaks).assign_attrs(breaks | mode),
        "cave_prone": _cave_prone(ground).assign_attrs(accuracy),
        **_index(ground, weights),
        "cave_score": _float_layer(ground, _cave_score(ground), "cave susceptibility score"),
        **_inputs(ground),
    }
    return xr.Dataset(
        found, attrs={"crs": ground.grid.crs.to_wkt(), "gamma": GAMMA, "floor": FLOOR}
    )


def _remote_desert(ground: _Ground, *, remote_hours: float, bare_threshold: float) -> xr.DataArray:
    bare, hours, aridity = ground["bare_share"], ground["hours"], ground["aridity_index"]
    # Where aridity is unknown, bare ground alone decides.
    wet = aridity >= ARIDITY_BREAK
    flag = ((bare > bare_threshold) & ~wet & (hours > remote_hours)).astype(np.float32)
    flag[np.isnan(bare) | np.isnan(hours)] = np.nan
    return ground.grid.wrap(flag, name="remote_desert", units="1", long_name="remote desert")


def _cave_score(ground: _Ground) -> FloatArray:
    steep = SCALES["steepness"].membership(ground["slope_deg"])
    cut = SCALES["incision"].membership(-ground["tpi_m"])
    members = {
        "karst": SCALES["karst"].membership(ground["karst_rank"]),
        "relief": SCALES["relief"].membership(ground["relief_m"]),
        "steepness": fuzzy_or([steep, cut]),
    }
    score = fuzzy_gamma(list(members.values()), GAMMA, [CAVE_WEIGHTS[name] for name in members])
    return np.where(np.isnan(ground["karst_rank"]), np.nan, score)


def _cave_prone(ground: _Ground) -> xr.DataArray:
    score = _cave_score(ground)
    classes = np.digitize(score, CAVE_BREAKS).astype(np.uint8)
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
        "remoteness": SCALES["remoteness"].membership(ground["hours"]),
        "bareness": SCALES["bareness"].membership(ground["bareness"]),
        "karst": SCALES["karst"].membership(ground["karst_rank"]),
        "ruggedness": SCALES["ruggedness"].membership(_gradient(ground)),
        "masking": SCALES["masking"].membership(ground["masking"]),
    }
    given = index_weights(weights).weights
    legs = {
        leg: fuzzy_gamma([members[name] for name in names], GAMMA, [given[name] for name in names])
        for leg, names in INDEX_LEGS.items()
    }
    n_unknown = np.sum([np.isnan(member) for member in members.values()], axis=0)
    layers = {"index": _float_layer(ground, fuzzy_or(list(legs.values())), "difficulty index")}
    layers |= {f"leg_{leg}": _float_layer(ground, legs[leg], f"{leg} leg") for leg in legs}
    layers |= {
        f"member_{name}": _float_layer(ground, member, f"membership of {name}")
        for name, member in members.items()
    }
    layers["n_unknown"] = ground.grid.wrap(
        n_unknown.astype(np.uint8), units="1", long_name="members of the index that are unknown"
    )
    return layers


def _gradient(ground: _Ground) -> FloatArray:
    # A plane of gradient g has Riley's index sqrt(6) * g * cell, whatever its direction.
    return np.asarray(ground["tri_m"] / (np.sqrt(6.0) * ground.grid.resolution_m))


def _inputs(ground: _Ground) -> dict[str, xr.DataArray]:
    told = {
        "hours": ("h", "travel time from the nearest origin"),
        "bare_share": ("1", "share of bare ground"),
        "aridity_index": ("1", "precipitation over potential evapotranspiration"),
        "karst_rank": ("1", "karst susceptibility of mapped rock"),
        "slope_deg": ("degrees", "slope"),
        "relief_m": ("m", "local relief"),
    }
    return {
        name: ground.grid.wrap(
            ground[name].astype(np.float32), name=name, units=units, long_name=long_name
        )
        for name, (units, long_name) in told.items()
    }


def _float_layer(ground: _Ground, values: FloatArray, long_name: str) -> xr.DataArray:
    return ground.grid.wrap(values.astype(np.float32), units="1", long_name=long_name)


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
    unknown = np.full(grid.shape, np.nan, dtype=np.float32)
    layers = dict.fromkeys(_LIMITS, unknown) | {
        name: _checked(grid.check(layer, name).to_numpy(), name) for name, layer in given.items()
    }
    return _Ground(grid=grid, layers=layers)


def _checked(values: FloatArray, name: str) -> FloatArray:
    low, high = _LIMITS[name]
    wrong = (values < low) | (values > high)
    if wrong.any():
        msg = (
            f"{name} must lie between {low:g} and {high:g}, got {values[wrong][0]:g}; "
            "mask no data as NaN"
        )
        raise InvalidParameterError(msg)
    return values
