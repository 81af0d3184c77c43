"""Zones: outlines, reasons that recompute, and what makes a zone go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis.extra.numpy import arrays
from pyproj import CRS
from scipy import ndimage
from terrain_cases import covered

import borderzone as bz
from borderzone import difficulty
from borderzone.difficulty.regions import cell_outlines, connected, generalised
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid
from borderzone.terrain.rock import karst_rank

UTM = CRS(32637)
NY, NX = 40, 100
GRID = Grid(shape=(NY, NX), transform=Affine(2000, 0, 500_000, 0, -2000, 3_800_000), crs=UTM)
LEFT, BOTTOM, RIGHT, TOP = GRID.bounds
NAN = float("nan")


def corridor(rows: slice = slice(4, 36)) -> Any:
    """Stand in for a straight border along the middle row, chainage from the west."""
    chainage = np.broadcast_to((GRID.x - LEFT) / 1000, GRID.shape).astype(np.float32)
    segment = np.full(GRID.shape, -1, dtype=np.int32)
    segment[rows] = (chainage[rows] // 10).astype(np.int32)
    side = np.where(segment < 0, 0, 1 + (np.arange(NY) >= 20)[:, None]).astype(np.uint8)
    cells = xr.Dataset(
        {
            "segment": GRID.wrap(segment),
            "chainage_km": GRID.wrap(chainage),
            "side": GRID.wrap(side),
        }
    )
    strip = shapely.box(LEFT, TOP - rows.stop * 2000, RIGHT, TOP - rows.start * 2000)
    outline = gpd.GeoSeries([strip], crs=UTM).segmentize(5_000).to_crs(4326)
    border = SimpleNamespace(left="SYR", right="IRQ")
    return SimpleNamespace(cells=lambda _grid: cells, outline=outline, border=border)


def base() -> dict[str, Any]:
    """Plain arrays of ground: bare and near, rock only in the east."""
    return {
        "hours": np.full(GRID.shape, 1.0),
        "bare_share": np.ones(GRID.shape),
        "slope_deg": np.full(GRID.shape, 5.0),
        "relief_m": np.full(GRID.shape, 75.0),
        "karst_rank": np.full(GRID.shape, NAN),
    }


def flags_of(values: dict[str, Any], **settings: Any) -> xr.Dataset:
    """Raise the flags of plain arrays."""
    layers = {
        name: GRID.wrap(np.asarray(array, dtype=np.float32)) for name, array in values.items()
    }
    layers["karst_rank"].attrs["accuracy_km"] = 25.0
    hours = layers.pop("hours")
    hours.attrs["speed"] = "vehicle_off_road"
    own = [name for name in ("slope_deg", "relief_m", "incision_m") if name in layers]
    terrain = xr.Dataset({name: layers.pop(name) for name in own})
    result: xr.Dataset = difficulty.flags(terrain, hours, xr.Dataset(layers), **settings)
    return result


def lower_middle(values: Any) -> float:
    """Median that is one of the values: the lower of the two in the middle."""
    known = np.sort(values[~np.isnan(values)])
    return float(known[(known.size - 1) // 2])


REMOTE = (slice(10, 20), slice(20, 40))
ROCK = shapely.box(LEFT + 120_000, BOTTOM - 50_000, LEFT + 180_000, TOP + 50_000)


def remote_ground() -> dict[str, Any]:
    """One block of 200 cells, 800 km2, more than 2 h away."""
    values = base()
    values["hours"][REMOTE] = 4.0
    return values


def karst(
    *shapes: Any, ranks: tuple[int, ...] = (2,), accuracy_km: float = 25.0
) -> gpd.GeoDataFrame:
    """Polygons of soluble rock."""
    names = [f"plateau {number}" for number in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"name": names, "susceptibility": list(ranks), "accuracy_km": accuracy_km},
        geometry=list(shapes),
        crs=UTM,
    )


def rock_ground(polygons: gpd.GeoDataFrame) -> dict[str, Any]:
    """Ground with the rank of polygons."""
    values = base()
    values["karst_rank"] = karst_rank(polygons, GRID).to_numpy()
    return values


# Remote desert


def test_a_remote_block_is_one_zone_with_its_numbers() -> None:
    """Area, chainage range, reasons and their breaks."""
    table = difficulty.zones(flags_of(remote_ground()), corridor())
    assert table.crs.to_epsg() == 4326
    [row] = table.to_dict("records")
    assert (row["zone"], row["kind"], row["rank"]) == ("R1", "remote_desert", 2)
    assert row["area_km2"] == pytest.approx(800)
    assert (row["km_start"], row["km_end"]) == (41, 79)
    assert (row["hours_median"], row["break_hours"]) == (4, 2)
    assert (row["bare_share"], row["break_bare_share"]) == (1, 0.5)
    assert row["accuracy_km"] == 2
    assert row["side"] == "SYR"
    assert "median 4.0 h from the nearest origin by vehicle off road (break 2 h)" in row["reasons"]
    assert "share 1.00, break 0.5" in row["reasons"]
    assert "relief 75 m" in row["reasons"]


def test_the_outline_is_that_of_the_cells() -> None:
    """Back in the grid's frame it holds the centres of the flagged cells and no others."""
    table = difficulty.zones(flags_of(remote_ground()), corridor())
    shape = table.geometry.to_crs(UTM).iloc[0]
    expected = np.zeros(GRID.shape, dtype=bool)
    expected[REMOTE] = True
    np.testing.assert_array_equal(covered(shape, GRID), expected)
    assert shape.area / 1e6 == pytest.approx(800, rel=1e-6)


def test_reasons_are_medians_which_one_cliff_does_not_move() -> None:
    """Slope, relief and incision of 199 plain cells and a cliff."""
    values = remote_ground()
    for name, plain, cliff in (("slope_deg", 5, 80), ("relief_m", 75, 900), ("incision_m", 3, 90)):
        values[name] = np.full(GRID.shape, float(plain))
        values[name][12, 25] = cliff
    [row] = difficulty.zones(flags_of(values), corridor()).to_dict("records")
    assert (row["slope_deg"], row["relief_m"], row["incision_m"]) == (5, 75, 3)
    assert "median slope 5.0 degrees; median relief 75 m; median incision 3 m" in row["reasons"]
    [row] = difficulty.zones(flags_of(remote_ground()), corridor()).to_dict("records")
    assert np.isnan(row["incision_m"])
    assert "incision" not in row["reasons"]


@pytest.mark.parametrize(("hole", "filled_km2"), [(None, 8.0), (0.0, 0.0), (8.0, 0.0), (8.1, 8.0)])
def test_a_small_hole_is_filled_and_told(hole: float | None, filled_km2: float) -> None:
    """Two near cells in the middle: in the outline, and in no number of the flagged ground."""
    values = remote_ground()
    values["hours"][15, 30:32] = 1.0
    table = difficulty.zones(flags_of(values), corridor(), min_hole_km2=hole)
    [row] = table.to_dict("records")
    assert (row["n_cells"], row["filled_km2"], row["hours_median"]) == (198, filled_km2, 4)
    assert row["area_km2"] == pytest.approx(792 + filled_km2, rel=1e-6)
    assert len(table.geometry.iloc[0].interiors) == (filled_km2 == 0)
    assert table.attrs["left_out_km2"] == 0


def test_small_holes_in_mapped_rock_are_filled_unless_other_rock_lies_in_them() -> None:
    """Against the area of the polygon with and without its hole."""
    hole = shapely.box(LEFT + 150_000, BOTTOM + 38_000, LEFT + 152_000, BOTTOM + 42_000)
    pierced = karst(ROCK.difference(hole))
    found = flags_of(rock_ground(pierced))
    for smallest, inside in ((10.0, 0.0), (5.0, 8.0)):
        table = difficulty.zones(found, corridor(), karst=pierced, min_hole_km2=smallest)
        [area] = table["area_km2"]
        assert area == pytest.approx(60 * 64 - inside, rel=1e-4)
    both = karst(ROCK.difference(hole), hole, ranks=(2, 1), accuracy_km=0.0)
    table = difficulty.zones(flags_of(rock_ground(both)), corridor(), karst=both, min_area_km2=1)
    assert sorted(table["area_km2"].round(1)) == pytest.approx([8, 60 * 64 - 8], abs=1)


@pytest.mark.parametrize(
    ("layer", "value"), [("hours", 1.9), ("bare_share", 0.4), ("hours", NAN), ("bare_share", NAN)]
)
def test_an_input_past_its_break_takes_the_zone_away(layer: str, value: float) -> None:
    """Near, not bare, or unknown: no reason, no zone."""
    values = remote_ground()
    values[layer][REMOTE] = value
    assert difficulty.zones(flags_of(values), corridor()).empty


def test_a_threshold_past_the_ground_takes_the_zone_away() -> None:
    """The breaks of the flags hold for the zones."""
    assert difficulty.zones(flags_of(remote_ground(), remote_hours=4.5), corridor()).empty


def test_a_zone_below_the_smallest_area_is_left_out() -> None:
    """800 km2 is listed at 800 and not at 801."""
    found = flags_of(remote_ground())
    assert len(difficulty.zones(found, corridor(), min_area_km2=800)) == 1
    assert difficulty.zones(found, corridor(), min_area_km2=801).empty


def test_only_ground_inside_the_corridor_counts() -> None:
    """Half of the block lies outside a narrower strip."""
    [row] = difficulty.zones(flags_of(remote_ground()), corridor(slice(15, 36))).to_dict("records")
    assert row["n_cells"] == 100
    assert row["area_km2"] == pytest.approx(400, rel=0.01)


@pytest.mark.parametrize(("hours", "rank"), [(2.5, 1), (3.0, 1), (3.1, 2), (6.1, 3), (np.inf, 3)])
def test_rank_is_a_band_of_travel_time(hours: float, rank: int) -> None:
    """Breaks at 3 and 6 h; ground that nothing reaches has the highest rank."""
    values = base()
    values["hours"][REMOTE] = hours
    [row] = difficulty.zones(flags_of(values), corridor()).to_dict("records")
    assert row["rank"] == rank
    assert ("no origin reaches it" in row["reasons"]) == np.isinf(hours)


def rows_of_groups(found: xr.Dataset, flagged: Any) -> list[tuple[float, ...]]:
    """Area, hours, bareness and slope of every group of 50 km2, by scipy and numpy."""
    hours = found["hours"].to_numpy()
    north = np.broadcast_to((np.arange(NY) < 20)[:, None], GRID.shape)
    rows: list[tuple[float, ...]] = []
    for bank in (north, ~north):
        for low, high in ((2, 3), (3, 6), (6, np.inf)):
            piece = flagged & bank & (hours > low) & (hours <= high)
            labels, count = ndimage.label(piece, np.ones((3, 3)))
            for number in range(1, count + 1):
                mask = labels == number
                row = (
                    mask.sum() * 4.0,
                    lower_middle(hours[mask]),
                    float(found["bare_share"].to_numpy()[mask].mean(dtype=float)),
                    lower_middle(found["slope_deg"].to_numpy()[mask]),
                )
                rows += [row] if row[0] >= 50 else []
    return rows


def test_numbers_recompute_from_the_rasters_for_any_ground() -> None:
    """Against scipy's labels and numpy over each, with holes in the layers."""
    rng = np.random.default_rng(5)
    values = base()
    values["hours"] = ndimage.gaussian_filter(rng.normal(2, 6, GRID.shape), 2).clip(0)
    values["bare_share"] = ndimage.gaussian_filter(rng.normal(0.7, 1, GRID.shape), 2).clip(0, 1)
    values["slope_deg"] = rng.uniform(0, 9, GRID.shape)
    values["slope_deg"][rng.random(GRID.shape) < 0.1] = NAN
    found = flags_of(values)
    table = difficulty.zones(found, corridor(), min_area_km2=50)
    inside = np.zeros(GRID.shape, dtype=bool)
    inside[4:36] = True
    flagged = (found["remote_desert"].to_numpy() == 1) & inside
    expected = sorted(rows_of_groups(found, flagged), reverse=True)
    assert len(table) > 3
    columns = ["flagged_km2", "hours_median", "bare_share", "slope_deg"]
    told = table.assign(flagged_km2=table["n_cells"] * 4.0)
    found_rows = sorted(map(tuple, told[columns].to_numpy()), reverse=True)
    np.testing.assert_allclose(found_rows, expected, rtol=1e-9)
    outline_km2 = table.to_crs(UTM).area / 1e6
    np.testing.assert_allclose(table["area_km2"], outline_km2, rtol=1e-5)
    np.testing.assert_allclose(
        table["area_km2"] - table["filled_km2"], told["flagged_km2"], rtol=0.011
    )
    assert table["area_km2"].is_monotonic_decreasing
    assert table["zone"].tolist() == [f"R{n}" for n in range(1, len(table) + 1)]
    total = told["flagged_km2"].sum() + table.attrs["left_out_km2"]
    assert total == pytest.approx(flagged.sum() * 4.0)


def test_the_nearest_place_is_named_with_its_distance() -> None:
    """A place inside the zone is at distance 0."""
    middle = shapely.Point(LEFT + 60_000, TOP - 30_000)
    outside = shapely.Point(LEFT + 90_000, TOP - 30_000)
    found = flags_of(remote_ground())
    [zone] = difficulty.zones(found, corridor()).to_dict("records")
    both = gpd.GeoDataFrame(
        {"name": ["far", "inside"], "country": zone["side"]}, geometry=[outside, middle], crs=UTM
    )
    [row] = difficulty.zones(found, corridor(), places=both.to_crs(4326)).to_dict("records")
    assert (row["near"], row["near_km"]) == ("inside", 0)
    [row] = difficulty.zones(found, corridor(), places=both.iloc[:1]).to_dict("records")
    assert row["near"] == "far"
    assert row["near_km"] == pytest.approx(10, abs=0.5)
    [row] = difficulty.zones(found, corridor()).to_dict("records")
    assert row["near"] == ""


def test_a_zone_is_named_after_a_place_on_its_own_side_within_reach_or_after_none() -> None:
    """Nearer places across the line, or in a third country, and places beyond 50 km name nothing."""
    found = flags_of(remote_ground())
    [zone] = difficulty.zones(found, corridor()).to_dict("records")
    other = {"SYR": "IRQ", "IRQ": "SYR"}[zone["side"]]
    away_km = {"third": 1, "across": 2, "own, by name": 49, "own, farther": 49.5, "too far": 51}
    edge = LEFT + 80_000
    places = gpd.GeoDataFrame(
        {
            "name": list(away_km),
            "country": ["JOR", other, {"SYR": "Syria", "IRQ": "Iraq"}[zone["side"]], zone["side"],
                        zone["side"]],
        },
        geometry=[shapely.Point(edge + 1000 * km, TOP - 30_000) for km in away_km.values()],
        crs=UTM,
    )  # fmt: skip
    [row] = difficulty.zones(found, corridor(), places=places).to_dict("records")
    assert row["near"] == "own, by name"
    assert row["near_km"] == pytest.approx(49, abs=0.5)
    for kept in (places.iloc[[0, 1, 4]], places.iloc[:1], places.iloc[:0]):
        [row] = difficulty.zones(found, corridor(), places=kept).to_dict("records")
        assert row["near"] == ""
        assert np.isnan(row["near_km"])


def test_places_without_a_country_belong_to_the_side_on_which_they_lie() -> None:
    border = bz.Border.between("IRQ", "SYR")
    ground = bz.Corridor.around(border, depth_km=20, segment_km=50)
    grid = ground.grid(resolution_m=5000)
    far = grid.wrap(np.full(grid.shape, 4.0))
    bare = xr.Dataset({"bare_share": grid.wrap(np.ones(grid.shape))})
    found = difficulty.flags(xr.Dataset(), far, bare)
    places = gpd.GeoDataFrame(
        {"name": ["in Syria", "in Iraq"]},
        geometry=gpd.points_from_xy([40.9, 41.5], [34.6, 34.4]),
        crs=4326,
    )
    zones = difficulty.zones(found, ground, places=places)
    assert dict(zip(zones["side"], zones["near"], strict=True)) == {
        "SYR": "in Syria",
        "IRQ": "in Iraq",
    }


def test_ground_on_both_sides_or_in_two_bands_is_several_zones() -> None:
    """One zone has one rank and one country."""
    values = base()
    values["hours"][10:30, 20:40] = 4.0
    table = difficulty.zones(flags_of(values), corridor())
    assert sorted(table["side"]) == ["IRQ", "SYR"]
    values["hours"][10:20, 30:40] = 7.0
    table = difficulty.zones(flags_of(values), corridor())
    assert table["rank"].tolist() == [2, 2, 3]
    assert table["area_km2"].tolist() == pytest.approx([800, 400, 400])


# Cave-prone


def test_cave_zones_are_mapped_rock_inside_the_corridor_not_cells() -> None:
    """A slanting outline stays one straight edge, and area is the polygon's."""
    slanting = shapely.Polygon(
        [
            (LEFT + 100_000, TOP),
            (LEFT + 160_000, TOP),
            (LEFT + 190_000, BOTTOM),
            (LEFT + 130_000, BOTTOM),
        ]
    )
    polygons = karst(slanting)
    table = difficulty.zones(flags_of(rock_ground(polygons)), corridor(), karst=polygons)
    [row] = table.to_dict("records")
    assert (row["zone"], row["kind"], row["rank"]) == ("C1", "cave_prone", 3)
    assert row["accuracy_km"] == 25
    assert row["area_km2"] == pytest.approx(60 * 64, rel=1e-3)
    assert (row["karst_rank"], row["break_cave_rank"]) == (2, 1)
    assert "plateau 0" in row["reasons"]
    assert "not a cave" in row["reasons"]
    shape = table.geometry.to_crs(UTM).iloc[0]
    assert len(shape.simplify(200).exterior.coords) == 5


def test_without_polygons_the_outline_follows_the_raster_without_its_cells() -> None:
    """No edge of a cell is left of a slanting boundary, and the area stays."""
    slanting = shapely.Polygon(
        [
            (LEFT + 60_000, TOP),
            (LEFT + 120_000, TOP),
            (LEFT + 190_000, BOTTOM),
            (LEFT + 130_000, BOTTOM),
        ]
    )
    table = difficulty.zones(flags_of(rock_ground(karst(slanting))), corridor())
    [area], [shape] = table["area_km2"], table.geometry.to_crs(UTM)
    assert area == pytest.approx(60 * 64, rel=0.1)
    assert len(shape.simplify(50).exterior.coords) < 25


def test_rock_smaller_than_the_accuracy_of_its_map_is_no_zone() -> None:
    """A disc as wide as 25 km has 491 km2: below it nothing is drawn."""
    middle = shapely.Point(LEFT + 100_000, (TOP + BOTTOM) / 2)
    for radius_m, count in ((12_000, 0), (13_500, 1)):
        polygons = karst(middle.buffer(radius_m, quad_segs=32))
        found = flags_of(rock_ground(polygons))
        assert len(difficulty.zones(found, corridor(), karst=polygons)) == count
        assert len(difficulty.zones(found, corridor())) == count
    exact = karst(middle.buffer(12_000), accuracy_km=1.0)
    assert len(difficulty.zones(flags_of(rock_ground(exact)), corridor(), karst=exact)) == 1


@pytest.mark.parametrize("with_polygons", [True, False])
def test_flattened_ground_over_weak_rock_takes_the_cave_zone_away(with_polygons: bool) -> None:  # noqa: FBT001
    """Rank 1 on middling ground is medium, on flat ground low, which a higher break leaves out."""
    polygons = karst(ROCK, ranks=(1,))
    given_polygons = polygons if with_polygons else None
    values = rock_ground(polygons)
    medium: dict[str, Any] = {"karst": given_polygons, "min_cave_rank": 2}
    assert len(difficulty.zones(flags_of(values), corridor(), **medium)) == 1
    values["relief_m"][:] = values["slope_deg"][:] = 0
    assert difficulty.zones(flags_of(values), corridor(), **medium).empty
    low = difficulty.zones(flags_of(values), corridor(), karst=given_polygons)
    assert low["rank"].tolist() == [1]


def test_a_cave_zone_has_the_rank_that_half_of_it_reaches() -> None:
    """And says in how much of it."""
    polygons = karst(ROCK)
    values = rock_ground(polygons)
    values["relief_m"][:, :73] = values["slope_deg"][:, :73] = 0
    [row] = difficulty.zones(flags_of(values), corridor(), karst=polygons).to_dict("records")
    assert row["rank"] == 3
    assert "of rank 2, at least medium; susceptibility high in 57 %" in row["reasons"]
    assert row["raised_share"] == pytest.approx(0.57, abs=0.005)
    values["relief_m"][:, :77] = values["slope_deg"][:, :77] = 0
    [row] = difficulty.zones(flags_of(values), corridor(), karst=polygons).to_dict("records")
    assert row["rank"] == 2
    assert "susceptibility medium or more in 100 %" in row["reasons"]
    raised = f"open ground raises {100 * row['raised_share']:.0f} % by a class, as seen on cells of 2,000 m"
    assert raised in row["reasons"]


def test_rock_of_the_highest_rank_has_one_class_that_nothing_raises() -> None:
    polygons = karst(ROCK, ranks=(3,))
    [row] = difficulty.zones(flags_of(rock_ground(polygons)), corridor(), karst=polygons).to_dict(
        "records"
    )
    assert "rank 3, high; susceptibility high in 100 %" in row["reasons"]
    assert "which no open ground raises, as seen on cells of 2,000 m" in row["reasons"]


def test_overlapping_rock_belongs_to_the_higher_rank_once() -> None:
    """No ground is counted twice."""
    low = shapely.box(LEFT + 40_000, BOTTOM, LEFT + 140_000, TOP)
    high = shapely.box(LEFT + 100_000, BOTTOM, LEFT + 160_000, TOP)
    polygons = karst(low, high, ranks=(1, 3))
    table = difficulty.zones(flags_of(rock_ground(polygons)), corridor(), karst=polygons)
    assert sorted(table["karst_rank"]) == [1, 3]
    shapes = table.geometry.to_crs(UTM)
    assert shapes.iloc[0].intersection(shapes.iloc[1]).area < 1e-3 * shapes.area.sum()
    assert table["area_km2"].sum() == pytest.approx(120 * 64, rel=1e-3)


def test_nothing_flagged_is_an_empty_table_with_its_columns() -> None:
    """Also without rock, hours or anything else known."""
    table = difficulty.zones(flags_of(base()), corridor(), karst=karst(ROCK).iloc[:0])
    assert table.empty
    assert {"zone", "kind", "reasons", "geometry"} <= set(table.columns)
    assert table.crs.to_epsg() == 4326


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"min_area_km2": -1}, "min_area_km2 must be a finite number, 0 or more"),
        ({"min_hole_km2": -1}, "min_hole_km2 must be a finite number, 0 or more"),
        ({"min_cave_rank": 4}, "min_cave_rank must be a whole number from 0 to 3, got 4"),
    ],
)
def test_impossible_limits_are_refused(kwargs: dict[str, Any], message: str) -> None:
    """Each with what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        difficulty.zones(flags_of(base()), corridor(), **kwargs)


# Outlines


@settings(max_examples=40)
@given(arrays(np.bool_, (6, 7)))
def test_outlines_cover_exactly_their_cells(mask: Any) -> None:
    """For any pattern: against a box for each cell."""
    grid = Grid(shape=(6, 7), transform=Affine(10, 0, 0, 0, -10, 60), crs=UTM)
    labels, count = connected(mask)
    shapes = cell_outlines(labels, grid, np.arange(1, count + 1))
    for number, shape in enumerate(shapes, start=1):
        rows, columns = np.nonzero(labels == number)
        boxes = shapely.box(columns * 10, 50 - rows * 10, columns * 10 + 10, 60 - rows * 10)
        assert shape.equals(shapely.union_all(boxes))
        assert shape.is_valid


def test_generalising_drops_what_is_finer_than_the_data() -> None:
    """A speck goes, a notch closes, and with accuracy 0 nothing changes."""
    speck = shapely.box(0, 0, 10_000, 10_000)
    assert generalised(speck, 25_000).is_empty
    assert generalised(speck, 0).equals(speck)
    block = shapely.box(0, 0, 80_000, 80_000)
    notched = block.difference(shapely.box(38_000, 40_000, 42_000, 80_000))
    assert generalised(notched, 25_000).symmetric_difference(block).area < 0.05 * block.area
