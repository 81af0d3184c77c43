"""The output folder: report, figures, tables, layers and manifest, whole or not at all."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd

import borderzone
from borderzone import io, provenance
from borderzone._guards import check_whole, watched
from borderzone._guards.escapes import line, typed_table
from borderzone._kernels import loop_threads
from borderzone.provenance import StageClock
from borderzone.report.helper import Helper, taken
from borderzone.report.page import render_page
from borderzone.report.panel.build import made_panel
from borderzone.report.pictures import begin_pictures, draw_pictures
from borderzone.report.public import edition
from borderzone.report.tables import data_dictionary, tables

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from borderzone.provenance import Stage
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["check_folder", "report_steps", "write_report"]

STAMP = "INTERNAL: not for publication"
# Cave susceptibility is never given by cell: it is known to 25 km.
RASTERS = (
    "elevation_m",
    "slope_deg",
    "tri_m",
    "relief_m",
    "hours_vehicle",
    "hours_foot",
    "remote_desert",
    "index",
)

_log = logging.getLogger("borderzone")


def report_steps(workers: int = 1, *, compared: bool = False) -> tuple[tuple[str, float], ...]:
    """
    Plan the steps of a report, and how long each takes beside those of a study.

    Parameters
    ----------
    workers
        Processes that draw.
    compared
        Whether a what-if is run on the way.

    Returns
    -------
    tuple
        Name and weight of each step, in their order.

    Raises
    ------
    InvalidParameterError
        If there are not so many processes.

    Examples
    --------
    >>> report_steps()[-1]
    ('manifest', 0.1)
    """
    workers = check_whole(workers, "workers", lowest=1, highest=2)
    # Of two processes this one draws the figures that take longest.
    figures = (("figure", 1.8),) * 16 if workers == 1 else (("figure", 2.5),) * 5
    begun = () if workers == 1 else (("figures begun", 0.2),)
    against = (("what-if", 6.0),) if compared else ()
    work = (("panel", 2.6), ("tables", 6.0), ("vectors and rasters", 0.5))
    return (*begun, *against, *work, *figures, ("report", 0.4), ("manifest", 0.1))


def check_folder(folder: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """
    Refuse an output folder before any work is done for it.

    Parameters
    ----------
    folder
        Folder that a report is to be written to.
    overwrite
        Whether an earlier report there may be replaced.

    Raises
    ------
    OutputError
        If it is not empty and may not be replaced.

    Examples
    --------
    >>> check_folder("a_folder_that_does_not_exist")
    """
    io.OutputFolder(folder, overwrite=overwrite).check()


def write_report(  # noqa: PLR0913 - each is one matter that users decide
    result: StudyResult,
    folder: str | os.PathLike[str],
    *,
    detail: str = "public",
    overwrite: bool = False,
    comparison: StudyResult | Callable[[], StudyResult] | None = None,
    progress: Callable[[str], None] | bool | None = None,
    workers: int = 1,
) -> Path:
    """
    Write the whole output folder of a study.

    Parameters
    ----------
    result
        What a study gave.
    folder
        Folder to write; nothing is written outside it.
    detail
        ``"public"``: segments of 10 km or coarser, no posts, and rows of
        incidents only under known open terms or where the study says
        ``terms="mine"``. ``"internal"`` holds them all and is stamped so on
        every file.
    overwrite
        Whether files that an earlier report wrote there may be replaced.
    comparison
        A second result of the same border, shown as a what-if, or a function
        that gives it: a second process draws while it runs.
    progress
        As for `Study.run`.
    workers
        Processes that draw: 1, or 2 for two thirds of the time and another
        400 MB. The files are the same.

    Returns
    -------
    pathlib.Path
        The report, ``report.html``.

    Raises
    ------
    InvalidParameterError
        If there is no such edition, or so many processes are not to be had.
    OutputError
        If the folder is not empty, or cannot be written.
    """
    workers = check_whole(workers, "workers", lowest=1, highest=2)
    how: dict[str, Any] = {"detail": detail, "overwrite": overwrite, "workers": workers}
    with watched(progress, f"Report on {result.name}", report_steps(workers)) as step:
        return _written(result, folder, comparison, **how, progress=step)


def _written(  # noqa: PLR0913 - as its door
    result: StudyResult,
    folder: str | os.PathLike[str],
    comparison: StudyResult | Callable[[], StudyResult] | None,
    *,
    detail: str,
    overwrite: bool,
    workers: int,
    progress: Callable[[str], None],
) -> Path:
    """Write the folder, whole or not at all, and say which step begins."""
    shown = edition(result, detail)
    clock = StageClock(progress)
    with (
        io.OutputFolder(folder, overwrite=overwrite).filled() as target,
        _second_process(workers) as helper,
        loop_threads(1 if workers > 1 else None),
    ):
        if helper is not None:
            clock("figures begun")
            begin_pictures(shown, target, helper)
        if callable(comparison):
            clock("what-if")
            comparison = comparison()
        other = None if comparison is None else edition(comparison, detail).result
        clock("panel")
        panel = made_panel(shown)
        clock("tables")
        found = tables(shown, other, panel=panel)
        _write_tables(found, target / "tables")
        clock("vectors and rasters")
        _write_vectors(shown, target / "vectors")
        _write_rasters(shown, target / "rasters")
        pictures = draw_pictures(shown, target, other, clock, helper)
        clock("report")
        page = render_page(shown, found, pictures, other, panel)
        (target / "report.html").write_text(page, encoding="utf-8")
        _write_words(shown, target, Path(folder))
        clock("manifest")
        missing = [each.note for each in shown.result.missing.values()]
        provenance.write_manifest(
            shown.result,
            target,
            detail=detail,
            terms=shown.terms,
            absent={"left_out": shown.left_out, "missing": missing},
        )
        stages = {**result.stages, **clock.stop()}
        provenance.write_timing(stages, target, detail=detail)
        _write_log(shown, stages, target / "log.txt")
    return Path(folder) / "report.html"


@contextmanager
def _second_process(workers: int) -> Iterator[Helper | None]:
    """Start a second process before it is needed, for it takes seconds to warm up."""
    if workers == 1:
        yield None
        return
    helper = taken()
    try:
        yield helper
    finally:
        helper.close()


def _write_tables(found: dict[str, pd.DataFrame], folder: Path) -> None:
    folder.mkdir()
    for name, table in found.items():
        io.write_csv(table, folder / f"{name}.csv")
    io.write_csv(data_dictionary(found), folder / "data_dictionary.csv")


def _write_vectors(shown: Edition, folder: Path) -> None:
    folder.mkdir()
    layers = {name: _exchangeable(layer, shown) for name, layer in _vectors(shown).items()}
    io.write_vector(layers, folder / "borderzone.gpkg")
    for name, layer in layers.items():
        io.write_vector({name: layer}, folder / f"{name}.parquet")


def _vectors(shown: Edition) -> dict[str, gpd.GeoDataFrame]:
    result = shown.result
    layers: dict[str, gpd.GeoDataFrame | None] = {
        "border": result.border.stretches,
        "corridor": gpd.GeoDataFrame(geometry=result.corridor.outline),
        "segments": result.segments.reset_index(),
        "zones": result.zones,
        "incidents": result.incidents.events,
        "origins": result.ground.origins,
    }
    return {name: layer for name, layer in layers.items() if layer is not None and len(layer)}


def _exchangeable(layer: gpd.GeoDataFrame, shown: Edition) -> gpd.GeoDataFrame:
    plain = typed_table(layer.to_crs(4326))
    plain.attrs = {}
    return plain.assign(detail=STAMP) if shown.internal else plain


def _write_rasters(shown: Edition, folder: Path) -> None:
    result = shown.result
    if result.ground.layers is None:
        return
    folder.mkdir()
    tags = {"RUN": result.run_id, "DETAIL": STAMP if shown.internal else "public"}
    for name in RASTERS:
        if name in result.ground.layers:
            io.write_raster(result.ground.layers[name], folder / f"{name}.tif", tags=tags)
    if result.ground.fine is not None:
        size = f"{result.ground.fine.grid.resolution_m:g}m"
        for name, file in result.ground.fine.files.items():
            io.copy_raster(file, folder / f"{name}_{size}.tif", tags=tags)


def _write_words(shown: Edition, folder: Path, final: Path) -> None:
    result = shown.result
    credit = provenance.attribution_text(result.inputs, name=result.name, run_id=result.run_id)
    stamp = f"{STAMP}\n\n" if shown.internal else ""
    (folder / "ATTRIBUTION.txt").write_text(stamp + credit, encoding="utf-8")
    comment = f"# {STAMP}\n" if shown.internal else ""
    text = result.to_toml(final, public=not shown.internal)
    (folder / "study.toml").write_text(comment + text, encoding="utf-8")


def _write_log(shown: Edition, stages: Mapping[str, Stage], path: Path) -> None:
    result = shown.result
    lines = [STAMP] if shown.internal else []
    lines += [
        f"borderzone {borderzone.__version__}, {time.strftime('%Y-%m-%d %H:%M:%S %z')}",
        f"{result.name}, run {result.run_id}, seed {result.seed}, {shown.detail} edition",
        *(f"note: {note}" for note in result.notes),
        *(f"left out: {words}" for words in shown.left_out),
        *(f"{name}: {stage.words}" for name, stage in stages.items()),
    ]
    path.write_text("\n".join(map(line, lines)) + "\n", encoding="utf-8")
