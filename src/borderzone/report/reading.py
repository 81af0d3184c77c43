"""An output folder read back: its tables with their types, checked against the digests of its manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pandas as pd

from borderzone import io, provenance
from borderzone._guards import guarded, local_path, shown
from borderzone.errors import DataError, OutputError
from borderzone.report.tables import TABLE_WORDS, TEXT, TEXT_WITH_GAPS, TYPES
from borderzone.scenario import Scenario
from borderzone.study import Study

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

__all__ = ["OpenedResult", "open_result"]

_STUDY_FILE, _WORDS = "study.toml", "data_dictionary"


@guarded
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class OpenedResult:
    """
    What a run wrote, read from its folder; shapes stand in ``vectors/`` and ``rasters/``.

    Attributes
    ----------
    folder
        Where it was read.
    detail
        ``"public"`` or ``"internal"``.
    manifest
        Where every number came from.
    tables
        All tables by the name of their file, such as ``"required_units"``.
    absent
        Tables that the folder does not hold, and why.
    scenario
        Assumptions of the run, without posts and obstacles where the edition leaves them out.
    summary
        The plain sentences.

    Examples
    --------
    >>> import borderzone as bz
    >>> opened = bz.open_result("out")  # doctest: +SKIP
    >>> opened.answer["units"].min()  # doctest: +SKIP
    """

    folder: Path
    detail: str
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    absent: Mapping[str, str]
    scenario: Scenario
    summary: tuple[str, ...] = field(default=())

    @property
    def answer(self) -> pd.DataFrame | None:
        """
        Units and people by kit, law, opponent, light, target and measure.

        Returns
        -------
        DataFrame or None
            As `StudyResult.answer`; None where `absent` says why.
        """
        return self.tables.get("answer")

    @property
    def required(self) -> pd.DataFrame | None:
        """
        Units required for each target, with people beside them.

        Returns
        -------
        DataFrame or None
            Table ``required_units``; None where `absent` says why.
        """
        return self.tables.get("required_units")

    @property
    def curve(self) -> pd.DataFrame | None:
        """
        Probability of detection against units out.

        Returns
        -------
        DataFrame or None
            Table ``coverage_by_units``; None where `absent` says why.
        """
        return self.tables.get("coverage_by_units")

    @property
    def segments(self) -> pd.DataFrame | None:
        """
        The corridor by segment.

        Returns
        -------
        DataFrame or None
            As `StudyResult.segments`, without shapes and with the number of the segment as a column.
        """
        return self.tables.get("segments")

    @property
    def zones(self) -> pd.DataFrame | None:
        """
        Flagged zones with their reasons in numbers.

        Returns
        -------
        DataFrame or None
            As `StudyResult.zones`, without shapes; None where `absent` says why.
        """
        return self.tables.get("zones")

    @property
    def overlay(self) -> pd.DataFrame | None:
        """
        Expected number of incidents in each zone.

        Returns
        -------
        DataFrame or None
            Table ``incident_overlay``; None where `absent` says why.
        """
        return self.tables.get("incident_overlay")

    @property
    def flagged_share(self) -> pd.DataFrame | None:
        """
        Share of the corridor flagged, over modes and thresholds.

        Returns
        -------
        DataFrame or None
            As `StudyResult.flagged_share`; None where `absent` says why.
        """
        return self.tables.get("flagged_share")

    def study(self, **given: Any) -> Study:
        """
        Give the study that repeats the run.

        Parameters
        ----------
        **given
            Layers that were in memory or are left out of this edition, as in `Study.from_toml`.

        Returns
        -------
        Study
            Its run gives the same tables.

        Raises
        ------
        InvalidScenarioError
            If something must be given that is not, or is not what it was.
        DataError
            If a file of the study was changed since.
        """
        return Study.from_toml(self.folder / _STUDY_FILE, **given)

    def __repr__(self) -> str:
        """Name the run, its edition and how many tables there are."""
        name, run = self.manifest.get("name"), self.manifest.get("run_id")
        return (
            f"<OpenedResult {name!r}, run {run}, {self.detail} edition, {len(self.tables)} tables>"
        )


@guarded
def open_result(folder: str | os.PathLike[str]) -> OpenedResult:
    """
    Read the folder that `write_report` wrote.

    Every file that its manifest lists is there and is what it was, or it is refused.

    Parameters
    ----------
    folder
        The folder, of either edition.

    Returns
    -------
    OpenedResult
        Its tables, manifest and scenario.

    Raises
    ------
    OutputError
        If there is no finished run in the folder.
    DataError
        If a file of it is gone, was changed, or is not what a run writes.

    Examples
    --------
    >>> open_result("no_such_folder")
    Traceback (most recent call last):
    borderzone.errors.OutputError: there is no run in 'no_such_folder': it has no manifest.json...
    """
    place = local_path(folder)
    manifest = _manifest(place, str(folder))
    listed = _checked(place, manifest)
    tables = _tables(place, listed, internal=manifest["detail"] == "internal")
    return OpenedResult(
        folder=place,
        detail=str(manifest["detail"]),
        manifest=manifest,
        tables=tables,
        absent=_absent(tables, manifest),
        scenario=Scenario(**manifest["parameters"]),
        summary=tuple(manifest["summary"]),
    )


def _manifest(place: Path, told: str) -> dict[str, Any]:
    file = place / io.OutputFolder.MANIFEST
    if not file.is_file():
        msg = f"there is no run in {told!r}: it has no {file.name}, which is written last; run the study again"
        raise OutputError(msg)
    try:
        found = json.loads(io.local_file(file, {".json"}, "manifest", text=True).read_text("utf-8"))
        lacks = {"schema_version", "detail", "outputs", "parameters", "summary"} - set(found)
    except (ValueError, TypeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        msg = f"{file.name} of {told!r} is no manifest of a run ({str(error)[:80]})"
        raise DataError(msg) from error
    if lacks or not isinstance(found, dict):
        msg = (
            f"{file.name} of {told!r} is no manifest of a run: it lacks {', '.join(sorted(lacks))}"
        )
        raise DataError(msg)
    if found["schema_version"] != provenance.SCHEMA_VERSION:
        msg = (
            f"{file.name} of {told!r} has schema_version {shown(found['schema_version'])}, and this version "
            f"of borderzone reads {provenance.SCHEMA_VERSION}; read it with the version that wrote it"
        )
        raise DataError(msg)
    return found


def _checked(place: Path, manifest: Mapping[str, Any]) -> list[str]:
    """List the files of a run, each of which is what the manifest says."""
    listed = []
    for row in manifest["outputs"]:
        name = PurePosixPath(str(row["path"]))
        file = place.joinpath(*name.parts)
        if name.is_absolute() or ".." in name.parts:
            msg = f"the manifest names {str(name)!r}, which is outside its folder"
            raise DataError(msg)
        if not file.is_file():
            msg = f"{str(name)!r} is gone from {str(place)!r}; run the study again"
            raise DataError(msg)
        if io.sha256(file) != row["sha256"]:
            msg = (
                f"{str(name)!r} was changed since the run wrote it: its content has another digest than the "
                "manifest says; take the file of the run, or run the study again"
            )
            raise DataError(msg)
        listed.append(str(name))
    return listed


def _tables(place: Path, listed: list[str], *, internal: bool) -> dict[str, pd.DataFrame]:
    """Read all tables, each column in the type that the data dictionary has for it."""
    rows = {
        Path(name).stem: io.read_csv(place / name, what=name)
        for name in listed
        if name.startswith("tables/") and name.endswith(".csv")
    }
    words = rows.pop(_WORDS, pd.DataFrame(columns=["table", "column", "type"]))
    types: dict[str, dict[str, str]] = {}
    for table, column, kind in words.reindex(columns=["table", "column", "type"]).to_numpy():
        types.setdefault(table, {})[column] = kind
    found = {}
    for name in sorted(rows):
        typed = _typed(rows[name], types.get(name, {}), name)
        # The record says which edition it is, for all rows at once.
        found[name] = typed.drop(columns="detail", errors="ignore") if internal else typed
    return found


def _typed(rows: pd.DataFrame, types: Mapping[str, str], table: str) -> pd.DataFrame:
    columns = {}
    for name in rows.columns:
        try:
            columns[name] = _column(rows[name], types.get(name, TEXT))
        except (ValueError, TypeError) as error:
            msg = f"tables/{table}.csv, column {name!r}: {str(error)[:120]}"
            raise DataError(msg) from error
    return pd.DataFrame(columns, index=rows.index)


def _column(text: Any, kind: Any) -> pd.Series:
    """Give a column of text its type; nothing stands for what is not known."""
    if kind not in TYPES:
        return pd.Series(text.where(text != "", None) if kind == TEXT_WITH_GAPS else text)
    if kind == "datetime64[ns]":
        days = pd.to_datetime(text.where(text != "", None), format="ISO8601")
        return pd.Series(days.astype(kind))
    if kind in ("bool", "boolean"):
        return pd.Series(text.map({"True": True, "False": False}).astype("boolean").astype(kind))
    if kind == "Int64":
        return pd.Series(text.where(text != "", None).astype(kind))
    # Numbers are written with all their digits, and are read to the last.
    return pd.Series(text.where(text != "", "nan").astype(kind))


def _absent(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> dict[str, str]:
    """Say of each table that is not there what the folder leaves out, and why."""
    told = [str(words) for name in ("left_out", "missing") for words in manifest.get(name, ())]
    why = " ".join(told) or "the study asked for nothing that gives it, or found nothing"
    found = {name: why for name in TABLE_WORDS if name not in tables}
    if "whatif" in found:
        found["whatif"] = "the report was written without a second result (comparison=)"
    return found
