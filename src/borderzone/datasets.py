"""What ships with the package: registered data, each with licence, citation, resolution and accuracy."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from borderzone import io
from borderzone._guards import as_box, check_choice, check_whole, guard_room
from borderzone.errors import CoverageGapError, DataError, NoOverlapError

if TYPE_CHECKING:
    from collections.abc import Iterable

    import xarray as xr

    from borderzone._typing import BoolArray
    from borderzone.grid import Grid
    from borderzone.io import Record

__all__ = [
    "REGION",
    "admin1",
    "airfields",
    "article_incidents",
    "countries",
    "country_aliases",
    "elevation",
    "karst",
    "lakes",
    "land_borders",
    "landcover",
    "places",
    "published_lengths",
    "record",
    "rivers",
    "sea",
    "sea_around",
    "table",
    "validation",
    "verify",
    "world",
]

REGION = (38.0, 29.5, 47.0, 38.0)
"""West, south, east and north of the embedded layers. Units: degree."""

OPEN_AIRFIELDS = ("large_airport", "medium_airport", "small_airport")

# GeoNames lists them as populated places, for its table of towns has no code for a camp: they are
# told apart by their id, each with who calls it a camp. A town that has a camp beside it is a town.
CAMP = "camp of displaced people"
_CAMPS = MappingProxyType(
    {11428685: "Rukban: UNHCR, 12,000 people stranded at the Syria-Jordan border, December 2015"}
)

# In a wheel the data lie inside the package; in a checkout, at its root.
_HERE = Path(__file__).resolve().parent
_ROOT = _HERE / "_data" if (_HERE / "_data").is_dir() else _HERE.parents[1] / "data"


def land_borders() -> gpd.GeoDataFrame:
    """
    Give the land boundary lines of the world, the countries on either side named.

    Returns
    -------
    geopandas.GeoDataFrame
        453 lines, EPSG:4326: ``adm0_a3_l``, ``adm0_a3_r`` (Natural Earth's
        codes), ``adm0_left``, ``adm0_right`` (names), ``featurecla`` and
        ``length_km`` on the ellipsoid.

    Examples
    --------
    >>> len(land_borders())
    453
    """
    return _vector("borders")


def country_aliases() -> pd.DataFrame:
    """
    Give every name and code by which a country can be asked for.

    Returns
    -------
    pandas.DataFrame
        One row a name, all columns text, nothing read as missing.

    Examples
    --------
    >>> names = country_aliases()
    >>> len(names) > 200
    True
    """
    return pd.read_csv(_file("aliases"), dtype=str, keep_default_na=False, encoding="utf-8")


def published_lengths() -> pd.DataFrame:
    """
    Give the lengths of land borders as the CIA World Factbook publishes them.

    The lines that ship are generalised and therefore shorter: what a length is measured
    along decides what it is. Where the pages of the two countries differed the length would
    be the mean of the two; in this edition no two differ.

    Returns
    -------
    pandas.DataFrame
        337 rows, as `land_borders` has pairs: ``a``, ``b`` (its codes, sorted),
        ``length_km`` (NaN where none is published for the line that ships),
        ``length_a_km`` and ``length_b_km`` with ``text_a`` and ``text_b`` (what the page of
        either country says of the other) and ``remark`` (why there is no length).

    Examples
    --------
    >>> table = published_lengths().set_index(["a", "b"])
    >>> print(table.loc[("MEX", "USA"), "length_km"], table.loc[("MEX", "USA"), "text_a"])
    3155.0 US 3,155 km
    >>> table.loc[("MYS", "SGP"), "remark"]
    'the line runs through the strait; no land border is published'
    """
    # Only an empty number is missing: the rest is words, and the code of Namibia is one.
    numbers = {name: [""] for name in ("length_km", "length_a_km", "length_b_km")}
    return pd.read_csv(
        _file("published_lengths"), keep_default_na=False, na_values=numbers, encoding="utf-8"
    )


def countries(
    around: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """
    Give the land areas of countries: the seven at 1:10 million, or all that a box reaches.

    Parameters
    ----------
    around
        West, south, east and north of a box. All land in it is given: at
        1:10 million where it belongs to Iraq and the six countries that touch
        it, else at 1:50 million. Without a box the seven are given. Units:
        degree.

    Returns
    -------
    geopandas.GeoDataFrame
        ``code`` (Natural Earth's, which for most is ISO alpha-3), ``name`` and
        whole polygons, EPSG:4326; ``attrs["record"]`` names the data set. What
        no polygon of a box covers is sea.

    Raises
    ------
    InvalidParameterError
        If the box is not four finite numbers, west below east and south below
        north.

    See Also
    --------
    world : All countries at 1:50 million.

    Examples
    --------
    >>> list(countries()["code"])
    ['IRN', 'IRQ', 'JOR', 'KWT', 'SAU', 'SYR', 'TUR']
    >>> near = countries(around=(-10, 36, -5, 43))
    >>> list(near["code"]), near.attrs["record"]
    (['ESP', 'PRT'], 'world')
    """
    if around is None:
        return _vector("countries")
    box = _box(around)
    near = _loaded("world")
    near = near[near.intersects(box)]
    name = "countries" if set(near["code"]) <= set(_loaded("countries")["code"]) else "world"
    if name == "countries":
        near = _loaded(name)
        near = near[near.intersects(box)]
    near = near[["code", "name", "geometry"]].reset_index(drop=True)
    near.attrs["record"] = name
    return near


def _box(around: tuple[float, float, float, float]) -> shapely.Polygon:
    return shapely.box(*as_box(around, "around"))


def world() -> gpd.GeoDataFrame:
    """
    Give the land areas of all countries at 1:50 million, for maps and shares.

    Boundaries are drawn as they are held de facto. Neighbours share the
    vertices of the line between them; land that crosses the 180th meridian is
    cut there. Lakes count as land, the Caspian Sea as sea.

    Returns
    -------
    geopandas.GeoDataFrame
        241 rows, EPSG:4326: ``code`` (Natural Earth's, as in `land_borders`),
        ``iso_a3`` (empty where ISO has none), ``name`` and polygons.

    Examples
    --------
    >>> world().set_index("code").loc[["ARM", "SDS"], "name"].tolist()
    ['Armenia', 'South Sudan']
    """
    return _vector("world")


def admin1() -> gpd.GeoDataFrame:
    """
    Give the governorates and provinces around the embedded region, for maps.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name`` in English without diacritics, ``country`` (ISO alpha-3) and
        polygons, EPSG:4326.

    Examples
    --------
    >>> admin1().crs.to_epsg()
    4326
    """
    return _vector("admin1")


def rivers() -> gpd.GeoDataFrame:
    """
    Give the rivers of the embedded region, for maps.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name`` in English, ``name_local``, ``kind`` and lines, EPSG:4326.

    Examples
    --------
    >>> {"Tigris", "Euphrates"} <= set(rivers()["name"])
    True
    """
    return _vector("rivers")


def lakes() -> gpd.GeoDataFrame:
    """
    Give the lakes and reservoirs of the embedded region, for maps.

    Returns
    -------
    geopandas.GeoDataFrame
        Polygons, EPSG:4326.

    Examples
    --------
    >>> lakes().geom_type.isin(["Polygon", "MultiPolygon"]).all()
    np.True_
    """
    return _vector("lakes")


def karst() -> gpd.GeoDataFrame:
    """
    Give soluble rock, generalised, with a rank of susceptibility.

    Outside the polygons the susceptibility is unknown, not zero, and inside
    them it never says that there is a cave.

    Returns
    -------
    geopandas.GeoDataFrame
        ``name``, ``rock``, ``susceptibility`` (1 low to 3 high),
        ``accuracy_km``, ``source`` and polygons, EPSG:4326.

    Examples
    --------
    >>> sorted(karst()["susceptibility"].unique().tolist())
    [1, 2, 3]
    """
    return _vector("karst")


def places(min_population: int = 0) -> gpd.GeoDataFrame:
    """
    Give the towns and villages of the embedded region.

    Parameters
    ----------
    min_population
        Smallest population; above 0 it also leaves out the places whose
        population is not known, which are given as 0.

    Returns
    -------
    geopandas.GeoDataFrame
        ``geonameid``, ``name``, ``asciiname`` (for maps), ``country`` (ISO
        alpha-3), ``population``, ``kind`` (a seat, "populated place" or
        "camp of displaced people"), ``rank`` (1 capital or governorate
        seat, 2 district seat, 3 subdistrict seat, 4 other) and points,
        EPSG:4326.

    Raises
    ------
    InvalidParameterError
        If `min_population` is negative or not a number.

    Examples
    --------
    >>> list(places(min_population=1_000_000)["asciiname"])[:2]
    ['Kirkuk', 'Karbala']
    """
    check_whole(min_population, "min_population", lowest=0, unit="people")
    frame = _vector("places")
    frame["kind"] = frame["kind"].mask(frame["geonameid"].isin(list(_CAMPS)), CAMP)
    return frame[frame["population"] >= min_population].reset_index(drop=True)


def airfields(*, everything: bool = False) -> gpd.GeoDataFrame:
    """
    Give the airfields of the embedded region that are open.

    Open is what OurAirports lists as a small, medium or large airport: neither
    closed nor a heliport. Highway strips and farm strips count as small ones.

    Parameters
    ----------
    everything
        Whether to give closed fields and heliports too.

    Returns
    -------
    geopandas.GeoDataFrame
        ``ident``, ``name``, ``kind``, ``country`` (ISO alpha-3),
        ``municipality``, ``elevation_m`` and points, EPSG:4326.

    Examples
    --------
    >>> sorted(set(airfields()["kind"]))
    ['large_airport', 'medium_airport', 'small_airport']
    """
    frame = _vector("airfields")
    if not everything:
        frame = frame[frame["kind"].isin(OPEN_AIRFIELDS)].reset_index(drop=True)
    return frame


def article_incidents() -> pd.DataFrame:
    """
    Give the events that a news article of 2019 names, as coded, precision included.

    Returns
    -------
    pandas.DataFrame
        Eight rows with the columns of the file.

    Examples
    --------
    >>> article_incidents()["where_prec"].tolist()
    [2, 4, 5, 5, 2, 1, 1, 6]
    """
    return pd.read_csv(_file("article_incidents"), encoding="utf-8")


def validation() -> pd.DataFrame:
    """
    Give what real border forces had and achieved, as far as it is published.

    Returns
    -------
    pandas.DataFrame
        Eleven rows: ``id``, ``border``, ``year``, ``kind`` (``"payroll"``, ``"line_share"``,
        ``"on_line"``, ``"effectiveness"``, ``"recaught_share"``, ``"caught"``,
        ``"scheduled_share"`` or ``"posts_per_km"``), ``quantity`` in words, ``value`` with its
        ``unit``, ``length_km``, ``tag`` (F: seen in a public source), ``source``, ``remark``.

    Examples
    --------
    >>> validation().set_index("id").loc["us_ier_2015", "value"].item()
    0.8101
    """
    words = pd.read_csv(_file("validation"), dtype=str, keep_default_na=False, encoding="utf-8")
    numbers = {"year": int, "value": float, "length_km": float}
    return words.astype(numbers)


def sea(grid: Grid) -> xr.DataArray:
    """
    Give the cells of a grid that are sea: of no country's land at 1:50 million.

    Lakes count as land, the Caspian Sea as sea. The coast may be kilometres off.

    Parameters
    ----------
    grid
        The grid.

    Returns
    -------
    xarray.DataArray
        Mask, true where the middle of a cell lies in the sea; ``attrs["record"]`` names the
        data set.

    See Also
    --------
    countries : The land it is read from; around Iraq at 1:10 million.

    Examples
    --------
    >>> from borderzone.grid import Grid
    >>> coast = Grid.covering((700_000, 3_700_000, 760_000, 3_760_000), resolution_m=5000, crs=32636)
    >>> 0.3 < float(sea(coast).mean()) < 0.7
    True
    """
    from borderzone._cells import mark_inside  # noqa: PLC0415 - cells load what tables do without

    around = gpd.GeoSeries([sea_around(grid)], crs=4326)
    mask = mark_inside(io.sea_shape(around, grid), grid)
    found = grid.wrap(mask, name="sea", long_name="sea")
    return found.assign_attrs(record=countries(around=_degrees_of(grid)).attrs["record"])


def sea_around(grid: Grid) -> shapely.Geometry:
    """
    Give the sea around a grid as one shape, in longitude and latitude.

    Parameters
    ----------
    grid
        The grid.

    Returns
    -------
    shapely.Geometry
        What no country's land covers of the box around the grid; empty far from any sea.

    Examples
    --------
    >>> from borderzone.grid import Grid
    >>> desert = Grid.covering((650_000, 3_700_000, 750_000, 3_800_000), resolution_m=5000, crs=32637)
    >>> sea_around(desert).is_empty
    True
    """
    box = _degrees_of(grid)
    land = countries(around=box).geometry.to_numpy()
    return shapely.difference(shapely.box(*box), shapely.union_all(land))


def _degrees_of(grid: Grid) -> tuple[float, float, float, float]:
    """Box around a grid in longitude and latitude; far away its own frame folds."""
    around = gpd.GeoSeries([shapely.box(*grid.bounds)], crs=grid.crs).segmentize(2e4).to_crs(4326)
    west, south, east, north = (float(edge) for edge in around.total_bounds)
    return west, south, east, north


def elevation(grid: Grid | None = None, *, needed: BoolArray | None = None) -> xr.DataArray:
    """
    Give the elevation at 2 arc-minutes: regional relief, no caves, cliffs or lines of sight.

    Parameters
    ----------
    grid
        Grid to warp onto; without it the raster comes in degrees.
    needed
        Cells that must have data; those that the grid itself needs when left out,
        which for a grid from a corridor are the corridor's.

    Returns
    -------
    xarray.DataArray
        Float32, NaN for no data. Units: m.

    Raises
    ------
    NoOverlapError
        If the grid lies outside the embedded region.
    CoverageGapError
        If needed cells do; the message says which share.

    Examples
    --------
    >>> heights = elevation()
    >>> heights.attrs["units"], bool(heights.max() < 5000)
    ('m', True)
    """
    raster = io.read_raster(_file("elevation"), what="elevation").astype("float32")
    raster = raster.where(raster != raster.attrs["_FillValue"])
    raster.name = "elevation_m"
    del raster.attrs["_FillValue"]
    raster.attrs |= {"units": "m", "long_name": "elevation"}
    return raster if grid is None else _onto(grid, raster, needed, "embedded elevation")


def landcover(grid: Grid | None = None, *, needed: BoolArray | None = None) -> xr.DataArray:
    """
    Give the land cover of 2019 in the classes of IGBP at 0.05 degree.

    Parameters
    ----------
    grid
        Grid to warp onto; without it the raster comes in degrees.
    needed
        Cells that must have data; those that the grid itself needs when left out,
        which for a grid from a corridor are the corridor's.

    Returns
    -------
    xarray.DataArray
        Uint8: 0 water, 1 to 16 the classes (16 barren), 255 no data.

    Raises
    ------
    NoOverlapError
        If the grid lies outside the embedded region.
    CoverageGapError
        If needed cells do; the message says which share.

    Examples
    --------
    >>> cover = landcover()
    >>> int(cover.max()) <= 255
    True
    """
    raster = io.read_raster(_file("landcover"), what="landcover")
    raster.name = "landcover"
    raster.attrs |= {"units": "IGBP class", "long_name": "land cover"}
    return raster if grid is None else _onto(grid, raster, needed, "embedded land cover")


def _onto(grid: Grid, raster: xr.DataArray, needed: BoolArray | None, name: str) -> xr.DataArray:
    try:
        return io.warp(raster, grid, needed=needed, name=name)
    except (CoverageGapError, NoOverlapError) as error:
        west, south, east, north = REGION
        msg = f"{error}. It covers lon {west:g}-{east:g}, lat {south:g}-{north:g}"
        raise type(error)(msg) from error


@cache
def _registered() -> dict[str, Record]:
    with (_ROOT / "registry.toml").open("rb") as stream:
        entries = tomllib.load(stream)
    return {name: io.Record(name=name, embedded=True, **entry) for name, entry in entries.items()}


def record(name: str) -> Record:
    """
    Give the record of one embedded data set.

    Parameters
    ----------
    name
        Its name in the registry.

    Returns
    -------
    Record
        File, checksum, licence, citation, resolution and accuracy.

    Raises
    ------
    InvalidParameterError
        If there is none of that name.

    Examples
    --------
    >>> record("karst").accuracy
    '25 km'
    """
    return _registered()[check_choice(name, "name", _registered())]


def table() -> pd.DataFrame:
    """
    Tabulate what ships: size, licence, resolution, accuracy and origin.

    Returns
    -------
    pandas.DataFrame
        One row a data set.

    Examples
    --------
    >>> list(table().columns)
    ['name', 'title', 'kB', 'licence', 'resolution', 'accuracy', 'origin', 'citation']
    """
    words = ["licence", "resolution", "accuracy", "origin", "citation"]
    rows = [
        {"name": entry.name, "title": entry.title, "kB": round(entry.bytes / 1000, 1)}
        | {word: getattr(entry, word) for word in words}
        for entry in _registered().values()
    ]
    return pd.DataFrame(rows)


def verify() -> None:
    """
    Check size and SHA-256 of every embedded file against the registry.

    Raises
    ------
    DataError
        If a file is missing or differs; the message names all of them.

    Examples
    --------
    >>> verify()
    """
    _check_bytes(_registered().values())


def _check_bytes(entries: Iterable[Record]) -> None:
    wrong = []
    for entry in entries:
        file = _ROOT / entry.path
        if not file.is_file():
            wrong.append(f"{entry.path} is missing")
        elif file.stat().st_size != entry.bytes or io.sha256(file) != entry.sha256:
            wrong.append(f"{entry.path} differs from the registry")
    if wrong:
        msg = f"embedded data: {'; '.join(wrong)}; install borderzone again"
        raise DataError(msg)


def _file(name: str) -> Path:
    file = _ROOT / record(name).path
    if not file.is_file():
        msg = f"embedded data: {file.name!r} is missing; install borderzone again"
        raise DataError(msg)
    return file


@cache
def _loaded(name: str) -> gpd.GeoDataFrame:
    _check_bytes([record(name)])
    return io.read_vector(_file(name), what=name, known=True)


def _vector(name: str) -> gpd.GeoDataFrame:
    return _loaded(name).copy()  # the caller may change its own


guard_room(globals(), __all__)
