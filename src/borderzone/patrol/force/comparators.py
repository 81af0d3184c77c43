"""Real forces: what borders were held with."""

from __future__ import annotations

from dataclasses import dataclass

from borderzone._guards import (
    check_choice,
    check_non_negative,
    check_positive,
    check_probability,
    guarded,
)
from borderzone.crs import KM_PER_MILE
from borderzone.errors import InvalidParameterError

__all__ = ["REAL_FORCES", "RealForce"]

_BASES = ("payroll", "on_post", "posts", "vehicles")


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class RealForce:
    """
    What held one border at one time.

    Attributes
    ----------
    case
        Border and year.
    length_km
        Length that was held. Units: km.
    low
        Smallest number of people, posts or vehicles stated.
    high
        Largest number stated; the same where there is one.
    basis
        ``"payroll"``: people on the payroll. ``"on_post"``: people on duty.
        ``"posts"``: manned posts or towers. ``"vehicles"``: patrol vehicles.
    source
        Where the numbers are from.
    tag
        F: seen in a public source. M: from memory, to be checked.
    line_share
        Share of the payroll that works at the line.
    observed
        Lowest and highest effectiveness that was published, if any.
    observed_source
        What those two numbers are.

    Examples
    --------
    >>> forts = RealForce(
    ...     case="27 forts", length_km=600, low=540, high=810, basis="on_post", source="own count", tag="F"
    ... )
    >>> forts.low / forts.length_km
    0.9
    >>> RealForce(case="27 forts", length_km=0, low=540, high=810, basis="on_post", source="", tag="F")
    Traceback (most recent call last):
        ...
    borderzone.errors.InvalidParameterError: length_km of '27 forts' must be a finite number above 0 (km), got 0
    """

    case: str
    length_km: float
    low: float
    high: float
    basis: str
    source: str
    tag: str
    line_share: float = 1.0
    observed: tuple[float, float] | None = None
    observed_source: str = ""

    def __post_init__(self) -> None:
        """Refuse impossible records at birth."""
        check_positive(self.length_km, f"length_km of {self.case!r}", "km")
        check_non_negative(self.low, f"low of {self.case!r}")
        check_choice(self.basis, f"basis of {self.case!r}", _BASES)
        check_choice(self.tag, f"tag of {self.case!r}", ("F", "M"))
        check_probability(self.line_share, f"line_share of {self.case!r}")
        if self.high < self.low:
            msg = f"{self.case!r} goes from {self.low:g} to {self.high:g}: low must not exceed high"
            raise InvalidParameterError(msg)

    def units_per_km(self, *, crew: int, shift_factor: float) -> float:
        """
        Convert to units out for each km, by the middle of the range.

        Parameters
        ----------
        crew
            People in a unit.
        shift_factor
            On the payroll for one out.

        Returns
        -------
        float
            Units out. A post or a vehicle counts as one. Units: 1/km.

        Examples
        --------
        >>> forts = RealForce(
        ...     case="27 forts", length_km=600, low=540, high=660, basis="on_post", source="own count", tag="F"
        ... )
        >>> forts.units_per_km(crew=4, shift_factor=5.0)
        0.25
        """
        # A post or a vehicle is manned or moving all the time by its nature: no relief factor is
        # taken off it.
        density = (self.low + self.high) / 2.0 / self.length_km
        if self.basis in ("posts", "vehicles"):
            return density
        return self.people_per_km(shift_factor=shift_factor) / crew

    def people_per_km(self, *, shift_factor: float) -> float:
        """
        Convert to people out for each km, by the middle of the range.

        Parameters
        ----------
        shift_factor
            On the payroll for one out.

        Returns
        -------
        float
            People, NaN where only posts or vehicles are known. Units: 1/km.

        Examples
        --------
        >>> force = RealForce(
        ...     case="a brigade", length_km=600, low=3000, high=3000, basis="payroll", source="own count", tag="F"
        ... )
        >>> force.people_per_km(shift_factor=5.0)
        1.0
        """
        if self.basis in ("posts", "vehicles"):
            return float("nan")
        density = (self.low + self.high) / 2.0 / self.length_km
        # Of the payroll only the share at the line counts, and of that what one shift leaves out;
        # people on post are out already.
        return density * self.line_share / (shift_factor if self.basis == "payroll" else 1.0)


REAL_FORCES = (
    RealForce(
        case="US south-west 2017",
        length_km=1954 * KM_PER_MILE,
        low=16_717,
        high=16_717,
        basis="payroll",
        line_share=0.599,
        source="16,717 agents on 1,954 miles in April 2017, 59.9 % on line duties without "
        "intelligence (WOLA)",
        tag="F",
        observed=(0.31, 0.8101),
        observed_source="low: Espenshade's repeat captures for a worked repeat share of 0.31 if "
        "nobody gives up; high: known_ier of FY2015, which leaves out all who were never noticed "
        "(Bipartisan Policy Center)",
    ),
    RealForce(
        case="Iraq west 2006",
        length_km=595,
        low=23 * 20,
        high=23 * 40,
        basis="on_post",
        source="23 forts over 590 to 600 km, 20 to 40 police in each at all times (US Army Corps "
        "of Engineers, July 2006)",
        tag="F",
    ),
    RealForce(
        case="Iraq under Saddam",
        length_km=27.5,
        low=36,
        high=36,
        basis="payroll",
        source="about 36 in each fort, a fort every 25 to 30 km, in places outposts every 4 km "
        "(StrategyPage 2005)",
        tag="F",
    ),
    RealForce(
        case="Iraq plan 2005",
        length_km=3600,
        low=28_000,
        high=28_000,
        basis="payroll",
        source="plan of 258 forts, 36 battalions and 28,000 for about 3,600 km",
        tag="F",
    ),
    RealForce(
        case="Iraq-Syria wall 2024",
        length_km=1,
        low=1,
        high=1,
        basis="posts",
        source="a tower or post every km along 170 km (2024) to 300 or 400 km (claims of 2025) of "
        "wall, ditch 3 x 3 m, thermal cameras (alfasselnews; Rudaw; al-sarira)",
        tag="F",
    ),
    RealForce(
        case="Saudi-Iraq, troops",
        length_km=900,
        low=30_000,
        high=30_000,
        basis="payroll",
        source="about 30,000 troops on 900 km with 78 towers, 50 radars and 32 response centres",
        tag="F",
    ),
    RealForce(
        case="Saudi-Iraq, towers",
        length_km=900,
        low=40,
        high=78,
        basis="posts",
        source="78 towers on 900 km, or 40 in another account (The Telegraph)",
        tag="F",
    ),
    RealForce(
        case="Saudi-Iraq, armoured cars",
        length_km=900,
        low=240,
        high=240,
        basis="vehicles",
        source="240 armoured cars on 900 km, all of them out at once (The Telegraph)",
        tag="F",
    ),
    RealForce(
        case="USSR Border Troops 1989",
        length_km=63_000,
        low=230_000,
        high=230_000,
        basis="payroll",
        source="230,000 over about 63,000 km",
        tag="F",
    ),
    RealForce(
        case="Morice line",
        length_km=460,
        low=80_000,
        high=80_000,
        basis="payroll",
        source="length 460 km (French Wikipedia); about 80,000 men from memory",
        tag="M",
    ),
)
