"""Difficulty: flags, index, and the share of a corridor that is flagged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fuzzy_cases as plain
import numpy as np
import pytest
import xarray as xr
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pyproj import CRS

from borderzone import datasets, difficulty
from borderzone.crs import GEOD
from borderzone.difficulty import ground_check as difficulty_check
from borderzone.errors import GridMismatchError, InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid

if TYPE_CHECKING:
    from collections.abc import Iterable

GRID = Grid(shape=(3, 4), transform=Affine(2000, 0, 0, 0, -2000, 6000), crs=CRS(32637))
NAN = float("nan")


def layer(values: Any, grid: Grid = GRID) -> xr.DataArray:
    """Make a raster from an array, or from one value for all cells."""
    return grid.wrap(np.broadcast_to(np.asarray(values, dtype=np.float32), grid.shape).copy())


def ground(**layers: Any) -> xr.Dataset:
    """Terrain of gentle ground, with what a test changes."""
    values = {"slope_deg": 1.0, "relief_m": 20.0, "tri_m": 10.0, "tpi_m": 0.0} | layers
    return xr.Dataset({name: layer(value) for name, value in values.items()})


def cover(**layers: Any) -> xr.Dataset:
    """Bare ground over rock of rank 2, with what a test changes."""
    values = {"bare_share": 1.0, "bareness": 1.0, "karst_rank": 2.0} | layers
    return xr.Dataset({name: layer(value) for name, value in values.items()})


def first(dataset: xr.Dataset, name: str) -> float:
    """Value of the first cell."""
    return float(dataset[name].to_numpy()[0, 0])


# Remote desert


@pytest.mark.parametrize(
    ("hours", "bare", "aridity", "expected"),
    [
        (2.1, 1.0, NAN, 1.0),
        (2.0, 1.0, NAN, 0.0),
        (np.inf, 1.0, NAN, 1.0),
        (9.0, 0.5, NAN, 0.0),
        (9.0, 0.51, NAN, 1.0),
        (9.0, 1.0, 0.19, 1.0),
        (9.0, 1.0, 0.20, 0.0),
        (NAN, 1.0, NAN, NAN),
        (9.0, NAN, NAN, NAN),
    ],
)
def test_remote_desert_is_bare_arid_and_far(
    hours: float, bare: float, aridity: float, expected: float
) -> None:
    """Every break on both sides; unknown input is unknown; unreachable is remote."""
    found = difficulty.flags(ground(), layer(hours), cover(bare_share=bare, aridity_index=aridity))
    np.testing.assert_array_equal(first(found, "remote_desert"), expected)


def test_thresholds_are_the_callers() -> None:
    """And they travel with the flag."""
    found = difficulty.flags(
        ground(), layer(5.0), cover(bare_share=0.4), remote_hours=6, bare_threshold=0.3
    )
    assert first(found, "remote_desert") == 0
    assert found["remote_desert"].attrs["remote_hours"] == 6
    assert found["remote_desert"].attrs["bare_threshold"] == 0.3
    closer = difficulty.flags(
        ground(), layer(5.0), cover(bare_share=0.4), remote_hours=4, bare_threshold=0.3
    )
    assert first(closer, "remote_desert") == 1


def test_without_origins_remoteness_is_unknown() -> None:
    """Not zero, and the rest is still given."""
    found = difficulty.flags(ground(), None, cover())
    assert np.isnan(found["remote_desert"].to_numpy()).all()
    assert first(found, "n_unknown") == 1
    assert np.isfinite(first(found, "index"))


# Cave-prone


@pytest.mark.parametrize(
    ("rank", "relief_m", "slope_deg", "expected"),
    [
        (1, 0, 0, 1),
        (1, 74, 22, 1),
        (1, 75, 0, 2),
        (1, 300, 30, 2),
        (2, 0, 0, 2),
        (2, 74, 22, 2),
        (2, 75, 0, 3),
        (2, 0, 22.5, 3),
        (2, 300, 30, 3),
        (3, 0, 0, 3),
        (3, 300, 30, 3),
        (2, NAN, NAN, 2),
        (0, 300, 30, 0),
        (NAN, 300, 30, UNKNOWN_CLASS),
    ],
)
def test_rock_sets_the_least_susceptibility_and_open_ground_raises_it_by_one(
    rank: float, relief_m: float, slope_deg: float, expected: int
) -> None:
    """And outside mapped rock it is unknown, however rugged the ground."""
    found = difficulty.flags(
        ground(relief_m=relief_m, slope_deg=slope_deg), layer(1.0), cover(karst_rank=rank)
    )
    assert found["cave_prone"].dtype == np.uint8
    assert first(found, "cave_prone") == expected
    if rank >= 1:
        assert first(found, "cave_raised") == expected - rank
        breaks = found["cave_prone"].attrs["breaks"]
        assert min(np.searchsorted(breaks, first(found, "cave_score"), side="right"), 3) == expected


@pytest.mark.parametrize(
    ("rank", "layers", "score", "expected"),
    [
        (2, {"relief_m": 15, "slope_deg": 0.2}, 2.1, 2),
        (2, {"relief_m": 15, "incision_m": 30}, 2.6, 3),
        (1, {"relief_m": 90}, 1.6, 2),
        (3, {"relief_m": 0, "slope_deg": 0}, 3.05, 3),
    ],
)
def test_scores_worked_by_hand(
    rank: float, layers: dict[str, float], score: float, expected: int
) -> None:
    """Rank and the most that relief, incision or slope says."""
    found = difficulty.flags(ground(**layers), layer(1.0), cover(karst_rank=rank))
    assert first(found, "cave_score") == pytest.approx(score, rel=1e-6)
    assert first(found, "cave_prone") == expected


@pytest.mark.parametrize(("form", "expected"), [(10, 3), (9, 2), (1, 2), (255, 2)])
def test_a_closed_depression_raises_the_class_and_no_other_form_does(
    form: int, expected: int
) -> None:
    """Pit, valley, flat ground and unknown on rock of rank 2."""
    attrs = ground().assign(geomorphon=GRID.wrap(np.full(GRID.shape, form, dtype=np.uint8)))
    found = difficulty.flags(attrs, layer(1.0), cover())
    assert first(found, "cave_prone") == expected


@settings(max_examples=40)
@given(
    arrays(np.float32, GRID.shape, elements=st.floats(0, 900, width=32)),
    arrays(np.float32, GRID.shape, elements=st.floats(0, 80, width=32)),
    st.sampled_from([1.0, 2.0, 3.0]),
)
def test_no_ground_is_less_cave_prone_than_its_rock(relief: Any, slope: Any, rank: float) -> None:
    """And none is more than one class above it."""
    found = difficulty.flags(
        ground(relief_m=relief, slope_deg=slope), layer(1.0), cover(karst_rank=rank)
    )["cave_prone"].to_numpy()
    assert (found >= rank).all()
    assert (found <= min(rank + 1, 3)).all()


def test_a_deep_wadi_counts_like_high_relief() -> None:
    """Relief or incision, whichever is more."""
    flat = difficulty.flags(ground(), layer(1.0), cover())
    cut = difficulty.flags(ground(tpi_m=-50), layer(1.0), cover())
    ridge = difficulty.flags(ground(tpi_m=50), layer(1.0), cover())
    assert first(cut, "cave_score") > first(flat, "cave_score")
    assert first(ridge, "cave_score") == first(flat, "cave_score")


def test_incision_takes_the_place_of_position_where_it_is_given() -> None:
    """A wadi that its neighbours do not show; and the layer goes on to the zones."""
    flat = difficulty.flags(ground(), layer(1.0), cover())
    by_position = difficulty.flags(ground(tpi_m=-40), layer(1.0), cover())
    by_depth = difficulty.flags(ground(tpi_m=0, incision_m=40), layer(1.0), cover())
    level = difficulty.flags(ground(tpi_m=-40, incision_m=0), layer(1.0), cover())
    assert first(by_depth, "cave_score") == first(by_position, "cave_score")
    assert first(level, "cave_score") == first(flat, "cave_score")
    assert first(by_depth, "incision_m") == 40
    assert "incision_m" not in flat


def test_cave_classes_are_named_and_carry_the_accuracy_of_the_map() -> None:
    """So that a figure needs no other source for its legend."""
    surface = cover()
    surface["karst_rank"].attrs["accuracy_km"] = 25.0
    attrs = difficulty.flags(ground(), layer(1.0), surface)["cave_prone"].attrs
    assert attrs["flag_values"] == [0, 1, 2, 3, 255]
    assert attrs["flag_meanings"].split() == ["very_low", "low", "medium", "high", "unknown"]
    assert attrs["accuracy_km"] == 25.0


# Index


def test_index_is_the_larger_of_two_legs_by_hand() -> None:
    """Every member on its stated scale, worked out cell by cell."""
    tri = 0.15 * np.sqrt(6) * 2000
    found = difficulty.flags(
        ground(tri_m=tri), layer(6.0), cover(bareness=0.65), masking=layer(0.4)
    )

    def gamma(*members: float) -> float:
        product, rest = np.prod(members), np.prod([1 - m for m in members])
        return float((1 - rest) ** 0.75 * product**0.25)

    remote, rough = gamma(6 / 9, 0.65), gamma(2 / 3, 0.5, 0.4)
    assert first(found, "leg_remote") == pytest.approx(remote, rel=1e-6)
    assert first(found, "leg_rough") == pytest.approx(rough, rel=1e-6)
    assert first(found, "index") == pytest.approx(max(remote, rough), rel=1e-6)


def test_an_absent_factor_lowers_the_index_but_does_not_annihilate_it() -> None:
    """Memberships stay between 0.05 and 1."""
    none = difficulty.flags(ground(tri_m=0), layer(0.0), cover(bareness=0), masking=layer(0.0))
    assert first(none, "member_remoteness") == pytest.approx(0.05)
    assert first(none, "member_ruggedness") == pytest.approx(0.05)
    assert first(none, "leg_remote") == pytest.approx(float(plain.gamma([0.05, 0.05], 0.75)))
    far = difficulty.flags(ground(), layer(np.inf), cover())
    assert first(far, "member_remoteness") == 1


def test_unknown_members_leave_the_product_and_are_counted() -> None:
    """Unknown karst does not make ground easy."""
    found = difficulty.flags(ground(), layer(NAN), cover(karst_rank=NAN), masking=layer(0.4))
    members = [first(found, f"member_{name}") for name in ("ruggedness", "masking")]
    assert first(found, "n_unknown") == 2
    assert first(found, "leg_rough") == pytest.approx(float(plain.gamma(members, 0.75)), rel=1e-6)
    assert first(found, "leg_remote") == pytest.approx(1.0)
    nothing = difficulty.flags(
        ground(tri_m=NAN, relief_m=NAN), None, cover(bareness=NAN, karst_rank=NAN)
    )
    assert first(nothing, "n_unknown") == 5
    assert np.isnan(first(nothing, "index"))


@settings(max_examples=40)
@given(
    arrays(np.float32, GRID.shape, elements=st.floats(0, 100, width=32)),
    arrays(np.float32, GRID.shape, elements=st.floats(0, 1, width=32)),
    arrays(np.float32, GRID.shape, elements=st.floats(0, 900, width=32)),
    st.floats(0.1, 3),
)
def test_index_lies_in_its_range_and_never_falls_with_travel_time(
    hours: Any, bare: Any, relief: Any, more: float
) -> None:
    """More hours never make ground easier."""
    near = difficulty.flags(ground(relief_m=relief), layer(hours), cover(bareness=bare))
    far = difficulty.flags(ground(relief_m=relief), layer(hours + more), cover(bareness=bare))
    assert ((near["index"] > 0) & (near["index"] <= 1)).all()
    assert (far["index"].to_numpy() >= near["index"].to_numpy() - 1e-6).all()
    assert (far["remote_desert"].to_numpy() >= near["remote_desert"].to_numpy()).all()
    assert (far["cave_prone"] == near["cave_prone"]).all()


def test_weights_shift_a_leg_towards_their_member() -> None:
    """And only their ratio within a leg counts."""
    args = (ground(), layer(6.0), cover(bareness=0.2))
    even = difficulty.flags(*args)
    bare = difficulty.flags(*args, weights={"bareness": 3})
    assert first(bare, "leg_remote") < first(even, "leg_remote")
    assert first(bare, "leg_rough") == first(even, "leg_rough")


def test_ruggedness_does_not_depend_on_the_cell() -> None:
    """The same plane reads the same at 2 km and at 30 m."""
    fine = Grid(shape=GRID.shape, transform=Affine(30, 0, 0, 0, -30, 90), crs=GRID.crs)
    found = []
    for grid in (GRID, fine):
        attrs = xr.Dataset({"tri_m": layer(0.1 * np.sqrt(6) * grid.resolution_m, grid)})
        surface = xr.Dataset({"karst_rank": layer(NAN, grid)})
        found.append(first(difficulty.flags(attrs, None, surface), "member_ruggedness"))
    assert found == pytest.approx([1 / 3, 1 / 3])


def test_masking_is_the_prior_of_the_landform_unless_it_is_given() -> None:
    """A prior, declared: flat plain 0.06, mountain 0.70."""
    prior = difficulty.flags(ground(relief_m=10), layer(1.0), cover())
    assert first(prior, "member_masking") == pytest.approx(0.06)
    given_layer = difficulty.flags(ground(relief_m=10), layer(1.0), cover(), masking=layer(0.5))
    assert first(given_layer, "member_masking") == pytest.approx(0.5)


# Refusals


def test_layers_of_different_grids_are_refused() -> None:
    """By the name of the layer."""
    other = Grid(shape=GRID.shape, transform=Affine(2000, 0, 2000, 0, -2000, 6000), crs=GRID.crs)
    with pytest.raises(GridMismatchError, match="hours covers"):
        difficulty.flags(ground(), layer(1.0, other), cover())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hours": -1.0}, "hours must be 0 or more, got -1"),
        ({"bare_share": 1.5}, "bare_share must lie between 0 and 1, got 1.5"),
        ({"karst_rank": 4.0}, "karst_rank must lie between 0 and 3"),
        ({"slope_deg": 91.0}, "slope_deg must lie between 0 and 90"),
        ({"relief_m": -9999.0}, "relief_m must"),
        ({"incision_m": -1.0}, "incision_m must be 0 or more, got -1"),
    ],
)
def test_impossible_values_are_refused(change: dict[str, float], message: str) -> None:
    """A no-data value that slipped through is named."""
    hours = change.pop("hours", 1.0)
    surface = {k: v for k, v in change.items() if k in ("bare_share", "karst_rank")}
    terrain = {k: v for k, v in change.items() if k not in surface}
    with pytest.raises(InvalidParameterError, match=message):
        difficulty.flags(ground(**terrain), layer(hours), cover(**surface))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"remote_hours": 0}, "remote_hours must be a finite number above 0"),
        ({"remote_hours": NAN}, "remote_hours"),
        ({"bare_threshold": 1.5}, "bare_threshold must lie between 0 and 1"),
        ({"weights": {"incidents": 2.0}}, "weights name incidents; the index has remoteness"),
        ({"weights": {"karst": 0.0}}, "above 0"),
    ],
)
def test_impossible_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    """Each with what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        difficulty.flags(ground(), layer(1.0), cover(), **kwargs)


def test_no_layer_at_all_is_refused() -> None:
    """There is no grid to answer on."""
    with pytest.raises(InvalidParameterError, match="no layer is known"):
        difficulty.flags(xr.Dataset(), None, xr.Dataset())


def test_inputs_are_not_changed() -> None:
    """Neither values nor attributes."""
    attrs, surface, hours = ground(), cover(), layer(3.0)
    copies = [x.copy(deep=True) for x in (attrs, surface, hours)]
    difficulty.flags(attrs, hours, surface)
    for before, after in zip(copies, (attrs, surface, hours), strict=True):
        assert after.identical(before)


# Flagged share


def corridor_cells(segment: Any) -> xr.Dataset:
    """Cells of a corridor, -1 outside."""
    return xr.Dataset({"segment": GRID.wrap(np.asarray(segment, dtype=np.int32))})


INSIDE = corridor_cells([[0, 0, 1, 1], [0, 0, 1, 1], [-1, -1, -1, -1]])


def test_flagged_share_equals_a_count_cell_by_cell() -> None:
    """Against plain loops over random layers with holes."""
    rng = np.random.default_rng(4)
    hours = rng.uniform(0, 8, GRID.shape)
    bare = rng.choice([0.0, 1.0, NAN], GRID.shape)
    aridity = rng.choice([0.1, 0.3, NAN], GRID.shape)
    hours[0, 1], hours[1, 2] = NAN, np.inf
    surface = cover(bare_share=bare, aridity_index=aridity)
    table = difficulty.flagged_share({"foot": layer(hours)}, surface, INSIDE, (1, 2, 3, 6))
    rows: Iterable[Any] = table.itertuples()
    for row in rows:
        count = unknown = 0
        for i in range(2):
            for j in range(4):
                t, b, a = np.float32(hours[i, j]), bare[i, j], aridity[i, j]
                unknown += bool(np.isnan(t) or np.isnan(b))
                count += bool(b > 0.5 and not a >= 0.2 and t > row.threshold_h)
        assert row.remote_share == pytest.approx(count / 8)
        assert row.unknown_remote_share == pytest.approx(unknown / 8)


def test_flagged_share_agrees_with_the_flag() -> None:
    """One rule in two places would drift apart."""
    rng = np.random.default_rng(7)
    hours = layer(rng.uniform(0, 5, GRID.shape))
    surface = cover(bare_share=rng.uniform(0, 1, GRID.shape))
    found = difficulty.flags(ground(), hours, surface, remote_hours=2, bare_threshold=0.5)
    table = difficulty.flagged_share({"foot": hours}, surface, INSIDE, (2,))
    assert table["remote_share"].item() == pytest.approx(
        float(found["remote_desert"].to_numpy()[:2].mean())
    )


def test_flagged_share_is_a_range_over_modes_and_thresholds() -> None:
    """One row each; it falls as the threshold rises; the slower mode has more."""
    rng = np.random.default_rng(1)
    vehicle = rng.uniform(0, 4, GRID.shape)
    modes = {"vehicle_off_road": layer(vehicle), "foot": layer(vehicle * 5)}
    table = difficulty.flagged_share(modes, cover(), INSIDE)
    assert table["mode"].tolist() == ["vehicle_off_road"] * 3 + ["foot"] * 3
    assert table["threshold_h"].tolist() == [1, 2, 3] * 2
    wide = table.pivot_table(index="threshold_h", columns="mode", values="remote_share")
    assert (wide.diff().dropna() <= 0).all().all()
    assert (wide["foot"] >= wide["vehicle_off_road"]).all()


def test_cave_share_is_of_mapped_rock_and_the_unmapped_share_stands_beside() -> None:
    """Unknown is never counted as low."""
    classes = np.array([[3, 2, 1, 0], [255, 255, 255, 255], [3, 3, 3, 3]], dtype=np.uint8)
    rank = np.where(classes == 255, NAN, 1.0)
    table = difficulty.flagged_share(
        {"foot": layer(1.0)},
        cover(karst_rank=rank),
        INSIDE,
        cave_prone=GRID.wrap(classes),
    )
    assert table["cave_share_rank2plus_of_known"].unique().tolist() == [0.5]
    assert table["unknown_karst_share"].unique().tolist() == [0.5]
    without = difficulty.flagged_share({"foot": layer(1.0)}, cover(), INSIDE)
    assert without["cave_share_rank2plus_of_known"].isna().all()


def test_no_origins_give_an_empty_table_with_its_columns() -> None:
    """Rather than zeros."""
    table = difficulty.flagged_share({}, cover(), INSIDE)
    assert table.empty
    assert "remote_share" in table


def test_a_corridor_without_cells_is_refused() -> None:
    """A share of nothing is no number."""
    with pytest.raises(InvalidParameterError, match="no cell lies in the corridor"):
        difficulty.flagged_share({}, cover(), corridor_cells(np.full(GRID.shape, -1)))


def test_the_towns_of_the_check_stand_where_the_gazetteer_has_them() -> None:
    """Positions were typed in; whoever moves one by more than a km is told, and areas lie along the border."""
    places = datasets.places()
    lon, lat = places.geometry.x.to_numpy(), places.geometry.y.to_numpy()
    for ground in difficulty_check.NAMED_GROUND:
        here = np.full((2, len(lon)), [[ground.lon], [ground.lat]])
        near_km = GEOD.inv(here[0], here[1], lon, lat)[2].min() / 1000
        assert near_km < (50.0 if ground.radius_km else 1.0), ground.name
