"""The commands ``borderzone borders`` and ``borderzone data``: what can be named, and what ships."""

from __future__ import annotations

from typing import Annotated

import typer

import borderzone as bz
from borderzone import border
from borderzone.cli.options import spread_options
from borderzone.cli.terminal import print_table

__all__ = ["borders", "data"]


@spread_options()
def borders(
    country: Annotated[str | None, typer.Argument(help="Only borders of this country.")] = None,
) -> None:
    """List the land borders that can be named."""
    rows = border.list_borders().drop(columns="geometry")
    if country is not None:
        code = border.Country.named(country).code
        rows = rows[(rows["a"] == code) | (rows["b"] == code)]
    published = [f"{km:g}" if km > 0 else "not known" for km in rows["published_length_km"]]
    told = border.told_lengths(rows).str.replace(",", "")
    rows = rows.assign(length_km=told, published_length_km=published)
    print_table(rows, f"{len(rows)} land borders")


def data() -> None:
    """List the data that ship: origin, licence, resolution, accuracy."""
    print_table(bz.datasets.table(), "Embedded data")
