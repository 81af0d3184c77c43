"""Assumptions as distributions, each with its source, and draws from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import check_choice, check_whole, generator, guarded
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.staffing import SHIFT_FACTORS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from borderzone._typing import Seed
    from borderzone.patrol.force.forces import Force

__all__ = [
    "ASSUMPTION_NAMES",
    "Assumption",
    "assumption_table",
    "default_assumptions",
    "sample",
]

# What the Monte Carlo varies.
ASSUMPTION_NAMES = (
    "r50_factor",
    "patrol_speed_factor",
    "crosser_speed_factor",
    "f_mask_position",
    "p_identify",
    "p_respond",
    "shift_factor",
    "availability",
)

# Number of parameters of each distribution, in the order of numpy's generators.
_PARAMETERS = {
    "lognormal": "median, sigma",
    "triangular": "low, mode, high",
    "uniform": "low, high",
    "normal": "mean, deviation",
    "fixed": "value",
}


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """
    One uncertain number: its distribution, unit and source.

    Attributes
    ----------
    name
        What it is.
    distribution
        ``"lognormal"``, ``"triangular"``, ``"uniform"``, ``"normal"`` or
        ``"fixed"``.
    parameters
        Median and sigma; low, mode and high; low and high; mean and
        deviation; or the value.
    unit
        Unit of the number, or ``"factor"``.
    source
        Where the distribution is from.
    tag
        A: assumption. F: seen in a public source. C: computed.
    """

    name: str
    distribution: str
    parameters: tuple[float, ...]
    unit: str
    source: str
    tag: str = "A"

    def __post_init__(self) -> None:
        """Refuse impossible distributions at birth."""
        check_choice(self.distribution, f"distribution of {self.name!r}", _PARAMETERS)
        wanted = _PARAMETERS[self.distribution]
        numbers = np.asarray(self.parameters, dtype=np.float64)
        right = numbers.shape == (len(wanted.split(", ")),) and bool(np.isfinite(numbers).all())
        if not right or not self._in_order():
            msg = (
                f"{self.distribution} {self.name!r} needs ({wanted}), rising where they are "
                f"bounds, with a median above 0 and a scale of 0 or more, got {self.parameters!r}"
            )
            raise InvalidParameterError(msg)

    @property
    def is_fixed(self) -> bool:
        """
        Whether the number has no spread.

        Returns
        -------
        bool
            True for a fixed value, a scale of 0 or bounds that meet.
        """
        p = self.parameters
        if self.distribution in ("lognormal", "normal"):
            return p[1] == 0
        return p[0] == p[-1]

    def draw(self, draws: int, generator: np.random.Generator) -> Any:
        """
        Draw from the distribution.

        Parameters
        ----------
        draws
            How many.
        generator
            Source of randomness, moved on by the draw.

        Returns
        -------
        FloatArray
            The draws.
        """
        p = self.parameters
        if self.is_fixed:
            return np.full(draws, float(p[0]))
        if self.distribution == "lognormal":
            return generator.lognormal(np.log(p[0]), p[1], draws)
        return getattr(generator, self.distribution)(*p, draws)

    def frozen(self) -> Any:
        """
        Return the distribution as a frozen one of scipy.

        Returns
        -------
        rv_frozen
            The same distribution.
        """
        p = self.parameters
        if self.is_fixed:  # an interval too narrow to matter
            return stats.uniform(loc=p[0], scale=1e-12 * max(1.0, abs(p[0])))
        if self.distribution == "lognormal":
            return stats.lognorm(s=p[1], scale=p[0])
        if self.distribution == "normal":
            return stats.norm(loc=p[0], scale=p[1])
        low, high = p[0], p[-1]
        if self.distribution == "triangular":
            return stats.triang(c=(p[1] - low) / (high - low), loc=low, scale=high - low)
        return stats.uniform(loc=low, scale=high - low)

    def band(self) -> tuple[float, float]:
        """
        Return the range that holds nine draws in ten.

        Returns
        -------
        tuple of float
            5 % and 95 % quantile.
        """
        if self.is_fixed:
            return (self.parameters[0], self.parameters[0])
        low, high = self.frozen().ppf([0.05, 0.95])
        return (float(low), float(high))

    def _in_order(self) -> bool:
        p = self.parameters
        if self.distribution == "lognormal":
            return p[0] > 0 and p[1] >= 0
        if self.distribution == "normal":
            return p[1] >= 0
        return list(p) == sorted(p)


def default_assumptions(force: Force) -> dict[str, Assumption]:
    """
    Make distributions around a force's own numbers.

    Parameters
    ----------
    force
        The kind of unit; its numbers are the modes.

    Returns
    -------
    dict
        `ASSUMPTION_NAMES` to `Assumption`, in that order. Ranges and speeds
        are factors on the values of sensor, force and ground;
        `f_mask_position` is where in its band the masked share lies, in
        standard deviations.

    Examples
    --------
    >>> from borderzone.patrol import Force
    >>> for name, assumption in default_assumptions(Force()).items():
    ...     print(name, assumption.distribution)
    r50_factor lognormal
    patrol_speed_factor triangular
    crosser_speed_factor triangular
    f_mask_position normal
    p_identify triangular
    p_respond triangular
    shift_factor triangular
    availability triangular
    """
    relief = SHIFT_FACTORS["relief"].value
    shift = tuple(force.shift_factor * x / relief for x in (4.2, relief, 7.0))
    made = (
        ("r50_factor", "lognormal", (1.0, 0.4), "factor",
         "spread of the sweep width; no field trial of these sensors on this ground is known"),
        ("patrol_speed_factor", "triangular", (10 / 15, 1.0, 20 / 15), "factor",
         "vehicles off the road keep 10 to 20 km/h around 15; the same share on foot"),
        ("crosser_speed_factor", "triangular", (0.75, 1.0, 1.5), "factor",
         "people on foot at 3 to 6 km/h around 4, on each segment's own speed"),
        ("f_mask_position", "normal", (0.0, 1.0), "standard deviations",
         "the 90 % band of the masked share, by landform or by lines of sight, all segments together"),
        ("p_identify", "triangular", _around(force.p_identify, 0.10, 0.05), "probability",
         "no source for this border: 0.10 below to 0.05 above the force's own"),
        ("p_respond", "triangular", _around(force.p_respond, 0.15, 0.15), "probability",
         "no source for this border: 0.15 on both sides of the force's own"),
        ("shift_factor", "triangular", shift, "on roll for one on station",
         "from a 40-hour week without absence (4.2) to 7.0 around the relief factor"),
        ("availability", "triangular", _around(force.availability, 0.10, 0.05), "share",
         "vehicles and leave backlog: 0.75 to 0.90 around 0.85"),
    )  # fmt: skip
    return {
        row[0]: Assumption(
            name=row[0], distribution=row[1], parameters=row[2], unit=row[3], source=row[4]
        )
        for row in made
    }


def sample(
    assumptions: dict[str, Assumption] | Iterable[Assumption], draws: int, seed: Seed
) -> pd.DataFrame:
    """
    Draw from independent assumptions.

    Parameters
    ----------
    assumptions
        The assumptions. Each draws from a stream of its own, so that another
        distribution for one leaves the draws of the others as they are.
    draws
        Number of draws, 1 or more.
    seed
        Seed or generator; the same seed gives the same draws.

    Returns
    -------
    DataFrame
        A row for each draw, a column for each assumption.

    Raises
    ------
    InvalidParameterError
        If `draws` is not a whole number above 0.

    Examples
    --------
    >>> speed = Assumption(name="u", distribution="triangular", parameters=(3, 4, 6),
    ...                    unit="km/h", source="example")
    >>> sample([speed], 3, seed=0).round(3)["u"].tolist()
    [4.857, 4.875, 5.949]
    """
    number = check_whole(draws, "draws")
    base = int(generator(seed).integers(2**63))
    rows = assumptions.values() if isinstance(assumptions, dict) else assumptions
    return pd.DataFrame(
        {row.name: row.draw(number, generator(base, *row.name.encode())) for row in rows},
        index=range(number),
    )


def assumption_table(assumptions: dict[str, Assumption]) -> pd.DataFrame:
    """
    Tabulate assumptions for a report.

    Parameters
    ----------
    assumptions
        The assumptions by name.

    Returns
    -------
    DataFrame
        Columns assumption, value (median), band_low and band_high (5 and
        95 %), distribution, unit, source and tag.

    Examples
    --------
    >>> from borderzone.patrol import Force
    >>> table = assumption_table(default_assumptions(Force()))
    >>> print(table.loc[0, ["value", "band_low", "band_high"]].astype(float).round(3).tolist())
    [1.0, 0.518, 1.931]
    """
    rows = []
    for name, assumption in assumptions.items():
        low, high = assumption.band()
        fixed = assumption.is_fixed
        middle = assumption.parameters[0] if fixed else float(assumption.frozen().median())
        rows.append(
            {
                "assumption": name,
                "value": middle,
                "band_low": low,
                "band_high": high,
                "distribution": assumption.distribution,
                "unit": assumption.unit,
                "source": assumption.source,
                "tag": assumption.tag,
            }
        )
    return pd.DataFrame(rows)


def _around(value: float, below: float, above: float) -> tuple[float, float, float]:
    return (max(0.0, value - below), value, min(1.0, value + above))
