"""Two scenarios side by side: A, B, and B less A."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from cmcrameri import cm
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from borderzone.errors import InvalidParameterError
from borderzone.figures import sheet
from borderzone.figures.style import (
    A4_LANDSCAPE,
    INK,
    context,
    drawing,
    page,
    percent_ticks,
    rows_of,
    run_words,
)
from borderzone.patrol import BEST_RULE
from borderzone.study import told
from borderzone.whatif import compare

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from borderzone.study import StudyResult

__all__ = ["whatif", "whatif_data"]

PAIR: tuple[dict[str, Any], ...] = (
    {"color": "#5a5a5a", "linestyle": (0, (5, 2)), "linewidth": 1.8},
    {"color": INK["optimal"], "linestyle": "-", "linewidth": 2.2},
)


@drawing
def whatif(a: StudyResult, b: StudyResult, ax: Axes | None = None) -> Axes:
    """
    Draw two scenarios, and what changes from one to the other.

    Parameters
    ----------
    a, b
        Results of one border, run with one seed and one number of draws.
    ax
        Axes for the two curves; a whole page with segments and a table of
        paired differences is made when left out.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the curves.

    Raises
    ------
    InvalidParameterError
        If one of them has no curve, or their segments differ.
    """
    if a.curve is None or b.curve is None:
        bare = a if a.curve is None else b
        msg = f"only studies with elevation have a curve to compare: {told.without_elevation(bare, 'curve')}"
        raise InvalidParameterError(msg)
    if not a.segments[["km_start", "km_end"]].equals(b.segments[["km_start", "km_end"]]):
        msg = "the two studies have different segments; give both scenarios one segment_km"
        raise InvalidParameterError(msg)
    with context():
        if ax is not None:
            _curves(ax, a, b)
            ax.legend(handles=_key(a, b), loc="lower right")
            return ax
        return _page(a, b)


def whatif_data(a: StudyResult, b: StudyResult) -> pd.DataFrame:
    """
    Return what the comparison shows by segment, as a table.

    Parameters
    ----------
    a, b
        Results of one border.

    Returns
    -------
    DataFrame
        Chance to be seen at the reference units spread evenly: ``a``, ``b``
        and ``difference`` by segment.
    """
    table = pd.DataFrame(a.segments[["km_start", "km_end"]])
    table["a"], table["b"] = a.segments["pod_even"], b.segments["pod_even"]
    table["difference"] = table["b"] - table["a"]
    return table


def _page(a: StudyResult, b: StudyResult) -> Axes:
    figure = page(A4_LANDSCAPE)
    wide, high = A4_LANDSCAPE
    ax = figure.add_axes((0.95 / wide, 1.15 / high, 4.5 / wide, 5.75 / high), label="curves")
    _curves(ax, a, b)
    table = compare(a, b)
    _strips(figure, a, b)
    _table(figure, table, a)
    sheet.heading(figure, _finding(table, a, b), _standing(a, b))
    figure.legend(
        handles=_key(a, b),
        loc="upper left",
        bbox_to_anchor=(sheet.SIDE / wide, 1 - 0.85 / high),
        ncols=3,
        borderaxespad=0.0,
        borderpad=0.0,
        handlelength=3.0,
    )
    sheet.footer(
        figure,
        "Both scenarios use the same draws, so a difference is that of the change alone. "
        f"{told.DIFFERENCE_WORDS} A unit: {_crews(a, b)} people. Rows in "
        f"grey are within the noise, or no number of units is enough (none). {run_words(a, b)}",
    )
    return ax


def _curves(ax: Axes, a: StudyResult, b: StudyResult) -> None:
    limit, measure = 0.0, _told_of_both(a, b)
    for result, style in zip((a, b), PAIR, strict=True):
        if result.curve is None:
            continue
        rows = result.curve[
            (result.curve["rule"] == BEST_RULE[measure])
            & (result.curve["light"] == result.scenario.light)
        ]
        ax.fill_between(
            rows["unit_count"],
            rows[f"{measure}_p05"],
            rows[f"{measure}_p95"],
            color=style["color"],
            alpha=0.13,
            linewidth=0,
        )
        middle = rows[f"{measure}_p50"]
        ax.plot(rows["unit_count"], middle, **style)
        near = middle >= 0.95 * middle.max()
        limit = max(limit, float(rows.loc[near, "unit_count"].iloc[0]))
    ax.set(xlim=(0, limit), ylim=(0, 1), xlabel="patrol units out")
    ax.set_ylabel(f"chance that a crossing is {told.MEASURE_WORDS[measure]}")
    ax.yaxis.set_major_formatter(percent_ticks())
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _told_of_both(a: StudyResult, b: StudyResult) -> str:
    """Name what is compared: what is stopped where both tell it, else what is seen."""
    both = all(result.curve is not None and "mean_poi" in result.curve for result in (a, b))
    return "mean_poi" if both else "mean_pod"


def _strips(figure: Figure, a: StudyResult, b: StudyResult) -> None:
    wide, high = A4_LANDSCAPE
    table = whatif_data(a, b)
    edges = np.append(table["km_start"].to_numpy(), table["km_end"].iloc[-1])
    top = float(max(table["a"].max(), table["b"].max(), 1e-9))
    reach = float(max(table["difference"].abs().max(), 1e-9))
    names = (f"A: {a.scenario.name}", f"B: {b.scenario.name}", "B less A")
    units = a.scenario.reference_units
    for number, (column, name) in enumerate(zip(("a", "b", "difference"), names, strict=True)):
        y = 6.5 - 0.62 * number
        row = figure.add_axes((6.3 / wide, y / high, 4.1 / wide, 0.34 / high), label=column)
        change = column == "difference"
        drawn = row.pcolormesh(
            edges,
            [0, 1],
            table[column].to_numpy()[None, :],
            cmap=cm.vik if change else "cividis",
            vmin=-reach if change else 0.0,
            vmax=reach if change else top,
        )
        row.set_yticks([])
        row.set_title(name, fontsize=8, pad=2, loc="left")
        row.tick_params(labelbottom=change)
        if number == 0 or change:
            bar = figure.add_axes(
                (
                    10.52 / wide,
                    (y if change else y - 0.62) / high,
                    0.12 / wide,
                    (0.34 if change else 0.96) / high,
                )
            )
            figure.colorbar(
                drawn,
                cax=bar,
                ticks=MaxNLocator(2 if change else 3),
                format=percent_ticks(),
            )
        if change:
            row.set_xlabel(
                f"km along the border; colour: seen by {units} units spread evenly", labelpad=2
            )


def _table(figure: Figure, table: pd.DataFrame, a: StudyResult) -> None:
    wide, high = A4_LANDSCAPE
    columns = ((6.3, "left"), (9.05, "right"), (9.7, "right"), (11.24, "right"))
    heads = (
        f"at {a.scenario.reference_units} units, or units needed",
        "A",
        "B",
        "median change, 5–95 %",
    )
    rows = [(heads, "bold", INK["text"])]
    for row in rows_of(table):
        words = told.quantity_words(row.quantity)
        share = told.is_share(str(row.quantity))
        cells = (
            words,
            told.percent(row.a) if share else _units(row.a),
            told.percent(row.b) if share else _units(row.b),
            told.change_words(row),
        )
        noisy = row.within_noise is None or bool(row.within_noise)
        rows.append((cells, "normal", INK["even"] if noisy else INK["text"]))
    step = min(0.24, 3.6 / len(rows))
    for number, (cells, weight, ink) in enumerate(rows):
        y = (4.75 - number * step) / high
        for (x, side), cell in zip(columns, cells, strict=True):
            figure.text(
                x / wide, y, cell, ha=side, va="top", fontsize=7.5, fontweight=weight, color=ink
            )


def _crews(a: StudyResult, b: StudyResult) -> str:
    crews = (a.scenario.force.crew, b.scenario.force.crew)
    return f"{crews[0]}" if crews[0] == crews[1] else f"in A {crews[0]}, in B {crews[1]}"


def _units(value: float) -> str:
    return told.count(value) if math.isfinite(value) else "none"


def _key(a: StudyResult, b: StudyResult) -> list[Any]:
    marks: list[Any] = [
        Line2D([], [], label=f"{letter}: {result.scenario.name}", **style)
        for letter, result, style in zip("AB", (a, b), PAIR, strict=True)
    ]
    band = Patch(color=INK["quiet"], alpha=0.2, linewidth=0, label="5 to 95 % of the draws")
    return [*marks, band]


def _finding(table: pd.DataFrame, a: StudyResult, b: StudyResult) -> str:
    measure = _told_of_both(a, b)
    row = table[table["quantity"] == measure].iloc[0]
    change = told.signed(100 * float(row["difference"]))
    does = "stop" if measure == "mean_poi" else "see"
    verb = f"{does}s as many" if bool(row["within_noise"]) else f"changes that by {change} points"
    return (
        f"{a.scenario.reference_units} units {does} {told.percent(row['a'])} under “{a.scenario.name}”; "
        f"“{b.scenario.name}” {verb}"
    )


def _standing(a: StudyResult, b: StudyResult) -> str:
    before, after = (_flat(result.scenario.model_dump(mode="json")) for result in (a, b))
    changed = [
        f"{name}: {before[name]} to {after[name]}"
        for name in before
        if name != "name" and before[name] != after.get(name)
    ]
    return f"{a.name}, by {a.scenario.light}. What changes: {'; '.join(changed) or 'nothing'}."


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
