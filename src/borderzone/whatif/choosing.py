"""What a choice is made from: two things varied at once, or one at a time; what is dominated; what is regretted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import check_choice, shown
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["pareto", "regret", "tornado", "two_way"]

# A quantity of a sweep -> the columns of its band.
_BANDS = {
    "units": ("low", "high"),
    "people": ("people_low", "people_high"),
    "payroll": ("payroll_low", "payroll_high"),
    "share": ("share_low", "share_high"),
}
_PAIRED = ("difference", "difference_low", "difference_high", "probability", "within_noise")
# What a sweep tells of a case besides what was varied.
_OF_A_ROW = ("law", "opponent", "light", "target", "measure")
_LESS, _MORE = "less", "more"


def two_way(
    table: pd.DataFrame,
    rows: str,
    columns: str,
    value: str = "people",
    *,
    measure: str = "mean_pod",
    opponent: str = "blind",
) -> pd.DataFrame:
    """
    Put a number of a sweep beside two of the names that were varied.

    Parameters
    ----------
    table
        From `borderzone.sweep`.
    rows, columns
        The two names.
    value
        ``"people"``, ``"units"``, ``"payroll"``, or ``"share"`` where the sweep has it.
    measure, opponent
        Rows of the answer.

    Returns
    -------
    DataFrame
        A row for each pair: ``row`` and ``column`` (the values of the two), ``value`` with its band
        (``low``, ``high``; NaN for points), and for people of a sweep with a baseline ``difference``
        with its band, ``probability`` and ``within_noise``. The names stand in ``row_name``,
        ``column_name`` and ``quantity``.

    Raises
    ------
    InvalidParameterError
        If the table lacks a column, or several cases have one pair of values.

    Examples
    --------
    >>> cases = {"case": [0, 1], "depth_km": [25, 50], "month": [6, 6], "people": [300.0, 200.0]}
    >>> table = pd.DataFrame(cases).assign(measure="mean_pod", opponent="blind")
    >>> two_way(table, "depth_km", "month")[["row", "column", "value"]].values.tolist()
    [[25.0, 6.0, 300.0], [50.0, 6.0, 200.0]]
    """
    chosen = _chosen(table, value, measure, opponent)
    rows, columns = _columns(table, (rows, columns))
    if rows == columns:
        msg = f"rows and columns are two names, got {shown(rows)} for both"
        raise InvalidParameterError(msg)
    twice = chosen[chosen.duplicated([rows, columns])]
    if len(twice):
        others = [name for name in _varied(table) if name not in (rows, columns)]
        msg = (
            f"several cases have {_words(twice.iloc[0], (rows, columns))}: keep one value of "
            f"{' and of '.join(others) or 'what else differs'} before the two are set side by side"
        )
        raise InvalidParameterError(msg)
    found = pd.DataFrame({"row": chosen[rows], "column": chosen[columns]})
    found = found.assign(row_name=_asked(rows), column_name=_asked(columns), **_told(chosen, value))
    return _in_order(found, ["row", "column"])


def tornado(
    table: pd.DataFrame,
    value: str = "people",
    *,
    baseline: int = 0,
    measure: str = "mean_pod",
    opponent: str = "blind",
) -> pd.DataFrame:
    """
    Tell what each name does alone: cases of a sweep that differ from one in a single name.

    Parameters
    ----------
    table
        From `borderzone.sweep`.
    value
        As in `two_way`.
    baseline
        Case that the others are held against; give the sweep the same to have bands.
    measure, opponent
        Rows of the answer.

    Returns
    -------
    DataFrame
        A row for each name and value: ``name``, ``at`` and ``baseline_at`` (the value of the name
        there and in the baseline), ``value`` and ``baseline``, and ``difference``, with its band,
        ``probability`` and ``within_noise`` for people of a sweep with this baseline, else of the
        two values alone; ``swing``, from the least to the largest difference of the name, by which
        names are in order. Cases that differ in several names are left out.

    Raises
    ------
    InvalidParameterError
        If the table lacks a column or the case, no case differs in one name alone, or the sweep
        was held against another baseline.

    Examples
    --------
    >>> cases = {"case": [0, 1, 2], "depth_km": [50, 25, 50], "month": [6, 6, 12]}
    >>> table = pd.DataFrame(cases).assign(people=[200.0, 300.0, 210.0], measure="mean_pod", opponent="blind")
    >>> tornado(table)[["name", "at", "difference"]].values.tolist()
    [['depth_km', 25, 100.0], ['month', 12, 10.0]]
    """
    chosen = _chosen(table, value, measure, opponent).set_index("case", drop=False)
    names = _varied(table)
    if baseline not in chosen.index:
        msg = f"baseline must be a case of the table, such as {chosen.index[0]}, got {shown(baseline)}"
        raise InvalidParameterError(msg)
    one = chosen.loc[baseline]
    differs = pd.DataFrame(
        {name: [not _same(x, one[name]) for x in chosen[name]] for name in names}
    )
    alone = (differs.sum(axis=1) == 1).to_numpy()
    if not alone.any():
        msg = (
            f"no case differs from case {baseline} in one name alone: give the sweep a table with "
            f"a row for the baseline, and rows that change one of {', '.join(names) or 'its names'}"
        )
        raise InvalidParameterError(msg)
    cases = chosen[alone]
    which = [names[k] for k in differs.to_numpy()[alone].argmax(axis=1)]
    told = _told(cases, value)
    before = float(chosen[value].loc[baseline])
    if value != "people" or "difference" not in table:
        told["difference"] = cases[value].to_numpy() - before
    elif one["difference"] != 0 and np.isfinite(before):
        msg = (
            f"the differences of this sweep are against another case than {baseline}: "
            f"sweep with baseline={baseline}, or name its own baseline here"
        )
        raise InvalidParameterError(msg)
    found = pd.DataFrame(
        {
            "name": [_asked(name) for name in which],
            "at": [row[name] for name, (_, row) in zip(which, cases.iterrows(), strict=True)],
        }
    )
    found = found.assign(baseline_at=[one[name] for name in which], baseline=before, **told)
    # From the least to the largest, with no change between them.
    ends = found.assign(
        low=found["difference"].clip(upper=0), high=found["difference"].clip(lower=0)
    )
    ends = ends.groupby("name").agg({"low": "min", "high": "max"})
    found["swing"] = found["name"].map(ends["high"] - ends["low"])
    return found.sort_values("swing", ascending=False, kind="stable", ignore_index=True)


def pareto(
    table: pd.DataFrame,
    cost: str = "at_people",
    gain: str = "share",
    *,
    measure: str = "min_pod",
    opponent: str = "blind",
    label: Sequence[str] | None = None,
) -> pd.DataFrame:
    """
    Tell which options are dominated: another costs no more and gains no less, and one of both is better.

    Parameters
    ----------
    table
        From `borderzone.sweep`, or any table with a row for each option.
    cost, gain
        Columns of which less and more is better. The usual ones, people out and the share that
        they see at the weakest place, are of a sweep with ``outputs=("answer", "pod")``.
    measure, opponent
        Rows of the answer, where the table has several.
    label
        Columns that name an option; those that were varied when left out.

    Returns
    -------
    DataFrame
        A row for each option, dearest last: ``option``, ``cost``, ``gain`` with its band (``low``,
        ``high``; NaN for points), ``dominated``, and ``dominated_by``, the option of the front that
        gains most at no greater cost; ``cost_name`` and ``quantity`` name the two columns.
        Options of which a number is not known are left out.

    Raises
    ------
    InvalidParameterError
        If the table lacks a column or has no option.

    Examples
    --------
    >>> table = pd.DataFrame({"kit": ["eye", "goggles", "both"], "people": [400, 400, 600], "share": [0.2, 0.5, 0.4]})
    >>> found = pareto(table, "people")
    >>> found.loc[found["dominated"], ["option", "dominated_by"]].values.tolist()
    [['eye', 'goggles'], ['both', 'goggles']]
    """
    _check_columns(table, (cost, gain))
    chosen = table
    if {"measure", "opponent"} <= set(table.columns):
        chosen = _chosen(table, gain, measure, opponent)
    chosen = chosen[
        np.isfinite(chosen[cost].astype(float)) & np.isfinite(chosen[gain].astype(float))
    ]
    names = _labels(table, label)
    if chosen.empty:
        msg = (
            f"no option has a finite number for {cost} and {gain}: give a table with a row for each"
        )
        raise InvalidParameterError(msg)
    low, high = _band_of(chosen, gain)
    found = pd.DataFrame(
        {
            "option": _named(chosen, names),
            "cost": chosen[cost].astype(float),
            "gain": chosen[gain].astype(float),
        }
    )
    found = found.assign(low=low, high=high, cost_name=cost, quantity=gain)
    if "measure" in chosen:
        found["measure"] = chosen["measure"]
    found = found.sort_values(
        ["cost", "gain"], ascending=[True, False], kind="stable", ignore_index=True
    )
    best = [_dominator(found, k) for k in range(len(found))]
    found["dominated"] = [k is not None for k in best]
    by = [None if k is None else found["option"].iloc[k] for k in best]
    found["dominated_by"] = pd.Series(by, dtype=object)
    return found


def regret(
    table: pd.DataFrame,
    decisions: Sequence[str] | None = None,
    states: Sequence[str] = ("opponent",),
    value: str = "people",
    *,
    measure: str = "mean_pod",
    better: str | None = None,
) -> pd.DataFrame:
    """
    Tell what each decision loses in each state of the world to the decision that is best there.

    Which opponent comes, and in which month, nobody draws: states are not weighed, and the choice is
    that with the smallest of the largest regrets (minimax).

    Parameters
    ----------
    table
        From `borderzone.sweep`.
    decisions
        Names that are decided; all that were varied and are no state when left out.
    states
        Columns that name a state of the world, such as ``("opponent", "month")``.
    value
        As in `two_way`.
    measure
        Rows of the answer.
    better
        ``"less"`` or ``"more"``; left out, more of a share and less of anything else.

    Returns
    -------
    DataFrame
        A row for each decision and state: ``decision``, ``state``, ``value``, ``best`` (of any
        decision there), ``regret``; ``max_regret`` of the decision, by which they are in order, and
        ``choice``, whether it is the smallest. Where no decision is enough none is regretted.

    Raises
    ------
    InvalidParameterError
        If the table lacks a column, a decision has no number in a state, or has several.

    References
    ----------
    .. [1] Savage, L. J. (1951). The Theory of Statistical Decision. Journal of the American
       Statistical Association 46.

    Examples
    --------
    >>> rows = [("eye", "blind", 200.0), ("eye", "informed", 900.0), ("posts", "blind", 320.0)]
    >>> table = pd.DataFrame([*rows, ("posts", "informed", 320.0)], columns=["kit", "opponent", "people"])
    >>> found = regret(table.assign(measure="mean_pod", case=[0, 0, 1, 1]), ["kit"])
    >>> found[["decision", "max_regret", "choice"]].drop_duplicates().values.tolist()
    [['posts', 120.0, True], ['eye', 580.0, False]]
    """
    if "opponent" in states:
        chosen = _of_measure(table, value, measure)
    else:
        chosen = _chosen(table, value, measure, "blind")
    states = _columns(table, _several(states, "states"))
    if decisions is None:
        decisions = [name for name in _varied(table) if name not in states]
    decided = _columns(table, _several(decisions, "decisions"))
    found = pd.DataFrame({"decision": _named(chosen, decided), "state": _named(chosen, states)})
    found["value"] = chosen[value].astype(float).to_numpy()
    _check_whole(found)
    sign = -1.0 if _direction(value, better) == _MORE else 1.0
    found["best"] = sign * (sign * found["value"]).groupby(found["state"]).transform("min")
    # Where no number is enough for anybody nothing is lost to anybody.
    with np.errstate(invalid="ignore"):
        lost = sign * (found["value"].to_numpy() - found["best"].to_numpy())
    found["regret"] = np.where(found["value"] == found["best"], 0.0, lost)
    found["max_regret"] = found.groupby("decision")["regret"].transform("max")
    found["choice"] = found["max_regret"] == found["max_regret"].min()
    target = chosen["target"].to_numpy() if "target" in chosen else np.nan
    found = found.assign(quantity=value, measure=measure, target=target)
    return found.sort_values("max_regret", kind="stable", ignore_index=True)


def _of_measure(table: pd.DataFrame, value: str, measure: str) -> pd.DataFrame:
    _check_columns(table, ("case", "measure", "opponent", value))
    check_choice(measure, "measure", table["measure"].dropna().unique())
    return table[table["measure"] == measure]


def _chosen(table: pd.DataFrame, value: str, measure: str, opponent: str) -> pd.DataFrame:
    """Take one row of each case, or say what the table lacks."""
    rows = _of_measure(table, value, measure)
    check_choice(opponent, "opponent", rows["opponent"].dropna().unique())
    rows = rows[rows["opponent"] == opponent].reset_index(drop=True)
    if rows["case"].duplicated().any():
        msg = (
            f"the table has several rows of case {rows.loc[rows['case'].duplicated(), 'case'].iloc[0]} "
            f"for {measure} and {opponent}: give the table of one sweep"
        )
        raise InvalidParameterError(msg)
    return rows


def _check_columns(table: pd.DataFrame, names: Iterable[str]) -> None:
    lacking = [name for name in names if name not in list(table.columns)]
    if not lacking:
        return
    hint = '; sweep with outputs=("answer", "pod")' if {"share", "at_people"} & set(lacking) else ""
    has = ", ".join(map(str, list(table.columns)[:12])) or "none at all"
    msg = f"the table has no column {shown(lacking[0])} that is needed{hint}; it has {has}"
    raise InvalidParameterError(msg)


def _columns(table: pd.DataFrame, names: Iterable[str]) -> tuple[str, ...]:
    """Find the columns of what was varied: where the answer has one of that name, the case's stands beside it."""
    found = tuple(f"case_{name}" if f"case_{name}" in table else name for name in names)
    _check_columns(table, found)
    return found


def _asked(column: str) -> str:
    """Give a column of what was varied the name by which it was."""
    return column.removeprefix("case_")


def _several(names: Any, what: str) -> tuple[str, ...]:
    found = (names,) if isinstance(names, str) else tuple(names)
    if not found:
        msg = f"{what} must name one column or more, such as kit, got none"
        raise InvalidParameterError(msg)
    return found


def _varied(table: pd.DataFrame) -> list[str]:
    """Name what was varied: a sweep says so, else what stands between the case and its answer."""
    told = table.attrs.get("vary")
    if told is not None:
        return list(_columns(table, told))
    columns = list(map(str, table.columns))
    known = {*_OF_A_ROW, *_PAIRED, *_BANDS, *(end for ends in _BANDS.values() for end in ends)}
    end = next((k for k, name in enumerate(columns) if name in known), len(columns))
    return [name for name in columns[:end] if name != "case"]


def _labels(table: pd.DataFrame, label: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(_varied(table)) if label is None else _columns(table, _several(label, "label"))


def _named(rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Name each row by its values, with the names where there are several."""
    if not names:
        return [str(each) for each in rows.index]
    return [_words(row, names) for _, row in rows.iterrows()]


def _words(row: Mapping[Any, Any] | pd.Series, names: Sequence[str]) -> str:
    if len(names) == 1:
        return _written(row[names[0]])
    return ", ".join(
        _written(row[name])
        if isinstance(row[name], str)
        else f"{_asked(name)} {_written(row[name])}"
        for name in names
    )


def _written(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return "as it is" if math.isnan(value) else f"{value:g}"
    return "as it is" if value is None else str(value)


def _same(one: Any, other: Any) -> bool:
    """Compare two cells; an empty one is as the study has it."""
    empty = [each is None or each != each for each in (one, other)]  # noqa: PLR0124 - NaN is not itself
    return all(empty) if any(empty) else bool(one == other)


def _band_of(rows: pd.DataFrame, value: str) -> tuple[Any, Any]:
    ends = _BANDS.get(value, (f"{value}_low", f"{value}_high"))
    low, high = (
        rows[end].to_numpy() if end in rows else np.full(len(rows), np.nan) for end in ends
    )
    return low, high


def _told(rows: pd.DataFrame, value: str) -> dict[str, Any]:
    """Give a number of some rows with its band, and what a sweep with a baseline says of it."""
    low, high = _band_of(rows, value)
    told = {"value": rows[value].astype(float).to_numpy(), "low": low, "high": high}
    for name in _PAIRED:
        known = value == "people" and name in rows
        unknown = np.full(len(rows), None if name == "within_noise" else np.nan)
        told[name] = rows[name].to_numpy() if known else unknown
    told |= {"quantity": value, "measure": rows["measure"].to_numpy()}
    told["target"] = rows["target"].to_numpy() if "target" in rows else np.nan
    return told | {"opponent": rows["opponent"].to_numpy()}


def _in_order(found: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Put numbers in their order; words stay in that of the table."""
    for name in reversed(names):
        if pd.api.types.is_numeric_dtype(found[name]):
            found = found.sort_values(name, kind="stable")
    return found.reset_index(drop=True)


def _dominator(found: pd.DataFrame, k: int) -> int | None:
    """Which option costs no more than the k-th and gains no less, and is better in one: that which gains most."""
    cost, gain = found["cost"].to_numpy(), found["gain"].to_numpy()
    better = (cost <= cost[k]) & (gain >= gain[k]) & ((cost < cost[k]) | (gain > gain[k]))
    if not better.any():
        return None
    most = np.flatnonzero(better & (gain == gain[better].max()))
    return int(most[np.argmin(cost[most])])


def _check_whole(found: pd.DataFrame) -> None:
    """Refuse decisions that cannot be held against each other in each state."""
    twice = found[found.duplicated(["decision", "state"])]
    if len(twice):
        row = twice.iloc[0]
        msg = (
            f"decision {row['decision']!r} has several numbers in state {row['state']!r}: name all "
            "that differs in decisions or states, or keep one value of it"
        )
        raise InvalidParameterError(msg)
    wide = found.pivot_table(
        index="decision", columns="state", values="value", aggfunc="first", dropna=False, sort=False
    )
    unknown = wide.isna()
    if unknown.to_numpy().any():
        decision = unknown.index[unknown.any(axis=1)][0]
        state = unknown.columns[unknown.loc[decision]][0]
        msg = (
            f"decision {decision!r} has no number in state {state!r}: regret needs one for each, so "
            "sweep all of them, or leave the state out"
        )
        raise InvalidParameterError(msg)


def _direction(value: str, better: str | None) -> str:
    if better is None:
        return _MORE if value == "share" else _LESS
    return check_choice(better, "better", (_LESS, _MORE))
