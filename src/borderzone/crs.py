"""The projected CRS of a corridor section, oblique Mercator along the border, and that of a raster."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import HotineObliqueMercatorBConversion
from pyproj.exceptions import CRSError, ProjError

from borderzone._guards import shown
from borderzone._guards.escapes import crs_word
from borderzone.errors import (
    CRSMismatchError,
    InvalidGeometryError,
    InvalidParameterError,
    NotProjectedError,
)

if TYPE_CHECKING:
    import xarray as xr
    from shapely.geometry.base import BaseGeometry

    from borderzone._typing import FloatArray

__all__ = [
    "Frame",
    "check_finite",
    "check_has_crs",
    "check_metric",
    "check_on_earth",
    "check_same_crs",
    "crs_of",
    "in_degrees",
    "north_azimuth_deg",
    "oblique_mercator",
    "project",
    "raster_crs",
    "scale_error_ppm",
    "split_at_antimeridian",
    "unit_vectors",
]

GEOD = Geod(ellps="WGS84")
KM_PER_MILE = 1.609344  # the international mile
# The azimuth form of the projection does not reach the pole itself.
MAX_CENTRE_LATITUDE = 89.9
# A length may be off by no more than this share because of the map. UTM keeps 0.1 %.
_MOST_SCALE = 0.05
_METRES = frozenset({"metre", "meter"})


def oblique_mercator(lon: FloatArray, lat: FloatArray, *, name: str = "border") -> CRS:
    """
    Fit an oblique Mercator projection along a cloud of points.

    The initial line is the middle of the narrowest strip between two great
    circles that holds all points, found among the edges of their convex hull
    in the gnomonic plane, where great circles are straight. It keeps the
    largest distance from the line, and with it the largest scale error, small
    [1]_. The x axis runs along the line, towards its northern end.

    References
    ----------
    .. [1] Snyder, J. P. (1987). Map Projections: A Working Manual. USGS
       Professional Paper 1395, 66-75.

    Examples
    --------
    >>> lon, lat = np.array([40.0, 41.0, 42.0]), np.array([33.0, 33.6, 34.1])
    >>> crs = oblique_mercator(lon, lat, name="the Trebil road")
    >>> crs.name
    'Oblique Mercator along the Trebil road'
    >>> ends = Frame(crs).forward(np.column_stack([lon, lat]))
    >>> np.round(np.ptp(ends, axis=0) / 1000).tolist()  # along the line and across it, in km
    [222.0, 4.0]
    """
    centre = _centre(lon, lat)
    plane = _gnomonic(lon, lat, centre)
    middle, direction = _narrowest_strip(plane)
    # A step of a thousandth of a radian, 6 km, tells the direction: the gnomonic plane keeps great
    # circles straight, not angles, so the azimuth is measured on the ellipsoid.
    start, end = _from_gnomonic(np.vstack([middle, middle + 1e-3 * direction]), centre)
    azimuth = float(GEOD.inv(*start, *end)[0])
    # Of the two ways along the line the one that runs north: -90 to 90 degrees.
    azimuth = (azimuth + 90.0) % 180.0 - 90.0
    latitude = float(np.clip(start[1], -MAX_CENTRE_LATITUDE, MAX_CENTRE_LATITUDE))
    conversion = HotineObliqueMercatorBConversion(
        # A tenth of a metre is enough of a place that only names a CRS, and reads well in its text.
        latitude_projection_centre=round(latitude, 6),
        longitude_projection_centre=round(float(start[0]), 6),
        azimuth_projection_centre=round(azimuth, 6),
        # Variant B with 90 degrees between skew and rectified grid lays the x axis along the line.
        angle_from_rectified_to_skew_grid=90.0,
    )
    title = f"Oblique Mercator along {crs_word(name)}"
    projected = ProjectedCRS(conversion, name=title, geodetic_crs=4326)
    return CRS.from_wkt(projected.to_wkt())


def scale_error_ppm(crs: CRS, lon: FloatArray | float, lat: FloatArray | float) -> float:
    """
    Largest scale error of a conformal CRS over points.

    Examples
    --------
    >>> utm = crs_of("EPSG:32637")
    >>> round(scale_error_ppm(utm, 39.0, 33.0)), round(scale_error_ppm(utm, [39.0, 42.0], [33.0, 33.0]))
    (400, 569)
    """
    lon, lat = np.atleast_1d(lon), np.atleast_1d(lat)
    factors = Proj(crs).get_factors(np.mod(lon + 180.0, 360.0) - 180.0, lat)
    # Of a conformal map the scale of lengths is the root of that of areas, in every direction.
    error = np.abs(np.sqrt(np.abs(factors.areal_scale)) - 1.0)
    return float(np.where(np.isfinite(error), error, np.inf).max()) * 1e6


def north_azimuth_deg(crs: CRS, lon: float, lat: float) -> float:
    """
    Direction of true north in the plane of a CRS.

    Examples
    --------
    >>> utm = crs_of("EPSG:32637")
    >>> [round(north_azimuth_deg(utm, lon, 33.0), 2) for lon in (36.0, 39.0, 42.0)]
    [1.63, 0.0, -1.63]
    """
    # Eleven metres, towards the equator beside the pole: beyond it there is no north.
    ahead = -1e-4 if lat > 89.0 else 1e-4
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform([lon, lon], [lat, lat + ahead])
    dx, dy = (x[1] - x[0]) * np.sign(ahead), (y[1] - y[0]) * np.sign(ahead)
    return float(np.degrees(np.arctan2(dx, dy)))


class Frame:
    """
    Both ways between longitude, latitude and the plane of a projected CRS.

    Examples
    --------
    >>> frame = Frame(crs_of("EPSG:32637"))
    >>> frame.forward(np.array([[39.0, 0.0]])).round(6).tolist()
    [[500000.0, 0.0]]
    >>> frame.inverse(np.array([[500_000.0, 0.0]])).round(6).tolist()
    [[39.0, 0.0]]
    """

    def __init__(self, crs: CRS) -> None:
        self.crs = crs
        self._transformer = Transformer.from_crs(4326, crs, always_xy=True)
        # Longitudes come back within half a turn of the frame's own, so that no line is torn at 180.
        self._lon0 = float(self._transformer.transform(0.0, 0.0, direction="INVERSE")[0])

    def forward(self, coords: FloatArray) -> FloatArray:
        """Take positions into the plane."""
        lon, lat = np.asarray(coords).T
        return np.column_stack(self._transformer.transform(lon, lat))

    def inverse(self, coords: FloatArray) -> FloatArray:
        """Take positions out of the plane."""
        x, y = np.asarray(coords).T
        lon, lat = self._transformer.transform(x, y, direction="INVERSE")
        lon = self._lon0 + np.mod(lon - self._lon0 + 180.0, 360.0) - 180.0
        return np.column_stack([lon, lat])


def split_at_antimeridian(geometry: BaseGeometry) -> BaseGeometry:
    """
    Cut a geometry whose longitude runs on beyond 180 degrees at that meridian.

    Examples
    --------
    >>> line = shapely.LineString([(178, 66), (182, 66)])
    >>> print(split_at_antimeridian(line))
    MULTILINESTRING ((178 66, 180 66), (-180 66, -178 66))
    """
    west, _, east, _ = geometry.bounds
    if west >= -180 and east <= 180:
        return geometry
    wanted = shapely.get_dimensions(geometry)
    pieces = []
    for turn in (-1, 0, 1):
        globe = shapely.box(-180 + 360 * turn, -90, 180 + 360 * turn, 90)
        shift = np.array([360.0 * turn, 0.0])
        inside = shapely.get_parts(shapely.intersection(geometry, globe))
        inside = inside[(shapely.get_dimensions(inside) == wanted) & ~shapely.is_empty(inside)]
        pieces.append(shapely.set_coordinates(inside, shapely.get_coordinates(inside) - shift))
    several = np.concatenate(pieces).tolist()
    return shapely.MultiLineString(several) if wanted == 1 else shapely.MultiPolygon(several)


def _centre(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """Mean direction of the points, as a unit vector."""
    unit = unit_vectors(lon, lat)
    # Of the box around the vectors, not their mean: where vertices crowd must not pull the centre.
    low, high = unit.min(axis=0), unit.max(axis=0)
    middle = (low + high) / 2
    norm = float(np.linalg.norm(middle))
    if norm < 1e-6 or (unit @ middle <= 1e-3 * norm).any():
        msg = "the line spans more than a hemisphere: no single projection holds it; cut it"
        raise InvalidGeometryError(msg)
    centre: FloatArray = middle / norm
    return centre


def _gnomonic(lon: FloatArray, lat: FloatArray, centre: FloatArray) -> FloatArray:
    """Plane tangent at the centre, in radii, x east and y north."""
    unit = unit_vectors(lon, lat)
    east, north = _tangent(centre)
    depth = unit @ centre
    return np.column_stack([unit @ east / depth, unit @ north / depth])


def _from_gnomonic(plane: FloatArray, centre: FloatArray) -> FloatArray:
    east, north = _tangent(centre)
    vector = centre + plane[:, :1] * east + plane[:, 1:] * north
    x, y, z = vector.T
    return np.column_stack(
        [np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))]
    )


def _tangent(centre: FloatArray) -> tuple[FloatArray, FloatArray]:
    # At a pole no direction is north; any other axis serves.
    pole = np.array([0.0, 0.0, 1.0]) if abs(centre[2]) < 1 - 1e-12 else np.array([1.0, 0.0, 0.0])
    east = np.cross(pole, centre)
    east /= np.linalg.norm(east)
    return east, np.cross(centre, east)


def _narrowest_strip(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Middle point and direction of the narrowest strip that holds all points."""
    hull = shapely.convex_hull(shapely.MultiPoint(points))
    if hull.geom_type != "Polygon":
        ends = shapely.get_coordinates(hull)
        direction = ends[-1] - ends[0] if len(ends) > 1 else np.array([1.0, 0.0])
        return ends.mean(axis=0), direction / np.linalg.norm(direction)
    # The narrowest strip has an edge of the hull on one of its sides (Houle and Toussaint 1988).
    corners = shapely.get_coordinates(hull)[:-1]
    edges = np.roll(corners, -1, axis=0) - corners
    edges = edges[np.hypot(*edges.T) > 0]
    along = edges / np.hypot(*edges.T)[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    reach = across @ corners.T
    best = int(np.ptp(reach, axis=1).argmin())
    run = corners @ along[best]
    middle = (run.min() + run.max()) / 2 * along[best]
    middle = middle + (reach[best].min() + reach[best].max()) / 2 * across[best]
    return middle, along[best]


def unit_vectors(lon: FloatArray, lat: FloatArray) -> FloatArray:
    """
    Give directions from the centre of the globe.

    Examples
    --------
    >>> unit_vectors(np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 90.0])).round(6).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    lon, lat = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def raster_crs(raster: xr.DataArray, what: str = "the raster") -> CRS:
    """
    CRS that a raster carries; every raster that is measured or read onto a grid passes here.

    Examples
    --------
    >>> import xarray as xr
    >>> raster = xr.DataArray(np.zeros((2, 2)), dims=("y", "x"), attrs={"crs": "EPSG:32637"})
    >>> raster_crs(raster).to_epsg()
    32637
    """
    # By what it has, not by its class: xarray takes a quarter of a second to load.
    if not (hasattr(raster, "coords") and hasattr(raster, "dims") and hasattr(raster, "attrs")):
        msg = f"{what} must be an xarray.DataArray, got {type(raster).__name__}"
        raise InvalidParameterError(msg)
    found = []
    if "spatial_ref" in raster.coords:
        attrs = raster.coords["spatial_ref"].attrs
        # CF names it crs_wkt, GDAL and rioxarray spatial_ref.
        found.append(attrs.get("crs_wkt", attrs.get("spatial_ref")))
    found.append(raster.attrs.get("crs"))
    known = [crs_of(crs, what) for crs in found if crs is not None]
    if not known:
        msg = (
            f"{what} has no CRS: give it a spatial_ref coordinate with crs_wkt "
            "(raster.rio.write_crs) or attrs['crs']"
        )
        raise CRSMismatchError(msg)
    if len(known) == 2 and known[0] != known[1]:
        msg = (
            f"{what} carries two CRSs, {known[0].name} in spatial_ref and "
            f"{known[1].name} in attrs; remove the wrong one"
        )
        raise CRSMismatchError(msg)
    check_on_earth(known[0].to_wkt(), what)
    return known[0]


def check_metric(crs: CRS, bounds: tuple[float, float, float, float] | None, what: str) -> None:
    """
    Refuse a map on which a length cannot be measured: in degrees, in feet, or stretched.

    Every measurement on a raster passes here. The scale is looked at in nine places of it, along
    the axis where it is worst, for a map that is no conformal one stretches one axis only.

    Examples
    --------
    >>> check_metric(crs_of("EPSG:32637"), (400_000, 3_600_000, 600_000, 3_700_000), "the grid")
    >>> check_metric(crs_of("EPSG:4326"), None, "the grid")
    Traceback (most recent call last):
        ...
    borderzone.errors.NotProjectedError: the grid is in WGS 84, measured in degree, not in metres of a plane...
    """
    units = {axis.unit_name for axis in crs.axis_info}
    if not (crs.is_projected and units <= _METRES):
        why = (
            f"measured in {', '.join(sorted(units)) or 'an unknown unit'}, not in metres of a plane"
        )
    elif bounds is None:
        return
    else:
        scale = _worst_scale(crs.to_wkt(), tuple(map(float, bounds)))
        if abs(scale - 1) <= _MOST_SCALE:
            return
        why = f"where a metre of the map is {1 / scale:.2f} m of ground"
    msg = (
        f"{what} is in {crs.name}, {why}; use a projected CRS in metres that is true here: project "
        "it first with borderzone.io.warp(raster, corridor.grid(resolution_m=...))"
    )
    raise NotProjectedError(msg)


@functools.lru_cache(maxsize=64)
def _projection(wkt: str) -> Proj:
    return Proj(wkt)


@functools.lru_cache(maxsize=1024)
def _worst_scale(wkt: str, bounds: tuple[float, float, float, float]) -> float:
    """Scale farthest from 1 on a box, in any direction; 1 where the projection does not tell."""
    projection, (left, bottom, right, top) = _projection(wkt), bounds
    x, y = np.meshgrid(np.linspace(left, right, 3), np.linspace(bottom, top, 3))
    lon, lat = projection(x.ravel(), y.ravel(), inverse=True)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return 1.0
    factors = projection.get_factors(np.asarray(lon)[known], np.asarray(lat)[known])
    # Tissot's ellipse: longest and shortest image of a metre at a place.
    scales = np.concatenate([factors.tissot_semimajor, factors.tissot_semiminor], axis=None)
    scales = scales[np.isfinite(scales) & (scales > 0)]
    return float(scales[np.abs(scales - 1).argmax()]) if len(scales) else 1.0


def check_on_earth(wkt: str, told: str) -> None:
    """
    Refuse a CRS whose places cannot be found on Earth.

    Examples
    --------
    >>> check_on_earth("EPSG:32637", "the raster")
    >>> check_on_earth('LOCAL_CS["plan of the site",UNIT["metre",1]]', "the raster")
    Traceback (most recent call last):
        ...
    borderzone.errors.CRSMismatchError: the raster has a coordinate reference system without a place on Earth...
    """
    why = _why_nowhere(wkt)
    if why:
        msg = (
            f"{told} has a coordinate reference system without a place on Earth ({why}); name the true "
            "one with gdal_edit.py -a_srs EPSG:..., or in QGIS with 'Assign projection'"
        )
        raise CRSMismatchError(msg)


@functools.lru_cache(maxsize=256)
def _why_nowhere(wkt: str) -> str:
    try:
        crs = CRS.from_user_input(wkt)
        if _names_file(f"{crs.srs} {crs.to_wkt()}"):
            return "it names another file"
        Transformer.from_crs(crs, 4326, always_xy=True)
    except ProjError as error:
        return str(error).splitlines()[0][:120]
    return ""


def crs_of(given: Any, what: str = "the raster") -> CRS:
    """
    Understand what names a CRS.

    Examples
    --------
    >>> crs_of(32637).name, crs_of("EPSG:4326").is_geographic
    ('WGS 84 / UTM zone 37N', True)
    >>> crs_of("Iraq")
    Traceback (most recent call last):
        ...
    borderzone.errors.CRSMismatchError: cannot understand the CRS of the raster, 'Iraq'...
    """
    try:
        return CRS.from_user_input(given)
    except (ProjError, TypeError, ValueError, AttributeError) as error:
        why = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        msg = f"cannot understand the CRS of {what}, {shown(given)}: {why}"
        raise CRSMismatchError(msg) from error


def check_has_crs(layer: Any, what: str) -> None:
    """
    Refuse shapes that do not say where they lie.

    Examples
    --------
    >>> import geopandas as gpd
    >>> check_has_crs(gpd.GeoSeries([shapely.Point(40, 33)]), "the roads")
    Traceback (most recent call last):
        ...
    borderzone.errors.CRSMismatchError: the roads have no CRS; set it, for example with .set_crs('EPSG:4326')
    """
    if layer.crs is None:
        have = "have" if what.endswith("s") else "has"
        msg = f"{what} {have} no CRS; set it, for example with .set_crs('EPSG:4326')"
        raise CRSMismatchError(msg)


def check_same_crs(layer: Any, crs: CRS, what: str) -> None:
    """
    Refuse shapes that do not lie in the CRS of a raster.

    Examples
    --------
    >>> import geopandas as gpd
    >>> roads = gpd.GeoSeries([shapely.Point(40, 33)], crs=4326)
    >>> check_same_crs(roads, crs_of(32637), "the roads")
    Traceback (most recent call last):
        ...
    borderzone.errors.CRSMismatchError: the roads are in WGS 84, the raster in WGS 84 / UTM zone 37N...
    """
    check_has_crs(layer, what)
    if layer.crs != crs:
        are = "are" if what.endswith("s") else "is"
        msg = (
            f"{what} {are} in {layer.crs.name}, the raster in {crs.name}; bring "
            f"{'them' if are == 'are' else 'it'} there with .to_crs(the CRS of the raster)"
        )
        raise CRSMismatchError(msg)


def in_degrees(layer: Any, what: str) -> Any:
    """
    Bring shapes to longitude and latitude.

    Examples
    --------
    >>> import geopandas as gpd
    >>> posts = gpd.GeoSeries([shapely.Point(500_000, 0)], crs=32637)
    >>> in_degrees(posts, "the posts").x.round(6).tolist()
    [39.0]
    """
    check_has_crs(layer, what)
    if not (layer.crs.is_geographic or layer.crs.is_projected):
        msg = (
            f"{what} is in {layer.crs.name[:60]!r}, which is neither a plane nor longitude "
            "and latitude; project it to EPSG:4326 where it comes from"
        )
        raise CRSMismatchError(msg)
    return project(layer, "EPSG:4326", what)


def project(layer: Any, crs: Any, what: str) -> Any:
    """
    Bring shapes to a CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> posts = gpd.GeoSeries([shapely.Point(39, 0)], crs=4326)
    >>> project(posts, 32637, "the posts").x.round(3).tolist()
    [500000.0]
    """
    refuse_file_names(f"{layer.crs.srs} {layer.crs.to_wkt()}", what)
    try:
        return layer.to_crs(crs)
    except (ProjError, CRSError) as error:
        reason = str(error).splitlines()[0][:120]
        msg = (
            f"{what} is in {layer.crs.name[:60]!r}, from which longitude and latitude cannot be "
            f"told ({reason}); project it to EPSG:4326 where it comes from"
        )
        raise CRSMismatchError(msg) from error


# A grid of shifts or a list of definitions: the projection library would open it, whatever it is.
# No piece of the text is looked at twice, however long it is.
_FILES = (
    re.compile(r"""(?:grids|init|file|model|catalog)\s*=\s*+([^\s"]*+)""", re.IGNORECASE),
    re.compile(
        r"""PARAMETERFILE\s*+[\[(]\s*+"(?:[^"]|"")*+"\s*+,\s*+"((?:[^"]|"")*+)""", re.IGNORECASE
    ),
)


def _names_file(definition: str) -> bool:
    """Whether a definition names a file by its path; by its name alone it is one of PROJ's own."""
    named = (found[1] for pattern in _FILES for found in pattern.finditer(definition))
    return any("/" in path or "\\" in path for path in named)


def refuse_file_names(definition: str, what: str) -> None:
    """Refuse the definition of a CRS that names a file by its path, before it is parsed."""
    if _names_file(definition):
        msg = (
            f"{what} has a coordinate reference system that names another file, which is not "
            "opened; project it to EPSG:4326 where it comes from"
        )
        raise CRSMismatchError(msg)


def check_finite(layer: Any, what: str) -> None:
    """
    Refuse shapes whose coordinates are no numbers, or lie where their CRS does not hold.

    Examples
    --------
    >>> import geopandas as gpd
    >>> posts = gpd.GeoSeries([shapely.Point(39, 0), shapely.Point(np.inf, 0)], crs=4326)
    >>> check_finite(posts, "the posts")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidGeometryError: the posts: 1 shapes lie nowhere on Earth, the first in row 2...
    """
    shapes = layer.geometry.to_numpy()
    coordinates, owners = shapely.get_coordinates(shapes, return_index=True)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    if wrong.any():
        rows = np.unique(owners[wrong])
        msg = (
            f"{what}: {len(rows):,} shapes lie nowhere on Earth, the first in row {rows[0] + 1:,}; "
            "name the CRS they are really in, or leave them out"
        )
        raise InvalidGeometryError(msg)
