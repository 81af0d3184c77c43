"""Figures in a notebook: its backend sets itself up when the first is made, and shows every later one."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import borderzone as bz


@pytest.mark.usefixtures("shown")
def test_what_a_backend_sets_with_the_first_figure_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing else does that a figure sets for itself."""
    made = plt.figure

    def first(*given: object, **how: object) -> object:
        mpl.interactive(True)  # noqa: FBT003 - matplotlib takes it by position
        return made(*given, **how)  # type: ignore[arg-type]  # handed on

    before = dict(mpl.rcParams)
    monkeypatch.setattr(plt, "figure", first)
    try:
        bz.Border.between("JOR", "IRQ").plot()
        assert mpl.is_interactive()
        changed = {name for name, value in mpl.rcParams.items() if before[name] != value}
        assert changed <= {"interactive", "backend"}
    finally:
        mpl.interactive(before["interactive"])
        plt.close("all")
