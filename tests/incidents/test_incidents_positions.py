"""Positions: which column and which spelling tells them, in which CRS, and whether they can be meant."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

import borderzone as bz
from borderzone import incidents
from borderzone.errors import DataError, InvalidParameterError, RejectedRowsError
from borderzone.incidents.reading.aliases import match_columns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from borderzone.corridor import Corridor
    from borderzone.study import Ground, Study

BOX = (38.0, 32.0, 44.0, 38.0)
SWAPPED = """id,lat,lon
A,41.09,34.37
B,41.2,34.4
C,41.3,34.5
D,41.4,34.6
E,41.5,34.7
F,41.6,34.8
"""
IN_ONE_CELL = """id,coordinates
A,"41.09, 34.37"
B,"41.2, 34.4"
C,"41.3, 34.5"
D,"41.35, 34.6"
E,"41.4, 34.7"
F,"41.5, 34.8"
"""


def written(folder: Path, text: str, name: str = "e.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def notes_of(events: gpd.GeoDataFrame) -> list[str]:
    """Give what is told of positions; dates and precision have their own tests."""
    return [
        note
        for note in events.attrs["notes"]
        if not re.search("for the date|25 km are taken|rates are over|state no precision: ", note)
    ]


def place(cell: object, column: str = "coordinates") -> pd.Series:
    row: pd.Series = incidents.read(frame(id=["A"], **{column: [cell]})).iloc[0]
    return row


@cache
def corridor() -> Corridor:
    return bz.Corridor.around(bz.Border.between("IRQ", "SYR"))


# Swapped coordinates


@pytest.mark.parametrize("text", [SWAPPED, IN_ONE_CELL], ids=["two columns", "one cell"])
def test_a_table_swapped_as_a_whole_is_suspected_near_a_corridor(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    assert incidents.read(path)["status"].eq("ok").all()  # nothing tells it

    told = incidents.read(path, corridor=corridor())
    assert notes_of(told) == [
        "0 of 6 near the corridor, 6 if latitude and longitude change places: options=ReadOptions(fix_swapped=True)"
    ]
    assert told["reason"].str.startswith("swap suspected").all()
    assert told["status"].eq("quarantined").all()

    mended = incidents.read(
        path, corridor=corridor(), options=incidents.ReadOptions(fix_swapped=True)
    )
    assert mended["status"].eq("fixed").all()
    assert (mended["lat"].iloc[0], mended["lon"].iloc[0]) == (34.37, 41.09)
    assert notes_of(mended) == []


def test_a_table_swapped_as_a_whole_is_suspected_outside_a_box(tmp_path: Path) -> None:
    told = incidents.read(written(tmp_path, SWAPPED), options=incidents.ReadOptions(bbox=BOX))
    assert notes_of(told) == [
        "0 of 6 in the box, 6 if latitude and longitude change places: options=ReadOptions(fix_swapped=True)"
    ]
    assert told["status"].eq("quarantined").all()


def test_rows_that_lie_elsewhere_are_no_suspects() -> None:
    """All of Iraq, and a table of Turkey that says so, are read for a corridor that few of them reach."""
    rng = np.random.default_rng(1)
    iraq = frame(lat=rng.uniform(31, 33, 40).round(4), lon=rng.uniform(44, 47, 40).round(4))
    events = incidents.read(iraq, corridor=corridor())
    assert events["status"].eq("ok").all()
    assert notes_of(events) == []
    # Kastamonu lies near 41 N 34 E: swapped it would lie at Qaim.
    turkey = frame(lat=[41.38, 39.93, 41.0], lon=[33.78, 32.85, 29.0], country="Turkey")
    events = incidents.read(turkey, corridor=corridor())
    assert events["reason"].eq("").all()


def test_few_rows_of_many_are_told_and_stay() -> None:
    rng = np.random.default_rng(2)
    lat, lon = rng.uniform(34, 36, 40).round(4), rng.uniform(40.5, 42, 40).round(4)
    lat[:3], lon[:3] = lon[:3].copy(), lat[:3].copy()
    events = incidents.read(frame(lat=lat, lon=lon), corridor=corridor())
    assert events["status"].eq("ok").all()
    assert events["reason"].str.contains("swap suspected").tolist() == [True] * 3 + [False] * 37
    assert notes_of(events) == [
        "37 of 40 near the corridor, 40 if latitude and longitude change places: options=ReadOptions(fix_swapped=True)"
    ]


def test_a_whole_country_swapped_is_suspected_by_the_ground_of_the_corridors_countries() -> None:
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(32, 34, 40).round(4), rng.uniform(43.6, 45, 40).round(4)
    events = incidents.read(frame(lat=lon, lon=lat), corridor=corridor())
    assert events["status"].eq("quarantined").all()
    assert "0 of 40 on the ground of the corridor's countries, 40 if" in notes_of(events)[0]


def test_a_country_that_rows_name_tells_a_swap_without_a_study() -> None:
    table = frame(lat=[41.09, 34.4, 44.4], lon=[34.37, 41.2, 33.3], country=["Iraq", "SYR", "Iraq"])
    events = incidents.read(table)
    assert events["status"].tolist() == ["quarantined", "ok", "quarantined"]
    assert notes_of(events) == [
        "1 of 3 in the country they name, 3 if latitude and longitude change places: options=ReadOptions(fix_swapped=True)"
    ]
    mended = incidents.read(table, options=incidents.ReadOptions(fix_swapped=True))
    assert mended["lat"].tolist() == [34.37, 34.4, 33.3]


@given(
    st.lists(
        st.tuples(st.floats(33.0, 36.9), st.floats(39.0, 43.0)),
        min_size=1,
        max_size=30,
        unique=True,
    )
)
@settings(max_examples=40)
def test_random_tables_swapped_whole_are_suspected_and_never_as_they_are(
    pairs: list[tuple[float, float]],
) -> None:
    lat, lon = zip(*pairs, strict=True)
    right = incidents.read(frame(lat=lat, lon=lon), options=incidents.ReadOptions(bbox=BOX))
    wrong = incidents.read(frame(lat=lon, lon=lat), options=incidents.ReadOptions(bbox=BOX))
    mended = incidents.read(
        frame(lat=lon, lon=lat), options=incidents.ReadOptions(bbox=BOX, fix_swapped=True)
    )
    assert not right["reason"].str.contains("swap").any()
    outside = np.array(lon) > BOX[3]  # 38 to 38 lies in the box both ways
    assert wrong["reason"].str.contains("swap suspected").tolist() == outside.tolist()
    np.testing.assert_array_equal(mended["lat"][outside], np.array(lat)[outside])


@pytest.mark.parametrize("column", ["lonlat", "lon_lat", "Long/Lat", "x,y", "position (lng, lat)"])
def test_a_column_that_names_longitude_first_is_read_so(column: str) -> None:
    row = place("41.09, 34.37", column)
    assert (row["lat"], row["lon"]) == (34.37, 41.09)


# Grid references and UTM


def test_a_finer_grid_reference_never_has_a_larger_disc(tmp_path: Path) -> None:
    text = "id,mgrs,date\n" + "".join(
        f"{name},{reference},2014-10-07\n"
        for name, reference in zip(
            "ABCDE",
            ["38SKF", "38SKF76", "38SKF7069", "38SKF703698", "38SKF7030069800"],
            strict=True,
        )
    )
    events = incidents.read(written(tmp_path, text))
    radii = events["radius_km"].round(3).tolist()
    assert radii == [70.711, 7.071, 0.707, 0.707, 0.707]
    assert (events["status"] == "ok").all()


@pytest.mark.parametrize(
    "spelling", ["38skf7069", "38S KF 70 69", "38S-KF-7069", "MGRS: 38S KF 7069", " 38SKF 70 69 "]
)
def test_a_grid_reference_is_read_however_it_is_spaced(spelling: str) -> None:
    plain, other = place("38SKF7069", "mgrs"), place(spelling, "mgrs")
    assert (other["lat"], other["lon"]) == (plain["lat"], plain["lon"])


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("38S", "a grid zone alone"),
        ("38SKF703", "3 digits, an odd number"),
        ("38S KF 7 069", "have not the same number of digits"),
        ("38S KF 70 6912", "have not the same number of digits"),
        ("38SKF703006980012", "more than the 10 of one metre"),
        ("KF7069", "it lacks its grid zone"),
        ("38SZZ7069", "there is no square ZZ in grid zone 38S"),
        ("", "empty"),
    ],
)
def test_what_is_wrong_with_a_grid_reference_is_said(cell: str, why: str) -> None:
    row = place(cell, "mgrs")
    assert row["status"] == "quarantined"
    assert why in row["reason"]


TO_38N = Transformer.from_crs(4326, 32638, always_xy=True)


@pytest.mark.parametrize(
    "cell",
    [
        "38N 307000 3803000",
        "38N 307000mE 3803000mN",
        "UTM 38 N 307000 3803000",
        "zone 38 north, 307000 E, 3803000 N",
        "307000 3803000 38N",
        "38N 3803000 307000",
        "38S 307000 3803000",
    ],
)
def test_coordinates_of_utm_in_one_cell(cell: str) -> None:
    """Against pyproj."""
    row = place(cell, "mgrs")
    assert TO_38N.transform(row["lon"], row["lat"]) == (
        pytest.approx(307_000, abs=0.01),
        pytest.approx(3_803_000, abs=0.01),
    )
    assert ("in band S (32 to 40 N), not as the southern hemisphere" in row["reason"]) == (
        "38S" in cell
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("38S 307000 9003000", (pytest.approx(-9.01, abs=0.01), "southern hemisphere")),
        ("36L 307000 9003000", (pytest.approx(-9.01, abs=0.01), "")),
        ("19S 400000 4100000", (None, "may be band S (32 to 40 N) or the southern hemisphere")),
        ("38 307000 3803000", (None, "north or south of the equator")),
        ("38R 307000 3803000", (None, "does not lie in band R")),
        ("61N 307000 3803000", (None, "zone 61, which is none of 1 to 60")),
    ],
)
def test_letters_of_utm_that_say_two_things_or_the_wrong_one(
    cell: str, said: tuple[Any, str]
) -> None:
    row = place(cell)
    lat, words = said
    assert row["status"] == ("ok" if lat is not None else "quarantined")
    assert lat is None or row["lat"] == lat
    assert words in row["reason"]


def test_easting_northing_and_zone_in_columns() -> None:
    table = frame(
        Easting=[307_000, 307_000, 307_000], Northing=[3_803_000] * 3, Zone=["38N", "38S", "38"]
    )
    events = incidents.read(table)
    assert events["lat"].round(3).tolist()[:2] == [34.35, 34.35]
    assert "not as the southern hemisphere" in events["reason"][1]
    assert events["status"].tolist() == ["ok", "ok", "quarantined"]
    assert "north or south of the equator" in events["reason"][2]
    assert "crs='EPSG:32637'" in events["reason"][2]
    assert incidents.read(table, crs="EPSG:32638")["status"].eq("ok").all()


# Another CRS


def test_metres_without_a_crs_are_set_aside_and_name_the_option() -> None:
    table = frame(x=[307_000.0], y=[3_803_000.0])
    row = incidents.read(table).iloc[0]
    assert row["status"] == "quarantined"
    assert "metres: these look like projected metres" in row["reason"]
    assert "crs='EPSG:32637'" in row["reason"]

    events = incidents.read(table, crs="EPSG:32638")
    assert events["lat"][0] == pytest.approx(34.35037, abs=1e-3)
    assert notes_of(events) == ["x and y of 1 rows were read in WGS 84 / UTM zone 38N (EPSG:32638)"]


def test_a_geographic_crs_is_brought_to_wgs84() -> None:
    """ED50 is off by some 100 to 200 m; against pyproj."""
    events = incidents.read(frame(lat=[36.0], lon=[43.0]), crs=4230)
    lon, lat = Transformer.from_crs(4230, 4326, always_xy=True).transform(43.0, 36.0)
    assert (events["lat"][0], events["lon"][0]) == (pytest.approx(lat), pytest.approx(lon))
    assert events["lat"][0] != 36.0


def test_a_column_tells_the_crs_of_each_row() -> None:
    table = frame(
        x=[307_000.0, 41.09, 690_000.0, 1.0],
        y=[3_803_000.0, 34.37, 3_800_000.0, 2.0],
        EPSG=["EPSG:32638", "", 32637, "EPSG:999999"],
    )
    events = incidents.read(table)
    assert events["status"].tolist() == ["ok", "ok", "ok", "quarantined"]
    assert events["lat"].round(2).tolist()[:3] == [34.35, 34.37, 34.32]
    assert "crs must be a CRS such as crs='EPSG:32637'" in events["reason"][3]


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:999999", "crs must be a CRS such as"),
        ("nonsense", "crs must be a CRS such as"),
        ("", "crs must be a CRS such as"),
        (True, "crs must be a CRS such as"),
        ("EPSG:5773", "crs must have x and y on the ground"),
        ("EPSG:4978", "crs must have x and y on the ground"),
        ("+proj=longlat +nadgrids=/etc/passwd", "names another file"),
    ],
)
def test_a_crs_that_cannot_be_is_refused(crs: Any, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        incidents.read(frame(x=[1.0], y=[2.0]), crs=crs)


def test_what_the_user_names_goes_before_other_columns_and_x_before_y() -> None:
    table = frame(lat=[1.0], lon=[2.0], where=["307000 3803000"])
    events = incidents.read(table, columns={"latlon": "where"}, crs="EPSG:32638")
    assert events["lat"][0] == pytest.approx(34.35037, abs=1e-4)
    assert events.attrs["columns"] == {"latlon": "where"}


def test_what_lies_outside_the_area_of_a_crs_is_set_aside() -> None:
    table = frame(
        x=[9e6, 41.09, 3_803_000.0, 60_000.0, 307_000.0],
        y=[3_803_000.0, 34.37, 307_000.0, 3_803_000.0, 3_803_000.0],
    )
    events = incidents.read(table, crs="EPSG:32638")
    assert events["status"].tolist() == ["quarantined"] * 3 + ["ok"] * 2
    kinds = [reason.split(":")[0] for reason in events["reason"]]
    assert kinds[:4] == ["outside its crs", "outside its crs", "swap suspected", "beyond its crs"]
    assert (
        "look like degrees, but WGS 84 / UTM zone 38N is a plane: leave crs out"
        in events["reason"][1]
    )
    mended = incidents.read(
        table, crs="EPSG:32638", options=incidents.ReadOptions(fix_swapped=True)
    )
    assert mended["lat"][2] == pytest.approx(mended["lat"][4])


def test_a_crs_beside_a_table_of_points_must_be_its_own(tmp_path: Path) -> None:
    points = gpd.GeoSeries([shapely.Point(41, 34)], crs=4326).to_crs(32637)
    own = gpd.GeoDataFrame({"id": ["a"]}, geometry=points)
    assert incidents.read(own, crs="EPSG:32637")["lon"][0] == pytest.approx(41)
    bare = gpd.GeoDataFrame({"id": ["a"]}, geometry=list(points))
    assert incidents.read(bare, crs="EPSG:32637")["lon"][0] == pytest.approx(41)
    with pytest.raises(InvalidParameterError, match=r"says itself .* leave crs out"):
        incidents.read(own, crs="EPSG:32638")
    wrong = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(41, 34)], crs=32637)
    assert "look like degrees" in incidents.read(wrong)["reason"][0]


# Attributes that say something else than the point


def test_columns_that_contradict_the_point_are_told() -> None:
    points = gpd.GeoDataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "lat": [34.37, 35.0, None, 34.4],
            "lon": [41.09, 41.2, None, 41.21],
        },
        geometry=gpd.points_from_xy([41.0912, 41.2, 41.3, 41.2149], [34.3712, 34.4, 34.5, 34.41]),
        crs=4326,
    )
    events = incidents.read(points)
    assert events["reason"].str.contains("attributes differ").tolist() == [
        False,
        True,
        False,
        False,
    ]
    assert events["lat"][1] == 34.4
    assert events["lat_original"][1] == 35.0
    assert notes_of(events) == [
        "1 of 4 points lie elsewhere than their columns of latitude and longitude say: the points were taken"
    ]


def test_a_country_or_province_that_contradicts_the_point_is_told() -> None:
    table = frame(
        lat=[33.3, 34.37, 34.45, 36.3, 36.34, 29.0],
        lon=[44.4, 41.09, 40.92, 43.1, 43.13, 48.4],
        country=["Syria", "Syria", "Iraq", "Iraq", "Iraq", "Kuwait"],
        admin1=["", "", "Anbar Governorate", "al-Anbar", "Ninawa", ""],
    )
    events = incidents.read(table)
    told = events["reason"].str.contains("attributes differ").tolist()
    # Qaim and Albukamal lie within 25 km of the line, the last before the coast.
    assert told == [True, False, False, True, False, False]
    assert "the row says Syria, its position 33.3, 44.4 lies in Iraq" in events["reason"][0]
    assert "lies in Nineveh" in events["reason"][3]
    assert notes_of(events) == [
        "1 of 6 rows lie in another country than they name, each says so in its reason",
        "1 of 6 rows lie in another province than they name, each says so in its reason",
    ]
    assert (events["status"] == "ok").all()


def test_disputed_ground_and_words_that_name_no_country_are_no_contradiction() -> None:
    table = frame(
        lat=[45.0, 33.0, 34.0], lon=[34.1, 35.8, 41.0], country=["Ukraine", "Syria", "here"]
    )
    assert incidents.read(table)["reason"].eq("").all()


# One cell


@pytest.mark.parametrize(
    "cell",
    [
        "34.37, 41.09",
        "(34.37, 41.09)",
        "34.37N 41.09E",
        "41.09E, 34.37N",
        "N34.37 E41.09",
        "E41.09 N34.37",
        "34°22'12\"N 41°05'24\"E",
        "34°22'12\" 41°05'24\"",
        "Lat 34.37 Long 41.09",
        "lon: 41.09, lat: 34.37",
        "geo:34.37,41.09",
        "geo:34.37,41.09,200;crs=wgs84",
        "POINT (41.09 34.37)",
        "point(41.09 34.37)",
        "POINT Z (41.09 34.37 200)",
        "POINTZ(41.09 34.37 200)",
        "SRID=4326;POINT(41.09 34.37)",
        "MULTIPOINT ((41.09 34.37))",
        shapely.to_wkb(shapely.Point(41.09, 34.37), hex=True),
        shapely.to_wkb(
            shapely.set_srid(shapely.Point(41.09, 34.37, 5), 4326), hex=True, include_srid=True
        ),
        '{"x": 41.09, "y": 34.37, "spatialReference": {"wkid": 4326}}',
        '{"type": "Point", "coordinates": [41.09, 34.37]}',
        '{"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [41.09, 34.37]}}',
        '{"latitude": 34.37, "longitude": 41.09}',
        "34.37 41.09 200 4.9",
        "34.37 41.09 200",
        "34,37 41,09 200 4,9",
        "34.37, 41.09, 200, 4.9",
    ],
)
@pytest.mark.parametrize("column", ["gps", "geometry", "location"])
def test_a_position_in_one_cell_is_read_in_whichever_spelling(cell: str, column: str) -> None:
    row = place(cell, column)
    assert (row["lat"], row["lon"]) == (pytest.approx(34.37), pytest.approx(41.09))
    assert row["status"] in ("ok", "fixed")


@pytest.mark.parametrize(
    ("cell", "lat"),
    [
        ("SRID=32638;POINT(307000 3803000)", 34.35037),
        ('{"x": 307000, "y": 3803000, "spatialReference": {"wkid": 32638}}', 34.35037),
        (
            '{"x": 4574118, "y": 4078611.7, "spatialReference": {"wkid": 102100, "latestWkid": 3857}}',
            34.3703,
        ),
    ],
)
def test_a_cell_that_names_its_crs_is_read_in_it(cell: str, lat: float) -> None:
    assert place(cell)["lat"] == pytest.approx(lat, abs=1e-3)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("MULTIPOINT ((41.09 34.37), (41.2 34.4))", "not a point: "),
        ("LINESTRING (41 34, 42 35)", "not a point: "),
        ("POLYGON ((" + "41.123456 34.123456, " * 200 + "41 34))", "not a point: "),
        ('{"type": "LineString", "coordinates": [[41, 34], [42, 35]]}', "not a point: "),
        ("POINT EMPTY", "missing position"),
        ("34 22 41 05", "position unreadable"),
        ("34 22.2 41 05.4", "position unreadable"),
        ("near the bridge", "not a number"),
        ("geo:34.37,41.09;crs=moon", "in a CRS of its own"),
        ("POINT (a b)", "position unreadable"),
    ],
)
def test_a_cell_that_is_no_point_is_set_aside(cell: str, reason: str) -> None:
    row = place(cell)
    assert row["status"] == "quarantined"
    assert reason in row["reason"]


def test_the_accuracy_of_a_device_becomes_the_radius_and_0_is_unknown(tmp_path: Path) -> None:
    text = "id,gps\nA,34.37 41.09 200 4.9\nB,34.4 41.2 0 0\nC,34.5 41.3 0 3000\n"
    events = incidents.read(written(tmp_path, text))
    assert events["lat"].tolist() == [34.37, 34.4, 34.5]
    np.testing.assert_allclose(events["radius_km"], [math.sqrt(0.5), np.nan, 3.0])
    assert "2 of 3 positions state the accuracy of a device" in notes_of(events)[0]


def test_a_column_of_shapes_is_found_by_what_it_holds(tmp_path: Path) -> None:
    text = "id,date,geometry\nA,2019-07-21,POINT (41.09 34.37)\nB,2019-07-22,POINT(41.2 34.4)\n"
    events = incidents.read(written(tmp_path, text))
    assert events["lat"].tolist() == [34.37, 34.4]
    assert events["lon"].tolist() == [41.09, 41.2]
    assert notes_of(events) == ["column 'geometry' was taken for the positions by what it holds"]
    two = frame(a=["POINT (41 34)"], b=["POINT (42 35)"])
    with pytest.raises(
        DataError, match=r"several columns hold positions: 'a', 'b'.*columns=\{'latlon': 'a'\}"
    ):
        incidents.read(two)
    assert incidents.read(two.rename(columns={"b": "geom"}))["lat"].tolist() == [35.0]
    assert incidents.read(two, columns={"latlon": "b"})["lat"].tolist() == [35.0]
    with pytest.raises(DataError, match="has no column for latitude and longitude"):
        incidents.read(frame(a=["POINTLESS"], b=["2019-07-21 14:30"], c=["3.5"]))


def test_shapes_that_are_bytes_or_objects_are_read() -> None:
    cells = [shapely.to_wkb(shapely.Point(41.09, 34.37)), None]
    events = incidents.read(frame(id=["A", "B"], the_geom=cells))
    assert events["lat"][0] == 34.37
    assert events["status"].tolist() == ["ok", "quarantined"]
    nested = frame(id=["A"], location=[{"lat": 34.37, "lng": 41.09}])
    assert incidents.read(nested)["lon"].tolist() == [41.09]


def test_the_shapes_of_ucdp_beside_its_coordinates_change_nothing() -> None:
    import incident_tables as made  # noqa: PLC0415

    table = made.ucdp()
    plain = incidents.read(table)
    shaped = incidents.read(table.assign(geom_wkt=[f"POINT ({i} 1)" for i in range(len(table))]))
    for name in ("lat", "lon", "reason", "where_prec"):
        pd.testing.assert_series_equal(plain[name], shaped[name])


def test_a_collection_of_one_point_is_that_point(tmp_path: Path) -> None:
    shapes = [
        {"type": "MultiPoint", "coordinates": [[41.09, 34.37]]},
        {"type": "MultiPoint", "coordinates": [[41.09, 34.37], [41.2, 34.4]]},
    ]
    rows = [
        {"type": "Feature", "properties": {"id": name, "date": "2019-07-21"}, "geometry": shape}
        for name, shape in zip("AB", shapes, strict=True)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": rows})
    events = incidents.read(written(tmp_path, text, "e.geojson"))
    assert events["status"].tolist() == ["ok", "quarantined"]
    assert (events["lat"][0], events["lon"][0]) == (34.37, 41.09)
    assert "not a point: it is a MultiPoint" in events["reason"][1]


SPELLINGS: dict[str, tuple[Callable[[float, float], str], float]] = {
    "degrees": (lambda y, x: f"{y:.5f}, {x:.5f}", 1e-5),
    "letters": (
        lambda y, x: f"{abs(y):.5f}{'NS'[y < 0]} {abs(x):.5f}{'EW'[x < 0]}",
        1e-5,
    ),
    "wkt": (lambda y, x: f"POINT ({x:.6f} {y:.6f})", 1e-6),
    "geo": (lambda y, x: f"geo:{y:.6f},{x:.6f}", 1e-6),
    "json": (lambda y, x: json.dumps({"type": "Point", "coordinates": [x, y]}), 1e-9),
    "esri": (lambda y, x: json.dumps({"x": x, "y": y}), 1e-9),
    "wkb": (lambda y, x: shapely.to_wkb(shapely.Point(x, y), hex=True), 1e-9),
    "geopoint": (lambda y, x: f"{y:.6f} {x:.6f} 0.0 0.0", 1e-6),
    "named": (lambda y, x: f"lon={x:.5f}; lat={y:.5f}", 1e-5),
    "comma": (lambda y, x: f"{y:.5f} / {x:.5f}".replace(".", ","), 1e-5),
}


@given(
    st.floats(-80, 84).filter(lambda y: abs(y) > 0.01),
    st.floats(-179, 179).filter(lambda x: abs(x) > 0.01),
    st.sampled_from(sorted(SPELLINGS)),
)
@settings(max_examples=150)
def test_a_point_reads_back_in_every_spelling(y: float, x: float, kind: str) -> None:
    spelling, within = SPELLINGS[kind]
    row = place(spelling(y, x))
    assert (row["lat"], row["lon"]) == (pytest.approx(y, abs=within), pytest.approx(x, abs=within))


@given(st.floats(-79, 83), st.floats(-179, 179))
@settings(max_examples=60)
def test_a_point_reads_back_from_grid_and_utm(y: float, x: float) -> None:
    import mgrs  # noqa: PLC0415 - an extra

    reference = mgrs.MGRS().toMGRS(y, x)
    row = place(reference, "mgrs")
    assert (row["lat"] - y, (row["lon"] - x) * math.cos(math.radians(y))) == (
        pytest.approx(0, abs=2e-5),
        pytest.approx(0, abs=2e-5),
    )
    zone = int((x + 180) // 6) + 1
    code = (32_600 if y >= 0 else 32_700) + zone
    east, north = Transformer.from_crs(4326, code, always_xy=True).transform(x, y)
    row = place(f"{zone} {'north' if y >= 0 else 'south'} {east:.1f} {max(north, 0):.1f}")
    if north > 10_000:  # fewer digits are no northing that can be told from another number
        assert (row["lat"], row["lon"]) == (pytest.approx(y, abs=1e-5), pytest.approx(x, abs=1e-4))


# Names of columns


@pytest.mark.parametrize(
    ("lat", "lon"),
    [
        ("Position LAT (UNCLASS)", "Position LONG (UNCLASS)"),
        ("Latitude (WGS84)", "Longitude (WGS84)"),
        ("LAT_DD", "LONG_DD"),
        ("lat [deg]", "lon [deg]"),
        ("Y (Lat)", "X (Long)"),
        ("Lat.", "Long."),
        ("Latitude N", "Longitude E"),
        ("EventLat", "EventLon"),
        ("gps-Latitude", "gps-Longitude"),
        ("POINT_Y", "POINT_X"),
        ("Geogr. Breite", "Geogr. Länge"),
    ],
)
def test_longer_names_are_known_by_their_words(lat: str, lon: str) -> None:
    others = ["id", "how long", "lat_error", "long description", "date"]
    parts = match_columns([*others, lon, lat])
    assert (parts["lat"], parts["lon"]) == (lat, lon)


def test_columns_with_a_marking_are_read(tmp_path: Path) -> None:
    text = (
        "id;Position LAT (UNCLASS);Position LONG (UNCLASS);date\n"
        "A;34,37;41,09;2019-07-21\nB;34,4;41,2;2019-07-22\n"
    )
    events = incidents.read(written(tmp_path, text))
    assert events["lat"].tolist() == [34.37, 34.4]
    assert events["lon"].tolist() == [41.09, 41.2]


def test_a_length_or_a_western_longitude_is_no_coordinate() -> None:
    assert match_columns(["lat", "how long"]) == {"lat": "lat"}
    assert match_columns(["Lat (S)", "Long (W)"]) == {}


def test_two_columns_that_could_be_the_latitude_must_agree() -> None:
    table = frame(
        lat=[34.37, 34.4, 34.5],
        lon=[41.09, 41.2, 41.3],
        gps_lat=["34°22'12\"N", "34.4", "34.6"],
        latitude=[36.3, 36.3, 36.3],
    )
    with pytest.raises(
        DataError,
        match=r"two columns that could be the latitude, 'lat' and 'latitude', which differ in 3 of 3 "
        r"rows; .*columns=\{'lat': 'latitude'\}",
    ):
        incidents.read(table)
    events = incidents.read(table, columns={"lat": "lat"})
    assert events["lat"].tolist() == [34.37, 34.4, 34.5]
    alike = incidents.read(table.drop(columns="latitude"))
    assert alike["reason"].tolist() == ["", "", "attributes differ: gps_lat says 34.6, lat 34.5"]


def test_a_longer_name_beside_the_plain_one_is_passed_over_and_told() -> None:
    events = incidents.read(frame(lat=[34.37], lon=[41.09], base_lat=[36.3], lat_original=[1.0]))
    assert events["lat"].tolist() == [34.37]
    assert notes_of(events) == [
        (
            "of 'lat' and 'base_lat', which differ in 1 of 1 rows, 'lat' was taken for the latitude; for "
            "the other pass columns={'lat': 'base_lat'}"
        )
    ]
    two = frame(base_lat=[36.3], base_lon=[43.1], gps_lat=[34.37], gps_lon=[41.09])
    with pytest.raises(DataError, match="could be the latitude, 'base_lat' and 'gps_lat'"):
        incidents.read(two)


def test_degrees_minutes_and_letters_in_columns_of_their_own() -> None:
    table = frame(
        lat_deg=[34, 34], lat_min=[22, 30], lat_sec=[12, 0], lat_ref=["N", "S"],
        lon_deg=[41, 41], lon_min=[5.4, 30], lon_ref=["E", "W"],
    )  # fmt: skip
    events = incidents.read(table)
    assert events["lat"].tolist() == [34.37, -34.5]
    assert events["lon"].tolist() == [41.09, -41.5]
    assert len(notes_of(events)) == 2


def test_many_rows_on_whole_degrees_are_told() -> None:
    rng = np.random.default_rng(4)
    table = frame(lat=rng.integers(30, 37, 20), lon=rng.integers(40, 47, 20))
    notes = notes_of(incidents.read(table))
    assert notes == [
        "20 of 20 rows lie on whole degrees, which tell a place to some 70 km, and state no precision"
    ]


@pytest.mark.parametrize(
    "junk", ["", "((", "{", "{}", '{"x": 1}', "POINT", "geo:", "01", "N E", "°°", "38", "x" * 5000]
)
def test_junk_in_one_cell_never_raises(junk: str) -> None:
    events = incidents.read(frame(id=["A", "B"], coordinates=[junk, "34.37, 41.09"]))
    assert events["status"].tolist() == ["quarantined", "ok"]


@given(st.text(max_size=40))
@settings(max_examples=200)
def test_any_text_in_one_cell_is_a_place_or_set_aside(text: str) -> None:
    row = incidents.read(frame(id=["A", "B"], coordinates=[text, "34.37, 41.09"])).iloc[0]
    assert row["status"] == "quarantined" or abs(row["lat"]) <= 90


def test_a_study_knows_its_corridor_even_where_the_events_were_read_before(
    study: Study, ground: Ground
) -> None:
    made = incidents.synthetic(ground.corridor, n=40, seed=3)
    read = incidents.read(frame(lat=made["lon"].to_numpy(), lon=made["lat"].to_numpy()))
    assert read["status"].eq("ok").all()
    result = replace(study, incidents=read).run(ground=ground)
    said = "0 of 40 near the corridor, 40 if latitude and longitude change places: options=ReadOptions(fix_swapped=True)"
    assert f"Incidents: {said}." in result.notes
    assert result.incidents.events is not None
    assert result.incidents.events["status"].eq("quarantined").all()
    with pytest.raises(RejectedRowsError, match=re.escape(said)):
        incidents.TableCheck(result.incidents.events).require_usable()
    mended = incidents.read(
        read, corridor=ground.corridor, options=incidents.ReadOptions(fix_swapped=True)
    )
    assert mended["status"].eq("fixed").all()
