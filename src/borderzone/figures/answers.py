"""How many it takes: people by kit beside real forces, and the curve of units, seen and stopped, led and not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack, cast

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from scipy.interpolate import PchipInterpolator

from borderzone._guards import check_choice
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    RULE_STYLE,
    SIZES,
    Look,
    Page,
    Sheet,
    SheetOptions,
    attribution,
    drawing,
    halo,
    inches_of,
    label_lines,
    open_page,
    percent_ticks,
    plain_counts,
    room_beside_in,
    rows_of,
    run_words,
    say,
    width_in,
    wrapped,
)
from borderzone.patrol import BEST_RULE
from borderzone.study import own_law, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.axes import Axes

    from borderzone._typing import FloatArray
    from borderzone.study import StudyResult

__all__ = ["answer", "answer_data", "coverage_curve", "coverage_curve_data"]

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

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.answer(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    “Every inch” takes 2,000 people out with the unaided eye, 61 with vehicle thermal imagers, if they are led
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


MEASURES = ("mean", "min")
PANEL_TITLE = {
    "mean": "On average along the border",
    "min": "Every inch: at its weakest place",
}
SEEN_DASH = (0, (1, 1.4))
_LAW_WORDS = {"random": "not led", "beats_soft": "led", "standing": "by posts"}
# Where on its line each label begins: the lines come near one another where all or nothing is seen.
_LEVELS = {"mean_pod": 0.33, "min_pod": 0.33, "mean_poi": 0.14}
# How units stand that serve a panel best, and the dashes of the law that the scenario has not.
_RULE_OF = {"mean": "optimal", "min": "maximin"}
_OTHER_LAW = (0, (5, 2))
# Points at which a line through the numbers of the answer is drawn.
_POINTS = 161
# A page this wide and high has room for what real forces had and for the gain; one this wide, or this
# high, for both panels. Units: inches.
_ALL_IN, _BOTH_WIDE_IN, _BOTH_HIGH_IN = (9.0, 6.5), 4.6, 5.4
_GAP_IN = 0.16


@drawing
def coverage_curve(
    result: StudyResult | pd.DataFrame,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    measure: str = "mean",
    light: str | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many units give how much detection, and interdiction by constants of the user's own.

    Parameters
    ----------
    result
        What a study gave, or the table of `borderzone.patrol.coverage_curve`. Interdiction
        is drawn where it is told, with detection as its upper bound.
    ax
        Axes to draw one panel on; a page is made when left out, with a panel for the average,
        one for the weakest segment, what real forces had and the gain of the next unit as far
        as it has room.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    measure
        ``"mean"`` or ``"min"``: which panel to draw where there is room for one.
    light
        ``"night"`` or ``"day"``: which is told, with the other beside it; that of the
        scenario when left out.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The panel drawn on, or the first of the page.

    Raises
    ------
    InvalidParameterError
        If the study has no curve, or the measure or light is unknown.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.coverage_curve(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    Iraq-Syria, km 200 to 320: seeing half of all crossings takes 50 to 230 units (200 to 900 people) out
    >>> [panel.get_label() for panel in ax.figure.axes]
    ['mean', 'min', 'forces', 'gain']
    """
    check_choice(measure, "measure", MEASURES)
    page = open_page(ax, Sheet.of(sheet, options), SIZES["a4"])
    if isinstance(result, pd.DataFrame):
        return _table_panel(page, result, measure)
    lights = tuple(_curve_of(result)["light"].unique())
    light = check_choice(light or result.scenario.light, "light", lights)
    page.heading(_finding(result, light, measure), _standing(result, light))
    page.footer(*_caption(result))
    if not page.whole:
        lines = _lines(result, measure, light)
        _panel(page, page.ax, lines, measure, result)
        _label(page.ax, lines)
        return page.ax
    return _panels(page, result, {name: _lines(result, name, light) for name in MEASURES}, measure)


def coverage_curve_data(result: StudyResult) -> pd.DataFrame:
    """
    Return what the curve shows, as a table.

    Parameters
    ----------
    result
        What a study gave.

    Returns
    -------
    DataFrame
        One row for each number of units, rule and light.

    Raises
    ------
    InvalidParameterError
        If the study has no curve.
    """
    found = _curve_of(result)
    by_law = _by_law(result)
    return found if by_law is None else by_law.copy()


@dataclass(frozen=True, kw_only=True, eq=False)
class _CurveLine:
    """A line of a panel, how it looks and what it is called; the first of a panel has the band."""

    words: str
    ink: str
    units: FloatArray
    share: FloatArray
    band: tuple[FloatArray, FloatArray] | None = None
    dash: Any = "-"
    width: float = 1.4
    level: float = 0.3
    done: str = "seen"
    cased: bool = False
    other_light: bool = False


def _lines(result: StudyResult, measure: str, light: str) -> list[_CurveLine]:
    """Give the lines of a panel, that of the title first."""
    by_law = _by_law(result)
    if by_law is None:
        return _lines_by_rule(result, measure, light)
    return _lines_by_law(by_law, own_law(result.scenario), measure, light)


def _by_law(result: StudyResult) -> pd.DataFrame | None:
    """Give the answer read the other way; constants of the user's own have a curve alone."""
    stopped = result.curve is not None and _kind(result.curve) == "poi"
    return None if stopped else result.patrol.by_law


def _lines_by_law(table: pd.DataFrame, own: str, measure: str, light: str) -> list[_CurveLine]:
    """Lines of the answer: seen and stopped, led and not, and what is seen by the other light."""
    ink = _RULE_OF[measure]
    found = []
    wanted = ("mean_pod", "mean_poi") if measure == "mean" else ("min_pod",)
    for (each_light, name, law), rows in table.groupby(["light", "measure", "law"], sort=False):
        if name not in wanted:
            continue
        seen, main = name != "mean_poi", law == own
        knots = np.log(rows["units"].to_numpy())
        log_units = np.linspace(knots[0], knots[-1], _POINTS)

        def smooth(values: pd.Series, knots: FloatArray = knots, at: FloatArray = log_units) -> Any:
            # A curve through the numbers that rises where they rise, and nowhere else.
            return PchipInterpolator(knots, values.to_numpy())(at)

        units, band = np.exp(log_units), (smooth(rows["low"]), smooth(rows["high"]))
        other = each_light != light
        words = f"{say('seen' if seen else 'stopped')}, {say(_LAW_WORDS[str(law)])}"
        if other and not (seen and main):
            continue
        found.append(
            _CurveLine(
                words=say(f"by {each_light}") if other else words,
                ink=ink if seen else "unled",
                units=units,
                share=smooth(rows["share"]),
                band=band if seen and main and not other else None,
                dash="-" if main else _OTHER_LAW,
                width=0.9 if other else 2.6 if seen and main else 1.4,
                level=_LEVELS[str(name)] + (0.0 if main else 0.11),
                done="seen or stopped" if measure == "mean" else "seen",
                other_light=other,
            )
        )
    return sorted(found, key=lambda line: line.band is None)


def _lines_by_rule(result: StudyResult, measure: str, light: str) -> list[_CurveLine]:
    """Lines of the curve by one light: placed best and spread evenly, stopped by constants where there are."""
    curve = _curve_of(result)
    kind = _kind(curve)
    best, done = BEST_RULE[f"{measure}_{kind}"], "stopped" if kind == "poi" else "seen"
    ink, column = best, _middle(curve, f"{measure}_{kind}")
    of = dict(tuple(curve.groupby(["light", "rule"], sort=False)))
    chosen, even = of[light, best], of[light, "even"]
    units = chosen["unit_count"].to_numpy(dtype=float)
    ends = [f"{measure}_{kind}_{end}" for end in ("p05", "p95")]
    low_high = None if ends[0] not in chosen else tuple(chosen[end].to_numpy() for end in ends)
    words = say(f"{'stopped ' if kind == 'poi' else ''}by {light}, placed best")
    lines = [
        _CurveLine(words=words, ink=ink, units=units, share=chosen[column].to_numpy(), width=2.6,
              band=cast("Any", low_high), done=done),
        _CurveLine(words=say("dashes: spread evenly"), ink="even", units=units, dash=(0, (4, 4)),
              share=even[column].to_numpy(), level=0.2, cased=True),
    ]  # fmt: skip
    if kind == "poi":
        pod = chosen[_middle(curve, f"{measure}_pod")].to_numpy()
        lines.append(_CurveLine(words=say(f"seen by {light}"), ink=ink, units=units, share=pod,
                           width=1.3, dash=SEEN_DASH, level=0.4))  # fmt: skip
    for other, rule in of:
        if other != light and rule == best:
            share = of[other, rule][column].to_numpy()
            lines.append(_CurveLine(words=say(f"by {other}"), ink=ink, units=units, share=share,
                               width=0.9, other_light=True))  # fmt: skip
    return lines


def _curve_of(result: StudyResult) -> pd.DataFrame:
    if result.curve is None:
        raise InvalidParameterError(told.without_elevation(result, "curve"))
    return result.curve.copy()


def _table_panel(page: Page, curve: pd.DataFrame, measure: str) -> Axes:
    ax, column = page.ax, f"{measure}_{_kind(curve)}"
    key = []
    for rule, rows in curve.groupby("rule", sort=False) if "rule" in curve else (("", curve),):
        look = RULE_STYLE.get(str(rule), Look(color="optimal", linestyle="-"))
        ax.plot(rows["unit_count"], rows[column], linewidth=2.0, **look)
        words = told.RULE_WORDS.get(str(rule), str(rule))
        key.append(Line2D([], [], linewidth=2.0, label=words, **look))
    _percent(ax)
    ax.set_xlim(0, float(curve["unit_count"].max()))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.set_xlabel("patrol units out")
    what = "detection" if column.endswith("pod") else "interdiction"
    ax.set_ylabel(say("probability of {what} per crossing", what=say(what)))
    page.close(PANEL_TITLE[measure], key=key if "rule" in curve else ())
    return ax


def _panels(
    page: Page, result: StudyResult, panels: Mapping[str, Sequence[_CurveLine]], measure: str
) -> Axes:
    """Lay the panels that the page has room for: all, both, or one alone."""
    left, bottom, right, top = page.body_in
    whole = page.wide_in >= _ALL_IN[0] and page.cell_in[3] >= _ALL_IN[1]
    lower = bottom + 0.31 * (top - bottom) if whole else bottom
    middle = (left + right) / 2
    boxes = {measure: (left, lower, right, top)}
    if page.wide_in >= _BOTH_WIDE_IN:
        boxes = {
            "mean": (left, lower, middle - _GAP_IN / 2, top),
            "min": (middle + _GAP_IN / 2, lower, right, top),
        }
    elif page.cell_in[3] >= _BOTH_HIGH_IN:
        half = (bottom + top) / 2
        boxes = {"mean": (left, half + 0.04, right, top), "min": (left, bottom, right, half - 0.04)}
    axes: dict[str, Axes] = {}
    for name, box in boxes.items():
        ax = page.ax if not axes else page.axes(box, name)
        axes[name] = ax
        ax.set_label(name)
        ax.set_position(page.share((box[0] + 0.5, box[1] + 0.4, box[2], box[3] - 0.3)))
        _panel(page, ax, panels[name], name, result, payroll=whole)
    if whole:
        _lower_row(page, result, panels, (bottom, lower - _GAP_IN, middle))
    for name, box in boxes.items():
        page.fit(axes[name], box_in=box)
        _label(axes[name], panels[name])
    return page.ax


def _lower_row(
    page: Page,
    result: StudyResult,
    panels: Mapping[str, Sequence[_CurveLine]],
    box: tuple[float, float, float],
) -> None:
    """Lay what real forces had below the one panel, and what twice as many would add below the other."""
    left, _, right, _ = page.body_in
    bottom, top, middle = box
    limits = page.ax.get_xlim()
    if told.real_forces(result):
        _force_ticks(
            page,
            page.axes((left + 0.5, bottom, middle - _GAP_IN, top - 0.2), "forces"),
            result,
            limits,
        )
    ax = page.axes((middle + 0.6, bottom + 0.4, right, top - 0.2), "gain")
    _gain_panel(page, ax, panels, limits)
    page.fit(ax, box_in=(middle + _GAP_IN / 2, bottom, right, top))


def _panel(
    page: Page,
    ax: Axes,
    lines: Sequence[_CurveLine],
    measure: str,
    result: StudyResult,
    *,
    payroll: bool = False,
) -> None:
    main = lines[0]
    if main.band is not None:
        ax.fill_between(main.units, *main.band, color=INK[main.ink], alpha=0.16, linewidth=0)
    for line in lines:
        if line.cased:
            # Where two plans do the same, this one is seen as dashes on the other.
            ax.plot(line.units, line.share, linewidth=2.6, color=INK["paper"], linestyle=line.dash)
        ax.plot(
            line.units, line.share, linewidth=line.width, color=INK[line.ink], linestyle=line.dash
        )
    _panel_axes(page, ax, lines, measure, crew=result.scenario.force.crew)
    _ceiling(page, ax, result, measure, main)
    if payroll:
        _payroll_axis(ax, _payroll_factor(result), result.scenario.force.crew)


def _panel_axes(
    page: Page, ax: Axes, lines: Sequence[_CurveLine], measure: str, *, crew: int
) -> None:
    """Scale and name the axes of a panel."""
    _percent(ax)
    counts = lines[0].units
    # The answer spans a factor of five, so equal factors get equal room.
    ax.set_xscale("log")
    ax.set_xlim(max(10.0, float(counts[counts > 0].min())), float(counts.max()))
    plain_counts(ax.xaxis, inches=inches_of(ax)[0])
    ax.tick_params(labelsize=max(LEAST_POINTS, page.points - 0.5))
    if page.whole:
        ax.set_title(PANEL_TITLE[measure], fontsize=page.points, pad=4)
    ax.set_xlabel(
        say("patrol units of {crew} people out (logarithmic)", crew=crew), fontsize=page.points
    )
    if ax is page.ax:
        ax.set_ylabel(
            say("chance that a crossing is {done}", done=say(lines[0].done)), fontsize=page.points
        )


def _kind(curve: pd.DataFrame) -> str:
    """Tell whether a curve tells what is stopped, or only what is seen."""
    return "poi" if "mean_poi" in curve else "pod"


def _middle(curve: pd.DataFrame, measure: str) -> str:
    return f"{measure}_p50" if f"{measure}_p50" in curve else measure


def _percent(ax: Axes) -> None:
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(percent_ticks())
    ax.grid(axis="y")
    ax.set_axisbelow(True)


def _label(ax: Axes, lines: Sequence[_CurveLine]) -> None:
    """Name the lines where they run: the other light in the upper left, all else in the lower right."""
    points = LEAST_POINTS
    labels: list[tuple[str, str, tuple[float, float] | None]] = [
        (line.words, line.ink, _at(line.units, line.share, line.level))
        for line in sorted(lines, key=lambda line: -line.level)
        if not line.other_light
    ]
    if lines[0].band is not None:
        labels.append(("band: 5 to 95 %", "quiet", _at(lines[0].units, lines[0].band[0], 0.06)))
    label_lines(ax, labels, points=points)
    for line in lines:
        place = _at(line.units, line.share, 0.82) if line.other_light else None
        if place is None:
            continue
        start = ax.transAxes.inverted().transform(ax.transData.transform(place))[0]
        inside = start * inches_of(ax)[0] > width_in(line.words, points) + 0.1
        ax.annotate(
            line.words, place, (-4 if inside else 4, 0), textcoords="offset points", va="center",
            ha="right" if inside else "left", fontsize=points, color=INK[line.ink],
            path_effects=halo(),
        )  # fmt: skip


def _at(units: FloatArray, share: FloatArray, level: float) -> tuple[float, float] | None:
    """Find where a rising line passes a level."""
    if not (share >= level).any():
        return None
    return float(np.interp(level, share, units)), level


def _ceiling(page: Page, ax: Axes, result: StudyResult, measure: str, main: _CurveLine) -> None:
    """Say how much no number of units stops, at the middle and at the end of the band drawn."""
    if result.required is None or "ceiling" not in result.required:
        return
    rows = result.required[result.required["measure"] == f"{measure}_poi"]
    if rows.empty or float(rows["ceiling"].iloc[0]) >= 1:
        return
    top = float(rows["ceiling"].iloc[0])
    most = top if main.band is None else float(main.band[1].max())
    ax.axhline(top, color=INK["text"], linewidth=0.8, linestyle=(0, (8, 4)))
    words = (
        f"no number of units stops more than about {told.percent(top)}, by constants of your own; "
        f"in the most hopeful draws {told.percent(most)}"
    )
    room = 0.9 * inches_of(ax)[0]
    ax.text(
        0.015, max(top, most) + 0.012, "\n".join(wrapped(words, room, LEAST_POINTS)),
        transform=ax.get_yaxis_transform(), ha="left", va="bottom", fontsize=LEAST_POINTS,
        path_effects=halo(), zorder=6,
    ).set_gid("ceiling")  # fmt: skip
    page.left_out.append("Not all who are seen are identified and reached.")


def _payroll_factor(result: StudyResult) -> float:
    """Give the units on the payroll for each that is out, in the median; not a number where it is not told."""
    answered = told.answered_units(result, "mean_pod") if _by_law(result) is not None else None
    if answered is not None:
        return answered.payroll_middle / answered.middle
    curve = _curve_of(result)
    rows = curve[(curve["unit_count"] > 0) & np.isfinite(curve["payroll_p50"])]
    rows = rows[rows["light"] == result.scenario.light]
    return float((rows["payroll_p50"] / rows["unit_count"]).median())


def _payroll_axis(ax: Axes, factor: float, crew: int) -> None:
    if not factor > 0.0:
        return
    top = ax.secondary_xaxis("top", functions=(_times(factor), _times(1 / factor)))
    low, high = ax.get_xlim()
    top.xaxis.set_view_interval(factor * low, factor * high, ignore=True)
    plain_counts(top.xaxis, inches=inches_of(ax)[0])
    top.xaxis.set_major_formatter(
        FuncFormatter(lambda units, _: f"{units:,.0f}\n{crew * units:,.0f}")
    )
    top.set_xlabel(
        say(
            "on the payroll, in units and below them in people: {factor:.1f} for each out (median)",
            factor=factor,
        ),
        fontsize=LEAST_POINTS,
    )
    top.tick_params(length=3, labelsize=LEAST_POINTS)


def _times(factor: float) -> Callable[[Any], Any]:
    def scaled(number: Any) -> Any:
        return number * factor

    return scaled


def _force_ticks(page: Page, ax: Axes, result: StudyResult, limits: tuple[float, float]) -> None:
    forces = [force for force in told.real_forces(result) if np.isfinite(force.units[0])]
    step = 1.25 * LEAST_POINTS / 72
    most = max(1, int(inches_of(ax)[1] / step))
    # Where not all have room, those that count people come before towers and cars.
    kept = sorted(forces, key=lambda force: force.stands_for_people, reverse=True)[:most]
    rows = sorted(kept, key=lambda force: -force.units[0])
    ax.set(xscale="log", xlim=limits, ylim=(-0.6, len(rows) - 0.4))
    for place, row in enumerate(rows):
        units = row.units[0]
        x = min(max(units, limits[0]), limits[1])
        mark = ">" if units > limits[1] else "o" if row.stands_for_people else "s"
        ax.hlines(place, limits[0], x, color=INK["grid"], linewidth=0.6)
        ax.plot(
            [x], [place], mark, color=INK["text"], markersize=4, clip_on=False,
            markerfacecolor=INK["text" if row.stands_for_people else "paper"],
        )  # fmt: skip
        left = x > np.sqrt(limits[0] * limits[1])
        ax.annotate(
            f"{row.case}, {row.words}{row.as_units}",
            (x, place), (-6 if left else 6, 0), textcoords="offset points",
            ha="right" if left else "left", va="center", fontsize=LEAST_POINTS, path_effects=halo(),
        )  # fmt: skip
    ax.set_yticks([])
    ax.spines[["left", "bottom"]].set_visible(False)
    ax.xaxis.set_major_locator(NullLocator())
    ax.xaxis.set_minor_locator(NullLocator())
    first, *others = (told.along_words(result, length) for length in told.lengths(result))
    where = f"{first} of border (on {others[0]})" if others else "this length of border"
    ax.set_title(
        say("What real forces had, as units on {where}", where=where), fontsize=page.points, pad=3
    )


def _gain_panel(
    page: Page, ax: Axes, panels: Mapping[str, Sequence[_CurveLine]], limits: tuple[float, float]
) -> None:
    for measure, lines in panels.items():
        main, style = lines[0], RULE_STYLE[_RULE_OF[measure]]
        twice = 2 * main.units <= main.units.max()
        gain = 100 * (np.interp(2 * main.units[twice], main.units, main.share) - main.share[twice])
        ax.plot(main.units[twice], gain, linewidth=1.4, **style)
        side = measure == "mean"
        # Both lines may run together: each is named on a shoulder of its own.
        rise = np.flatnonzero(gain >= 0.55 * gain.max())
        place = int(rise[0] if side else rise[-1])
        ax.annotate(
            "on average" if side else "every inch", (main.units[twice][place], gain[place]),
            (-8 if side else 8, 0), textcoords="offset points", ha="right" if side else "left",
            va="center", fontsize=LEAST_POINTS, color=style["color"], path_effects=halo(),
        )  # fmt: skip
    ax.set(xscale="log", xlim=limits)
    ax.set_ylim(bottom=0)
    plain_counts(ax.xaxis, inches=inches_of(ax)[0])
    ax.yaxis.set_major_locator(MaxNLocator(3))
    ax.tick_params(labelsize=max(LEAST_POINTS, page.points - 0.5))
    ax.set_xlabel("patrol units out", fontsize=page.points)
    ax.set_title(
        "What twice as many units would add, percentage points", fontsize=page.points, pad=3
    )
    ax.grid(axis="y")


def _finding(result: StudyResult, light: str, measure: str) -> str:
    kind = _kind(_curve_of(result))
    if light == "night" and _by_law(result) is not None:
        inch = measure == "min"
        takes = _answered(result, "min_pod" if inch else "mean_pod", " out")
        aim = "95 of 100 at every inch" if inch else "half of all crossings"
        if not takes:
            return f"{result.name}: no number of such units sees {aim}"
        return f"{result.name}: seeing {aim}{' in the dark' if inch else ''} takes {takes}"
    half = _half(result, f"{measure}_{kind}", light, " out")
    verb, done = ("stopping", "stopped") if kind == "poi" else ("seeing", "seen")
    by = "" if light == result.scenario.light else f" by {light}"
    where = "of all crossings" if measure == "mean" else "at the weakest segment"
    if not half:
        return f"{result.name}: half {where} cannot be {done} by patrols alone{by}"
    return f"{result.name}: {verb} half {where}{by} takes {half}"


def _answered(result: StudyResult, measure: str, where: str = "") -> str:
    """Units that an aim of the answer takes, for each length of the border; empty where no number does."""
    first, *others = told.lengths(result)
    found = {each: told.answered_units(result, measure, length=each) for each in (first, *others)}
    return "; ".join(
        f"{row.range}{where}" if each == first else f"{told.at_length(result, each)} {row.range}"
        for each, row in found.items()
        if row is not None and row.enough
    )


def _half(result: StudyResult, measure: str, light: str, where: str = "") -> str:
    """Units that reach half by one light, for each length of the border; empty where no number does."""
    first, *others = told.lengths(result)
    found = [
        f"{row.range}{where}"
        if length == first
        else f"{told.at_length(result, length)} {row.range}"
        for length in (first, *others)
        for row in told.units(result, measure, light=light, target=0.5, length=length)
        if row.enough
    ]
    return "; ".join(found)


def _standing(result: StudyResult, light: str) -> str:
    words = f"By {light}, watching with {told.sensor_words(result.scenario)}"
    if light == "night" and _by_law(result) is not None:
        stops = _answered(result, "mean_poi")
        led = _LAW_WORDS[own_law(result.scenario)]
        words += f", over the moons of a month, {led}; 5 to 95 % of the draws."
        return f"{words} Stopping half takes {stops}." if stops else words
    inch = _half(result, f"min_{_kind(_curve_of(result))}", light)
    words += "; 5 to 95 % of the draws."
    return f"{words} Half at every inch takes {inch}." if inch else words


def _caption(result: StudyResult) -> list[str]:
    """Give the parts of the foot, those most owed first."""
    force = result.scenario.force
    sources = ["borders", "elevation", "landcover"]
    if told.lengths(result) != ("measured",):
        sources.append("published_lengths")
    return [
        f"A unit: {force.crew} people, {told.MODE_WORDS[force.mode]}, watching with {told.sensor_words(result.scenario)}.",
        *told.constants_words(result),
        run_words(result),
        attribution(result, *sources),
        f"Crossings are spread evenly along {told.along_words(result)}.",
        "Units stand where they serve best: for the mean, or so that every inch is equal.",
        "Real forces are counted as such units and scaled to this length; it is not said what they achieved.",
    ]
