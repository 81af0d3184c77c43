"""Figures of what-ifs: on any page their words fit, noise is grey, and they say what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text
from sheets import faults, some_axes

from borderzone import figures, whatif
from borderzone.errors import InvalidParameterError
from borderzone.figures.grammar import INK, figure_of
from borderzone.study import told

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from borderzone.study import StudyResult

NAMES = ("comparison", "break_even", "two_way", "tornado", "pareto", "regret")
# A4 landscape, a column of 85 mm, a slide of 16:9. Units: inches.
SIZES = {"paper": (11.69, 8.27), "column": (3.35, 3.35), "slide": (13.33, 7.5)}
GREY = "#d6d6d6"


def changes() -> pd.DataFrame:
    """Give three scenarios against one: fewer for sure, within noise, and no number enough."""
    rows = [
        ("goggles for all", -1900.0, -4000.0, -900.0, 1.0, False),
        ("forty more patrols on the same ground", 20.0, -90.0, 130.0, 0.6, True),
        ("half of them standing still", np.inf, 300.0, np.inf, 0.9, None),
    ]
    names = [
        "scenario_b",
        "difference",
        "difference_low",
        "difference_high",
        "probability",
        "within_noise",
    ]
    return pd.DataFrame(rows, columns=names).assign(
        quantity="people_mean_pod_0.5", a=2300.0, b=400.0, scenario_a="as is", case=[1, 2, 3]
    )


def worth() -> pd.DataFrame:
    """Give break-even on average and at the weakest place, where no number does in most draws."""
    rows = [("mean_pod", 2300.0, 2000.0, 2600.0, 1.0), ("min_pod", np.inf, 700.0, np.inf, 0.3)]
    names = ["measure", "people", "people_low", "people_high", "attainable"]
    sides = {
        "scenario_a": "as is",
        "scenario_b": "goggles",
        "kit_a": "scenario",
        "kit_b": "scenario",
    }
    return pd.DataFrame(rows, columns=names).assign(**sides, people_b=400.0)


def swept() -> pd.DataFrame:
    """Give four kits in six months against three opponents, of which the first is within noise."""
    rows = []
    for case, (kit, month) in enumerate((k, m) for k in range(4) for m in range(1, 12, 2)):
        for k, opponent in enumerate(("blind", "last_pass", "informed")):
            people = (2300.0, 400.0, 90.0, 130.0)[kit] * (1 + month / 20) * (1 + k * (kit < 3))
            rows.append(
                {"case": case, "kit": ("eye", "goggles", "thermal", "posts")[kit], "month": month,
                 "opponent": opponent, "target": 0.5, "measure": "mean_pod", "people": people,
                 "people_low": people / 2, "people_high": 2 * people, "at_people": 400.0 + 4 * month,
                 "share": 50 / people + month / 100, "share_low": 0.1, "share_high": 0.9,
                 "difference": people - 2415 * (1 + k), "difference_low": people - 3000 * (1 + k),
                 "difference_high": people - 2000 * (1 + k), "probability": 0.9, "within_noise": kit == 0}
            )  # fmt: skip
    table = pd.DataFrame(rows)
    table.attrs["vary"] = ["kit", "month"]
    return table


def table_of(name: str) -> pd.DataFrame:
    if name in {"comparison", "break_even"}:
        return changes() if name == "comparison" else worth()
    if name == "two_way":
        return whatif.two_way(swept(), "kit", "month")
    if name == "pareto":
        return whatif.pareto(swept(), measure="mean_pod")
    if name == "tornado":
        return whatif.tornado(swept())
    return whatif.regret(swept(), ["kit"], ["opponent", "month"])


def words_of(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip()]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_words_are_large_enough_and_stay_on_the_page(name: str, size: str) -> None:
    """Nothing below 7 points, nothing cut, and no words on others."""
    ax = getattr(figures, name)(table_of(name), size=SIZES[size])
    figure = figure_of(ax)

    assert tuple(figure.get_size_inches()) == SIZES[size]
    assert faults(figure) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_table_has_its_figure_its_words_and_its_data(name: str) -> None:
    """On somebody's axes as well; described in numbers, without a word of colour."""
    table = table_of(name)
    ax = some_axes()

    assert figures.TABLE_FIGURES[name].draw(table, ax=ax) is ax
    assert ax.get_title(loc="left")
    words = figures.alt_text(table, name)
    assert any(character.isdigit() for character in words)
    assert words.endswith(".")
    assert "blue" not in words
    shown = figures.figure_data(table, name)
    pd.testing.assert_frame_equal(shown, table)
    assert shown is not table


def test_what_is_within_noise_is_grey() -> None:
    """Cells, bars and bands; the rest is not."""
    cells = figures.two_way(table_of("two_way")).patches
    inks = [to_hex(cell.get_facecolor()) for cell in cells]
    assert inks.count(GREY) == 6
    bars = figures.tornado(table_of("tornado")).patches
    assert [to_hex(bar.get_facecolor()) for bar in bars].count(GREY) == 5
    bands = figures.comparison(changes()).collections
    assert [to_hex(tuple(np.ravel(band.get_edgecolor())[:3])) for band in bands] == [
        "#0b3c6f",
        INK["rule"],
        INK["rule"],
    ]


def test_a_number_stands_in_its_cell_or_its_ends_are_said() -> None:
    """Turned where that gives them room; where nothing does, lightest and darkest are told."""
    table = table_of("regret")
    wide = figures.regret(table)
    most = told.rounded(float(table["regret"].max()))
    assert {"0", most} <= {text.get_text() for text in wide.texts}
    assert len(wide.get_yticks()) == 4
    narrow = figures.regret(table, size=(3.35, 8.0))
    assert len(narrow.get_yticks()) == 19
    assert narrow.texts
    tiny = figures.regret(table, size=(2.5, 2.5))
    assert not tiny.texts
    said = " ".join(text.get_text().replace("\n", " ") for text in words_of(figure_of(tiny)))
    assert "Nearest to the paper: 0; farthest from it: " in said
    cells = table_of("two_way")
    usual, turned = (figures.two_way(cells, size=size) for size in ((3.35, 3.35), (2.2, 6.0)))
    assert (usual.get_xlabel(), usual.get_ylabel()) == ("month", "kit")
    assert (turned.get_xlabel(), turned.get_ylabel()) == ("kit", "month")
    assert len(turned.get_yticks()) == 6
    bold = [
        label.get_text() for label in wide.get_yticklabels() if label.get_fontweight() == "bold"
    ]
    assert bold == table.loc[table["choice"], "decision"].unique().tolist()


def test_no_number_enough_is_hatched_and_said() -> None:
    """An infinite cell is no colour of the scale, and one that is not known is no number."""
    table = table_of("two_way")
    table.loc[[6, 7], "value"] = [np.inf, np.nan]
    ax = figures.two_way(table)

    assert sum(cell.get_hatch() is not None for cell in ax.patches) == 2
    assert {"none", "–"} <= {text.get_text() for text in ax.texts}
    notes = " ".join(text.get_text() for text in figure_of(ax).texts)
    assert "no number is enough" in notes.replace("\n", " ")
    endless = table.assign(value=np.inf)
    assert "No number is enough anywhere" in figures.alt_text(endless, "two_way")


def test_a_share_is_told_in_percent_and_points() -> None:
    """Of a share more is better, and a difference is in points."""
    share = changes().assign(quantity="mean_pod", difference=[0.3, 0.01, -0.2])
    assert "points" in figures.comparison(share).get_xlabel()
    assert "+30 points seen, on average" in figures.alt_text(share, "comparison")
    cells = whatif.two_way(swept(), "kit", "month", "share")
    assert any(text.get_text().endswith(" %") for text in figures.two_way(cells).texts)
    tornado = whatif.tornado(swept(), "share")
    assert "in points from" in figures.tornado(tornado).get_xlabel().replace("\n", " ")


def test_medians_of_differences_say_that_they_are(result: StudyResult, other: StudyResult) -> None:
    """Under the figure and in its words, for a table of results."""
    import borderzone as bz  # noqa: PLC0415 - only here

    table = bz.compare(result, other)
    said = " ".join(text.get_text() for text in figure_of(figures.comparison(table)).texts)
    assert "median of the differences draw by draw" in said.replace("\n", " ")
    assert "median of the differences draw by draw" in figures.alt_text(table, "comparison")
    worth_of = whatif.break_even(result, other)
    assert worth_of.attrs["statement"] in figures.alt_text(worth_of, "break_even")


@pytest.mark.parametrize("name", NAMES)
def test_another_table_is_refused(name: str, result: Any) -> None:
    """By the function that gives the right one; a result is no table, and a table no result."""
    table = table_of(name)
    draw = getattr(figures, name)
    maker = "borderzone.compare" if name == "comparison" else f"borderzone.whatif.{name}"
    with pytest.raises(
        InvalidParameterError, match=f"drawn from the table of {maker}, got one with no column"
    ):
        draw(table.iloc[:, :1])
    with pytest.raises(InvalidParameterError, match="with no row"):
        draw(table.iloc[:0])
    with pytest.raises(InvalidParameterError, match="size must be"):
        draw(table, size=(0, 3))
    with pytest.raises(
        InvalidParameterError, match=f"no figure '{name}' of a study; that one is of a table"
    ):
        figures.alt_text(result, name)
    with pytest.raises(
        InvalidParameterError, match="no figure 'answer' of a table; that one is of a study"
    ):
        figures.figure_data(table, "answer")


def test_a_quantity_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidParameterError, match="quantity must be one of people_mean_pod"):
        figures.comparison(changes(), quantity="min_pod")
    assert figures.comparison(changes(), ax=some_axes()).get_xlabel().endswith("people")
