"""A map of cave susceptibility held against an inventory of known caves, and weighted by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_non_negative,
    as_numbers,
    check_at_least,
    check_non_negative,
    check_probability,
    check_whole,
    generator,
    guarded,
)
from borderzone._placing import cells_of_points
from borderzone.crs import check_has_crs, project
from borderzone.difficulty.flagging import CAVE_MEANINGS, CAVE_UNKNOWN
from borderzone.errors import InvalidParameterError
from borderzone.grid import Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt
    import xarray as xr

    from borderzone._typing import BoolArray, FloatArray, IntArray, Seed

__all__ = [
    "EVIDENCE",
    "FEWEST_CAVES",
    "CaveCalibration",
    "EvidenceWeights",
    "auc",
    "auc_error",
    "calibrate",
    "frequency_ratio",
    "success_rate_curve",
    "weights_of_evidence",
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
        Success-rate curve of the map, by `success_rate_curve`.
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
            counts = {
                "cave_and_class": a,
                "cave_not_class": n_caves - a,
                "class_only": n - a,
                "neither": n_cells - n - (n_caves - a),
            }
            weights = weights_of_evidence(**counts)
            row |= {
                "frequency_ratio": frequency_ratio(**counts),
                "w_plus": weights.w_plus,
                "w_minus": weights.w_minus,
                "contrast": weights.contrast,
                "studentised": weights.studentised,
            }
        rows.append(row)
    return rows


def _classes(flags: xr.Dataset, rock: BoolArray, here: BoolArray) -> pd.DataFrame:
    classes = flags["cave_prone"].to_numpy()[rock].astype(np.int64)
    place = np.where(classes == CAVE_UNKNOWN, -1, classes)
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


# How well a map of susceptibility agrees with known caves: ratios, weights, curves.


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceWeights:
    """
    Weights of one class of evidence.

    Attributes
    ----------
    w_plus, w_minus
        Logarithm of how much likelier the class, or its absence, is with a cave than without.
    contrast
        Their difference.
    s_plus, s_minus, s_contrast
        Standard errors.
    corrected
        Whether half a cell was added to each count, because one was 0.
    """

    w_plus: float
    w_minus: float
    contrast: float
    s_plus: float
    s_minus: float
    s_contrast: float
    corrected: bool = False

    @property
    def studentised(self) -> float:
        """
        Contrast over its standard error.

        Returns
        -------
        float
            Above 2 or so the class goes with caves by more than chance.
        """
        return self.contrast / self.s_contrast


def frequency_ratio(
    *, cave_and_class: float, cave_not_class: float, class_only: float, neither: float
) -> float:
    """
    Share of the caves that lie in a class over the share of the ground that is of it.

    Parameters
    ----------
    cave_and_class, cave_not_class
        Cells with a cave, in the class and outside it.
    class_only, neither
        Cells without one, in the class and outside it.

    Returns
    -------
    float
        Above 1 where caves are commoner than on average; NaN where the class has no ground.

    Raises
    ------
    InvalidParameterError
        If a count is negative, or there is no cave.

    References
    ----------
    .. [1] Lee, S., Pradhan, B. (2007). Landslide hazard mapping at Selangor, Malaysia using frequency
       ratio and logistic regression models. Landslides 4, 33-41.
       https://doi.org/10.1007/s10346-006-0047-y

    Examples
    --------
    >>> round(
    ...     frequency_ratio(cave_and_class=30, cave_not_class=70, class_only=200, neither=9700), 6
    ... )
    13.043478
    """
    a, b, c, d = _counts(cave_and_class, cave_not_class, class_only, neither)
    ground = (a + c) / (a + b + c + d)
    return (a / (a + b)) / ground if ground > 0 else float("nan")


def weights_of_evidence(
    *, cave_and_class: float, cave_not_class: float, class_only: float, neither: float
) -> EvidenceWeights:
    """
    Weigh a class as evidence of caves.

    Parameters
    ----------
    cave_and_class, cave_not_class
        Cells with a cave, in the class and outside it.
    class_only, neither
        Cells without one, in the class and outside it.

    Returns
    -------
    EvidenceWeights
        Both weights, their contrast and errors. Where a count is 0, half a cell is added to each.

    Raises
    ------
    InvalidParameterError
        If a count is negative, or there is no cave.

    References
    ----------
    .. [1] Bonham-Carter, G., Agterberg, F., Wright, D. (1989). Weights of evidence modelling: a new
       approach to mapping mineral potential. Geological Survey of Canada Paper 89-9, 171-183.

    Examples
    --------
    >>> found = weights_of_evidence(
    ...     cave_and_class=30, cave_not_class=70, class_only=200, neither=9700
    ... )
    >>> round(found.w_plus, 6), round(found.w_minus, 6), round(found.studentised, 4)
    (2.698, -0.336266, 13.2147)
    """
    a, b, c, d = _counts(cave_and_class, cave_not_class, class_only, neither)
    corrected = min(a, b, c, d) == 0
    if corrected:
        a, b, c, d = a + 0.5, b + 0.5, c + 0.5, d + 0.5
    plus = math.log((a / (a + b)) / (c / (c + d)))
    minus = math.log((b / (a + b)) / (d / (c + d)))
    s_plus, s_minus = math.sqrt(1 / a + 1 / c), math.sqrt(1 / b + 1 / d)
    return EvidenceWeights(
        w_plus=plus,
        w_minus=minus,
        contrast=plus - minus,
        s_plus=s_plus,
        s_minus=s_minus,
        s_contrast=math.hypot(s_plus, s_minus),
        corrected=corrected,
    )


def success_rate_curve(score: FloatArray, n_caves: npt.ArrayLike) -> pd.DataFrame:
    """
    Share of the known caves that the most susceptible ground holds, from little ground to all.

    Parameters
    ----------
    score
        Susceptibility of each cell; NaN is left out.
    n_caves
        Caves in each cell.

    Returns
    -------
    DataFrame
        ``score``, ``ground_share`` and ``cave_share`` of cells with that score or more, by falling
        score, from (0, 0) to (1, 1). Cells of one score come together.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, a count is negative, or no cave lies on ground with a score.

    References
    ----------
    .. [1] Chung, C.-J., Fabbri, A. (2003). Validation of spatial prediction models for landslide
       hazard mapping. Natural Hazards 30, 451-472.
       https://doi.org/10.1023/B:NHAZ.0000007172.62651.2b

    Examples
    --------
    >>> success_rate_curve(np.array([0.9, 0.1, 0.5, 0.5]), [2, 0, 1, 0])[
    ...     ["ground_share", "cave_share"]
    ... ].to_numpy().round(3).tolist()
    [[0.0, 0.0], [0.25, 0.667], [0.75, 1.0], [1.0, 1.0]]
    """
    values, caves = _known(score, n_caves)
    levels, place = np.unique(-values, return_inverse=True)
    ground = np.bincount(place, minlength=levels.size)
    found = np.bincount(place, weights=caves, minlength=levels.size)
    return pd.DataFrame(
        {
            "score": np.concatenate([[np.inf], -levels]),
            "ground_share": np.concatenate([[0.0], np.cumsum(ground) / values.size]),
            "cave_share": np.concatenate([[0.0], np.cumsum(found) / caves.sum()]),
        }
    )


def auc(score: FloatArray, n_caves: npt.ArrayLike) -> float:
    """
    Area under the success-rate curve.

    It is the chance that a cave lies on ground with a higher score than ground taken at random;
    of equal scores half counts.

    Parameters
    ----------
    score
        Susceptibility of each cell; NaN is left out.
    n_caves
        Caves in each cell.

    Returns
    -------
    float
        0.5 for a map that says nothing, 1 at most.

    Raises
    ------
    InvalidParameterError
        As for `success_rate_curve`.

    Examples
    --------
    >>> auc(np.array([0.9, 0.1, 0.5, 0.5]), [1, 0, 0, 0])
    0.875
    """
    values, caves = _known(score, n_caves)
    # The mean rank of ties gives each half of its equals, itself among them.
    higher = (pd.Series(values).rank().to_numpy() - 0.5) / values.size
    return float((higher * caves).sum() / caves.sum())


def auc_error(area: float, n_caves: float, n_cells: float) -> float:
    """
    Give the standard error of an area under the curve.

    Parameters
    ----------
    area
        The area.
    n_caves, n_cells
        Number of caves, and of cells.

    Returns
    -------
    float
        By the formula of Hanley and McNeil, which takes scores to be exponential and caves to be
        independent of each other; near each other they are not, and the error is larger.

    Raises
    ------
    InvalidParameterError
        If the area is not between 0 and 1, or a number is below 1.

    References
    ----------
    .. [1] Hanley, J., McNeil, B. (1982). The meaning and use of the area under a receiver operating
       characteristic (ROC) curve. Radiology 143, 29-36.
       https://doi.org/10.1148/radiology.143.1.7063747

    Examples
    --------
    >>> round(auc_error(0.8, 20, 1000), 4)
    0.0599
    """
    area = check_probability(area, "area")
    n_caves, n_cells = (
        check_at_least(n, name, 1.0) for n, name in ((n_caves, "n_caves"), (n_cells, "n_cells"))
    )
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (n_caves - 1) * (q1 - area**2) + (n_cells - 1) * (q2 - area**2)
    return math.sqrt(max(spread, 0.0) / (n_caves * n_cells))


def _counts(*counts: float) -> tuple[float, float, float, float]:
    names = ("cave_and_class", "cave_not_class", "class_only", "neither")
    a, b, c, d = (check_non_negative(n, name) for n, name in zip(counts, names, strict=True))
    if a + b == 0 or a + b + c + d == 0:
        msg = "weights need a known cave, got none in cave_and_class and cave_not_class"
        raise InvalidParameterError(msg)
    return a, b, c, d


def _known(score: FloatArray, n_caves: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    given = np.asarray(n_caves)
    # Which cells have one is told as well by True and False.
    caves = as_non_negative(given.astype(float) if given.dtype == bool else n_caves, "n_caves")
    values, caves = as_numbers(score, "score").ravel(), caves.ravel()
    if values.shape != caves.shape:
        msg = f"score has {values.size} cells, n_caves {caves.size}; both describe the same cells"
        raise InvalidParameterError(msg)
    known = ~np.isnan(values)
    if caves[known].sum() == 0:
        msg = "no known cave lies on ground with a score; give caves that lie on it"
        raise InvalidParameterError(msg)
    return values[known], caves[known]
