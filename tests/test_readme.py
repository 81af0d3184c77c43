"""The README: its numbers are those of the run it names, and its code runs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import borderzone as bz

README = Path(__file__).parents[1] / "README.md"


def test_its_three_sentences_are_those_of_the_built_in_study() -> None:
    """The run that it names is the one that `make report` makes."""
    text = README.read_text(encoding="utf-8")

    for number, sentence in enumerate(bz.Study.default().run(seed=1).summary, start=1):
        assert f"\n{number}. {sentence}\n" in text


@pytest.mark.parametrize("position", [0, 1])
def test_its_code_runs(position: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newcomer can paste it."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 2
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}

    exec(compile(blocks[position], "README.md", "exec"), names)  # noqa: S102 - that is the test

    assert ("result" in names) == (position == 0)
    assert (tmp_path / "out-python" / "report.html").exists() == (position == 0)


def test_its_links_lead_somewhere() -> None:
    """No link to a file, or to a heading, that is not there."""
    links = re.findall(r"\]\(([^)#:]+)(?:#([^)]+))?\)", README.read_text(encoding="utf-8"))
    assert any(heading for _, heading in links)
    for target, heading in links:
        page = README.parent / target
        assert page.exists(), target
        if heading:
            titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", t).lower().replace(" ", "-") for t in titles}
