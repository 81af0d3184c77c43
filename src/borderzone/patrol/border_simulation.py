"""A border simulated over days: rosters, groups and what they know, detection, response, and calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_between,
    as_non_negative,
    check_choice,
    check_non_negative,
    check_positive,
    check_probability,
    check_threads,
    check_whole,
    guarded,
    percent,
    seed_number,
    shown,
)
from borderzone.errors import BorderzoneError, InvalidParameterError, LimitError, ShapeMismatchError
from borderzone.patrol.simulation import (
    EXACT_LAWS,
    NEIGHBOURS,
    SIMULATED_LAWS,
    Simulated,
    law_says,
    sensor_of,
    tactic_of,
)
from borderzone.patrol.theory.barrier import speed_multiplier
from borderzone.patrol.theory.response import handled, mixed, responds, units_on_the_line
from borderzone.patrol.theory.staffing import (
    SHIFT_FACTORS,
    out_on_average,
    payroll_by_segment,
    share_left,
)
from borderzone.patrol.theory.tactics import OPPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from borderzone._typing import FloatArray, IntArray, Seed

__all__ = [
    "SIMULATED_POLICIES",
    "SimulatedBorder",
    "SimulatedGroups",
    "SimulatedResponse",
    "SimulatedRoster",
    "SimulatedSegment",
    "simulate_border",
]

# Whoever comes decides by one of these; the loops know them by their place.
SIMULATED_POLICIES = (*OPPONENTS, "waiter", "chooser")
_LIGHTS = ("night", "day")
_WAITER, _CHOOSER = SIMULATED_POLICIES.index("waiter"), SIMULATED_POLICIES.index("chooser")
_COUNTED = ("groups", "people", "detected", "handled", "stopped")

# Groups and false calls that memory holds, about 100 bytes each.
_MOST_EVENTS = 10_000_000
_MOST_SEGMENTS, _MOST_UNITS, _MOST_DAYS, _MOST_PEOPLE = 10_000, 10_000, 100_000, 1_000_000
# Numbers drawn at once beyond those expected, in deviations of their count; more follow if needed.
_SPARE = 6.0
# Groups are numbered within the segment at which they arrive, false calls apart from them.
_NUMBERS_OF_ONE, _FALSE = 2**40, 2**62


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedResponse:
    """
    What follows a detection on a segment, and what calls take.

    Attributes
    ----------
    busy_h
        Hours for which a call takes a unit off the line. Units: h.
    false_calls_per_unit_h
        False calls of one unit on the line in an hour. Units: 1/h.
    width_ratio
        Sweep width of recognition over that of detection.
    followed_up
        Share of detections that nobody recognised and that are followed up all the same.
    cover_km
        From where somebody is detected to the first cover; when left out, or NaN, it is not known
        how many are stopped. Units: km.
    decide_h
        Time to decide. Units: h.
    detection_km
        Distance at detection, which a pursuit closes; half the sweep width when left out. Units: km.
    pursuit_km_h
        Speed of the unit that detected, in pursuit; when left out that of its patrol, and 0 of a
        post. Units: km/h.
    call_h, drive_h, shortest_drive_h
        Call delay, mean and shortest drive of the nearest reserve; without a drive, or if it is
        infinite, there is no reserve, and a drive that is NaN is not known. Units: h.

    Examples
    --------
    >>> SimulatedResponse(busy_h=2.0, cover_km=5.0, drive_h=0.5).busy_h
    2.0
    """

    busy_h: float = 0.0
    false_calls_per_unit_h: float = 0.0
    width_ratio: float = 1.0
    followed_up: float = 1.0
    cover_km: float | None = None
    decide_h: float = 0.0
    detection_km: float | None = None
    pursuit_km_h: float | None = None
    call_h: float = 0.0
    drive_h: float | None = None
    shortest_drive_h: float = 0.0

    def __post_init__(self) -> None:
        """Refuse times, distances and shares that are none, and a mean drive below the shortest."""
        check_probability(self.width_ratio, "width_ratio")
        check_probability(self.followed_up, "followed_up")
        units = {"busy_h": "h", "decide_h": "h", "call_h": "h", "shortest_drive_h": "h",
                 "false_calls_per_unit_h": "1/h"}  # fmt: skip
        for name, unit in units.items():
            check_non_negative(getattr(self, name), name, unit)
        for name, unit in {"detection_km": "km", "pursuit_km_h": "km/h"}.items():
            if getattr(self, name) is not None:
                check_non_negative(getattr(self, name), name, unit)
        if self.cover_km is not None:
            as_non_negative(self.cover_km, "cover_km", "km", missing=True)
        if self.drive_h is not None:
            responds(
                cover_km=0.0,
                crosser_km_h=1.0,
                drive_h=self.drive_h,
                shortest_drive_h=self.shortest_drive_h,
            )


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedSegment:
    """
    One segment of a simulated border: its ground, its force, and how many groups arrive.

    Attributes
    ----------
    length_km
        Length of the segment. Units: km.
    sweep_width_km
        Sweep width of a unit by night. Units: km.
    patrol_km_h, crosser_km_h
        Speed of the units, of no meaning for ``"standing"``, and of those who cross. Units: km/h.
    night_units, day_units
        Units out by night and by day.
    law
        How its units share it, as in `simulate`.
    groups_per_night, groups_per_day
        Groups that arrive in a night and in the rest of the day, on average.
    day_sweep_width_km
        Sweep width by day; that of the night when left out. Units: km.
    drive_to_line_h
        Drive of a shift to the line, which the payroll pays for. Units: h.
    response
        What follows a detection; nothing is known of it when left out, and no call takes a unit.

    Examples
    --------
    >>> one = SimulatedSegment(length_km=20, sweep_width_km=1, patrol_km_h=20, crosser_km_h=4, night_units=3)
    >>> one.law
    'beats'
    """

    length_km: float
    sweep_width_km: float
    patrol_km_h: float
    crosser_km_h: float
    night_units: int
    day_units: int = 0
    law: str = "beats"
    groups_per_night: float = 1.0
    groups_per_day: float = 0.0
    day_sweep_width_km: float | None = None
    drive_to_line_h: float = 0.0
    response: SimulatedResponse | None = None

    def __post_init__(self) -> None:
        """Refuse ground without length, units that are no number, and laws that nobody simulates."""
        check_choice(self.law, "law", SIMULATED_LAWS)
        for name, unit in {
            "length_km": "km",
            "sweep_width_km": "km",
            "crosser_km_h": "km/h",
        }.items():
            check_positive(getattr(self, name), name, unit)
        stands = self.law == "standing"
        (check_non_negative if stands else check_positive)(self.patrol_km_h, "patrol_km_h", "km/h")
        if self.day_sweep_width_km is not None:
            check_positive(self.day_sweep_width_km, "day_sweep_width_km", "km")
        for name in ("night_units", "day_units"):
            check_whole(getattr(self, name), name, lowest=0, highest=_MOST_UNITS)
        for name in ("groups_per_night", "groups_per_day"):
            check_non_negative(getattr(self, name), name)
        check_non_negative(self.drive_to_line_h, "drive_to_line_h", "h")
        _record(self.response, SimulatedResponse, "response")


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedGroups:
    """
    Who comes to a border: how many together, and what they know.

    Attributes
    ----------
    sizes
        Share of groups by number of people. A group is one detection.
    policy
        One of `SIMULATED_POLICIES`, or the share of groups by policy. ``"blind"``, ``"last_pass"`` and
        ``"informed"``: as in `simulate`. ``"waiter"``: at any place, waits until the unit he has watched is far
        enough, and goes anyway when his patience ends. ``"chooser"``: goes to the segment with the
        lowest coverage by the units out, any of them where several have it, and is blind there.
    wait_h
        How long a waiter waits at most. Units: h.

    Examples
    --------
    >>> SimulatedGroups(sizes={1: 0.5, 4: 0.5}, policy={"blind": 0.8, "waiter": 0.2}, wait_h=1.0).wait_h
    1.0
    """

    sizes: Mapping[int, float] | None = None
    policy: str | Mapping[str, float] = "blind"
    wait_h: float = 0.0

    def __post_init__(self) -> None:
        """Refuse shares that are none or do not sum to 1, and a waiter without patience."""
        for size in _shares(
            {1: 1.0} if self.sizes is None else self.sizes,
            "sizes",
            "people to shares, such as {1: 0.7, 4: 0.3}",
        ):
            check_whole(size, "a size in sizes", highest=_MOST_PEOPLE)
        shares = self.by_policy()
        for name in shares:
            check_choice(name, "a policy in policy", SIMULATED_POLICIES)
        check_non_negative(self.wait_h, "wait_h", "h")
        if shares.get("waiter", 0.0) > 0.0 and self.wait_h == 0.0:
            msg = "a waiter needs wait_h above 0, got 0; give wait_h=1.0, or take policy 'blind'"
            raise InvalidParameterError(msg)

    def by_policy(self) -> Mapping[str, float]:
        """
        Give the share of groups by policy.

        Returns
        -------
        Mapping
            Shares that sum to 1.

        Raises
        ------
        InvalidParameterError
            If they do not.
        """
        if isinstance(self.policy, str):
            return {check_choice(self.policy, "policy", SIMULATED_POLICIES): 1.0}
        return _shares(
            self.policy, "policy", "policies to shares, such as {'blind': 0.8, 'waiter': 0.2}"
        )


def _shares(given: Any, name: str, what: str) -> Mapping[Any, float]:
    if not isinstance(given, Mapping) or not given:
        msg = f"{name} must map {what}, got {shown(given)}"
        raise InvalidParameterError(msg)
    total = sum(check_probability(share, f"{name}[{key!r}]") for key, share in given.items())
    if abs(total - 1.0) > 1e-9:
        msg = f"the shares in {name} must sum to 1, got {total:g}"
        raise InvalidParameterError(msg)
    return given


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedRoster:
    """
    Days and nights of a simulated border, and the payroll behind the units out.

    Attributes
    ----------
    days
        How many days of 24 h are simulated, from dusk to dusk.
    night_h
        Hours of each night, one number or one for each day, above 0 and below 24. Units: h.
    shift_factor
        People on the payroll for each who is out around the clock, leave and rest included.
    shift_h
        Hours of a shift, of which the drive to the line takes its part. Units: h.

    Examples
    --------
    >>> SimulatedRoster(days=30, night_h=14.0).days
    30
    """

    days: int = 365
    night_h: float | Sequence[float] = 12.0
    shift_factor: float = SHIFT_FACTORS["relief"].value
    shift_h: float = 12.0

    def __post_init__(self) -> None:
        """Refuse nights without an end, and as many of them as there are no days."""
        check_whole(self.days, "days", highest=_MOST_DAYS)
        check_positive(self.shift_factor, "shift_factor")
        check_positive(self.shift_h, "shift_h", "h")
        nights = as_between(self.night_h, "night_h", 0.0, 24.0, without=(0.0, 24.0), unit="h")
        if nights.ndim and nights.shape != (self.days,):
            msg = f"night_h must be one number or one for each of {self.days} days, got shape {nights.shape}"
            raise ShapeMismatchError(msg)

    def changes(self) -> FloatArray:
        """
        Tell when night and day begin, by turns from the first dusk, and when all ends.

        Returns
        -------
        FloatArray
            Rising, from 0. Units: h.
        """
        nights = np.broadcast_to(np.asarray(self.night_h, dtype=np.float64), (self.days,))
        dusks = 24.0 * np.arange(self.days + 1)
        begins = np.stack([dusks[:-1], dusks[:-1] + nights], axis=1).ravel()
        return np.append(begins, dusks[-1])


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class SimulatedBorder:
    """
    What a simulation of a border gave.

    Attributes
    ----------
    table
        A row for each segment. ``arrivals``: groups that arrived there; ``groups`` and ``people``: who
        crossed there; ``detected``, ``handled`` (recognised or followed up) and ``stopped`` (reached
        before cover) groups, missing where that is not known; ``false_calls``; ``busy_h``: hours of units on
        calls; ``pod`` with ``standard_error``, ``expected_pod`` as the law says of the units left on the line,
        ``z`` in standard errors where the law is exact and no call takes a unit; ``units_out``,
        ``units_on_line`` and ``expected_on_line`` on average of all hours; ``is_exact``.
    by_policy
        Groups, people, detected, handled and stopped ones, POD and its standard error by segment, light and policy.
    days
        Days simulated.
    payroll
        Units on the payroll that keep the units out there.

    Examples
    --------
    >>> one = SimulatedSegment(length_km=20, sweep_width_km=1, patrol_km_h=20, crosser_km_h=4, night_units=3)
    >>> simulate_border([one], roster=SimulatedRoster(days=10)).days
    10
    """

    table: pd.DataFrame
    by_policy: pd.DataFrame
    days: int
    payroll: float

    @property
    def summary(self) -> tuple[str, str, str]:
        """
        Tell what happened in three sentences.

        Returns
        -------
        tuple of str
            Who came and was seen, what followed, and what it took.
        """
        t = self.table
        groups, seen, handled_groups, people, false = (
            int(t[name].sum())
            for name in ("groups", "detected", "handled", "people", "false_calls")
        )
        law = _weighted(t["expected_pod"], t["groups"])
        says = f"; their laws say {percent(law)}" if np.isfinite(law) else ""
        stopped = t["stopped"].sum(skipna=False)
        ends = "of how many were stopped nothing is known"
        if not pd.isna(stopped):
            ends = f"{stopped:,} of them stopped before cover"
        came = f"In {self.days:,} days {groups:,} groups ({people:,} people) crossed"
        out = f"Of {t['units_out'].sum():,.2f} units out on average {t['units_on_line'].sum():,.2f}"
        share = percent(seen / groups if groups else None)
        return (
            f"{came} {len(t):,} segment{'s' if len(t) > 1 else ''}; {seen:,} were detected ({share}{says}).",
            f"{handled_groups:,} were handled, {ends}; {false:,} calls were false.",
            f"{out} were on the line; {self.payroll:,.1f} units on the payroll keep them there.",
        )


def _weighted(values: Any, groups: Any) -> float:
    """Mean over the groups; unknown where nobody came, or where one of the values is."""
    came = groups > 0
    return float(np.average(values[came], weights=groups[came])) if came.any() else np.nan


def simulate_border(
    segments: Sequence[SimulatedSegment],
    *,
    groups: SimulatedGroups | None = None,
    roster: SimulatedRoster | None = None,
    seed: Seed = 1,
    threads: int | None = None,
) -> SimulatedBorder:
    """
    Simulate a border of several segments, group by group and call by call, over days and nights.

    Groups arrive by chance (Poisson) at each segment and cross it as in `simulate`. Whoever is
    detected and recognised, or followed up, is a call: it takes a unit off the line for some
    hours, those left share the segment anew, and the race to cover decides whether he is
    stopped, as in ``theory.response.responds``. False calls come to each unit on the line. What
    the model leaves out is told in the documentation, page "The simulation, described".

    Parameters
    ----------
    segments
        The segments.
    groups
        How many come together, and what they know; each by himself and blind when left out.
    roster
        Days, nights and shifts; a year of nights of 12 h when left out.
    seed
        Seed or generator. Each group draws from a stream of its own.
    threads
        How many work at once; the result hangs on it in no way.

    Returns
    -------
    SimulatedBorder
        Tables by segment and by policy, a summary, and the payroll.

    Raises
    ------
    InvalidParameterError
        If no segments are given, or a law says nothing of a policy or of as few units.
    LimitError
        If more than ten million groups and false calls are to be expected.

    References
    ----------
    .. [1] Grimm, V., and others (2020). The ODD protocol for describing agent-based
       and other simulation models: a second update. JASSS 23(2), 7, doi 10.18564/jasss.4259.
    .. [2] Salmon, J., Moraes, M., Dror, R., Shaw, D. (2011). Parallel random
       numbers: as easy as 1, 2, 3. SC11, doi 10.1145/2063384.2063405.

    Examples
    --------
    >>> calls = SimulatedResponse(busy_h=2.0, cover_km=5.0, drive_h=0.5, false_calls_per_unit_h=0.01)
    >>> one = {"sweep_width_km": 1, "patrol_km_h": 20, "crosser_km_h": 4, "night_units": 3, "response": calls}
    >>> border = [SimulatedSegment(length_km=km, groups_per_night=4.0, **one) for km in (20, 30)]
    >>> found = simulate_border(border, groups=SimulatedGroups(sizes={1: 0.5, 4: 0.5}))
    >>> found.table[["pod", "expected_pod", "units_on_line"]].round(2).to_numpy().tolist()
    [[0.55, 0.55, 1.31], [0.4, 0.4, 1.36]]
    """
    given = _checked(segments)
    known = _record(groups, SimulatedGroups, "groups") or SimulatedGroups()
    shifts = _record(roster, SimulatedRoster, "roster") or SimulatedRoster()
    run = _Run(given, known, shifts, seed_number(seed))
    run.check_laws()
    run.check_limit()
    coming, arrivals = run.coming()
    with ThreadPoolExecutor(check_threads(threads)) as pool:
        done = list(pool.map(run.run, range(len(given)), coming))
    return run.told(done, arrivals)


def _checked(segments: Any) -> tuple[SimulatedSegment, ...]:
    if (
        isinstance(segments, (SimulatedSegment, str))
        or not isinstance(segments, Sequence)
        or not segments
    ):
        msg = f"segments must list SimulatedSegment, one or more, got {shown(segments)}"
        raise InvalidParameterError(msg)
    if len(segments) > _MOST_SEGMENTS:
        msg = f"{len(segments):,} segments are above the limit of {_MOST_SEGMENTS:,}; take longer ones"
        raise LimitError(msg)
    for row, segment in enumerate(segments):
        _record(segment, SimulatedSegment, f"segments[{row}]")
        if segment is None:
            msg = f"segments[{row}] must be a SimulatedSegment, got None"
            raise InvalidParameterError(msg)
    return tuple(segments)


def _record(given: Any, kind: type, name: str) -> Any:
    if given is not None and not isinstance(given, kind):
        first = fields(kind)[0].name
        msg = f"{name} must be a {kind.__name__}({first}=...), got {shown(given)}"
        raise InvalidParameterError(msg)
    return given


class _Run:
    """One simulation: what is given, by segment and light, and how it runs."""

    def __init__(
        self,
        segments: tuple[SimulatedSegment, ...],
        groups: SimulatedGroups,
        roster: SimulatedRoster,
        key: int,
    ) -> None:
        self.segments, self.groups, self.roster, self.key = segments, groups, roster, key
        self.changes = roster.changes()
        self.spans = np.diff(self.changes)
        self.hours = np.array([self.spans[0::2].sum(), self.spans[1::2].sum()])
        self.sides = [_Side(segment, groups.wait_h) for segment in segments]
        self.shares = np.array([groups.by_policy().get(p, 0.0) for p in SIMULATED_POLICIES])
        coverage = np.array([[side.coverage(n) for n in (0, 1)] for side in self.sides])
        # Where choosers go, by light: what is lowest by rounding alone is as low.
        self.chosen = [
            np.flatnonzero(coverage[:, n] <= coverage[:, n].min() * (1.0 + 1e-12)) for n in (0, 1)
        ]
        self.arriving = np.array([[s.groups_per_night, s.groups_per_day] for s in segments])

    def check_laws(self) -> None:
        """Refuse a law that says nothing of who comes, before anything is simulated."""
        for row, side in enumerate(self.sides):
            try:
                for light, policy in _each(self.shares > 0):
                    side.pod(light, policy, side.out[light])
            except BorderzoneError as error:
                msg = f"segments[{row}]: {error}"
                raise type(error)(msg) from error

    def check_limit(self) -> None:
        """Refuse what memory does not hold."""
        false = sum(side.false_per_h @ self.hours for side in self.sides)
        expected = self.arriving.sum() * self.roster.days + false
        if expected > _MOST_EVENTS:
            msg = (
                f"{expected:,.0f} groups and false calls are above the limit of {_MOST_EVENTS:,}; take fewer days, "
                "groups or false calls"
            )
            raise LimitError(msg)

    def coming(self) -> tuple[list[tuple[Any, ...]], IntArray]:
        """Let groups arrive everywhere, and sort them by where they cross; and how many arrived at each segment."""
        sizes = self.groups.sizes or {1: 1.0}
        steps, sized = np.cumsum(list(sizes.values()))[:-1], np.array([int(n) for n in sizes])
        parts = []
        for row, rate in enumerate(self.arriving):
            due = np.tile(rate, self.roster.days)
            times, drawn, numbers = self._times(due, row * _NUMBERS_OF_ONE)
            policy = np.searchsorted(np.cumsum(self.shares)[:-1], drawn[:, 1], side="right")
            light = (np.searchsorted(self.changes, times, side="right") - 1) % 2
            where = np.full(len(times), row)
            for n, among in enumerate(self.chosen):
                goes = (policy == _CHOOSER) & (light == n)
                where[goes] = among[(drawn[goes, 3] * len(among)).astype(np.int64)]
            together = sized[np.searchsorted(steps, drawn[:, 2], side="right")]
            parts.append((where, times, numbers, policy, together))
        where, times, numbers, policy, together = (
            np.concatenate(part) for part in zip(*parts, strict=True)
        )
        order = np.lexsort((numbers, times, where))
        ends = np.searchsorted(where[order], np.arange(len(self.segments) + 1))
        columns = [column[order] for column in (times, numbers, policy, together)]
        found = [tuple(column[first:last] for column in columns) for first, last in pairwise(ends)]
        return found, np.array([len(part[0]) for part in parts])

    def _times(self, expected: FloatArray, first: int) -> tuple[FloatArray, FloatArray, Any]:
        """Give the times of a Poisson process with so many a night and a day, its draws, and their numbers."""
        from borderzone._kernels import crossings as kernel  # noqa: PLC0415 - numba loads for who simulates

        # In a clock that runs by the rate, the next always is a mean wait of 1 away. Going on where
        # the last stretch of numbers ended adds up in the same order whatever its length.
        due = np.concatenate([[0.0], np.cumsum(expected)])
        stretch = max(1, int(due[-1] + _SPARE * np.sqrt(due[-1])) + 8)
        drawn, clock = np.empty((0, 4)), np.empty(0)
        while not (clock.size and clock[-1] >= due[-1]):
            more = np.empty((stretch, 4))
            kernel.arrival_uniforms(np.uint64(self.key), np.uint64(first + len(clock)), more)
            waits = -np.log1p(-more[:, 0])
            waits[0] += clock[-1] if clock.size else 0.0
            drawn, clock = np.concatenate([drawn, more]), np.concatenate([clock, np.cumsum(waits)])
        n = int(np.searchsorted(clock, due[-1]))
        numbers = np.uint64(first) + np.arange(n, dtype=np.uint64)
        return np.interp(clock[:n], due, self.changes), drawn[:n], numbers

    def run(self, row: int, coming: tuple[Any, ...]) -> tuple[IntArray, int, FloatArray]:
        """Run one segment."""
        from borderzone._kernels import crossings as kernel  # noqa: PLC0415 - numba loads for who simulates

        side = self.sides[row]
        # As many as there were with all units on the line, of whom the loop takes those who are.
        due = self.spans * np.tile(side.false_per_h, self.roster.days)
        times, drawn, _ = self._times(due, _FALSE + row * _NUMBERS_OF_ONE)
        false = np.column_stack([times, drawn[:, 1]])
        counts, called, hours = kernel.run_segment(
            np.uint64(self.key), coming, false, self.changes, side.out, side.plan()
        )
        return counts, int(called), hours

    def told(
        self, done: list[tuple[IntArray, int, FloatArray]], arrivals: IntArray
    ) -> SimulatedBorder:
        """Tell what was counted beside what the laws say."""
        table = pd.DataFrame([self._row(row, *one) for row, one in enumerate(done)])
        table = table.rename_axis("segment")
        table.insert(0, "arrivals", arrivals)
        by_policy = self._by_policy(done)
        for frame in (table, by_policy):
            missing = [self.sides[row].unknown for row in frame.index.get_level_values("segment")]
            frame["stopped"] = frame["stopped"].astype("Int64").mask(np.array(missing, dtype=bool))
        out = np.array([side.out for side in self.sides])
        average = out_on_average(out[:, 0], out[:, 1], self.hours[0] / self.roster.days)
        drives = [segment.drive_to_line_h for segment in self.segments]
        left = share_left(drives, self.roster.shift_h)
        payroll = payroll_by_segment(average, left, self.roster.shift_factor)
        return SimulatedBorder(
            table=table, by_policy=by_policy, days=self.roster.days, payroll=float(payroll)
        )

    def _row(self, row: int, counts: IntArray, called: int, hours: FloatArray) -> dict[str, Any]:
        side, groups = self.sides[row], self._expected_groups(row)
        line, pod = side.expected(groups, self.hours)
        totals = dict(zip(_COUNTED, counts.sum(axis=(0, 1)), strict=True))
        crossed, seen = int(totals["groups"]), int(totals["detected"])
        exact = side.segment.law in EXACT_LAWS and side.after.busy_h == 0 and np.isfinite(pod)
        held = Simulated(
            crossings=crossed, detected=seen, coverage=side.coverage(0), expected_pod=pod,
            is_exact=exact,
        )  # fmt: skip
        by_light = self.hours / self.hours.sum()
        return totals | _seen(crossed, seen) | {
            "expected_pod": pod,
            "z": held.z if exact and crossed else np.nan,
            "false_calls": called,
            "busy_h": float(hours[:, 1].sum()),
            "units_out": float(side.out @ by_light),
            "units_on_line": float(hours[:, 0].sum() / self.hours.sum()),
            "expected_on_line": float(line @ by_light),
            "is_exact": bool(exact),
        }  # fmt: skip

    def _expected_groups(self, row: int) -> FloatArray:
        """Give the groups that are expected to cross a segment, by light and policy."""
        found = np.outer(self.arriving[row], self.shares)
        for light, among in enumerate(self.chosen):
            goes = self.arriving[:, light].sum() * self.shares[_CHOOSER] / len(among)
            found[light, _CHOOSER] = goes if row in among else 0.0
        return np.asarray(found * self.roster.days)

    def _by_policy(self, done: list[tuple[IntArray, int, FloatArray]]) -> pd.DataFrame:
        rows = []
        for row, (counts, _, _) in enumerate(done):
            for light, policy in _each(self._expected_groups(row) > 0):
                totals = dict(zip(_COUNTED, counts[light, policy], strict=True))
                where = {
                    "segment": row,
                    "light": _LIGHTS[light],
                    "policy": SIMULATED_POLICIES[policy],
                }
                rows.append(where | totals | _seen(totals["groups"], totals["detected"]))
        columns = ["segment", "light", "policy", *_COUNTED, "pod", "standard_error"]
        return pd.DataFrame(rows, columns=columns).set_index(["segment", "light", "policy"])


def _each(among: Any) -> Iterator[tuple[int, int]]:
    """Give the lights and policies of which something holds."""
    for light, policy in np.argwhere(np.broadcast_to(among, (2, len(SIMULATED_POLICIES)))):
        yield int(light), int(policy)


def _seen(groups: int, detected: int) -> dict[str, float]:
    """Share that was detected and its error by chance; unknown where nobody came."""
    pod = detected / groups if groups else np.nan
    return {"pod": pod, "standard_error": float(np.sqrt(pod * (1.0 - pod) / max(groups, 1)))}


class _Side:
    """The force of one segment as the loops and the laws take it."""

    def __init__(self, segment: SimulatedSegment, wait_h: float) -> None:
        self.segment, self.after = segment, segment.response or SimulatedResponse()
        stands = segment.law == "standing"
        self.ratio = 0.0 if stands else segment.patrol_km_h / segment.crosser_km_h
        self.widths = (segment.sweep_width_km, segment.day_sweep_width_km or segment.sweep_width_km)
        self.out = np.array([segment.night_units, segment.day_units], dtype=np.int64)
        self.false_per_h = self.after.false_calls_per_unit_h * self.out
        self.waits_km = wait_h * segment.patrol_km_h
        self.pod = cache(self._pod)
        self.in_time = np.array([self._in_time(width) for width in self.widths])
        self.unknown = bool(np.isnan(self.in_time).any())

    def _in_time(self, width: float) -> float:
        """Chance that whoever responds is there before cover; NaN where nothing is known of it."""
        after, segment = self.after, self.segment
        near = width / 2.0 if after.detection_km is None else after.detection_km
        moves = 0.0 if segment.law == "standing" else segment.patrol_km_h
        chases = moves if after.pursuit_km_h is None else after.pursuit_km_h
        if after.cover_km is None:
            return np.nan
        return float(
            responds(
                cover_km=after.cover_km,
                crosser_km_h=segment.crosser_km_h,
                decide_h=after.decide_h,
                detection_km=near,
                pursuit_km_h=chases,
                call_h=after.call_h,
                drive_h=np.inf if after.drive_h is None else after.drive_h,
                shortest_drive_h=after.shortest_drive_h,
            )
        )

    def coverage(self, light: int, units: int | None = None) -> float:
        """Coverage of the units out, or of so many."""
        number = self.out[light] if units is None else units
        wide = number * self.widths[light] / self.segment.length_km
        return float(wide * speed_multiplier(patrol_km_h=self.ratio, crosser_km_h=1.0))

    def _pod(self, light: int, policy: int, units: int, narrow: float = 1.0) -> float:
        """Say what the law gives of whole units against a policy; NaN where it says nothing."""
        law = self.segment.law
        if units == 0:
            return 0.0
        coverage = self.coverage(light, units) * narrow
        if policy != _WAITER or law in {"memoryless", "standing"}:
            # Neither of these has gaps that come by, and a chooser is blind where he goes.
            opponent = OPPONENTS[policy] if policy < len(OPPONENTS) else "blind"
            return law_says(law, opponent, coverage, self.ratio, units)
        if law == "beats_soft" or narrow < 1.0:
            return np.nan
        law_says(law, "blind", coverage, self.ratio, units)  # refuses what it cannot answer
        own, others = (coverage, 0) if law == "beats" else (coverage / units, units - 1)
        beat = self.segment.length_km / (units if law == "beats" else 1)
        return _waiter_is_seen(own, others, self.waits_km / beat)

    def _handled(self, light: int, policy: int, units: int) -> float:
        seen = self.pod(light, policy, units)
        if self.after.followed_up == 1.0 or np.isnan(seen):
            return seen
        known = self.pod(light, policy, units, self.after.width_ratio)
        if np.isnan(known):
            return np.nan
        return float(handled(min(known, seen), seen, self.after.followed_up))

    def expected(self, groups: FloatArray, hours: FloatArray) -> tuple[FloatArray, float]:
        """Units on the line by light, by the calls that they have, and the POD of those."""
        line, pods = self.out.astype(np.float64), np.zeros(2)
        for light, coming in enumerate(groups):
            who = coming / max(float(coming.sum()), 1e-300)
            if self.after.busy_h > 0:
                line[light] = self._on_line(light, who, float(coming.sum() / hours[light]))
            if coming.any():
                pods[light] = self._between(self.pod, light, who, line[light])
        share = groups.sum(axis=1)
        if not share.any() or np.isnan(pods).any():
            return line, np.nan
        return line, float(mixed(pods, share / share.sum()))

    @staticmethod
    def _between(pod: Any, light: int, who: FloatArray, units: float) -> float:
        """Mean of a POD over policies, read off between whole units: so many are on the line at any time."""
        if np.isnan(units):
            return np.nan
        low = int(units)
        parts = {low: 1.0 - (units - low), low + 1: units - low}
        return float(
            sum(
                part * who[policy] * pod(light, policy, number)
                for number, part in parts.items()
                if part > 0
                for policy in np.flatnonzero(who)
            )
        )

    def _on_line(self, light: int, who: FloatArray, per_h: float) -> float:
        def calls(units: Any) -> float:
            return self._between(self._handled, light, who, float(units))

        out = int(self.out[light])
        if per_h > 0 and np.isnan(calls(out)):
            return np.nan
        return float(
            units_on_the_line(
                out,
                detected=calls,
                call_h=self.after.busy_h,
                crossings_per_h=per_h,
                false_calls_per_unit_h=self.after.false_calls_per_unit_h,
            )
        )

    def plan(self) -> tuple[Any, ...]:
        """Give what the loops take."""
        segment, law = self.segment, self.segment.law
        across = float(speed_multiplier(patrol_km_h=self.ratio, crosser_km_h=1.0))
        # Led units look over their boundaries, but who is informed crosses at the end of a beat beyond which
        # nobody is.
        looks = np.full(
            len(SIMULATED_POLICIES), NEIGHBOURS.index("line" if law == "beats_soft" else "none")
        )
        looks[OPPONENTS.index("informed")] = NEIGHBOURS.index("none")
        ground = [
            [segment.length_km, 0.0, self.ratio, self.waits_km, width / 2.0 * across]
            for width in self.widths
        ]
        sensors = [
            [sensor_of(law, width * part) for width in self.widths]
            for part in (1.0, self.after.width_ratio)
        ]
        after = [self.after.busy_h, self.after.followed_up, *np.nan_to_num(self.in_time)]
        return tactic_of(law), looks, np.array(ground), np.array(sensors), np.array(after)


def _waiter_is_seen(coverage: float, others: int, patience: float) -> float:
    """
    POD of somebody who waits at any place for a gap of one unit, and is blind for others like it.

    A unit passes a place at xi of its beat twice a round of 2 beats, and would see him on the line within C / 2
    before and after. Each stretch of that is shorter by his patience w: (C - w) of 2 in the middle, one
    stretch of 2 xi + C near an end, all of the round where no gap is left.
    """
    half = min(coverage, 2.0) / 2.0
    edges = np.unique(np.clip([0.0, half, 1.0 - half, patience / 2.0 - half, 0.5], 0.0, 0.5))
    nodes, weights = np.polynomial.legendre.leggauss(48)
    missed = 0.0
    for low, high in pairwise(edges):
        xi = low + (high - low) * (nodes + 1.0) / 2.0
        both = np.maximum(2.0 * half - patience, 0.0)
        one = np.maximum(2.0 * xi + 2.0 * half - patience, 0.0) / 2.0
        seen = np.where(xi > half, both, np.where(1.0 - xi > half, one, 1.0))
        passes = np.minimum(half, xi) + np.minimum(half, 1.0 - xi)
        missed += float(weights @ ((1.0 - seen) * (1.0 - passes) ** others)) * (high - low)
    return 1.0 - missed
