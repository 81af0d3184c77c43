"""What surrounds the code: licences of all files, pinned actions, and targets that are what they say."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from typing import Any

import pytest
from places import ROOT

WORKFLOW = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
REGISTRY = tomllib.loads((ROOT / "data" / "registry.toml").read_text("utf-8"))
SPDX = {
    "public domain": "LicenseRef-Public-Domain",
    "open (NASA Earth science data, no restriction on use)": "LicenseRef-Public-Domain",
    "public domain; its grey-to-metre curve CC-BY-4.0": "LicenseRef-Public-Domain AND CC-BY-4.0",
    "CC0-1.0": "CC0-1.0",
    "CC-BY-4.0": "CC-BY-4.0",
    "facts; cite the article": "CC0-1.0",
    "facts; cite the source of each row": "CC0-1.0",
}


def licensed() -> list[dict[str, Any]]:
    found = tomllib.loads((ROOT / "REUSE.toml").read_text("utf-8"))["annotations"]
    return [
        {**one, "path": [one["path"]] if isinstance(one["path"], str) else one["path"]}
        for one in found
    ]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_the_licence_of_each_data_file_is_that_of_the_registry(name: str) -> None:
    path = f"data/{REGISTRY[name]['path']}"
    own = [one for one in licensed() if path in one["path"]]

    assert [one["SPDX-License-Identifier"] for one in own] == [SPDX[REGISTRY[name]["licence"]]]
    assert name in (ROOT / "data" / "LICENCES.md").read_text("utf-8")


def test_each_licence_has_its_text_and_the_package_names_them_all() -> None:
    texts = {path.stem for path in (ROOT / "LICENSES").iterdir()}
    used = {part for one in licensed() for part in one["SPDX-License-Identifier"].split(" AND ")}

    assert used == texts == set(PROJECT["project"]["license"].split(" AND "))
    assert (ROOT / "LICENSES" / "BSD-3-Clause.txt").read_text("utf-8") == (
        ROOT / "LICENSE"
    ).read_text("utf-8")


def test_no_annotation_names_a_file_that_is_gone() -> None:
    named = [path for one in licensed() for path in one["path"] if path != "**"]

    assert [path for path in named if not (ROOT / path).is_file()] == []


def test_actions_are_pinned_by_hash_with_their_version_beside_it() -> None:
    used = re.findall(r"uses: (.+)", WORKFLOW)

    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_new_versions_of_actions_wait_before_they_are_proposed() -> None:
    settings = (ROOT / ".github" / "dependabot.yml").read_text("utf-8")
    days = re.search(r"cooldown:\n\s+default-days: (\d+)", settings)

    assert days is not None
    assert int(days[1]) >= 7


def test_continuous_integration_runs_the_target_that_the_readme_names() -> None:
    run = (ROOT / ".ci" / "run").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")

    assert run.endswith("\nmake test\n")
    for target in ("make quick", "make test ", "make test-all"):
        assert target in readme
    assert "- run: .ci/run\n" in WORKFLOW
    assert "- run: make test-all\n" in WORKFLOW


def test_limits_of_the_workflow_leave_room_for_the_targets() -> None:
    limits = [int(minutes) for minutes in re.findall(r"timeout-minutes: (\d+)", WORKFLOW)]

    assert [(20 < test <= 40, 80 < everything <= 120) for test, everything in [limits]] == [
        (True, True)
    ]


def test_each_target_is_declared_and_its_scripts_are_there() -> None:
    declared = re.search(r"^\.PHONY: ((?:[^\\\n]|\\\n)+)", MAKEFILE, re.MULTILINE)
    assert declared is not None
    names = declared[1].replace("\\\n", " ").split()

    for name in names:
        assert re.search(rf"^{re.escape(name)}:", MAKEFILE, re.MULTILINE), name
    for script in re.findall(r"scripts/\w+\.(?:sh|py)", MAKEFILE):
        assert (ROOT / script).is_file(), script
    for test in re.findall(r"^QUICK_TESTS := ((?:[^\\\n]|\\\n)+)", MAKEFILE, re.MULTILINE):
        for name in test.replace("\\\n", " ").split():
            assert len(list((ROOT / "tests").rglob(f"test_{name}.py"))) == 1, name


def test_the_picture_of_the_rooms_is_that_of_the_code() -> None:
    script = ROOT / "scripts" / "draw_house.py"
    spec = importlib.util.spec_from_file_location("draw_house", script)
    assert spec is not None
    assert spec.loader is not None
    house = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(house)

    assert house.TARGET.read_text("utf-8") == house.picture(), "run scripts/draw_house.py"


def test_contributing_names_files_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    source = ROOT / "src" / "borderzone"
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)`", text))
    there = [path.relative_to(source).as_posix() for path in source.rglob("*.py")]

    assert len(named) > 20
    assert [
        name for name in named if not any(f"/{path}".endswith(f"/{name}") for path in there)
    ] == []
