"""How many it takes: people by kit, beside real forces."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from matplotlib.lines import Line2D

from borderzone._guards import check_choice
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    SIZES,
    Look,
    Page,
    Sheet,
    SheetOptions,
    drawing,
    halo,
    open_page,
    plain_counts,
    room_beside_in,
    rows_of,
    run_words,
    width_in,
    wrapped,
)
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = ["answer", "answer_data"]

# Marks by law, and where in its row each stands: unled above, led below the middle.
_MARKS: dict[str, Look] = {
    "random": Look(marker="o", markerfacecolor="paper", color="unled"),
    "beats_soft": Look(marker="o", markerfacecolor="optimal", color="optimal"),
    "standing": Look(marker="s", markerfacecolor="optimal", color="optimal"),
}
_ABOVE = {"random": -0.2, "beats_soft": 0.2, "standing": 0.0}
# Aims in the order in which they go where rows have no room, and the least height of a row. Units of the
# second: inches.
_AIMS, _ROW_IN = ("mean_poi", "mean_pod", "min_pod"), 0.128
# Rows that a heading and the gap above it take.
_HEAD_ROWS = 1.6


@drawing
def answer(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    light: str | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many people it takes to see half, to leave no gap, and to stop half, by kit.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw on; a page is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    light
        ``"night"`` for what is told over the moons, ``"dark"`` for what is told of a moonless
        night; both when left out.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes drawn on.

    Raises
    ------
    InvalidParameterError
        If the study has no answer, or none in that light.
    """
    table = answer_data(result)
    if light is not None:
        check_choice(light, "light", tuple(table["light"].unique()))
        table = table[table["light"] == light]
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    forces = told.forces_in_people(result)
    page.heading(told.answer_finding(result), told.answer_standing(result))
    dropped = _crowded_out(page, table)
    page.footer(
        *[f"For want of room not drawn: {told.listed(dropped)}." for _ in dropped[:1]],
        told.answer_caution(result),
        run_words(result),
    )
    page.key_below(_answer_key([] if page.whole else forces))
    shown = _aims_with_room(page, table)
    _people_axis(page, shown)
    _kit_rows(page, shown)
    _force_lines(page, forces)
    if page.whole:
        page.fit()
    return page.ax


def answer_data(result: StudyResult) -> pd.DataFrame:
    """Give what `answer` draws, as a table."""
    if result.answer is None:
        raise InvalidParameterError(told.without_elevation(result, "answer"))
    return told.answer_rows(result)


def _aims_with_room(page: Page, table: pd.DataFrame) -> pd.DataFrame:
    """Give the aims whose rows have room, those of the title last to go."""
    _, bottom, _, top = page.body_in if page.whole else (0, 0.0, 0, page.cell_in[3])
    room = (top - bottom - (0.75 if page.whole else 0.0)) / _ROW_IN
    shown = table
    for measure in _AIMS:
        kits = shown.drop_duplicates(["measure", "kit"])
        if len(kits) + _HEAD_ROWS * kits["measure"].nunique() <= room:
            break
        rest = shown[shown["measure"] != measure]
        shown = rest if len(rest) else shown
    return shown


def _crowded_out(page: Page, table: pd.DataFrame) -> list[str]:
    """Name the aims that the page will have no room for, before its foot says so."""
    if not page.whole:
        return []
    foot, page.foot_in = page.foot_in, page.cell_in[1] + min(0.16 * page.cell_in[3], 1.0)
    left = set(_aims_with_room(page, table)["measure"])
    page.foot_in = foot
    gone = table[~table["measure"].isin(left)].drop_duplicates("measure")
    return [told.aim_words(row) for row in rows_of(gone)]


def _people_axis(page: Page, table: pd.DataFrame) -> None:
    ax = page.ax
    finite = table[["people_low", "people", "people_high"]].to_numpy().ravel()
    finite = finite[np.isfinite(finite) & (finite > 0)]
    ax.set_xscale("log")
    ax.set_xlim(0.7 * finite.min(), 1.5 * finite.max())
    wide = page.wide_in * (0.7 if page.whole else 1.0)
    plain_counts(ax.xaxis, inches=wide)
    words = "people out at once by night (logarithmic)"
    ax.set_xlabel("\n".join(wrapped(words, wide, page.points)))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_axisbelow(True)


def _kit_rows(page: Page, table: pd.DataFrame) -> None:
    ax = page.ax
    place, heads = _places(table)
    for row in rows_of(table[table["opponent"] == "blind"]):
        look, y = _MARKS[row.law], place[row.measure, row.kit] + _ABOVE[row.law]
        if not math.isfinite(row.people):
            ax.text(0.99, y, "no number is enough", transform=ax.get_yaxis_transform(), ha="right",
                    va="center", fontsize=LEAST_POINTS, color=look["color"])  # fmt: skip
            continue
        high = row.people_high if math.isfinite(row.people_high) else ax.get_xlim()[1]
        ax.plot([row.people_low, high], [y, y], color=look["color"], linewidth=1.6, alpha=0.55)
        ax.plot([row.people], [y], markersize=4.2 if page.small else 5.5, linestyle="none", **look)
    informed = table[(table["opponent"] == "informed") & (table["law"] == "beats_soft")]
    for row in rows_of(informed):
        if math.isfinite(row.people):
            y = place[row.measure, row.kit] + _ABOVE["beats_soft"]
            ax.plot(
                [row.people], [y], marker="|", markersize=8, color=INK["informed"], linestyle="none"
            )
    _name_kits(page, table, place, heads)
    ax.set_ylim(max(place.values()) + 0.8, -0.7)


def _name_kits(
    page: Page, table: pd.DataFrame, place: dict[tuple[str, str], float], heads: dict[str, float]
) -> None:
    """Name kits at the left; where there is little room by their names in the table, aims over their rows."""
    ax = page.ax
    long = [told.KIT_WORDS.get(kit, kit) for _, kit in place]
    aims = {
        measure: told.aim_words(table[table["measure"] == measure].iloc[0]) for measure in heads
    }
    room = room_beside_in(page)
    widest = max(
        *(width_in(words, page.points) for words in long),
        *(width_in(words, page.points, bold=True) for words in aims.values()),
    )
    narrow = widest + 0.1 > room
    words = [kit for _, kit in place] if narrow else long
    ax.set_yticks(list(place.values()), words, fontsize=max(LEAST_POINTS, page.points - 0.5))
    for measure, y in heads.items():
        ax.text(
            0.01 if narrow else -0.005, y, aims[measure], transform=ax.get_yaxis_transform(),
            ha="left" if narrow else "right", va="center", fontweight="bold", fontsize=page.points,
            path_effects=halo(), zorder=5,
        )  # fmt: skip


def _places(table: pd.DataFrame) -> tuple[dict[tuple[str, str], float], dict[str, float]]:
    """Where each kit of each aim stands, from the top, and where the headings do."""
    place, heads, y = {}, {}, 0.0
    for measure, rows in table.groupby("measure", sort=False):
        heads[str(measure)] = y
        for kit in rows["kit"].unique():
            y += 1.0
            place[str(measure), str(kit)] = y
        y += _HEAD_ROWS
    return place, heads


def _force_lines(page: Page, forces: Sequence[told.ForceInPeople]) -> None:
    """Mark what real forces had; over somebody's own axes stands the key, which names them."""
    ax, points = page.ax, LEAST_POINTS
    low, high = ax.get_xlim()
    for number, force in enumerate(forces):
        if not low < force.people < high:
            continue
        ax.axvline(force.people, color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        if not page.whole:
            continue
        left = force.people > math.sqrt(low * high)
        ax.annotate(
            f"{force.words}: {told.rounded(force.people)}",
            (force.people, 1.0), xycoords=("data", "axes fraction"),
            xytext=(3 if left else -3, 2 + 1.35 * points * (number % 2)), textcoords="offset points",
            fontsize=points, ha="right" if left else "left",
        )  # fmt: skip


def _answer_key(forces: Sequence[told.ForceInPeople]) -> list[Any]:
    plain: dict[str, Any] = {"linestyle": "none", "markersize": 5.5}
    key = [
        Line2D([], [], label="unled", **plain, **_MARKS["random"]),
        Line2D([], [], label="led", **plain, **_MARKS["beats_soft"]),
        Line2D([], [], label="posts", **plain, **_MARKS["standing"]),
        Line2D([], [], marker="|", color=INK["informed"], linestyle="none", markersize=9,
               label="led, if place and time are known"),
        Line2D([], [], color=INK["text"], linewidth=1.6, alpha=0.55, label="5 to 95 %"),
    ]  # fmt: skip
    if forces:
        had = "; ".join(f"{force.words}: {told.rounded(force.people)}" for force in forces)
        key.append(
            Line2D([], [], color=INK["text"], linewidth=0.9, linestyle=(0, (4, 3)), label=had)
        )
    return key
