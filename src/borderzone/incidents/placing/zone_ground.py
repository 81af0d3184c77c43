"""Of which part of each zone a table of incidents can speak, and what an even spread gives there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone.incidents.comparing.bands import pooled_garwood
from borderzone.incidents.placing.covered_ground import CoveredGround, covered_ground
from borderzone.incidents.placing.sizes import area_km2
from borderzone.incidents.placing.zone_counts import corridor_outline
from borderzone.incidents.reading.table_coverage import country_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd
    import shapely

    from borderzone._typing import FloatArray, IntArray
    from borderzone.corridor import Corridor

__all__ = ["ZoneGround"]

# Two drawings of one outline differ by less than this share of a zone.
_SLIVER = 1e-6
# Outlines of zones are smooth and reach a little over a line that bounds them.
_OVER_THE_LINE = 0.005
# Those of small zones do by more, and such a part says nothing of a zone.
_NEARLY_NONE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class ZoneGround:
    """
    Covered ground of zones.

    Attributes
    ----------
    ground
        The covered ground of the corridor.
    parts
        Of each zone that is covered in part, the part that is.
    of_zone
        Which zone each part is of.
    covered_share
        Share of each zone that is covered.
    even_share
        Share of the covered ground that lies in each zone: of the events on it, what an even
        spread gives.
    silent
        Why the table cannot speak of a zone; empty where it can.
    """

    ground: CoveredGround
    parts: tuple[shapely.Geometry, ...]
    of_zone: IntArray
    covered_share: FloatArray
    even_share: FloatArray
    silent: tuple[str, ...]

    @classmethod
    def of(
        cls, shapes: Sequence[shapely.Geometry], events: gpd.GeoDataFrame, corridor: Corridor
    ) -> ZoneGround:
        """Lay zones over the ground of which a table can speak."""
        ground = covered_ground(events, corridor)
        inside = [shape.intersection(ground.shape) for shape in shapes]
        covered = np.array([area_km2(shape) for shape in inside])
        share = covered / np.array([area_km2(shape) for shape in shapes])
        share[share <= _SLIVER], share[share >= 1 - _SLIVER] = 0.0, 1.0
        silent = [""] * len(shapes)
        if ground.limited:
            outline = corridor_outline(corridor)
            share[share < _OVER_THE_LINE] = 0.0
            names = country_words(ground.here)
            for zone in np.flatnonzero(share < _NEARLY_NONE).tolist():
                which = "nearly all of the zone" if share[zone] else "the zone"
                if shapes[zone].intersects(outline):
                    silent[zone] = (
                        f"the table covers {names} only and {which} lies on other ground, of which it "
                        "cannot speak"
                    )
        partly = np.flatnonzero((share > 0) & (share < 1))
        return cls(
            ground=ground,
            parts=tuple(inside[zone] for zone in partly),
            of_zone=partly,
            covered_share=share,
            even_share=covered / area_km2(ground.shape),
            silent=tuple(silent),
        )

    def columns(self, table: pd.DataFrame, in_parts: IntArray, in_ground: float) -> dict[str, Any]:
        """Give what the covered ground adds to a table of zones."""
        names = ("expected", "underlying_p05", "underlying_p95")
        whole = [table[name].to_numpy(dtype=float, copy=True) for name in names]
        none = self.covered_share == 0
        for values in whole:
            values[none] = np.nan
        for zone, counts in zip(self.of_zone, in_parts, strict=True):
            band = pooled_garwood(counts, 0.90)
            for values, one in zip(whole, (float(counts.mean()), *band), strict=True):
                values[zone] = one
        mute = (np.array(self.silent) != "") & (self.covered_share == 0)
        even = np.where(mute, np.nan, self.even_share * in_ground)
        return {
            "expected_if_uniform": even,
            "covered_share": self.covered_share,
            **{f"covered_{name}": values for name, values in zip(names, whole, strict=True)},
            "silent": np.array(self.silent, dtype=object),
        }
