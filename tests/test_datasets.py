"""What ships is registered, unchanged, licensed, and says where it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from places import ROOT
from pyproj import CRS, Geod

from borderzone import datasets
from borderzone.errors import (
    CoverageGapError,
    DataError,
    InvalidParameterError,
    NoOverlapError,
)
from borderzone.grid import Grid

if TYPE_CHECKING:
    from pathlib import Path

    from borderzone.study import Ground

TABLES = [
    datasets.admin1,
    datasets.airfields,
    datasets.countries,
    datasets.karst,
    datasets.lakes,
    datasets.land_borders,
    datasets.places,
    datasets.rivers,
    datasets.world,
]


def grid(west: float, south: float, resolution_m: float = 2000, side: int = 40) -> Grid:
    """Lay a square grid with its lower left corner at a place in the region."""
    corner = gpd.GeoSeries(gpd.points_from_xy([west], [south]), crs=4326).to_crs(32637).iloc[0]
    top = corner.y + side * resolution_m
    return Grid(
        shape=(side, side),
        transform=Affine(resolution_m, 0, corner.x, 0, -resolution_m, top),
        crs=CRS(32637),
    )


# -- the registry ------------------------------------------------------------------------------


def test_every_file_is_as_registered_and_every_file_is_registered() -> None:
    datasets.verify()
    registered = {record.path for record in datasets._registered().values()}
    found = {
        file.relative_to(datasets._ROOT).as_posix()
        for folder in ("boundaries", "forces", "incidents", "places", "terrain")
        for file in (datasets._ROOT / folder).rglob("*")
        if file.is_file()
    }
    assert found == registered


def test_all_of_it_is_below_five_megabytes() -> None:
    assert sum(record.bytes for record in datasets._registered().values()) < 5_000_000


def test_every_record_says_all_that_must_travel_with_the_data() -> None:
    for record in datasets._registered().values():
        for word in ("title", "licence", "citation", "resolution", "accuracy", "origin", "notes"):
            assert getattr(record, word), f"{record.name} has no {word}"
        assert record.embedded
        assert len(record.sha256) == 64


def test_the_table_lists_every_record() -> None:
    table = datasets.table()
    assert table["name"].tolist() == [record.name for record in datasets._registered().values()]
    assert not table.isna().any(axis=None)
    assert "25 km" in table.set_index("name")["accuracy"].loc["karst"]


@pytest.mark.parametrize("name", ["places", "elevation"])
def test_geonames_is_credited_with_its_towns_and_beside_the_elevation(name: str) -> None:
    line = datasets.record(name).attribution
    assert "GeoNames" in line
    assert "CC BY 4.0" in line


def test_a_record_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(InvalidParameterError, match="did you mean 'elevation'"):
        datasets.record("elevatoin")


def test_a_file_that_was_changed_or_lost_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for record in datasets._registered().values():
        target = tmp_path / record.path
        target.parent.mkdir(exist_ok=True)
        target.write_bytes((datasets._ROOT / record.path).read_bytes())
    monkeypatch.setattr(datasets, "_ROOT", tmp_path)
    datasets.verify()
    (tmp_path / "terrain" / "karst.geojson").unlink()
    (tmp_path / "places" / "places.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"karst\.geojson is missing.*places\.parquet differs"):
        datasets.verify()
    datasets._loaded.cache_clear()
    with pytest.raises(DataError, match=r"places\.parquet differs.*install borderzone again"):
        datasets.places()


# -- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("load", TABLES, ids=lambda load: load.__name__)
def test_tables_come_in_degrees_and_belong_to_the_caller(load: Any) -> None:
    frame = load()
    assert frame.crs == "EPSG:4326"
    assert frame.geometry.is_valid.all()
    assert not frame.geometry.is_empty.any()
    frame["mine"] = 1
    frame.loc[frame.index[0], "geometry"] = None
    assert load().geometry.notna().all()
    assert "mine" not in load()


def test_the_iraq_syria_line_has_its_length_on_the_ellipsoid() -> None:
    lines = datasets.land_borders()
    sides = lines[["adm0_a3_l", "adm0_a3_r"]].apply(frozenset, axis=1)
    pair = lines[sides == frozenset({"IRQ", "SYR"})]
    length = sum(Geod(ellps="WGS84").geometry_length(line) for line in pair.geometry) / 1000
    assert length == pytest.approx(598.9, abs=0.05)


def test_there_are_337_pairs_of_countries_and_every_code_has_a_name() -> None:
    lines = datasets.land_borders()
    assert lines[["adm0_a3_l", "adm0_a3_r"]].apply(frozenset, axis=1).nunique() == 337
    assert lines["length_km"].sum() == pytest.approx(233_816, abs=1)
    codes = set(lines["adm0_a3_l"]) | set(lines["adm0_a3_r"])
    assert codes <= set(datasets.country_aliases()["code"])


def test_no_code_or_name_is_read_as_missing() -> None:
    aliases = datasets.country_aliases()
    assert not aliases.isna().any(axis=None)
    assert "NA" in set(aliases["iso_a2"])  # Namibia


def test_names_for_maps_are_plain() -> None:
    names = [
        *datasets.admin1()["name"],
        *datasets.places()["asciiname"],
        *datasets.airfields()["name"],
        *datasets.rivers()["name"],
    ]
    for name in names:
        assert name.isascii(), name
        assert name, "an empty name"
        assert name == " ".join(name.split())
        assert "'" not in name
        assert "(" not in name or "Airport" in name or "construction" in name
    assert {"Anbar", "Nineveh", "Hasakah", "Deir ez-Zor"} <= set(datasets.admin1()["name"])


def test_the_world_has_all_countries_that_have_a_land_border_but_those_too_small_for_its_scale() -> (
    None
):
    lines, world = datasets.land_borders(), datasets.world()
    aliases = datasets.country_aliases().set_index("code")
    assert len(world) == world["code"].nunique() == 241
    named = set(lines["adm0_a3_l"]) | set(lines["adm0_a3_r"])
    assert named - set(world["code"]) == {"CNM", "ESB", "GIB", "KAB", "USG", "WSB"}
    assert world["name"].tolist() == aliases.loc[world["code"], "name"].tolist()
    assert world["iso_a3"].tolist() == aliases.loc[world["code"], "iso_a3"].tolist()


def test_the_countries_of_the_world_touch_and_never_overlap() -> None:
    ground = datasets.world().geometry.to_numpy()
    both = shapely.union_all(ground)
    # In square degrees: an overlap would make the sum larger, a sliver would leave a hole.
    assert both.area == pytest.approx(shapely.area(ground).sum(), rel=1e-12)
    inland = shapely.union_all(ground[datasets.world()["code"].isin(["CHE", "AUT", "LIE", "DEU"])])
    assert shapely.get_num_interior_rings(shapely.get_parts(inland)).sum() == 0


def test_the_world_ends_at_the_180th_meridian_and_at_the_pole() -> None:
    world = datasets.world().set_index("code").geometry
    assert world.total_bounds[[0, 1, 2]].tolist() == [-180, -90, 180]
    for code, place in {"RUS": (-175, 66.5), "FJI": (179.4, -16.6), "ATA": (0, -89.5)}.items():
        assert world[code].contains(shapely.Point(place)), code
        width = max(part.bounds[2] - part.bounds[0] for part in shapely.get_parts(world[code]))
        assert width < (360.1 if code == "ATA" else 160)
    assert not world.contains(shapely.Point(0, 70)).any()


def test_the_world_lies_as_near_to_the_land_borders_as_its_record_says() -> None:
    edges = datasets.world().set_index("code").geometry.boundary.to_dict()
    away = []
    for line in datasets.land_borders().itertuples():
        if line.adm0_a3_l in edges and line.adm0_a3_r in edges:
            both = shapely.union(edges[line.adm0_a3_l], edges[line.adm0_a3_r])
            points = shapely.points(shapely.get_coordinates(line.geometry.segmentize(0.05)))
            lon, lat, there_lon, there_lat = (
                shapely.get_coordinates(shapely.shortest_line(points, both)).reshape(-1, 4).T
            )
            away.append(Geod(ellps="WGS84").inv(lon, lat, there_lon, there_lat)[2] / 1000)
    median, nearly_all = np.percentile(np.concatenate(away), (50, 95))
    assert "0.8 km in the median, 3.4 km for 95 %" in datasets.record("world").accuracy
    assert median < 0.85
    assert nearly_all < 3.45


@pytest.mark.parametrize(
    ("around", "record", "codes"),
    [
        ((41, 30, 43, 32), "countries", {"IRQ", "SAU"}),
        ((35, 32, 36, 33), "world", {"ISR", "JOR", "PSX", "SYR"}),
        ((44, 38, 47, 40), "world", {"ARM", "AZE", "IRN", "TUR"}),
        ((-30, -1, -29, 1), "countries", set()),
    ],
    ids=["the seven", "their neighbours too", "two of one blue", "open sea"],
)
def test_a_box_gives_all_land_in_it_at_the_finest_scale_that_has_all(
    around: tuple[float, ...], record: str, codes: set[str]
) -> None:
    near = datasets.countries(around=around)  # type: ignore[arg-type]
    assert set(near["code"]) == codes
    assert near.attrs["record"] == record
    assert list(near.columns) == ["code", "name", "geometry"]


@pytest.mark.parametrize(
    "around",
    [
        (1, 2, 3),
        (3, 2, 1, 4),
        (1, 4, 3, 2),
        (1, 2, np.nan, 4),
        ("a", 2, 3, 4),
        (1, None, 3, 4),
        "here",
        5,
    ],
)
def test_a_box_that_is_none_is_refused(around: Any) -> None:
    with pytest.raises(InvalidParameterError, match=r"around must be \(west, south, east, north\)"):
        datasets.countries(around=around)


def test_places_can_be_cut_by_population_and_keep_their_seats() -> None:
    everywhere, large = datasets.places(), datasets.places(min_population=100_000)
    assert 0 < len(large) < len(everywhere)
    assert large["population"].min() >= 100_000
    assert large.index.tolist() == list(range(len(large)))
    qaim = everywhere.set_index("asciiname").loc["Al Qaim"]
    assert (qaim["rank"], qaim["population"]) == (2, 0)
    with pytest.raises(InvalidParameterError, match="min_population"):
        datasets.places(min_population=-1)


def test_closed_fields_and_heliports_are_no_airfields() -> None:
    open_ones, all_of_them = datasets.airfields(), datasets.airfields(everything=True)
    assert set(all_of_them["kind"]) - set(open_ones["kind"]) == {"closed", "heliport"}
    assert len(open_ones) == 99
    assert "H1 Old Air Base" not in set(open_ones["name"])


def test_the_article_gives_eight_rows_with_their_precision() -> None:
    events = datasets.article_incidents()
    assert events["id"].tolist() == [f"A{n}" for n in range(1, 9)]
    assert events["where_prec"].between(1, 7).all()
    assert events.loc[events["where_prec"] <= 2, "radius_km"].notna().all()


def test_karst_is_a_rank_with_a_source_and_an_accuracy() -> None:
    karst = datasets.karst()
    assert set(karst["susceptibility"]) <= {1, 2, 3}
    assert (karst["accuracy_km"] == 25).all()
    assert karst["source"].str.len().min() > 10


# -- rasters -----------------------------------------------------------------------------------


def test_elevation_in_degrees_is_the_file_itself() -> None:
    raster = datasets.elevation()
    assert raster.shape == (255, 270)
    assert raster.dtype == np.float32
    assert raster.attrs["units"] == "m"
    with rasterio.open(datasets._ROOT / "terrain" / "elevation.tif") as source:
        np.testing.assert_array_equal(raster, source.read(1))


def test_elevation_on_a_grid_agrees_with_the_file_at_a_point() -> None:
    target = grid(41.0, 34.0)
    dem = datasets.elevation(target)
    target.check(dem)
    middle = gpd.GeoSeries(
        gpd.points_from_xy([target.x[20]], [target.y[20]]), crs=target.crs
    ).to_crs(4326)
    there = datasets.elevation().interp(x=middle.x[0], y=middle.y[0])
    assert float(dem[20, 20]) == pytest.approx(float(there), abs=15)


def test_sinjar_stands_above_the_plain() -> None:
    dem = datasets.elevation(grid(41.4, 36.0, side=45))
    assert 900 < float(dem.max()) < 1463
    assert 200 < float(dem.median()) < 500


def test_landcover_on_a_grid_keeps_to_the_classes_of_the_file() -> None:
    cover = datasets.landcover(grid(40.5, 33.0))
    assert cover.dtype == np.uint8
    assert set(np.unique(cover)) <= set(np.unique(datasets.landcover()))
    assert float((cover == 16).mean()) > 0.9  # the desert of western Anbar is barren


@pytest.mark.parametrize("load", [datasets.elevation, datasets.landcover])
def test_outside_the_region_a_layer_says_where_it_ends(load: Any) -> None:
    elsewhere, edge = grid(41, 20), grid(46.5, 34)
    with pytest.raises(NoOverlapError, match=r"It covers lon 38-47, lat 29\.5-38"):
        load(elsewhere)
    with pytest.raises(CoverageGapError, match=r"no data for [\d.]+% of the corridor's cells"):
        load(edge, needed=np.ones(edge.shape, bool))


def test_only_the_needed_cells_must_have_data() -> None:
    edge = grid(46.5, 34)
    free = datasets.elevation(edge)
    known = np.isfinite(free.to_numpy())
    assert 0.1 < known.mean() < 0.9
    np.testing.assert_array_equal(datasets.elevation(edge, needed=known), free)


def test_how_far_the_elevation_is_off_is_told_once_and_everywhere(ground: Ground) -> None:
    """By its record: the documentation, the notes of a study and the page take it from there."""
    accuracy = datasets.record("elevation").accuracy
    for number in (
        "29.6 m off",
        "30 arc-seconds",
        "13 m too low",
        "209 m too low above 1,000 m",
        "0.75",
    ):
        assert number in accuracy
    root = ROOT
    assert accuracy in (root / "docs" / "reference" / "data.md").read_text("utf-8")
    for page in (
        root / "docs" / "explanation" / "methods" / "terrain.md",
        root / "data" / "README.md",
    ):
        text = page.read_text("utf-8")
        assert "slopes are 0.75 of" in text
        assert "fifth too gentle" not in text
    assert ground.notes.count(f"The elevation that ships is {accuracy}.") == 1
