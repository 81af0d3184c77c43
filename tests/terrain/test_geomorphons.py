"""Geomorphons and openness: the forms table, plain statements, and GRASS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import ORACLES
from terrain_cases import (
    centre,
    extended,
    incision,
    openness_negative,
    openness_positive,
    plane,
    raster,
    rough,
)

from borderzone import terrain
from borderzone.errors import InvalidParameterError, NotProjectedError
from borderzone.terrain.elevation import Elevation, cells_within
from borderzone.terrain.horizons import GEOMORPHONS, Lines, geomorphon_reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import FloatArray

WAYS = ((0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, -1), (-1, -1), (1, 1))
CODE = {name: code for code, name in enumerate(GEOMORPHONS, 1)}
SHORT = dict(
    zip(("FL", "PK", "RI", "SH", "SP", "SL", "HL", "FS", "VL", "PT"), CODE.values(), strict=True)
)
# Jasiewicz and Stepinski (2013), figure 4: rows by falling lines, columns by rising ones.
PUBLISHED = (
    ("FL", "FL", "FL", "FS", "FS", "VL", "VL", "VL", "PT"),
    ("FL", "FL", "FS", "FS", "FS", "VL", "VL", "VL"),
    ("FL", "SH", "SL", "SL", "HL", "HL", "VL"),
    ("SH", "SH", "SL", "SL", "SL", "HL"),
    ("SH", "SH", "SP", "SL", "SL"),
    ("RI", "RI", "SP", "SP"),
    ("RI", "RI", "RI"),
    ("RI", "RI"),
    ("PK",),
)
ORACLE = ORACLES / "geomorphons.npz"


def angles(
    z: FloatArray, dx: float, dy: float, search: float, *, skip: int = 0, inclusive: bool = False
) -> tuple[Any, Any]:
    """Highest and lowest angle of every line at every cell, a cell at a time."""
    halo = int(search // min(dx, dy)) + 1
    wide = extended(z.astype(float), halo)
    high, low = np.empty((8, *z.shape)), np.empty((8, *z.shape))
    for line, (down, right) in enumerate(WAYS):
        run = np.hypot(down * dy, right * dx)
        last = [k for k in range(1, halo + 1) if k * run < search + (1e-6 if inclusive else -1e-6)]
        for i, j in np.ndindex(z.shape):
            seen = [
                np.arctan2(
                    wide[i + halo + k * down, j + halo + k * right] - wide[i + halo, j + halo],
                    k * run,
                )
                for k in last[skip:]
            ]
            high[line, i, j], low[line, i, j] = np.degrees(max(seen)), np.degrees(min(seen))
    return high, low


def star(ways: str) -> Any:
    """Ground that rises (+), falls (-) or stays level (0) along each of eight lines."""
    z = np.zeros((7, 7))
    for (down, right), way in zip(WAYS, ways, strict=True):
        for k in (1, 2, 3):
            z[3 + k * down, 3 + k * right] = {"+": k, "-": -k, "0": 0}[way]
    return raster(z, 1.0)


@pytest.mark.parametrize(
    ("falling", "rising"), [(m, p) for m in range(9) for p in range(9 - m)], ids=str
)
def test_every_cell_of_the_published_table(falling: int, rising: int) -> None:
    """By ground with just so many rising and falling lines, in two orders of the lines."""
    ways = "+" * rising + "-" * falling + "0" * (8 - rising - falling)
    expected = SHORT[PUBLISHED[falling][rising]]

    for order in (ways, ways[3:] + ways[:3]):
        assert centre(terrain.geomorphons(star(order), search_m=3.5)) == expected


def test_solids_have_the_forms_of_their_names() -> None:
    """Pyramid, its inverse, groove, crest, and planes on both sides of the threshold."""
    y, x = np.mgrid[-10:11, -10:11].astype(float)
    pyramid = -np.maximum(np.abs(x), np.abs(y))

    def form(z: Any, **options: float) -> str:
        return GEOMORPHONS[int(centre(terrain.geomorphons(raster(z), search_m=5.0, **options))) - 1]

    assert form(pyramid) == "peak"
    assert form(-pyramid) == "pit"
    assert form(np.abs(x)) == "valley"
    assert form(-np.abs(y)) == "ridge"
    assert form(np.abs(x + y)) == "valley"
    gentle = np.tan(np.radians(0.9)) * x
    assert form(gentle) == "flat"
    assert form(gentle, flat_deg=0.5) == "slope"
    assert form(0.3 * x + 0.4 * y) == "slope"


@pytest.mark.parametrize(("east", "north"), [(0.25, 0.0), (0.0, -0.5), (0.25, 0.25), (3.0, 4.0)])
def test_a_plane_is_slope_up_to_its_rim(east: float, north: float) -> None:
    """Beyond the rim the plane goes on."""
    assert (terrain.geomorphons(plane(east, north), search_m=100.0) == CODE["slope"]).all()


@pytest.mark.parametrize(
    ("cell", "search", "skip"),
    [((30.0, 30.0), 150.0, 0), ((30.0, 30.0), 200.0, 2), ((20.0, 45.0), 140.0, 1)],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_geomorphons_equal_their_statement_in_numpy(
    cell: tuple[float, float], search: float, skip: int, dtype: type
) -> None:
    """Angles of whole lines, not tangents; square cells or not; every cell with the rim."""
    z: FloatArray = rough((13, 17), size=2.0).astype(dtype)
    high, low = angles(z, *cell, search, skip=skip)
    counts = np.abs(high) > 1.0
    counts |= np.abs(low) > 1.0
    rising, falling = (counts & (high + low > 0)).sum(0), (counts & (high + low < 0)).sum(0)
    expected = [
        SHORT[PUBLISHED[m][p]] for m, p in zip(falling.ravel(), rising.ravel(), strict=True)
    ]

    found = terrain.geomorphons(raster(z, *cell), search_m=search, skip_m=skip * max(cell))

    assert found.to_numpy().ravel().tolist() == expected
    assert len(set(expected)) > 5


@pytest.mark.parametrize("case", range(8))
def test_geomorphons_agree_with_grass(case: int) -> None:
    """Inner cells of three fractals, by r.geomorphon of GRASS 8.2 (scripts/oracles_landforms.py)."""
    with np.load(ORACLE) as oracle:
        heights, options = oracle["heights_dm"], oracle["options"][case]
        forms, cell = oracle["forms"][case], float(oracle["cell_m"])
    search, skip, flat = (float(option) for option in options)
    inner = (slice(None), slice(20, -20), slice(20, -20))

    found = np.stack(
        [
            terrain.geomorphons(
                raster((z / 10).astype(np.float32), cell),
                search_m=search * cell,
                skip_m=skip * cell,
                flat_deg=flat,
            )
            for z in heights
        ]
    )

    assert (found[inner] == forms[inner]).mean() >= 0.999
    assert len(np.unique(forms[inner])) >= 8


@pytest.mark.parametrize("cell", [(30.0, 30.0), (20.0, 45.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_openness_equals_its_statement_in_numpy(cell: tuple[float, float], dtype: type) -> None:
    """Mean of the angles from the zenith, and of those from the nadir."""
    z: FloatArray = rough((13, 17), size=30.0).astype(dtype)
    high, low = angles(z, *cell, 120.0, inclusive=True)
    dem = raster(z, *cell)

    np.testing.assert_allclose(
        openness_positive(dem, radius_m=120.0), (90 - high).mean(0), rtol=1e-5
    )
    np.testing.assert_allclose(
        openness_negative(dem, radius_m=120.0), (90 + low).mean(0), rtol=1e-5
    )


def test_openness_of_known_ground() -> None:
    """Flat 90; walls at 20 degrees all round 70; any plane 90 (Yokoyama et al. 2002)."""
    y, x = np.mgrid[-6:7, -6:7]
    pit = raster(np.tan(np.radians(20)) * np.hypot(x, y), 1.0)
    steep = plane(np.tan(np.radians(10)), 0.0)

    assert (openness_positive(plane(0.0, 0.0), radius_m=90.0) == 90).all()
    assert centre(openness_positive(pit, radius_m=5.0)) == pytest.approx(70, abs=1e-5)
    assert centre(openness_negative(pit, radius_m=5.0)) == pytest.approx(110, abs=1e-5)
    for openness in (openness_positive, openness_negative):
        np.testing.assert_allclose(openness(steep, radius_m=90.0), 90, atol=1e-4)
        np.testing.assert_allclose(openness(plane(3.0, -4.0), radius_m=90.0), 90, atol=1e-4)


def test_negative_openness_is_that_of_the_ground_turned_over() -> None:
    """To the last bit."""
    dem = raster(rough(), 30.0)

    turned = (-dem).assign_attrs(dem.attrs)

    np.testing.assert_array_equal(
        openness_negative(dem, radius_m=200.0),
        openness_positive(turned, radius_m=200.0),
    )


@pytest.mark.parametrize(
    ("layer", "reach"),
    [
        (
            lambda dem: terrain.geomorphons(dem, search_m=140.0, skip_m=30.0),
            geomorphon_reach(cell_m=30.0, search_m=140.0, skip_m=30.0),
        ),
        (
            lambda dem: openness_positive(dem, radius_m=120.0),
            cells_within(120.0, 30.0),
        ),
        (
            lambda dem: incision(dem, radius_m=120.0),
            cells_within(120.0, 30.0),
        ),
    ],
    ids=["geomorphons", "openness", "incision"],
)
@given(
    top=st.integers(0, 30), left=st.integers(0, 40), rows=st.integers(1, 30), seed=st.integers(0, 9)
)
@settings(max_examples=25)
def test_a_block_with_its_halo_gives_the_bits_of_the_whole(
    layer: Callable[[Any], Any], reach: int, top: int, left: int, rows: int, seed: int
) -> None:
    """Whatever the block; the halo is what the function of the reach says."""
    z = rough((70, 90), seed=seed).astype(np.float32)
    z[seed * 5, seed * 7] = np.nan
    dem = raster(z, 30.0)
    whole = layer(dem).to_numpy()
    r0, c0, r1, c1 = top + reach, left + reach, top + reach + rows, left + reach + 25
    r1, c1 = min(r1, 70 - reach), min(c1, 90 - reach)

    block = layer(dem[r0 - reach : r1 + reach, c0 - reach : c1 + reach]).to_numpy()

    inner = block[reach : block.shape[0] - reach, reach : block.shape[1] - reach]
    assert inner.size > 0
    np.testing.assert_array_equal(inner, whole[r0:r1, c0:c1])


def test_threads_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A raster large enough to be shared out, by one thread and by three."""
    dem = raster(rough((500, 700)).astype(np.float32), 30.0)
    answers = []
    for n_threads in (1, 3):
        monkeypatch.setattr("borderzone.terrain.elevation.n_threads", lambda n=n_threads: n)
        answers.append(
            (
                terrain.geomorphons(dem, search_m=200.0).to_numpy(),
                openness_positive(dem, radius_m=200.0).to_numpy(),
                incision(dem, radius_m=200.0).to_numpy(),
            )
        )

    for one, three in zip(*answers, strict=True):
        np.testing.assert_array_equal(one, three)


def test_a_hole_makes_unknown_what_looks_along_it() -> None:
    """The eight lines through the hole and nothing else, also within the skipped cells."""
    z = rough((31, 31)).astype(np.float32)
    z[15, 15] = np.nan
    dem = raster(z, 30.0)
    y, x = np.mgrid[-15:16, -15:16]
    on_line = (x == 0) | (y == 0) | (np.abs(x) == np.abs(y))
    far = np.hypot(x, y)

    forms = terrain.geomorphons(dem, search_m=165.0, skip_m=60.0)
    openness = openness_positive(dem, radius_m=150.0)
    depth = incision(dem, radius_m=150.0)

    np.testing.assert_array_equal(forms == 255, on_line & (far < 5.5))
    np.testing.assert_array_equal(np.isnan(openness), on_line & (far <= 5))
    np.testing.assert_array_equal(np.isnan(depth), on_line & (far <= 5))


def test_cells_at_the_search_distance_do_not_count_but_at_a_radius_they_do() -> None:
    """As in r.geomorphon, and as in relief; a cell size off in its last digit changes nothing."""
    z = np.zeros((9, 9))
    z[4, 7] = 50.0
    for cell in (30.0, 30.0 * (1 + 1e-12), 30.0 * (1 - 1e-12)):
        dem = raster(z, cell)
        assert centre(terrain.geomorphons(dem, search_m=90.0)) == CODE["flat"]
        assert centre(openness_positive(dem, radius_m=90.0)) < 90
        assert centre(openness_positive(dem, radius_m=89.0)) == 90
        assert Lines.within(Elevation.of(dem), 90.0).reach == (3, 3)


def test_skipped_cells_do_not_count() -> None:
    """A heap beside the cell is not seen."""
    z = np.zeros((15, 15))
    z[6:9, 6:9] = 9.0
    z[7, 7] = 0.0
    dem = raster(z, 30.0)

    assert centre(terrain.geomorphons(dem, search_m=150.0)) == CODE["pit"]
    assert centre(terrain.geomorphons(dem, search_m=150.0, skip_m=30.0)) == CODE["flat"]


def test_the_raster_says_what_its_codes_mean() -> None:
    """And with what it was computed."""
    dem = raster(rough(), 30.0)
    forms = terrain.geomorphons(dem, search_m=100.0, flat_deg=2.0)

    assert forms.dtype == np.uint8
    assert forms.name == "geomorphon"
    assert forms.attrs["flag_values"] == [*range(1, 11), 255]
    assert forms.attrs["flag_meanings"].split() == [*GEOMORPHONS, "unknown"]
    assert forms.attrs["_FillValue"] == 255
    assert {forms.attrs[name] for name in ("search_m", "skip_m", "flat_deg")} == {100.0, 0.0, 2.0}
    assert openness_negative(dem, radius_m=100.0).attrs["units"] == "degrees"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda dem: terrain.geomorphons(dem, search_m=44.0),
            "search_m must be at least 1.5 cells, which is 45 m .* got 44",
        ),
        (
            lambda dem: terrain.geomorphons(dem, search_m=120.0, skip_m=60.0),
            "search_m must be more than 127.279 m .* skip_m = 60 .* got 120",
        ),
        (lambda dem: terrain.geomorphons(dem, search_m=np.inf), "search_m must be a finite"),
        (lambda dem: terrain.geomorphons(dem, search_m=90.0, skip_m=-1.0), "skip_m must be"),
        (
            lambda dem: terrain.geomorphons(dem, search_m=90.0, flat_deg=90.0),
            "between 0 and 90, 90 left out",
        ),
        (
            lambda dem: terrain.geomorphons(dem, search_m=90.0, flat_deg=-1.0),
            "flat_deg must lie between",
        ),
        (
            lambda dem: openness_positive(dem, radius_m=40.0),
            "radius_m must be at least 1.5 cells, which is 45 m .* got 40",
        ),
    ],
)
def test_impossible_options_are_refused(call: Callable[..., Any], message: str) -> None:
    """With what is allowed."""
    with pytest.raises(InvalidParameterError, match=message):
        call(raster(rough(), 30.0))


def test_degrees_are_refused() -> None:
    """Angles of metres over degrees are nonsense."""
    with pytest.raises(NotProjectedError, match="project it first"):
        terrain.geomorphons(raster(rough(), 0.01).assign_attrs(crs="EPSG:4326"), search_m=1.0)
