"""Surface, landforms and flags of lazy rasters: lazy too, and the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

import borderzone as bz
from borderzone import access, datasets, difficulty, terrain
from borderzone.errors import DataError, GridMismatchError, InvalidParameterError
from borderzone.terrain.cover import cover_layers
from borderzone.terrain.landforms import landform_class

CHUNKS = {"y": 17, "x": 30}


@pytest.fixture(scope="module")
def ground() -> dict[str, Any]:
    """Read the Iraq-Syria corridor on coarse cells."""
    border = bz.Border.between("IRQ", "SYR")
    grid = bz.Corridor.around(border, depth_km=30, segment_km=50).grid(resolution_m=5000)
    dem = datasets.elevation(grid)
    cover, rock = datasets.landcover(grid), datasets.karst()
    return {
        "grid": grid,
        "cover": cover,
        "attrs": terrain.attributes(dem).assign(landform=terrain.landform(dem)),
        "surface": terrain.surface(cover, rock, grid),
        "hours": access.travel_time(dem, datasets.places().geometry, speed="foot"),
    }


def assert_lazy_and_the_same(lazy: Any, eager: Any) -> None:
    """Every layer in chunks; every number, attribute and coordinate as it was."""
    layers = lazy.data_vars.values() if isinstance(lazy, xr.Dataset) else [lazy]
    assert all(layer.chunks is not None for layer in layers)
    xr.testing.assert_identical(lazy.compute(), eager)


def test_layers_of_the_surface(ground: dict[str, Any]) -> None:
    """From land cover in chunks, with rock from polygons."""
    cover, grid = ground["cover"], ground["grid"]

    assert_lazy_and_the_same(cover_layers(cover.chunk(CHUNKS), "igbp"), cover_layers(cover, "igbp"))
    described = terrain.surface(cover.chunk(CHUNKS), datasets.karst(), grid)
    assert_lazy_and_the_same(described, ground["surface"])


def test_landform_classes_and_the_prior_of_masking(ground: dict[str, Any]) -> None:
    """From relief in chunks."""
    relief, attrs = ground["attrs"]["relief_m"], ground["attrs"]

    assert_lazy_and_the_same(landform_class(relief.chunk(CHUNKS)), landform_class(relief))
    assert_lazy_and_the_same(terrain.mask_prior(attrs.chunk(CHUNKS)), terrain.mask_prior(attrs))


def test_flags_and_index(ground: dict[str, Any]) -> None:
    """All layers in chunks, or one of them only, with weights or without."""
    attrs, hours, surface = ground["attrs"], ground["hours"], ground["surface"]

    for weights in (None, {"karst": 2.0}):
        eager = difficulty.flags(attrs, hours, surface, weights=weights)
        for one in (
            (attrs.chunk(CHUNKS), hours.chunk(CHUNKS), surface.chunk(CHUNKS)),
            (attrs, hours.chunk({"y": 50, "x": 7}), surface),
        ):
            assert_lazy_and_the_same(difficulty.flags(*one, weights=weights), eager)


def test_what_is_wrong_is_told_when_it_is_known(ground: dict[str, Any]) -> None:
    """Grids and settings at once, values when they are computed."""
    attrs, hours, surface = ground["attrs"], ground["hours"], ground["surface"].chunk(CHUNKS)

    with pytest.raises(GridMismatchError, match="hours"):
        difficulty.flags(attrs, hours[:-1], surface)
    with pytest.raises(InvalidParameterError, match="weights name"):
        difficulty.flags(attrs, hours, surface, weights={"height": 1.0})
    lazy = difficulty.flags(attrs, hours.where(hours != hours[20, 40], -1.0), surface)
    with pytest.raises(InvalidParameterError, match="hours must be 0 or more, got -1"):
        lazy.compute()
    strange = ground["cover"].copy(data=np.full(ground["grid"].shape, 99, np.uint8))
    strange[:2, :2] = 16
    with pytest.raises(DataError, match="99, which is no class of 'igbp'"):
        cover_layers(strange.chunk(CHUNKS), "igbp").compute()
