"""The folder of a sweep: parts as they come, a manifest to go on by, whole tables at the end."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from borderzone import provenance
from borderzone._guards import check_path, guarded, local_path
from borderzone.errors import InvalidParameterError, InvalidScenarioError, OutputError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from borderzone.whatif.plan import SweepPlan

__all__ = ["Sweep", "SweepFolder", "open_sweep", "plain", "told_by", "typed", "whole_table"]

MANIFEST, CASES, PARTS, ANSWER = "sweep.json", "cases.parquet", "parts", "answer"
_WORDS = {"law", "opponent", "light", "measure", "error", "rule", "length"}
# What no number of a sweep hangs on.
_APART = ("matplotlib", "pyogrio", "gdal (vectors)")


def typed(rows: pd.DataFrame) -> pa.Table:
    """Give columns the kinds they have in every part, whatever this part happens to hold."""
    kinds = {
        str(name): pa.int64()
        if name in ("case", "draw")
        else pa.string()
        if name in _WORDS
        else pa.bool_()
        if name == "within_noise"
        else pa.float64()
        for name in rows.columns
    }
    return pa.Table.from_pandas(rows, schema=pa.schema(kinds.items()), preserve_index=False)


def plain(table: pa.Table) -> pd.DataFrame:
    """Give a table as pandas has it: words, numbers, and yes, no or unknown."""
    frame: pd.DataFrame = table.to_pandas()
    if "within_noise" in frame:
        frame["within_noise"] = frame["within_noise"].astype("boolean")
    return frame


def whole_table(rows: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Put the values of each case beside its rows."""
    own = cases.set_index("case").loc[rows["case"]].reset_index(drop=True)
    rest = rows.reset_index(drop=True)
    return pd.concat([rest[["case"]], own, rest.drop(columns="case")], axis=1)


class SweepFolder:
    """What a sweep writes, and goes on from."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = local_path(check_path(path, "folder of a sweep", OutputError)).resolve()

    def begin(self, plan: SweepPlan, told: Mapping[str, Any]) -> None:
        """Start, or go on with the same sweep; refuse another one, and say what differs."""
        cases = _json(plan.table().to_dict("list")) + plan.digest()
        manifest = {
            "cases": len(plan.rows),
            "values": hashlib.sha256(cases.encode()).hexdigest(),
            **told,
            "versions": {
                name: version
                for name, version in provenance.versions().items()
                if name not in _APART
            },
        }
        manifest = json.loads(_json(manifest))
        file = self.path / MANIFEST
        if file.is_file():
            self._check_same(_read_manifest(file), manifest)
        elif {each.name for each in self.path.iterdir()} - {file.with_suffix(".partial").name}:
            msg = f"{str(self.path)!r} holds other files and no sweep; choose another folder"
            raise OutputError(msg)
        try:
            # First of all: without it nothing here is known again.
            self._replace(file, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
            (self.path / PARTS).mkdir(exist_ok=True)
            self._write(CASES, pa.Table.from_pandas(plan.table(), preserve_index=False))
        except OSError as error:
            msg = f"the folder {str(self.path)!r} cannot be written: {error.strerror or error}"
            raise OutputError(msg) from error

    def _check_same(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        differ = list(_differences(old, new))
        if differ:
            msg = (
                f"the sweep in {str(self.path)!r} was begun with other {'; '.join(differ[:4])}: its rows and new "
                "ones would not belong together; go on as it was begun, or choose another folder"
            )
            raise InvalidScenarioError(msg)

    def has(self, number: int) -> bool:
        """Tell whether a block is there, in parts or whole: its answer is written last."""
        whole = self.path / f"{ANSWER}.parquet"
        return whole.is_file() or self._part(ANSWER, number).is_file()

    def put(self, number: int, found: Mapping[str, pd.DataFrame]) -> None:
        """Write the tables of a block."""
        for name in sorted(found, key=_answer_last):
            self._write(self._part(name, number).relative_to(self.path), typed(found[name]))

    def join(self, tables: Iterable[str]) -> None:
        """Join parts to whole tables, block by block; parts go when all are whole."""
        cases = pq.read_table(self.path / CASES)
        for name in sorted(tables, key=_answer_last):
            file, parts = self.path / f"{name}.parquet", self._parts(name)
            # A case that fails has no draws, and a table of a force with constants more columns.
            if file.is_file() or not parts:
                continue
            own = pa.unify_schemas([pq.read_schema(part) for part in parts])
            schema = pa.schema([own.field("case"), *list(cases.schema)[1:], *list(own)[1:]])
            partial = file.with_suffix(".partial")
            with pq.ParquetWriter(partial, schema) as writer:
                for part in parts:
                    rows = _filled(pq.read_table(part), own)
                    values = cases.take(rows["case"])
                    columns = [rows["case"], *values.columns[1:], *rows.columns[1:]]
                    writer.write_table(pa.table(columns, schema=schema))
            partial.replace(file)
        shutil.rmtree(self.path / PARTS, ignore_errors=True)

    def rows(self, name: str) -> pd.DataFrame | None:
        """Read what there is of a table, whole or in parts; None where there is nothing yet."""
        file = self.path / f"{name}.parquet"
        if file.is_file():
            return plain(pq.read_table(file))
        found = self._parts(name)
        if not found:
            return None
        rows = pd.concat([plain(pq.read_table(part)) for part in found], ignore_index=True)
        return whole_table(rows, pd.read_parquet(self.path / CASES))

    def _parts(self, name: str) -> list[Path]:
        """List the parts of a table of all blocks that are there."""
        files = sorted((self.path / PARTS).glob(f"{name}-*.parquet"))
        return [file for file in files if self.has(int(file.stem.rpartition("-")[2]))]

    def _part(self, name: str, number: int) -> Path:
        return self.path / PARTS / f"{name}-{number:06d}.parquet"

    def _write(self, name: str | Path, table: pa.Table) -> None:
        file = self.path / name
        partial = file.with_suffix(".partial")
        pq.write_table(table, partial)
        partial.replace(file)

    def _replace(self, file: Path, text: str) -> None:
        partial = file.with_suffix(".partial")
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)


def _answer_last(name: str) -> tuple[bool, str]:
    return (name == ANSWER, name)


def _filled(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Put the columns of a table in an order that has more of them."""
    has = set(rows.column_names)
    columns = [
        rows[each.name] if each.name in has else pa.nulls(len(rows), each.type) for each in schema
    ]
    return pa.table(columns, schema=schema)


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _differences(old: Any, new: Any, where: str = "") -> Iterator[str]:
    """Name what two manifests tell otherwise, with both where they are short."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from _differences(old.get(name), new.get(name), f"{where}.{name}".lstrip("."))
    elif old != new:
        short = all(len(str(value)) <= 40 for value in (old, new))
        yield f"{where} ({old}, now {new})" if short else where


def _read_manifest(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{str(file)!r} cannot be read as the manifest of a sweep: {error!s:.80}"
        raise OutputError(msg) from error
    if not isinstance(found, dict) or "cases" not in found:
        msg = f"{str(file)!r} is no manifest of a sweep"
        raise OutputError(msg)
    return found


@guarded
@dataclass(frozen=True, kw_only=True)
class Sweep:
    """
    A sweep that was written to a folder, whole or as far as it came.

    Attributes
    ----------
    folder
        Where it lies.
    manifest
        What it was begun with: study, inputs, values, outputs, seed, versions.
    cases
        The values of each case.
    table
        What `sweep` gave.
    done, total
        Cases that are there, and all of them.

    Examples
    --------
    >>> import tempfile
    >>> import borderzone as bz
    >>> study = bz.Study.default(bz.Scenario(resolution_m=5000))
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = bz.sweep(study, {"kit": ["eye", "goggles"]}, folder=f"{place}/sweep")
    ...     opened = bz.open_sweep(f"{place}/sweep")
    >>> opened.total, opened.manifest["outputs"]
    (2, ['answer'])
    >>> half = opened.table.query("measure == 'mean_pod' and opponent == 'blind'")
    >>> half["kit"].tolist(), half["people"].is_monotonic_decreasing
    (['eye', 'goggles'], True)
    """

    folder: Path
    manifest: Mapping[str, Any]
    cases: pd.DataFrame
    table: pd.DataFrame
    done: int
    total: int

    def draws(self, case: int) -> pd.DataFrame:
        """
        Give the people out by draw of a case.

        Parameters
        ----------
        case
            Its number.

        Returns
        -------
        DataFrame
            By draw: a column for each measure and opponent.

        Raises
        ------
        InvalidParameterError
            If the sweep kept no draws, or has no such case.

        Examples
        --------
        >>> import tempfile
        >>> import borderzone as bz
        >>> study = bz.Study.default(bz.Scenario(resolution_m=5000))
        >>> with tempfile.TemporaryDirectory() as place:
        ...     _ = bz.sweep(study, {"kit": ["eye", "goggles"]}, bands=100, folder=f"{place}/sweep")
        ...     drawn = [bz.open_sweep(f"{place}/sweep").draws(case) for case in (0, 1)]
        >>> len(drawn[0]), bool((drawn[0]["mean_pod|blind"] > drawn[1]["mean_pod|blind"]).all())
        (100, True)
        """
        file = self.folder / "draws.parquet"
        if self.done < self.total:
            msg = f"the sweep in {str(self.folder)!r} has {self.done} of {self.total} cases: go on with it first"
            raise InvalidParameterError(msg)
        if not file.is_file():
            msg = "this sweep was run for points and kept no draws; run it with bands, such as bands=1000"
            raise InvalidParameterError(msg)
        if case not in range(self.total):
            msg = f"case must be one of 0 to {self.total - 1}, got {case!r}"
            raise InvalidParameterError(msg)
        rows = pd.read_parquet(file, filters=[("case", "==", int(case))])
        if rows.empty:
            msg = f"case {case} has no draws: it could not be run"
            raise InvalidParameterError(msg)
        return rows.drop(columns=list(self.cases.columns)).set_index("draw")

    def output(self, name: str) -> pd.DataFrame:
        """
        Give a table that was asked for beside the answer.

        Parameters
        ----------
        name
            ``"required"`` or ``"curve"``.

        Returns
        -------
        DataFrame
            With the values of each case beside its rows.

        Raises
        ------
        InvalidParameterError
            If the sweep was not asked for it.
        """
        rows = SweepFolder(self.folder).rows(name)
        if rows is None:
            msg = f"this sweep has no table {name!r}; its outputs are {', '.join(self.manifest['outputs'])}"
            raise InvalidParameterError(msg)
        return rows


def open_sweep(folder: str | os.PathLike[str]) -> Sweep:
    """
    Open the folder of a sweep, finished or not.

    Parameters
    ----------
    folder
        What `sweep` wrote.

    Returns
    -------
    Sweep
        Its tables; `done` of `total` cases are in them.

    Raises
    ------
    OutputError
        If there is no sweep in the folder, or no case of it is done yet.

    Examples
    --------
    >>> import tempfile
    >>> import borderzone as bz
    >>> study = bz.Study.default(bz.Scenario(resolution_m=5000))
    >>> with tempfile.TemporaryDirectory() as place:
    ...     _ = bz.sweep(study, {"kit": ["eye", "goggles"]}, folder=f"{place}/sweep")
    ...     opened = bz.open_sweep(f"{place}/sweep")
    >>> opened.done, opened.cases["kit"].tolist()
    (2, ['eye', 'goggles'])
    """
    place = SweepFolder(folder)
    if not (place.path / MANIFEST).is_file():
        msg = f"there is no sweep in {str(place.path)!r}: it has no {MANIFEST}"
        raise OutputError(msg)
    manifest = _read_manifest(place.path / MANIFEST)
    table = place.rows("answer")
    if table is None:
        msg = f"no case of the sweep in {str(place.path)!r} is done yet; go on with it first"
        raise OutputError(msg)
    table.attrs.update(told_by(manifest))
    return Sweep(
        folder=place.path,
        manifest=manifest,
        cases=pd.read_parquet(place.path / CASES),
        table=table,
        done=int(table["case"].nunique()),
        total=int(manifest["cases"]),
    )


def told_by(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a table of a sweep says of itself."""
    return {name: manifest[name] for name in ("vary", "seed", "draws")}
