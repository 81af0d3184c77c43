"""The working projection: fitted along the border, true to scale, and it survives a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from borderzone.crs import (
    Frame,
    north_azimuth_deg,
    oblique_mercator,
    scale_error_ppm,
    split_at_antimeridian,
)
from borderzone.errors import InvalidGeometryError

if TYPE_CHECKING:
    from pathlib import Path

GEOD = Geod(ellps="WGS84")
PLACES = {
    "north to south": ([20, 20], [10, 15]),
    "east to west on the equator": ([10, 15], [0, 0]),
    "along a parallel": ([0, 9], [50, 50]),
    "over the equator": ([10, 10], [-3, 3]),
    "far north": ([10, 30], [80, 80.5]),
    "far south": ([10, 20], [-80, -81]),
    "across 180 degrees": ([178, 184], [60, 61]),
    "close to the pole": ([170, 190], [87, 88]),
    "very short": ([20, 20.0001], [10, 10]),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_place_and_direction_has_a_frame_true_along_the_line(place: str) -> None:
    lon, lat = (np.array(values, dtype=float) for values in PLACES[place])
    crs = oblique_mercator(lon, lat)
    x, y = Frame(crs).forward(np.column_stack([lon, lat])).T
    azimuth, _, length = GEOD.inv(lon[0], lat[0], lon[1], lat[1])
    middle = GEOD.fwd(lon[0], lat[0], azimuth, length / 2)[:2]

    assert np.hypot(np.diff(x), np.diff(y))[0] == pytest.approx(length, rel=1e-5)
    # The great circle of the sphere and the geodesic differ by less than this.
    assert np.abs(y).max() < 1e-3 * length + 1
    assert scale_error_ppm(crs, *middle) < 1
    assert CRS.from_wkt(crs.to_wkt()) == crs


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-85, 85),
    azimuth=st.floats(0, 180),
    km=st.floats(1, 900),
)
@settings(max_examples=50)
def test_the_way_back_is_the_way_there(lon: float, lat: float, azimuth: float, km: float) -> None:
    end_lon, end_lat, _ = GEOD.fwd(lon, lat, azimuth, km * 1000)
    ends = np.array([[lon, lat], [end_lon, end_lat]])
    frame = Frame(oblique_mercator(*ends.T))

    back = frame.inverse(frame.forward(ends))

    np.testing.assert_allclose(back[:, 1], ends[:, 1], atol=1e-9)
    np.testing.assert_allclose(np.mod(back[:, 0] - ends[:, 0] + 180, 360) - 180, 0, atol=1e-8)


def test_the_strip_is_the_narrowest_that_holds_the_points() -> None:
    """No other direction, and no shift, makes the largest distance from the axis smaller."""
    rng = np.random.default_rng(4)
    along, across = rng.uniform(-4, 4, 300), rng.uniform(-1, 1, 300)
    turn = np.radians(30)
    lon = 40 + (along * np.cos(turn) - across * np.sin(turn)) / np.cos(np.radians(35))
    lat = 35 + along * np.sin(turn) + across * np.cos(turn)
    xy = Frame(oblique_mercator(lon, lat)).forward(np.column_stack([lon, lat]))
    half = np.abs(xy[:, 1]).max()

    assert xy[:, 1].max() == pytest.approx(-xy[:, 1].min(), rel=0.01)
    for degrees in range(-10, 11):
        angle = np.radians(degrees)
        reach = xy @ [-np.sin(angle), np.cos(angle)]
        assert np.ptp(reach) / 2 >= half * 0.995


def test_the_scale_error_is_that_of_short_geodesics() -> None:
    """Measured by laying a hundred metres out on the ground and in the plane."""
    crs = oblique_mercator(np.array([38.8, 42.4]), np.array([33.4, 37.1]))
    forward = Transformer.from_crs(4326, crs, always_xy=True).transform
    for lon, lat in [(40.0, 36.5), (41.5, 34.5), (39.0, 33.5)]:
        ahead = GEOD.fwd(lon, lat, 20.0, 100.0)[:2]
        (x0, y0), (x1, y1) = forward(lon, lat), forward(*ahead)
        measured = (np.hypot(x1 - x0, y1 - y0) / 100.0 - 1) * 1e6

        assert scale_error_ppm(crs, lon, lat) == pytest.approx(abs(measured), abs=0.5)


def test_north_points_where_a_geodesic_to_the_north_goes() -> None:
    crs = oblique_mercator(np.array([38.8, 42.4]), np.array([33.4, 37.1]))
    forward = Transformer.from_crs(4326, crs, always_xy=True).transform
    (x0, y0), (x1, y1) = forward(41.0, 35.0), forward(*GEOD.fwd(41.0, 35.0, 0.0, 10.0)[:2])

    turned = north_azimuth_deg(crs, 41.0, 35.0)

    assert turned == pytest.approx(np.degrees(np.arctan2(x1 - x0, y1 - y0)), abs=1e-3)
    assert 45 < turned < 65


def test_the_frame_survives_a_geotiff(tmp_path: Path) -> None:
    crs = oblique_mercator(np.array([38.8, 42.4]), np.array([33.4, 37.1]), name="IRQ-SYR")
    path = tmp_path / "frame.tif"
    profile = {"driver": "GTiff", "width": 2, "height": 2, "count": 1, "dtype": "float32"}
    transform = rasterio.Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(path, "w", crs=crs.to_wkt(), transform=transform, **profile) as file:
        file.write(np.zeros((1, 2, 2), dtype=np.float32))

    with rasterio.open(path) as file:
        back = CRS.from_wkt(file.crs.to_wkt())

    here, there = (Transformer.from_crs(4326, c, always_xy=True) for c in (crs, back))
    assert back == crs
    assert here.transform(41, 35) == pytest.approx(there.transform(41, 35), abs=1e-6)


def test_a_line_around_half_the_globe_has_no_frame() -> None:
    with pytest.raises(InvalidGeometryError, match="more than a hemisphere"):
        oblique_mercator(np.array([0.0, 90.0, 180.0, 270.0]), np.zeros(4))


def test_ground_across_180_degrees_is_cut_there_and_none_is_lost() -> None:
    ground = shapely.box(178, 10, 183, 12)

    cut = split_at_antimeridian(ground)

    assert cut.bounds == (-180.0, 10.0, 180.0, 12.0)
    assert cut.area == pytest.approx(ground.area)
    assert shapely.contains_xy(cut, -179, 11)
    assert split_at_antimeridian(shapely.box(1, 2, 3, 4)) == shapely.box(1, 2, 3, 4)
