"""Detection rate of one unit out, segment by segment, from ground and force."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import as_non_negative, as_numbers, as_positive, as_probabilities
from borderzone.errors import (
    CoverageGapError,
    InvalidParameterError,
    ShapeMismatchError,
)
from borderzone.patrol.force.forces import watch_of
from borderzone.patrol.force.sensors import r50_m, sensor_named
from borderzone.patrol.force.sweep import least_sweep_width_km, sweep_width_km
from borderzone.patrol.theory.barrier import coverage_of_a_unit, speed_multiplier

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.corridor import Corridor
    from borderzone.patrol.force.forces import Force
    from borderzone.patrol.force.sweep import Watch

__all__ = [
    "checked_ground",
    "detection_rates",
    "rate_factors",
    "segment_lengths",
    "terrain_variance",
]

_GROUND_COLUMNS = ("f_mask", "patrol_speed_factor", "crosser_km_h")


def detection_rates(
    corridor: Corridor | pd.DataFrame | pd.Series,
    ground: pd.DataFrame,
    force: Force,
    *,
    light: str = "night",
    target: str = "person",
    watch: Watch | None = None,
) -> pd.Series:
    """
    Rate at which one unit out adds coverage to each segment.

    ``a = W sqrt(1 + (v / u)^2) / L``: x units make a coverage of ``a x``.
    Terrain enters through sweep width W, patrol speed v and crossing speed u
    and through nothing else.

    Parameters
    ----------
    corridor
        A corridor, its table of segments with `length_km`, or the lengths
        themselves. Units: km.
    ground
        Ground by segment: `f_mask`, `patrol_speed_factor` and `crosser_km_h`.
    force
        The kind of unit.
    light
        ``"day"`` or ``"night"``.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    watch
        Correlation of looks, air, moon and task; speeds and height of the eyes are the force's.

    Returns
    -------
    Series
        Coverage per unit out, named ``rate``, index as the segments.

    Raises
    ------
    CoverageGapError
        If the ground of a segment is not known.
    InvalidParameterError
        If a column is missing or a value out of range.
    ShapeMismatchError
        If the segments and the ground are not the same segments.

    References
    ----------
    .. [1] Koopman, B. O. (1946). Search and Screening. OEG Report 56.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import Force
    >>> lengths = pd.Series([10.0, 10.0], name="length_km")
    >>> ground = pd.DataFrame({"f_mask": [0.0, 0.4], "patrol_speed_factor": [1.0, 0.6],
    ...                        "crosser_km_h": [3.0, 2.5]})
    >>> detection_rates(lengths, ground, Force()).round(4).tolist()
    [4.8451, 2.4743]
    """
    return rate_factors(corridor, ground, force, light=light, target=target, watch=watch)["rate"]


def rate_factors(
    corridor: Corridor | pd.DataFrame | pd.Series,
    ground: pd.DataFrame,
    force: Force,
    *,
    light: str = "night",
    target: str = "person",
    watch: Watch | None = None,
) -> pd.DataFrame:
    """
    Tabulate the factors behind the detection rate of each segment.

    Parameters
    ----------
    corridor
        As in `detection_rates`.
    ground
        As in `detection_rates`.
    force
        The kind of unit.
    light
        ``"day"`` or ``"night"``.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    watch
        Correlation of looks, air, moon and task; speeds and height of the eyes are the force's.

    Returns
    -------
    DataFrame
        By segment: length_km, f_mask, r50_m (NaN where the sensor has a sweep width of its own),
        least_sweep_width_km (one look, at the closest approach), sweep_width_km, patrol_km_h,
        crosser_km_h, speed_multiplier, rate.

    Raises
    ------
    CoverageGapError
        If the ground of a segment is not known.
    InvalidParameterError
        If a column is missing or a value out of range.
    ShapeMismatchError
        If the segments and the ground are not the same segments.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import Force
    >>> ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [0.8],
    ...                        "crosser_km_h": [3.0]})
    >>> factors = rate_factors(pd.Series([8.0]), ground, Force(), light="night")
    >>> print(factors[["sweep_width_km", "patrol_km_h", "rate"]].round(4).to_string(index=False))
     sweep_width_km  patrol_km_h   rate
             7.6036         12.0 3.9188
    """
    # Terrain enters here and nowhere else: what it hides narrows the sweep, and it slows patrol and
    # crosser by factors of their own. The difficulty index has no part in it, for that would count
    # the same slopes twice.
    lengths = segment_lengths(corridor)
    table = checked_ground(ground, lengths.index)
    f_mask = table["f_mask"].to_numpy()
    seen = watch_of(force, target, watch)
    width = sweep_width_km(
        force.sensor, light, f_mask, target=target, watch=seen, scan_share=force.scan_share
    )
    own = sensor_named(force.sensor, light).width_km is not None
    patrol = force.patrol_km_h * table["patrol_speed_factor"].to_numpy()
    crosser = table["crosser_km_h"].to_numpy()
    return pd.DataFrame(
        {
            "length_km": lengths.to_numpy(),
            "f_mask": f_mask,
            "r50_m": np.nan if own else _even_m(force, light, target, seen),
            "least_sweep_width_km": least_sweep_width_km(
                force.sensor, light, f_mask, target=target, watch=seen
            ),
            "sweep_width_km": width,
            "patrol_km_h": patrol,
            "crosser_km_h": crosser,
            "speed_multiplier": speed_multiplier(patrol_km_h=patrol, crosser_km_h=crosser),
            "rate": coverage_of_a_unit(lengths.to_numpy(), width, patrol, crosser),
        },
        index=lengths.index,
    )


def _even_m(force: Force, light: str, target: str, watch: Watch) -> float:
    return r50_m(force.sensor, light, moonlight=watch.moonlight, target=target, task=watch.task)


def segment_lengths(corridor: Corridor | pd.DataFrame | pd.Series) -> pd.Series:
    """Take the lengths of the segments from a corridor, a table or a list."""
    segments: object = getattr(corridor, "segments", corridor)
    if isinstance(segments, pd.DataFrame):
        if "length_km" not in segments.columns:
            msg = (
                f"the segments need a column length_km, got {', '.join(map(str, segments.columns))}"
            )
            raise InvalidParameterError(msg)
        segments = segments["length_km"]
    # A list has no labels of its own: its segments count from 0.
    labelled = (
        segments
        if isinstance(segments, pd.Series)
        else pd.Series(as_numbers(segments, "length_km"))
    )
    lengths = as_positive(labelled, "length_km", "km")
    if lengths.size == 0:
        msg = "there is no segment: give a corridor or the length_km of one segment or more"
        raise InvalidParameterError(msg)
    own = labelled.index
    index = own if own.name is not None else own.rename("segment")
    return pd.Series(lengths, index=index, name="length_km")


def checked_ground(ground: object, index: pd.Index) -> pd.DataFrame:
    """Return the columns that patrols read, complete and in range."""
    if not isinstance(ground, pd.DataFrame):
        msg = (
            f"ground must be a table by segment, got {type(ground).__name__}; "
            "difficulty.ground_by_segment makes it, and a study keeps it as result.ground.table"
        )
        raise InvalidParameterError(msg)
    missing = [name for name in _GROUND_COLUMNS if name not in ground.columns]
    if missing:
        msg = f"the ground table lacks {', '.join(missing)}; difficulty.ground_by_segment makes it"
        raise InvalidParameterError(msg)
    if len(ground) != len(index) or not (ground.index == index).all():
        msg = (
            f"the ground table has {len(ground)} rows for {len(index)} segments, or another "
            "index; summarise it on the segments of this corridor"
        )
        raise ShapeMismatchError(msg)
    # Unknown bands are allowed, unknown ground is not: a rate without a mask or a speed would be a
    # rate of somewhere else.
    table = ground.reindex(columns=[*_GROUND_COLUMNS, "f_mask_low", "f_mask_high"]).astype(
        "float64"
    )
    # Where the band of the masked share is not known it has none: both ends are the share itself.
    for band in ("f_mask_low", "f_mask_high"):
        table[band] = table[band].fillna(table["f_mask"])
    for name in _GROUND_COLUMNS:
        unknown = table.index[table[name].isna()]
        if len(unknown):
            some = ", ".join(map(str, unknown[:5])) + (" ..." if len(unknown) > 5 else "")
            msg = (
                f"{name} is not known in {len(unknown)} of {len(table)} segments ({some}): "
                "no detection rate without it; give the layer it comes from"
            )
            raise CoverageGapError(msg)
    for name in ("f_mask", "f_mask_low", "f_mask_high", "patrol_speed_factor"):
        as_probabilities(table[name].to_numpy(), name)
    # Speed factors may be 0 (ground that vehicles cannot enter leaves a unit standing, which still
    # sees), a crosser's speed may not: who never arrives needs no patrol.
    as_positive(table["crosser_km_h"].to_numpy(), "crosser_km_h", "km/h")
    return table


def terrain_variance(rate_draws: FloatArray) -> dict[str, float | str]:
    """
    Split the variance of the rates into terrain and shared assumptions.

    By the law of total variance over draws and segments: the variance
    between the segments' mean rates is terrain; the mean variance within a
    segment is what the assumptions leave open, which all segments share.

    Parameters
    ----------
    rate_draws
        Sampled rates, shape ``(draws, segments)``; of segments of one length.

    Returns
    -------
    dict
        `share_of_total`: terrain's share, 0 to 1. `between_segment_cv`:
        standard deviation of the segments' means over their mean.
        `statement`: both in a sentence.

    Raises
    ------
    InvalidParameterError
        If a rate is negative or not finite, or all are 0.
    ShapeMismatchError
        If the draws are not a table of two draws or more.

    Examples
    --------
    >>> import numpy as np
    >>> found = terrain_variance(np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> print(found["share_of_total"], found["between_segment_cv"])
    0.2 0.2
    """
    draws = as_non_negative(rate_draws, "rate_draws")
    if draws.ndim != 2 or min(draws.shape) < 1 or draws.shape[0] < 2:
        msg = f"rate_draws must be (draws, segments) with 2 draws or more, got {draws.shape}"
        raise ShapeMismatchError(msg)
    # Var = Var over segments of the mean + mean over segments of the variance; both divide by n, so
    # that the two add up to the variance of all rates.
    means = draws.mean(axis=0)
    between = float(means.var())
    within = float(draws.var(axis=0).mean())
    if not means.mean() > 0:
        msg = "all rates are 0: there is no variance to split"
        raise InvalidParameterError(msg)
    # Rates that do not vary at all have no variance to share, and terrain none of it.
    share = between / (between + within) if between + within > 0 else 0.0
    spread = float(np.sqrt(between) / means.mean())
    statement = (
        f"Terrain makes {share:.0%} of the variance of the detection rates; the other "
        f"{1 - share:.0%} is assumptions that all segments share. From segment to segment the "
        f"rates vary by {spread:.0%} of their mean."
    )
    return {"share_of_total": share, "between_segment_cv": spread, "statement": statement}
