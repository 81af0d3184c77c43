"""What a decision is made from, drawn from tables of what-ifs: differences, break-even, two ways, one at a time, front, regret."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd
import textalloc

import borderzone
from borderzone._guards import check_choice
from borderzone._guards.escapes import figure_words
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    SIZES,
    Page,
    Sheet,
    SheetOptions,
    axis_words,
    better_turned,
    count_axis,
    drawing,
    halo,
    open_page,
    paint_cells,
    percent_ticks,
    row_labels,
    rows_of,
)
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "break_even",
    "break_even_words",
    "comparison",
    "comparison_words",
    "pareto",
    "pareto_words",
    "regret",
    "regret_words",
    "tornado",
    "tornado_words",
    "two_way",
    "two_way_words",
]

# Columns without which a figure cannot be drawn, and what gives them.
_NEEDED = {
    "comparison": ("compare", ("quantity", "a", "b", "difference", "difference_low", "difference_high",
                               "probability", "within_noise", "scenario_a", "scenario_b", "case")),
    "break_even": ("break_even", ("scenario_a", "scenario_b", "kit_a", "kit_b", "measure", "people_b",
                                  "people", "people_low", "people_high", "attainable")),
    "two_way": ("two_way", ("row", "column", "value", "row_name", "column_name", "quantity", "measure",
                            "target", "within_noise")),
    "tornado": ("tornado", ("name", "at", "baseline_at", "baseline", "difference", "difference_low",
                            "difference_high", "within_noise", "quantity", "measure", "target")),
    "pareto": ("pareto", ("option", "cost", "gain", "low", "high", "dominated", "dominated_by",
                          "cost_name", "quantity")),
    "regret": ("regret", ("decision", "state", "regret", "max_regret", "choice", "quantity", "measure",
                          "target")),
}  # fmt: skip
_COUNTED = {
    "people": "people out at once", "payroll": "people on the payroll", "units": "units out at once",
    "at_people": "people out at once", "at_units": "units out at once",
}  # fmt: skip
_UNITS = {"_km_h": "km/h", "_km": "km", "_h": "h", "_m": "m", "_minutes": "min"}
_NOISE_WORDS = "Grey is within the noise: its 5 to 95 % band holds no change."
# Options beyond which only the front has names; pages narrower than the second name the front alone; and the
# letters of names that a title takes. Units of the second: inches.
_NAMED, _NARROW_IN, _MOST_LETTERS = 25, 4.5, 90


@drawing
def comparison(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    quantity: str | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how far scenarios lie from the baseline, with the band of the difference.

    Parameters
    ----------
    table
        From `borderzone.compare`.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    quantity
        Which of the table; people that see half where it has them, else the share seen.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another, or has no such quantity.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> table = pd.DataFrame({
    ...     "scenario_a": ["as is"] * 2, "scenario_b": ["goggles", "new boots"], "case": [1, 2],
    ...     "quantity": ["mean_pod"] * 2, "a": [0.1, 0.1], "b": [0.3, 0.11], "difference": [0.2, 0.01],
    ...     "difference_low": [0.1, -0.01], "difference_high": [0.3, 0.03], "probability": [1.0, 0.8],
    ...     "within_noise": [False, True],
    ... })
    >>> ax = bz.figures.comparison(table)
    >>> print(ax.figure.texts[0].get_text())
    “goggles” against “as is”: +20 points seen, on average
    """
    rows = _compared(table, quantity)
    scale = 100.0 if told.is_share(rows["quantity"].iloc[0]) else 1.0
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax, points = page.ax, page.points
    places = np.arange(len(rows))[::-1]
    ends = scale * rows[["difference_low", "difference", "difference_high"]].to_numpy(float)
    count_axis(page, np.append(ends[np.isfinite(ends)], 0.0), signed=True)
    left, right = ax.get_xlim()
    for y, (low, middle, high), row in zip(places, ends, rows_of(rows), strict=True):
        ink = INK["rule"] if row.within_noise or not math.isfinite(middle) else INK["optimal"]
        if not math.isnan(middle):
            ax.hlines(y, max(low, left), min(high, right), color=ink, linewidth=2.4, alpha=0.6)
            ax.plot(np.clip(middle, left, right), y, "o", color=ink, markersize=0.75 * points)
    ax.axvline(0.0, color=INK["text"], linewidth=0.9)
    row_labels(page, places, [_change_label(row) for row in rows_of(rows)])
    axis_words(page, f"difference from “{rows['scenario_a'].iloc[0]}”, {_unit_of(rows)}")
    _finish(page, _comparison_finding(rows), _NOISE_WORDS, told.DIFFERENCE_WORDS)
    return page.ax


def comparison_words(table: pd.DataFrame) -> str:
    """Say what `comparison` shows."""
    rows = _compared(table, None)
    listed = "; ".join(f"{row.scenario_b}: {_change(row)}" for row in rows_of(rows))
    return f"Points with bands beside a line at no change. {_comparison_finding(rows)}. {listed}. {told.DIFFERENCE_WORDS}"


def _compared(table: pd.DataFrame, quantity: str | None) -> pd.DataFrame:
    _check(table, "comparison")
    known = table["quantity"].unique().tolist()
    usual = [name for name in ("people_mean_pod_0.5", "mean_pod") if name in known] or known
    chosen = usual[0] if quantity is None else check_choice(quantity, "quantity", known)
    return table[table["quantity"] == chosen].reset_index(drop=True)


def _change_label(row: Any) -> list[str]:
    """Name a scenario, and under it say what it changes, and how surely."""
    return [row.scenario_b, *_change(row).split("; ")]


def _change(row: Any) -> str:
    if row.difference == 0 and row.difference_low == row.difference_high:
        return "no change"
    words = told.change_words(row).replace(" points", "")
    if math.isnan(row.probability):
        return words
    share = "all" if row.probability == 1 else f"{told.percent(row.probability)} of the"
    return f"{words}; {'more' if row.difference > 0 else 'less'} in {share} draws"


def _unit_of(rows: pd.DataFrame) -> str:
    """Give the unit of a difference between scenarios."""
    quantity = str(rows["quantity"].iloc[0])
    return "points" if told.is_share(quantity) else told.quantity_words(quantity).partition(" ")[0]


def _comparison_finding(rows: pd.DataFrame) -> str:
    what = told.quantity_words(rows["quantity"].iloc[0])
    known = rows[np.isfinite(rows["difference"])]
    if known.empty:
        return f"No difference to tell in {what}"
    row = next(rows_of(known.loc[[known["difference"].abs().idxmax()]]))
    if row.within_noise:
        return f"Nothing differs from “{row.scenario_a}” by more than the noise: {what}"
    words = f"“{row.scenario_b}” against “{row.scenario_a}”: "
    if told.is_share(row.quantity):
        return f"{words}{_signed(100 * row.difference)} points {what}"
    counted, _, aim = what.partition(" ")
    return f"{words}{told.rounded(abs(row.difference))} {'more' if row.difference > 0 else 'fewer'} {counted} {aim}"


@drawing
def break_even(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many people of one side are worth those of the other.

    Parameters
    ----------
    table
        From `borderzone.whatif.break_even`, or several of it one under the other.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> from borderzone.patrol import FORCES, KitQuestion
    >>> ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
    >>> kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> table = bz.whatif.break_even(question, question, 20, kits=("eye", "goggles"))
    >>> ax = bz.figures.break_even(table)
    >>> print(ax.figure.texts[0].get_text())
    80 people (night-vision goggles) see as many as 750 (the unaided eye; 5 to 95 %: 680 to 780)
    """
    _check(table, "break_even")
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax, points = page.ax, page.points
    places = np.arange(len(table))[::-1]
    ends = table[["people_b", "people_low", "people", "people_high"]].to_numpy(float)
    count_axis(page, ends[np.isfinite(ends)])
    right = ax.get_xlim()[1]
    for y, (other, low, middle, high) in zip(places, ends, strict=True):
        ax.plot(
            other,
            y,
            "D",
            color=INK["maximin"],
            markerfacecolor=INK["paper"],
            markersize=0.7 * points,
        )
        if math.isfinite(low):
            ax.hlines(y, low, min(high, right), color=INK["optimal"], linewidth=2.4, alpha=0.6)
        if math.isfinite(middle):
            ax.plot(middle, y, "o", color=INK["optimal"], markersize=0.75 * points)
    row_labels(page, places, _worth_labels(table))
    axis_words(page, "people out at once")
    title = _break_even_finding(table)
    note = "Diamond: the number held against. Dot and band: median and 5 to 95 % of the draws, in each of which both reach the same share."
    _finish(page, title, note)
    return page.ax


def _worth_labels(table: pd.DataFrame) -> list[list[str]]:
    """Name rows by what is held against, where that differs, by the measure and by the number."""
    sides = [told.compared_words(row.scenario_b, row.kit_b) for row in rows_of(table)]
    named = len(set(sides)) > 1
    return [
        ([side] if named else [])
        + [told.MEASURE_WORDS[row.measure], told.band(row.people_low, row.people, row.people_high)]
        for side, row in zip(sides, rows_of(table), strict=True)
    ]


def _break_even_finding(table: pd.DataFrame) -> str:
    first = next(rows_of(table))
    if len(table) == 1:
        return told.break_even_words(first).rstrip(".")
    own = told.compared_words(first.scenario_a, first.kit_a)
    other = told.compared_words(first.scenario_b, first.kit_b)
    if len({told.compared_words(row.scenario_b, row.kit_b) for row in rows_of(table)}) > 1:
        return f"What each is worth in people ({own})"
    return f"What {told.count(first.people_b)} people ({other}) are worth in people ({own})"


def break_even_words(table: pd.DataFrame) -> str:
    """Say what `break_even` shows."""
    _check(table, "break_even")
    said = " ".join(told.break_even_words(row) for row in rows_of(table))
    return f"A dot with a band beside a diamond, a row each. {said}"


@drawing
def two_way(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw a number of a sweep by two of the names that were varied, a cell each.

    Parameters
    ----------
    table
        From `borderzone.whatif.two_way`.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> cases = {"case": [0, 1, 2, 3], "depth_km": [25, 25, 50, 50], "month": [6, 12, 6, 12]}
    >>> table = pd.DataFrame(cases).assign(people=[300.0, 250.0, 200.0, 180.0])
    >>> table = table.assign(measure="mean_pod", opponent="blind", target=0.5)
    >>> ax = bz.figures.two_way(bz.whatif.two_way(table, "depth_km", "month"))
    >>> print(ax.figure.texts[0].get_text())
    180 (depth 50 km, month 12) to 300 (depth 25 km, month 6): people out at once to see 50 % of
    crossings
    """
    _check(table, "two_way")
    quantity = str(table["quantity"].iloc[0])
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax = page.ax
    values, noise = _pivot(table, "value"), _pivot(table, "within_noise")
    grey = noise.map(lambda cell: cell is True or cell is np.True_)
    names = [_name_words(str(table[f"{side}_name"].iloc[0])) for side in ("column", "row")]
    if better_turned(page, values, partial(_number, quantity=quantity)):
        values, grey, names = values.T, grey.T, names[::-1]
    shades = paint_cells(page, values, partial(_number, quantity=quantity), grey.to_numpy())
    axis_words(page, *names)
    notes = [f"Number in each cell: {_what(table)}." if not shades else f"{_what(table)}. {shades}"]
    notes += [_NOISE_WORDS] if grey.to_numpy().any() else []
    notes += ["Hatched: no number is enough."] if np.isinf(values.to_numpy(float)).any() else []
    _finish(page, _two_way_finding(table), *notes)
    return page.ax


def two_way_words(table: pd.DataFrame) -> str:
    """Say what `two_way` shows."""
    _check(table, "two_way")
    quantity = str(table["quantity"].iloc[0])
    listed = "; ".join(
        f"{_cell_name(row)} {_number(row.value, quantity)}" for row in rows_of(table.head(_NAMED))
    )
    more = f"; and {len(table) - _NAMED} more" if len(table) > _NAMED else ""
    return f"Cells by two names, {_what(table)}. {_two_way_finding(table)}. {listed}{more}."


def _two_way_finding(table: pd.DataFrame) -> str:
    quantity = str(table["quantity"].iloc[0])
    known = table[np.isfinite(table["value"])]
    if known.empty:
        return "No number is enough anywhere"
    least, most = (
        next(rows_of(known.loc[[place]]))
        for place in (known["value"].idxmin(), known["value"].idxmax())
    )
    best, worst = (most, least) if quantity == "share" else (least, most)
    return (
        f"{_number(best.value, quantity)} ({_cell_name(best)}) to "
        f"{_number(worst.value, quantity)} ({_cell_name(worst)}): {_what(table)}"
    )


def _cell_name(row: Any) -> str:
    return f"{_named(row.row_name, row.row)}, {_named(row.column_name, row.column)}"


@drawing
def tornado(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw what each name of a sweep does alone, the widest first.

    Parameters
    ----------
    table
        From `borderzone.whatif.tornado`.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> cases = {"case": [0, 1, 2], "depth_km": [50, 25, 50], "month": [6, 6, 12]}
    >>> table = pd.DataFrame(cases).assign(people=[200.0, 300.0, 210.0])
    >>> table = table.assign(measure="mean_pod", opponent="blind", target=0.5)
    >>> ax = bz.figures.tornado(bz.whatif.tornado(table))
    >>> print(ax.figure.texts[0].get_text())
    Depth moves it most: 25 in place of 50, +100 people
    """
    _check(table, "tornado")
    quantity = str(table["quantity"].iloc[0])
    scale = 100.0 if quantity == "share" else 1.0
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax, points = page.ax, page.points
    places = np.arange(len(table))[::-1]
    ends = scale * table[["difference_low", "difference", "difference_high"]].to_numpy(float)
    count_axis(page, np.append(ends[np.isfinite(ends)], 0.0), signed=True)
    left, right = ax.get_xlim()
    for y, (low, middle, high), row in zip(places, ends, rows_of(table), strict=True):
        quiet = row.within_noise is True or row.within_noise is np.True_
        if not math.isnan(middle):
            ax.barh(y, np.clip(middle, left, right), height=0.62,
                    color=INK["noise"] if quiet else INK["bar"], edgecolor="none")  # fmt: skip
        if math.isfinite(low) and math.isfinite(high):
            ax.hlines(y, max(low, left), min(high, right), linewidth=1.2,
                      color=INK["even"] if quiet else INK["optimal"])  # fmt: skip
        _bar_words(ax, y, (low, middle, high), points, quiet=quiet)
    ax.axvline(0.0, color=INK["text"], linewidth=0.9)
    row_labels(page, places, [[_named(row.name, row.at)] for row in rows_of(table)])
    base = _number(float(table["baseline"].iloc[0]), quantity)
    unit = "points" if scale > 1 else quantity
    axis_words(page, f"difference in {unit} from {base} of the baseline")
    banded = table["difference_low"].notna().any()
    note = f"Bar: {'median' if banded else 'difference, with every state of nature at its median'}"
    note += f"; line: 5 to 95 % of the differences by draw. {_NOISE_WORDS}" if banded else "."
    _finish(page, _tornado_finding(table), f"{_what(table).capitalize()}. {note}")
    return page.ax


def tornado_words(table: pd.DataFrame) -> str:
    """Say what `tornado` shows."""
    _check(table, "tornado")
    scale = 100.0 if table["quantity"].iloc[0] == "share" else 1.0
    listed = "; ".join(
        f"{_named(row.name, row.at)} {_signed(scale * row.difference)}"
        for row in rows_of(table.head(_NAMED))
    )
    return f"Bars on both sides of a line, {_what(table)}. {_tornado_finding(table)}. {listed}."


def _tornado_finding(table: pd.DataFrame) -> str:
    quantity = str(table["quantity"].iloc[0])
    first = table[table["name"] == table["name"].iloc[0]]
    row = (
        first.loc[first["difference"].abs().idxmax()] if first["difference"].notna().any() else None
    )
    if row is None:
        return "No difference to tell"
    change = _signed((100.0 if quantity == "share" else 1.0) * float(row["difference"]))
    unit = " points" if quantity == "share" else f" {quantity}"
    unit = unit if np.isfinite(row["difference"]) else ""
    words = _plain_name(str(row["name"]))
    return (
        f"{words[0].upper()}{words[1:]} moves it most: {_value(row['at'])} in place of "
        f"{_value(row['baseline_at'])}, {change}{unit}"
    )


@drawing
def pareto(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw what options cost against what they gain, and which of them others dominate.

    Parameters
    ----------
    table
        From `borderzone.whatif.pareto`.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> options = {"kit": ["eye", "goggles", "both"], "people": [400, 400, 600], "share": [0.2, 0.5, 0.6]}
    >>> table = bz.whatif.pareto(pd.DataFrame(options), "people")
    >>> ax = bz.figures.pareto(table)
    >>> print(ax.figure.texts[0].get_text())
    2 of 3 options are dominated by none: goggles; both
    """
    _check(table, "pareto")
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax, points = page.ax, page.points
    count_axis(page, table["cost"].to_numpy(float), words=True)
    front, beaten = table[~table["dominated"]], table[table["dominated"]]
    share = str(table["quantity"].iloc[0]) == "share"
    for rows, ink, mark in ((beaten, INK["rule"], "o"), (front, INK["optimal"], "D")):
        ax.vlines(rows["cost"], rows["low"], rows["high"], color=ink, linewidth=1.2, alpha=0.6)
        ax.plot(rows["cost"], rows["gain"], mark, color=ink, markersize=0.7 * points)
    ax.step(front["cost"], front["gain"], where="post", color=INK["optimal"], linewidth=1.2)
    if share:
        ax.yaxis.set_major_formatter(percent_ticks())
    ax.margins(y=0.12)
    if share:
        ax.set_ylim(max(0.0, ax.get_ylim()[0]), min(1.03, ax.get_ylim()[1]))
    cost = str(table["cost_name"].iloc[0])
    axis_words(page, _COUNTED.get(cost, _name_words(cost)), _what(table))
    note = "Diamonds: no other option costs no more and gains no less. Grey: dominated."
    note += " Lines: 5 to 95 % over the states of nature." if table["low"].notna().any() else ""
    _finish(page, _pareto_finding(table), note)
    wide = page.wide_in > _NARROW_IN and len(table) <= _NAMED
    _option_names(page, table if wide else front)
    return page.ax


def pareto_words(table: pd.DataFrame) -> str:
    """Say what `pareto` shows."""
    _check(table, "pareto")
    quantity = str(table["quantity"].iloc[0])
    listed = "; ".join(
        f"{row.option}: {told.count(row.cost)}, {_number(row.gain, quantity)}"
        + (f", dominated by {row.dominated_by}" if row.dominated else "")
        for row in rows_of(table.head(_NAMED))
    )
    return f"Points of cost against gain, with a line along those that none dominates. {_pareto_finding(table)}. {listed}."


def _pareto_finding(table: pd.DataFrame) -> str:
    front = [str(name) for name in table.loc[~table["dominated"], "option"]]
    are = "is" if len(front) == 1 else "are"
    words = f"{len(front)} of {len(table)} options {are} dominated by none"
    named = "; ".join(front)
    return f"{words}: {named}" if len(named) <= _MOST_LETTERS else words


def _option_names(page: Page, table: pd.DataFrame) -> None:
    """Write the names of options where they cover no point and no other name; one for all at one place."""
    places = list(table.groupby(["cost", "gain"], sort=False))
    names = [
        str(rows["option"].iloc[0]).replace("_", " ")
        + (f" and {len(rows) - 1} more" if len(rows) > 1 else "")
        for _, rows in places
    ]
    costs = np.array([float(rows["cost"].iloc[0]) for _, rows in places])
    gains = np.array([float(rows["gain"].iloc[0]) for _, rows in places])
    beaten = [bool(rows["dominated"].iloc[0]) for _, rows in places]
    # The steps of the front, a corner between two of its options.
    front = table[~table["dominated"]]
    across, up = (np.repeat(front[name].to_numpy(float), 2) for name in ("cost", "gain"))
    lines: dict[str, Any] = (
        {"x_lines": [across[1:]], "y_lines": [up[:-1]]} if len(front) > 1 else {}
    )
    textalloc.allocate(
        page.ax,
        costs,
        gains,
        [figure_words(name) for name in names],
        x_scatter=costs,
        y_scatter=gains,
        **lines,
        textsize=max(LEAST_POINTS, 0.9 * page.points),
        textcolor=[INK["quiet"] if each else INK["text"] for each in beaten],
        linecolor=INK["rule"],
        linewidth=0.5,
        max_distance=0.3,
        path_effects=halo(),
    )


@drawing
def regret(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw what each decision loses in each state of the world, and which has the smallest of the largest losses.

    Parameters
    ----------
    table
        From `borderzone.whatif.regret`.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the table is another.

    Examples
    --------
    >>> import pandas as pd
    >>> import borderzone as bz
    >>> rows = [("eye", "blind", 200.0), ("eye", "informed", 900.0), ("posts", "blind", 320.0)]
    >>> table = pd.DataFrame([*rows, ("posts", "informed", 320.0)], columns=["kit", "opponent", "people"])
    >>> table = table.assign(measure="mean_pod", target=0.5, case=[0, 0, 1, 1])
    >>> ax = bz.figures.regret(bz.whatif.regret(table, ["kit"]))
    >>> print(ax.figure.texts[0].get_text())
    posts: its largest regret is the smallest, 120 people; eye: 580
    """
    _check(table, "regret")
    quantity = str(table["quantity"].iloc[0])
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    ax = page.ax
    rows = table.rename(columns={"decision": "row", "state": "column"})
    values = _pivot(rows, "regret")
    values["largest"] = _pivot(rows, "max_regret").iloc[:, 0]
    turned = better_turned(page, values, partial(_number, quantity=quantity))
    shown = values.T if turned else values
    shades = paint_cells(page, shown, partial(_number, quantity=quantity))
    (ax.axhline if turned else ax.axvline)(values.shape[1] - 1, color=INK["text"], linewidth=1.6)
    chosen = {_value(name) for name in table.loc[table["choice"], "decision"]}
    labels = ax.get_xticklabels() if turned else ax.get_yticklabels()
    for label, name in zip(labels, values.index, strict=True):
        label.set_fontweight("bold" if name in chosen else "normal")
    axis_words(page, *(("", "state of the world") if turned else ("state of the world", "")))
    unit = "points of the share" if quantity == "share" else _COUNTED.get(quantity, quantity)
    _finish(
        page,
        _regret_finding(table),
        shades,
        f"Regret in {unit}: what is lost to the decision that is best in that state ({_what(table)}).",
        "States are not weighed. In bold: the choice.",
    )
    return page.ax


def regret_words(table: pd.DataFrame) -> str:
    """Say what `regret` shows."""
    _check(table, "regret")
    quantity = str(table["quantity"].iloc[0])
    once = table.drop_duplicates("decision")
    listed = "; ".join(
        f"{row.decision} {_number(row.max_regret, quantity)}" for row in rows_of(once)
    )
    return f"Cells of decisions by states of the world, {_what(table)}. {_regret_finding(table)}. Largest regrets: {listed}."


def _regret_finding(table: pd.DataFrame) -> str:
    quantity = str(table["quantity"].iloc[0])
    chosen = [str(name) for name in table.loc[table["choice"], "decision"].unique()]
    least = _number(float(table["max_regret"].min()), quantity)
    if not math.isfinite(float(table["max_regret"].min())):
        return "Every decision fails in some state in which another does not"
    rest = table.loc[~table["choice"]].drop_duplicates("decision")
    worst = ""
    if len(rest):
        most = _number(float(rest["max_regret"].max()), quantity)
        worst = f"; {rest['decision'].iloc[-1]}: {most}"
    whose, s = ("its", "") if len(chosen) == 1 else ("their", "s")
    unit = {"share": "", "payroll": " people"}.get(quantity, f" {quantity}")
    is_ = "is" if len(chosen) == 1 else "are"
    return (
        f"{told.listed(chosen)}: {whose} largest regret{s} {is_} the smallest, {least}{unit}{worst}"
    )


def _finish(page: Page, title: str, *notes: str) -> None:
    """Write the finding above and the notes below."""
    page.close(title, foot=(*notes, f"borderzone {borderzone.__version__}."))


def _check(table: pd.DataFrame, name: str) -> None:
    """Refuse a table that the figure is not drawn from."""
    maker, needed = _NEEDED[name]
    lacking = [column for column in needed if column not in list(table.columns)]
    if lacking or table.empty:
        given = f"no column {lacking[0]!r}" if lacking else "no row"
        where = "borderzone" if maker == "compare" else "borderzone.whatif"
        msg = f"the figure {name} is drawn from the table of {where}.{maker}, got one with {given}"
        raise InvalidParameterError(msg)


def _bar_words(
    ax: Axes,
    y: float,
    ends: tuple[float, float, float],
    points: float,
    *,
    quiet: bool,
) -> None:
    """Write the number of a bar beyond its end."""
    low, middle, high = ends
    if math.isnan(middle):
        return
    right = middle >= 0
    tip = [end for end in (middle, high if right else low) if math.isfinite(end)]
    edge = ax.get_xlim()[1 if right else 0]
    at = (max if right else min)(tip) if tip else edge
    words = _signed(middle) if math.isfinite(middle) else "no number is enough"
    ax.annotate(
        words, (at, y), (3 if right else -3, 0), textcoords="offset points", va="center",
        ha="left" if right and tip else "right", fontsize=max(LEAST_POINTS, 0.9 * points), annotation_clip=False,
        color=INK["quiet"] if quiet else INK["text"],
    )  # fmt: skip


def _pivot(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """Spread a long table into rows and columns, in the order in which they come."""
    places = [[_value(each) for each in table[side]] for side in ("row", "column")]
    down, across = (list(dict.fromkeys(words)) for words in places)
    wide = np.full((len(down), len(across)), np.nan, dtype=object)
    for row, column, cell in zip(*places, table[value], strict=True):
        wide[down.index(row), across.index(column)] = cell
    return pd.DataFrame(wide, index=down, columns=across)


def _what(table: pd.DataFrame) -> str:
    """Say what the number of a table is: people for an aim, or a share."""
    quantity = str(table["quantity"].iloc[0])
    measure = str(table["measure"].iloc[0]) if "measure" in table else ""
    if quantity == "share":
        return f"share of crossings {told.MEASURE_WORDS.get(measure, 'reached')}"
    counted = _COUNTED.get(quantity, _name_words(quantity))
    row = next(rows_of(table))
    target = float(getattr(row, "target", math.nan))
    return f"{counted} to {told.aim_words(row)}" if measure and not math.isnan(target) else counted


def _number(value: float, quantity: str) -> str:
    if math.isnan(value):
        return "–"
    return (
        told.percent(value)
        if quantity == "share"
        else "none"
        if math.isinf(value)
        else told.rounded(value)
    )


def _signed(value: float) -> str:
    """Write a difference in two digits with its sign."""
    if not math.isfinite(value):
        return "no number is enough" if value > 0 else "enough"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{told.rounded(abs(value))}"


def _name_words(name: str) -> str:
    """Write the name of a parameter, with its unit at the end."""
    plain = name.removeprefix("force.").removeprefix("uncertainty.")
    for end, unit in _UNITS.items():
        if plain.endswith(end):
            return f"{plain.removesuffix(end).replace('_', ' ')}, {unit}"
    return plain.replace("_", " ")


def _plain_name(name: str) -> str:
    """Write the name of a parameter without its unit."""
    return _name_words(name).partition(",")[0]


def _named(name: Any, value: Any) -> str:
    """Write a parameter with its value and unit; words speak for themselves."""
    if isinstance(value, str):
        return _value(value)
    plain, _, unit = _name_words(str(name)).partition(",")
    return f"{plain} {_value(value)}{unit}"


def _value(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "as it is"
    return (
        f"{value:g}" if isinstance(value, int | float | np.number) else str(value).replace("_", " ")
    )
