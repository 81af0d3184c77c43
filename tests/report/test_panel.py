"""The panel tells what the tables tell, by every way in, and the page is fit for any reader."""

from __future__ import annotations

import json
import re
from importlib import resources
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from page_browser import PageBrowser, opened

from borderzone.patrol import answer_places, answer_pod
from borderzone.report import edition
from borderzone.report.panel.build import PERCENTS, made_panel
from borderzone.report.panel.states import places_of, stops_of
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from borderzone.study import StudyResult

# What the page shows, and how it is set: by what a reader would touch.
READ = """(() => {
  const text = (id) => document.getElementById("panel-" + id).textContent;
  return ["n", "people", "seen", "weakest", "empty", "told"].map(text);
})()"""
SET = """(() => {
  const put = (id, value, kind) => {
    const node = document.getElementById("panel-" + id);
    node.value = value;
    node.dispatchEvent(new Event(kind, {bubbles: true}));
  };
  const [kit, tactic, light, rule, stop] = STATE;
  put("kit", kit, "change"); put("tactic", tactic, "change");
  put("light", light, "change"); put("rule", rule, "change"); put("units", stop, "input");
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
})()"""


@pytest.fixture(scope="module")
def page_file(public_report: Path) -> Path:
    return public_report / "report.html"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageBrowser]:
    with opened(tmp_path_factory.mktemp("profile")) as page:
        yield page


def test_the_page_tells_the_numbers_of_the_library_at_twenty_stops(
    tab: PageBrowser, page_file: Path, result: StudyResult
) -> None:
    asked = result.patrol.asked
    assert asked is not None
    tab.opens(page_file)
    stops = stops_of(result.scenario.max_units)
    kits = (
        ("thermal", "beats_soft", "blind"),
        ("eye", "random", "blind"),
        ("posts", "standing", "blind"),
    )
    # Every stop once, with another state of the controls at each.
    states = list(product(kits, ("night", "dark", "day"), ("optimal", "maximin", "even")))
    picked = [(n % len(stops), *states[(5 * n) % len(states)]) for n in range(22)]
    for n, (kit, law, opponent), light, rule in picked:
        tab.says(SET.replace("STATE", json.dumps([kit, f"{law}|{opponent}", light, rule, n])))
        shown = tab.says(READ)
        how = {"law": "random" if law == "standing" else law, "light": light}
        found = answer_places(asked, stops[n], kit, opponent=opponent, rule=rule, **how)
        seen = float(found["seen"].to_numpy() @ np.asarray(asked.weights))
        assert shown[0] == f"{stops[n]:,}"
        assert shown[1] == told.rounded(4 * stops[n])
        assert shown[2] == told.percent(min(seen, 1.0))
        assert shown[3] == told.percent(float(found["seen_weakest"].min()))
        assert int(shown[4]) == int((found["units"] <= 0).sum())


def test_the_numbers_are_those_of_the_answer_at_the_medians(result: StudyResult) -> None:
    panel = made_panel(edition(result, "public"))
    assert panel is not None
    assert result.patrol.asked is not None
    asked = result.patrol.asked.at_medians()
    for rule, measure, column in (
        ("optimal", "mean_pod", "seen"),
        ("maximin", "min_pod", "seen_weakest"),
    ):
        rows = panel.numbers.table.query(
            f"kit == 'goggles' and law == 'beats_soft' and opponent == 'blind' and light == 'dark' and rule == '{rule}'"
        )
        other = answer_pod(
            asked, rows["units"], "goggles", law="beats_soft", light="dark", measure=measure
        )
        assert rows[column].tolist() == pytest.approx(other["share_at_medians"].tolist(), abs=2e-6)


def test_the_table_beside_the_page_is_the_one_inside_it(
    public_report: Path, page_file: Path
) -> None:
    held = _held(page_file)
    table = pd.read_csv(public_report / "tables" / "panel.csv")
    columns = ["kit", "law", "opponent", "light", "rule"]
    assert held["states"] == table[columns].agg("|".join, axis=1).drop_duplicates().tolist()
    codes = np.array(held["seen"]).ravel()
    assert [PERCENTS[code] for code in codes] == [told.percent(share) for share in table["seen"]]
    assert held["segments"] == 60
    assert max(np.array(held["empty"]).ravel()) == table["segments_without"].max()


def _held(file: Path) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    found = re.search(r'id="panel-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    held: dict[str, Any] = json.loads(found.group(1))
    return held


def test_keys_alone_move_units_and_places_and_all_three_follow(
    tab: PageBrowser, page_file: Path
) -> None:
    tab.opens(page_file)
    before = tab.says(READ)
    tab.says("document.getElementById('panel-units').focus()")
    tab.presses("ArrowRight")
    tab.says("new Promise((done) => setTimeout(done, 600))")
    after = tab.says(READ)
    assert int(after[0]) > int(before[0])
    # Whoever listens hears all of it.
    assert f"{after[0]} units, {after[1]} people: {after[2]} seen on average" in after[5]
    tab.says("document.getElementById('panel-place').focus()")
    for _ in range(3):
        tab.presses("ArrowRight")
    lit = tab.says(
        "['panel-places', 'panel-hits'].map((id) => [...document.querySelectorAll('#' + id + ' .on')]"
        ".map((node) => node.dataset.i).join())"
    )
    assert lit == ["3", "3"]
    assert tab.says("document.getElementById('panel-line-place').getAttribute('d').length") > 20
    assert tab.says("document.getElementById('panel-chosen').textContent").startswith(
        "Km 30 to 40: "
    )


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_fits_asks_for_nothing_and_offends_no_rule_of_accessibility(
    tab: PageBrowser, page_file: Path, width: int
) -> None:
    tab.opens(page_file, width=width)
    assert tab.requests() == []
    assert tab.complaints() == []
    needed, window = tab.says("[document.documentElement.scrollWidth, innerWidth]")
    assert needed <= window
    assert tab.says("[...document.images].every((i) => i.complete && i.naturalWidth > 0)")
    idle = "[...document.querySelectorAll('.scroll[tabindex]')].filter((r) => r.scrollWidth <= r.clientWidth + 1)"
    assert tab.says(f"{idle}.length") == 0
    axe = resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    tab.asks("Runtime.evaluate", expression=f"{axe};0")
    found = tab.says(
        "axe.run().then((r) => r.violations.map((v) => v.id + v.nodes.map((n) => n.html)))"
    )
    assert found == []


def test_tables_sort_and_filter(tab: PageBrowser, page_file: Path) -> None:
    tab.opens(page_file)
    table = "document.querySelector('#corridor .find + .scroll table')"
    tab.says(f"{table}.tHead.rows[0].cells[0].querySelector('button').click()")
    first = tab.says(f"[...{table}.tBodies[0].rows].map((row) => row.cells[0].textContent)")
    assert first == sorted(first, key=str.casefold)
    field = "document.querySelector('#corridor .find input')"
    tab.says(f"({field}.value = 'nothing like this', {field}.dispatchEvent(new Event('input')))")
    assert tab.says(f"[...{table}.tBodies[0].rows].filter((row) => !row.hidden).length") == 0


def test_print_opens_what_is_closed_on_the_screen(
    tab: PageBrowser, page_file: Path, tmp_path: Path
) -> None:
    tab.opens(page_file)
    assert tab.says("document.querySelectorAll('details:not([open])').length") > 5
    tab.says(
        "addEventListener('beforeprint', () => { window.shut = document.querySelectorAll('details:not([open])').length; })"
    )
    tab.prints(tmp_path / "page.pdf")
    assert tab.says("window.shut") == 0
    content = (tmp_path / "page.pdf").read_bytes()
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", content)) <= 15


def test_the_script_is_small_and_the_panel_says_what_it_cannot_know(result: StudyResult) -> None:
    folder = resources.files("borderzone.report")
    script = sum(len(folder.joinpath(name).read_bytes()) for name in ("page.js", "panel/panel.js"))
    assert script < 60_000
    bare = edition(result, "public")
    assert bare.asked is not None
    assert bare.asked.posts == ()
    assert bare.asked.drive_h is None or bare.asked.drive_h.isna().all()


def test_places_are_never_finer_than_what_is_told_and_few_enough_to_point_at() -> None:
    assert places_of(60, 1).tolist() == list(range(60))
    assert np.bincount(places_of(61, 2)).tolist() == [2] * 29 + [3]
    assert places_of(900, 1).max() < 100
