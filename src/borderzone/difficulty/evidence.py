"""How well a map of susceptibility agrees with known caves: ratios, weights, curves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_non_negative,
    as_numbers,
    check_at_least,
    check_non_negative,
    check_probability,
    guarded,
)
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import numpy.typing as npt

    from borderzone._typing import FloatArray

__all__ = [
    "EvidenceWeights",
    "auc",
    "auc_error",
    "frequency_ratio",
    "success_rate_curve",
    "weights_of_evidence",
]


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
