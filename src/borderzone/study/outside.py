"""How much of a corridor is neither country's ground, told with the layer it is read from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone import datasets
from borderzone.border.names import country_name
from borderzone.corridor.outside import WATER

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from borderzone.corridor import Corridor
    from borderzone.io import Record

__all__ = ["OutsideGround"]


@dataclass(frozen=True, kw_only=True)
class OutsideGround:
    """
    Third countries and sea inside a corridor.

    Attributes
    ----------
    by_segment
        ``third_country_share`` and ``sea_share``, NaN where they are not known.
    record
        The layer of countries they are read from.
    notes
        What a user must know of it: at most one sentence or two.
    """

    by_segment: pd.DataFrame
    record: Record
    notes: tuple[str, ...]

    @classmethod
    def of(cls, corridor: Corridor, sea_share: float = math.nan) -> OutsideGround:
        """Read the outside of a corridor from the embedded layers."""
        west, south, east, north = corridor.outline.total_bounds
        near = datasets.countries(around=(west, south, east, north))
        record = datasets.record(near.attrs["record"])
        shares, ground = corridor.outside_share(), corridor.outside_ground()
        if shares.isna().any(axis=None):
            lacking = [
                country_name(code) for code in corridor.depth_km if code not in {*near["code"]}
            ]
            note = (
                "How much of the corridor is a third country's ground or sea is not known: no "
                f"embedded layer shows the land of {' or '.join(lacking)}. Give polygons to "
                "Corridor.outside_share."
            )
            return cls(by_segment=shares, record=record, notes=(note,))
        told = ground[ground["area_km2"] >= 0.0005 * corridor.area_km2]
        if math.isfinite(sea_share):
            # What was left out is told by what was left out, and this note keeps to the land.
            told = told[told["kind"] != WATER]
        counted = shares if WATER in {*told["kind"]} else shares[["third_country_share"]]
        notes = (_note(corridor, told, counted, record),) if len(told) else ()
        return cls(by_segment=shares, record=record, notes=notes)


def _note(corridor: Corridor, told: gpd.GeoDataFrame, shares: pd.DataFrame, record: Record) -> str:
    parts = [
        f"{name or 'sea'} {100 * area / corridor.area_km2:.1f} %"
        for name, area in zip(told["name"], told["area_km2"], strict=True)
    ]
    both = shares.sum(axis=1)
    worst = corridor.segments.iloc[int(both.to_numpy().argmax())]
    a, b = (country_name(code) for code in corridor.depth_km)
    total = 100 * told["area_km2"].sum() / corridor.area_km2
    return (
        f"{total:.1f} % of the corridor is neither {a}'s nor {b}'s ground: {', '.join(parts)}. It is "
        f"most in segment {worst['segment']} (km {worst['km_start']:.0f} to {worst['km_end']:.0f}), "
        f"{100 * both.max():.0f} %, and no number leaves it out. Read from Natural Earth at "
        f"{record.resolution.split(',')[0]}."
    )
