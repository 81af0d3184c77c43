"""Each hot-spot result in one plain sentence, the null result too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["sentence"]


def sentence(result: pd.DataFrame | pd.Series | xr.DataArray) -> str:
    """
    Say a result of this room in one plain sentence.

    Parameters
    ----------
    result
        From `gi_star`, `scan`, `scan_discs`, `scan_space_time`, `knox`,
        `ripley_k`, `ripley_k_along`, `density` or `density_along`.

    Returns
    -------
    str
        What was found, or that nothing was beyond chance; then whether coded
        points were used, how many events are left out, and whether a part is
        finer than positions are known.

    Raises
    ------
    InvalidParameterError
        If it is none of these, or a cut of one that lost its ``attrs``.

    Examples
    --------
    >>> from borderzone.incidents.hotspots import scan
    >>> sentence(scan([1, 2, 0, 1, 2, 1], exposure=[1.0] * 6))
    'No cluster of events along the border beyond chance at 5 % (most likely one: p = 1.000).'
    """
    attrs = getattr(result, "attrs", None)
    method = attrs.get("method") if isinstance(attrs, dict) else None
    if method is None or not isinstance(result, (pd.DataFrame, pd.Series, xr.DataArray)):
        msg = f"the result must come from a hot-spot function, attrs and all, got {type(result).__name__}"
        raise InvalidParameterError(msg)
    for start, say in _SAY.items():
        if str(method).startswith(start):
            return say(result) + _caveats(result)
    msg = f"there is no sentence for the method {method!r}"
    raise InvalidParameterError(msg)


def _level(result: Any) -> str:
    return f"{100 * result.attrs['level']:g} %"


def _gi(result: pd.DataFrame) -> str:
    hot = result.index[result["hot"]].tolist()
    noun = "segment" if result.index.name == "segment" else "place"
    control = result.attrs["control"]
    rate = "a level of" if control == "none" else "a false discovery rate of"
    if not hot:
        best = float(result["q"].min())
        return f"No hot {noun} beyond chance at {rate} {_level(result)} (smallest q = {best:.3f})."
    shares = result.loc[result["hot"], "share_significant"]
    kept = "" if (shares == 1).all() else f", in {100 * shares.min():.0f} % or more of imputations"
    plural = "s" if len(hot) > 1 else ""
    return (
        f"{len(hot)} of {len(result)} {noun}s hot at {rate} {_level(result)}: {noun}{plural} "
        f"{_listed(hot)}{kept}."
    )


def _scan(result: pd.DataFrame) -> str:
    where = "in the plane" if "radius_km" in result.columns else "along the border"
    if "period_start" in result.columns:
        where += " and in time"
    found = result[result["significant"]]
    if found.empty:
        best = f" (most likely one: p = {result['p'].iloc[0]:.3f})" if len(result) else ""
        return f"No cluster of events {where} beyond chance at {_level(result)}{best}."
    top = found.iloc[0]
    more = len(found) - 1
    second = f"; {more} more cluster{'s' if more > 1 else ''}" if more else ""
    return (
        f"More events than chance would put there {where}: {_place(top)}, {top['count']:.4g} "
        f"against {top['expected']:.3g} expected (p = {top['p']:.3f}){second}."
    )


def _place(row: pd.Series) -> str:
    if "radius_km" in row.index:
        named = pd.notna(row["lon"])
        centre = (
            f"{row['lat']:.2f} N {row['lon']:.2f} E"
            if named
            else f"{row['x_km']:g}, {row['y_km']:g}"
        )
        return f"within {row['radius_km']:.3g} km of {centre}"
    if "km_start" in row.index:
        text = f"km {row['km_start']:.0f} to {row['km_end']:.0f}"
    else:
        text = f"places {row['first']} to {row['last']}"
    if "period_start" in row.index:
        text += f", {_when(row['period_start'])} to {_when(row['period_end'])}"
    return text


def _when(value: Any) -> str:
    if isinstance(value, (pd.Timestamp, np.datetime64)):
        return str(pd.Timestamp(value).date())
    return f"period {value}"


def _knox(result: pd.DataFrame) -> str:
    found = result[result["near_repeat"]]
    if found.empty:
        return f"No near-repeat of events beyond chance at {_level(result)}."
    top = found.loc[found["q"].idxmin()]
    return (
        f"Events repeat nearby: pairs {top['band']} and {top['days_from']} to {top['days_to']} days "
        f"apart are {top['ratio']:.2g} times as many as chance would make (q = {top['q']:.3f})."
    )


def _ripley(result: pd.DataFrame) -> str:
    where = "along the border" if "along" in result.attrs["method"] else "in the corridor"
    p = result.attrs["p"]
    if p > result.attrs["level"]:
        return f"Events {where} are spread as chance would spread them (p = {p:.3f})."
    above = result.loc[result["l_minus_r"] > result["high"], "r_km"]
    below = result.loc[result["l_minus_r"] < result["low"], "r_km"]
    if above.empty and below.empty:
        return f"Events {where} are not spread as chance would spread them (p = {p:.3f})."
    nearer, radii = ("nearer to", above) if len(above) else ("farther from", below)
    return (
        f"Events {where} lie {nearer} each other than chance would have them, at "
        f"{_listed([f'{r:g}' for r in radii])} km (p = {p:.3f})."
    )


def _density(result: Any) -> str:
    attrs = result.attrs
    unit = "km2" if "plane" in attrs["method"] else "km"
    number = attrs.get("n_in_corridor", attrs["n_events"])
    highest = float(result.max()) * (100 if unit == "km2" else 10)
    return (
        f"{number:.4g} events; at most {highest:.3g} on {'100 km2' if unit == 'km2' else '10 km'} "
        f"with a bandwidth of {attrs['bandwidth_km']:g} km; a density is a picture, not a test."
    )


def _caveats(result: Any) -> str:
    attrs, said = result.attrs, []
    if attrs.get("positions") == "coded":
        said.append("Coded points were taken as exact, so towns stand out by coding alone.")
    if attrs.get("n_left_out"):
        said.append(f"{attrs['n_left_out']} of {attrs['n_events']:g} events could not be placed.")
    if attrs.get("n_left_out_dates"):
        said.append(f"{attrs['n_left_out_dates']} more have no sharp enough date.")
    fine = attrs.get("below_precision", False)
    if isinstance(result, pd.DataFrame) and "below_precision" in result.columns:
        band = result.get("band", pd.Series("", index=result.index))
        fine = bool(result.loc[band != "same place", "below_precision"].any())
    if fine:
        error = attrs.get("median_error_km", float("nan"))
        said.append(f"Part of it is finer than positions are known (median error {error:.3g} km).")
    return "".join(f" {text}" for text in said)


def _listed(items: list[Any]) -> str:
    shown = [str(item) for item in items[:8]]
    rest = f" and {len(items) - 8} more" if len(items) > 8 else ""
    return ", ".join(shown) + rest


_SAY: dict[str, Callable[[Any], str]] = {
    "Gi*": _gi,
    "scan": _scan,
    "Knox": _knox,
    "Ripley": _ripley,
    "kernel density": _density,
}
