"""The panel by itself, as a notebook shows it: it works inside its frame, and tells no more than a report."""

from __future__ import annotations

import html
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from page_browser import opened

import borderzone as bz
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult

# Moves the slider to its end, inside the frame, and tells what stands there then.
MOVE = """(() => {
  const page = document.querySelector("iframe").contentDocument;
  const units = page.getElementById("panel-units");
  units.value = units.max;
  units.dispatchEvent(new Event("input", {bubbles: true}));
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(
    ["n", "people", "seen"].map((id) => page.getElementById("panel-" + id).textContent)))));
})()"""


def test_the_panel_moves_inside_a_cell(result: StudyResult, tmp_path: Path) -> None:
    file = tmp_path / "cell.html"
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8>{result.panel()._repr_html_()}", "utf-8")

    with opened(tmp_path / "profile") as tab:
        tab.opens(file)
        shown = tab.says(MOVE)

    most = result.scenario.max_units
    assert shown == [f"{most:,}", f"{4 * most:,}", "more than 99 %"]


def test_the_edition_is_that_of_a_report(result: StudyResult) -> None:
    public, internal = result.panel(), result.panel(detail="internal")

    assert "INTERNAL" not in public.html
    assert "INTERNAL: not for publication" in internal.html
    assert "<link" not in public.html
    assert "default-src 'none'" in public.html
    with pytest.raises(InvalidParameterError, match="detail"):
        result.panel(detail="secret")


def test_words_of_the_user_stay_words_in_the_page_and_in_its_frame(result: StudyResult) -> None:
    page = replace(result, name='"><script>alert(1)</script>').panel()

    assert "<script>alert" not in page.html
    assert "<script" not in page._repr_html_()
    assert html.unescape(page._repr_html_().split('srcdoc="')[1].split('"')[0]) == page.html
    assert "alert" in repr(page)


def test_where_it_is_not_known_what_units_see_there_is_no_panel() -> None:
    far = bz.Study.between("JOR", "IRQ", dem=None).run()

    with pytest.raises(InvalidParameterError, match="run a study with elevation"):
        far.panel()
