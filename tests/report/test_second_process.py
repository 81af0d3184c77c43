"""A second process that draws: the same files, whatever becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from borderzone.errors import InvalidParameterError
from borderzone.report import pictures, report_steps, warm_up, write_report
from borderzone.report.helper import Helper, taken

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import StudyResult


@pytest.fixture
def two_small_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw two figures only, as the second process draws them: finely."""
    specs = pictures.figure_specs
    monkeypatch.setattr(
        pictures,
        "figure_specs",
        lambda *arguments: [
            plan for plan in specs(*arguments) if plan.name in {"night_reach", "sight_lines"}
        ],
    )


def _figures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "figures").iterdir())}


@pytest.mark.usefixtures("two_small_figures")
def test_two_processes_write_what_one_does(
    result: StudyResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_report(result, tmp_path / "one")
    warm_up()
    # The first process draws last, so that the second has drawn.
    finish = Helper.finish
    drawn_here: list[Any] = []

    def late(self: Helper, step: Any) -> Any:
        assert self._over is not None
        self._over.join()

        def begun(job: Any) -> None:
            drawn_here.append(job)
            step(job)

        return finish(self, begun)

    monkeypatch.setattr(Helper, "finish", late)
    page = write_report(result, tmp_path / "two", workers=2, comparison=lambda: result)

    assert drawn_here == []
    assert len(_figures(tmp_path / "one")) == 10
    assert _figures(tmp_path / "two") == _figures(tmp_path / "one")
    assert page.is_file()


def test_a_second_process_that_dies_loses_nothing() -> None:
    helper = Helper()
    helper._process.kill()
    helper.begin(pow, (2,), [3, 4, 5])

    assert helper.finish(lambda _: None) == [8, 16, 32]
    helper.close()


def test_an_error_there_is_told_here() -> None:
    helper = taken()
    helper.begin(divmod, (1,), [0])
    assert helper._over is not None
    helper._over.join()

    with pytest.raises(ZeroDivisionError):
        helper.finish(lambda _: None)
    helper.close()


def test_a_process_that_warms_up_is_the_one_that_is_taken() -> None:
    warm_up()
    warm_up()
    first, second = taken(), taken()

    assert first is not second
    for helper in (first, second):
        helper.close()
        assert helper._process.poll() is not None


def test_steps_are_planned_for_one_process_and_for_two() -> None:
    one, two = dict(report_steps()), dict(report_steps(2, compared=True))

    assert set(two) - set(one) == {"figures begun", "what-if"}
    with pytest.raises(InvalidParameterError, match="workers must be"):
        report_steps(3)
