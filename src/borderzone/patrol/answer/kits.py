"""Kits side by side: units, people and payroll that it takes to see half, to leave no gap, and to stop half."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone._guards import (
    as_finite,
    as_non_negative,
    as_positive,
    as_probabilities,
    check_between,
    check_choice,
    check_non_negative,
    check_positive,
    check_whole,
    guarded,
)
from borderzone._guards.draws import among_draws
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.allocation import normalised_weights
from borderzone.patrol.answer.case import (
    NATURE,
    Assumption,
    assumption_table,
    drawn_nature,
    masked_share,
)
from borderzone.patrol.answer.existing import (
    ExistingPosts,
    Obstacle,
    Stretches,
    checked_rows,
    stretches,
)
from borderzone.patrol.answer.kit_draws import DARK, Kit
from borderzone.patrol.answer.rates import checked_ground, segment_lengths
from borderzone.patrol.answer.uncertainty import sobol_table
from borderzone.patrol.force.sensors import TARGETS
from borderzone.patrol.theory.staffing import SHIFT_FACTORS
from borderzone.patrol.theory.tactics import OPPONENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from borderzone._typing import FloatArray
    from borderzone.patrol.force.forces import Force

__all__ = [
    "AIMS",
    "LIGHTS",
    "ROW_LAWS",
    "Aim",
    "KitQuestion",
    "Stopping",
    "answer_break_even",
    "answer_case",
    "answer_draws",
    "answer_pod",
    "answer_sobol",
    "answer_table",
    "units_for_share",
]


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
# Unled units and led ones: the rows of a kit that moves.
ROW_LAWS = ("random", "beats_soft")
LIGHTS = ("night", "dark", "day")
_MOST_UNITS = 1e9
# Which row of the drawn own parts of the ground a draw takes, as a state of nature.
_OWN = "f_mask_own"
# So many grounds are drawn for draws made elsewhere: the same for any number of rows.
_OWN_GROUNDS = 1024


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

    Examples
    --------
    >>> Stopping(cover_km=10.0).cover_km
    10.0
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
        Weight of each segment in a share of all crossings; their lengths when left out.
    drive_h
        Drive from the nearest origin to each segment; NaN or left out where it is not known, and then
        neither is the payroll. Units: h.
    night
        States of light of the night: ``moonlight`` (0 dark, 1 full moon overhead) and ``share``;
        dark when left out.
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
    posts, obstacles
        What stands at the line already, a row for each stretch: `ExistingPosts`, of which patrols take what
        they leave unseen, and `Obstacle`, which holds up who crosses.
    line_km
        Length of the line that their kilometres count along, where segments count as longer; the sum of
        their lengths when left out. Units: km.
    draws, seed
        Draws of nature: how many, and their seed; or a table with a row for each and the columns of
        `NATURE`, made elsewhere. There a column ``f_mask_own`` (0 to 1) names one of 1,024 drawn
        grounds; without it no segment has a part of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> answer_table(question)["units"].round().tolist()[:2]
    [188.0, 188.0]
    """

    kits: Mapping[str, Force]
    lengths_km: pd.Series
    ground: pd.DataFrame
    weights: pd.Series | None = None
    drive_h: pd.Series | None = None
    night: pd.DataFrame = field(default_factory=DARK.copy)
    night_h: float = 12.0
    shift_h: float = 12.0
    relief: float = SHIFT_FACTORS["relief"].value
    tour_h: float = 72.0
    target: str = "person"
    stopping: Stopping = field(default_factory=Stopping)
    nature: Mapping[str, Assumption] = field(default_factory=dict)
    correlation: float = 0.3
    posts: Sequence[ExistingPosts] = ()
    obstacles: Sequence[Obstacle] = ()
    line_km: float | None = None
    draws: int | pd.DataFrame = 2048
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what no answer can stand on; unknown ground is none, an unknown band has no width."""
        check_choice(self.target, "target", TARGETS)
        for name in ("shift_h", "tour_h"):
            check_positive(getattr(self, name), name, "h")
        check_positive(self.relief, "relief")
        check_between(self.night_h, "night_h", 0.0, 24.0)
        if isinstance(self.draws, pd.DataFrame):
            object.__setattr__(self, "draws", _checked_draws(self.draws))
        else:
            check_whole(self.draws, "draws", lowest=2)
        lengths = segment_lengths(self.lengths_km)
        object.__setattr__(self, "ground", checked_ground(self.ground, lengths.index))
        weights = lengths if self.weights is None else self.weights
        share = normalised_weights(weights, len(lengths))
        object.__setattr__(self, "weights", pd.Series(share, index=lengths.index, name="weight"))
        if self.drive_h is None:
            unknown = pd.Series(np.nan, index=lengths.index, name="drive_h")
            object.__setattr__(self, "drive_h", unknown)
        if self.line_km is not None:
            check_positive(self.line_km, "line_km", "km")
        object.__setattr__(self, "posts", checked_rows(self.posts, ExistingPosts, self.line))
        object.__setattr__(self, "obstacles", checked_rows(self.obstacles, Obstacle, self.line))
        for row in self.obstacles:
            row.delay_h(self.target)

    @property
    def line(self) -> float:
        """
        Give the length of the line that kilometres of posts and obstacles count along.

        Returns
        -------
        float
            `line_km`, or the sum of the lengths. Units: km.
        """
        return float(self.lengths_km.sum()) if self.line_km is None else self.line_km

    @cached_property
    def masked(self) -> FloatArray:
        """
        Draw the share of the ground out of sight.

        Returns
        -------
        FloatArray
            Shape ``(draws + 1, segments)``; as the ground says in the first row.
        """
        # What is not known of a landform is half the same everywhere and half each place's own.
        shared = self.drawn["f_mask_position"].to_numpy()[:, None]
        return masked_share(self.ground, np.sqrt(0.5) * (shared + self.own_masks))

    @cached_property
    def held_up(self) -> tuple[Stretches, FloatArray, FloatArray]:
        """
        Cut the line at the ends of obstacles.

        Returns
        -------
        tuple
            The pieces, and of each the delay (hours) and the factor on the crosser's speed beyond it.
        """
        cut = stretches(self.lengths_km.to_numpy(dtype=np.float64), self.line, self.obstacles)
        delay = np.array([row.delay_h(self.target) for row in self.obstacles])
        slower = np.array([row.speed_factor for row in self.obstacles])
        return cut, cut.has @ delay, np.where(cut.has, slower, 1.0).prod(axis=1)

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """
        Draw nature; the first row has every state at its median.

        Returns
        -------
        DataFrame
            One row more than draws.
        """
        known = self.states
        if isinstance(self.draws, pd.DataFrame):
            drawn = self.draws
        else:
            drawn = drawn_nature(
                self.draws, self.seed, correlation=self.correlation, changed=self.nature
            )
        medians = pd.DataFrame([{name: _at(row, 0.5) for name, row in known.items()}])
        return pd.concat([medians, drawn[list(known)]], ignore_index=True)

    @property
    def assumptions(self) -> pd.DataFrame:
        """
        Give the states of nature that are drawn, with band, unit and source.

        Returns
        -------
        DataFrame
            A row for each.
        """
        return assumption_table(self.states)

    @property
    def states(self) -> dict[str, Assumption]:
        """
        Give the distribution of each state of nature.

        Returns
        -------
        dict
            `NATURE`, with what differs here.
        """
        return {**NATURE, **self.nature}

    @cached_property
    def own_masks(self) -> FloatArray:
        """
        Draw the part of the masked share that each segment has for itself.

        Returns
        -------
        FloatArray
            Standard deviations, shape ``(draws + 1, segments)``; 0 in the first row.
        """
        given = isinstance(self.draws, pd.DataFrame)
        rows, segments = _OWN_GROUNDS if given else len(self.drawn) - 1, len(self.lengths_km)
        if isinstance(self.draws, pd.DataFrame) and _OWN not in self.draws:
            return np.zeros((len(self.draws) + 1, segments))
        own = np.random.Generator(np.random.Philox([self.seed, 1])).standard_normal(
            (rows, segments)
        )
        if isinstance(self.draws, pd.DataFrame):
            # As a state of nature it is one of these grounds, named by a share, or at its median.
            place = self.draws[_OWN].to_numpy()
            row = np.clip(np.nan_to_num(place) * rows, 0, rows - 1).astype(int)
            own = np.where(np.isnan(place)[:, None], 0.0, own[row])
        return np.vstack([np.zeros(segments), own])

    def at_medians(self) -> KitQuestion:
        """
        Ask the same with every state of nature at its median: numbers without a band, in no time.

        Returns
        -------
        KitQuestion
            With draws that are all the same.

        Examples
        --------
        >>> from borderzone.patrol import FORCES
        >>> ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
        >>> question = KitQuestion(
        ...     kits={"eye": FORCES["vehicle_patrol"]}, lengths_km=pd.Series([100.0]), ground=ground, draws=64
        ... )
        >>> table = answer_table(question.at_medians())
        >>> bool((table["low"] == table["high"]).all())
        True
        """
        medians = {name: [_at(row, 0.5)] * 2 for name, row in self.states.items()}
        return replace(self, draws=pd.DataFrame(medians))

    def kit(self, name: str) -> Force:
        """
        Give a kit by its name.

        Parameters
        ----------
        name
            One of `kits`.

        Returns
        -------
        Force
            The kind of unit.

        Raises
        ------
        InvalidParameterError
            If no kit has that name.
        """
        return self.kits[check_choice(name, "kit", self.kits)]


def _checked_draws(given: pd.DataFrame) -> pd.DataFrame:
    """Refuse draws made elsewhere that lack a state of nature or hold none that could be."""
    lacking = [name for name in NATURE if name not in given]
    if lacking or len(given) < 2:
        msg = (
            f"draws need two rows or more and the columns {', '.join(NATURE)}; got {len(given)} rows"
            + (f" without {', '.join(lacking)}" if lacking else "")
        )
        raise InvalidParameterError(msg)
    found = {}
    for name in [*NATURE, *([_OWN] if _OWN in given else [])]:
        values, what = given[name].to_numpy(), f"draws of {name}"
        if name in {"followed_up", _OWN}:
            found[name] = as_probabilities(values, what)
        elif name.endswith("_factor"):
            found[name] = as_positive(values, what)
        else:
            found[name] = as_finite(values, what)
    return pd.DataFrame(found)


@cache
def _at(row: Assumption, share: float) -> float:
    """Give an assumption at a share of its distribution."""
    return float(row.parameters[0] if row.is_fixed else row.frozen().ppf(share))


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

    Examples
    --------
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame({"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]})
    >>> kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> table = answer_table(question).query("law == 'beats_soft' and measure == 'mean_pod' and target == 0.5")
    >>> table.query("opponent == 'blind' and light == 'night'")[["kit", "units", "people"]].round()
            kit  units  people
    3       eye  166.0   663.0
    21  goggles   18.0    71.0
    """
    # Two names of one kit are worked out once.
    found: dict[Force, list[dict[str, Any]]] = {}
    rows = []
    for name, force in question.kits.items():
        if force not in found:
            found[force] = list(_rows(question, Kit(question, force)))
        rows += [{"kit": name} | row for row in found[force]]
    return pd.DataFrame(rows)


def _rows(question: KitQuestion, kit: Kit) -> Iterator[dict[str, Any]]:
    for aim in AIMS:
        for law in ("standing",) if kit.force.stands else ROW_LAWS:
            yield from (row for row, _ in _against_each(question, kit, aim, law))


def _against_each(
    question: KitQuestion, kit: Kit, aim: Aim, law: str
) -> Iterator[tuple[dict[str, Any], dict[str, FloatArray]]]:
    """Give the row of each opponent, with what stands behind it draw by draw."""
    # Posts are always there, and units that nobody leads give nothing away: who watches them learns nothing.
    blind = _counts(question, kit, aim, law, "blind")
    row = _row(aim, law, "blind", blind)
    for opponent in OPPONENTS:
        if law == "beats_soft" and opponent != "blind":
            found = _counts(question, kit, aim, law, opponent)
            yield _row(aim, law, opponent, found), found
        else:
            yield row | {"opponent": opponent}, blind


def answer_case(
    question: KitQuestion, kit: str, *, law: str = "random", units: float | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Give the rows of one kit, led or unled, and the people behind them draw by draw.

    Parameters
    ----------
    question
        What it stands on.
    kit
        One of its kits.
    law
        ``"random"`` or ``"beats_soft"``; posts stand, whatever is said here.
    units
        Units out whose reach is told beside each row; not told when left out.

    Returns
    -------
    table : DataFrame
        Rows as in `answer_table`, and with `units` the columns ``at_units``, ``at_people``, ``share`` that they reach of the
        row's measure, ``share_low`` and ``share_high``.
    draws : DataFrame
        People out by draw, of which 0 has every state at its median: a column for each row, named by
        measure and opponent.

    Raises
    ------
    InvalidParameterError
        If a word is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> table, draws = answer_case(question, "eye", units=188)
    >>> round(float(table["share"].iloc[0]), 2), len(draws)
    (0.5, 65)
    """
    one, law, _ = _asked(question, kit, law, "blind", AIMS[0].measure)
    if units is not None:
        check_between(units, "units", 0.0, _MOST_UNITS)
    rows, people = [], {}
    for aim in AIMS:
        reach: dict[str, Any] = {}
        for row, found in _against_each(question, one, aim, law):
            opponent = row["opponent"]
            if units is not None and (law == "beats_soft" or not reach):
                share = one.reached_with(units, aim.measure, law, opponent, aim.light)
                low, middle, high = _band(share)
                reach = {"at_units": float(units), "at_people": one.force.crew * float(units)}
                reach |= {"share": middle, "share_low": low, "share_high": high}
            rows.append(row | reach)
            people[f"{aim.measure}|{opponent}"] = found["people"]
    return pd.DataFrame(rows), pd.DataFrame(people).rename_axis("draw")


def _row(aim: Aim, law: str, opponent: str, found: dict[str, FloatArray]) -> dict[str, Any]:
    row: dict[str, Any] = {"law": law, "opponent": opponent}
    row |= {"light": aim.light, "target": aim.target, "measure": aim.measure}
    for name in ("units", "people", "payroll"):
        low, middle, high = _band(found[name])
        ends = ("low", "high") if name == "units" else (f"{name}_low", f"{name}_high")
        row |= {name: middle, ends[0]: low, ends[1]: high}
    row["units_at_medians"] = float(found["units"][0])
    row["units_replanned"] = _band(found["replanned"])[1]
    row["stands"] = float(found["stands"][1:].mean())
    units = found["units"][1:]
    row["attainable"] = float(np.isfinite(units).mean()) if not np.isnan(units).any() else np.nan
    return row


def _counts(
    question: KitQuestion, kit: Kit, aim: Aim, law: str, opponent: str
) -> dict[str, FloatArray]:
    """Units, people and payroll by draw."""
    night = kit.needed(aim, law, opponent, aim.light)
    hours, crew = question.night_h, kit.force.crew
    out = np.full_like(night.units, np.nan)
    # Where no drive is known nor is the payroll, and what is out by day need not be counted.
    if not np.isnan(kit.drive_h).all():
        day = kit.needed(aim, law, opponent, "day")
        out = (night.cost * hours + day.cost * (24.0 - hours)) / 24.0
    return {
        "units": night.units,
        "people": crew * night.units,
        "payroll": crew * question.relief * out,
        "stands": night.stands,
        "replanned": night.replanned,
    }


def _band(values: FloatArray) -> tuple[float, float, float]:
    """Give the 5, 50 and 95 % of all draws but the first, which is at the medians; NaN where one is unknown."""
    if np.isnan(values).any():
        return np.nan, np.nan, np.nan
    low, middle, high = among_draws(values[1:], [0.05, 0.5, 0.95])
    return float(low), float(middle), float(high)


def _asked(
    question: KitQuestion, kit: str, law: str, opponent: str, measure: str
) -> tuple[Kit, str, Aim]:
    """Refuse a row that no table has; give its kit, the law of that kit, and its aim."""
    force = question.kit(kit)
    law = "standing" if force.stands else check_choice(law, "law", ROW_LAWS)
    check_choice(opponent, "opponent", OPPONENTS)
    aims = {aim.measure: aim for aim in AIMS}
    return Kit(question, force), law, aims[check_choice(measure, "measure", aims)]


def answer_draws(
    question: KitQuestion,
    kit: str,
    *,
    law: str = "random",
    opponent: str = "blind",
    measure: str = "mean_pod",
) -> pd.DataFrame:
    """
    Give one row of the table of answers draw by draw, with the states of nature behind it.

    Parameters
    ----------
    question
        What it stands on.
    kit
        One of its kits.
    law
        ``"random"`` or ``"beats_soft"``; posts stand, whatever is said here.
    opponent
        ``"blind"``, ``"last_pass"`` or ``"informed"``.
    measure
        ``"mean_pod"``, ``"min_pod"`` or ``"mean_poi"``, with the target and the light of `AIMS`.

    Returns
    -------
    DataFrame
        A row for each ``draw``, of which 0 has every state at its median: ``units`` and ``people`` out,
        ``payroll`` in people, and the columns of `NATURE`. Infinite where no number is enough.

    Raises
    ------
    InvalidParameterError
        If a word is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> answer_draws(question, "eye").loc[0, ["units", "people"]].round().tolist()
    [185.0, 740.0]
    """
    one, law, aim = _asked(question, kit, law, opponent, measure)
    found = _counts(question, one, aim, law, opponent)
    columns = {name: found[name] for name in ("units", "people", "payroll")}
    return pd.DataFrame(columns).join(question.drawn).rename_axis("draw")


def answer_pod(  # noqa: PLR0913 - a row of the table, and with how many
    question: KitQuestion,
    units: npt.ArrayLike,
    kit: str,
    *,
    law: str = "random",
    opponent: str = "blind",
    light: str = "night",
    measure: str = "mean_pod",
) -> pd.DataFrame:
    """
    Give what units reach: the table of answers read the other way.

    Parameters
    ----------
    question
        What it stands on.
    units
        Units out at once, one number or several; fractions are shares of time.
    kit, law, opponent
        As in `answer_draws`.
    light
        ``"night"`` (over its states of light), ``"dark"`` or ``"day"``.
    measure
        As in `answer_draws`.

    Returns
    -------
    DataFrame
        A row for each number: ``units``, ``people`` out; ``share`` of all crossings that is seen
        (``mean_pod``), seen at the weakest place (``min_pod``) or stopped (``mean_poi``): the median over
        nature, with ``low`` and ``high`` (5 and 95 %) and ``share_at_medians``.

    Raises
    ------
    InvalidParameterError
        If a word is unknown or a number is negative.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> answer_pod(question, [0, 185], "eye")["share_at_medians"].round(2).tolist()
    [0.0, 0.5]
    """
    one, law, aim = _asked(question, kit, law, opponent, measure)
    check_choice(light, "light", LIGHTS)
    counts = np.atleast_1d(as_non_negative(units, "units"))
    if counts.ndim > 1:
        msg = f"units are one number or a list of them, got an array of {counts.ndim} dimensions"
        raise InvalidParameterError(msg)
    rows = []
    for number in counts:
        share = one.reached_with(float(number), aim.measure, law, opponent, light)
        low, middle, high = _band(share)
        row: dict[str, Any] = {
            "kit": kit,
            "law": law,
            "opponent": opponent,
            "light": light,
            "measure": measure,
        }
        row |= {"units": float(number), "people": one.force.crew * float(number)}
        row |= {"share": middle, "low": low, "high": high, "share_at_medians": float(share[0])}
        rows.append(row)
    return pd.DataFrame(rows)


def answer_break_even(  # noqa: PLR0913 - two rows of the table, and with how many
    a: KitQuestion,
    b: KitQuestion,
    units: float,
    *,
    kits: tuple[str, str] = ("scenario", "scenario"),
    laws: tuple[str, str] = ("random", "random"),
    opponent: str = "blind",
    light: str = "night",
    measure: str = "mean_pod",
) -> pd.DataFrame:
    """
    Give the units of one kit that reach what a number of another kit does, draw by draw.

    Parameters
    ----------
    a, b
        What the two kits stand on, with the same draws and segments.
    units
        Units of the second kit out at once.
    kits
        One of the kits of `a`, and one of `b`.
    laws
        Of each, as in `answer_draws`.
    opponent, light, measure
        As in `answer_pod`.

    Returns
    -------
    DataFrame
        A row for each ``draw``, of which 0 has every state at its median: ``share`` that the units of
        `b` reach, and the smallest number of ``units`` of `a`, with their ``people``, that reaches it.
        Infinite where no number is enough.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, the number is negative, or the draws or segments of the two differ.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"], "goggles": FORCES["vehicle_night_vision"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> answer_break_even(question, question, 20, kits=("eye", "goggles")).loc[0].round(2).tolist()
    [0.5, 187.52, 750.08]
    """
    if len(a.drawn) != len(b.drawn) or a.seed != b.seed or len(a.lengths_km) != len(b.lengths_km):
        msg = (
            "kits break even draw by draw: ask both with one seed, one number of draws and the same "
            f"segments, got seeds {a.seed} and {b.seed}, {len(a.drawn) - 1} and {len(b.drawn) - 1} "
            f"draws, {len(a.lengths_km)} and {len(b.lengths_km)} segments"
        )
        raise InvalidParameterError(msg)
    (one, law, aim), (other, other_law, _) = (
        _asked(*each, opponent, measure) for each in zip((a, b), kits, laws, strict=True)
    )
    check_choice(light, "light", LIGHTS)
    number = check_non_negative(units, "units")
    share = other.reached_with(number, aim.measure, other_law, opponent, light)
    found = one.units_to_reach(share, aim.measure, law, opponent, light)
    columns = {"share": share, "units": found, "people": one.force.crew * found}
    return pd.DataFrame(columns).rename_axis("draw")


def units_for_share(
    question: KitQuestion, kit: str, share: float, *, law: str = "random", light: str = "night"
) -> float:
    """Units out that see a share of all crossings: the median over nature, for a share of one's own."""
    one, law, _ = _asked(question, kit, law, "blind", "mean_pod")
    check_choice(light, "light", LIGHTS)
    aim = Aim(measure="mean_pod", target=share, light=light)
    return _band(one.needed(aim, law, "blind", light).units)[1]


def answer_sobol(
    question: KitQuestion,
    kit: str,
    *,
    law: str = "random",
    opponent: str = "blind",
    measure: str = "mean_pod",
    n: int = 256,
) -> pd.DataFrame:
    """
    Tabulate which states of nature decide the people that a row of the table takes.

    The indices are those of the logarithm of the people out at once: people themselves are spread over
    an order of magnitude, and a few draws would decide alone. For them all states are drawn
    independently. A draw in which no number is enough counts with the largest number of the question's own
    draws.

    Parameters
    ----------
    question
        What it stands on.
    kit, law, opponent, measure
        As in `answer_draws`.
    n
        Base sample size, a power of two.

    Returns
    -------
    DataFrame
        Columns assumption, first_order and total, largest total first; ``people_low`` and
        ``people_high``: what it takes with this state alone at its 5 and its 95 %, the others at their
        medians, and ``people``, with all at their medians. ``f_mask_own`` is what of the ground out of sight
        each segment has for itself, and has no two ends.

    Raises
    ------
    InvalidParameterError
        If a word is unknown, n is no power of two, no state has any spread, or no number is enough in
        any draw.

    Examples
    --------
    >>> import pandas as pd
    >>> from borderzone.patrol import FORCES
    >>> ground = pd.DataFrame(
    ...     {"f_mask": [0.2], "patrol_speed_factor": [1.0], "crosser_km_h": [4.0]}
    ... )
    >>> kits = {"eye": FORCES["vehicle_patrol"]}
    >>> question = KitQuestion(kits=kits, lengths_km=pd.Series([100.0]), ground=ground, draws=64)
    >>> answer_sobol(question, "eye", n=64)["assumption"].iloc[0]
    'r50_factor'
    """
    force = question.kit(kit)
    _asked(question, kit, law, opponent, measure)
    known = question.states
    # Who is there in time hangs on the drive; what is seen does not, nor do people on the payroll matter.
    drive = question.drive_h if measure == "mean_poi" else None

    def people(samples: pd.DataFrame | int) -> FloatArray:
        asked = replace(question, kits={kit: force}, drive_h=drive, draws=samples)
        found = answer_draws(asked, kit, law=law, opponent=opponent, measure=measure)
        return found["people"].to_numpy()

    @cache
    def most() -> float:
        # One number for all samples, which come in several lots.
        found = people(question.draws)
        if not np.isfinite(found).any():
            msg = f"no number of kit {kit!r} is enough in any draw, so that nothing decides between numbers"
            raise InvalidParameterError(msg)
        return float(found[np.isfinite(found)].max())

    def log_people(samples: pd.DataFrame) -> FloatArray:
        found = people(samples)[1:]
        enough = np.isfinite(found)
        return np.log(found if enough.all() else np.where(enough, found, most()))

    own = Assumption(
        name=_OWN,
        distribution="uniform",
        parameters=(0.0, 1.0),
        unit="share",
        source="drawn by segment",
    )
    table = sobol_table(log_people, known | {_OWN: own}, n=n, seed=question.seed)
    medians = {name: _at(row, 0.5) for name, row in known.items()}
    ends = [medians | {name: _at(row, q)} for name, row in known.items() for q in (0.05, 0.95)]
    found = people(pd.DataFrame(ends))
    alone = {"assumption": list(known), "people_low": found[1::2], "people_high": found[2::2]}
    return table.merge(pd.DataFrame(alone), how="left").assign(people=found[0])
