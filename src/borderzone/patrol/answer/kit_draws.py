"""One kind of unit on a ground, draw by draw: units that an aim takes, and what units reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import access
from borderzone._kernels import loop_array, unit_counts
from borderzone.patrol.answer.case import MOST_MASKED
from borderzone.patrol.answer.existing import PostsSee, seen_by_posts
from borderzone.patrol.force.forces import watch_of
from borderzone.patrol.force.sensors import r50_m, sensor_named
from borderzone.patrol.force.sweep import SweepTable, Watch, lateral_curve
from borderzone.patrol.theory.barrier import coverage_of_a_unit
from borderzone.patrol.theory.response import responds_unchecked
from borderzone.patrol.theory.staffing import share_left_unchecked
from borderzone.patrol.theory.tactics import coverage_against, pod_against

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.patrol.answer.kits import Aim, KitQuestion
    from borderzone.patrol.force.forces import Force
    from borderzone.patrol.force.sensors import Sensor

__all__ = ["DARK", "Kit", "Needed"]

# Coverage at which laws are tabled against opponents who watch, and how far: beyond all is seen.
_TABLED_STEP, _TABLED_TO = 0.005, 40.0
# A night without moon, as states of light.
DARK = pd.DataFrame({"moonlight": [0.0], "share": [1.0]})
# Share of a tour of days that a crew is up and about.
_DUTY_ON_TOUR = 0.5
# What stands for nothing below a fraction.
_NOTHING = 1e-300
# Halvings of a level from 0 to 1, to all digits.
_HALVINGS = 50
# The least share that posts are told for, and how nearly their number is met.
_LEAST_LEVEL, _POSTS_MET = 2.0**-20, 1e-8
# A drive after which nobody is there in time.
_NEVER_H = 1e6
_LAW_CODES = {"random": unit_counts.RANDOM, "beats_soft": unit_counts.BEATS_SOFT}


class Kit:
    """One kind of unit on the ground of a question, in every draw of nature."""

    def __init__(self, question: KitQuestion, force: Force) -> None:
        self.asked, self.force = question, force
        self.lengths_km = question.lengths_km.to_numpy(dtype=np.float64)
        self.weights = np.asarray(question.weights, dtype=np.float64)
        self.drive_h = np.asarray(question.drive_h, dtype=np.float64)
        ground, drawn = question.ground, question.drawn
        self.masked = question.masked
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
        self._there: dict[str, PostsSee] = {}
        self._posts: dict[tuple[str, float, str], tuple[FloatArray, FloatArray]] = {}

    def needed(self, aim: Aim, law: str, opponent: str, light: str) -> Needed:
        """Give the units that an aim takes."""
        if aim.measure == "mean_poi" and not self.force.has_ranges:
            # A sweep width of the user's own does not say what is recognised.
            return Needed(*np.full((4, len(self.masked)), np.nan))
        standing, standing_cost = self.posts(aim.measure, aim.target, light)
        nobody = np.full(len(standing), np.nan)
        if law == "standing":
            return Needed(standing, standing_cost, np.ones(len(standing)), nobody)
        if aim.measure == "min_pod":
            units, cost, replanned = self.every_inch(aim.target, law, opponent, light)
        else:
            units, cost = unit_counts.units_for_mean(
                *self.mean_terms(aim.measure, law, opponent, light),
                self.per_unit_out,
                aim.target - self.reached_already(aim.measure, light),
            )
            replanned = nobody
        # A patrol can always stand still: no answer takes more than posts with the same eyes.
        still = standing < units
        return Needed(
            np.where(still, standing, units),
            np.where(still, standing_cost, cost),
            still.astype(np.float64),
            np.minimum(replanned, standing),
        )

    def reached_with(
        self, number: float, measure: str, law: str, opponent: str, light: str
    ) -> FloatArray:
        """Share of all crossings that so many units reach, by draw: the inverse of `needed`."""
        if measure == "mean_poi" and not self.force.has_ranges:
            return np.full(len(self.masked), np.nan)
        if law == "standing":
            return self.posts_reach(number, measure, light)
        if measure == "min_pod":
            plan = self.plan_for_all(number, law, opponent, light)
            moving = self.least_seen(plan, law, opponent, light)
        else:
            moving = self.reached_already(measure, light) + unit_counts.share_for_units(
                *self.mean_terms(measure, law, opponent, light), float(number)
            )
        # A bisection over posts is dear: it is made only for the draws in which they are ahead.
        some = np.maximum(moving, 1e-12)
        if number > 0.0:
            ahead = self.posts(measure, some, light)[0] <= number
            standing = self.posts_reach(number, measure, light, rows=ahead)
            moving[ahead] = np.maximum(moving[ahead], standing)
        return np.asarray(moving)

    def units_to_reach(
        self, shares: FloatArray, measure: str, law: str, opponent: str, light: str
    ) -> FloatArray:
        """Units that reach a share of all crossings, another in each draw: `reached_with` read the other way."""
        if measure == "mean_poi" and not self.force.has_ranges:
            return np.full(len(self.masked), np.nan)
        standing = self.posts(measure, shares, light)[0]
        if law == "standing":
            return standing
        if measure == "min_pod":
            return np.minimum(self.all_worth(shares, law, opponent, light), standing)
        moving, _ = unit_counts.units_for_mean(
            *self.mean_terms(measure, law, opponent, light),
            self.per_unit_out,
            shares - self.reached_already(measure, light),
        )
        return np.asarray(np.minimum(moving, standing))

    def all_worth(self, shares: FloatArray, law: str, opponent: str, light: str) -> FloatArray:
        """Units by draw of the plans of `plan_for_all` whose weakest place reaches a share."""
        planned = self.even_plan(law, opponent, light)
        low: FloatArray = np.zeros((len(shares), 1))
        high: FloatArray = np.ones((len(shares), 1))
        for _ in range(_HALVINGS):
            level = (low + high) / 2.0
            seen = self.least_seen(planned(level), law, opponent, light)
            enough = seen[:, None] >= shares[:, None]
            low, high = np.where(enough, low, level), np.where(enough, level, high)
        # Where the level ends at certainty no number is enough; where nothing is wanted, none is sent.
        units = np.where(high[:, 0] < 1.0, planned(np.minimum(high, _CERTAIN)).sum(axis=1), np.inf)
        return np.where(shares > self.reached_already("min_pod", light), units, 0.0)

    def least_seen(self, plan: FloatArray, law: str, opponent: str, light: str) -> FloatArray:
        """Share that is seen at the weakest place with units by segment, by draw."""
        return np.asarray(self.least_by_segment(plan, law, opponent, light).min(axis=1))

    def least_by_segment(self, plan: FloatArray, law: str, opponent: str, light: str) -> FloatArray:
        """Share that is seen at the weakest place of each segment with units by segment, by draw."""
        seen, there = self.seen(light), self.there(light).least
        ratio = self.speed[_half(light)] / self.crosser
        found = np.zeros_like(ratio)
        for k, share in enumerate(seen.share):
            coverage = seen.rates[:, :, k] * plan
            pod = pod_against(coverage, law, opponent, ratio, place="weakest")
            found += share * (there[:, :, k] + (1.0 - there[:, :, k]) * pod)
        return np.asarray(found)

    def plan_for_all(
        self, number: float | FloatArray, law: str, opponent: str, light: str
    ) -> FloatArray:
        """Units by segment with which all are worth the same, with every state but posts at its median."""
        # One number for all draws, or one for each.
        number = np.reshape(number, (-1, 1))
        planned, rates = self.even_plan(law, opponent, light), self.seen(light).rates[0]
        plan: FloatArray = 1.0 / (rates @ self.seen(light).share)[None, :]
        low: FloatArray = np.zeros((1, 1))
        high: FloatArray = np.ones((1, 1))
        for _ in range(_HALVINGS):
            level = (low + high) / 2.0
            need = planned(level)
            total = need.sum(axis=1, keepdims=True)
            enough = total <= number
            low, high = np.where(enough, level, low), np.where(enough, high, level)
            plan = np.where(enough & (total > 0.0), need, plan)
        return np.asarray(number * plan / plan.sum(axis=1, keepdims=True))

    def even_plan(self, law: str, opponent: str, light: str) -> Callable[[FloatArray], FloatArray]:
        """Give what makes a plan by draw and segment in which every place is worth a level of its draw."""
        seen, ratio = self.seen(light), self.speed[_half(light)][0] / self.crosser[0]
        rates, there = seen.rates[0] @ seen.share, self.there(light).least @ seen.share
        # Where nothing stands all draws have one plan.
        there = there if there.any() else there[:1]
        coverage: FloatArray = np.zeros(1)
        pod: FloatArray = np.zeros((1, len(rates)))
        if law != "random":
            coverage, pod = tabled_coverage(law, opponent, tuple(ratio.tolist()))

        def planned(level: FloatArray) -> FloatArray:
            left = np.maximum(level - there, 0.0) / np.maximum(1.0 - there, _NOTHING)
            if law == "random":
                return np.asarray(-np.log1p(-left) / rates)
            need = np.empty_like(left)
            for i, rate in enumerate(rates):
                need[:, i] = np.interp(left[:, i], pod[:, i], coverage) / rate
            return need

        return planned

    def every_inch(
        self, target: float, law: str, opponent: str, light: str
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Units with which the weakest place reaches a target; units go where the medians say."""
        seen, there = self.seen(light), self.there(light).least[:, :, 0]
        ratio = self.speed[_half(light)] / self.crosser
        need = coverage_against(target, law, opponent, ratio, place="weakest", seen=there)
        need /= seen.rates[:, :, 0]
        plan = need[:1]
        if there.any():
            # Who plans knows what the posts see that stand there, and of patrols the medians.
            planned = np.broadcast_to(ratio[:1], ratio.shape)
            plan = coverage_against(target, law, opponent, planned, place="weakest", seen=there)
            plan /= seen.rates[:1, :, 0]
        # The plan holds where the segment that is worst off has enough; a plan made anew in each
        # draw would need the sum alone.
        sent = plan > 0.0
        times = np.divide(need, plan, out=np.zeros_like(need), where=sent).max(axis=1)
        cost = plan * np.where(sent, self.per_unit_out, 0.0)
        return times * plan.sum(axis=1), times * cost.sum(axis=1), need.sum(axis=1)

    def there(self, light: str) -> PostsSee:
        """Give what posts see that stand there already, in the states of light of this kit."""
        if light not in self._there:
            states = self.asked.night if light == "night" else DARK
            found = seen_by_posts(self.asked, states, _half(light))
            if len(self.seen(light).share) != len(states):
                # Eyes that the moon does not help are the same in all states of light.
                found = found.mixed(states["share"].to_numpy())
            self._there[light] = found
        return self._there[light]

    def done_already(self, measure: str, light: str) -> FloatArray:
        """Share that posts see (or handle, where stopping is asked for) by draw, segment and state of light."""
        there = self.there(light)
        if measure != "mean_poi":
            return there.least if measure == "min_pod" else there.mean
        followed = self.asked.drawn["followed_up"].to_numpy()[:, None, None]
        return np.asarray((1.0 - followed) * there.told + followed * there.mean)

    def reached_already(self, measure: str, light: str) -> FloatArray:
        """Share of all crossings that posts reach that stand there already, by draw."""
        done = self.done_already(measure, light) @ self.seen(light).share
        if measure == "min_pod":
            return np.asarray(done.min(axis=1))
        if measure == "mean_poi":
            done = done * self.reserve
        return np.asarray(done @ self.weights)

    def mean_terms(self, measure: str, law: str, opponent: str, light: str) -> tuple[Any, ...]:
        """Give what a plan for a share of all crossings stands on, in the order of the compiled loops."""
        seen, weights = self.seen(light), self.weights
        rates, worth = seen.rates[0] @ seen.share, weights
        every, ones = np.ones_like(self.masked), np.ones(len(self.masked))
        stop = (np.ones_like(seen.rates), ones, every, every, seen.share)
        off_line: tuple[float, FloatArray] = (0.0, np.zeros_like(weights))
        taken = self.done_already(measure, light)
        left = 1.0 - taken @ seen.share
        if measure == "mean_poi":
            followed = self.asked.drawn["followed_up"].to_numpy()
            reserve, near = self.reserve, self.near(light)
            stop = (seen.recognised, followed, reserve, near, seen.share)
            # What posts see the same reserve comes for; the unit that pursues adds to it. What a unit
            # gains at first is what it recognises and somebody then reaches, and at most all who can be
            # reached.
            own = np.where(near[0] > 0.0, 1.0 - reserve[0], 0.0)
            most = reserve[0] + own
            known = (seen.rates[0] * seen.recognised[0]) @ seen.share / rates
            first = reserve[0] * known + own * np.minimum(known, near[0])
            worth = weights * most
            rates = rates * np.divide(first, most, out=np.ones_like(first), where=most > 0.0)
            left = np.divide(
                reserve[0] * left + own, most, out=np.zeros_like(left), where=most > 0.0
            )
            calls = self.asked.stopping
            off_line = (
                calls.call_h * calls.false_calls_per_unit_h,
                calls.call_h * calls.crossings_per_h * weights,
            )
        tabled = tabled_law(
            law, opponent, float(np.median(self.speed[_half(light)][0] / self.crosser[0]))
        )
        plan = (_LAW_CODES[law], rates, worth * left)
        share = seen.share * (1.0 - taken)
        stop = tuple(map(loop_array, stop))
        return seen.rates, share, loop_array(weights), plan, tabled, stop, off_line

    @cached_property
    def per_unit_out(self) -> FloatArray:
        """Units whose shifts are spent for one that is on the line, by segment; infinite beyond a shift."""
        drive = self.drive_h
        # Out and back within a shift, or out for a tour of days, of which part is rest: whichever
        # leaves more.
        left = np.maximum(
            share_left_unchecked(drive, self.asked.shift_h),
            _DUTY_ON_TOUR * share_left_unchecked(drive, self.asked.tour_h),
        )
        with np.errstate(divide="ignore"):
            return np.asarray(1.0 / left)

    @cached_property
    def reserve(self) -> FloatArray:
        """Chance that a reserve is there before cover, by draw and segment; it drives by day and by night."""
        asked, stop = self.asked, self.asked.stopping
        # A reserve of which nobody knows whence it comes is none, nor is one that no way leads from.
        drive = np.fmin(self.drive_h, _NEVER_H)
        drive = np.divide.outer(drive, asked.drawn["response_speed_factor"].to_numpy()).T
        # An obstacle on part of a segment gives time on that part alone: chances are mixed, never delays.
        cut, delay_h, slower = asked.held_up
        drive, crosser = drive[:, cut.segment], self.crosser[:, cut.segment] * slower
        return cut.by_segment(
            responds_unchecked(
                np.full_like(crosser, stop.cover_km),
                crosser,
                stop.decide_h,
                0.0,
                0.0,
                stop.call_delay_h,
                drive,
                stop.shortest_drive_share * drive,
                delay_h,
            )
        )

    def near(self, light: str) -> FloatArray:
        """Share of the strip in sight from which the unit itself is there before cover, by draw and segment."""
        asked, stop, seen = self.asked, self.asked.stopping, self.seen(light)
        cut, delay_h, slower = asked.held_up
        crosser = self.crosser[:, cut.segment] * slower
        window = np.maximum(stop.cover_km / crosser + delay_h - stop.decide_h, 0.0)
        gain = np.maximum(self.speed[_half(light)][:, cut.segment] - crosser, 0.0)
        # He walks on while he is chased, so that the difference of the speeds closes the distance; where
        # he passes the unit is spread evenly over half of the sweep width on either side.
        half_km = seen.width_km[:, cut.segment] / 2.0
        return cut.by_segment(np.minimum(1.0, window * gain / half_km))

    def seen(self, light: str) -> _Seen:
        """Coverage of one unit in each draw, segment and state of light, and what of it is recognised."""
        if light not in self._seen:
            self._seen[light] = self._looked(light)
        return self._seen[light]

    def _looked(self, light: str) -> _Seen:
        asked, force, lit = self.asked, self.force, _half(light)
        states = asked.night if light == "night" else DARK
        record = sensor_named(force.sensor, lit)
        own = record.width_km is not None
        if own or len(set(self.even_m(light, states, "detect"))) == 1:
            # Eyes that the moon does not help, or a night of one light.
            states = states.iloc[:1].assign(share=1.0)
        share = states["share"].to_numpy()
        factor = asked.drawn["r50_factor"].to_numpy()
        width, ranges = {}, {}
        for task in ("detect", "recognise"):
            if own:
                # A width of the user's own: on any ground, and of nothing but detection.
                km = record.width_km if task == "detect" else np.nan
                width[task] = km * factor[:, None, None] * np.ones((1, self.masked.shape[1], 1))
                ranges[task] = np.full((factor.size, 1), np.nan)
                continue
            ranges[task] = np.multiply.outer(factor, self.even_m(light, states, task))
            watch = watch_of(force, asked.target, Watch(task=task))
            width[task] = SweepTable(force.sensor, lit, watch=watch).widths(
                ranges[task][:, None, :], self.masked[:, :, None]
            )
        per_unit = coverage_of_a_unit(self.lengths_km, 1.0, self.speed[lit], self.crosser)
        if force.scan_share is not None:
            per_unit = per_unit * force.scan_share
        return _Seen(
            rates=width["detect"] * per_unit[:, :, None],
            share=share,
            recognised=width["recognise"] / width["detect"],
            range_m=ranges["detect"],
            width_km=width["detect"] @ share,
        )

    def even_m(self, light: str, states: pd.DataFrame, task: str) -> list[float]:
        """Give the range of even chance in each state of light."""
        sensor, target = self.force.sensor, self.asked.target
        return [
            r50_m(sensor, _half(light), moonlight=moon, target=target, task=task)
            for moon in states["moonlight"]
        ]

    def posts(
        self,
        measure: str,
        target: float | FloatArray,
        light: str,
        *,
        rows: BoolArray | IntArray | slice = slice(None),
    ) -> tuple[FloatArray, FloatArray]:
        """Count posts with the same eyes that reach a target, and their cost, by draw; each segment alike."""
        key = (measure, target, light) if isinstance(target, float) else None
        if key is not None and key in self._posts:
            return self._posts[key]
        count = self.posts_by_segment(measure, target, light, rows=rows)
        found = count.sum(axis=1), (count * self.per_unit_out).sum(axis=1)
        if key is not None:
            self._posts[key] = found
        return found

    def posts_by_segment(
        self,
        measure: str,
        target: float | FloatArray,
        light: str,
        *,
        rows: BoolArray | IntArray | slice = slice(None),
    ) -> FloatArray:
        """Count posts by draw and segment that reach a target, each segment alike."""
        seen, masked = self.seen(light), self.masked[rows]
        draws = len(masked)
        if not self.force.has_ranges:
            return np.full(masked.shape, np.inf)
        followed, wanted = np.ones(draws), np.full(draws, target)
        if measure == "mean_poi":
            # All segments see alike, so that what is stopped is what is seen and told times the
            # mean chance that somebody is there in time.
            followed = self.asked.drawn["followed_up"].to_numpy()[rows]
            with np.errstate(divide="ignore"):
                wanted /= self.reserve[rows] @ self.weights
        done = self.done_already(measure, light)[rows]
        level = self.level(measure, wanted, done @ seen.share, rows=rows)
        tables, axes = self.post_tables(light, weakest=measure == "min_pod")
        # Where the range holds the ground and nothing stands there, all segments are one.
        even = sensor_named(self.force.sensor, _half(light)).includes_mask and not self.asked.posts
        one = slice(0, 1 if even else None)
        apart = unit_counts.standing_spacing(
            tables,
            axes,
            np.log(seen.range_m[rows]),
            loop_array((seen.share * (1.0 - done))[:, one]),
            loop_array(masked[:, one]),
            loop_array(followed),
            loop_array((level - done @ seen.share)[:, one]),
        )
        with np.errstate(divide="ignore"):
            return np.asarray(1000.0 * self.lengths_km / np.exp(apart))

    def seen_by_standing(self, count: FloatArray, light: str, *, weakest: bool) -> FloatArray:
        """Share that so many posts see by draw and segment, beside what stands there: on average, or where least is."""
        seen, there = self.seen(light), self.there(light)
        done = there.least if weakest else there.mean
        tables, axes = self.post_tables(light, weakest=weakest)
        with np.errstate(divide="ignore"):
            apart = np.log(1000.0 * self.lengths_km / count)
        more = unit_counts.standing_seen(
            tables,
            axes,
            np.log(seen.range_m),
            seen.share * (1.0 - done),
            self.masked,
            np.ones(len(count)),
            apart,
        )
        return np.asarray(done @ seen.share + more)

    def level(
        self,
        measure: str,
        wanted: FloatArray,
        done: FloatArray,
        *,
        rows: BoolArray | IntArray | slice = slice(None),
    ) -> FloatArray:
        """Give the share to which every segment below it is lifted so that the mean is what is wanted."""
        level = np.broadcast_to(wanted[:, None], done.shape)
        if measure == "min_pod" or not self.asked.posts:
            return level
        weights: FloatArray = np.broadcast_to(self.weights, done.shape)
        if measure == "mean_poi":
            weights = np.multiply(weights, self.reserve[rows])
        # With the k lowest lifted the level is (what is wanted - what the others have) / their weight,
        # and the right k is that of the smallest: too few lifted need too much, too many are lowered.
        order = np.argsort(done, axis=1)
        weights, done = (np.take_along_axis(each, order, axis=1) for each in (weights, done))
        have = weights * done
        total = weights.sum(axis=1, keepdims=True)
        # Where nobody is ever in time, no level is enough.
        goal = np.multiply(
            wanted[:, None], total, out=np.full_like(total, np.inf), where=total > 0.0
        )
        rest = goal - (have.sum(axis=1, keepdims=True) - np.cumsum(have, axis=1))
        under = np.cumsum(weights, axis=1)
        lifted = np.divide(rest, under, out=np.full_like(rest, np.inf), where=under > 0.0)
        return np.broadcast_to(lifted.min(axis=1, keepdims=True), done.shape)

    def posts_reach(
        self,
        number: float | FloatArray,
        measure: str,
        light: str,
        *,
        rows: BoolArray | IntArray | slice = slice(None),
    ) -> FloatArray:
        """Share of all crossings that so many posts with the same eyes reach, by draw."""
        already = self.reached_already(measure, light)[rows]
        level: FloatArray = np.zeros(len(already))
        if self.force.has_ranges and np.any(number) and level.size:
            places = np.arange(len(self.masked))[rows]
            level = self.post_level(np.broadcast_to(number, level.shape), measure, light, places)
        return np.maximum(level, already)

    def post_level(
        self, number: FloatArray, measure: str, light: str, draws: IntArray
    ) -> FloatArray:
        """Share that so many posts with the same eyes lift every segment to, for some of the draws."""

        def depth(level: FloatArray) -> FloatArray:
            return np.asarray(np.log(-np.log1p(-level)))

        def off(level: FloatArray, where: IntArray) -> FloatArray:
            count = self.posts(measure, level, light, rows=draws[where])[0]
            with np.errstate(divide="ignore", invalid="ignore"):
                return np.asarray(np.log(count / number[where]))

        # Posts grow nearly as what they leave unseen falls in logarithms, so that a chord in both
        # comes near at once; the end that stays loses half of its weight.
        low, high = np.full(number.size, _LEAST_LEVEL), np.full(number.size, 1.0 - _LEAST_LEVEL)
        every = np.arange(number.size)
        at_low, at_high = off(low, every), off(high, every)
        found = np.where(at_high <= 0.0, high, 0.0)
        left = every[(at_low <= 0.0) & (at_high > 0.0)]
        for _ in range(_HALVINGS):
            if not left.size:
                break
            first, last = depth(low[left]), depth(high[left])
            ends = at_high[left] - at_low[left]
            with np.errstate(invalid="ignore"):
                chord = -np.expm1(-np.exp(first - at_low[left] * (last - first) / ends))
            straight = np.isfinite(ends) & (chord > low[left]) & (chord < high[left])
            level = np.asarray(np.where(straight, chord, (low[left] + high[left]) / 2.0))
            now = off(level, left)
            under = now <= 0.0
            low[left], high[left] = (
                np.where(under, level, low[left]),
                np.where(under, high[left], level),
            )
            at_low[left], at_high[left] = (
                np.where(under, now, at_low[left] / 2.0),
                np.where(under, at_high[left] / 2.0, now),
            )
            met = np.abs(now) <= _POSTS_MET
            found[left] = np.where(met, level, low[left])
            left = left[~met & (high[left] - low[left] > _LEAST_LEVEL)]
        return found

    def post_tables(
        self, light: str, *, weakest: bool
    ) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]:
        """Give the exponents of what posts notice and recognise, by range, share out of sight and spacing."""
        stand = self.force.model_copy(update={"patrol_km_h": 0.0})
        sensor = sensor_named(stand.sensor, _half(light))
        noticed, told = (
            post_table(sensor, watch_of(stand, self.asked.target, Watch(task=task)))[int(weakest)]
            for task in ("detect", "recognise")
        )
        return (noticed, told), _POST_AXES


# Log range of detection, share out of sight, and log spacing over range, each even, of the tables of
# posts. POD hangs on spacing over range; on the range itself by ground and horizon alone, and slowly.
# Numbers read off lie within 0.03 where four fifths of the ground are out of sight, and 0.06 beyond.
_POST_AXES = (
    np.linspace(np.log(20.0), np.log(40_000.0), 10),
    np.linspace(0.0, 1.0, 13),
    np.linspace(-2.3, 3.4, 39),
)
# POD that a table takes for certain: its exponent must stay a number.
_CERTAIN = 1.0 - 1e-12
# Places between a post and the middle to the next.
_POST_PLACES = 17


@lru_cache(maxsize=64)
def post_table(sensor: Sensor, watch: Watch) -> FloatArray:
    """Tabulate -ln(1 - POD) of evenly spaced posts: on average between two of them, and at the weakest place."""
    # In the exponent, which falls nearly straight with the share in sight: the POD itself, straight between its
    # points, asked for a tenth more posts than enough, and for several times as many where little is seen.
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
    return -np.log1p(-np.minimum.accumulate(np.minimum(found, _CERTAIN), axis=3))


@dataclass(frozen=True)
class Needed:
    """Units of each draw, their cost, whether they stand, and units where the plan follows what is true."""

    units: FloatArray
    cost: FloatArray
    stands: FloatArray
    replanned: FloatArray


@dataclass(frozen=True, kw_only=True)
class _Seen:
    rates: FloatArray
    share: FloatArray
    recognised: FloatArray
    range_m: FloatArray
    width_km: FloatArray


# Kits that drive alike have one table: by day, by night, and for each opponent.
@lru_cache(maxsize=4)
def tabled_coverage(
    law: str, opponent: str, ratio: tuple[float, ...]
) -> tuple[FloatArray, FloatArray]:
    """Table what the weakest place of each segment sees by coverage."""
    coverage = np.append(0.0, np.geomspace(1e-4, 200.0, 4096))
    ratios = np.array(ratio)[None, :]
    pod = pod_against(coverage[:, None], law, opponent, ratios, place="weakest")
    return coverage, np.maximum.accumulate(
        np.broadcast_to(pod, (coverage.size, len(ratio))), axis=0
    )


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
