"""From ground to memberships: the fixed scales on which a layer counts from little to fully."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from borderzone._guards import guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import FloatArray

__all__ = ["FLOOR", "SCALES", "Scale"]

# Least membership: a single absent factor lowers an index but does not annihilate it.
FLOOR = 0.05


@guarded
@dataclass(frozen=True, kw_only=True)
class Scale:
    """
    How one layer becomes a membership, the same for every border.

    Attributes
    ----------
    form
        ``"linear"``: x / at, up to 1. ``"saturating"``: x / (x + at).
    at
        Value with full membership (linear) or with one half (saturating).
    unit
        Unit of the value.
    source
        Where the value is from, or that it is an assumption.

    Examples
    --------
    >>> SCALES["remoteness"].membership(np.array([0.0, 3.0, np.inf, np.nan]))
    array([0.05, 0.5 , 1.  ,  nan])
    """

    form: Literal["linear", "saturating"]
    at: float
    unit: str
    source: str

    def membership(self, values: FloatArray) -> FloatArray:
        """
        Membership of values on this scale.

        Parameters
        ----------
        values
            Values in the unit of the scale; negative ones count as 0.

        Returns
        -------
        FloatArray
            Membership from `FLOOR` to 1, NaN where a value is NaN.
        """
        # float32 stays, all else is float64; every step is taken in place.
        kind = np.float32 if getattr(values, "dtype", None) == np.float32 else np.float64
        share: FloatArray = np.maximum(np.asarray(values, dtype=kind), 0.0)
        if self.form == "linear":
            share /= self.at
        else:
            # 1 - at / (x + at) rather than x / (x + at): 1 and not NaN where x is infinite.
            share += self.at
            np.divide(self.at, share, out=share)
            np.subtract(1.0, share, out=share)
        np.clip(share, FLOOR, 1.0, out=share)
        return share


SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "remoteness": Scale(
            form="saturating",
            at=3.0,
            unit="h",
            source="assumption: half membership at the middle of the breaks 1, 3 and 6 h",
        ),
        "bareness": Scale(
            form="linear", at=1.0, unit="share", source="land cover: cover that defines the class"
        ),
        "karst": Scale(
            form="linear",
            at=3.0,
            unit="rank",
            source="mapped soluble rock, ranks 1 to 3; equal steps are an assumption",
        ),
        "ruggedness": Scale(
            form="linear",
            at=0.30,
            unit="rise over run",
            source=(
                "assumption: the slope at which wheeled vehicles stop (FM 5-33, 1990); gradient "
                "of the plane with the same ruggedness index (Riley et al. 1999)"
            ),
        ),
        "masking": Scale(
            form="linear", at=1.0, unit="share", source="share of the ground out of sight"
        ),
        "relief": Scale(
            form="linear",
            at=150.0,
            unit="m",
            source="depth of Wadi Hauran, 150 to 200 m, as a deeply cut landscape of the region",
        ),
        "steepness": Scale(form="linear", at=10.0, unit="degrees", source="assumption"),
        "incision": Scale(
            form="linear",
            at=50.0,
            unit="m",
            source="assumption: a third of the full relief, below the mean of the 8 neighbours",
        ),
    }
)
