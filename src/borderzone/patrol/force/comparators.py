"""Real forces: what borders were held with, beside what the model hopes for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from borderzone._guards import (
    check_choice,
    check_non_negative,
    check_positive,
    check_probability,
    check_whole,
    guarded,
)
from borderzone.crs import KM_PER_MILE
from borderzone.errors import InvalidParameterError
from borderzone.patrol.theory.staffing import SHIFT_FACTORS

if TYPE_CHECKING:
    from borderzone._typing import FloatArray

__all__ = ["FAILS_FIRST", "REAL_FORCES", "RealForce", "plausibility"]

_BASES = ("payroll", "on_post", "posts", "vehicles")
_GOOD_POD = 0.9

# Which of the model's assumptions gives way first, in order. A judgement, stated as one.
FAILS_FIRST = (
    "First to fail is that nobody watches the patrols: random search holds only while crossers "
    "cannot see a patrol pass and walk behind it. Next is the clean sweep width: detection ranges "
    "of tests, not of tired crews in dust and heat. Last is that people cross at right angles "
    "and do not choose their place."
)


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


def plausibility(
    length_km: float,
    curve: pd.DataFrame,
    *,
    crew: int = 4,
    shift_factor: float = SHIFT_FACTORS["relief"].value,
    forces: tuple[RealForce, ...] = REAL_FORCES,
) -> pd.DataFrame:
    """
    Put real forces on the model's curve, scaled to the length of this border.

    Parameters
    ----------
    length_km
        Length of this border. Units: km.
    curve
        One curve of `coverage_curve` or `monte_carlo`: unit_count, mean_pod
        and mean_poi, of one rule and one light.
    crew
        People in a unit.
    shift_factor
        On the payroll for one out.
    forces
        What to compare with.

    Returns
    -------
    DataFrame
        A row for each force: case, basis, persons_per_km and units_per_km on
        station, unit_count_equivalent on this border, mean_pod_at_that and
        mean_poi_at_that (missing for posts, which are no patrols, and beyond
        the end of the curve),
        observed_low, observed_high and observed_source, more_hopeful_low and
        more_hopeful_high (the model's interdiction over what was observed),
        fielded_over_need (their units over those with which the model detects
        nine in ten), source, tag. ``attrs["need"]`` holds the units with which the model detects
        nine in ten, NaN beyond the end of the curve, and ``attrs["statement"]`` says it in words.

    Raises
    ------
    InvalidParameterError
        If a number is out of range, or the curve is not one curve.

    Examples
    --------
    >>> from borderzone.patrol import coverage_curve
    >>> curve = coverage_curve([0.02], [1.0], unit_counts=range(1001), p_respond=0.7)
    >>> table = plausibility(599.0, curve)
    >>> table.loc[:1, ["case", "unit_count_equivalent"]].round(1).values.tolist()
    [['US south-west 2017', 92.4], ['Iraq west 2006', 173.7]]
    """
    border = check_positive(length_km, "length_km", "km")
    crew = check_whole(crew, "crew", unit="people")
    check_positive(shift_factor, "shift_factor")
    counts, pod, poi = _one_curve(curve)
    # The curve ends at the units asked for: beyond it the need is not known, and NaN says so.
    need = _units_at(counts, pod, _GOOD_POD)
    rows = []
    for force in forces:
        density = force.units_per_km(crew=crew, shift_factor=shift_factor)
        units = border * density
        # The curve is of patrols: what a line of posts would see is not on it.
        seen, model = (
            np.nan if force.basis == "posts" else float(np.interp(units, counts, y, right=np.nan))
            for y in (pod, poi)
        )
        low, high = force.observed or (np.nan, np.nan)
        rows.append(
            {
                "case": force.case,
                "basis": force.basis,
                "persons_per_km": force.people_per_km(shift_factor=shift_factor),
                "units_per_km": density,
                "unit_count_equivalent": units,
                "mean_pod_at_that": seen,
                "mean_poi_at_that": model,
                "observed_low": low,
                "observed_high": high,
                "observed_source": force.observed_source,
                "more_hopeful_low": model / high,
                "more_hopeful_high": model / low,
                "fielded_over_need": units / need,
                "source": force.source,
                "tag": force.tag,
            }
        )
    table = pd.DataFrame(rows)
    table.attrs |= {"statement": _statement(table, need, crew), "need": need}
    return table


def _one_curve(curve: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
    missing = [name for name in ("unit_count", "mean_pod", "mean_poi") if name not in curve.columns]
    if missing:
        msg = f"the curve lacks {', '.join(missing)}; coverage_curve(..., force=...) makes one"
        raise InvalidParameterError(msg)
    # Interpolation takes rising counts, and a table put together of several curves has repeats.
    ordered = curve.sort_values("unit_count", kind="stable")
    counts = ordered["unit_count"].to_numpy(dtype=np.float64)
    if counts.size == 0 or (np.diff(counts) <= 0).any():
        msg = "the curve must have each unit_count once: choose one rule and one light first"
        raise InvalidParameterError(msg)
    return counts, ordered["mean_pod"].to_numpy(float), ordered["mean_poi"].to_numpy(float)


def _units_at(counts: FloatArray, pod: FloatArray, wanted: float) -> float:
    # The first crossing of the curve, straight between its points: it need not rise everywhere.
    past = np.flatnonzero(pod >= wanted)
    if past.size == 0:
        return float("nan")
    first = past[0]
    if first == 0:
        return float(counts[0])
    return float(np.interp(wanted, pod[first - 1 : first + 1], counts[first - 1 : first + 1]))


# Fewer units than this are told to be a rounded number.
_FEW_UNITS = 5


def _statement(table: pd.DataFrame, need: float, crew: int) -> str:
    parts = [f"Real forces as units of {crew} out, scaled to the length of this border."]
    parts += [
        f"With what the {row['case']} had ({row['unit_count_equivalent']:.0f} units) the model "
        f"stops {row['mean_poi_at_that']:.0%} of crossings, against {row['observed_low']:.0%} to "
        f"{row['observed_high']:.0%} as published or worked ({row['observed_source']}), which "
        "holds there and must not be carried over: "
        f"{row['more_hopeful_low']:.2g} to {row['more_hopeful_high']:.2g} times as hopeful, that is "
        f"{_leaning(row['more_hopeful_low'], row['more_hopeful_high'])}."
        for row in table.dropna(subset=["more_hopeful_low"]).to_dict("records")
    ]
    few = table["unit_count_equivalent"].min()
    if few < _FEW_UNITS:
        parts.append(
            f"On so short a border some of these forces come to {few:.0f} unit"
            f"{'' if round(few) == 1 else 's'}: the comparison is mostly rounding."
        )
    if np.isfinite(need):
        above = table[table["fielded_over_need"] > 1]
        parts.append(
            f"With every assumption at its own value the model detects nine in ten with "
            f"{need:,.0f} units; {len(above)} of {len(table)} forces had more than that."
        )
    return " ".join([*parts, FAILS_FIRST])


def _leaning(low: float, high: float) -> str:
    """Which way the model leans: a factor below 1 is easily read as its opposite."""
    if high < 1:
        return (
            "less hopeful than what was published, which counts cameras, fences and daylight that "
            "this curve leaves out where its sensor is weak"
        )
    if low > 1:
        return "more hopeful than what was published"
    return "about as hopeful as what was published"
