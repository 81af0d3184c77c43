"""Districts and provinces of the user: in which polygons vague incidents of a study may lie."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import borderzone as bz
from borderzone import incidents
from borderzone.errors import BorderzoneError, InvalidScenarioError
from borderzone.figures.layers import placed_events
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from pathlib import Path

QUICK = bz.Scenario(resolution_m=2000, depth_km=8, segment_km=3, draws=100, imputations=50)
# The border of 7.6 km between Azerbaijan and Turkey lies about 44.8 E, 39.7 N: beyond the provinces that ship.
WEST, EAST = shapely.box(44.5, 39.5, 44.8, 40.0), shapely.box(44.8, 39.5, 45.1, 40.0)


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def table(*classes: int, lon: float = 44.75, **columns: Any) -> gpd.GeoDataFrame:
    """Give events of UCDP's classes at one point."""
    n = len(classes)
    rows = {"id": [f"e{i}" for i in range(n)], "lat": [39.72] * n, "lon": [lon] * n}
    return incidents.read(pd.DataFrame(rows | {"where_prec": classes} | columns))


def study(events: Any, **given: Any) -> bz.Study:
    border = bz.Border.between("AZE", "TUR")
    usual: dict[str, Any] = {"dem": None, "karst": None, "landcover": None, "scenario": QUICK}
    return bz.Study(border=border, incidents=events, **(usual | given))


def notes(result: Any) -> str:
    return " ".join(note for note in result.notes if "district" in note or "province" in note)


def test_districts_place_what_is_known_only_to_a_district() -> None:
    events = table(1, 3, 3, 4)
    without = study(events).run()
    found = study(events, districts=layer(WEST, EAST)).run()

    kinds = without.incidents.placed["kind"].tolist()  # type: ignore[index]
    assert kinds == ["gaussian", "excluded", "excluded", "excluded"]
    assert found.incidents.placed["kind"].tolist() == ["gaussian", "polygon", "polygon", "excluded"]  # type: ignore[index]
    assert found.incidents.placed.geometry.iloc[1].equals(WEST)  # type: ignore[union-attr]
    assert without.incidents.account.vague == 3  # type: ignore[union-attr]
    assert found.incidents.account.vague == 1  # type: ignore[union-attr]
    # The pressure, which weighs the segments, rests on them too.
    expected = [r.incidents.pressure["events_expected"].sum() for r in (without, found)]  # type: ignore[index]
    assert expected[1] > expected[0]


def test_it_is_told_which_layer_placed_how_many() -> None:
    events = table(3, 3, 4)
    assert "2 incidents known only to a district lie in no polygon" in notes(study(events).run())
    assert "districts='districts.gpkg' places them" in notes(study(events).run())
    told = notes(
        study(events, districts=layer(WEST, EAST), provinces=layer(WEST.union(EAST))).run()
    )
    assert "Of 2 incidents known only to a district 2 are placed in the districts given." in told
    assert "Of 1 incident known only to a province 1 are placed in the provinces given." in told

    elsewhere = pd.concat([events, table(3, lon=44.9)], ignore_index=True)
    rows = incidents.read(elsewhere)
    told = notes(study(rows, districts=layer(WEST), provinces=layer(WEST)).run())
    assert "2 are placed in the districts given; 1 lies in none and is left out." in told
    told = notes(study(rows, districts=layer(WEST), provinces=layer(WEST.union(EAST))).run())
    assert "2 are placed in the districts given; 1 in their province." in told
    assert "No incident is known only to a district" in notes(
        study(table(1), districts=layer(WEST)).run()
    )


def test_gtd_and_ucdp_codes_ask_for_districts_alike() -> None:
    events = table(2, 3, 4, where_scheme="gtd")
    found = study(events, districts=layer(WEST, EAST)).run()
    assert found.incidents.placed["basis"].str.startswith("admin2").tolist() == [True, True, False]  # type: ignore[index]


@pytest.mark.parametrize(
    ("districts", "words"),
    [
        (
            layer(shapely.box(10, 50, 11, 51)),
            "districts: none of these polygons reaches the corridor",
        ),
        (layer(EAST), "districts: none of the 2 incidents known only to a district lies in these"),
        (layer(WEST, shapely.box(44.6, 39.6, 45.0, 39.9)), "districts overlap: rows 1 and 2 share"),
        (layer(WEST, WEST), "districts overlap"),
        (
            layer(shapely.LineString(WEST.exterior)),
            "districts must be polygons.*row 1 is a LineString",
        ),
        (layer(WEST, shapely.Point(44.7, 39.7)), "districts must be polygons.*row 2 is a Point"),
        (layer(WEST, None), "districts must be polygons.*row 2"),
        (layer(WEST, shapely.Polygon()), "districts must be polygons.*row 2"),
        (layer(), "districts must be polygons.*no rows"),
        (layer(WEST).set_crs(None, allow_override=True), "districts.*CRS"),
        (5, "districts must be a path"),
        ("embedded", "no districts ship with borderzone"),
        ("there is none.gpkg", "there is none"),
    ],
)
def test_districts_that_serve_nothing_are_refused(districts: Any, words: str) -> None:
    with pytest.raises(BorderzoneError, match=words):
        study(table(3, 3), districts=districts).run()


def test_districts_that_do_not_cover_a_country_are_refused() -> None:
    """Some rows of a country in districts and others in none: what is told of it would be of a part."""
    both = [table(3, 3), table(3, lon=44.95)]
    named = [rows.assign(country="Azerbaijan") for rows in both]
    words = "districts: these polygons do not cover Azerbaijan: 1 incident known only to a district lies"
    with pytest.raises(BorderzoneError, match=words):
        study(pd.concat(named, ignore_index=True), districts=layer(WEST)).run()

    other = [named[0], named[1].assign(country="Turkey")]
    for parts in (other, both):  # of another country, or of none that is known: told
        rows = pd.concat(parts, ignore_index=True)
        assert "1 lies in none" in notes(study(rows, districts=layer(WEST)).run())
    edge = pd.concat([named[0], table(3, lon=44.85, country="Azerbaijan")], ignore_index=True)
    assert "1 lies in none" in notes(study(edge, districts=layer(WEST)).run())


def test_an_edge_drawn_twice_is_no_overlap() -> None:
    """Edges of two sources never agree to the metre."""
    near = layer(WEST, shapely.box(44.799, 39.5, 45.1, 40.0))
    assert study(table(3), districts=near).run().incidents.account.vague == 0  # type: ignore[union-attr]


def test_a_study_file_names_districts_and_repeats_them(tmp_path: Path) -> None:
    layer(WEST, EAST).to_file(tmp_path / "districts.gpkg")
    table(1, 3).drop(columns="geometry").to_csv(tmp_path / "events.csv", index=False)
    text = (
        'a = "AZE"\nb = "TUR"\ndem = "none"\nincidents = "events.csv"\n{}\n[scenario]\n'
        "resolution_m = 2000\ndepth_km = 8\nsegment_km = 3\ndraws = 100\nimputations = 50\n"
    )
    file = tmp_path / "study.toml"
    file.write_text(text.format('districts = "districts.gpkg"'))
    first = bz.Study.from_toml(file).run()
    assert first.incidents.placed["kind"].tolist() == ["gaussian", "polygon"]  # type: ignore[index]
    assert "districts" in {record.name for record in first.inputs}

    (tmp_path / "out").mkdir()
    again = tmp_path / "out" / "study.toml"
    again.write_text(write_study(first, tmp_path / "out", public=True))
    assert tomllib.loads(again.read_text())["districts"]["path"] == "../districts.gpkg"
    second = bz.Study.from_toml(again).run()
    assert second.run_id == first.run_id
    pd.testing.assert_frame_equal(
        pd.DataFrame(second.incidents.placed), pd.DataFrame(first.incidents.placed)
    )

    file.write_text(text.format('provinces = "none"'))
    bare = bz.Study.from_toml(file).run()
    assert bare.run_id != first.run_id
    assert 'districts = "districts.gpkg" places them' in notes(bare)
    file.write_text(text.format("districts = 5"))
    with pytest.raises(
        InvalidScenarioError, match=r"study\.toml: districts in a study file is a path"
    ):
        bz.Study.from_toml(file)


def test_figures_draw_events_where_the_study_placed_them() -> None:
    found = study(table(1, 3), districts=layer(WEST, EAST)).run()
    drawn = placed_events(found)
    assert drawn is not None
    assert drawn["drawn"].tolist() == [True, False]
    assert "no polygons" not in drawn["why_not"].iloc[1]
