"""Limits on what a file may hold: in one place, told with the way to raise them."""

from __future__ import annotations

import dataclasses
import re
import threading
from typing import TYPE_CHECKING

import pytest

from borderzone import incidents, io
from borderzone.errors import InvalidParameterError, LimitError
from borderzone.io import Limits
from borderzone.io.bounds import VARIABLE

if TYPE_CHECKING:
    from pathlib import Path


def wide(folder: Path, columns: int = 30) -> Path:
    file = folder / "wide.csv"
    names = ["lat", "lon", *(f"c{i}" for i in range(columns - 2))]
    file.write_text(",".join(names) + "\n" + ",".join(["34", "41", *["x"] * (columns - 2)]) + "\n")
    return file


def test_what_the_message_says_opens_the_file(tmp_path: Path) -> None:
    file = wide(tmp_path)
    with (
        io.limits(table_columns=20),
        pytest.raises(LimitError, match="has 30 columns, the limit is 20") as caught,
    ):
        incidents.read(file)
    told = re.search(r"borderzone\.io\.limits\((\w+)=(\d+)\)", str(caught.value))
    assert told is not None
    with io.limits(table_columns=20), io.limits(**{told[1]: int(told[2])}):
        assert len(incidents.read(file)) == 1


def test_the_command_line_raises_a_limit_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "table_columns=20 text_bytes=1000")
    assert (Limits.now().table_columns, Limits.now().text_bytes) == (20, 1000)
    with pytest.raises(LimitError, match=f"{VARIABLE}=table_columns=30 on the command line"):
        incidents.read(wide(tmp_path))
    monkeypatch.setenv(VARIABLE, "table_columns=30")
    assert len(incidents.read(wide(tmp_path))) == 1


@pytest.mark.parametrize("told", ["table_columns", "table_columns=-1", "table_columns=1e9"])
def test_a_variable_that_says_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, told: str
) -> None:
    monkeypatch.setenv(VARIABLE, told)
    with pytest.raises(InvalidParameterError, match="name=number"):
        Limits.now()


def test_a_limit_that_is_none_is_refused_with_the_nearest() -> None:
    with (
        pytest.raises(InvalidParameterError, match="did you mean 'raster_cells'"),
        io.limits(raster_cell=5),
    ):
        pass
    with (
        pytest.raises(InvalidParameterError, match="table_rows must be a whole number"),
        io.limits(table_rows=0),
    ):
        pass


def test_limits_hold_in_every_thread_and_end_with_the_body() -> None:
    usual, seen = Limits.now(), []
    with io.limits(table_rows=5), io.limits(table_columns=7):
        thread = threading.Thread(target=lambda: seen.append(Limits.now()))
        thread.start()
        thread.join()
    assert seen == [dataclasses.replace(usual, table_rows=5, table_columns=7)]
    assert Limits.now() == usual


def test_two_bodies_that_overlap_each_end_only_their_own() -> None:
    usual = Limits.now()
    first, second = io.limits(table_rows=5), io.limits(table_rows=6)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert Limits.now().table_rows == 6
    second.__exit__(None, None, None)
    assert Limits.now() == usual
