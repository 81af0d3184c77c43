"""What a study is given, and what it lacks: kinds of layers, files before any work, digests."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from borderzone import datasets, incidents, io, terrain
from borderzone._guards import (
    as_day,
    check_choice,
    check_flag,
    check_positive,
    check_text,
    local_path,
    local_place,
    meant,
    nearest,
    shown,
)
from borderzone.border import Border
from borderzone.corridor import Corridor
from borderzone.crs import check_finite, in_degrees, raster_crs
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidParameterError,
    InvalidScenarioError,
    LimitError,
)
from borderzone.posts import PostPlan

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable

    from borderzone.io import Record
    from borderzone.scenario import Scenario

__all__ = [
    "AROUND_KM",
    "ASKED",
    "EMBEDDED",
    "LAYERS",
    "LAYER_WORDS",
    "NONE",
    "SETTINGS",
    "Missing",
    "as_given",
    "check_agreement",
    "check_asked",
    "check_cells",
    "check_files",
    "check_layer",
    "check_settings",
    "day_of",
    "digest_of",
    "digests_of",
    "how_read",
    "is_path",
    "joined",
    "missing_layer",
    "place_of",
    "records_of",
    "unrecorded",
    "vector_layer",
]

EMBEDDED = "embedded"
NONE = "none"
SYNTHETIC = "synthetic"
_OF_A_FILE = ("path", "sha256")
_AS_GIVEN = ("published_length_km", "published_length_source", "hotspots", "posts")

# What lies beside a Shapefile and is part of it.
_BESIDE = (".dbf", ".shx", ".prj", ".cpg")
_ROWS = 1024

# How layers are read that do not say so themselves, and what is usual.
SETTINGS: Mapping[str, Any] = MappingProxyType(
    {"landcover_scheme": "igbp", "aridity_scale": 1.0, "road_class": "class", "roads_cross": False}
)

# Origins just outside the corridor count too, so travel time runs on a wider frame.
AROUND_KM = 50.0


@dataclass(frozen=True, kw_only=True)
class LayerKind:
    """
    What a layer of a study takes.

    Attributes
    ----------
    memory
        Kinds of object that hold it.
    suffixes
        Ends of the names of files that hold it.
    words
        Words that stand for data that ship.
    several
        Whether it may come in several files, a folder or a pattern.
    """

    memory: tuple[type, ...]
    suffixes: frozenset[str]
    words: tuple[str, ...] = ()
    several: bool = False

    @property
    def raster(self) -> bool:
        """Whether the layer is a raster."""
        return xr.DataArray in self.memory


_SHAPES: dict[str, Any] = {
    "memory": (gpd.GeoDataFrame, gpd.GeoSeries),
    "suffixes": io.SUFFIXES.vector,
}
_RASTER: dict[str, Any] = {"memory": (xr.DataArray,), "suffixes": io.SUFFIXES.raster}

LAYERS: Mapping[str, LayerKind] = MappingProxyType(
    {
        "dem": LayerKind(
            memory=(xr.DataArray,),
            suffixes=io.SUFFIXES.heights,
            words=(EMBEDDED,),
            several=True,
        ),
        "landcover": LayerKind(**_RASTER, words=(EMBEDDED,), several=True),
        "karst": LayerKind(**_SHAPES, words=(EMBEDDED,)),
        "origins": LayerKind(**_SHAPES, words=(EMBEDDED,)),
        "incidents": LayerKind(
            memory=(pd.DataFrame,),
            suffixes=io.SUFFIXES.incidents,
            words=(EMBEDDED, SYNTHETIC),
        ),
        "districts": LayerKind(**_SHAPES),
        "provinces": LayerKind(**_SHAPES, words=(EMBEDDED,)),
        "sea": LayerKind(**_SHAPES, words=(EMBEDDED,)),
        "aridity": LayerKind(**_RASTER),
        "known_caves": LayerKind(**_SHAPES),
        "roads": LayerKind(**_SHAPES),
        "barriers": LayerKind(**_SHAPES),
        "crossings": LayerKind(**_SHAPES),
        "cover": LayerKind(**_SHAPES),
    }
)


def vector_layer(source: Any, name: str, records: list[Record]) -> gpd.GeoDataFrame:
    """Take a table of shapes, or read it from its file."""
    if isinstance(source, (str, Path)):
        records.extend(io.Record.of_files(source, name=name))
        return io.read_vector(source, what=name)
    table = gpd.GeoDataFrame(geometry=source) if isinstance(source, gpd.GeoSeries) else source
    if not isinstance(table, gpd.GeoDataFrame):
        msg = f"{name} must be a path or a table of geopandas, got {type(table).__name__}"
        raise InvalidParameterError(msg)
    if table.active_geometry_name is None:
        msg = f"{name} have no geometry column; set it with .set_geometry(...)"
        raise InvalidParameterError(msg)
    # Now, by its own name, and not when the study has run for minutes.
    check_finite(in_degrees(table.geometry, name), name)
    return table


def check_settings(study: Any) -> None:
    """Refuse settings of a study that are of the wrong kind."""
    check_choice(study.landcover_scheme, "landcover_scheme", terrain.LAND_COVER)
    if study.landcover_scheme != SETTINGS["landcover_scheme"] and study.landcover == EMBEDDED:
        msg = (
            f"landcover_scheme is {study.landcover_scheme!r}, but the embedded land cover has classes "
            "of igbp; name your own landcover, or leave landcover_scheme out"
        )
        raise InvalidParameterError(msg)
    check_positive(study.aridity_scale, "aridity_scale")
    check_text(study.road_class, "road_class")
    check_flag(study.roads_cross, "roads_cross")


# A table of a study file that asks for more -> the record of its options.
ASKED = {"hotspots": incidents.HotspotOptions, "posts": PostPlan}


def check_asked(name: str, asked: Any) -> Any:
    """Take options, a table of them, or None, which asks for nothing."""
    kind: Any = ASKED[name]
    if asked is None or isinstance(asked, kind):
        return asked
    names = ", ".join(field.name for field in fields(kind))
    if not isinstance(asked, Mapping):
        where = "incidents.HotspotOptions" if name == "hotspots" else "posts.PostPlan"
        msg = f"{name} must be a table of {names}, or {where}, got {shown(asked)}"
        raise InvalidParameterError(msg)
    if unknown := sorted(set(map(str, asked)) - {field.name for field in fields(kind)}):
        msg = (
            f"{name} has no {unknown[0][:40]}; it has {names}{meant(unknown[0], names.split(', '))}"
        )
        raise InvalidParameterError(msg)
    try:
        return kind(**asked)
    except InvalidParameterError as error:
        msg = f"{name}: {error}"
        raise InvalidParameterError(msg) from error


def day_of(value: Any) -> dt.date | None:
    """Take a day as a date or as text."""
    if value is None:
        return None
    return as_day(value, "incidents_accessed")


def check_layer(name: str, value: Any) -> Any:
    """
    Refuse what a layer of a study cannot be.

    Only kinds are looked at, and the CRS of what is in memory; files are looked at by `check_files`.
    """
    layer = LAYERS[name]
    if value is None or (isinstance(value, str) and value == NONE):
        return None
    if name == "incidents" and isinstance(value, Mapping):
        return _check_how_read(value)
    if isinstance(value, str) and value in (EMBEDDED, SYNTHETIC):
        if value in layer.words:
            return value
        msg = f"no {name} ship with borderzone: give {_takes(layer)}, got {value!r}"
        raise InvalidParameterError(msg)
    if isinstance(value, (str, os.PathLike)):
        _refuse_misspelt(name, Path(local_place(value, name)), (*layer.words, NONE))
        return value
    if layer.several and isinstance(value, (list, tuple)) and value:
        for item in value:
            local_place(item, name)
        return tuple(value)
    _check_kind(name, layer, value)
    _check_memory(name, layer, value)
    return value


def _refuse_misspelt(name: str, place: Path, words: tuple[str, ...]) -> None:
    """Refuse what is no file and nearly a word, before somebody looks for the file."""
    near = nearest(place.name, words, cutoff=0.75)
    if near and not place.exists():
        msg = f"{name}: there is no file {place.name!r}; did you mean {near[0]!r}?"
        raise InvalidParameterError(msg)


def _check_how_read(value: Mapping[str, Any]) -> dict[str, Any]:
    """Take a file of incidents with how it is to be read."""
    path = value.get("path")
    if not isinstance(path, (str, os.PathLike)) or path in (NONE, EMBEDDED, SYNTHETIC):
        msg = (
            f"incidents told as a table need path, the file that holds them, got {shown(path)}; a table "
            "in memory is read with borderzone.incidents.read and handed over"
        )
        raise InvalidParameterError(msg)
    local_place(path, "incidents")
    told = {name: one for name, one in value.items() if name != "path"}
    try:
        return {"path": path, **incidents.ReadOptions.of(told).stated()}
    except InvalidParameterError as error:
        msg = f"incidents: {error}"
        raise InvalidParameterError(msg) from error


def how_read(study: Any) -> dict[str, Any]:
    """Give how the incidents of a study are to be read."""
    value = study.incidents
    told = {} if not isinstance(value, dict) else {k: v for k, v in value.items() if k != "path"}
    for name, outer in (("accessed", "incidents_accessed"), ("terms", "terms")):
        said = getattr(study, outer)
        if said is not None and told.setdefault(name, said) != said:
            msg = (
                f"{outer} is {said!s}, but {name} of incidents is {told[name]!s}: say it once, in the "
                "table of incidents"
            )
            raise InvalidParameterError(msg)
    return told


def place_of(value: Any) -> Any:
    """Give what holds a layer, without how it is to be read."""
    return value["path"] if isinstance(value, dict) else value


def _takes(layer: LayerKind) -> str:
    kinds = " or ".join(
        f"a {kind.__module__.split('.')[0]}.{kind.__name__}" for kind in layer.memory
    )
    paths = "a path, several of them" if layer.several else "a path"
    words = ", ".join(f'"{word}"' for word in layer.words)
    return f"{paths}, {kinds}, {words + ', ' if words else ''}or None for a study without"


def _check_kind(name: str, layer: LayerKind, value: Any) -> None:
    if not isinstance(value, layer.memory):
        got = shown(value) if isinstance(value, (bytes, int, float)) else type(value).__name__
        msg = f"{name} must be {_takes(layer)}, got {got}"
        raise InvalidParameterError(msg)


def _check_memory(name: str, layer: LayerKind, value: Any) -> None:
    if layer.raster:
        if value.dims != ("y", "x") or value.dtype.kind not in "biuf" or not value.size:
            msg = (
                f"{name} must be a raster of real numbers with dims ('y', 'x'), got {value.dtype} with "
                f"dims {value.dims} and shape {value.shape}"
            )
            raise InvalidParameterError(msg)
        raster_crs(value)
    elif pd.DataFrame not in layer.memory:
        vector_layer(value, name, [])


def check_agreement(study: Any) -> None:
    """Refuse a study that is too large, or that contradicts itself."""
    scenario: Scenario = study.scenario
    length = study.border.length_km
    try:
        Corridor.check_segments(length, scenario.segment_km)
    except LimitError as error:
        raise InvalidScenarioError(str(error)) from error
    for row in (*scenario.posts, *scenario.obstacles):
        try:
            row.check_within(length)
        except InvalidParameterError as error:
            raise InvalidScenarioError(str(error)) from error
    if scenario.weights == "incidents" and study.incidents is None:
        msg = (
            'weights = "incidents" needs a table of incidents: name one in the study, or take '
            'weights = "uniform"'
        )
        raise InvalidScenarioError(msg)
    if study.hotspots is not None and study.incidents is None:
        msg = "hotspots needs a table of incidents: name one in the study, or leave hotspots out"
        raise InvalidScenarioError(msg)
    if scenario.length == "published" and study.border.published_length_km is None:
        msg = (
            f'length = "published" needs a published length, and none is known of {study.name}: take '
            'length = "measured", or give one, with border.with_published_length(599) in Python or '
            "published_length_km = 599 in a study file"
        )
        raise InvalidScenarioError(msg)
    # The grid holds a box around the border at the least, whatever its bends.
    west, south, east, north = study.border.line.total_bounds
    across = np.cos(np.radians((south + north) / 2)) * (east - west)
    extent = min(length, float(np.hypot(across, north - south)) * 111.2)
    area_km2 = (extent + 2 * AROUND_KM) * 2 * (scenario.depth_km + AROUND_KM)
    cells = area_km2 * (1e3 / scenario.resolution_m) ** 2
    check_cells(cells, scenario.resolution_m, "about ")


def check_cells(cells: float, resolution_m: float, word: str = "") -> None:
    """Refuse a working grid that no memory holds."""
    most = io.Limits.now().grid_cells
    if math.isinf(cells):
        msg = f"resolution_m {resolution_m:g} is finer than any grid can be; take 50 m or more"
        raise InvalidScenarioError(msg)
    if cells > most:
        coarser = resolution_m * (cells / most) ** 0.5
        msg = (
            f"resolution_m {resolution_m:g} makes {word}{cells:,.0f} cells, with {AROUND_KM:g} km "
            f"around the corridor, above the limit of {most:,}; take {math.ceil(coarser)} m or more, a smaller "
            "depth_km, or terrain_resolution_m, which reads terrain on finer cells block by block; or "
            + io.Limits.how_to_raise("grid_cells", math.ceil(cells))
        )
        raise InvalidScenarioError(msg)


def check_files(study: Any) -> None:
    """Look at every file of a study before any work: is it there, and what its name says."""
    wrong: list[BorderzoneError] = []
    for name, layer in LAYERS.items():
        if is_path(value := place_of(getattr(study, name)), layer):
            try:
                _look_at(value, name, layer)
            except BorderzoneError as error:
                wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        lines = [f"  {error}" for error in wrong]
        msg = f"{len(wrong)} files of this study cannot be used:\n" + "\n".join(lines)
        raise DataError(msg)


def is_path(value: Any, layer: LayerKind) -> bool:
    """Tell a path, or several, from words and from what is in memory."""
    return isinstance(value, (str, os.PathLike, tuple)) and value not in layer.words


def _look_at(value: Any, name: str, layer: LayerKind) -> None:
    for file in files_of(name, value):
        io.check_file(file, layer.suffixes, name)


def files_of(name: str, value: Any) -> list[Path]:
    """List the files that hold a layer."""
    if name in LAYERS and LAYERS[name].several:
        return io.source_files(value, name)
    if isinstance(value, tuple):
        return [local_path(one) for one in value]
    path = local_path(value)
    if name == "incidents" and path.is_dir():
        inside = (file for file in path.iterdir() if file.suffix.lower() in (".kml", ".kmz"))
        return sorted(inside) or [path]
    return [path]


def digests_of(name: str, value: Any) -> list[str]:
    """Give the checksum of every file that holds a layer."""
    found, heights = [], name == "dem"
    files = io.source_files(value, name, companions=True) if heights else files_of(name, value)
    for file in files:
        parts = [file.with_suffix(end) for end in _BESIDE] if file.suffix == ".shp" else []
        for one in (file, *(other for other in parts if other.is_file())):
            if not one.is_file():
                msg = f"{name}: there is no file {str(one)!r}; check the path"
                raise DataError(msg)
            found.append(io.sha256(one))
    return found


def digest_of(value: Any) -> str:
    """Give the checksum of a layer that is in memory: equal for equal content."""
    digest = hashlib.sha256()
    if isinstance(value, Border):
        for part in value.course:
            digest.update(f"{part.left}\0{part.right}\0{len(part.coords)}\0".encode())
            digest.update(np.ascontiguousarray(part.coords, dtype="<f8").tobytes())
    elif isinstance(value, xr.DataArray):
        _add_raster(digest.update, value)
    else:
        _add_table(digest.update, value)
    return f"sha256:{digest.hexdigest()}"


def _crs_name(crs: Any) -> str:
    """Name a CRS by its code where it has one: what its text says beside changes with the versions of PROJ."""
    code = crs.to_epsg()
    return str(crs.to_wkt() if code is None else f"EPSG:{code}")


def _add_raster(add: Callable[[bytes], None], raster: xr.DataArray) -> None:
    fill = raster.attrs.get("_FillValue")
    add(f"{raster.dtype.str} {raster.shape} {fill} {_crs_name(raster_crs(raster))}".encode())
    for axis in raster.dims:
        add(np.ascontiguousarray(raster[axis], dtype="<f8").tobytes())
    for row in range(0, raster.shape[0], _ROWS):
        # Lazy rasters are read as they are used: a few rows at a time.
        add(np.ascontiguousarray(raster[row : row + _ROWS].to_numpy()).tobytes())


def _add_table(add: Callable[[bytes], None], table: Any) -> None:
    frame = table.to_frame("geometry") if isinstance(table, gpd.GeoSeries) else table
    crs = getattr(frame, "crs", None) if isinstance(frame, gpd.GeoDataFrame) else None
    add(f"{frame.shape} {None if crs is None else _crs_name(crs)}\0{frame.index.tolist()}".encode())
    if said := getattr(table, "attrs", {}).get("coverage"):  # it limits every rate
        add(repr(sorted(said.items())).encode())
    for name in frame.columns:
        column = frame[name]
        add(f"\0{name}\0".encode(errors="surrogatepass"))
        values = column.tolist()
        if isinstance(column, gpd.GeoSeries):
            values = shapely.to_wkb(column.to_numpy(), output_dimension=2).tolist()
        add(repr(values).encode(errors="surrogatepass"))


def as_given(study: Any) -> dict[str, Any]:
    """Tell what a study was given, in words, paths and digests that a study file can hold."""
    found: dict[str, Any] = {}
    border: Border = study.border
    if border.path is not None:
        found["border"] = _file("border", border.path) | dict(border.said)
    elif not _is_of_the_world(border):
        found["border"] = {"memory": digest_of(border)}
    if border.cut_km is not None and "memory" not in found.get("border", {}):
        found["border_km"] = list(border.cut_km)
    if border.published_length_km is not None and not border.ships_published_length:
        found["published_length_km"] = border.published_length_km
        found["published_length_source"] = border.published_length_source
    found |= {name: _told_of(name, place_of(getattr(study, name))) for name in LAYERS}
    if isinstance(found["incidents"], dict):
        found["incidents"] |= how_read(study)
    for name in ASKED:
        if getattr(study, name) is not None:
            options = asdict(getattr(study, name))
            found[name] = {k: list(v) if isinstance(v, tuple) else v for k, v in options.items()}
    return found


def _told_of(name: str, value: Any) -> Any:
    """Tell one layer by its word, file or digest."""
    if value is None:
        return NONE
    if isinstance(value, str) and value in LAYERS[name].words:
        return value
    return _file(name, value) if is_path(value, LAYERS[name]) else {"memory": digest_of(value)}


def _file(name: str, value: Any) -> dict[str, Any]:
    paths = (
        files_of(name, value) if isinstance(value, tuple) or _is_pattern(name, value) else [value]
    )
    digests = digests_of(name, value)
    absolute = [str(local_path(path).absolute()) for path in paths]
    return {
        "path": absolute[0] if len(absolute) == 1 else absolute,
        "sha256": digests[0] if len(digests) == 1 else digests,
    }


def _is_pattern(name: str, value: Any) -> bool:
    return name in LAYERS and LAYERS[name].several and not Path(value).is_file()


def _is_of_the_world(border: Border) -> bool:
    """Whether the line is the one that ships, under whichever name it came."""
    if border.sides != "source":
        return False
    shipped = Border.between(border.a, border.b)
    if border.cut_km is not None:
        shipped = shipped.between_km(*border.cut_km)
    return digest_of(shipped) == digest_of(border)


def records_of(border: Border) -> list[Record]:
    """Give where the line of a border, and its published length, come from."""
    if border.path is not None:
        return io.Record.of_files(
            [str(file) for file in files_of("border", border.path)], name="border"
        )
    found = [datasets.record("borders")] if border.sides == "source" else []
    return (
        [*found, datasets.record("published_lengths")] if border.ships_published_length else found
    )


def unrecorded(given: Mapping[str, Any], border: Border) -> dict[str, Any]:
    """Give what names a run and has no record of its own: layers in memory or left out, own lines."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        usual = EMBEDDED if name in LAYERS and name != "incidents" else NONE
        if name in _AS_GIVEN:
            found[name] = value
        elif name in ("border", "border_km"):
            found["border"] = digest_of(border)
        elif isinstance(value, dict) and "memory" in value:
            found[name] = value["memory"]
        elif name == "incidents" and isinstance(value, dict):
            # Whose rows they are changes no number.
            how = {k: value[k] for k in value if k not in (*_OF_A_FILE, "accessed", "terms")}
            found |= {name: repr(sorted(how.items()))} if how else {}
        elif value == SYNTHETIC or (value == NONE != usual and EMBEDDED in LAYERS[name].words):
            found[name] = value
    return {"given": found} if found else {}


# Layer -> what people call it.
LAYER_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "elevation": "elevation",
        "landcover": "land cover",
        "karst": "map of soluble rock",
        "origins": "origin of travel times",
        "incidents": "table of incidents",
    }
)
# Layer -> what nobody knows without it.
_WITHOUT = {
    "sections": (
        "Terrain, travel times, flags, zones, detection rates and unit counts are not known; length, "
        "segments, night and light, and incidents along the border are given"
    ),
    "elevation": (
        "Terrain, travel times, flags, zones, detection rates and unit counts are not known"
    ),
    "landcover": "How much of the corridor is remote desert is not known",
    "karst": "Which ground is cave-prone is not known",
    "origins": "Travel times, and with them remote desert, are not known",
    "incidents": "What was reported along this border is not known",
}


@dataclass(frozen=True, kw_only=True)
class Missing:
    """
    A layer that a study lacks.

    Attributes
    ----------
    layer
        ``"elevation"``, ``"landcover"``, ``"karst"``, ``"origins"`` or ``"incidents"``;
        ``"sections"`` where the corridor has several frames and no ground was read at all.
    reason
        Why it lacks it.
    cure
        How to bring it, from where the user is.
    """

    layer: str
    reason: str
    cure: str

    @property
    def words(self) -> str:
        """Say that it is not known, why, and what brings it."""
        return f"not known: {self.reason}; {self.cure}"

    @property
    def note(self) -> str:
        """Say what cannot be given without the layer."""
        return f"{_WITHOUT[self.layer]}: {self.reason}; {self.cure}."


def joined(lacking: Iterable[Missing], *, cure: bool = True) -> str:
    """Say of a quantity that it is not known, for one reason or several."""
    told = [f"{each.reason}; {each.cure}" if cure else each.reason for each in lacking]
    return f"not known: {'; and '.join(told)}" if told else "not known"


def missing_layer(layer: str, source: object, border: Border, *, why: str = "") -> Missing:
    """Say why a study lacks a layer, and how to bring it."""
    reason = why
    if source is None:
        reason = f"no {LAYER_WORDS[layer]} was given"
    elif not reason:
        reason = f"the embedded {LAYER_WORDS[layer]} does not reach this corridor"
    return Missing(layer=layer, reason=reason, cure=_cure(layer, border))


def _cure(layer: str, border: Border) -> str:
    # A line of one's own is not the one that two names stand for, and nor is a part of that.
    shipped = border.sides == "source" and border.cut_km is None
    where = f"{border.a} {border.b}" if shipped else "STUDY.toml"
    # Its sides may have names that no command knows.
    countries = border.sides in ("source", "ground")
    events = f"{border.a} {border.b}" if countries else "--bbox W S E N"
    return {
        "elevation": f"`borderzone fetch dem {where}` brings it",
        "landcover": f"`borderzone fetch landcover {where}` brings it",
        "karst": "name polygons with susceptibility 1 to 3, GLiM or WOKAM as karst",
        "origins": "name posts or towns as origins",
        "incidents": f"`borderzone fetch ucdp {events}` brings public ones, to be named as incidents",
    }[layer]
