"""States of nature: what nobody at the border chooses, drawn together with what it goes along with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import as_finite, check_choice, check_whole, generator
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.answer.case import Assumption, default_assumptions
from borderzone.patrol.force.forces import Force

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from borderzone._typing import FloatArray, Seed

__all__ = ["CORRELATED", "NATURE", "checked_correlation", "drawn_nature"]

# Range, patrol speed and response go together: haze, dust, rain and bad crews harm all three.
CORRELATED = ("r50_factor", "patrol_speed_factor", "response_speed_factor")

# Decisions (kit, law, shifts) and opponents are rows and columns of an answer and never drawn here.
# What the curve draws too comes from there.
_SHARED = ("r50_factor", "patrol_speed_factor", "crosser_speed_factor", "f_mask_position")
NATURE: dict[str, Assumption] = {name: default_assumptions(Force())[name] for name in _SHARED} | {
    "response_speed_factor": Assumption(
        name="response_speed_factor",
        distribution="lognormal",
        parameters=(1.0, 0.3),
        unit="factor",
        source="spread of how fast a reserve comes; no exercise on this border is published",
    ),
    "followed_up": Assumption(
        name="followed_up",
        distribution="uniform",
        parameters=(0.0, 1.0),
        unit="share",
        source="detections that are followed up although nobody was recognised: anything is possible",
    ),
}


def checked_correlation(correlation: float | npt.ArrayLike) -> FloatArray:
    """
    Give the correlation matrix of `CORRELATED`; a number stands between every two.

    Parameters
    ----------
    correlation
        A number from 0 up to below 1, or the matrix.

    Returns
    -------
    FloatArray
        The matrix, shape ``(3, 3)``.

    Raises
    ------
    InvalidParameterError
        If it is no correlation matrix.
    ShapeMismatchError
        If it has another shape.
    """
    size = len(CORRELATED)
    matrix = as_finite(correlation, "correlation")
    if matrix.ndim == 0:
        matrix = np.where(np.eye(size, dtype=bool), 1.0, matrix)
    if matrix.shape != (size, size):
        msg = (
            f"correlation is a number, or {size} rows of {size} for {', '.join(CORRELATED)}; "
            f"got shape {matrix.shape}"
        )
        raise ShapeMismatchError(msg)
    even = np.allclose(matrix, matrix.T, atol=1e-12) and np.allclose(np.diag(matrix), 1.0)
    # An eigenvalue below 0 would be a variance below 0 of some mixture of the three.
    least = float(np.linalg.eigvalsh(matrix).min()) if even else -1.0
    if least < -1e-12:
        msg = (
            "correlation is no correlation matrix: it needs ones on the diagonal, equal halves and "
            f"no negative eigenvalue; got {matrix.tolist()}; a single number such as 0.3 always serves"
        )
        raise InvalidParameterError(msg)
    return matrix


def drawn_nature(
    draws: int,
    seed: Seed,
    *,
    correlation: float | npt.ArrayLike = 0.3,
    changed: Mapping[str, Assumption] | None = None,
) -> pd.DataFrame:
    """
    Draw states of nature, a row for each draw, on scrambled Sobol points with a Gaussian copula.

    Parameters
    ----------
    draws
        How many.
    seed
        Seed or generator.
    correlation
        As in `checked_correlation`.
    changed
        Distributions that differ from `NATURE`, by name.

    Returns
    -------
    DataFrame
        Columns as in `NATURE`.
    """
    number = check_whole(draws, "draws")
    known = NATURE | {
        check_choice(name, "assumption", NATURE): row for name, row in (changed or {}).items()
    }
    matrix = checked_correlation(correlation)
    # Points that fill the cube evenly: a quantile of 2,048 of them is as good as one of some ten
    # thousand independent draws, and a power of two keeps them balanced.
    power = max(0, int(number - 1).bit_length())
    sobol = stats.qmc.Sobol(d=len(known), scramble=True, rng=generator(seed))
    cube = np.clip(sobol.random_base2(power)[:number], 1e-12, 1 - 1e-12)
    normal = stats.norm.ppf(cube)
    place = [list(known).index(name) for name in CORRELATED]
    # A root that also exists where two of the three are one (an eigenvalue of 0).
    value, vector = np.linalg.eigh(matrix)
    normal[:, place] = normal[:, place] @ (vector * np.sqrt(np.clip(value, 0.0, None))).T
    share = stats.norm.cdf(normal)
    return pd.DataFrame(
        {name: _quantile(row, share[:, k]) for k, (name, row) in enumerate(known.items())}
    )


def _quantile(row: Assumption, share: FloatArray) -> FloatArray:
    if row.is_fixed:
        return np.full(len(share), float(row.parameters[0]))
    return np.asarray(row.frozen().ppf(share))
