"""Plans and what they meet: where units go, where least is seen, how remote the ground is, months and moons."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from borderzone._guards import check_choice, check_positive
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import (
    INK,
    LEAST_POINTS,
    SIZES,
    Look,
    Page,
    Sheet,
    SheetOptions,
    attribution,
    axis_words,
    better_turned,
    border_axis,
    drawing,
    halo,
    inches_of,
    open_page,
    paint_cells,
    run_words,
    say,
    scale_bar,
    scale_inches,
    share_axis,
    watch,
)
from borderzone.figures.maps import ground_asked, map_frame
from borderzone.figures.reach import LONG, edges_km
from borderzone.study import told

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from borderzone.study import StudyResult

__all__ = [
    "allocation",
    "allocation_data",
    "month_moon",
    "month_moon_data",
    "post_curve",
    "post_curve_data",
    "remoteness",
    "remoteness_data",
    "weakest_crossing",
    "weakest_crossing_data",
    "weakest_place",
    "weakest_place_data",
]

_EVEN = Look(color="even", linewidth=1.4, linestyle=(0, (4, 3)))
_EMPTY = Look(facecolor="paper", edgecolor="no_data", hatch="////", linewidth=0.0)
# Lower than this a page has room for one panel; and what heading, foot and labels take of a page's height.
# Units: inches.
_TWO_PANELS_IN, _WORDS_IN = 3.3, 1.7
# Column of the table of weakest places -> its line.
_PLACES = {
    "led": Look(color="optimal", linestyle="-", linewidth=1.8),
    "unled": Look(color="unled", linestyle=(0, (5, 2)), linewidth=1.4),
    "led_weakest": Look(color="maximin", linestyle=(0, (7, 1.5, 1, 1.5)), linewidth=1.6),
    "led_end": Look(color="incident", linestyle=(0, (1, 1.4)), linewidth=1.6),
    "informed": Look(color="informed", linestyle=(0, (3, 1)), linewidth=1.2),
}


@drawing
def allocation(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    rule: str = "optimal",
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw where the reference units go along the border, and which segments stay empty.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw units on; a page is made when left out, with the chance to be seen below
        where it has room.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    rule
        ``"optimal"``: best for the mean, ``"maximin"``: every segment alike, ``"even"``: by length.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The axes of the units.

    Raises
    ------
    InvalidParameterError
        If the study has no plan, or the rule is unknown.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.allocation(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    No segment stays empty at 100 units, placed best for the mean: 56 % of crossings are seen, 56 % if spread evenly
    """
    check_choice(rule, "rule", tuple(told.RULE_WORDS))
    table, edges = allocation_data(result), edges_km(result)
    page = open_page(ax, Sheet.of(sheet, options), (LONG[0], 4.6))
    page.heading(told.allocation_finding(result, rule), _allocation_standing(result))
    page.footer(
        "A part of a unit is there that part of the time.",
        run_words(result),
        attribution(result, "borders", "elevation", "landcover"),
    )
    empty = told.empty_segments(table, rule).to_numpy()
    key: list[Any] = [
        Patch(facecolor=INK["bar"], label=say("units {rule}", rule=say(told.RULE_WORDS[rule])))
    ]
    key += [Patch(label="empty", **_EMPTY)] if empty.any() else []
    key += [Line2D([], [], label="units spread evenly", **_EVEN)] if rule != "even" else []
    page.key_below(key)
    panels = _allocation_panels(page)
    _units_panel(page, table, edges, rule, empty)
    for panel in panels[1:]:
        _seen_panel(page, panel, table, edges, rule)
    border_axis(page, result.border, *panels)
    panels[-1].xaxis.label.set_fontsize(page.points)
    if page.whole:
        page.fit(*panels)
    return page.ax


def _allocation_panels(page: Page) -> list[Axes]:
    """Open axes for units, and under them for the chance to be seen where both have room."""
    left, bottom, right, top = page.body_in
    if not page.whole or page.cell_in[3] < _TWO_PANELS_IN or top - bottom < 0.6 * _TWO_PANELS_IN:
        return [page.ax]
    middle = bottom + 0.45 * (top - bottom)
    page.ax.set_position(page.share((left + 0.5, middle + 0.12, right, top - 0.15)))
    page.ax.tick_params(labelbottom=False)
    return [page.ax, page.axes((left + 0.5, bottom + 0.35, right, middle - 0.12), "seen")]


def _seen_panel(page: Page, ax: Axes, table: pd.DataFrame, edges: Any, rule: str) -> None:
    own: dict[str, Any] = {"color": INK["optimal"], "linewidth": 1.6}
    for name, look in (("even", _EVEN), (rule, own)):
        ax.stairs(table[f"pod_{name}"], edges, baseline=None, **look)
    ax.set_ylim(0, 1.12 * float(table[["pod_even", f"pod_{rule}"]].to_numpy().max()))
    share_axis(ax, most=4)
    ax.set_ylabel("chance\nto be seen", fontsize=page.points)
    ax.tick_params(labelsize=max(LEAST_POINTS, page.points - 0.5))


def _units_panel(page: Page, table: pd.DataFrame, edges: Any, rule: str, empty: Any) -> None:
    ax = page.ax
    per_10_km = 10.0 / table["length_km"].to_numpy(dtype=float)
    units = table[f"units_{rule}"].to_numpy(dtype=float) * per_10_km
    ax.stairs(units, edges, baseline=0, fill=True, color=INK["bar"])
    top = 1.15 * max(float(units.max()), 1e-9)
    if empty.any():
        ax.stairs(np.where(empty, top, 0.0), edges, baseline=0, fill=True, **_EMPTY)
    if rule != "even":
        even = table["units_even"].to_numpy(dtype=float) * per_10_km
        ax.stairs(even, edges, baseline=None, **_EVEN)
    ax.set_ylim(0, top)
    axis_words(page, up="units\nper 10 km")


def _allocation_standing(result: StudyResult) -> str:
    return (
        f"{result.name}, by {result.scenario.light}: {result.scenario.reference_units} units watching with "
        f"{told.sensor_words(result.scenario)}, every state of nature at its middle."
    )


def allocation_data(result: StudyResult) -> pd.DataFrame:
    """Give what `allocation` draws, as a table."""
    return told.allocation_table(result)


@drawing
def weakest_place(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the chance to be seen along the border, by the place in a unit's beat.

    Parameters
    ----------
    result
        What a study gave.
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
        If the study has no units, or they stand.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.weakest_place(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    100 led units see 63 % over all places...
    """
    table, edges = weakest_place_data(result), edges_km(result)
    page = open_page(ax, Sheet.of(sheet, options), LONG)
    for column, look in _PLACES.items():
        page.ax.stairs(table[column], edges, baseline=None, **look)
    row = table.iloc[int(table["led_weakest"].argmin())]
    page.ax.plot(
        [(row["km_start"] + row["km_end"]) / 2], [row["led_weakest"]], marker="v", linestyle="none",
        color=INK["maximin"], markersize=6, zorder=5,
    )  # fmt: skip
    border_axis(page, result.border)
    page.ax.set_ylim(0, 1.08 * float(table[list(_PLACES)].to_numpy().max()))
    share_axis(page.ax)
    axis_words(page, up="chance to be seen")
    page.close(
        told.weakest_place_finding(result),
        f"{_allocation_standing(result).removesuffix('.')}, spread evenly.",
        foot=(
            "Units that are led keep a beat each, with neighbours on both sides; the mark is the weakest place.",
            run_words(result),
            attribution(result, "borders", "elevation", "landcover"),
        ),
        key=() if _name_places(page, table) else _place_key(),
    )
    return page.ax


def _name_places(page: Page, table: pd.DataFrame) -> bool:
    """Name each line at its western end, over or under it; tell whether all names have room."""
    first, last = page.ax.get_xlim()
    west = table[(table["km_end"] > first) & (table["km_start"] < last)].head(
        max(3, len(table) // 4)
    )
    low, high = page.ax.get_ylim()
    line = 1.35 * LEAST_POINTS / 72 * high / max(page.cell_in[3] - _WORDS_IN, 0.5)
    names = dict(told.PLACE_WORDS)
    if float((west["led"] - west["unled"]).abs().max()) < line / 2:
        # Led and unled run together until coverage is high: one label names both.
        names["led"] = "over all places: led (line), unled (dashes)"
        del names["unled"]
    tops = {column: float(west[column].max()) for column in names}
    lows = {column: float(west[column].min()) for column in names}
    order = sorted(names, key=lambda column: tops[column])
    above = [lows[up] - tops[down] for down, up in pairwise(order)] + [math.inf]
    places = _label_sides(order, above, lows[order[0]], line)
    if not places:
        return False
    page.ax.set_ylim(low, max(high, tops[order[-1]] + 1.2 * line))
    for column, over in places.items():
        page.ax.annotate(
            names[column], (first, tops[column] if over else lows[column]), (4, 1.5 if over else -1.5),
            textcoords="offset points", va="bottom" if over else "top", fontsize=LEAST_POINTS,
            color=_PLACES[column]["color"], path_effects=halo(), zorder=6,
        )  # fmt: skip
    return True


def _label_sides(
    order: list[str], above: list[float], floor: float, line: float
) -> dict[str, bool]:
    """Tell of each line, from the lowest up, whether its name stands over it; nothing where one has no room."""
    over: dict[str, bool] = {}
    below = floor
    for column, gap in zip(order, above, strict=True):
        if below < line and gap < line:
            return {}
        over[column] = gap >= line
        # A name over this line takes its room from the next.
        below = gap - line if over[column] else gap
    return over


def _place_key() -> list[Any]:
    return [
        Line2D([], [], label=words, **_PLACES[column]) for column, words in told.PLACE_WORDS.items()
    ]


def weakest_place_data(result: StudyResult) -> pd.DataFrame:
    """Give what `weakest_place` draws, as a table."""
    return told.weakest_place_table(result)


_CURVE_IN = (6.3, 4.2)
# Column of the table of weakest ways -> its line.
_WAYS = {
    "segment_pod": Look(color="even", linestyle=(0, (4, 3)), linewidth=1.4),
    "pod": Look(color="maximin", linestyle="-", linewidth=1.8),
    "night_pod": Look(color="informed", linestyle=(0, (3, 1)), linewidth=1.4),
}


@drawing
def weakest_crossing(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the chance to be seen on the way across that is watched least, in every 10 km of the border.

    Parameters
    ----------
    result
        What a study gave.
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
        If the study has no units, or they stand.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.weakest_crossing(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    100 units spread evenly see 54 %...
    """
    table = weakest_crossing_data(result)
    edges = np.append(table["km_start"], table["km_end"].iloc[-1])
    page = open_page(ax, Sheet.of(sheet, options), LONG)
    drawn = [name for name in _WAYS if name in table and _tells_more(table, name)]
    for name in drawn:
        page.ax.stairs(table[name], edges, baseline=None, **_WAYS[name])
    row = table.iloc[int(table["pod"].argmin())]
    page.ax.plot(
        [(row["km_start"] + row["km_end"]) / 2], [row["pod"]], marker="v", linestyle="none",
        color=INK["maximin"], markersize=6, zorder=5,
    )  # fmt: skip
    border_axis(page, result.border)
    page.ax.set_ylim(0, 1.15 * max(float(np.nanmax(table[drawn].to_numpy())), 1e-9))
    share_axis(page.ax)
    axis_words(page, up="chance to be seen")
    page.close(
        told.crossing_finding(result),
        f"{_allocation_standing(result).removesuffix('.')}, spread evenly; by 10 km, on cells of {result.scenario.resolution_m / 1000:g} km.",
        foot=(
            "Cells hide every gully narrower than they are: on finer elevation the weakest way is weaker.",
            run_words(result),
            attribution(result, "borders", "elevation", "landcover"),
        ),
        key=[Line2D([], [], label=told.CROSSING_WORDS[name], **_WAYS[name]) for name in drawn],
    )
    return page.ax


def _tells_more(table: pd.DataFrame, name: str) -> bool:
    """Whether a way within one night is another than the weakest of all."""
    return name != "night_pod" or bool(
        table["longer_than_night"].any() and table[name].notna().any()
    )


def weakest_crossing_data(result: StudyResult) -> pd.DataFrame:
    """Give what `weakest_crossing` draws, as a table."""
    return told.crossing_table(result)


@drawing
def post_curve(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how much of the ground so many posts see at the best places found, and what no choice passes.

    Parameters
    ----------
    result
        What a study gave.
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
        If the study sites no posts.

    Examples
    --------
    >>> import numpy as np
    >>> import borderzone as bz
    >>> border = bz.Border.between("AZE", "TUR")
    >>> grid = bz.Corridor.around(border, depth_km=5).grid(resolution_m=90).padded(300)
    >>> x, y = np.meshgrid(grid.x, grid.y)
    >>> hills = grid.wrap((900 + 50 * np.sin(x / 700) * np.sin(y / 900)).astype(np.float32), units="m")
    >>> scenario = bz.Scenario(depth_km=5, resolution_m=500, draws=100)
    >>> posts = {"n": 4, "max_km": 3, "every": 4, "spacing_m": 700, "prominence_m": 0}
    >>> study = bz.Study(border=border, dem=hills, sea=None, posts=posts, scenario=scenario)
    >>> ax = bz.figures.post_curve(study.run(seed=1))
    >>> print(ax.figure.texts[0].get_text())
    4 posts see 54 % of the ground at the best places found; no choice
    of places sees more than 54 %
    """
    table = post_curve_data(result)
    page = open_page(ax, Sheet.of(sheet, options), _CURVE_IN)
    looks: dict[str, tuple[str, Any]] = {
        "bound_share": (
            "no choice of places sees more",
            Look(color="even", linestyle=(0, (4, 3)), linewidth=1.4),
        ),
        "seen_share": (
            "seen from the places found",
            Look(color="maximin", linestyle="-", linewidth=1.8),
        ),
    }
    for name, (_, look) in looks.items():
        page.ax.plot(table["posts"], table[name], **look)
    page.ax.set_ylim(0, min(1.0, 1.15 * float(table["bound_share"].max())))
    page.ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    share_axis(page.ax)
    axis_words(page, "posts", up="share of the ground")
    page.close(
        told.posts_finding(result),
        "Sight is not detection: by night a post sees ground on which its eyes find nobody.",
        foot=(run_words(result), attribution(result, "borders", "elevation")),
        key=[Line2D([], [], label=words, **look) for words, look in looks.values()],
    )
    return page.ax


def post_curve_data(result: StudyResult) -> pd.DataFrame:
    """Give what `post_curve` draws, as a table."""
    return told.posts_table(result)


@drawing
def remoteness(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    hours: float | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw the ground farther than one, two and three hours from the nearest origin, a map each.

    Parameters
    ----------
    result
        What a study gave.
    ax
        Axes to draw one of the maps on; a page with all is made when left out.
    sheet
        What is asked of the page; or by name, as `Sheet` has it.
    hours
        Which of the maps comes on `ax`; that of the scenario's remote hours when left out. Units: h.
    **options
        Fields of `Sheet` by name.

    Returns
    -------
    matplotlib.axes.Axes
        The first of the maps.

    Raises
    ------
    InvalidParameterError
        If the study has no travel times, or none by these hours.

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.remoteness(study.run(seed=1))
    >>> [panel.get_title(loc="left") for panel in ax.figure.axes]
    ['> 1 h: 94 %', '> 2 h: 75 %', '> 3 h: 35 %']
    """
    table = remoteness_data(result)
    known = tuple(float(each) for each in table["threshold_h"])
    page = open_page(ax, Sheet.of(sheet, options), (9.0, 5.4))
    asked = (
        hours
        if hours is not None
        else min(known, key=lambda each: abs(each - result.scenario.remote_hours))
    )
    asked = check_positive(asked, "hours", "h")
    if asked not in known:
        listed = ", ".join(f"{each:g}" for each in known)
        msg = f"hours must be one of {listed}, which the study tells, got {hours!r}"
        raise InvalidParameterError(msg)
    shown = known if page.whole else (float(asked),)
    page.heading(told.remoteness_finding(result), _remoteness_standing(result))
    page.footer(
        run_words(result), attribution(result, "borders", "elevation", "landcover"), "North is up.",
        told.DISCLAIMER,
    )  # fmt: skip
    page.key_below(_remoteness_key(result))
    ground, _ = ground_asked(page.sheet, result.border, result.corridor)
    frame = map_frame(ground)
    bounds = ground.to_crs(frame).total_bounds
    farther = dict(zip(known, table["farther_share"].astype(float), strict=True))
    for number, (each, box) in enumerate(zip(shown, _boxes(page, bounds, len(shown)), strict=True)):
        panel = page.ax
        if page.whole:
            panel = page.ax if number == 0 else page.axes(box, f"{each:g} h")
            panel.set_position(page.share(box))
        words = f"> {each:g} h: {told.percent(farther[each])}"
        _remote_map(page, panel, result, each, (frame, bounds), words)
    return page.ax


def remoteness_data(result: StudyResult) -> pd.DataFrame:
    """Give what `remoteness` draws, as a table."""
    return told.remoteness_table(result)


def _remoteness_standing(result: StudyResult) -> str:
    how = told.MODE_WORDS[result.reach.mode]
    words = f"Hours {how} from the nearest {told.origin_words(result)}{told.upper_bound(result)}."
    return f"{words} {told.remoteness_standing(result)}".rstrip()


def _boxes(page: Page, bounds: Any, number: int) -> list[tuple[float, float, float, float]]:
    """Share the room between maps, beside each other or one under another, so that they are largest."""
    left, bottom, right, top = page.body_in
    wide, high = right - left, top - bottom
    head, gap = 1.6 * page.points / 72, 0.12
    across, up = max(bounds[2] - bounds[0], 1.0), max(bounds[3] - bounds[1], 1.0)
    scale = {
        (columns, math.ceil(number / columns)): min(
            (wide / columns - gap) / across, (high / math.ceil(number / columns) - head) / up
        )
        for columns in range(1, number + 1)
    }
    columns, rows = max(scale, key=lambda each: scale[each])
    boxes = []
    for place in range(number):
        x = left + place % columns * wide / columns
        y = top - (place // columns + 1) * high / rows
        boxes.append((x, y, x + wide / columns - gap, y + high / rows - head))
    return boxes


def _remote_map(
    page: Page, ax: Axes, result: StudyResult, hours: float, where: tuple[Any, Any], words: str
) -> None:
    frame, (west, south, east, north) = where
    bands, across = result.reach.bands, result.reach.across
    assert bands is not None  # noqa: S101 - asked before
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="box", anchor="NW")
    ax.spines[:].set_visible(False)
    far = bands["from_h"] >= hours - 1e-9
    for rows, look in ((bands[~far], _NEAR), (bands[far], _FAR)):
        _fill(ax, rows.geometry.to_crs(frame), look)
    if across is not None:
        _fill(ax, across.to_crs(frame), _ACROSS)
    result.corridor.outline.to_crs(frame).boundary.plot(
        ax=ax, color=INK["text"], linewidth=0.6, linestyle=(0, (5, 3)), zorder=3
    )
    result.border.line.to_crs(frame).plot(ax=ax, color=INK["casing"], linewidth=2.6, zorder=4)
    result.border.line.to_crs(frame).plot(ax=ax, color=INK["border"], linewidth=1.2, zorder=5)
    ax.set(xlim=(west, east), ylim=(south, north), xlabel="", ylabel="")
    if page.whole:
        ax.set_title(words, fontsize=page.points, pad=2)
    if ax is page.ax:
        ground = result.corridor.outline.to_crs(frame).union_all()
        watch(ax, lambda: scale_bar(ax, frame, corner=_free_corner(ax, ground)))
    ax.bz_crs = frame  # type: ignore[attr-defined]  # as on every map


def _free_corner(ax: Axes, ground: Any) -> tuple[float, float]:
    """Find the corner of a map in which a scale bar hides least of it."""
    wide, high = inches_of(ax)
    across, up = (
        min(side / whole, 0.9) for side, whole in zip(scale_inches(ax), (wide, high), strict=True)
    )
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()

    def hidden(corner: tuple[float, float]) -> float:
        x, y = west + corner[0] * (east - west), south + corner[1] * (north - south)
        box = shapely.box(x, y, x + across * (east - west), y + up * (north - south))
        return float(ground.intersection(box).area)

    return min(((x, y) for y in (0.02, 0.98 - up) for x in (0.02, 0.98 - across)), key=hidden)


_FAR = Look(facecolor="desert", edgecolor="desert_line", hatch="....", linewidth=0.0)
_NEAR = Look(facecolor="land_2", edgecolor="land_2", linewidth=0.0)
_ACROSS = Look(facecolor="paper", edgecolor="rule", hatch="\\\\\\\\", linewidth=0.0)


def _fill(ax: Axes, shapes: gpd.GeoSeries, look: Look) -> None:
    shapes = shapes[~shapes.is_empty]
    if len(shapes):
        shapes.plot(ax=ax, zorder=2, **look)


def _remoteness_key(result: StudyResult) -> list[Any]:
    marks = [
        Patch(label="farther than the hours", **_FAR),
        Patch(label="as near or nearer", **_NEAR),
    ]
    if result.reach.across is not None:
        marks.append(Patch(label="across the border: out of reach", **_ACROSS))
    return [
        *marks,
        Line2D([], [], color=INK["border"], linewidth=1.2, label="border"),
        Line2D([], [], color=INK["text"], linewidth=0.6, linestyle=(0, (5, 3)), label="corridor"),
    ]


@drawing
def month_moon(
    result: StudyResult,
    *,
    ax: Axes | None = None,
    sheet: Sheet | None = None,
    **options: Unpack[SheetOptions],
) -> Axes:
    """
    Draw how many people see half by month and moon; where no ground is known, how bright the nights are.

    Parameters
    ----------
    result
        What a study gave.
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

    Examples
    --------
    >>> import borderzone as bz
    >>> border = bz.Border.between("IRQ", "SYR").between_km(200, 320)
    >>> study = bz.Study(border=border, scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> ax = bz.figures.month_moon(study.run(seed=1), size="16:9")
    >>> print(ax.figure.texts[0].get_text())
    Under a full moon in February seeing half takes 220 people out with what the scenario has, in a night without a
    moon 680
    """
    table = month_moon_data(result)
    counted = "people" in table
    page = open_page(ax, Sheet.of(sheet, options), SIZES["text"])
    shown = "people" if counted else "moonlight"
    values = table.pivot_table(values=shown, index="moon", columns="month", dropna=False)
    values = values.loc[list(_MOONS)]
    nights = table.groupby(level="month")[["name", "night_h"]].first()
    values.columns = [
        f"{name}\n{hours:.0f}\N{NO-BREAK SPACE}h"
        for name, hours in zip(nights["name"], nights["night_h"], strict=True)
    ]
    values.index = list(_MOONS.values())
    write = _people if counted else told.percent
    turned = better_turned(page, values, write)
    if turned:
        values = values.rename(columns=lambda name: name.replace("\n", ", ")).T
    ends = paint_cells(page, values, write)
    what = "people out at once that see half" if counted else "moonlight, of a full moon overhead"
    across = "month, and hours of nautical darkness on its 15th"
    axis_words(page, *(("", across) if turned else (across,)))
    page.close(
        told.month_moon_finding(result),
        f"{result.name}: {what}. Without useful light: {told.night_length_words(result)}.",
        foot=(ends, "Every state of nature at its median." if counted else "", run_words(result)),
    )
    return page.ax


# A moon, as the tables name it -> its words.
_MOONS = {"full": "full moon", "mean": "mean of the moons", "dark": "no moon"}


def _people(value: float) -> str:
    return "–" if math.isnan(value) else told.rounded(value)


def month_moon_data(result: StudyResult) -> pd.DataFrame:
    """Give what `month_moon` draws, as a table."""
    found = result.patrol.by_night
    return result.reach.moonlight if found is None else found
