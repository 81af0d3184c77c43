"""A map of cave susceptibility held against an inventory of known caves, and weighted by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._cells import cells_of_points
from borderzone._guards import check_whole, generator, guarded
from borderzone.crs import check_has_crs, project
from borderzone.difficulty.flagging import CAVE_MEANINGS
from borderzone.errors import InvalidParameterError
from borderzone.grid import UNKNOWN_CLASS, Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed

__all__ = [
    "EVIDENCE",
    "FEWEST_CAVES",
    "CaveCalibration",
    "auc",
    "auc_error",
    "calibrate",
    "class_evidence",
    "success_rate_curve",
]

# Fewer cells with a cave say next to nothing: the error of the area is a tenth and more.
FEWEST_CAVES = 10
# Layers of evidence, and whether they are ranks; others are cut at the quartiles of the ground.
EVIDENCE: Mapping[str, bool] = {
    "karst_rank": True,
    "relief_m": False,
    "slope_deg": False,
    "incision_m": False,
}
_QUARTILES = (0.25, 0.5, 0.75)


@guarded
@dataclass(frozen=True, kw_only=True)
class CaveCalibration:
    """
    What an inventory of known caves says of a map of susceptibility.

    Attributes
    ----------
    n_given, n_off_grid, n_outside, n_unknown_rock, n_same_cell
        Caves given; off the grid, outside the ground that was asked for, on ground without mapped
        rock, and in a cell that has one already. These are left out.
    n_used
        Cells with a cave, on which everything stands.
    classes
        By class of `cave_prone`: cells, caves, their shares, frequency ratio and weights of evidence.
    evidence
        The same by layer of evidence and bin.
    curve
        Success-rate curve of the map: ``score``, and ``ground_share`` and ``cave_share`` of the cells
        with that score or more.
    auc, auc_se
        Area under it, and its standard error. The map knows nothing of these caves.
    auc_fitted
        Area of the score that the weights of evidence give, on the caves it was fitted to.
    auc_held_out
        The same on caves that were held out in turn: what the fitted score is worth.
    score
        That score: sum of the weights of each cell's bins, NaN outside mapped rock.
    """

    n_given: int
    n_off_grid: int
    n_outside: int
    n_unknown_rock: int
    n_same_cell: int
    n_used: int
    classes: pd.DataFrame
    evidence: pd.DataFrame
    curve: pd.DataFrame
    auc: float
    auc_se: float
    auc_fitted: float
    auc_held_out: float
    score: xr.DataArray


def calibrate(
    flags: xr.Dataset,
    caves: gpd.GeoDataFrame,
    *,
    cells: xr.Dataset | None = None,
    folds: int = 5,
    seed: Seed = 1,
) -> CaveCalibration:
    """
    Hold the susceptibility to caves against known caves.

    The map of `flags` is a fuzzy overlay with stated weights and stays so; the inventory says how good it
    is, and what weights of evidence would make of the same layers. A good area says that known
    caves lie where the map has them. It says nothing about caves that nobody has found, and inventories
    are fullest where people live and walk.

    Parameters
    ----------
    flags
        What `difficulty.flags` returned.
    caves
        Points of known caves, in any CRS.
    cells
        Cells of a corridor; ground with ``segment`` -1 is left out. All of the grid when None.
    folds
        In how many parts caves and ground are held out in turn.
    seed
        Seed or generator of the parts.

    Returns
    -------
    CaveCalibration
        Tables, curve and areas.

    Raises
    ------
    CRSMismatchError
        If the points have no CRS.
    GridMismatchError
        If the cells do not lie on the grid of the flags.
    InvalidParameterError
        If they are not points, or fewer than 10 cells of mapped rock hold one.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> import xarray as xr
    >>> from affine import Affine
    >>> from pyproj import CRS
    >>> from borderzone.difficulty import flags
    >>> grid = Grid(shape=(20, 20), transform=Affine(10, 0, 0, 0, -10, 200), crs=CRS(32637))
    >>> relief = np.tile(np.linspace(0, 300, 20, dtype=np.float32), (20, 1))
    >>> ground = xr.Dataset({"relief_m": grid.wrap(relief), "slope_deg": grid.wrap(relief / 10)})
    >>> rock = xr.Dataset({"karst_rank": grid.wrap(np.full((20, 20), 2, np.float32))})
    >>> steep = gpd.GeoDataFrame(
    ...     geometry=shapely.points(np.full(12, 185.0), np.arange(5.0, 125, 10)), crs=32637
    ... )
    >>> found = calibrate(flags(ground, None, rock), steep)
    >>> found.n_used, round(found.auc, 2)
    (12, 0.75)
    """
    grid = Grid.of(flags["cave_score"])
    inside = np.ones(grid.shape, np.bool_)
    if cells is not None:
        inside = grid.check(cells["segment"], "segment of cells").to_numpy() >= 0
    score = flags["cave_score"].to_numpy()
    rock = inside & ~np.isnan(score)
    found, counts = _located(caves, grid, inside, rock)
    if found.size < FEWEST_CAVES:
        msg = (
            f"{found.size} cells of mapped rock hold a known cave, {FEWEST_CAVES} are needed "
            f"({', '.join(f'{n} {name[2:]}' for name, n in counts.items())}); a calibration on fewer "
            "would be chance. Leave known_caves out, or bring more"
        )
        raise InvalidParameterError(msg)
    has = np.zeros(grid.shape, np.bool_)
    has.ravel()[found] = True
    bins = _bins(flags, rock)
    here, ground = has[rock], score[rock].astype(float)
    area = auc(ground, here)
    fitted = _log_odds(bins, here, np.ones(here.size, np.bool_))
    raster = np.full(grid.shape, np.nan, np.float32)
    raster[rock] = fitted
    return CaveCalibration(
        **counts,
        n_used=int(found.size),
        classes=_classes(flags, rock, here),
        evidence=_evidence(bins, here),
        curve=success_rate_curve(ground, here),
        auc=area,
        auc_se=auc_error(area, found.size, ground.size),
        auc_fitted=auc(fitted, here),
        auc_held_out=_held_out(bins, here, folds, seed),
        score=grid.wrap(
            raster, name="cave_evidence", units="1", long_name="sum of weights of evidence"
        ),
    )


def _located(
    caves: gpd.GeoDataFrame, grid: Grid, inside: BoolArray, rock: BoolArray
) -> tuple[IntArray, dict[str, int]]:
    """Find the cells that hold a cave, and count what is left out."""
    if not hasattr(caves, "geom_type"):
        msg = f"known caves must be a GeoDataFrame of points, got {type(caves).__name__}"
        raise InvalidParameterError(msg)
    check_has_crs(caves, "the known caves")
    kinds = sorted(set(caves.geom_type.fillna("nothing")) - {"Point"})
    if kinds:
        msg = f"known caves must be points, got {', '.join(kinds)}; take representative_point()"
        raise InvalidParameterError(msg)
    points = project(caves.geometry, grid.crs, "known caves")
    cells = cells_of_points(np.column_stack([points.x, points.y]), grid)
    index = cells[cells >= 0]
    wanted = index[inside.ravel()[index]]
    known = wanted[rock.ravel()[wanted]]
    found = np.unique(known)
    return found, {
        "n_given": len(caves),
        "n_off_grid": int((cells < 0).sum()),
        "n_outside": int(index.size - wanted.size),
        "n_unknown_rock": int(wanted.size - known.size),
        "n_same_cell": int(known.size - found.size),
    }


def _bins(flags: xr.Dataset, rock: BoolArray) -> dict[str, tuple[IntArray, list[str]]]:
    """Cut each layer of evidence into bins; -1 where it is unknown."""
    found = {}
    for name, ranks in EVIDENCE.items():
        if name not in flags:
            continue
        values = flags[name].to_numpy()[rock].astype(float)
        known = ~np.isnan(values)
        if not known.any():
            continue
        if ranks:
            levels = np.unique(values[known])
            labels = [f"{level:g}" for level in levels]
            place = np.searchsorted(levels, values)
        else:
            breaks = np.unique(np.quantile(values[known], _QUARTILES))
            words = [f"{edge:.3g}" for edge in breaks]
            between = [f"{low} to {high}" for low, high in pairwise(words)]
            labels = [f"below {words[0]}", *between, f"{words[-1]} and more"]
            place = np.searchsorted(breaks, values, side="right")
        found[name] = (np.where(known, place, -1), labels)
    return found


def _table(place: IntArray, labels: list[str], here: BoolArray) -> list[dict[str, Any]]:
    """Count each bin, and give its ratio and weights, over the cells where it is known."""
    rows, known = [], place >= 0
    n_caves, n_cells = int(here[known].sum()), int(known.sum())
    for number, label in enumerate(labels):
        own = place == number
        a, n = int(here[own].sum()), int(own.sum())
        row: dict[str, Any] = {"bin": label, "n_cells": n, "n_caves": a}
        row |= {"ground_share": n / n_cells, "cave_share": a / n_caves if n_caves else np.nan}
        if n_caves and n:
            row |= class_evidence(
                cave_and_class=a,
                cave_not_class=n_caves - a,
                class_only=n - a,
                neither=n_cells - n - (n_caves - a),
            )
        rows.append(row)
    return rows


def _classes(flags: xr.Dataset, rock: BoolArray, here: BoolArray) -> pd.DataFrame:
    classes = flags["cave_prone"].to_numpy()[rock].astype(np.int64)
    place = np.where(classes == UNKNOWN_CLASS, -1, classes)
    labels = [meaning.replace("_", " ") for meaning in CAVE_MEANINGS]
    return pd.DataFrame(_table(place, labels, here)).rename(columns={"bin": "susceptibility"})


def _evidence(bins: Mapping[str, tuple[IntArray, list[str]]], here: BoolArray) -> pd.DataFrame:
    rows = [
        {"layer": name, **row}
        for name, (place, labels) in bins.items()
        for row in _table(place, labels, here)
    ]
    return pd.DataFrame(rows)


def _log_odds(
    bins: Mapping[str, tuple[IntArray, list[str]]], here: BoolArray, learnt: BoolArray
) -> FloatArray:
    """Sum the weights of the bins of each cell, learnt from some of the cells."""
    total = np.zeros(here.size)
    for place, labels in bins.values():
        weights = np.zeros(len(labels) + 1)  # the last for unknown, which says nothing
        for number, row in enumerate(_table(place[learnt], labels, here[learnt])):
            weights[number] = row.get("w_plus", 0.0)
        total += weights[place]
    return total


def _held_out(
    bins: Mapping[str, tuple[IntArray, list[str]]], here: BoolArray, folds: int, seed: Seed
) -> float:
    """Area of a score of each cell that was learnt without its part of caves and ground."""
    # As many as caves at most: one is held out in each.
    folds = check_whole(folds, "folds", lowest=2, highest=int(here.sum()))
    rng = generator(seed)
    part = np.empty(here.size, np.int64)
    for group in (np.flatnonzero(here), np.flatnonzero(~here)):
        part[rng.permutation(group)] = np.arange(group.size) % folds
    areas, caves = [], []
    for number in range(folds):
        out = part == number
        areas.append(auc(_log_odds(bins, here, ~out)[out], here[out]))
        caves.append(int(here[out].sum()))
    return float(np.average(areas, weights=caves))


# How well a map agrees with known caves, and what a class of ground says of them.


def class_evidence(
    *, cave_and_class: int, cave_not_class: int, class_only: int, neither: int
) -> dict[str, float]:
    """
    Weigh a class of ground as evidence of caves, by its cells with a cave and without one.

    Its contrast above 2 standard errors or so, the class goes with caves by more than chance.
    """
    # Frequency ratio: share of the caves in the class over the share of the ground that is of it
    # (Lee and Pradhan 2007, Landslides 4, 33-41). Weights of evidence: logarithm of how much likelier the
    # class, or its absence, is with a cave than without (Bonham-Carter, Agterberg and Wright 1989,
    # Geological Survey of Canada Paper 89-9, 171-183).
    a, b, c, d = (float(n) for n in (cave_and_class, cave_not_class, class_only, neither))
    ratio = (a / (a + b)) / ((a + c) / (a + b + c + d))
    if min(a, b, c, d) == 0:
        # Half a cell more of each, so that a class without a cave has a finite weight.
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    plus = math.log((a / (a + b)) / (c / (c + d)))
    minus = math.log((b / (a + b)) / (d / (c + d)))
    error = math.hypot(math.sqrt(1 / a + 1 / c), math.sqrt(1 / b + 1 / d))
    return {
        "frequency_ratio": ratio,
        "w_plus": plus,
        "w_minus": minus,
        "contrast": plus - minus,
        "studentised": (plus - minus) / error,
    }


def success_rate_curve(score: FloatArray, here: BoolArray) -> pd.DataFrame:
    """Tell the share of the caves that the most susceptible ground holds, from little ground to all."""
    # Chung and Fabbri (2003), Natural Hazards 30, 451-472. Cells of one score come together.
    levels, place = np.unique(-score, return_inverse=True)
    ground = np.bincount(place, minlength=levels.size)
    found = np.bincount(place, weights=here, minlength=levels.size)
    return pd.DataFrame(
        {
            "score": np.concatenate([[np.inf], -levels]),
            "ground_share": np.concatenate([[0.0], np.cumsum(ground) / score.size]),
            "cave_share": np.concatenate([[0.0], np.cumsum(found) / here.sum()]),
        }
    )


def auc(score: FloatArray, here: BoolArray) -> float:
    """
    Give the area under the success-rate curve: 0.5 for a map that says nothing.

    The chance that a cave lies on ground with a higher score than ground at random; of equal ones half.
    """
    # The mean rank of ties gives each half of its equals, itself among them.
    higher = (pd.Series(score).rank().to_numpy() - 0.5) / score.size
    return float((higher * here).sum() / here.sum())


def auc_error(area: float, n_caves: int, n_cells: int) -> float:
    """Give the standard error of an area under the curve, by the formula of Hanley and McNeil."""
    # Hanley and McNeil (1982), Radiology 143, 29-36. It takes scores to be exponential and caves to be
    # independent of each other; near each other they are not, and the error is larger.
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n_caves - 1) * (q1 - area**2) + (n_cells - 1) * (q2 - area**2)
    return math.sqrt(max(spread, 0.0) / (n_caves * n_cells))
