"""Kits side by side: units, people and payroll that it takes to see half, to leave no gap, and to stop half."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import access
from borderzone._guards import check_between, check_choice, check_positive, check_whole, guarded
from borderzone._guards.draws import among_draws
from borderzone._kernels import unit_counts
from borderzone.patrol.answer.allocation import normalised_weights
from borderzone.patrol.answer.case import MOST_MASKED, masked_share
from borderzone.patrol.answer.nature import NATURE, drawn_nature
from borderzone.patrol.answer.rates import checked_ground, segment_lengths
from borderzone.patrol.force.forces import watch_of
from borderzone.patrol.force.sensors import TARGETS, r50_m, sensor_named
from borderzone.patrol.force.sweep import SweepTable, Watch, lateral_curve
from borderzone.patrol.theory.barrier import coverage_of_a_unit
from borderzone.patrol.theory.response import responds_unchecked
from borderzone.patrol.theory.staffing import share_left_unchecked
from borderzone.patrol.theory.tactics import OPPONENTS, coverage_against, pod_against

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from borderzone._typing import FloatArray
    from borderzone.patrol.answer.case import Assumption
    from borderzone.patrol.force.forces import Force
    from borderzone.patrol.force.sensors import Sensor

__all__ = ["AIMS", "Aim", "KitQuestion", "Stopping", "answer_table"]


@dataclass(frozen=True, kw_only=True)
class Aim:
    """One thing to reach: which measure, how much of it, in which light of the night."""

    measure: str
    target: float
    light: str


# See half, leave no place where fewer than 95 of 100 are seen ("every inch"), stop half. Who may
# choose the hour crosses in the dark, so that every inch is told for it.
AIMS = (
    Aim(measure="mean_pod", target=0.5, light="night"),
    Aim(measure="min_pod", target=0.95, light="dark"),
    Aim(measure="mean_poi", target=0.5, light="night"),
)
# Coverage at which laws are tabled against opponents who watch, and how far: beyond all is seen.
_TABLED_STEP, _TABLED_TO = 0.005, 40.0
# Share of a tour of days that a crew is up and about.
_DUTY_ON_TOUR = 0.5
# A drive after which nobody is there in time.
_NEVER_H = 1e6
# Unled units and led ones.
LAWS = ("random", "beats_soft")
_LAW_CODES = {"random": unit_counts.RANDOM, "beats_soft": unit_counts.BEATS_SOFT}


@guarded
@dataclass(frozen=True, kw_only=True)
class Stopping:
    """
    What becomes of somebody who was seen: assumptions, all without a source for this border.

    Attributes
    ----------
    cover_km
        From the place of detection to the first cover. Units: km.
    decide_h
        From the detection until somebody sets out. Units: h.
    call_delay_h
        Until a reserve leaves. Units: h.
    shortest_drive_share
        Least time of a reserve over its mean.
    call_h
        How long a call keeps a unit off the line. Units: h.
    false_calls_per_unit_h
        Herders, animals, shadows: false calls of a unit in an hour. Units: 1/h.
    crossings_per_h
        Crossings of the whole border. Units: 1/h.
    """

    cover_km: float = 5.0
    decide_h: float = 0.25
    call_delay_h: float = 1 / 6
    shortest_drive_share: float = 0.75
    call_h: float = 2.0
    false_calls_per_unit_h: float = 0.05
    crossings_per_h: float = 1000 / 243.5 / 24


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class KitQuestion:
    """
    What a table of answers stands on.

    Attributes
    ----------
    kits
        Kinds of unit by name: decisions, a row each.
    lengths_km
        Length of each segment. Units: km.
    ground
        Ground of each segment, as in `PatrolCase`.
    weights
        Weight of each segment; they sum to 1.
    drive_h
        Drive from the nearest origin to each segment; NaN where it is not known, and then neither
        is the payroll. Units: h.
    night
        States of light of the night: ``moonlight`` (0 dark, 1 full moon overhead) and ``share``.
    night_h
        Hours of night in a day. Units: h.
    shift_h, relief
        Hours of a shift, and people on the payroll for one out around the clock.
    tour_h
        Hours that a crew stays out which cannot come back within a shift. Units: h.
    target
        Who crosses: ``"person"`` or ``"vehicle"``.
    stopping
        What becomes of somebody who was seen.
    nature
        States of nature that differ from `NATURE`, by name.
    correlation
        Between range, patrol speed and response.
    draws, seed
        Draws of nature, and their seed.
    """

    kits: Mapping[str, Force]
    lengths_km: pd.Series
    ground: pd.DataFrame
    weights: pd.Series
    drive_h: pd.Series
    night: pd.DataFrame
    night_h: float
    shift_h: float
    relief: float
    tour_h: float = 72.0
    target: str = "person"
    stopping: Stopping = field(default_factory=Stopping)
    nature: Mapping[str, Assumption] = field(default_factory=dict)
    correlation: float = 0.3
    draws: int = 2048
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what no answer can stand on; unknown ground is none, an unknown band has no width."""
        check_choice(self.target, "target", TARGETS)
        for name in ("shift_h", "tour_h"):
            check_positive(getattr(self, name), name, "h")
        check_positive(self.relief, "relief")
        check_between(self.night_h, "night_h", 0.0, 24.0)
        check_whole(self.draws, "draws", lowest=2)
        lengths = segment_lengths(self.lengths_km)
        object.__setattr__(self, "ground", checked_ground(self.ground, lengths.index))
        share = normalised_weights(self.weights, len(lengths))
        object.__setattr__(self, "weights", pd.Series(share, index=lengths.index, name="weight"))

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """
        Draw nature; the first row has every state at its median.

        Returns
        -------
        DataFrame
            One row more than draws.
        """
        known = {**NATURE, **self.nature}
        medians = {
            name: row.parameters[0] if row.is_fixed else float(row.frozen().median())
            for name, row in known.items()
        }
        drawn = drawn_nature(
            self.draws, self.seed, correlation=self.correlation, changed=self.nature
        )
        return pd.concat([pd.DataFrame([medians]), drawn], ignore_index=True)

    @cached_property
    def own_masks(self) -> FloatArray:
        """
        Draw the part of the masked share that each segment has for itself.

        Returns
        -------
        FloatArray
            Standard deviations, shape ``(draws + 1, segments)``; 0 in the first row.
        """
        own = np.random.Generator(np.random.Philox([self.seed, 1])).standard_normal(
            (self.draws, len(self.lengths_km))
        )
        return np.vstack([np.zeros(len(self.lengths_km)), own])


def answer_table(question: KitQuestion) -> pd.DataFrame:
    """
    Tabulate units, people and payroll for every kit, way of leading it and opponent.

    Parameters
    ----------
    question
        What it stands on.

    Returns
    -------
    DataFrame
        A row for each ``kit``, ``law`` (``"random"``: unled, ``"beats_soft"``: led,
        ``"standing"``: posts), ``opponent`` (blind, last pass seen, informed), ``light``,
        ``target`` and ``measure``. ``units`` and ``people`` out at once, ``payroll`` in people:
        medians over the states of nature; ``low`` and ``high``, ``people_low`` ...: 5 and 95 %;
        ``units_at_medians``, with every state at its median; ``units_replanned``, for every inch,
        where the plan follows what is true; ``stands``, the share of draws in which the units do
        best to stand still; ``attainable``, the share in which some number is enough. Infinite
        where none is.

    Raises
    ------
    InvalidParameterError
        If a kit cannot do what is asked of it.
    """
    # Two names of one kit are worked out once.
    found: dict[Force, list[dict[str, Any]]] = {}
    rows = []
    for name, force in question.kits.items():
        if force not in found:
            found[force] = list(_Kit(question, force).rows())
        rows += [{"kit": name} | row for row in found[force]]
    return pd.DataFrame(rows)


class _Kit:
    """One kind of unit on the ground of a question, in every draw of nature."""

    def __init__(self, question: KitQuestion, force: Force) -> None:
        self.asked, self.force = question, force
        ground, drawn = question.ground, question.drawn
        # What is not known of a landform is half the same everywhere and half each place's own.
        shared = drawn["f_mask_position"].to_numpy()[:, None]
        self.masked = masked_share(ground, np.sqrt(0.5) * (shared + question.own_masks))
        self.crosser = np.multiply.outer(
            drawn["crosser_speed_factor"].to_numpy(), ground["crosser_km_h"].to_numpy()
        )
        by_day = np.multiply.outer(
            drawn["patrol_speed_factor"].to_numpy(),
            force.patrol_km_h * ground["patrol_speed_factor"].to_numpy(),
        )
        # Without lights: what a vehicle loses by night is its record's, an assumption.
        slowed = access.at_night("foot" if force.mode == "foot" else "vehicle_off_road").factor
        self.speed = {"day": by_day, "night": by_day * slowed}
        self._seen: dict[str, _Seen] = {}
        self._posts: dict[tuple[Aim, str], tuple[FloatArray, FloatArray]] = {}

    def rows(self) -> Iterator[dict[str, Any]]:
        for aim in AIMS:
            for law in ("standing",) if self.force.stands else LAWS:
                # Posts are always there, and units that nobody leads give nothing away: who
                # watches them learns nothing.
                blind = self.row(aim, law, "blind")
                for opponent in OPPONENTS:
                    learns = law == "beats_soft" and opponent != "blind"
                    yield self.row(aim, law, opponent) if learns else blind | {"opponent": opponent}

    def row(self, aim: Aim, law: str, opponent: str) -> dict[str, Any]:
        night, night_cost, stands, replanned = self.needed(aim, law, opponent, aim.light)
        _, day_cost, _, _ = self.needed(aim, law, opponent, "day")
        asked, crew = self.asked, self.force.crew
        hours = asked.night_h
        payroll = crew * asked.relief * (night_cost * hours + day_cost * (24.0 - hours)) / 24.0
        found = {"units": night, "people": crew * night, "payroll": payroll}
        row: dict[str, Any] = {"law": law, "opponent": opponent}
        row |= {"light": aim.light, "target": aim.target, "measure": aim.measure}
        for name, values in found.items():
            # Without a drive to the line nobody knows the payroll.
            known = not np.isnan(values).any()
            low, middle, high = (
                among_draws(values[1:], [0.05, 0.5, 0.95]) if known else (np.nan, np.nan, np.nan)
            )
            ends = ("low", "high") if name == "units" else (f"{name}_low", f"{name}_high")
            row |= {name: float(middle), ends[0]: float(low), ends[1]: float(high)}
        row["units_at_medians"] = float(night[0])
        row["units_replanned"] = float(among_draws(replanned[1:], [0.5])[0])
        row["stands"] = float(stands[1:].mean())
        row["attainable"] = float(np.isfinite(night[1:]).mean())
        return row

    def needed(
        self, aim: Aim, law: str, opponent: str, light: str
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Units, their cost, whether they stand, and units where the plan follows what is true; by draw."""
        standing, standing_cost = self.posts(aim, light)
        nobody = np.full(len(standing), np.nan)
        if law == "standing":
            return standing, standing_cost, np.ones(len(standing)), nobody
        if aim.measure == "min_pod":
            units, cost, replanned = self.every_inch(aim.target, law, opponent, light)
        else:
            units, cost = self.on_average(aim, law, opponent, light)
            replanned = nobody
        # A patrol can always stand still: no answer takes more than posts with the same eyes.
        still = standing < units
        return (
            np.where(still, standing, units),
            np.where(still, standing_cost, cost),
            still.astype(np.float64),
            np.minimum(replanned, standing),
        )

    def every_inch(
        self, target: float, law: str, opponent: str, light: str
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Units with which the weakest place reaches a target; units go where the medians say."""
        seen = self.seen(light)
        ratio = self.speed[_half(light)] / self.crosser
        need = coverage_against(target, law, opponent, ratio, place="weakest") / seen.rates[:, :, 0]
        plan = need[0]
        # The plan holds where the segment that is worst off has enough; a plan made anew in each
        # draw would need the sum alone.
        times = (need / plan).max(axis=1)
        return times * plan.sum(), times * (plan * self.per_unit_out).sum(), need.sum(axis=1)

    def on_average(
        self, aim: Aim, law: str, opponent: str, light: str
    ) -> tuple[FloatArray, FloatArray]:
        """Units with which a plan on the medians sees or stops a share of all crossings."""
        seen, weights = self.seen(light), self.asked.weights.to_numpy()
        rates = seen.rates[0] @ seen.share
        ones = np.ones(len(self.masked))
        stop = (np.ones_like(self.masked), ones, np.ones_like(self.masked))
        off_line: tuple[float, FloatArray] = (0.0, np.zeros_like(weights))
        worth = weights
        if aim.measure == "mean_poi":
            followed = self.asked.drawn["followed_up"].to_numpy()
            reached = self.reached(light)
            stop = (seen.recognised, followed, reached)
            # What a unit gains is what it recognises and somebody then reaches.
            worth, rates = weights * reached[0], rates * seen.recognised[0]
            calls = self.asked.stopping
            off_line = (
                calls.call_h * calls.false_calls_per_unit_h,
                calls.call_h * calls.crossings_per_h * weights,
            )
        tabled = tabled_law(
            law, opponent, float(np.median(self.speed[_half(light)][0] / self.crosser[0]))
        )
        found: tuple[FloatArray, FloatArray] = unit_counts.units_for_mean(
            seen.rates, seen.share, weights, (_LAW_CODES[law], rates, worth), tabled,
            stop, off_line, self.per_unit_out, aim.target,
        )  # fmt: skip
        return found

    @cached_property
    def per_unit_out(self) -> FloatArray:
        """Units whose shifts are spent for one that is on the line, by segment; infinite beyond a shift."""
        drive = self.asked.drive_h.to_numpy(dtype=float)
        # Out and back within a shift, or out for a tour of days, of which part is rest: whichever
        # leaves more.
        left = np.maximum(
            share_left_unchecked(drive, self.asked.shift_h),
            _DUTY_ON_TOUR * share_left_unchecked(drive, self.asked.tour_h),
        )
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / left)

    def reached(self, light: str, *, still: bool = False) -> FloatArray:
        """Chance that who answers is there before cover, by draw and segment."""
        asked, stop, seen = self.asked, self.asked.stopping, self.seen(light)
        # A reserve of which nobody knows whence it comes is none.
        known = asked.drive_h.to_numpy(dtype=float)
        known = np.where(np.isnan(known), _NEVER_H, known)
        drive = np.divide.outer(known, asked.drawn["response_speed_factor"].to_numpy()).T
        return responds_unchecked(
            np.full_like(self.crosser, stop.cover_km),
            self.crosser,
            stop.decide_h,
            (seen.range_m @ seen.share)[:, None] / 1000.0,
            0.0 if still else self.speed[_half(light)],
            stop.call_delay_h,
            drive,
            stop.shortest_drive_share * drive,
        )

    def seen(self, light: str) -> _Seen:
        """Coverage of one unit in each draw, segment and state of light, and what of it is recognised."""
        if light not in self._seen:
            self._seen[light] = self._looked(light)
        return self._seen[light]

    def _looked(self, light: str) -> _Seen:
        asked, force, lit = self.asked, self.force, _half(light)
        states = asked.night if light == "night" else _ONE_STATE
        if (
            len(
                {
                    r50_m(force.sensor, lit, moonlight=moon, target=asked.target)
                    for moon in states["moonlight"]
                }
            )
            == 1
        ):
            states = _ONE_STATE  # eyes that the moon does not help
        share = states["share"].to_numpy()
        factor = asked.drawn["r50_factor"].to_numpy()
        width, ranges = {}, {}
        for task in ("detect", "recognise"):
            even = [
                r50_m(force.sensor, lit, moonlight=moon, target=asked.target, task=task)
                for moon in states["moonlight"]
            ]
            ranges[task] = np.multiply.outer(factor, even)
            watch = watch_of(force, asked.target, Watch(task=task))
            width[task] = SweepTable(force.sensor, lit, watch=watch).widths(
                ranges[task][:, None, :], self.masked[:, :, None]
            )
        per_unit = coverage_of_a_unit(
            asked.lengths_km.to_numpy(), 1.0, self.speed[lit], self.crosser
        )
        if force.scan_share is not None:
            per_unit = per_unit * force.scan_share
        return _Seen(
            rates=width["detect"] * per_unit[:, :, None],
            share=share,
            recognised=(width["recognise"] @ share) / (width["detect"] @ share),
            range_m=ranges["detect"],
        )

    def posts(self, aim: Aim, light: str) -> tuple[FloatArray, FloatArray]:
        """Count posts with the same eyes that reach an aim, and their cost, by draw; each segment alike."""
        key = (aim, light)
        if key not in self._posts:
            seen, draws = self.seen(light), len(self.masked)
            followed, target = np.ones(draws), np.full(draws, aim.target)
            if aim.measure == "mean_poi":
                # All segments see alike, so that what is stopped is what is seen and told times the
                # mean chance that somebody is there in time.
                followed = self.asked.drawn["followed_up"].to_numpy()
                with np.errstate(divide="ignore"):
                    target = aim.target / (
                        self.reached(light, still=True) @ self.asked.weights.to_numpy()
                    )
            tables, axes = self.post_tables(light, weakest=aim.measure == "min_pod")
            apart = unit_counts.standing_spacing(
                tables, axes, np.log(seen.range_m), seen.share, self.masked, followed, target
            )
            with np.errstate(divide="ignore"):
                count = 1000.0 * self.asked.lengths_km.to_numpy() / np.exp(apart)
            self._posts[key] = (count.sum(axis=1), (count * self.per_unit_out).sum(axis=1))
        return self._posts[key]

    def post_tables(
        self, light: str, *, weakest: bool
    ) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]:
        """Give what posts notice and recognise, by range, share out of sight and spacing."""
        stand = self.force.model_copy(update={"patrol_km_h": 0.0})
        sensor = sensor_named(stand.sensor, _half(light))
        noticed, told = (
            post_table(sensor, watch_of(stand, self.asked.target, Watch(task=task)))[int(weakest)]
            for task in ("detect", "recognise")
        )
        return (noticed, told), _POST_AXES


# Log range of detection, share out of sight, and log spacing over range, each even, of the tables of
# posts. POD hangs on spacing over range; on the range itself by ground and horizon alone, and slowly.
_POST_AXES = (
    np.linspace(np.log(20.0), np.log(40_000.0), 8),
    np.linspace(0.0, 1.0, 7),
    np.linspace(-2.3, 3.4, 58),
)
# Places between a post and the middle to the next.
_POST_PLACES = 17


@lru_cache(maxsize=64)
def post_table(sensor: Sensor, watch: Watch) -> FloatArray:
    """Tabulate the POD of evenly spaced posts: on average between two of them, and at the weakest place."""
    ranges, masks, spacings = _POST_AXES
    base = r50_m(sensor, "night", task=watch.task)
    # Axes are in ranges of detection: those of another task are shorter in one ratio.
    ratio = base / r50_m(sensor, "night", task="detect")
    found = np.empty((2, ranges.size, masks.size, spacings.size))
    # A range that holds the ground already is the same on all of it.
    kinds = masks[:1] if sensor.includes_mask else masks
    for i, even in enumerate(np.exp(ranges)):
        for j, hidden in enumerate(kinds):
            curve = lateral_curve(
                sensor,
                "night",
                min(float(hidden), MOST_MASKED),
                watch=watch,
                r50_factor=even * ratio / base,
            )
            found[:, i, j] = unit_counts.posts_seen(
                1000.0 * curve["range_km"].to_numpy(),
                curve["pod"].to_numpy(),
                even * np.exp(spacings),
                watch.correlation,
                _POST_PLACES,
            )
    found[:, :, kinds.size :] = found[:, :, :1]
    # Farther apart never sees more; the last digits of the sums must not say otherwise.
    return np.minimum.accumulate(found, axis=3)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    rates: FloatArray
    share: FloatArray
    recognised: FloatArray
    range_m: FloatArray


_ONE_STATE = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})


def _half(light: str) -> str:
    """Day or night."""
    return "day" if light == "day" else "night"


def tabled_law(law: str, opponent: str, speed_ratio: float) -> tuple[int, FloatArray, float]:
    """Give a law against an opponent as the counting of units takes it: by its code, or as a table."""
    if opponent == "blind" or law == "random":
        return _LAW_CODES[law], np.zeros(2), 1.0
    coverage = np.arange(0.0, _TABLED_TO, _TABLED_STEP)
    ratio = np.full_like(coverage, speed_ratio)
    return unit_counts.TABLED, pod_against(coverage, law, opponent, ratio), _TABLED_STEP
