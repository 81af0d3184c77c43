"""Where every input and number came from: the manifest of a run."""

from __future__ import annotations

import hashlib
import json
import math
import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import rasterio
import shapely

import borderzone
from borderzone import io
from borderzone._guards import guard_room
from borderzone._guards.escapes import line
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from borderzone.io import Record
    from borderzone.study import StudyResult

__all__ = [
    "Stage",
    "StageClock",
    "attribution_text",
    "list_outputs",
    "manifest",
    "run_id",
    "show_versions",
    "versions",
    "write_manifest",
    "write_timing",
]

SCHEMA_VERSION = 1
LIBRARIES = (
    "geopandas",
    "matplotlib",
    "numba",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "pyogrio",
    "pyproj",
    "rasterio",
    "scipy",
    "shapely",
    "xarray",
)
# Where Linux tells how much memory a process holds, and forgets its peak.
_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
INCIDENT_INPUTS = ("article_incidents", "incidents")


def run_id(parts: Mapping[str, Any]) -> str:
    """
    Name a run by what goes into it: same inputs, parameters, seed and version of borderzone, same name.

    The versions of the libraries below are left out: they do not decide what a run tells.

    Parameters
    ----------
    parts
        Checksums of the inputs, every parameter and the seed, as plain values
        that JSON can hold; the order of names does not count.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> run_id({"depth_km": 50.0, "seed": 1}) == run_id({"seed": 1, "depth_km": 50.0})
    True
    >>> run_id({"depth_km": 50.0, "seed": 1}) == run_id({"depth_km": 25.0, "seed": 1})
    False
    """
    whole = {"borderzone": borderzone.__version__, "parts": parts}
    try:
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        msg = f"parts must be plain values that JSON can hold: {error!s:.120}"
        raise InvalidParameterError(msg) from error
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def versions() -> dict[str, str]:
    """
    Name the versions of all that a result depends on.

    Rasters and vectors are read by two copies of GDAL, so both are named.

    Returns
    -------
    dict of str
        Version by name.

    Examples
    --------
    >>> [name for name in versions() if "gdal" in name]
    ['gdal (rasters)', 'gdal (vectors)']
    """
    return {
        "borderzone": borderzone.__version__,
        "python": platform.python_version(),
        "gdal (rasters)": str(rasterio.__gdal_version__),
        "gdal (vectors)": str(pyogrio.__gdal_version_string__),
        "proj": pyproj.proj_version_str,
        "geos": str(shapely.geos_version_string),
        **{name: metadata.version(name) for name in LIBRARIES},
    }


def show_versions() -> str:
    """
    Write the versions of all that a result depends on, for a bug report.

    Returns
    -------
    str
        One line a name.

    Examples
    --------
    >>> show_versions().splitlines()[0].startswith("borderzone")
    True
    """
    known = versions()
    width = max(len(name) for name in known)
    return "\n".join(f"{name:<{width}}  {version}" for name, version in known.items())


def manifest(
    result: StudyResult,
    *,
    detail: str = "public",
    outputs: Iterable[Mapping[str, Any]] = (),
    terms: Mapping[str, str | None] | None = None,
    absent: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """
    Tell where every number of a result came from.

    Holds nothing that changes from run to run: no time, no path of the
    machine.

    Parameters
    ----------
    result
        What a study gave.
    detail
        How much the outputs tell, ``"public"`` or ``"internal"``.
    outputs
        Files written, as from `list_outputs`.
    terms
        What the user said of the terms of the incidents, and whether outputs hold rows or counts.
    absent
        Sentences on what the outputs do not hold: ``"left_out"`` of this edition, and ``"missing"`` for
        want of a layer.

    Returns
    -------
    dict
        Plain values that JSON can hold.

    Raises
    ------
    TypeError
        If a parameter is not a plain value.

    Examples
    --------
    >>> import borderzone as bz
    >>> study = bz.Study.between("AZE", "TUR", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> told = manifest(study.run(seed=1))
    >>> told["seed"], told["border"]["published_length_km"], told["inputs"][0]["name"]
    (1, 17.0, 'borders')
    """
    border = result.border
    whole = {
        "schema_version": SCHEMA_VERSION,
        "run_id": result.run_id,
        "name": result.name,
        "detail": detail,
        "synthetic": result.synthetic,
        **({} if terms is None else {"terms": dict(terms)}),
        "seed": result.seed,
        "software": versions(),
        "border": {"a": border.a, "b": border.b, "length_km": border.length_km}
        | {
            "published_length_km": border.published_length_km,
            "published_length_source": border.published_length_source,
        }
        | {"from": border.start_name, "to": border.end_name, "source": border.source},
        "frames": _frames(result),
        "inputs": [_input(record, result) for record in result.inputs],
        "parameters": result.scenario.model_dump(mode="json"),
        "assumptions": []
        if result.patrol.assumptions is None
        else _rows(result.patrol.assumptions),
        "summary": result.summary,
        "warnings": result.notes,
        **({} if absent is None else dict(absent)),
        "outputs": list(outputs),
    }
    plain: dict[str, Any] = _plain(whole)
    return plain


def _frames(result: StudyResult) -> list[dict[str, Any]]:
    frames: list[dict[str, Any]] = [
        {
            "section": section.section,
            "km_start": section.km_start,
            "km_end": section.km_end,
            "crs_wkt": section.crs.to_wkt(),
            "scale_error_ppm": round(section.scale_error_ppm, 1),
        }
        for section in result.corridor.sections
    ]
    if result.ground.grid is not None and len(frames) == 1:
        grid = result.ground.grid
        frames[0] |= {"resolution_m": grid.resolution_m, "shape": grid.shape}
        frames[0] |= {"transform": tuple(grid.transform[:6])}
    return frames


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    named = table if table.index.name is None else table.reset_index()
    return cast("list[dict[str, Any]]", named.to_dict("records"))


def _input(record: Record, result: StudyResult) -> dict[str, Any]:
    entry = asdict(record)
    entry["retrieved"] = (
        f"with borderzone {borderzone.__version__}" if record.embedded else "given by the user"
    )
    if record.name in INCIDENT_INPUTS and result.incidents.events is not None:
        events = result.incidents.events
        real = events[~events["synthetic"].astype(bool)] if "synthetic" in events else events
        counts = real["status"].value_counts()
        entry["rows"] = {
            word: int(counts.get(status, 0))
            for word, status in (("kept", "ok"), ("fixed", "fixed"), ("rejected", "quarantined"))
        }
    return entry


def list_outputs(folder: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """
    List the files of an output folder with size and SHA-256.

    The manifest itself, the log and the timings are left out: they change from
    run to run.

    Parameters
    ----------
    folder
        Output folder.

    Returns
    -------
    list of dict
        ``path`` inside the folder, ``sha256`` and ``bytes``, sorted by path.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("a.csv", "log.txt"):
    ...         _ = Path(folder, name).write_text("abc")
    ...     [(file["path"], file["bytes"], file["sha256"][:8]) for file in list_outputs(folder)]
    [('a.csv', 3, 'ba7816bf')]
    """
    root = Path(folder)
    files = [file for file in root.rglob("*") if file.is_file()]
    named = sorted((file.relative_to(root).as_posix(), file) for file in files)
    return [
        {"path": name, "sha256": io.sha256(file), "bytes": file.stat().st_size}
        for name, file in named
        if name not in io.OutputFolder.UNLISTED
    ]


def write_manifest(
    result: StudyResult,
    folder: str | os.PathLike[str],
    *,
    detail: str = "public",
    terms: Mapping[str, str | None] | None = None,
    absent: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """
    Write the manifest of a run beside all that the run wrote.

    Call it last: it lists the files that are there.

    Parameters
    ----------
    result
        What a study gave.
    folder
        Output folder.
    detail
        How much the outputs tell, ``"public"`` or ``"internal"``.
    terms, absent
        As in `manifest`.

    Returns
    -------
    dict
        The manifest.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import borderzone as bz
    >>> study = bz.Study.between("AZE", "TUR", scenario=bz.Scenario(draws=100, resolution_m=5000))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "segments.csv").write_text("segment,km")
    ...     told = write_manifest(study.run(seed=1), folder)
    ...     written = json.loads(Path(folder, "manifest.json").read_text())
    >>> [file["path"] for file in told["outputs"]], written["run_id"] == told["run_id"]
    (['segments.csv'], True)
    """
    content = manifest(
        result, detail=detail, outputs=list_outputs(folder), terms=terms, absent=absent
    )
    _write_json(content, Path(folder) / io.OutputFolder.MANIFEST)
    return content


def write_timing(
    stages: Mapping[str, Stage], folder: str | os.PathLike[str], *, detail: str = "public"
) -> None:
    """
    Write how long each step took and how much memory it held at its peak.

    Parameters
    ----------
    stages
        Steps of the study and of its report.
    folder
        Output folder.
    detail
        How much the outputs tell, ``"public"`` or ``"internal"``.

    Raises
    ------
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import json, tempfile
    >>> clock = StageClock()
    >>> clock("elevation")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_timing(clock.stop(), folder)
    ...     told = json.loads(Path(folder, "timing.json").read_text())
    >>> told["detail"], list(told["seconds"])
    ('public', ['elevation'])
    """
    content = {
        "detail": detail,
        "seconds": {name: round(stage.seconds, 3) for name, stage in stages.items()},
        "peak_mb": {name: _tenths(stage.peak_mb) for name, stage in stages.items()},
        "peak_memory_mb": _tenths(_peak_of_all_mb()),
        "machine": platform.machine(),
        "system": platform.system(),
    }
    _write_json(content, Path(folder) / "timing.json")


def attribution_text(records: Iterable[Record], *, name: str = "", run_id: str = "") -> str:
    """
    Write who is to be credited for the data of a run, and under which terms.

    Parameters
    ----------
    records
        Records of the input files.
    name, run_id
        Study and run, for the heading.

    Returns
    -------
    str
        Text for ``ATTRIBUTION.txt``.

    Examples
    --------
    >>> from borderzone import datasets
    >>> print(attribution_text([datasets.record("places")], name="Demo").splitlines()[4])
    Places: GeoNames (geonames.org), CC BY 4.0.
    """
    heading = ", ".join(part for part in (name, f"run {run_id}" if run_id else "") if part)
    lines = [
        f"Data behind {heading or 'this study'}",
        "",
        "Credit these sources wherever figures, tables or layers of this folder are shown.",
    ]
    # Tiles of one product are credited once.
    products: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        words = (record.title, record.attribution, record.licence, record.citation)
        products.setdefault(words, []).append(record)
    for record, *others in products.values():
        files = f"{record.path} and {len(others)} more" if others else record.path
        lines += [
            "",
            record.attribution or record.title,
            f"  {record.title} ({files}); licence: {record.licence}",
        ]
        lines += [f"  {record.citation}"] if record.citation else []
        lines += [f"  Resolution: {record.resolution}. Accuracy: {record.accuracy}."]
    return "\n".join(map(line, lines)) + "\n"


def _write_json(content: Mapping[str, Any], path: Path) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    with io.atomic_write(path) as temporary:
        # Half a pair of surrogates becomes what JSON writes for it.
        temporary.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")


def _plain(value: Any) -> Any:
    """Turn numbers of numpy into Python's, and what JSON cannot hold into None or words."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if value is None or value is pd.NA:
        return None
    if isinstance(value, (bool, int, float, str)):
        return value
    msg = f"a manifest holds plain values only, got {type(value).__name__}: {value!r}"
    raise TypeError(msg)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """
    One stage of a run.

    Attributes
    ----------
    seconds
        Wall time. Units: s.
    peak_mb
        Largest resident memory of the process during the stage, or so far where the system
        cannot tell; None where it tells neither, as on Windows. Units: MB.

    Examples
    --------
    >>> Stage(seconds=1.5, peak_mb=None).seconds
    1.5
    """

    seconds: float
    peak_mb: float | None

    @property
    def words(self) -> str:
        """Say both in words, for a log."""
        held = "memory unknown" if self.peak_mb is None else f"{self.peak_mb:.0f} MB at its peak"
        return f"{self.seconds:.2f} s, {held}"


class StageClock:
    """
    Called with the name of each stage as it begins; tells it on, and keeps the time.

    Examples
    --------
    >>> clock = StageClock(print)
    >>> for stage in ("elevation", "patrols", "elevation"):
    ...     clock(stage)
    elevation
    patrols
    elevation
    >>> list(clock.stop())
    ['elevation', 'patrols']
    """

    def __init__(self, progress: Callable[[str], None] | None = None) -> None:
        self._progress = progress
        self._name = ""
        self._since = 0.0
        self._stages: dict[str, Stage] = {}

    def __call__(self, name: str) -> None:
        """Begin a stage; the one before it ends."""
        self.stop()
        self._name = name
        _forget_peak()
        self._since = time.perf_counter()
        if self._progress is not None:
            self._progress(name)

    def stop(self) -> dict[str, Stage]:
        """End the running stage."""
        if self._name:
            seconds, peak = time.perf_counter() - self._since, _peak_mb()
            before = self._stages.get(self._name, Stage(seconds=0.0, peak_mb=None))
            known = [each for each in (before.peak_mb, peak) if each is not None]
            self._stages[self._name] = Stage(
                seconds=before.seconds + seconds, peak_mb=max(known, default=None)
            )
        self._name = ""
        return dict(self._stages)


def _tenths(megabytes: float | None) -> float | None:
    return None if megabytes is None else round(megabytes, 1)


def _forget_peak() -> None:
    """Let the peak count from now on, where the system can (Linux)."""
    try:
        _RESET.write_text("5", encoding="ascii")
    except OSError:
        return


def _peak_mb() -> float | None:
    """Most memory that the process held since it was last forgotten, or since its start."""
    try:
        lines = _STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return _peak_of_all_mb()
    kibibytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kibibytes) * 1024 / 1e6


def _peak_of_all_mb() -> float | None:
    """Most memory that the process ever held, where the system tells."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:  # pragma: no cover
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


guard_room(globals(), __all__)
