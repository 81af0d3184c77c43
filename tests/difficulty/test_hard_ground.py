"""Hard ground of the Iraq-Syria corridor on the embedded data: facts that must come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xarray as xr
from pyproj import Geod

from borderzone import access, datasets, difficulty, terrain
from borderzone.border import Border
from borderzone.corridor import Corridor
from borderzone.grid import UNKNOWN_CLASS

if TYPE_CHECKING:
    from borderzone.grid import Grid

SINJAR = shapely.Point(41.72, 36.367)


@dataclass(frozen=True)
class Case:
    """The corridor and everything that is known of its ground."""

    corridor: Corridor
    grid: Grid
    cells: xr.Dataset
    landcover: xr.DataArray
    attrs: xr.Dataset
    surface: xr.Dataset
    hours: dict[str, xr.DataArray]
    flags: xr.Dataset


@pytest.fixture(scope="module")
def case() -> Case:
    """Ground at 4 km, which is what the data resolve."""
    corridor = Corridor.around(Border.between("IRQ", "SYR"), depth_km=50, segment_km=10)
    grid = corridor.grid(resolution_m=4000)
    dem, landcover = datasets.elevation(grid), datasets.landcover(grid)
    towns = datasets.places().geometry
    near = towns[towns.to_crs(grid.crs).within(shapely.box(*grid.bounds))]
    hours = {mode: access.travel_time(dem, near, speed=mode) for mode in difficulty.MODES}
    attrs = terrain.attributes(dem)
    surface = terrain.surface(landcover, datasets.karst(), grid)
    return Case(
        corridor=corridor,
        grid=grid,
        cells=corridor.cells(grid),
        landcover=landcover,
        attrs=attrs,
        surface=surface,
        hours=hours,
        flags=difficulty.flags(attrs, hours["vehicle_off_road"], surface),
    )


def ground(case: Case, surface: xr.Dataset | None = None) -> pd.DataFrame:
    """Read the ground by segment."""
    hours = case.hours["vehicle_off_road"]
    segments = case.corridor.segments
    table: pd.DataFrame = difficulty.ground_by_segment(
        case.attrs, surface or case.surface, hours, case.cells, segments=segments
    )
    return table


def test_sinjar_is_highly_susceptible_and_the_rest_of_its_neighbourhood_unknown(
    case: Case,
) -> None:
    """The limestone ridge has the highest rank; outside mapped rock nothing is claimed."""
    table = difficulty.zones(case.flags, case.corridor, karst=datasets.karst())
    caves = table[table["kind"] == "cave_prone"]
    ridge = caves[caves.contains(SINJAR)]
    assert ridge["rank"].tolist() == [3]
    assert "Sinjar" in ridge["reasons"].item()
    # The plateaus of rank 2 are medium, though the grid shows them flat.
    plateaus = caves[caves["karst_rank"] == 2]
    assert len(plateaus) >= 2
    assert (plateaus["rank"] == 2).all()
    assert plateaus["reasons"].str.contains("rank 2, at least medium").all()
    assert plateaus["reasons"].str.contains("as seen on cells of 4,000 m").all()
    assert (caves["accuracy_km"] == 25).all()
    unmapped = np.isnan(case.surface["karst_rank"].to_numpy())
    assert (case.flags["cave_prone"].to_numpy()[unmapped] == UNKNOWN_CLASS).all()


def test_cave_zones_have_the_geodesic_area_of_mapped_rock_in_the_corridor(case: Case) -> None:
    """Against polygons cut in degrees and measured on the ellipsoid."""
    table = difficulty.zones(case.flags, case.corridor, karst=datasets.karst(), min_cave_rank=0)
    found = table.loc[table["kind"] == "cave_prone", "area_km2"].sum()
    rock = datasets.karst().union_all().intersection(case.corridor.outline.iloc[0])
    geod = Geod(ellps="WGS84")
    parts = [abs(geod.geometry_area_perimeter(p)[0]) / 1e6 for p in shapely.get_parts(rock)]
    # Pieces finer than the map, 491 km2, are left out by the rule.
    assert found <= sum(parts) * 1.002
    assert found >= sum(parts) * 0.998 - sum(area for area in parts if area < 491) - 500


def test_without_polygons_every_cave_zone_still_spans_the_accuracy(case: Case) -> None:
    """Hatched areas no smaller than a disc 25 km wide, and no staircase of cells."""
    table = difficulty.zones(case.flags, case.corridor)
    caves = table[table["kind"] == "cave_prone"].to_crs(case.grid.crs)
    assert len(caves) >= 2
    assert (caves["area_km2"] >= np.pi * 12.5**2).all()
    for shape in caves.simplify(100):
        steps = np.abs(np.diff(shapely.get_coordinates(shape), axis=0))
        along_axes = (steps < 1).any(axis=1)
        assert along_axes.mean() < 0.2


def test_the_flagged_share_is_a_wide_range(case: Case) -> None:
    """A single number would mislead: mode and threshold move it by more than a quarter."""
    table = difficulty.flagged_share(
        case.hours, case.surface, case.cells, cave_prone=case.flags["cave_prone"]
    )
    assert len(table) == 6
    assert table["remote_share"].max() - table["remote_share"].min() > 0.25
    assert table["unknown_karst_share"].between(0.6, 0.75).all()
    for _, rows in table.groupby("mode"):
        assert rows["remote_share"].is_monotonic_decreasing


def test_remote_zones_lie_in_the_corridor_and_add_up_to_the_flag(case: Case) -> None:
    """Nothing is lost but the pieces that are counted as left out."""
    table = difficulty.zones(case.flags, case.corridor, places=datasets.places())
    remote = table[table["kind"] == "remote_desert"]
    inside = case.cells["segment"].to_numpy() >= 0
    flagged = ((case.flags["remote_desert"].to_numpy() == 1) & inside).sum()
    listed_km2 = remote["n_cells"].sum() * case.grid.cell_area_km2
    total = listed_km2 + table.attrs["left_out_km2"]
    assert total == pytest.approx(flagged * case.grid.cell_area_km2)
    # Outlines are smoothed, cut at the rim of the corridor, and filled where holes are small.
    assert (remote["area_km2"] - remote["filled_km2"]).sum() == pytest.approx(listed_km2, rel=0.01)
    assert set(remote["side"]) == {"IRQ", "SYR"}
    assert remote["km_start"].min() >= 0
    assert remote["km_end"].max() <= case.corridor.border.length_km
    named = remote[remote["near"] != ""]
    assert len(named)
    assert named["near_km"].le(50).all()
    assert remote["near_km"].notna().equals(remote["near"] != "")
    whose = datasets.places().groupby("name")["country"].agg(set)
    for zone in named.itertuples():
        assert zone.side in whose[zone.near]


def test_every_segment_has_ground(case: Case) -> None:
    """No silent NaN, and factors in their range."""
    table = ground(case)
    assert table.index.tolist() == list(range(len(case.corridor.segments)))
    needed = ["f_mask", "f_mask_low", "f_mask_high", "patrol_speed_factor", "crosser_km_h"]
    assert table[needed].notna().all().all()
    assert table["f_mask_low"].le(table["f_mask"]).all()
    assert table["f_mask"].le(table["f_mask_high"]).all()
    assert table["patrol_speed_factor"].between(0, 1).all()
    assert table["crosser_km_h"].between(1, 2.81).all()
    assert (table["n_cells"] > 0).all()


def test_other_land_cover_changes_the_ground_of_its_segments_only(case: Case) -> None:
    """Fields slow a patrol where they are, and nowhere else."""
    changed = case.landcover.copy()
    near = (case.cells["segment"].to_numpy() == 5) & (case.landcover.to_numpy() == 16)
    changed.to_numpy()[near] = 12
    surface = terrain.surface(changed, datasets.karst(), case.grid)
    before, after = (
        ground(case)["patrol_speed_factor"],
        ground(case, surface)["patrol_speed_factor"],
    )
    assert near.any()
    assert after[5] < before[5]
    pd.testing.assert_series_equal(before.drop(5), after.drop(5))


def test_a_cell_larger_than_the_segments_is_told_and_filled(case: Case) -> None:
    """Segments of 1 km on a grid of 20 km cells borrow, each and all."""
    corridor = Corridor.around(Border.between("IRQ", "SYR"), depth_km=10, segment_km=1)
    grid = corridor.grid(resolution_m=20_000)
    flat = xr.Dataset({"z": grid.wrap(np.ones(grid.shape))})
    table = difficulty.by_segment(flat, corridor.cells(grid), segments=corridor.segments)
    assert len(table) == len(corridor.segments)
    assert (table["n_borrowed"] > 0).sum() > 0.5 * len(table)
    assert ((table["n_borrowed"] > 0) == (table["n_cells"] == 0)).all()
    assert table["z_mean"].eq(1).all()


def test_the_same_ground_gives_the_same_bytes(case: Case) -> None:
    """No dependence on order or time."""
    tables: list[Any] = [
        difficulty.zones(case.flags, case.corridor, karst=datasets.karst()) for _ in range(2)
    ]
    assert isinstance(tables[0], gpd.GeoDataFrame)
    assert tables[0].to_wkb().equals(tables[1].to_wkb())
