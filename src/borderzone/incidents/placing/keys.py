"""Keys from which the draws of an event come: they depend on seed and event, not on its row."""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import shapely

from borderzone._guards import seed_number

if TYPE_CHECKING:
    import geopandas as gpd

    from borderzone._typing import IntArray, Seed

__all__ = ["event_keys"]


def event_keys(seed: Seed, placed: gpd.GeoDataFrame) -> IntArray:
    """
    Give every event a key of its own.

    Neither the order of the rows nor what else is in the table changes the draws of an
    event. Rows that share an id are told apart by the order of their regions: of these,
    the table must hold all for the draws to stay.
    """
    number = seed_number(seed)
    names = [str(name) for name in placed["id"]]
    rows = defaultdict(list)
    for row, name in enumerate(names):
        rows[name].append(row)
    rank = np.zeros(len(names), dtype=np.int64)
    for same in rows.values():
        if len(same) > 1:
            shapes = shapely.to_wkb(placed.geometry.iloc[same].to_numpy())
            scales = placed["scale_km"].iloc[same] if "scale_km" in placed else shapes
            order = sorted(range(len(same)), key=lambda k: (shapes[k], str(list(scales)[k])))
            rank[[same[k] for k in order]] = np.arange(len(same))
    digests = [
        blake2b(f"{number}\0{name}\0{k}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for name, k in zip(names, rank, strict=True)
    ]
    return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)
