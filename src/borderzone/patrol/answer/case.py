"""One question and all that is assumed in it: the case, its assumptions and states of nature, draws of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from borderzone._guards import as_finite, check_choice, check_whole, generator, guarded
from borderzone._guards.draws import BAND_DEVIATIONS
from borderzone.errors import InvalidParameterError, ShapeMismatchError
from borderzone.patrol.answer.allocation import (
    PLAN_LAWS,
    checked_rates,
    fractional_plan,
    normalised_weights,
)
from borderzone.patrol.answer.rates import checked_ground, detection_rates, segment_lengths
from borderzone.patrol.force.forces import Force, check_can_patrol, watch_of
from borderzone.patrol.force.sensors import LIGHTS, TARGETS, sensor_named
from borderzone.patrol.force.sweep import Watch, drawn_widths_km
from borderzone.patrol.theory.barrier import coverage_of_a_unit
from borderzone.patrol.theory.staffing import SHIFT_FACTORS, payroll

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy.typing as npt

    from borderzone._typing import FloatArray, Seed
    from borderzone.corridor import Corridor

__all__ = [
    "ASSUMPTION_NAMES",
    "CORRELATED",
    "DISTRIBUTIONS",
    "MOST_MASKED",
    "NATURE",
    "Assumption",
    "Draws",
    "PatrolCase",
    "assumption_table",
    "checked_correlation",
    "chosen_assumptions",
    "default_assumptions",
    "draw_rates",
    "drawn_nature",
    "draws_of",
    "masked_share",
    "reference_draw",
    "sample",
]

# Sampled ground never hides all of a strip: some of it is always near enough.
MOST_MASKED = 0.99
# What the Monte Carlo varies; the chances to identify and to respond only where the force has them.
ASSUMPTION_NAMES = (
    "r50_factor",
    "patrol_speed_factor",
    "crosser_speed_factor",
    "f_mask_position",
    "p_identify",
    "p_respond",
    "shift_factor",
)
_CHANCES = ("p_identify", "p_respond")
# Distribution -> its parameters, in the order of numpy's generators.
DISTRIBUTIONS = {
    "lognormal": "median, sigma",
    "triangular": "low, mode, high",
    "uniform": "low, high",
    "normal": "mean, deviation",
    "fixed": "value",
}


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class PatrolCase:
    """
    What a curve or a Monte Carlo stands on: build it with `PatrolCase.of`.

    Attributes
    ----------
    lengths_km
        Length of each segment. Units: km.
    ground
        Ground of each segment: masked share with its band, patrol speed
        factor, crossing speed.
    force
        The kind of unit.
    weights
        Weight of each segment; they sum to 1.
    light
        ``"day"`` or ``"night"``.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    law
        Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).
    watch
        Correlation of looks, air, moon and task; speeds and height of the eyes are the force's.

    Examples
    --------
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame({"f_mask": [0.2, 0.5], "patrol_speed_factor": [1.0, 0.6], "crosser_km_h": [4.0, 3.0]})
    >>> case = PatrolCase.of(pd.Series([60.0, 40.0]), ground, FORCES["vehicle_patrol"])
    >>> case.weights.round(2).tolist(), case.reference_rates().round(4).tolist()
    ([0.6, 0.4], [0.012, 0.0146])
    """

    lengths_km: pd.Series
    ground: pd.DataFrame
    force: Force
    weights: pd.Series
    light: str
    target: str
    law: str
    watch: Watch = field(default_factory=Watch)

    @classmethod
    def of(  # noqa: PLR0913 - a case is what these eight say
        cls,
        corridor: Corridor | pd.DataFrame | pd.Series,
        ground: pd.DataFrame,
        force: Force,
        *,
        weights: npt.ArrayLike | None = None,
        light: str = "night",
        target: str = "person",
        law: str = "random",
        watch: Watch | None = None,
    ) -> PatrolCase:
        """
        Check the parts of a case and put them together.

        Parameters
        ----------
        corridor
            A corridor, its table of segments with `length_km`, or the
            lengths themselves. Units: km.
        ground
            Ground by segment: `f_mask`, `patrol_speed_factor`,
            `crosser_km_h`, and where known `f_mask_low` and `f_mask_high`.
        force
            The kind of unit.
        weights
            Weight of each segment; by length unless given.
        light
            ``"day"`` or ``"night"``.
        target
            Who crosses: ``"person"`` or ``"vehicle"``.
        law
            Search law: ``"random"`` (unled), ``"beats_soft"`` (led) or ``"beats"`` (a bound).
        watch
            Correlation of looks, air, moon and task.

        Returns
        -------
        PatrolCase
            The case.

        Raises
        ------
        CoverageGapError
            If the ground of a segment is not known.
        InvalidParameterError
            If a column is missing, a value out of range or a word unknown, or the force stands.
        ShapeMismatchError
            If segments, ground and weights are not the same segments.
        """
        check_choice(light, "light", LIGHTS)
        check_choice(target, "target", TARGETS)
        check_can_patrol(force, check_choice(law, "law", PLAN_LAWS))
        lengths = segment_lengths(corridor)
        # Crossings spread evenly along the line unless something is known of them: a weight is then
        # a share of the length.
        share = normalised_weights(lengths if weights is None else weights, len(lengths))
        return cls(
            lengths_km=lengths,
            ground=checked_ground(ground, lengths.index),
            force=force,
            weights=pd.Series(share, index=lengths.index, name="weight"),
            light=light,
            target=target,
            law=law,
            watch=watch or Watch(),
        )

    def reference_rates(self) -> pd.Series:
        """
        Compute the rates of one unit out with every assumption at its own value.

        Returns
        -------
        Series
            Coverage per unit out by segment.
        """
        return detection_rates(
            self.lengths_km,
            self.ground,
            self.force,
            light=self.light,
            target=self.target,
            watch=self.watch,
        )

    def sampled_rates(self, samples: pd.DataFrame) -> FloatArray:
        """
        Compute the rates under sampled assumptions, which all segments share.

        Parameters
        ----------
        samples
            A row for each draw, a column for each assumption; one that is
            missing keeps its reference value.

        Returns
        -------
        FloatArray
            Coverage per unit out, shape ``(draws, segments)``.
        """
        force = self.force
        width = drawn_widths_km(
            force.sensor,
            self.light,
            self._masked(_column(samples, "f_mask_position", 0.0)),
            target=self.target,
            watch=watch_of(force, self.target, self.watch),
            r50_factor=_column(samples, "r50_factor", 1.0)[:, None],
        )
        if force.scan_share is not None:
            width *= force.scan_share
        # One factor for all segments in a draw: what is not known of a crew or a sensor is the same
        # everywhere, and segments that varied by themselves would average it away.
        patrol = np.multiply.outer(
            _column(samples, "patrol_speed_factor", 1.0),
            force.patrol_km_h * self.ground["patrol_speed_factor"].to_numpy(),
        )
        crosser = np.multiply.outer(
            _column(samples, "crosser_speed_factor", 1.0), self.ground["crosser_km_h"].to_numpy()
        )
        return coverage_of_a_unit(self.lengths_km.to_numpy(), width, patrol, crosser)

    def plan(self, rule: str) -> Callable[[FloatArray], FloatArray]:
        """
        Return the allocation of a rule, planned on the reference rates.

        Parameters
        ----------
        rule
            ``"even"`` (by length), ``"optimal"`` or ``"maximin"``.

        Returns
        -------
        Callable
            From unit counts ``(m,)`` to units per segment ``(m, segments)``.

        Raises
        ------
        InvalidParameterError
            If the rule is unknown or a rate is not above 0.

        Examples
        --------
        >>> from borderzone.patrol import FORCES
        >>> ground = pd.DataFrame({"f_mask": [0.2, 0.5], "patrol_speed_factor": [1.0, 0.6], "crosser_km_h": [4.0, 4.0]})
        >>> case = PatrolCase.of(pd.Series([50.0, 50.0]), ground, FORCES["vehicle_patrol"])
        >>> even, weakest = (case.plan(rule)(np.array([100.0])).round(1).tolist() for rule in ("even", "maximin"))
        >>> even, weakest
        ([[50.0, 50.0]], [[38.8, 61.2]])
        """
        return fractional_plan(
            checked_rates(self.reference_rates().to_numpy()),
            self.weights.to_numpy(),
            rule=rule,
            lengths_km=self.lengths_km.to_numpy(),
            law=self.law,
        )

    def _masked(self, position: FloatArray) -> FloatArray:
        """Masked share at one position in its band for all segments of a draw."""
        return masked_share(self.ground, position[:, None])


def masked_share(ground: pd.DataFrame, position: FloatArray) -> FloatArray:
    """Masked share at a position in its band, in deviations: two half bells that meet at the value."""
    middle = ground["f_mask"].to_numpy()
    # A band need not be even: each half of the normal is stretched to its own end.
    above = (ground["f_mask_high"].to_numpy() - middle) / BAND_DEVIATIONS
    below = (middle - ground["f_mask_low"].to_numpy()) / BAND_DEVIATIONS
    shift = np.maximum(position, 0.0) * above + np.minimum(position, 0.0) * below
    return np.asarray(np.clip(middle + shift, 0.0, np.maximum(middle, MOST_MASKED)))


def _column(samples: pd.DataFrame, name: str, otherwise: float) -> FloatArray:
    """Draws of an assumption; one that is not drawn keeps its own value."""
    if name in samples.columns:
        return np.asarray(samples[name].to_numpy(dtype=np.float64))
    return np.full(len(samples), otherwise)


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

    Examples
    --------
    >>> Assumption(
    ...     name="r50_factor", distribution="lognormal", parameters=(1.0, 0.3), unit="factor", source="own trials"
    ... ).parameters
    (1.0, 0.3)
    """

    name: str
    distribution: str
    parameters: tuple[float, ...]
    unit: str
    source: str
    tag: str = "A"

    def __post_init__(self) -> None:
        """Refuse impossible distributions at birth."""
        check_choice(self.distribution, f"distribution of {self.name!r}", DISTRIBUTIONS)
        wanted = DISTRIBUTIONS[self.distribution]
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

    def draw(self, draws: int, generator: np.random.Generator) -> FloatArray:
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

        Examples
        --------
        >>> shares = Assumption(
        ...     name="f_mask", distribution="uniform", parameters=(0.1, 0.3), unit="share", source="own trials"
        ... )
        >>> drawn = shares.draw(1000, np.random.default_rng(1))
        >>> drawn.shape, bool(drawn.min() >= 0.1), round(float(drawn.mean()), 2)
        ((1000,), True, 0.2)
        """
        p = self.parameters
        if self.is_fixed:
            return np.full(draws, float(p[0]))
        if self.distribution == "lognormal":
            return generator.lognormal(np.log(p[0]), p[1], draws)
        return np.asarray(getattr(generator, self.distribution)(*p, draws))

    def frozen(self) -> Any:  # scipy keeps the class of a frozen distribution to itself
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

        Examples
        --------
        >>> shares = Assumption(
        ...     name="f_mask", distribution="uniform", parameters=(0.0, 1.0), unit="share", source="own trials"
        ... )
        >>> [round(end, 3) for end in shares.band()]
        [0.05, 0.95]
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
        Name to `Assumption`, in the order of what the Monte Carlo varies; `p_identify` and
        `p_respond` only where the force has such a constant. Ranges and speeds are factors on the values of sensor, force and ground;
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
    shift_factor triangular
    """
    # A force of another shift system keeps the spread of the relief factor, not its ends.
    relief = SHIFT_FACTORS["relief"].value
    shift = tuple(force.shift_factor * x / relief for x in (4.2, relief, 7.0))
    made = (
        ("r50_factor", "lognormal", (1.0, sensor_named(force.sensor).r50_spread), "factor",
         "spread of the sensor's range; no field trial of it on this ground is known"),
        ("patrol_speed_factor", "triangular", (10 / 15, 1.0, 20 / 15), "factor",
         "vehicles off the road keep 10 to 20 km/h around 15; the same share on foot"),
        ("crosser_speed_factor", "triangular", (0.75, 1.0, 1.5), "factor",
         "people on foot at 3 to 6 km/h around 4, on each segment's own speed"),
        ("f_mask_position", "normal", (0.0, 1.0), "standard deviations",
         "the 90 % band of the masked share, by landform or by lines of sight, all segments together"),
        ("p_identify", "triangular", _around(force.p_identify or 0.0, 0.10, 0.05), "probability",
         "a constant of your own: 0.10 below to 0.05 above it"),
        ("p_respond", "triangular", _around(force.p_respond or 0.0, 0.15, 0.15), "probability",
         "a constant of your own: 0.15 on both sides of it"),
        ("shift_factor", "triangular", shift, "on the payroll for one out",
         "from a 40-hour week without absence (4.2) to 7.0 around the relief factor"),
    )  # fmt: skip
    return {
        row[0]: Assumption(
            name=row[0], distribution=row[1], parameters=row[2], unit=row[3], source=row[4]
        )
        for row in made
        if row[0] not in _CHANCES or getattr(force, row[0]) is not None
    }


def _around(value: float, below: float, above: float) -> tuple[float, float, float]:
    # A chance stays between 0 and 1, also where the force's own lies near an end.
    return (max(0.0, value - below), value, min(1.0, value + above))


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


def sample(
    assumptions: dict[str, Assumption] | Iterable[Assumption], draws: int, seed: Seed
) -> pd.DataFrame:
    """Draw from independent assumptions: a row for each draw, a column for each assumption."""
    # Each draws from a stream of its own, named after it, so that another distribution for one
    # leaves the draws of the others as they are.
    number = check_whole(draws, "draws")
    base = int(generator(seed).integers(2**63))
    rows = assumptions.values() if isinstance(assumptions, dict) else assumptions
    return pd.DataFrame(
        {row.name: row.draw(number, generator(base, *row.name.encode())) for row in rows},
        index=range(number),
    )


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class Draws:
    """
    One Monte Carlo sample of a case.

    Attributes
    ----------
    rates
        Coverage per unit out, shape ``(draws, segments)``.
    ceiling
        Largest reachable interdiction of each draw: identification times
        response; None where the force has neither constant.
    payroll_per_unit_out
        On the payroll for one out in each draw: the shift factor.
    """

    rates: FloatArray
    ceiling: FloatArray | None
    payroll_per_unit_out: FloatArray


def draw_rates(
    case: PatrolCase,
    *,
    draws: int = 2000,
    seed: Seed = 1,
    assumptions: dict[str, Assumption] | None = None,
) -> Draws:
    """
    Draw every assumption of a case.

    The same seed draws the same assumptions by day and by night, so
    differences between cases are paired.

    Parameters
    ----------
    case
        The case.
    draws
        Number of draws.
    seed
        Seed or generator.
    assumptions
        Distributions by name; `default_assumptions` of the force unless
        given. One that is left out keeps its reference value.

    Returns
    -------
    Draws
        Rates, ceilings and payroll factors.

    Raises
    ------
    InvalidParameterError
        If a name is unknown or a number out of range.
    """
    chosen = chosen_assumptions(case, assumptions)
    return draws_of(case, sample(chosen, draws, seed)) if chosen else reference_draw(case)


def draws_of(case: PatrolCase, samples: pd.DataFrame) -> Draws:
    """Turn sampled assumptions into rates, ceilings and payroll factors."""
    force = case.force
    certain = None
    if force.ceiling is not None:
        own = (1.0 if p is None else p for p in (force.p_identify, force.p_respond))
        drawn = [_column(samples, *pair) for pair in zip(_CHANCES, own, strict=True)]
        certain = drawn[0] * drawn[1]
        # A chance above 1 is no assumption but a slip: clipped, it would pile up draws at certainty.
        if not ((certain >= 0) & (certain <= 1)).all():
            msg = (
                "p_identify and p_respond must be drawn between 0 and 1; narrow their distributions"
            )
            raise InvalidParameterError(msg)
    shift = _column(samples, "shift_factor", force.shift_factor)
    return Draws(
        rates=case.sampled_rates(samples),
        ceiling=certain,
        payroll_per_unit_out=np.asarray(payroll(1.0, shift_factor=shift)),
    )


def reference_draw(case: PatrolCase) -> Draws:
    """Return the one draw in which every assumption has its own value."""
    force = case.force
    return Draws(
        rates=case.reference_rates().to_numpy()[None, :],
        ceiling=None if force.ceiling is None else np.array([force.ceiling]),
        payroll_per_unit_out=np.array([force.payroll(1.0)]),
    )


def chosen_assumptions(
    case: PatrolCase, assumptions: dict[str, Assumption] | None
) -> dict[str, Assumption]:
    """Return the assumptions of a Monte Carlo, with unknown names refused."""
    known = default_assumptions(case.force)
    if assumptions is None:
        return known
    for name in assumptions:
        check_choice(name, "assumption", known)
    return assumptions


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
