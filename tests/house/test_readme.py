"""The README: its numbers are those of the run it names, and its code and that of the page on studies run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from places import ROOT

import borderzone as bz
from borderzone.report import pictures

if TYPE_CHECKING:
    from pathlib import Path

README = ROOT / "README.md"
STUDY = README.parent / "docs" / "reference" / "study.md"


def in_order(text: str) -> list[str]:
    """Give the numbers of a sentence as they are written, with the unit of a share."""
    return re.findall(r"\d[\d,.]*\d(?: %)?|\d(?: %)?", text)


def numbers(text: str) -> set[str]:
    """Give each of them once."""
    return set(in_order(text))


@pytest.fixture(scope="module")
def pasted(tmp_path_factory: pytest.TempPathFactory, draft: None) -> dict[str, Any]:
    """Run its code, as a newcomer may paste it, in an empty folder; give the names that it leaves."""
    (block,) = python_blocks(README)
    names: dict[str, Any] = {"place": tmp_path_factory.mktemp("pasted")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(names["place"])
        patch.setattr(pictures, "FORMATS", ("png",))  # the page is looked for, and the numbers
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - that is the test
    return names


def test_its_three_answers_are_those_of_the_built_in_study(pasted: dict[str, Any]) -> None:
    """The run that it names is the one that `make report` makes."""
    answers = re.findall(r"^\d\. (.+)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    sentences = pasted["result"].summary

    assert len(answers) == len(sentences) == 3
    for answer, sentence in zip(answers, sentences, strict=True):
        assert numbers(answer)
        assert numbers(answer) <= numbers(sentence), answer
    # Which kit has which band is told by their order.
    assert in_order(answers[2]) == in_order(sentences[2])


def python_blocks(page: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def test_its_code_runs(pasted: dict[str, Any]) -> None:
    """A newcomer can paste it."""
    assert (pasted["place"] / "out-python" / "report.html").exists()


def test_steps_in_python_run() -> None:
    """The page on studies goes from two names to a curve."""
    (block,) = (text for text in python_blocks(STUDY) if "coverage_curve" in text)
    names: dict[str, Any] = {}

    exec(compile(block, "study.md", "exec"), names)  # noqa: S102 - that is the test

    assert names["curve"]["mean_pod"].is_monotonic_increasing


def test_the_page_on_studies_names_each_key_of_a_scenario() -> None:
    """A key that no page names is not found by those who need it."""
    named = set(re.findall(r"`(\w+)`", STUDY.read_text(encoding="utf-8")))

    assert set(bz.Scenario.model_fields) - named == set()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_links_of_pages_outside_the_documentation_lead_somewhere(name: str) -> None:
    """No link to a file, or to a heading, that is not there; in the built pages `make docs` looks."""
    source = ROOT / name
    links = re.findall(r"\]\(([^)#:]+)(?:#([^)]+))?\)", source.read_text(encoding="utf-8"))
    assert links
    for target, heading in links:
        page = source.parent / target
        assert page.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}
