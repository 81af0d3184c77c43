"""Laying a corridor: how deep it reaches on either side, its sections and its segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone._guards import check_positive
from borderzone.corridor.polygons import Plot, areas_km2, segment_polygons, to_geographic
from borderzone.corridor.sections import (
    OVERLAP_KM,
    Section,
    build_track,
    equal_edges_km,
    line_of,
    split,
)
from borderzone.corridor.track import CutPart, cut_parts
from borderzone.crs import Frame, scale_error_ppm, split_at_antimeridian
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyproj import CRS

    from borderzone._typing import FloatArray
    from borderzone.border import Border
    from borderzone.corridor.track import Track

__all__ = ["depths_by_country", "lay", "plots_near"]

# Half the way around the Earth.
MOST_DEPTH_KM = 20_000.0
_SIDES = "side must be 'both',"


def depths_by_country(border: Border, depth_km: Any, side: str) -> dict[str, float]:
    """Give the depth on the side of each country."""
    pair = (border.a, border.b)
    if isinstance(depth_km, Mapping):
        given = {
            border.code_of(name, what=_SIDES): _depth(km, f"depth_km[{name!r}]")
            for name, km in depth_km.items()
        }
        if not given:
            msg = f"depth_km must be a depth, or one for each of {pair[0]} and {pair[1]}, got none"
            raise InvalidParameterError(msg)
        missing = [code for code in pair if code not in given]
        if side == "both" and missing:
            msg = f"depth_km names no depth for {missing[0]}; give one or use side={next(iter(given))!r}"
            raise InvalidParameterError(msg)
        depths = {code: given.get(code, 0.0) for code in pair}
    else:
        depths = dict.fromkeys(pair, _depth(depth_km, "depth_km"))
    if side == "both":
        return depths
    kept = border.code_of(side, what=_SIDES)
    return {code: km if code == kept else 0.0 for code, km in depths.items()}


def _depth(value: Any, name: str) -> float:
    depth = check_positive(value, name, "km")
    if depth > MOST_DEPTH_KM:
        msg = (
            f"{name} must be at most {MOST_DEPTH_KM:,.0f} km, half the way around the Earth, got "
            f"{depth:g}; take the depth of the ground that matters"
        )
        raise InvalidParameterError(msg)
    return depth


def lay(
    border: Border, depths_km: Mapping[str, float], segment_km: float
) -> tuple[gpd.GeoDataFrame, list[Section], list[CutPart], list[Plot]]:
    """Cut a border into segments and sections and draw their ground."""
    edges = [equal_edges_km(part.km_start, part.km_end, segment_km) for part in border.course]
    depths_m = [(depths_km[part.left] * 1e3, depths_km[part.right] * 1e3) for part in border.course]
    parts = cut_parts(border.course, edges, depths_m)
    sections: list[Section] = []
    tables: list[gpd.GeoDataFrame] = []
    plots: list[Plot] = []
    for number, (span, crs) in enumerate(split(parts, f"{border.a}-{border.b}")):
        section, table, plot = _section(parts, span, number, crs, plots)
        sections.append(section)
        tables.append(table)
        plots.append(plot)
    posts = np.concatenate([np.column_stack([edge[:-1], edge[1:]]) for edge in edges])
    return _segment_table(posts, tables), sections, parts, plots


def _section(
    parts: list[CutPart], span: tuple[int, int], number: int, crs: CRS, plots: list[Plot]
) -> tuple[Section, gpd.GeoDataFrame, Plot]:
    """Frame, polygons and areas of one section."""
    frame = Frame(crs)
    track = build_track(parts, span, frame)
    polygons, plot = segment_polygons(frame, track, span, plots_near(plots, track))
    hull = shapely.convex_hull(shapely.geometrycollections(polygons))
    several = span != (0, int(parts[-1].label[-1]) + 1)
    margin = OVERLAP_KM * 1e3 if several else 0.0
    left, bottom, right, top = hull.bounds
    rim = frame.inverse(shapely.get_coordinates(hull))
    mine = np.isin(track.labels, range(*span))
    section = Section(
        section=number,
        segments=span,
        km_start=float(track.km[mine, 0].min()),
        km_end=float(track.km[mine, 1].max()),
        frame=frame,
        scale_error_ppm=scale_error_ppm(crs, *rim.T),
        line_scale_error_ppm=scale_error_ppm(crs, *line_of(parts, span).T),
        bounds=(left - margin, bottom - margin, right + margin, top + margin),
        track=track,
    )
    ground = to_geographic(polygons, frame)
    table = gpd.GeoDataFrame(
        {"area_km2": areas_km2(ground), "section": number},
        geometry=[split_at_antimeridian(polygon) for polygon in ground],
        crs=4326,
    )
    return section, table, plot


def _segment_table(posts: FloatArray, tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    areas = pd.concat(tables, ignore_index=True)
    return gpd.GeoDataFrame(
        {
            "segment": np.arange(len(posts)),
            "km_start": posts[:, 0],
            "km_end": posts[:, 1],
            "length_km": posts[:, 1] - posts[:, 0],
            "area_km2": areas["area_km2"],
            "section": areas["section"],
        },
        geometry=areas.geometry.to_numpy(),
        crs=4326,
    )


def plots_near(plots: Sequence[Plot], track: Track) -> list[Plot]:
    """Choose the sections whose segments are on a track."""
    return [plot for plot in plots if np.isin(track.labels, range(*plot.segments)).any()]
