"""Terms of public tiles: told by the name, and carried to whoever must print them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from borderzone import io, provenance
from borderzone.fetch.tile_stores import SOURCES
from borderzone.io import Terms

if TYPE_CHECKING:
    from pathlib import Path

GLO30 = "Copernicus_DSM_COG_10_N35_00_E041_00_DEM.tif"
GLO90 = "Copernicus_DSM_COG_30_S35_00_W041_00_DEM.tif"
COVER = "ESA_WorldCover_10m_2021_v200_N33E039_Map.tif"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (GLO30, "Copernicus DEM GLO-30"),
        (GLO90, "Copernicus DEM GLO-90"),
        (GLO30.replace("COG_", "").upper(), "Copernicus DEM GLO-30"),
        (COVER, "ESA WorldCover 2021 v200"),
        (COVER.replace("2021_v200", "2020_v100"), "ESA WorldCover 2020 v100"),
    ],
)
def test_a_product_is_told_by_the_name_of_its_tile(name: str, title: str) -> None:
    found = Terms.of_tile(name)

    assert found is not None
    assert found.title == title


@pytest.mark.parametrize(
    "name", ["N35E041.hgt", "n35_e041_1arc_v3.tif", "dem.tif", "", "my_" + GLO30]
)
def test_a_name_that_several_products_share_has_no_terms(name: str) -> None:
    assert Terms.of_tile(name) is None


@pytest.mark.parametrize("source", SOURCES)
def test_the_tiles_of_every_store_are_known_by_their_names(source: str) -> None:
    store = SOURCES[source]

    assert Terms.of_tile(store.tile(39, 33).file) == store.terms


def test_a_credit_names_the_year_of_its_land_cover() -> None:
    for year, version in ((2020, 100), (2021, 200)):
        found = Terms.of_tile(f"ESA_WorldCover_10m_{year}_v{version}_N33E039_Map.tif")
        assert found is not None
        assert f"Copernicus Sentinel data ({year})" in found.attribution


def test_what_the_licence_asks_for_is_in_the_credits_of_a_study(tmp_path: Path) -> None:
    """Article 6 of the licence of GLO-30: the notice of the source, and that nobody is liable."""
    names = (GLO30, GLO30.replace("E041", "E042"), "mine.tif")
    for name in names:
        (tmp_path / name).write_bytes(b"heights")

    records = io.Record.of_files([tmp_path / name for name in names], name="elevation")
    text = provenance.attribution_text(records)

    notice = (
        "produced using Copernicus WorldDEM-30 © DLR e.V. 2010-2014 and © Airbus Defence and Space "
        "GmbH 2014-2018 provided under COPERNICUS by the European Union and ESA; all rights reserved"
    )
    assert text.count(notice) == 1
    assert "do not incur any liability for any use of the Copernicus WorldDEM-30" in text
    assert f"{GLO30} and 1 more" in text
    assert records[2].licence == "as stated by its source"
    assert records[2].attribution == ""
