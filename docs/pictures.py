"""Draw each figure once for its page of the reference, from studies that all pages share."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    import borderzone as bz
    from borderzone.study import StudyResult

mpl.use("agg")
HERE = Path(__file__).parent
FOLDER = "reference/generated/pictures"
_FEW = {"draws": 400, "imputations": 200}


def names() -> list[str]:
    """Name the figures that the pages have a picture of."""
    import borderzone as bz  # noqa: PLC0415 - read after the backend is chosen

    # What ships has too few events to weigh segments by, no cover to race to, no known caves and no elevation
    # fine enough for posts.
    without = {"incident_pressure", "race_to_cover", "cave_success_rate", "post_curve"}
    return [
        name for name in (*bz.figures.FIGURES, *bz.figures.TABLE_FIGURES) if name not in without
    ]


def once(*_: Any) -> None:
    """Let the scripts of the gallery share a run, which each of them asks for in full."""
    import borderzone as bz  # noqa: PLC0415

    if getattr(bz.Study.run, "shared", False):
        return
    run, kept = bz.Study.run, {}

    def shared(self: bz.Study, seed: int | None = None, **others: Any) -> StudyResult:
        # The study is kept with its result, so that no other object takes the place of its layers.
        key = (self.scenario.model_dump_json(), seed, *_given(self))
        if key not in kept:
            kept[key] = self, run(self, seed, **others)
        return kept[key][1]

    shared.shared = True  # type: ignore[attr-defined]
    bz.Study.run = shared  # type: ignore[method-assign,assignment]


def _given(study: bz.Study) -> Iterator[object]:
    """Give the border and each layer: words as they are, else which object it is."""
    yield study.border.start_name
    yield study.border.length_km
    for name, value in vars(study).items():
        if name not in {"border", "scenario"}:
            yield value if isinstance(value, str | int | float | None) else id(value)


@cache
def studies() -> tuple[StudyResult, StudyResult, Any]:
    """Give the built-in study, the same with goggles, and a small sweep."""
    import borderzone as bz  # noqa: PLC0415

    study = bz.Study.default(bz.Scenario(**_FEW))
    ground = study.read_ground()
    goggles = study.scenario.changed({"name": "goggles", "force.sensor": "night_vision_goggles"})
    swept = bz.sweep(
        bz.Study.default(bz.Scenario(resolution_m=5000, draws=100, imputations=10)),
        {"kit": ["eye", "goggles"], "month": [6, 12]},
        outputs=("answer", "pod"),
    )
    return (
        study.run(seed=1, ground=ground),
        study.with_scenario(goggles).run(seed=1, ground=ground),
        swept,
    )


def draw(app: Sphinx) -> None:
    """Draw what is missing, and tell the pages what is seen on it."""
    told = HERE / FOLDER / "words.json"
    if not told.exists():
        told.parent.mkdir(parents=True, exist_ok=True)
        told.write_text(json.dumps(_drawn(told.parent)), encoding="utf-8")
    app.config.autosummary_context["alts"] = json.loads(told.read_text(encoding="utf-8"))


def _drawn(folder: Path) -> dict[str, str]:
    import borderzone as bz  # noqa: PLC0415

    result, other, swept = studies()
    tables = {
        "comparison": lambda: bz.compare(result, other),
        "break_even": lambda: bz.whatif.break_even(result, other),
        "two_way": lambda: bz.whatif.two_way(swept, "kit", "month"),
        "tornado": lambda: bz.whatif.tornado(swept),
        "pareto": lambda: bz.whatif.pareto(swept),
        "regret": lambda: bz.whatif.regret(swept),
    }
    words = {}
    for name in names():
        shown = tables[name]() if name in tables else result
        beside = other if name == "whatif" else None
        catalogue = bz.figures.TABLE_FIGURES if name in tables else bz.figures.FIGURES
        given = (shown,) if beside is None else (shown, beside)
        ax = catalogue[name].draw(*given, size="text")
        figure = ax.get_figure(root=True)
        figure.savefig(folder / f"{name}.png", dpi=130)
        plt.close(figure)
        words[name] = " ".join(bz.figures.alt_text(shown, name, other=beside).split())
    return words
