"""Sweep width: how wide a strip a unit watches as it passes, on ground that hides part of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_non_negative,
    as_positive,
    as_probabilities,
    broadcast,
    check_choice,
    check_non_negative,
    check_positive,
    check_probability,
    guarded,
    plain,
)
from borderzone._kernels import loop_array
from borderzone._kernels.unit_counts import COLUMNS, read_widths
from borderzone.errors import InvalidParameterError
from borderzone.patrol.force.sensors import TARGETS, TASKS, Sensor, r50_m, sensor_named
from borderzone.patrol.theory.imaging import JOHNSON_CYCLES
from borderzone.patrol.theory.looks import LOOK_CORRELATION, Pass, seen_along, width_m
from borderzone.visibility import mask_by_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray, IntArray

__all__ = [
    "VISIBILITY_KM",
    "SweepTable",
    "Watch",
    "drawn_widths_km",
    "lateral_curve",
    "lateral_curves",
    "least_sweep_width_km",
    "sweep_width_km",
]

# Meteorological visibility. Ranges were taken in clear air, which dims nothing further. Haze is reported up to 5 km and a
# dust storm below 1 km (World Meteorological Organization, international codes): assumptions for the words, haze from 2
# to 10 km and dust from 0.5 to 2 km.
VISIBILITY_KM = {"clear": float("inf"), "haze": 5.0, "dust": 1.0}
# Koschmieder (1924): contrast falls to 2 % over the visibility, ln 50.
_KOSCHMIEDER = 3.912
# The range curve falls with the 2.7th power of the range far out, where nobody has measured it: it is cut at ten times
# the R50 of detection, where it is below 0.2 %.
_CLIP_R50 = 10.0
_M_S = 1.0 / 3.6

# Rows of the table for each doubling of R50.
_ROWS_A_DOUBLING = 16
# Ground of which nothing is seen has no width; what is kept is the width over the share in sight, this near to it.
_ALL_BUT_HIDDEN = 1.0 - 1e-6
# A farther R50 than any sensor on this earth has.
_FARTHEST_M = 1e6


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """
    Under what circumstances a unit watches.

    Attributes
    ----------
    patrol_km_h, crosser_km_h
        Speeds on flat bare ground: looks come the farther apart the faster the two pass. A patrol
        speed of 0 stands. Units: km/h.
    correlation
        Intra-class correlation of the looks at one target, 0 (independent) to 1 (all are one look).
    visibility
        ``"clear"``, ``"haze"`` (5 km) or ``"dust"`` (1 km), or the meteorological visibility. Units: km.
    moonlight
        0 (starlight) to 1 (full moon at the zenith), on a logarithmic scale.
    task
        ``"detect"``, ``"recognise"`` or ``"identify"``.
    eye_m
        Height of the eyes of the unit above the ground, for sensors that it carries. Units: m.

    Examples
    --------
    >>> Watch(visibility="haze").visibility_km
    5.0
    """

    patrol_km_h: float = 15.0
    crosser_km_h: float = 4.0
    correlation: float = LOOK_CORRELATION
    visibility: str | float = "clear"
    moonlight: float = 0.0
    task: str = "detect"
    eye_m: float = 2.5

    def __post_init__(self) -> None:
        """Refuse impossible circumstances at birth."""
        check_non_negative(self.patrol_km_h, "patrol_km_h", "km/h")
        check_positive(self.crosser_km_h, "crosser_km_h", "km/h")
        check_probability(self.correlation, "correlation")
        check_probability(self.moonlight, "moonlight")
        check_choice(self.task, "task", TASKS)
        check_positive(self.eye_m, "eye_m", "m")
        if isinstance(self.visibility, str):
            check_choice(self.visibility, "visibility", VISIBILITY_KM)
        else:
            check_positive(self.visibility, "visibility", "km", infinite=True)

    @property
    def visibility_km(self) -> float:
        """
        Meteorological visibility.

        Returns
        -------
        float
            Infinite where the air dims nothing that the ranges do not hold. Units: km.
        """
        if isinstance(self.visibility, str):
            return VISIBILITY_KM[self.visibility]
        return float(self.visibility)


def sweep_width_km(  # noqa: PLR0913 - who looks at whom, and in what circumstances
    sensor: str | Sensor,
    light: str = "night",
    f_mask: npt.ArrayLike = 0.0,
    *,
    target: str = "person",
    watch: Watch | None = None,
    scan_share: float | None = None,
    r50_factor: npt.ArrayLike = 1.0,
) -> FloatArray | float:
    """
    Sweep width of a sensor: the integral of the chance to be seen at least once along a straight pass.

    Ranges of one look are compounded over the looks of the pass, and ground hides its share of each; ranges of
    field trials hold both already, as the record of the sensor says.

    Parameters
    ----------
    sensor
        A key of `SENSORS`, or a record of one's own.
    light
        ``"day"`` or ``"night"``.
    f_mask
        Share of the ground out of sight at 2 km, 0 to 1, see `borderzone.visibility.mask_at`.
    target
        ``"person"`` or ``"vehicle"``.
    watch
        Speeds, correlation of looks, air, moon, task and height of the eyes.
    scan_share
        A constant of the user's own that the width is multiplied by, above 0 and up to 1.
    r50_factor
        Factor on R50, for what-ifs and Monte Carlo.

    Returns
    -------
    FloatArray or float
        Sweep width. Units: km.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, a number out of range, or the sensor has no range to give.

    See Also
    --------
    SweepTable : The same for many draws.

    Examples
    --------
    >>> print(round(sweep_width_km("eye"), 4))
    0.1853
    >>> sweep_width_km("vehicle_thermal", f_mask=[0.0, 0.4, 0.7]).round(2)
    array([9.5 , 6.62, 4.94])
    """
    seen_by, one = _pass_of(sensor, light, target, watch)
    factor, hidden = broadcast(
        r50_factor=as_positive(r50_factor, "r50_factor"),
        f_mask=as_probabilities(f_mask, "f_mask"),
    )
    share = 1.0 if scan_share is None else check_probability(scan_share, "scan_share")
    if seen_by.width_km is not None:
        return plain(seen_by.width_km * share * factor)
    width = np.empty(factor.shape)
    even = _r50(sensor, light, target, watch)
    for each in np.unique(factor):
        here = factor == each
        width[here] = width_m(even * each, hidden[here], one)
    return plain(width * share / 1000.0)


def least_sweep_width_km(
    sensor: str | Sensor,
    light: str = "night",
    f_mask: npt.ArrayLike = 0.0,
    *,
    target: str = "person",
    watch: Watch | None = None,
) -> FloatArray | float:
    """
    Lower bound of a sweep width: one look, at the closest approach.

    Parameters
    ----------
    sensor, light, f_mask, target, watch
        As in `sweep_width_km`.

    Returns
    -------
    FloatArray or float
        Sweep width. Units: km.

    Raises
    ------
    InvalidParameterError
        As in `sweep_width_km`.

    Examples
    --------
    >>> print(round(least_sweep_width_km("vehicle_thermal"), 2))
    4.85
    """
    seen_by, one = _pass_of(sensor, light, target, watch)
    hidden = as_probabilities(f_mask, "f_mask")
    if seen_by.width_km is not None:
        return plain(np.full(hidden.shape, seen_by.width_km))
    single = Pass(
        clip_m=one.clip_m,
        clip_r50=one.clip_r50,
        extinction_per_m=one.extinction_per_m,
        eye_m=one.eye_m,
    )
    found = width_m(_r50(sensor, light, target, watch), hidden.ravel(), single)
    return plain(found.reshape(hidden.shape) / 1000.0)


def lateral_curve(  # noqa: PLR0913 - as sweep_width_km, and where the curve is wanted
    sensor: str | Sensor,
    light: str = "night",
    f_mask: float = 0.0,
    *,
    target: str = "person",
    watch: Watch | None = None,
    r50_factor: float = 1.0,
    range_km: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """
    Chance to be seen at least once along a straight pass, by the range of the closest approach.

    Parameters
    ----------
    sensor, light, f_mask, target, watch, r50_factor
        As in `sweep_width_km`; a watch with ``patrol_km_h=0`` is that of a post.
    range_km
        Where the curve is wanted; close around R50 and out to the clip unless given. Units: km.

    Returns
    -------
    DataFrame
        ``range_km`` from 0 on, one side of a symmetric curve, and ``pod``. Twice its area is the sweep width.

    Raises
    ------
    InvalidParameterError
        As in `sweep_width_km`, and if the sensor has a sweep width of the user's own, which has no curve.

    Examples
    --------
    >>> curve = lateral_curve("tower_thermal", f_mask=0.4, watch=Watch(patrol_km_h=0), range_km=[1, 2, 4])
    >>> curve["pod"].round(2).tolist()
    [1.0, 0.98, 0.52]
    """
    _curved(sensor, light, target, watch)
    even = _r50(sensor, light, target, watch) * check_positive(r50_factor, "r50_factor")
    hidden = np.array([check_probability(f_mask, "f_mask")])
    asked = None
    if range_km is not None:
        asked = 1000.0 * np.atleast_1d(as_non_negative(range_km, "range_km", "km"))
    offset, pod = lateral_curves(
        sensor, light, even, hidden, target=target, watch=watch, offset_m=asked
    )
    return pd.DataFrame({"range_km": offset / 1000.0, "pod": pod[:, 0]})


def lateral_curves(  # noqa: PLR0913 - as lateral_curve
    sensor: str | Sensor,
    light: str,
    even_m: float,
    f_mask: FloatArray,
    *,
    target: str = "person",
    watch: Watch | None = None,
    offset_m: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Offsets, and the curves at them on several grounds ``(offsets, grounds)``, of a sensor with that R50."""
    one = _curved(sensor, light, target, watch)
    if offset_m is None:
        far = one.reach_m(even_m)
        step = np.append(
            np.arange(0.0, 3.0, 0.05) * even_m,
            np.geomspace(3.0 * even_m, max(far, 3.0 * even_m), 60),
        )
        offset_m = np.unique(np.append(step[step < far], far))
    return offset_m, seen_along(offset_m, even_m, f_mask, one)


def _curved(sensor: str | Sensor, light: str, target: str, watch: Watch | None) -> Pass:
    """Refuse a sensor that has a width and no curve."""
    seen_by, one = _pass_of(sensor, light, target, watch)
    if seen_by.width_km is not None:
        msg = (
            f"sensor {seen_by.name!r} has a sweep width of its own and no curve: it can move along the line, "
            "but not stand on it; use a sensor with ranges for a post"
        )
        raise InvalidParameterError(msg)
    return one


class SweepTable:
    """
    Sweep widths of one sensor for many draws: the integral of `sweep_width_km` once, read off many times.

    One table serves all draws of R50 and of the ground, and every light, moon and target: they change R50 only.

    Parameters
    ----------
    sensor
        A key of `SENSORS`, or a record with ranges of its own.
    light
        ``"day"`` or ``"night"``: by day goggles come off.
    watch
        Speeds, correlation of looks, air, task and height of the eyes; its moonlight does not matter.

    Raises
    ------
    InvalidParameterError
        If the sensor has a sweep width of the user's own: nothing is to be integrated.
    """

    def __init__(
        self, sensor: str | Sensor, light: str = "night", *, watch: Watch | None = None
    ) -> None:
        seen_by, self._pass = _pass_of(sensor, light, "person", watch)
        if seen_by.width_km is not None:
            msg = f"sensor {seen_by.name!r} has a sweep width of its own; multiply it by the factor"
            raise InvalidParameterError(msg)

    def widths(self, r50_m: npt.ArrayLike, f_mask: npt.ArrayLike) -> FloatArray:
        """
        Read sweep widths.

        Parameters
        ----------
        r50_m
            R50 of the task, as `r50_m` gives it times a factor. Units: m.
        f_mask
            Share of the ground out of sight at 2 km; broadcasts against `r50_m`.

        Returns
        -------
        FloatArray
            Sweep width, within 5e-4 of `sweep_width_km`, relative. Units: km.

        Raises
        ------
        InvalidParameterError
            If a number is out of range.
        """
        even = as_positive(r50_m, "r50_m", "m")
        hidden = as_probabilities(f_mask, "f_mask")
        if even.max(initial=1.0) > _FARTHEST_M or even.min(initial=1.0) < 1.0 / _FARTHEST_M:
            msg = (
                f"r50_m goes from {even.min():g} to {even.max():g} m, beyond all sensors: give metres, "
                "and a spread of the range that leaves it above a thousandth of a millimetre"
            )
            raise InvalidParameterError(msg)
        if self._pass.eye_m is None:  # the ground is in the range already
            hidden = np.zeros_like(hidden)
        shape = np.broadcast_shapes(even.shape, hidden.shape)
        out = np.empty(shape)
        if out.size == 0:
            return out
        place = _ROWS_A_DOUBLING * np.log2(even)
        first, last = int(np.floor(place.min())) - 1, int(np.floor(place.max())) + 2
        table = np.array([_row(step, self._pass) for step in range(first, last + 1)])
        flat = (-1, shape[-1]) if shape else (1, 1)
        read_widths(
            table,
            *_kinds(),
            loop_array(np.broadcast_to(place - first, shape)).reshape(flat),
            loop_array(np.broadcast_to(hidden, shape)).reshape(flat),
            out.reshape(flat),
        )
        return out


@cache
def _kinds() -> tuple[FloatArray, IntArray]:
    """Kinds of ground between which the mask is straight, and the one at or below each hundredth."""
    kinds = mask_by_range().index.to_numpy(dtype=np.float64)
    hundredths = (np.arange(100) + 0.5) / 100.0
    return kinds, np.searchsorted(kinds, hundredths, side="right") - 1


@cache
def _shares() -> FloatArray:
    """Shares out of sight at the columns of the table."""
    kinds = _kinds()[0]
    inner = kinds[:-1, None] + np.diff(kinds)[:, None] * np.array(COLUMNS[:-1])
    return np.append(inner.ravel(), _ALL_BUT_HIDDEN)


@lru_cache(maxsize=4096)
def _row(step: int, one: Pass) -> FloatArray:
    """Sweep widths over the share in sight, for one R50."""
    # Rows stand at fixed R50, so that a width does not depend on what else was asked for.
    even = 2.0 ** (step / _ROWS_A_DOUBLING)
    if one.eye_m is None:
        return np.full(len(_shares()), width_m(even, np.zeros(1), one)[0] / 1000.0)
    return width_m(even, _shares(), one) / (1.0 - _shares()) / 1000.0


def drawn_widths_km(
    sensor: str | Sensor,
    light: str,
    f_mask: FloatArray,
    *,
    target: str,
    watch: Watch,
    r50_factor: FloatArray,
) -> FloatArray:
    """Sweep widths for draws of the factor on R50 ``(draws, 1)`` and of the ground ``(draws, segments)``."""
    factor = as_positive(r50_factor, "r50_factor")
    record, _ = _pass_of(sensor, light, target, watch)
    if record.width_km is not None:
        return np.asarray(record.width_km * factor * np.ones_like(f_mask))
    even = _r50(sensor, light, target, watch)
    return SweepTable(sensor, light, watch=watch).widths(even * factor, f_mask)


def _r50(sensor: str | Sensor, light: str, target: str, watch: Watch | None) -> float:
    seen = watch or Watch()
    return r50_m(sensor, light, moonlight=seen.moonlight, target=target, task=seen.task)


def _pass_of(
    sensor: str | Sensor, light: str, target: str, watch: Watch | None
) -> tuple[Sensor, Pass]:
    """How a pass of that sensor is watched."""
    check_choice(target, "target", TARGETS)
    record, seen = sensor_named(sensor, light), watch or Watch()
    if record.width_km is not None and seen.task != "detect":
        msg = (
            f"sensor {record.name!r} has a sweep width of its own, for detection: "
            f"it says nothing of how well it can {seen.task}; give a record with the width for that"
        )
        raise InvalidParameterError(msg)
    spacing = None
    if record.basis == "look" and record.scan_s is not None:
        # Seen from the target the unit goes by at sqrt(v^2 + u^2); one that stands is gone past at u.
        spacing = record.scan_s * _M_S * float(np.hypot(seen.patrol_km_h, seen.crosser_km_h))
    eye = None if record.includes_mask else (record.eye_m or seen.eye_m)
    return record, Pass(
        clip_m=1000.0 * record.clip_km,
        clip_r50=_CLIP_R50 * JOHNSON_CYCLES[seen.task],
        spacing_m=spacing,
        correlation=seen.correlation,
        extinction_per_m=_KOSCHMIEDER / (1000.0 * seen.visibility_km) if record.optical else 0.0,
        eye_m=eye,
    )
