"""Hillshade and landforms."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
from places import SCRIPTS
from terrain_cases import extended, gradient, raster, rough

from borderzone import terrain
from borderzone.errors import InvalidParameterError
from borderzone.terrain.landforms import MaskPrior, landform_class

# Hillshade.


@pytest.mark.parametrize("several", [False, True])
def test_hillshade_equals_its_statement_in_numpy(several: bool) -> None:  # noqa: FBT001
    """Cosine of the angle between sun and normal, suns weighted by how far the slope runs across."""
    z = rough()
    east, north = gradient(extended(z, 1), 30.0, 30.0)
    normals = np.stack([-east, -north, np.ones_like(east)]) / np.sqrt(1 + east**2 + north**2)
    azimuths = np.radians([225.0, 270.0, 315.0, 360.0] if several else [300.0])
    up = np.radians(40.0)
    downhill = np.arctan2(-east, -north)
    weights = [np.sin(a - downhill) ** 2 if several else np.ones_like(east) for a in azimuths]
    lights = [
        np.tensordot([np.cos(up) * np.sin(a), np.cos(up) * np.cos(a), np.sin(up)], normals, 1)
        for a in azimuths
    ]
    expected = np.average(np.maximum(lights, 0), axis=0, weights=np.array(weights))

    found = terrain.hillshade(
        raster(z, 30.0), azimuth_deg=300.0, altitude_deg=40.0, multidirectional=several
    )

    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_hillshade_of_flat_ground_is_even_and_gaps_stay() -> None:
    """The sine of the altitude, from any number of suns."""
    z = np.zeros((5, 6))
    z[2, 2] = np.nan
    for several in (False, True):
        shade = terrain.hillshade(raster(z, 30.0), multidirectional=several)
        np.testing.assert_allclose(shade[:, 5], np.sin(np.radians(45.0)), rtol=1e-6)
        assert int(np.isnan(shade).sum()) == 9


# Landforms.


def test_landforms_follow_relief() -> None:
    """The breaks of Hammond's classes, lower edge included; NaN is unknown."""
    relief = raster([[0.0, 29.99, 30.0, 89.9], [90.0, 299.0, 300.0, np.nan]], 2000.0)
    classes = landform_class(relief)

    assert classes.dtype == np.uint8
    np.testing.assert_array_equal(classes, [[0, 0, 1, 1], [2, 2, 3, 255]])
    assert classes.attrs["flag_meanings"] == "flat_plain undulating hilly mountain unknown"
    assert classes.attrs["flag_values"] == [0, 1, 2, 3, 255]
    assert classes.attrs["crs"] == "EPSG:32637"


def test_landform_takes_relief_within_the_window_of_the_classes() -> None:
    """4.9 km, or 1.5 cells where that is more."""
    z = rough((12, 12))
    for cell_m, radius_m in ((2000.0, 4900.0), (4000.0, 6000.0)):
        dem = raster(z, cell_m)
        found = terrain.landform(dem)
        assert found.attrs["radius_m"] == radius_m
        np.testing.assert_array_equal(found, landform_class(terrain.relief(dem, radius_m=radius_m)))


def test_rougher_landforms_hide_more() -> None:
    """One prior for each class, in order, each a band around its guess, each with its source."""
    assert [kind.code for kind in terrain.LANDFORMS] == [0, 1, 2, 3]
    priors = [kind.mask for kind in terrain.LANDFORMS]
    for field in ("f_mask", "f_mask_low", "f_mask_high"):
        values = [getattr(prior, field) for prior in priors]
        assert values == sorted(values)
    for prior in priors:
        assert 0 <= prior.f_mask_low < prior.f_mask < prior.f_mask_high <= 1
        assert "modelling assumption" in prior.source


def test_landforms_refuse_what_cannot_be() -> None:
    """Negative relief, a share above one, a guess outside its band."""
    with pytest.raises(InvalidParameterError, match="relief_m must be 0 or more"):
        landform_class(raster([[1.0, -3.0]], 2000.0))
    with pytest.raises(
        InvalidParameterError, match=r"f_mask_high must lie between 0 and 1, got 1\.2"
    ):
        MaskPrior(f_mask=0.5, f_mask_low=0.1, f_mask_high=1.2)
    with pytest.raises(InvalidParameterError, match=r"must lie in its band 0\.1 to 0\.4, got 0\.5"):
        MaskPrior(f_mask=0.5, f_mask_low=0.1, f_mask_high=0.4)


def test_mask_prior_is_what_its_script_prints() -> None:
    """One row of the table recomputed from lines of sight over the seeded ground."""
    script = runpy.run_path(str(SCRIPTS / "mask_prior.py"))
    prior = terrain.LANDFORMS[3].mask

    roughest, _ = script["hidden"](3.0, script["RELIEF_M"]["mountain"])

    assert round(roughest, 2) == prior.f_mask_high
