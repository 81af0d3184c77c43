"""A line of one's own: whose side is whose, exchanged coordinates, its files, and parts of a border."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

import borderzone as bz
from borderzone._guards.doors import Drawn
from borderzone.errors import (
    BorderzoneError,
    DataError,
    InvalidGeometryError,
    InvalidParameterError,
)

if TYPE_CHECKING:
    from pathlib import Path

LINE = shapely.LineString([(41.0, 34.0), (41.0, 34.5), (41.1, 35.0)])


def exchanged(shape: Any) -> Any:
    """Give a shape with latitude first."""
    return shapely.transform(shape, lambda xy: xy[:, ::-1])


def half(a: str, b: str, share: float = 0.5) -> Any:
    """Give the southern share of the first part of a border, as drawn by the data that ship."""
    coords = np.array(bz.Border.between(a, b).line.iloc[0].coords)
    return shapely.LineString(coords[: max(2, int(share * len(coords)))])


def owner(border: Any, point: Any) -> str:
    """Say whose side a place is on by the border: of its part, left or right."""
    km, offset = border.locate(point.x, point.y)
    part = next(p for p in border.course if p.km_start <= km <= p.km_end)
    return str(part.left if offset > 0 else part.right)


# Whose side is whose


@pytest.mark.parametrize("pair", [("IND", "PAK"), ("IRQ", "SYR"), ("EGY", "LBY"), ("ARG", "CHL")])
def test_the_ground_says_which_country_is_left_whatever_the_order_and_direction(
    pair: tuple[str, str],
) -> None:
    whole, line = bz.Border.between(*pair), half(*pair)
    for names in (pair, pair[::-1]):
        drawn = bz.Border.from_line(line, names=names)
        turned = bz.Border.from_line(line.reverse(), names=names)
        assert (drawn.left, drawn.right) == (whole.left, whole.right)
        assert (turned.left, turned.right) == (whole.right, whole.left)
        assert (drawn.a, drawn.b) == names
        assert (drawn.sides, drawn.remarks) == ("ground", ())


def test_names_of_countries_in_words_become_their_codes_where_their_ground_is() -> None:
    border = bz.Border.from_line(half("IRQ", "SYR"), names=("Syrian Arab Republic", "Kurdistan"))
    assert (border.left, border.right) == ("SYR", "Kurdistan")
    assert border.names == {"SYR": "Syria", "Kurdistan": "Kurdistan"}
    elsewhere = bz.Border.from_line(LINE, names=("Norway", "Chile"))
    assert (elsewhere.a, elsewhere.b) == ("Norway", "Chile")


def test_where_nothing_decides_the_order_is_told_with_what_to_say() -> None:
    border = bz.Border.from_line(LINE, names=("Republika", "North"))
    assert (border.left, border.sides) == ("Republika", "order")
    (told,) = border.remarks
    assert "Republika was put on its left" in told
    assert "in the middle is west" in told
    assert 'left = "North" if it is not' in told
    inside = bz.Border.from_line(shapely.LineString([(44, 32), (45, 33)]), names=("IRQ", "SYR"))
    assert inside.sides == "order"
    assert "Nothing says on which side" in inside.remarks[-1]


@pytest.mark.parametrize(
    ("said", "left", "pair"),
    [
        ({"left": "North", "right": "South"}, "North", ("North", "South")),
        ({"names": ("South", "North"), "left": "North"}, "North", ("South", "North")),
        ({"names": ("South", "North"), "right": "South"}, "North", ("South", "North")),
        ({"left": "North"}, "North", ("North", "right")),
        ({"right": "North"}, "left", ("left", "North")),
        ({"names": ("right", "left")}, "left", ("right", "left")),
        ({}, "left", ("left", "right")),
        ({"names": ("IRQ", "SYR"), "left": "Iraq"}, "IRQ", ("IRQ", "SYR")),
    ],
)
def test_who_says_left_or_right_is_obeyed(
    said: dict[str, Any], left: str, pair: tuple[str, str]
) -> None:
    border = bz.Border.from_line(LINE, **said)
    assert (border.left, border.sides, (border.a, border.b)) == (left, "given", pair)


def test_sides_that_the_ground_contradicts_are_kept_and_told() -> None:
    border = bz.Border.from_line(half("IND", "PAK"), left="IND", right="PAK")
    assert border.left == "IND"
    assert "IND was given as left of the line and PAK as right" in border.remarks[0]
    right = bz.Border.from_line(half("IND", "PAK"), left="Pakistan", right="India")
    assert (right.left, right.remarks) == ("PAK", ())


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"names": ("a", "b"), "left": "c"}, "left must be one of the two names, 'a' or 'b'"),
        ({"names": ("a", "b"), "left": "a", "right": "a"}, "one each"),
        ({"left": "a", "right": "a"}, "two different words"),
        ({"names": ("Iraq", "IRQ")}, "two different words"),
        ({"names": ("a",)}, "two different words"),
        ({"names": "ab"}, "names"),
        ({"left": 5}, "left must be text"),
        ({"left": " "}, "left must have"),
        ({"right": "x" * 81}, "right must have"),
    ],
)
def test_sides_that_contradict_themselves_are_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        bz.Border.from_line(LINE, **said)


def test_parts_that_were_drawn_against_the_others_are_turned() -> None:
    whole = bz.Border.between("IRQ", "SYR")
    first, second = (whole.between_km(a, b).line.iloc[0] for a, b in ((20, 200), (260, 420)))
    straight = bz.Border.from_line(shapely.MultiLineString([first, second]), names=("IRQ", "SYR"))
    mixed = bz.Border.from_line(
        shapely.MultiLineString([first, second.reverse()]), names=("IRQ", "SYR")
    )
    assert straight.remarks == ()
    assert mixed.remarks == (
        "Of 2 parts of the line 1 part was drawn against the others and is turned.",
    )
    assert mixed.parts["left"].tolist() == ["SYR", "SYR"]
    assert mixed.line.geom_equals(straight.line).all()
    np.testing.assert_allclose(mixed.course[1].chainage_km, straight.course[1].chainage_km)


@pytest.mark.parametrize(
    ("short", "long", "left"),
    [
        ([(41, 34), (41, 34.1)], [(41, 35), (41, 34.1)], "east"),
        ([(41, 34.1), (41, 34)], [(41, 34.1), (41, 35)], "west"),
    ],
)
def test_pieces_of_one_part_drawn_against_each_other_follow_the_longer_share(
    short: Any, long: Any, left: str
) -> None:
    """The side of a part is not that of the first piece, however short."""
    right = "west" if left == "east" else "east"
    border = bz.Border.from_line(shapely.MultiLineString([short, long]), left=left, right=right)
    assert len(border.parts) == 1
    assert owner(border, shapely.Point(41.2, 34.5)) == "east"
    assert owner(border, shapely.Point(40.8, 34.05)) == "west"


@pytest.mark.parametrize("turned", [False, True])
def test_a_ring_has_its_own_country_inside_however_it_is_drawn(*, turned: bool) -> None:
    ring = bz.Border.between("LSO", "ZAF").line.iloc[0]
    line = ring.reverse() if turned else ring
    border = bz.Border.from_line(line, names=("ZAF", "LSO"))
    assert border.parts["is_ring"].all()
    assert owner(border, shapely.Point(28.2, -29.5)) == "LSO"
    assert owner(border, shapely.Point(26.5, -29.0)) == "ZAF"


def test_a_line_over_180_degrees_is_looked_at_on_both_sides() -> None:
    """Neither side is a country there, and nothing breaks."""
    border = bz.Border.from_line(shapely.LineString([(179, 68), (-179, 68.5)]), names=("RUS", "b"))
    assert border.sides == "order"
    assert border.length_km < 110


# Exchanged coordinates


def test_latitudes_beyond_90_that_exchanging_mends_are_told_so() -> None:
    line = shapely.LineString([(35.0, 115.0), (36.0, 116.0)])
    with pytest.raises(InvalidGeometryError, match=r"look exchanged.*xy\[:, ::-1\]"):
        bz.Border.from_line(line)
    with pytest.raises(InvalidGeometryError, match=r"b is not on the globe.*look exchanged"):
        bz.Border.from_polygons(shapely.box(35, 80, 36, 89), shapely.box(35, 89, 36, 117))
    with pytest.raises(InvalidGeometryError, match="in metres"):
        bz.Border.from_line(shapely.LineString([(5e5, 4e6), (5e5, 4.1e6)]))


@pytest.mark.parametrize("said", [{"names": ("SYR", "Iraq")}, {"left": "SYR", "right": "IRQ"}])
def test_a_line_that_only_fits_its_countries_exchanged_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(InvalidGeometryError, match="longitude and latitude exchanged") as refusal:
        bz.Border.from_line(exchanged(half("IRQ", "SYR")), **said)
    assert "far from" in str(refusal.value)
    assert "xy[:, ::-1]" in str(refusal.value)


def test_polygons_that_only_fit_their_countries_exchanged_are_refused() -> None:
    table = bz.datasets.countries().set_index("code")
    box = shapely.box(39, 33, 42, 36)
    pair = [exchanged(shapely.intersection(table.geometry[code], box)) for code in ("IRQ", "SYR")]
    with pytest.raises(InvalidGeometryError, match="longitude and latitude exchanged"):
        bz.Border.from_polygons(*pair, names=("IRQ", "SYR"))


def test_without_names_exchanged_coordinates_are_suspected_in_a_remark() -> None:
    assert bz.Border.from_line(half("IRQ", "SYR")).remarks == ()
    for line in (half("IRQ", "SYR"), half("IND", "PAK")):
        (told,) = bz.Border.from_line(exchanged(line)).remarks
        assert "Longitude and latitude of the line may be exchanged" in told


def test_a_line_far_from_its_countries_is_told_to_be() -> None:
    border = bz.Border.from_line(half("IRQ", "SYR"), left="USA", right="MEX")
    assert border.remarks[0].startswith(
        "The line lies nowhere within 20 km of the land of USA or MEX"
    )


# Files


def write(folder: Path, name: str, *shapes: Any, layer: str | None = None, **columns: Any) -> Path:
    """Write shapes to a file."""
    path = folder / name
    more = {} if layer is None else {"layer": layer}
    gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326).to_file(path, **more)
    return path


WEST, EAST = shapely.box(40, 34, 41, 35), shapely.box(41, 34, 42, 35)


def test_a_layer_of_a_file_is_chosen_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, "lines.gpkg", LINE, layer="claimed")
    write(tmp_path, "lines.gpkg", LINE.reverse(), layer="held")
    with pytest.raises(DataError, match="claimed, held; name one"):
        bz.Border.from_file(path)
    border = bz.Border.from_file(path, layer="held", left="North", right="South")
    assert border.line.iloc[0].equals_exact(LINE.reverse(), 1e-9)
    assert border.source == "user line, lines.gpkg, layer held"
    assert dict(border.said) == {"left": "North", "right": "South", "layer": "held"}


@pytest.mark.parametrize("kind", ["files", "layers", "column", "codes", "ground", "rows"])
def test_two_areas_in_files_layers_or_rows_make_a_border(kind: str, tmp_path: Path) -> None:
    """West first or not: what is said of each area decides, and the order of rows is told."""
    names, west = ("Ost", "West"), "West"
    if kind == "files":
        path: Any = [write(tmp_path, "a.geojson", EAST), write(tmp_path, "b.geojson", WEST)]
    elif kind == "layers":
        path = write(tmp_path, "two.gpkg", EAST, layer="a")
        write(tmp_path, "two.gpkg", WEST, layer="b")
    elif kind == "column":
        path = write(tmp_path, "two.gpkg", WEST, EAST, who=["West", "Ost"])
    elif kind == "codes":
        path = write(tmp_path, "two.gpkg", WEST, EAST, iso=["SYR", "IRQ"])
        names, west = ("Iraq", "Syria"), "Syria"
    elif kind == "ground":
        box, table = shapely.box(40, 33, 42, 35), bz.datasets.countries().set_index("code")
        shapes = [shapely.intersection(table.geometry[code], box) for code in ("SYR", "IRQ")]
        path, names, west = write(tmp_path, "two.gpkg", *shapes), ("IRQ", "SYR"), "SYR"
    else:
        path = write(tmp_path, "two.gpkg", EAST, WEST)
    border = bz.Border.from_file(path, names=names, layer=["a", "b"] if kind == "layers" else None)

    assert (border.left, border.sides) == (west, "given")
    assert bool(border.remarks) == (kind == "rows")
    if kind == "rows":
        assert "the first row was taken for Ost" in border.remarks[0]
    assert border.source.startswith("user polygons, ")
    assert isinstance(border.path, tuple) == (kind == "files")


@pytest.mark.parametrize(
    ("shapes", "given", "message"),
    [
        ([WEST], {}, r"holds 1 areas.*a\.gpkg"),
        ([WEST, EAST, EAST], {}, "holds 3 areas"),
        ([WEST, LINE], {}, "a border is a line, got a Polygon"),
        ([WEST, EAST], {"left": "x"}, "say themselves which lies left"),
        ([WEST, EAST], {"names": ("x", "x")}, "two different words"),
        ([LINE], {"layer": 5}, "layer"),
        ([LINE], {"layer": ["a", "b", "c"]}, "layer must be a layer, or two"),
        ([LINE], {"layer": "gone"}, "name one of them"),
        ([LINE], {"tolerance_km": 0}, "tolerance_km"),
    ],
)
def test_files_that_hold_no_border_are_refused(
    shapes: list[Any], given: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = write(tmp_path, "shapes.gpkg", *shapes)
    with pytest.raises(BorderzoneError, match=message):
        bz.Border.from_file(path, **given)


def test_two_files_hold_areas_each(tmp_path: Path) -> None:
    area, line = write(tmp_path, "a.geojson", WEST), write(tmp_path, "b.geojson", LINE)
    with pytest.raises(InvalidGeometryError, match="the areas of one side, got LineString"):
        bz.Border.from_file([area, line])
    with pytest.raises(InvalidParameterError, match="path must be a file, or two"):
        bz.Border.from_file([area, area, area])


@pytest.mark.parametrize(
    "pair",
    [
        (WEST, WEST),
        (WEST, shapely.box(40.5, 34, 41.5, 35)),
        (WEST, shapely.box(40.2, 34.2, 40.8, 34.8)),
        (shapely.box(40, 34, 40.01, 34.01), shapely.box(40, 34, 40.01, 34.01)),
    ],
    ids=["twice the same", "half of it", "one in the other", "small and the same"],
)
def test_areas_that_lie_in_each_other_have_no_border(pair: tuple[Any, Any]) -> None:
    for a, b in (pair, pair[::-1]):
        with pytest.raises(InvalidGeometryError, match="overlap by"):
            bz.Border.from_polygons(a, b)


def test_an_enclave_in_a_hole_is_a_ring() -> None:
    inner = shapely.box(40.4, 34.4, 40.6, 34.6)
    border = bz.Border.from_polygons(inner, WEST.difference(inner), names=("In", "Out"))
    assert border.parts["is_ring"].all()
    assert owner(border, shapely.Point(40.5, 34.5)) == "In"


# A part of a border


def test_a_part_keeps_tripoints_sides_and_stretches() -> None:
    whole = bz.Border.between("IND", "PAK")
    part = whole.between_km(2000, whole.length_km)
    assert part.start_name == "km 2000 of the whole border"
    assert part.end_name == whole.end_name
    assert (part.left, part.right) == (whole.left, whole.right)
    assert part.cut_km == pytest.approx((2000, whole.length_km))
    expected = whole.stretches[whole.stretches["km_end"] > 2000]
    assert part.stretches["kind"].tolist() == expected["kind"].tolist()
    np.testing.assert_allclose(part.stretches["km_end"], expected["km_end"] - 2000)
    assert part.stretches["km_start"].iloc[0] == 0
    south = bz.Border.between("IRQ", "SYR").between_km(0, 598.9)
    assert south.end_name == "tripoint with Turkey"


def test_a_kilometre_of_a_part_is_that_kilometre_of_the_whole() -> None:
    whole = bz.Border.between("IRQ", "SYR")
    part = whole.between_km(123.4, 431)
    km = np.linspace(0, part.length_km, 40)
    ours, theirs = part.point_at(km), whole.point_at(km + 123.4)
    assert part.length_km == pytest.approx(431 - 123.4, abs=1e-9)
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-9)
    np.testing.assert_allclose(ours.y, theirs.y, atol=1e-9)
    assert part.between_km(10, 20).cut_km == pytest.approx((133.4, 143.4))
    assert part.between_km(0, 20).start_name == "km 123.4 of the whole border"
    assert whole.between_km(0, whole.length_km) is whole
    assert pickle.loads(pickle.dumps(part)).cut_km == part.cut_km  # noqa: S301


def test_a_part_over_breaks_keeps_them_and_the_names_of_their_ends() -> None:
    whole = bz.Border.between("CAN", "USA")
    first, second = whole.breaks_km
    part = whole.between_km(first - 100, second + 50)
    np.testing.assert_allclose(part.breaks_km, (100, 100 + second - first))
    at_break = whole.between_km(first, second)
    assert len(at_break.parts) == 1
    assert (at_break.start_name, at_break.end_name) == ("coast", "coast")


def test_a_ring_is_opened_where_it_is_cut_and_kept_where_it_is_not() -> None:
    ring = bz.Border.between("LSO", "ZAF")
    part = ring.between_km(100, 300)
    assert not part.parts["is_ring"].any()
    assert (part.left, part.right) == (ring.left, ring.right)
    many = bz.Border.between("BEL", "NLD")
    with_rings = many.between_km(10, many.length_km)
    assert with_rings.parts["is_ring"].sum() == many.parts["is_ring"].sum()
    assert with_rings.end_name == many.end_name


def test_a_part_beyond_180_degrees_runs_on() -> None:
    border = bz.Border.from_line(shapely.LineString([(179, 10), (-179, 11)])).between_km(150, 240)
    assert border.length_km == pytest.approx(90)
    assert (np.abs(np.diff(border.course[0].coords[:, 0])) < 2).all()


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (300, 200, "a below b, got 300 and 200"),
        (200, 200, "a below b"),
        (0, 700, r"from 0 to 598\.889 km"),
        (-1, 10, "a must be a finite number, 0 or more"),
        (float("nan"), 10, "a must be a finite number"),
        (0, float("inf"), "b must be a finite number"),
        ("x", 10, "a must be a number"),
        (None, 10, "a must be a number"),
    ],
)
def test_kilometres_that_are_no_part_are_refused(a: Any, b: Any, message: str) -> None:
    with pytest.raises(InvalidParameterError, match=message):
        bz.Border.between("IRQ", "SYR").between_km(a, b)


def test_ground_between_areas_is_not_measured_for_a_part() -> None:
    border = bz.Border.from_polygons(WEST, shapely.box(41.01, 34, 42, 35))
    assert np.isnan(border.between_km(0, 50).gap_km2)
    assert border.between_km(0, 50).overlap_km2 == 0


# Remarks, and what else is one


def test_a_border_shorter_than_its_corridor_is_deep_gets_a_remark() -> None:
    short = bz.Border.between("IRQ", "SYR").between_km(100, 112)
    (told,) = bz.Corridor.around(short, depth_km=20).remarks
    assert told.startswith("The border is 12 km long and its corridor 20 km deep")
    assert bz.Corridor.around(short, depth_km=8).remarks == ()
    (coarse,) = bz.Corridor.around(bz.Border.between("ESP", "MAR"), depth_km=25).remarks
    assert coarse.startswith("The border is 21 km long"), "no finer than the line is known"
    assert bz.Corridor.around(short, depth_km={"IRQ": 8, "SYR": 20}).remarks == (told,)


def test_a_line_coarser_than_its_segments_gets_a_remark() -> None:
    coarse = bz.Border.from_line(shapely.LineString([(41, 34), (41.1, 34.4), (41, 34.9)]))
    assert "coarser" in bz.Corridor.around(coarse, depth_km=20, segment_km=10).remarks[0]
    assert bz.Corridor.around(coarse, depth_km=20, segment_km=60).remarks == ()


def test_remarks_of_the_line_come_with_its_corridor() -> None:
    border = bz.Border.from_line(LINE, names=("x", "y"))
    assert bz.Corridor.around(border, depth_km=9, segment_km=60).remarks == border.remarks


def test_an_edge_without_length_leads_nowhere() -> None:
    line = shapely.LineString([(38.8, 3e-57), (2e-52, 1e-307), (1e-307, -3e-182), (0.0, 1.0)])
    border = bz.Border.from_line(line)
    assert np.diff(border.course[0].chainage_km).min() > 0
    assert border.locate(0.0, 0.0)[1] == pytest.approx(0, abs=1e-6)
    with pytest.raises(InvalidGeometryError, match="two different points"):
        bz.Border.from_line(shapely.LineString([(1e-307, 0), (0, 0)]))


def test_one_way_of_drawing_serves_border_and_corridor() -> None:
    for kind in (bz.Border, bz.Corridor):
        for name in ("plot", "explore", "to_geodataframe"):
            assert getattr(kind, name).__qualname__ == f"Drawn.{name}"
    assert issubclass(bz.Corridor, Drawn)
