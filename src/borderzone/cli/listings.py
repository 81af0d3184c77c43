"""The commands ``borderzone borders`` and ``borderzone data``: what can be named, and what ships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

import borderzone as bz
from borderzone import border
from borderzone.cli.options import Form, spread_options

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["borders", "data"]


@spread_options()
def borders(
    country: Annotated[str | None, typer.Argument(help="Only borders of this country.")] = None,
    *,
    form: Form,
) -> None:
    """List the land borders that can be named."""
    rows = border.list_borders().drop(columns="geometry")
    if country is not None:
        code = border.Country.named(country).code
        rows = rows[(rows["a"] == code) | (rows["b"] == code)]
    told: pd.Series = border.told_lengths(rows).str.replace(",", "")
    known = rows["published_length_km"] > 0
    if form.plain:
        published = rows["published_length_km"].map("{:g}".format).where(known, "not known")
    else:  # numbers, for a program
        told = told.astype(float)
        published = rows["published_length_km"].where(known)
    rows = rows.assign(length_km=told, published_length_km=published)
    form.show(rows, f"{len(rows)} land borders")


@spread_options()
def data(*, form: Form) -> None:
    """List the data that ship: origin, licence, resolution, accuracy."""
    form.show(bz.datasets.table(), "Embedded data")
