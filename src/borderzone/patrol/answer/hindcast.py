"""Beside real borders: what forces had on the model's curve, and what little their results identify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import as_probabilities, check_positive, check_whole
from borderzone.errors import InvalidParameterError
from borderzone.patrol.force.comparators import REAL_FORCES
from borderzone.patrol.theory.response import apprehension_from_repeats
from borderzone.patrol.theory.staffing import SHIFT_FACTORS

if TYPE_CHECKING:
    from borderzone._typing import FloatArray
    from borderzone.patrol.force.comparators import RealForce

__all__ = ["FAILS_FIRST", "GIVING_UP", "hindcast", "plausibility"]

_GOOD_POD = 0.9
# Shares of those caught who do not try again, for which recaptures are worked: nobody knows the share.
GIVING_UP = (0.0, 0.25, 0.5)
_COLUMNS = ("id", "border", "year", "kind", "quantity", "value", "length_km", "tag", "source")
# What a row of observations may be; of each of the first three a border has one at most.
_KINDS = (
    "payroll",
    "line_share",
    "on_line",
    "effectiveness",
    "recaught_share",
    "caught",
    "scheduled_share",
    "posts_per_km",
)

# Which of the model's assumptions gives way first, in order. A judgement, stated as one.
FAILS_FIRST = (
    "First to fail is that nobody watches the patrols: random search holds only while crossers "
    "cannot see a patrol pass and walk behind it. Next is the clean sweep width: detection ranges "
    "of tests, not of tired crews in dust and heat. Last is that people cross at right angles "
    "and do not choose their place."
)


def hindcast(
    observations: pd.DataFrame,
    curve: pd.DataFrame,
    *,
    length_km: float,
    crew: int = 4,
    shift_factor: float = SHIFT_FACTORS["relief"].value,
) -> pd.DataFrame:
    """
    Hold the model against what real borders are known to have achieved.

    What a published probability P identifies is ``K = -ln(1 - P)`` times km over agents on the line,
    and nothing finer. A border without a published rate is listed and not compared; rows from memory
    (tag M) are left out. The ratio is told whatever it is, and no default is chosen by it.

    Parameters
    ----------
    observations
        Rows as `borderzone.datasets.validation` gives them.
    curve
        One curve of `coverage_curve` or `monte_carlo` for this border: unit_count, mean_pod and
        mean_poi, of one rule and one light.
    length_km
        Length of this border. Units: km.
    crew
        People in a unit.
    shift_factor
        On the payroll for one out: what is taken off a payroll.

    Returns
    -------
    DataFrame
        A row for each published rate, then one for each border without: border, year, observed (what
        it is), p_observed, k_observed, agents_on_line and agents_per_km (out at one time), agents_year,
        k_km_per_agent; on this border with as many agents per km, unit_count_equivalent, p_model (the
        share stopped), k_model, k_km_per_agent_model, and ratio, the model's K over the observed one
        (NaN beyond the end of the curve); reason (why it is not compared), source, tag.
        ``attrs["statement"]`` says it in words, ``attrs["left_out"]`` lists the rows from memory.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a column is missing, a border tells one thing twice, or the curve
        is not one curve.

    Examples
    --------
    >>> from borderzone import datasets
    >>> from borderzone.patrol import coverage_curve
    >>> curve = coverage_curve([0.02], [1.0], unit_counts=range(1001), p_respond=0.7)
    >>> table = hindcast(datasets.validation(), curve, length_km=599.0)
    >>> table.loc[:3, ["k_observed", "k_km_per_agent", "ratio"]].round(3).values.tolist()
    [[0.371, 0.501, 2.635], [0.533, 0.72, 1.834], [0.968, 1.306, 1.011], [1.661, 2.243, 0.589]]
    """
    border_km = check_positive(length_km, "length_km", "km")
    people = check_whole(crew, "crew", unit="people")
    relief = check_positive(shift_factor, "shift_factor")
    counts, _, poi = _one_curve(curve)
    known, left_out = _observed(observations)
    compared, alone = [], []
    for name, rows in known.groupby("border", sort=False):
        agents = _agents_on_line(str(name), rows, relief)
        units = border_km * agents["agents_per_km"] / people
        # Beyond the end of the curve nothing is guessed, and what stands still is on no curve.
        stopped = float(np.interp(units, counts, poi, right=np.nan))
        model = agents | {"unit_count_equivalent": units, "p_model": stopped}
        rates = _rates(rows)
        compared += [model | rate for rate in rates if np.isfinite(units)]
        if not rates or not np.isfinite(units):
            why = "no rate is published" if np.isfinite(units) else "posts, and no people"
            alone.append(model | _origin(rows.iloc[0]) | {"observed": "", "reason": why})
    table = _with_k(pd.DataFrame([*compared, *alone]))
    table.attrs = {"left_out": left_out, "statement": _identified(table, curve)}
    return table


def _observed(observations: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Take the rows that were found in a source, and the names of those from memory."""
    missing = [name for name in _COLUMNS if name not in observations.columns]
    if missing:
        msg = (
            f"observations lack {', '.join(missing)}; borderzone.datasets.validation() has them all"
        )
        raise InvalidParameterError(msg)
    unknown = sorted(set(observations["kind"]) - set(_KINDS))
    if unknown:
        msg = f"kind must be one of {', '.join(_KINDS)}, got {', '.join(map(str, unknown))}"
        raise InvalidParameterError(msg)
    remembered = observations["tag"] != "F"
    known = observations[~remembered]
    once = known[known["kind"].isin(_KINDS[:3])]
    twice = once[once.duplicated(["border", "kind"])]
    if len(twice):
        msg = (
            f"{twice['border'].iloc[0]} tells {twice['kind'].iloc[0]} twice; keep the row that its "
            "rate goes with"
        )
        raise InvalidParameterError(msg)
    return known, observations.loc[remembered, "id"].tolist()


def _agents_on_line(name: str, rows: pd.DataFrame, relief: float) -> dict[str, Any]:
    """Agents out on the line at one time, and how many that is for each km."""
    told: dict[str, Any] = {row["kind"]: row for row in rows.to_dict("records")}
    if "on_line" in told:
        row, agents = told["on_line"], float(told["on_line"]["value"])
    elif "payroll" in told:
        row = told["payroll"]
        # A payroll without a share at the line is all taken to be there: an upper bound of agents,
        # and a lower one of what each achieves.
        at_line = told["line_share"]["value"] if "line_share" in told else 1.0
        share = float(as_probabilities(at_line, f"line_share of {name}"))
        agents = float(row["value"]) * share / relief
    else:
        return {"agents_on_line": np.nan, "agents_per_km": np.nan, "agents_year": np.nan}
    length = check_positive(row["length_km"], f"length_km of {name}", "km")
    return {
        "agents_on_line": agents,
        "agents_per_km": agents / length,
        "agents_year": int(row["year"]),
    }


def _rates(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give the published probabilities of a border, and those that recaptures work out to."""
    found = []
    for row in rows[rows["kind"] == "recaught_share"].to_dict("records"):
        for share in GIVING_UP:
            p = float(apprehension_from_repeats(row["value"], giving_up=share))
            words = f"{row['quantity']}, worked with {100 * share:.0f} % giving up"
            found.append({"observed": words, "p_observed": p} | _origin(row))
    for row in rows[rows["kind"] == "effectiveness"].to_dict("records"):
        p = float(as_probabilities(row["value"], f"effectiveness of {row['border']}"))
        found.append({"observed": row["quantity"], "p_observed": p} | _origin(row))
    return found


def _origin(row: Any) -> dict[str, Any]:
    return {"reason": ""} | {name: row[name] for name in ("border", "year", "source", "tag")}


def _with_k(table: pd.DataFrame) -> pd.DataFrame:
    """Give K, K km over agents, and the ratio, in the order of reading."""
    full = table.reindex(columns=list(_HINDCAST))
    # Certainty has an infinite K, and a border where nobody was stopped none to divide by.
    with np.errstate(divide="ignore", invalid="ignore"):
        for one in ("observed", "model"):
            full[f"k_{one}"] = -np.log1p(-full[f"p_{one}"].astype(np.float64))
        full["k_km_per_agent"] = full["k_observed"] / full["agents_per_km"]
        full["k_km_per_agent_model"] = full["k_model"] / full["agents_per_km"]
        full["ratio"] = (full["k_model"] / full["k_observed"]).where(full["k_observed"] > 0)
    return full


_HINDCAST = (
    "border",
    "year",
    "observed",
    "p_observed",
    "k_observed",
    "agents_on_line",
    "agents_per_km",
    "agents_year",
    "k_km_per_agent",
    "unit_count_equivalent",
    "p_model",
    "k_model",
    "k_km_per_agent_model",
    "ratio",
    "reason",
    "source",
    "tag",
)


def _identified(table: pd.DataFrame, curve: pd.DataFrame) -> str:
    """Say what the rows identify, and by how much the model is off."""
    light = set(curve["light"]) if "light" in curve else set()
    parts = []
    for name, rows in table[table["reason"] == ""].groupby("border", sort=False):
        p, k, each = (rows[c] for c in ("p_observed", "k_observed", "k_km_per_agent"))
        first = rows.iloc[0]
        parts.append(
            f"The {name} border had {first['agents_per_km']:.2g} agents per km out on the line "
            f"({first['agents_year']:.0f}). What was published or worked of it ({100 * p.min():.0f} to "
            f"{100 * p.max():.0f} %) is K = -ln(1 - P) of {k.min():.3g} to {k.max():.3g}, that is "
            f"{each.min():.3g} to {each.max():.3g} km for each agent."
        )
        if np.isfinite(first["k_model"]):
            ratio = rows["ratio"]
            parts.append(
                f"With as many, {first['unit_count_equivalent']:.0f} units here"
                f"{' by ' + light.pop() if len(light) == 1 else ''}, the model stops "
                f"{100 * first['p_model']:.1f} %, K {first['k_model']:.2g}: {ratio.min():.2g} to "
                f"{ratio.max():.2g} times that."
            )
    others = table.loc[table["reason"] != "", "border"].tolist()
    if others:
        parts.append(f"No rate to compare with: {', '.join(others)}.")
    parts.append(
        "Published rates are of day and night, with cameras, fences and aircraft; no assumption of "
        "the model was chosen by them."
    )
    return " ".join(parts)


def plausibility(
    length_km: float,
    curve: pd.DataFrame,
    *,
    crew: int = 4,
    shift_factor: float = SHIFT_FACTORS["relief"].value,
    forces: tuple[RealForce, ...] = REAL_FORCES,
) -> pd.DataFrame:
    """
    Put real forces on the model's curve, scaled to the length of this border.

    Parameters
    ----------
    length_km
        Length of this border. Units: km.
    curve
        One curve of `coverage_curve` or `monte_carlo`: unit_count, mean_pod
        and mean_poi, of one rule and one light.
    crew
        People in a unit.
    shift_factor
        On the payroll for one out.
    forces
        What to compare with.

    Returns
    -------
    DataFrame
        A row for each force: case, basis, persons_per_km and units_per_km on
        station, unit_count_equivalent on this border, mean_pod_at_that and
        mean_poi_at_that (missing for posts, which are no patrols, and beyond
        the end of the curve),
        observed_low, observed_high and observed_source, more_hopeful_low and
        more_hopeful_high (the model's interdiction over what was observed),
        fielded_over_need (their units over those with which the model detects
        nine in ten), source, tag. ``attrs["need"]`` holds the units with which the model detects
        nine in ten, NaN beyond the end of the curve, and ``attrs["statement"]`` says it in words.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, or the curve is not one curve.

    Examples
    --------
    >>> from borderzone.patrol import coverage_curve
    >>> curve = coverage_curve([0.02], [1.0], unit_counts=range(1001), p_respond=0.7)
    >>> table = plausibility(599.0, curve)
    >>> table.loc[:1, ["case", "unit_count_equivalent"]].round(1).values.tolist()
    [['US south-west 2017', 92.4], ['Iraq west 2006', 173.7]]
    """
    border = check_positive(length_km, "length_km", "km")
    crew = check_whole(crew, "crew", unit="people")
    check_positive(shift_factor, "shift_factor")
    counts, pod, poi = _one_curve(curve)
    # The curve ends at the units asked for: beyond it the need is not known, and NaN says so.
    need = _units_at(counts, pod, _GOOD_POD)
    rows = []
    for force in forces:
        density = force.units_per_km(crew=crew, shift_factor=shift_factor)
        units = border * density
        # The curve is of patrols: what a line of posts would see is not on it.
        seen, model = (
            np.nan if force.basis == "posts" else float(np.interp(units, counts, y, right=np.nan))
            for y in (pod, poi)
        )
        low, high = force.observed or (np.nan, np.nan)
        rows.append(
            {
                "case": force.case,
                "basis": force.basis,
                "persons_per_km": force.people_per_km(shift_factor=shift_factor),
                "units_per_km": density,
                "unit_count_equivalent": units,
                "mean_pod_at_that": seen,
                "mean_poi_at_that": model,
                "observed_low": low,
                "observed_high": high,
                "observed_source": force.observed_source,
                "more_hopeful_low": model / high,
                "more_hopeful_high": model / low,
                "fielded_over_need": units / need,
                "source": force.source,
                "tag": force.tag,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs |= {"statement": _statement(table, need, crew), "need": need}
    return table


def _one_curve(curve: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    missing = [name for name in ("unit_count", "mean_pod", "mean_poi") if name not in curve.columns]
    if missing:
        msg = f"the curve lacks {', '.join(missing)}; coverage_curve(..., force=...) makes one"
        raise InvalidParameterError(msg)
    # Interpolation takes rising counts, and a table put together of several curves has repeats.
    ordered = curve.sort_values("unit_count", kind="stable")
    counts = ordered["unit_count"].to_numpy(dtype=np.float64)
    if counts.size == 0 or (np.diff(counts) <= 0).any():
        msg = "the curve must have each unit_count once: choose one rule and one light first"
        raise InvalidParameterError(msg)
    return counts, ordered["mean_pod"].to_numpy(float), ordered["mean_poi"].to_numpy(float)


def _units_at(counts: FloatArray, pod: FloatArray, wanted: float) -> float:
    # The first crossing of the curve, straight between its points: it need not rise everywhere.
    past = np.flatnonzero(pod >= wanted)
    if past.size == 0:
        return float("nan")
    first = past[0]
    if first == 0:
        return float(counts[0])
    return float(np.interp(wanted, pod[first - 1 : first + 1], counts[first - 1 : first + 1]))


# Fewer units than this are told to be a rounded number.
_FEW_UNITS = 5


def _statement(table: pd.DataFrame, need: float, crew: int) -> str:
    parts = [f"Real forces as units of {crew} out, scaled to the length of this border."]
    parts += [
        f"With what the {row['case']} had ({row['unit_count_equivalent']:.0f} units) the model "
        f"stops {row['mean_poi_at_that']:.0%} of crossings, against {row['observed_low']:.0%} to "
        f"{row['observed_high']:.0%} as published or worked ({row['observed_source']}), which "
        "holds there and must not be carried over: "
        f"{row['more_hopeful_low']:.2g} to {row['more_hopeful_high']:.2g} times as hopeful, that is "
        f"{_leaning(row['more_hopeful_low'], row['more_hopeful_high'])}."
        for row in table.dropna(subset=["more_hopeful_low"]).to_dict("records")
    ]
    few = table["unit_count_equivalent"].min()
    if few < _FEW_UNITS:
        parts.append(
            f"On so short a border some of these forces come to {few:.0f} unit"
            f"{'' if round(few) == 1 else 's'}: the comparison is mostly rounding."
        )
    if np.isfinite(need):
        above = table[table["fielded_over_need"] > 1]
        parts.append(
            f"With every assumption at its own value the model detects nine in ten with "
            f"{need:,.0f} units; {len(above)} of {len(table)} forces had more than that."
        )
    return " ".join([*parts, FAILS_FIRST])


def _leaning(low: float, high: float) -> str:
    """Which way the model leans: a factor below 1 is easily read as its opposite."""
    if high < 1:
        return (
            "less hopeful than what was published, which counts cameras, fences and daylight that "
            "this curve leaves out where its sensor is weak"
        )
    if low > 1:
        return "more hopeful than what was published"
    return "about as hopeful as what was published"
