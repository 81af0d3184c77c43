"""By how much coarse elevation understates the ground, measured by coarsening fine ground."""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from borderzone._guards import check_choice, check_positive, guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CHARACTERS", "FINE_M", "RELIEF_ERRORS", "ReliefError", "relief_error"]

# Cells at which the ground counts as known.
FINE_M = 30.0
# From the smoothest ground to the roughest; the middle one is the guess, the others its band.
CHARACTERS = ("smooth", "middle", "rough")

_SOURCE = (
    "seeded fractal ground of spectral exponent 3.8, 3.4 and 3.0, averaged to the cells of coarse "
    "data (scripts/coarse_relief_error.py). The ground of the Jacksboro fault, Tennessee, that "
    "matplotlib ships, coarsened from 80 m to 1 and 3.5 km, lies between middle and rough"
)


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class ReliefError:
    """
    What ground is at 30 m, given what coarse elevation says.

    Logarithms are natural; spreads are over fine cells, those within one coarse cell
    included.

    Attributes
    ----------
    relief_log, relief_spread
        Of relief within 1 km over relief of the coarse grid.
    gradient_log, gradient_spread
        Of gradient over relief of the coarse grid by the width of its window.
    correlation
        Between the two.
    tpi_share
        Spread of the topographic position at 30 m over relief of the coarse grid.
    delay_vehicle, delay_foot
        Of the travel time over that through the coarse ground, for each km
        of relief of the coarse grid.
    source
        Where the numbers are from.
    """

    relief_log: float
    relief_spread: float
    gradient_log: float
    gradient_spread: float
    correlation: float
    tpi_share: float
    delay_vehicle: float
    delay_foot: float
    source: str = _SOURCE


_NAMES = tuple(one.name for one in fields(ReliefError) if one.name != "source")


def _named(row: tuple[float, ...]) -> dict[str, Any]:
    return dict(zip(_NAMES, row, strict=True))


def _rows(*rows: tuple[float, ...]) -> Mapping[str, ReliefError]:
    return MappingProxyType(
        {kind: ReliefError(**_named(row)) for kind, row in zip(CHARACTERS, rows, strict=True)}
    )


# By size of the cells of the data in m. Data of 3480 m (2 arc minutes) lie on cells of 1980 m.
RELIEF_ERRORS: Mapping[float, Mapping[str, ReliefError]] = MappingProxyType(
    {
        90.0: _rows(
            (0.050, 0.029, 0.212, 0.623, 0.113, 0.008, 0.255, 0.048),
            (0.082, 0.037, 0.529, 0.669, 0.181, 0.017, 0.612, 0.168),
            (0.136, 0.047, 0.897, 0.669, 0.191, 0.032, 1.244, 0.403),
        ),
        270.0: _rows(
            (0.163, 0.088, 0.326, 0.631, 0.192, 0.010, 0.500, 0.087),
            (0.246, 0.105, 0.694, 0.684, 0.272, 0.021, 1.172, 0.296),
            (0.373, 0.120, 1.133, 0.687, 0.299, 0.042, 2.349, 0.726),
        ),
        990.0: _rows(
            (0.029, 0.227, 0.587, 0.673, 0.391, 0.009, 0.717, 0.121),
            (0.243, 0.258, 1.085, 0.726, 0.411, 0.022, 1.635, 0.371),
            (0.530, 0.284, 1.687, 0.735, 0.440, 0.053, 3.496, 0.981),
        ),
        3480.0: _rows(
            (-0.430, 0.388, 0.821, 0.724, 0.515, 0.006, 0.842, 0.019),
            (-0.068, 0.419, 1.468, 0.764, 0.499, 0.017, 2.036, 0.308),
            (0.410, 0.427, 2.259, 0.769, 0.509, 0.051, 4.820, 1.142),
        ),
    }
)
# Within what radius the coarse grids of the table take relief. Units: m.
_RELIEF_RADIUS_M = {90.0: 1000.0, 270.0: 1000.0, 990.0: 1485.0, 3480.0: 2970.0}


def relief_error(source_m: float, character: str = "middle") -> ReliefError:
    """
    Give the error of elevation of some cell size, between the sizes that were measured.

    Parameters
    ----------
    source_m
        Cells of the elevation data, not of the grid they were put on. Units: m.
    character
        Of the ground, one of `CHARACTERS`.

    Returns
    -------
    ReliefError
        Linear in the logarithm of the size; that of 90 m below 90 m, and that of
        3480 m above it.

    Raises
    ------
    InvalidParameterError
        If the size is not above 0 or the character unknown.

    Examples
    --------
    >>> relief_error(990.0).gradient_log, round(relief_error(500.0).gradient_log, 3)
    (1.085, 0.879)
    """
    source_m = check_positive(source_m, "source_m", "m")
    check_choice(character, "character", CHARACTERS)
    known = np.log(list(RELIEF_ERRORS))
    rows = [RELIEF_ERRORS[size][character] for size in RELIEF_ERRORS]
    values: dict[str, Any] = {
        name: float(np.interp(np.log(source_m), known, [getattr(row, name) for row in rows]))
        for name in _NAMES
    }
    return ReliefError(**values)


def table_radius_m(source_m: float) -> float:
    """Give the radius within which the table takes the relief of the coarse grid."""
    return float(
        np.interp(np.log(source_m), np.log(list(_RELIEF_RADIUS_M)), list(_RELIEF_RADIUS_M.values()))
    )
