"""Which tiles a piece of ground needs, and which addresses may be asked; no network at all."""

from __future__ import annotations

import itertools
import math
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import borderzone as bz
from borderzone import errors, fetch
from borderzone.fetch.tile_stores import SOURCES

PREFIX = "Copernicus_DSM_COG_10_"


def short(names: list[str]) -> list[str]:
    return [name.removeprefix(PREFIX).replace("_00", "").removesuffix("_DEM") for name in names]


@pytest.fixture(scope="module")
def corridor() -> bz.Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"), depth_km=50)


def test_the_corridor_of_iraq_and_syria_needs_16_tiles_of_glo30(corridor: bz.Corridor) -> None:
    names = fetch.tiles(corridor, source="glo30")

    assert len(names) == 16
    assert names[0] == "Copernicus_DSM_COG_10_N32_00_E039_00_DEM"
    assert names[-1] == "Copernicus_DSM_COG_10_N37_00_E042_00_DEM"


def test_they_are_the_squares_that_hold_points_of_the_corridor(corridor: bz.Corridor) -> None:
    outline = corridor.outline.iloc[0]
    west, south, east, north = outline.bounds
    lon, lat = np.meshgrid(np.arange(west, east, 0.01), np.arange(south, north, 0.01))
    inside = shapely.contains_xy(outline, lon.ravel(), lat.ravel())
    corners = {
        (math.floor(y), math.floor(x))
        for x, y in zip(lon.ravel()[inside], lat.ravel()[inside], strict=True)
    }

    brute_force = [f"N{south}_E{west:03d}" for south, west in sorted(corners)]

    assert short(fetch.tiles(corridor)) == brute_force


def test_worldcover_needs_6_tiles_of_3_degrees(corridor: bz.Corridor) -> None:
    names = fetch.tiles(corridor, source="worldcover")

    assert [name.split("_")[5] for name in names] == [
        "N30E039", "N33E036", "N33E039", "N36E039", "N36E042",
    ]  # fmt: skip


def test_glo90_has_the_same_squares_under_its_own_names(corridor: bz.Corridor) -> None:
    fine, coarse = (fetch.tiles(corridor, source=source) for source in ("glo30", "glo90"))

    assert [name.replace("COG_30", "COG_10") for name in coarse] == fine


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ((-70.5, -53.5, -70.4, -53.4), ["S54_W071"]),
        ((-0.5, -0.5, 0.5, 0.5), ["S01_W001", "S01_E000", "N00_W001", "N00_E000"]),
        ((179.5, 10.5, -179.5, 10.6), ["N10_W180", "N10_E179"]),
        ((179.5, 10.5, 180.5, 10.6), ["N10_W180", "N10_E179"]),
        ((-180.5, 10.5, -179.5, 10.6), ["N10_W180", "N10_E179"]),
        ((10.5, 89.5, 10.6, 89.6), ["N89_E010"]),
        ((10.5, -89.6, 10.6, -89.5), ["S90_E010"]),
        ((40.5, 33.5, 40.5, 33.5), ["N33_E040"]),
    ],
    ids=[
        "southern and western", "round zero", "across 180", "beyond 180", "beyond -180",
        "near the north pole", "near the south pole", "a point",
    ],
)  # fmt: skip
def test_names_hold_in_all_hemispheres(where: tuple[float, ...], expected: list[str]) -> None:
    assert short(fetch.tiles(where)) == expected


@pytest.mark.parametrize("latitude", [90.0, -90.0])
def test_a_pole_touches_every_tile_of_its_row(latitude: float) -> None:
    assert len(fetch.tiles(shapely.Point(10, latitude))) == 360


def test_ground_that_ends_at_a_degree_line_takes_the_next_tile_for_its_rim() -> None:
    # Cells are centred on the degree lines, so half a cell of the next tile lies on this side.
    assert short(fetch.tiles((40.2, 33.2, 41.0, 33.8))) == ["N33_E040", "N33_E041"]
    assert short(fetch.tiles((40.2, 33.2, 40.99, 33.8))) == ["N33_E040"]


@given(
    west=st.floats(-180, 179),
    south=st.floats(-80, 79),
    width=st.floats(0, 3),
    height=st.floats(0, 3),
    margin=st.floats(0, 150),
)
@settings(max_examples=60)
def test_points_within_the_margin_lie_on_the_tiles(
    west: float, south: float, width: float, height: float, margin: float
) -> None:
    from pyproj import Geod  # noqa: PLC0415

    named = set(fetch.tiles((west, south, west + width, south + height), margin_km=margin))
    rng = np.random.default_rng(1)
    lon = rng.uniform(west, west + width, 40)
    lat = rng.uniform(south, south + height, 40)
    away, azimuth = rng.uniform(0, margin * 1000, 40), rng.uniform(0, 360, 40)
    lon, lat, _ = Geod(ellps="WGS84").fwd(lon, lat, azimuth, away)
    for x, y in zip(lon, lat, strict=True):
        corner = (int((math.floor(x) + 180) % 360 - 180), math.floor(y))
        assert SOURCES["glo30"].tile(*corner).name in named


def test_a_wider_margin_never_takes_fewer_tiles(corridor: bz.Corridor) -> None:
    counts = [set(fetch.tiles(corridor, margin_km=margin)) for margin in (0, 10, 50, 200)]

    assert all(a <= b for a, b in itertools.pairwise(counts))


def test_the_margin_of_travel_times_takes_the_tiles_of_a_buffer_and_few_more(
    corridor: bz.Corridor,
) -> None:
    buffer = corridor.outline.to_crs(corridor.crs).buffer(50_000).to_crs(4326)
    wide = set(fetch.tiles(corridor, margin_km=50))

    # The squares are widened at their corners too, where a buffer is round.
    assert set(fetch.tiles(buffer)) <= wide
    assert (len(fetch.tiles(buffer)), len(wide)) == (25, 27)


def test_a_corridor_a_shape_and_a_table_in_metres_name_the_same_tiles(
    corridor: bz.Corridor,
) -> None:
    shape = corridor.outline.iloc[0]
    metres = gpd.GeoDataFrame(geometry=corridor.outline.to_crs(32637))

    assert fetch.tiles(corridor) == fetch.tiles(shape) == fetch.tiles(metres)


@pytest.mark.parametrize(
    ("where", "kind", "says"),
    [
        (shapely.Polygon(), errors.InvalidGeometryError, "empty"),
        ((500_000, 3_600_000, 600_000, 3_700_000), errors.InvalidGeometryError, "to_crs"),
        ((40, 33, math.nan, 34), errors.InvalidGeometryError, "longitude and latitude"),
        (gpd.GeoSeries([shapely.Point(40, 33)]), errors.CRSMismatchError, "no CRS"),
        ("IRQ", errors.InvalidParameterError, "'IRQ'"),
        (None, errors.InvalidParameterError, "None"),
        ((1, 2, 3), errors.InvalidParameterError, "west, south"),
    ],
)
def test_ground_that_is_none_is_refused(
    where: Any, kind: type[errors.BorderzoneError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        fetch.tiles(where)


def test_unknown_sources_and_margins_are_refused() -> None:
    with pytest.raises(errors.InvalidParameterError, match="did you mean 'glo30'"):
        fetch.tiles((40, 33, 41, 34), source="glo3")
    with pytest.raises(errors.InvalidParameterError, match=r"margin_km must be .* 0 or more"):
        fetch.tiles((40, 33, 41, 34), margin_km=-1)
    with pytest.raises(errors.InvalidParameterError, match="at most 1000"):
        fetch.tiles((40, 33, 41, 34), margin_km=5000)


def test_all_stores_are_asked_by_https() -> None:
    assert {source.address.partition("://")[0] for source in SOURCES.values()} == {"https"}


@pytest.mark.parametrize(
    ("mirror", "says"),
    [
        ("http://example.org/dem", "this machine only"),
        ("http://10.0.0.1/dem", "this machine only"),
        ("http://localhost.example.org", "this machine only"),
        ("https://me:hunter2@example.org/dem", "a password"),
        ("https://example.org/dem?token=hunter2", "a question mark"),
        ("ftp://example.org/dem", "https://"),
        ("file:///etc/passwd", "https://"),
        ("/srv/tiles", "https://"),
        ("https://example.org:port/", "https://"),
        ("https://[::1", "https://"),
        ("", "https://"),
    ],
)
def test_mirrors_that_may_not_be_asked_are_refused_without_repeating_secrets(
    mirror: str, says: str
) -> None:
    with pytest.raises(errors.InvalidParameterError, match=says) as refusal:
        fetch.dem((40.2, 33.2, 40.8, 33.8), network=fetch.Network(mirror=mirror))

    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_gb": 0}, {"timeout_s": -1}, {"attempts": 0}, {"attempts": 2.5},
        {"connections": 99}, {"backoff_s": math.inf},
    ],
)  # fmt: skip
def test_a_network_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(errors.InvalidParameterError, match=next(iter(wrong))):
        fetch.Network(**wrong)


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BORDERZONE_CACHE", "/srv/tiles")

    assert str(fetch.cache_folder()) == "/srv/tiles"
    assert str(fetch.cache_folder("/elsewhere")) == "/elsewhere"
    monkeypatch.delenv("BORDERZONE_CACHE")
    assert fetch.cache_folder().name == "borderzone"


@pytest.mark.skipif(sys.platform != "linux", reason="the rule of Linux")
def test_the_cache_of_the_platform_follows_its_rules(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("BORDERZONE_CACHE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert fetch.cache_folder() == tmp_path / ".cache" / "borderzone"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert fetch.cache_folder() == tmp_path / "elsewhere" / "borderzone"
    assert list(tmp_path.iterdir()) == []


def test_without_a_home_folder_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: type[Path]) -> Path:
        raise RuntimeError

    monkeypatch.delenv("BORDERZONE_CACHE", raising=False)
    monkeypatch.setattr(Path, "home", classmethod(nowhere))

    with pytest.raises(errors.OutputError, match="BORDERZONE_CACHE"):
        fetch.cache_folder()
