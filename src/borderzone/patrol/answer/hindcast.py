"""Beside real borders: what forces had, as the answer counts it, and what little their results identify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import as_probabilities, check_positive
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.kits import answer_pod, units_for_share
from borderzone.patrol.force.comparators import REAL_FORCES
from borderzone.patrol.theory.response import apprehension_from_repeats

if TYPE_CHECKING:
    from borderzone.patrol.answer.kits import KitQuestion
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

# Of a sensor of the user's own.
_ONLY_A_WIDTH = "of what they watch with only a sweep width is known, not how far it recognises"

# Which of the model's assumptions gives way first, in order. A judgement, stated as one.
FAILS_FIRST = (
    "First to fail is that nobody watches the patrols: random search holds only while crossers "
    "cannot see a patrol pass and walk behind it. Next is the clean sweep width: detection ranges "
    "of tests, not of tired crews in dust and heat. Last is that people cross at right angles "
    "and do not choose their place."
)


def hindcast(
    observations: pd.DataFrame,
    question: KitQuestion,
    kit: str = "scenario",
    *,
    law: str = "random",
    light: str = "night",
) -> pd.DataFrame:
    """
    Hold the answer against what real borders are known to have achieved.

    What a published probability P identifies is ``K = -ln(1 - P)`` times km over agents on the line,
    and nothing finer. A border without a published rate is listed and not compared; rows from memory
    (tag M) are left out. The ratio is told whatever it is, and no default is chosen by it.

    Parameters
    ----------
    observations
        Rows as `borderzone.datasets.validation` gives them.
    question
        What the answer for this border stands on.
    kit, law
        Which of its kits, and how it is led, as in `answer_pod`.
    light
        ``"night"`` (over its states of light), ``"dark"`` or ``"day"``.

    Returns
    -------
    DataFrame
        A row for each published rate, then one for each border without: border, year, observed (what
        it is), p_observed, k_observed, agents_on_line and agents_per_km (out at one time), agents_year,
        k_km_per_agent; on this border with as many agents per km, unit_count_equivalent, p_model (the
        share stopped: the median over nature, with p_model_low and p_model_high, 5 and 95 %), k_model,
        k_km_per_agent_model, and ratio, the model's K over the observed one (NaN where a sweep width of
        the user's own does not say what is recognised); reason (why it is not compared), source, tag.
        ``attrs["statement"]`` says it in words, ``attrs["left_out"]`` lists the rows from memory.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, a word unknown, a column missing, or a border tells one thing twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone import datasets
    >>> from borderzone.patrol import FORCES, KitQuestion
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(
    ...     kits=kits, lengths_km=pd.Series([599.0]), ground=ground,
    ...     drive_h=pd.Series([1.0]), draws=64,
    ... )
    >>> table = hindcast(datasets.validation(), question, "eye")
    >>> table.loc[:3, ["k_observed", "k_km_per_agent"]].round(3).values.tolist()
    [[0.371, 0.501], [0.533, 0.72], [0.968, 1.306], [1.661, 2.243]]
    """
    border_km, people = float(question.lengths_km.sum()), question.kit(kit).crew
    known, left_out = _observed(observations)
    borders = [(str(name), rows) for name, rows in known.groupby("border", sort=False)]
    manned = [_agents_on_line(name, rows, question.relief) for name, rows in borders]
    # What stands still is no patrol: of a line of posts nothing is said here.
    counts = [border_km * agents["agents_per_km"] / people for agents in manned]
    stopped = _reached(question, counts, kit, law, light, "mean_poi").to_dict("records")
    compared, alone = [], []
    for (_, rows), agents, units, share in zip(borders, manned, counts, stopped, strict=True):
        model = agents | {"unit_count_equivalent": units}
        model |= {"p_model": share["share"]}
        model |= {"p_model_low": share["low"], "p_model_high": share["high"]}
        rates = _rates(rows)
        compared += [model | rate for rate in rates if np.isfinite(units)]
        if not rates or not np.isfinite(units):
            why = "no rate is published" if np.isfinite(units) else "posts, and no people"
            alone.append(model | _origin(rows.iloc[0]) | {"observed": "", "reason": why})
    table = _with_k(pd.DataFrame([*compared, *alone]))
    table.attrs = {"left_out": left_out, "statement": _identified(table, light)}
    return table


def _reached(
    question: KitQuestion, units: list[float], kit: str, law: str, light: str, measure: str
) -> pd.DataFrame:
    """Shares that so many units reach, with their bands, a row for each; NaN for no number."""
    known = np.isfinite(units)
    found = answer_pod(
        question, np.where(known, units, 0.0), kit, law=law, light=light, measure=measure
    )
    shares = found[["share", "low", "high"]]
    shares.loc[~known] = np.nan
    return shares


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
    "p_model_low",
    "p_model_high",
    "k_model",
    "k_km_per_agent_model",
    "ratio",
    "reason",
    "source",
    "tag",
)


def _identified(table: pd.DataFrame, light: str) -> str:
    """Say what the rows identify, and by how much the model is off."""
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
        as_many = f"{first['unit_count_equivalent']:.0f} units here by {light}"
        if np.isfinite(first["k_model"]):
            ratio = rows["ratio"]
            parts.append(
                f"With as many, {as_many}, the model stops "
                f"{100 * first['p_model']:.1f} % ({100 * first['p_model_low']:.1f} to "
                f"{100 * first['p_model_high']:.1f}), K {first['k_model']:.2g}: {ratio.min():.2g} to "
                f"{ratio.max():.2g} times that."
            )
        else:
            parts.append(f"What as many stop, {as_many}, is not known: {_ONLY_A_WIDTH}.")
    others = table.loc[table["reason"] != "", "border"].tolist()
    if others:
        parts.append(f"No rate to compare with: {', '.join(others)}.")
    parts.append(
        "Published rates are of day and night, with cameras, fences and aircraft; no assumption of "
        "the model was chosen by them."
    )
    return " ".join(parts)


def plausibility(
    question: KitQuestion,
    kit: str = "scenario",
    *,
    law: str = "random",
    light: str = "night",
    forces: tuple[RealForce, ...] = REAL_FORCES,
) -> pd.DataFrame:
    """
    Put real forces into the answer, scaled to the length of this border.

    Parameters
    ----------
    question
        What the answer for this border stands on.
    kit, law
        Which of its kits, and how it is led, as in `answer_pod`.
    light
        ``"night"`` (over its states of light), ``"dark"`` or ``"day"``.
    forces
        What to compare with.

    Returns
    -------
    DataFrame
        A row for each force: case, basis, persons_per_km and units_per_km on
        station, unit_count_equivalent on this border, mean_pod_at_that and
        mean_poi_at_that (medians over nature; missing for posts, which are no patrols, and what
        is stopped with a sweep width of the user's own),
        observed_low, observed_high and observed_source, more_hopeful_low and
        more_hopeful_high (the model's interdiction over what was observed),
        fielded_over_need (their units over those with which the model detects
        nine in ten), source, tag. ``attrs["need"]`` holds the units with which the model detects
        nine in ten, ``attrs["statement"]`` says it in words, and ``attrs["statement_seen"]`` without
        a word on what is stopped.

    Raises
    ------
    InvalidParameterError
        If a word is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES, KitQuestion
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([599.0]), ground=ground, draws=64)
    >>> table = plausibility(question, "eye")
    >>> table.loc[:1, ["case", "unit_count_equivalent"]].round(1).values.tolist()
    [['US south-west 2017', 92.4], ['Iraq west 2006', 173.7]]
    """
    border_km, crew = float(question.lengths_km.sum()), question.kit(kit).crew
    need = units_for_share(question, kit, _GOOD_POD, law=law, light=light)
    density = [force.units_per_km(crew=crew, shift_factor=question.relief) for force in forces]
    # The kit is a patrol: what a line of posts would see is not said.
    moving = [
        np.nan if force.basis == "posts" else border_km * each
        for force, each in zip(forces, density, strict=True)
    ]
    reached = {
        measure: _reached(question, moving, kit, law, light, measure)["share"]
        for measure in ("mean_pod", "mean_poi")
    }
    rows = []
    for place, force in enumerate(forces):
        units, model = border_km * density[place], float(reached["mean_poi"].iloc[place])
        low, high = force.observed or (np.nan, np.nan)
        rows.append(
            {
                "case": force.case,
                "basis": force.basis,
                "persons_per_km": force.people_per_km(shift_factor=question.relief),
                "units_per_km": density[place],
                "unit_count_equivalent": units,
                "mean_pod_at_that": float(reached["mean_pod"].iloc[place]),
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
    table.attrs |= {
        "statement": _statement(table, need, crew),
        "statement_seen": _statement(table, need, crew, stopped=False),
        "need": need,
    }
    return table


# Fewer units than this are told to be a rounded number.
_FEW_UNITS = 5


def _statement(table: pd.DataFrame, need: float, crew: int, *, stopped: bool = True) -> str:
    parts = [f"Real forces as units of {crew} out, scaled to the length of this border."]
    observed = table[table["observed_low"].notna()] if stopped else table.head(0)
    for row in observed.to_dict("records"):
        had = f"what the {row['case']} had ({row['unit_count_equivalent']:.0f} units)"
        if np.isnan(row["mean_poi_at_that"]):
            parts.append(f"What the model stops with {had} is not known: {_ONLY_A_WIDTH}.")
            continue
        parts.append(
            f"With {had} the model "
            f"stops {row['mean_poi_at_that']:.0%} of crossings, against {row['observed_low']:.0%} to "
            f"{row['observed_high']:.0%} as published or worked, which holds there and must not be carried "
            f"over. It is {row['more_hopeful_low']:.2g} to {row['more_hopeful_high']:.2g} times as "
            f"hopeful, that is {_leaning(row['more_hopeful_low'], row['more_hopeful_high'])}. "
            f"Sources, {row['observed_source']}."
        )
    few = table["unit_count_equivalent"].min()
    if few < _FEW_UNITS:
        parts.append(
            f"On so short a border some of these forces come to {few:.0f} unit"
            f"{'' if round(few) == 1 else 's'}: the comparison is mostly rounding."
        )
    if np.isfinite(need):
        above = table[table["fielded_over_need"] > 1]
        parts.append(
            f"The model sees nine in ten with {need:,.0f} units, median over nature; "
            f"{len(above)} of {len(table)} forces had more than that."
        )
    return " ".join([*parts, FAILS_FIRST])


def _leaning(low: float, high: float) -> str:
    """Which way the model leans: a factor below 1 is easily read as its opposite."""
    if high < 1:
        return (
            "less hopeful than what was published, which counts cameras, fences and daylight that "
            "this model leaves out where its sensor is weak"
        )
    if low > 1:
        return "more hopeful than what was published"
    return "about as hopeful as what was published"
