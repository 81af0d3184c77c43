"""Which cells are remote desert or cave-prone, and how hard the ground is to patrol.

Two flags and an index, kept apart. All describe ground. None enters the
detection rates, which follow from sweep width and speed alone.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from borderzone._cells import any_lazy, cellwise
from borderzone._guards import check_positive, check_probability, guarded
from borderzone._guards.rasters import check_hours
from borderzone.difficulty.index import FLOOR, GAMMA, INDEX_LEGS, SCALES, fuzzy_gamma, index_weights
from borderzone.errors import InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid, check_cell_values
from borderzone.terrain import GEOMORPHONS, mask_prior

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from borderzone._typing import BoolArray, FloatArray, IntArray

__all__ = [
    "ARIDITY_BREAK",
    "CAVE_BREAKS",
    "CAVE_MEANINGS",
    "ShareCounts",
    "check_kinds",
    "flagged_share",
    "flags",
    "named",
]

# Precipitation over potential evapotranspiration below which ground is arid (UNEP 1992, World Atlas of
# Desertification: hyper-arid below 0.05, semi-arid from 0.20, dry sub-humid from 0.50, humid from 0.65).
ARIDITY_BREAK = 0.20

# Rock of rank r is at least of class r, for a cave in a plateau shows in no elevation grid. Open ground
# with half membership or more raises it by one. Both are assumptions.
RAISING = 0.5
# What that makes of the score, which is the rank and the membership together.
CAVE_BREAKS = (1.0, 1.0 + RAISING, 2.0 + RAISING)
CAVE_MEANINGS = ("very_low", "low", "medium", "high")


@dataclass(frozen=True, kw_only=True)
class _FlagLayers:
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


def flags(  # noqa: PLR0913 - the front door's order, then its two breaks and the index
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
    farther than `remote_hours` from the force that would answer, in the mode and on the ground
    that `hours` stand for. `cave_prone` is a susceptibility of mapped soluble rock: at least the
    rank of the rock, one more where relief, incision, a closed depression or a cliff shows on
    these cells, unknown where no rock is mapped; it never says that there is a cave. `index` is the larger of
    two legs, each a fuzzy gamma (0.75): remote, of travel time and bareness,
    and rough, of karst, ruggedness and masking. A member that is
    unknown leaves its leg and is counted in `n_unknown`.

    Parameters
    ----------
    attrs
        Terrain layers: ``slope_deg``, ``relief_m``, ``tri_m`` and ``tpi_m``,
        or ``incision_m`` in its place, and ``geomorphon`` for closed depressions. What is missing
        is unknown.
    hours
        Travel time from the nearest origin; infinite where none reaches it.
        None if there is no origin. Units: h.
    surface
        Layers of `terrain.surface`: ``bare_share``, ``bareness``,
        ``karst_rank`` and, if there is one, ``aridity_index``.
    remote_hours
        Travel time beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.
    masking
        Share of the ground out of sight, 0 to 1; the prior of `terrain.mask_prior`
        where it is not given.
    weights
        Weight of members of the index by name; 1 where not given.

    Returns
    -------
    xarray.Dataset
        ``remote_desert`` (1, 0, NaN unknown), ``cave_prone`` (0 very low,
        1 low, 2 medium, 3 high, 255 unknown), ``index``; its legs and members, ``n_unknown``;
        ``cave_score`` (rank of the rock and how open the ground is, 0 to 4) and ``cave_raised``
        (1 where open ground raised the class); and the layers they were read from.

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
    array([[255,   2,   3]], dtype=uint8)
    """
    breaks = {
        "remote_hours": check_positive(remote_hours, "remote_hours", "h"),
        "bare_threshold": check_probability(bare_threshold, "bare_threshold"),
    }
    check_kinds(attrs, hours, surface, masking, weights)
    layers = named(attrs, hours, surface, masking, used=(*_LIMITS, "landform", "geomorphon"))
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
    if masking is None and ("landform" in attrs or "relief_m" in attrs):
        masking = mask_prior(attrs)["f_mask"]
    ground = _read(attrs, hours, surface, masking)
    mode = {} if hours is None or "speed" not in hours.attrs else {"mode": hours.attrs["speed"]}
    accuracy = {
        key: value
        for key, value in (surface["karst_rank"].attrs if "karst_rank" in surface else {}).items()
        if key == "accuracy_km"
    }
    found = {
        "remote_desert": _remote_desert(ground, **breaks).assign_attrs(dict(breaks) | mode),
        **_cave_prone(ground, accuracy),
        **_index(ground, weights),
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


def _remote_desert(
    ground: _FlagLayers, *, remote_hours: float, bare_threshold: float
) -> xr.DataArray:
    bare, hours = ground["bare_share"], ground["hours"]
    desert = _desert(bare, ground["aridity_index"], bare_threshold)
    # Infinite hours, where no way leads, are remote.
    flag = (desert & (hours > remote_hours)).astype(np.float32)
    flag[np.isnan(bare) | np.isnan(hours)] = np.nan
    return ground.grid.wrap(flag, name="remote_desert", units="1", long_name="remote desert")


def _desert(bare: FloatArray, aridity: FloatArray, bare_threshold: float) -> BoolArray:
    # Where aridity is unknown, bare ground alone decides.
    return (bare > bare_threshold) & ~(aridity >= ARIDITY_BREAK)


def _cave_prone(ground: _FlagLayers, accuracy: Mapping[str, Any]) -> dict[str, xr.DataArray]:
    """Class, score, and where open ground raised the class."""
    shape = ground.grid.shape
    classes = np.full(shape, UNKNOWN_CLASS, dtype=np.uint8)
    score, raised = (np.full(shape, np.nan, dtype=np.float32) for _ in range(2))
    # Only rock has a class: the rest is not worked on.
    rock = np.flatnonzero(~np.isnan(ground["karst_rank"]))
    if rock.size:
        own = _FlagLayers(
            grid=ground.grid,
            layers={name: layer.ravel()[rock] for name, layer in ground.layers.items()},
            unknown=ground.unknown.ravel()[rock],
        )
        rank = np.floor(own["karst_rank"])
        open_ = _open_ground(own)
        # By the membership and not by the score, in whose sum a little less than half rounds to half. Rock
        # that does not dissolve has no caves to open, and nothing is above the highest class.
        up = (open_ >= RAISING) & (rank >= 1) & (rank < len(CAVE_MEANINGS) - 1)
        classes.ravel()[rock] = (rank + up).astype(np.uint8)
        score.ravel()[rock] = np.where(rank >= 1, rank + open_, 0.0)
        raised.ravel()[rock] = up
    layer = ground.grid.wrap(
        classes, name="cave_prone", units="1", long_name="cave susceptibility, a rank, not a cave"
    )
    return {
        "cave_prone": layer.assign_attrs(
            flag_values=[0, 1, 2, 3, UNKNOWN_CLASS],
            flag_meanings=" ".join([*CAVE_MEANINGS, "unknown"]),
            breaks=list(CAVE_BREAKS),
            cell_m=ground.grid.resolution_m,
            **accuracy,
        ),
        "cave_score": _float_layer(ground, score, "rank of the rock and openness of the ground"),
        "cave_raised": _float_layer(ground, raised, "open ground raises the cave susceptibility"),
    }


def _open_ground(own: _FlagLayers) -> FloatArray:
    """Membership of ground on which a cave may open: the most that any of the four says."""
    # Incision looks past the next cells to the rims of a wadi, so it goes first where it is given.
    depth = own["incision_m"] if "incision_m" in own.layers else -own["tpi_m"]
    members = (
        own.member("relief", "relief_m"),
        SCALES["incision"].membership(depth),
        own.member("cliff", "slope_deg"),
        own["closed"],
    )
    most = np.full(own.unknown.shape, FLOOR, dtype=np.float32)
    for member in members:  # what is unknown says nothing
        np.fmax(most, member, out=most)
    return most


def _overlay(members: Mapping[str, FloatArray], weights: Mapping[str, float]) -> FloatArray:
    return fuzzy_gamma(list(members.values()), np.array([weights[name] for name in members], float))


def _index(ground: _FlagLayers, weights: Mapping[str, float] | None) -> dict[str, xr.DataArray]:
    members = {
        "remoteness": ground.member("remoteness", "hours"),
        "bareness": ground.member("bareness", "bareness"),
        "karst": ground.member("karst", "karst_rank"),
        "ruggedness": _ruggedness(ground),
        "masking": ground.member("masking", "masking"),
    }
    given = index_weights(weights).weights
    legs = {
        leg: _overlay({name: members[name] for name in names}, given)
        for leg, names in INDEX_LEGS.items()
    }
    n_unknown = np.zeros(ground.grid.shape, dtype=np.uint8)
    for member in members.values():
        n_unknown += np.isnan(member)
    # The larger leg: remote ground is hard without a hill, and broken ground beside a road is hard too.
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


def _ruggedness(ground: _FlagLayers) -> FloatArray:
    if "tri_m" not in ground.layers:
        return ground.unknown
    # A plane of gradient g has Riley's index sqrt(6) * g * cell, whatever its direction.
    gradient = ground["tri_m"] / np.float32(math.sqrt(6.0) * ground.grid.resolution_m)
    return SCALES["ruggedness"].membership(gradient)


def _inputs(ground: _FlagLayers) -> dict[str, xr.DataArray]:
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


def _float_layer(ground: _FlagLayers, values: FloatArray, long_name: str) -> xr.DataArray:
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
) -> _FlagLayers:
    given: dict[str, xr.DataArray] = {}
    for dataset in (surface, attrs):
        given |= {str(name): layer for name, layer in dataset.data_vars.items() if name in _LIMITS}
    given |= {} if hours is None else {"hours": hours}
    given |= {} if masking is None else {"masking": masking}
    # A map that knows no more than bare or not says so of plants too.
    if "bareness" not in given and "bare_share" in given:
        given["bareness"] = given["bare_share"]
    if not given:
        msg = f"no layer is known: attrs and surface hold none of {', '.join(_LIMITS)}"
        raise InvalidParameterError(msg)
    grid = Grid.of(next(iter(given.values())))
    layers = {}
    for name, layer in given.items():
        values = grid.check(layer, name).to_numpy()
        low, high = _LIMITS[name]
        check_cell_values(values, name, low=low, high=high)
        layers[name] = np.asarray(values, dtype=np.float32)
    if "geomorphon" in attrs:
        layers["closed"] = _closed(grid.check(attrs["geomorphon"], "geomorphon").to_numpy())
    unknown = np.full(grid.shape, np.nan, dtype=np.float32)
    return _FlagLayers(grid=grid, layers=layers, unknown=unknown)


def _closed(forms: IntArray) -> FloatArray:
    """Mark closed depressions: 1 where ground rises in all eight directions, NaN where it is not known."""
    closed: FloatArray = (forms == GEOMORPHONS.index("pit") + 1).astype(np.float32)
    closed[forms == UNKNOWN_CLASS] = np.nan
    return closed


# What the flags are given: checked for its kind, and named by where it came from.


def check_kinds(attrs: Any, hours: Any, surface: Any, masking: Any, weights: Any) -> None:
    """Refuse what is no layer at all, and hours that say they are something else."""
    kinds: dict[str, tuple[Any, type]] = {
        "attrs": (attrs, xr.Dataset),
        "surface": (surface, xr.Dataset),
        "hours": (hours, xr.DataArray),
        "masking": (masking, xr.DataArray),
    }
    for name, (value, kind) in kinds.items():
        if not isinstance(value, kind) and not (value is None and kind is xr.DataArray):
            msg = f"{name} must be an xarray.{kind.__name__}, got {type(value).__name__}"
            raise InvalidParameterError(msg)
    if hours is not None:
        check_hours(hours)
    if weights is not None and not isinstance(weights, Mapping):
        msg = f"weights must be a mapping from member to weight, got {type(weights).__name__}"
        raise InvalidParameterError(msg)


def check_terrain(attrs: xr.Dataset, needed: Collection[str]) -> None:
    """Refuse terrain that lacks a layer."""
    missing = [name for name in needed if name not in attrs]
    if missing:
        msg = f"attrs needs {', '.join(missing)}; compute it with terrain.attributes"
        raise InvalidParameterError(msg)


def named(
    attrs: xr.Dataset,
    hours: xr.DataArray | None,
    surface: xr.Dataset,
    masking: xr.DataArray | None,
    *,
    used: Collection[str],
) -> dict[str, xr.DataArray]:
    """Name every layer that is read by where it came from: both datasets may hold one of a name."""
    layers = {f"attrs:{name}": attrs[name] for name in attrs.data_vars if name in used}
    layers |= {f"surface:{name}": surface[name] for name in surface.data_vars if name in used}
    layers |= {} if hours is None else {"hours": hours}
    return layers | ({} if masking is None else {"masking": masking})


# How much of a corridor is flagged, over thresholds: a range, never one number.


_COLUMNS = (
    "mode",
    "threshold_h",
    "remote_share",
    "unknown_remote_share",
    "cave_share_rank2plus_of_known",
    "unknown_karst_share",
)


def flagged_share(
    hours_by_mode: Mapping[str, xr.DataArray],
    surface: xr.Dataset,
    corridor_cells: xr.Dataset,
    thresholds_h: Sequence[float] = (1.0, 2.0, 3.0),
    *,
    bare_threshold: float = 0.5,
    cave_prone: xr.DataArray | None = None,
) -> pd.DataFrame:
    """
    Share of the corridor that is remote desert, for each mode and threshold.

    Shares are of all cells of the corridor, the unknown ones included and
    shown beside: the true share lies between `remote_share` and
    `remote_share` + `unknown_remote_share`. Where all is unknown it is NaN, not 0.

    Parameters
    ----------
    hours_by_mode
        Travel time from the nearest origin by mode. Units: h.
    surface
        ``bare_share``, ``karst_rank`` and, if there is one,
        ``aridity_index``.
    corridor_cells
        Cells of the corridor, with ``segment`` (-1 outside).
    thresholds_h
        Travel times beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.
    cave_prone
        The flag, for its share of medium or high susceptibility; unknown when
        left out.

    Returns
    -------
    DataFrame
        One row a mode and threshold: ``mode``, ``threshold_h``,
        ``remote_share``, ``unknown_remote_share``,
        ``cave_share_rank2plus_of_known`` (of the mapped rock, the same in all
        rows) and ``unknown_karst_share``.

    Raises
    ------
    GridMismatchError
        If a layer does not lie on the grid of the corridor's cells.
    InvalidParameterError
        If a threshold is impossible, or no cell lies in the corridor.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> grid = Grid(shape=(1, 4), transform=Affine(10, 0, 0, 0, -10, 10), crs=CRS(32637))
    >>> layer = lambda *values: grid.wrap(np.array([values]))
    >>> surface = xr.Dataset({"bare_share": layer(1.0, 1.0, 0.0, 1.0)})
    >>> cells = xr.Dataset({"segment": layer(0, 0, 0, 0)})
    >>> hours = {"foot": layer(5.0, 1.5, 9.0, np.nan)}
    >>> flagged_share(hours, surface, cells, (1, 2)).iloc[:, :4]
       mode  threshold_h  remote_share  unknown_remote_share
    0  foot          1.0          0.50                  0.25
    1  foot          2.0          0.25                  0.25
    """
    counts = ShareCounts(thresholds_h, bare_threshold=bare_threshold)
    counts.add(hours_by_mode, surface, corridor_cells, cave_prone=cave_prone)
    return counts.table().drop(columns="rock_share_rank2plus_of_known")


@guarded
class ShareCounts:
    """
    Shares of a corridor, counted block by block.

    Parameters
    ----------
    thresholds_h
        Travel times beyond which bare ground is remote. Units: h.
    bare_threshold
        Share of bare ground above which a cell is bare.

    Raises
    ------
    InvalidParameterError
        If a threshold is impossible.

    Examples
    --------
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> counts = ShareCounts((1.0,))
    >>> for left, far in ((0, 0.5), (10, 2.0)):
    ...     grid = Grid(shape=(1, 1), transform=Affine(10, 0, left, 0, -10, 10), crs=CRS(32637))
    ...     layer = lambda value: grid.wrap(np.array([[value]]))
    ...     surface = xr.Dataset({"bare_share": layer(1.0)})
    ...     counts.add({"foot": layer(far)}, surface, xr.Dataset({"segment": layer(0)}))
    >>> float(counts.table()["remote_share"].iloc[0])
    0.5
    """

    def __init__(self, thresholds_h: Sequence[float], *, bare_threshold: float = 0.5) -> None:
        self._bare_break = check_probability(bare_threshold, "bare_threshold")
        self._breaks = [check_positive(hours, "thresholds_h", "h") for hours in thresholds_h]
        self._adding = threading.Lock()
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._modes: dict[str, None] = {}
        self._caves_known = False

    def add(
        self,
        hours_by_mode: Mapping[str, xr.DataArray | None],
        surface: xr.Dataset,
        cells: xr.Dataset,
        *,
        cave_prone: xr.DataArray | None = None,
    ) -> None:
        """
        Count the cells of a block; several threads may.

        Parameters
        ----------
        hours_by_mode
            Travel time from the nearest origin by mode; None where it is not known. Units: h.
        surface
            ``bare_share``, ``karst_rank`` and, if there is one, ``aridity_index``.
        cells
            Cells of the corridor, with ``segment`` (-1 outside).
        cave_prone
            The flag.

        Raises
        ------
        GridMismatchError
            If a layer does not lie on the grid of the cells.
        """
        inside = cells["segment"].to_numpy() >= 0
        grid = Grid.of(cells["segment"])
        known = _known(surface, grid, inside)
        desert = _desert(known["bare_share"], known["aridity_index"], self._bare_break)
        found: Counter[tuple[str, ...]] = Counter({("cells",): int(inside.sum())})
        for mode, layer in hours_by_mode.items():
            if layer is None:
                found["unknown", mode] = int(inside.sum())
                continue
            hours = grid.check(layer, f"hours {mode!r}").to_numpy()[inside]
            found["unknown", mode] = int((np.isnan(hours) | np.isnan(known["bare_share"])).sum())
            for limit in self._breaks:
                found["remote", mode, str(limit)] = int((desert & (hours > limit)).sum())
        found["rock",] = int((~np.isnan(known["karst_rank"])).sum())
        found["rock, rank 2 and more",] = int((known["karst_rank"] >= 2).sum())
        if cave_prone is not None:
            classes = grid.check(cave_prone, "cave_prone").to_numpy()[inside]
            mapped = classes != UNKNOWN_CLASS
            found["mapped",] = int(mapped.sum())
            found["prone",] = int((mapped & (classes >= 2)).sum())
        with self._adding:
            self._counts.update(found)
            self._modes |= dict.fromkeys(hours_by_mode)
            self._caves_known |= cave_prone is not None

    def table(self) -> pd.DataFrame:
        """
        Give the shares of all cells that were added.

        Returns
        -------
        DataFrame
            As `flagged_share`, and ``rock_share_rank2plus_of_known``: the share of the mapped
            rock that is medium or high by its rank alone.

        Raises
        ------
        InvalidParameterError
            If no cell lies in the corridor.
        """
        counts, n_cells = self._counts, self._counts["cells",]
        if n_cells == 0:
            msg = "no cell lies in the corridor: all have segment -1; use the corridor's own grid"
            raise InvalidParameterError(msg)
        same = (
            _ratio(counts["prone",], counts["mapped",]) if self._caves_known else float("nan"),
            1.0 - counts["rock",] / n_cells,
            _ratio(counts["rock, rank 2 and more",], counts["rock",]),
        )
        rows = [
            (
                mode,
                limit,
                self._remote(mode, limit),
                counts["unknown", mode] / n_cells,
                *same,
            )
            for mode in self._modes
            for limit in self._breaks
        ]
        return pd.DataFrame(rows, columns=[*_COLUMNS, "rock_share_rank2plus_of_known"])

    def _remote(self, mode: str, limit: float) -> float:
        """Nothing known is no share, and not a share of nothing."""
        n_cells = self._counts["cells",]
        if self._counts["unknown", mode] == n_cells:
            return float("nan")
        return self._counts["remote", mode, str(limit)] / n_cells


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def _known(surface: xr.Dataset, grid: Grid, inside: BoolArray) -> dict[str, FloatArray]:
    unknown = np.full(int(inside.sum()), np.nan)
    return {
        name: grid.check(surface[name], name).to_numpy()[inside] if name in surface else unknown
        for name in ("bare_share", "karst_rank", "aridity_index")
    }
