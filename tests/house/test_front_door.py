"""Every door of borderzone, with wrong kinds and wrong values: a result or a refusal, never a crash."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from front_door_cases import CLASSES, ROOMS, World, call, doors, valid_call, wrong_values

import borderzone
from borderzone import Grid
from borderzone._guards import guarded
from borderzone.errors import BorderzoneError, CRSMismatchError, InvalidParameterError, NetworkError
from borderzone.fetch import server

if TYPE_CHECKING:
    from collections.abc import Callable

bz: Any = borderzone  # what is wrong for a reader of types is asked on purpose
DOORS = doors()
# They work for seconds on whatever they do not refuse: kinds alone, which they do.
HEAVY = {
    "report.write_report", "report.edition", "whatif.sweep", "Study.run", "Study.read_ground",
    "io.read_sheets", "difficulty.better_data",
    "incidents.event_density", "incidents.find_hotspots",
}  # fmt: skip
KINDS = ("object", "bytes", "complex", "forces")
FLAT = Grid.covering((0, 0, 3000, 3000), resolution_m=300, crs=32637)


@pytest.fixture(scope="module")
def wrong(world: World) -> dict[str, Any]:
    """Give what no door takes everywhere."""
    return wrong_values(world)


@pytest.fixture(autouse=True)
def _quietly_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """Let "x" be no file of ours, and a warning no error."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_the_table_has_every_public_name() -> None:
    """What the package itself exports is a room, a class or a door of one of them."""
    named = {name.rpartition(".")[2] for name in DOORS} | set(CLASSES)
    rooms = {room.partition(".")[0] for room in ROOMS}
    data = {"BorderzoneError", "PRESETS", "StudyResult", "errors"}

    assert set(bz.__all__) <= named | rooms | data


@pytest.mark.parametrize("name", DOORS)
@pytest.mark.usefixtures("one_format")
def test_every_door_has_a_call_that_it_takes(name: str, world: World) -> None:
    """A new function without a row in the table is told here."""
    given = valid_call(name, DOORS[name], world)

    try:
        call(DOORS[name], given)
    except NetworkError:
        assert name.startswith("fetch.")


@pytest.mark.parametrize("name", DOORS)
def test_a_door_gives_a_result_or_says_what_is_wrong(
    name: str, world: World, wrong: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One argument at a time is something else."""
    # Nobody answers here, and asking again is not what is looked at.
    monkeypatch.setattr(server, "LONGEST_PAUSE_S", 0.0)
    door = DOORS[name]
    faults = []
    for place, parameter in enumerate(inspect.signature(door).parameters.values()):
        if parameter.name == "self" or parameter.kind in (2, 4):
            continue
        usual = valid_call(name, door, world)
        needed = parameter.default is parameter.empty
        # What may be left out meets every third wrong value, another third each time.
        kinds = (
            KINDS
            if name in HEAVY
            else tuple(wrong)[slice(None) if needed else slice(place % 3, None, 3)]
        )
        for kind in kinds:
            try:
                call(door, usual | {parameter.name: wrong[kind]})
            except BorderzoneError as error:
                if len(str(error)) > 2000:
                    faults.append(f"{parameter.name} = {kind}: a refusal too long to be read")
            except Exception as error:  # noqa: BLE001 - whatever is not ours is the fault looked for
                faults.append(f"{parameter.name} = {kind}: {type(error).__name__} {error!s:.80}")

    assert faults == []


@pytest.mark.parametrize("name", ["Grid", "Study", "Border", "Corridor"])
def test_what_is_no_call_is_told_by_python(name: str) -> None:
    """A missing or an unknown name of an argument is a TypeError, as everywhere."""
    with pytest.raises(TypeError):
        getattr(bz, name)(no_such_name=1)


def test_an_error_of_ours_is_not_told_as_one_of_the_user() -> None:
    """Where all arguments are what they should be the error stays what it is."""

    @guarded
    def broken(length_km: float, table: pd.DataFrame) -> float:
        return length_km / len(table.columns[:0])

    with pytest.raises(ZeroDivisionError):
        broken(2.0, pd.DataFrame({"x": [1]}))
    with pytest.raises(InvalidParameterError, match="length_km must be a number, got 'x'"):
        broken("x", pd.DataFrame({"x": [1]}))  # type: ignore[arg-type]


def test_a_guard_names_what_a_table_lacks() -> None:
    """A column, a geometry or a CRS."""
    import geopandas as gpd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    @guarded
    def first(table: pd.DataFrame) -> Any:
        return table["length_km"].iloc[0], getattr(table, "geometry").to_crs(4326)  # noqa: B009

    point = gpd.GeoDataFrame({"length_km": [1]}, geometry=[shapely.Point(1, 2)])
    with pytest.raises(InvalidParameterError, match=r"no column 'length_km' .* it has x"):
        first(pd.DataFrame({"x": [1]}))
    with pytest.raises(InvalidParameterError, match="has no geometry"):
        first(gpd.GeoDataFrame({"length_km": [1]}))
    with pytest.raises(CRSMismatchError, match="has no CRS"):
        first(point)


def test_a_guarded_function_is_itself_elsewhere() -> None:
    """It can be sent to another process, and shows its own signature and words."""
    tobler = bz.access.tobler

    assert pickle.loads(pickle.dumps(tobler)) is tobler  # noqa: S301 - our own bytes
    assert list(inspect.signature(tobler).parameters) == ["gradient", "off_path"]
    assert "Tobler" in str(tobler.__doc__)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bz.Grid.of(None), "the raster must be an xarray.DataArray, got NoneType"),
        (lambda: bz.terrain.slope(FLAT.wrap(np.zeros(FLAT.shape)).to_numpy()), "got ndarray"),
        (lambda: bz.access.travel_time(None, None), "got NoneType"),
        (lambda: bz.Corridor.around("IRQ"), "border must be a Border, two countries"),
        (lambda: bz.difficulty.zones(None, None), "the Dataset that difficulty.flags gives"),
        (lambda: bz.read_dem(None, FLAT), "give a path, a pattern or several of them"),
        (lambda: bz.access.tobler("a"), "must be a number or an array of numbers, got 'a'"),
        (lambda: bz.Border.between("IRQ", "SYR").point_at("a"), "km must be a number"),
        (lambda: bz.figures.save("stem", "x", alt="x"), "figure must be a figure of matplotlib"),
        (lambda: bz.figures.corridor_map("x"), "result must be the result of a study"),
        (lambda: bz.write_report("x", "out"), "result must be the result of a study"),
        (lambda: bz.patrol.units_required("x"), "case must be a PatrolCase"),
        (
            lambda: bz.patrol.allocate([1.0], [1.0], 1, integer="no"),
            "integer must be True or False",
        ),
        (lambda: bz.patrol.default_assumptions([bz.patrol.Force()]), "force must be a Force"),
    ],
    ids=[str(number) for number in range(14)],
)
def test_a_wrong_kind_is_named(call: Callable[[], Any], message: str) -> None:
    """In words that say what to hand over instead."""
    with pytest.raises(BorderzoneError, match=message):
        call()


@pytest.mark.parametrize("chunks", [0, -5, 2.5, (512, 0), "all"])
def test_blocks_of_no_cells_are_refused(chunks: Any, tmp_path: Any) -> None:
    """Blocks are counted in whole cells."""
    bz.io.write_raster(FLAT.wrap(np.ones(FLAT.shape, np.float32)), tmp_path / "dem.tif")
    with pytest.raises(
        BorderzoneError, match=r"chunks must be a whole number, 1 or more \(cells along a block\)"
    ):
        bz.read_dem(tmp_path / "dem.tif", FLAT, chunks=chunks)


@pytest.mark.parametrize("block", [(3, slice(None)), (None, None), (slice(0, 4, 2), slice(None))])
def test_a_block_is_two_slices_in_steps_of_one(block: Any, tmp_path: Any) -> None:
    """Anything else is no block."""
    bz.io.write_raster(FLAT.wrap(np.ones(FLAT.shape, np.float32)), tmp_path / "dem.tif")
    source = bz.io.open_dem(tmp_path / "dem.tif", FLAT)
    with pytest.raises(BorderzoneError, match="two slices in steps of 1"):
        source.read(*block)
