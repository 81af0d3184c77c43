"""What stands at the line already: posts of a force that see, and obstacles that hold a crosser up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from borderzone._guards import check_choice, guarded, record_words, shown
from borderzone._kernels.unit_counts import posts_seen
from borderzone.errors import InvalidParameterError
from borderzone.patrol.answer.case import MOST_MASKED
from borderzone.patrol.force.forces import Force, watch_of
from borderzone.patrol.force.sensors import LIGHTS, SENSORS, Sensor, r50_m, sensor_named
from borderzone.patrol.force.sweep import Watch, lateral_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from borderzone._typing import BoolArray, FloatArray, IntArray
    from borderzone.patrol.answer.kits import KitQuestion

__all__ = [
    "ExistingPosts",
    "Obstacle",
    "PostsSee",
    "Stretches",
    "checked_rows",
    "seen_by_posts",
    "stretches",
]

Km = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
# Rounding of a stretch that ends where the line does, relative.
_ROUNDING = 1e-6


class _Stretch(BaseModel):
    """A row of what stands between two kilometres of the line: frozen, checked at birth."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    from_km: Km
    to_km: Positive

    def __init__(self, **values: Any) -> None:
        """Build the row; what pydantic refuses is refused in this library's words."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            msg = record_words(error, type(self).__name__, type(self).model_fields)
            raise InvalidParameterError(msg) from error

    def check_within(self, line_km: float) -> None:
        """
        Refuse a stretch that reaches beyond the line.

        Parameters
        ----------
        line_km
            Length of the line. Units: km.

        Raises
        ------
        InvalidParameterError
            If it ends beyond.
        """
        if self.to_km > line_km * (1.0 + _ROUNDING):
            msg = (
                f"{type(self).__name__}: to_km must be at most the length of the line, {line_km:,.1f} km, "
                f"got {self.to_km:g}"
            )
            raise InvalidParameterError(msg)

    @model_validator(mode="after")
    def _has_a_length(self) -> Self:
        if self.from_km >= self.to_km:
            msg = (
                f"from_km {self.from_km:g} must be below to_km {self.to_km:g}: a stretch has a length, also "
                "that of a single post (the ground that it is to watch)"
            )
            raise ValueError(msg)
        return self


Row = TypeVar("Row", bound=_Stretch)


@guarded
class ExistingPosts(_Stretch):
    """
    Posts that stand at even spacing along a stretch of the border: frozen, keyword-only, checked at birth.

    Parameters
    ----------
    **values
        The fields below, by name.

    Attributes
    ----------
    from_km, to_km
        Where the stretch begins and ends along the border. Units: km.
    count
        How many posts stand on it; or
    spacing_km
        how far apart they stand. Units: km.
    sensor
        A key of `SENSORS`, or a record of one's own with ranges; its mast is the record's.

    Examples
    --------
    >>> ExistingPosts(from_km=0, to_km=60, spacing_km=4, sensor="tower_thermal").posts
    15.0
    """

    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    spacing_km: Positive | None = None
    sensor: str | Sensor

    @model_validator(mode="after")
    def _can_see(self) -> Self:
        if (self.count is None) == (self.spacing_km is None):
            msg = "posts need their count or their spacing_km, one of the two"
            raise ValueError(msg)
        record = self.sensor
        if isinstance(record, str):
            record = SENSORS[check_choice(record, "sensor", SENSORS)]
        if record.r50_night_m is None or any(
            sensor_named(record, light).width_km is not None for light in LIGHTS
        ):
            msg = (
                f"sensor {record.name!r} does not say how far it sees from a post by night; use a sensor "
                "with ranges, such as 'tower_thermal'"
            )
            raise ValueError(msg)
        return self

    @property
    def posts(self) -> float:
        """
        Number of posts.

        Returns
        -------
        float
            Not whole where their spacing does not divide the stretch.
        """
        if self.count is not None:
            return float(self.count)
        assert self.spacing_km is not None  # noqa: S101 - one of the two is given
        return (self.to_km - self.from_km) / self.spacing_km


@guarded
class Obstacle(_Stretch):
    """
    A fence, ditch, berm or wall along a stretch of the border: frozen, keyword-only, checked at birth.

    It is no detection: it holds up who crosses, and whoever answers has so much more time. No kind has
    a delay of its own, since none of this border is published: the user gives it, with its source.

    Parameters
    ----------
    **values
        The fields below, by name.

    Attributes
    ----------
    from_km, to_km
        Where the stretch begins and ends along the border. Units: km.
    kind
        ``"fence"``, ``"ditch"``, ``"berm"`` or ``"wall"``.
    delay_h_person, delay_h_vehicle
        How long it holds up a person on foot, and a vehicle. Units: h.
    source
        Where the delays are from.
    speed_factor
        Factor on the speed of the crosser beyond it, above 0 and up to 1.

    Examples
    --------
    >>> Obstacle(from_km=0, to_km=60, kind="ditch", delay_h_vehicle=1.5, source="own trial").kind
    'ditch'
    """

    kind: Literal["fence", "ditch", "berm", "wall"]
    delay_h_person: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    delay_h_vehicle: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    source: str = ""
    speed_factor: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _has_a_delay_and_a_source(self) -> Self:
        if self.delay_h_person is None and self.delay_h_vehicle is None:
            msg = f"a {self.kind} has no delay of its own: give delay_h_person, delay_h_vehicle or both, in hours"
            raise ValueError(msg)
        if not self.source.strip():
            msg = (
                f"the delay of a {self.kind} needs a source, such as source = 'own trial, 2024': no number "
                "without one is counted on"
            )
            raise ValueError(msg)
        return self

    def delay_h(self, target: str) -> float:
        """
        Give the delay of who crosses.

        Parameters
        ----------
        target
            ``"person"`` or ``"vehicle"``.

        Returns
        -------
        float
            Units: h.

        Raises
        ------
        InvalidParameterError
            If the row has none for it.

        Examples
        --------
        >>> ditch = Obstacle(from_km=0, to_km=60, kind="ditch", delay_h_vehicle=1.5, source="own trial")
        >>> ditch.delay_h("vehicle")
        1.5
        """
        found = self.delay_h_vehicle if target == "vehicle" else self.delay_h_person
        if found is None:
            msg = (
                f"the {self.kind} from km {self.from_km:g} to {self.to_km:g} has no delay_h_{target}, and a "
                f"{target} crosses; give it, 0 where it holds nobody up"
            )
            raise InvalidParameterError(msg)
        return found


def checked_rows(rows: Sequence[Any], kind: type[Row], line_km: float) -> tuple[Row, ...]:
    """Refuse rows of another kind, and stretches that reach beyond the line."""
    for row in rows:
        if not isinstance(row, kind):
            msg = f"a row must be a borderzone.patrol.{kind.__name__}, got {shown(row)}"
            raise InvalidParameterError(msg)
        row.check_within(line_km)
    return tuple(rows)


@dataclass(frozen=True, kw_only=True)
class Stretches:
    """The line cut at the ends of segments and of rows: of each piece its segment, its share of it, its rows."""

    segment: IntArray
    share: FloatArray
    has: BoolArray

    def by_segment(self, values: FloatArray) -> FloatArray:
        """Mean over the pieces of each segment, along the second axis."""
        starts = np.flatnonzero(np.diff(self.segment, prepend=-1))
        share = self.share.reshape(-1, *[1] * (values.ndim - 2))
        return np.asarray(np.add.reduceat(values * share, starts, axis=1))

    def weakest(self, values: FloatArray) -> FloatArray:
        """Least of the pieces of each segment, along the second axis."""
        starts = np.flatnonzero(np.diff(self.segment, prepend=-1))
        return np.asarray(np.minimum.reduceat(values, starts, axis=1))


def stretches(lengths_km: FloatArray, line_km: float, rows: Sequence[_Stretch]) -> Stretches:
    """Cut the line, which is ``line_km`` long for the rows, at the ends of its segments and of its rows."""
    edges = np.append(0.0, np.cumsum(lengths_km)) * (line_km / lengths_km.sum())
    edges[-1] = line_km
    ends = [km for row in rows for km in (row.from_km, min(row.to_km, line_km))]
    cuts = np.unique(np.concatenate([edges, ends]))
    middle, width = (cuts[1:] + cuts[:-1]) / 2.0, np.diff(cuts)
    segment = np.searchsorted(edges, middle, side="right") - 1
    # What rounding leaves between an end of a row and one of a segment is no place of its own.
    kept = width > _ROUNDING * np.diff(edges)[segment]
    segment, middle, width = segment[kept], middle[kept], width[kept]
    whole = np.bincount(segment, weights=width)
    has = np.array([(row.from_km < middle) & (middle < row.to_km) for row in rows])
    return Stretches(
        segment=segment,
        share=width / whole[segment],
        has=has.reshape(len(rows), segment.size).T,
    )


@dataclass(frozen=True, kw_only=True)
class PostsSee:
    """What posts see, recognise and see at the weakest place, each by draw, segment and state of light."""

    mean: FloatArray
    told: FloatArray
    least: FloatArray

    def mixed(self, share: FloatArray) -> PostsSee:
        """Mix the states of light into one."""
        return PostsSee(
            **{name: (seen @ share)[:, :, None] for name, seen in vars(self).items()},
        )


def seen_by_posts(question: KitQuestion, states: pd.DataFrame, half: str) -> PostsSee:
    """Give what the posts of a question see in some states of light, by day or by night."""
    masked = question.masked
    lengths, line_km = question.lengths_km.to_numpy(dtype=np.float64), question.line
    if not question.posts:
        none = np.zeros((*masked.shape, len(states)))
        return PostsSee(mean=none, told=none, least=none)
    cut = stretches(lengths, line_km, question.posts)
    missed = np.ones((3, len(masked), cut.segment.size, len(states)))
    for k, row in enumerate(question.posts):
        here = np.flatnonzero(cut.has[:, k])
        # A line that counts as longer has the same posts, farther apart.
        apart_km = (row.to_km - row.from_km) / row.posts * (lengths.sum() / line_km)
        seen = _seen_from_row(
            row, apart_km, question, states, half, masked=masked[:, cut.segment[here]]
        )
        # Rows that look at one place miss independently; their weakest places need not be the same,
        # so that the product is a lower bound there.
        missed[:, :, here] *= 1.0 - seen
    mean, told, least = 1.0 - missed
    return PostsSee(mean=cut.by_segment(mean), told=cut.by_segment(told), least=cut.weakest(least))


def _seen_from_row(
    row: ExistingPosts,
    apart_km: float,
    question: KitQuestion,
    states: pd.DataFrame,
    half: str,
    *,
    masked: FloatArray,
) -> FloatArray:
    """Mean, recognised and least share that a row of posts sees, ``(3, draws, places, states)``."""
    stand = Force(sensor=row.sensor, patrol_km_h=0.0)
    sensor = sensor_named(row.sensor, half)
    watch = watch_of(stand, question.target)
    even = [
        r50_m(row.sensor, half, moonlight=moon, target=question.target)
        for moon in states["moonlight"]
    ]
    place = _STEPS * np.log(np.multiply.outer(question.drawn["r50_factor"].to_numpy(), even))
    first, last = int(np.floor(place.min())), int(np.floor(place.max())) + 1
    table = np.stack(
        [_table_row(sensor, watch, apart_km * 1000.0, step) for step in range(first, last + 1)]
    )
    # Straight between the rows and between the kinds of ground.
    i = np.minimum((place - first).astype(int), last - first - 1)[:, None, :]
    at_i = (place - first)[:, None, :] - i
    hidden = masked[:, :, None] * (_GROUNDS.size - 1)
    j = np.minimum(hidden.astype(int), _GROUNDS.size - 2)
    at_j = hidden - j
    return np.stack(
        [
            (1.0 - at_i) * ((1.0 - at_j) * kind[i, j] + at_j * kind[i, j + 1])
            + at_i * ((1.0 - at_j) * kind[i + 1, j] + at_j * kind[i + 1, j + 1])
            for kind in np.moveaxis(table, 1, 0)
        ]
    )


# Rows of R50 to a factor of e, shares of the ground out of sight, and places between a post and the middle
# to the next, of the tables of posts.
_STEPS = 16
_GROUNDS = np.linspace(0.0, 1.0, 13)
_PLACES = 129


@lru_cache(maxsize=8192)
def _table_row(sensor: Sensor, watch: Watch, apart_m: float, step: int) -> FloatArray:
    """Mean, recognised and least share by ground, of posts with one R50: ``(3, grounds)``."""
    even = np.exp(step / _STEPS)
    mean, least = _evenly_spaced(sensor, watch, apart_m, even)
    ratio = r50_m(sensor, "night", task="recognise") / r50_m(sensor, "night")
    told, _ = _evenly_spaced(sensor, replace(watch, task="recognise"), apart_m, even * ratio)
    return np.stack([mean, told, least])


def _evenly_spaced(
    sensor: Sensor, watch: Watch, apart_m: float, even_m: float
) -> tuple[FloatArray, FloatArray]:
    # A range that holds the ground already is the same on all of it.
    grounds = _GROUNDS[:1] if sensor.includes_mask else np.minimum(_GROUNDS, MOST_MASKED)
    offset, curves = lateral_curves(sensor, "night", even_m, grounds, watch=watch)
    mean, least = np.empty(_GROUNDS.size), np.zeros(_GROUNDS.size)
    for g in range(_GROUNDS.size):
        curve = np.ascontiguousarray(curves[:, min(g, grounds.size - 1)])
        if apart_m >= 2.0 * offset[-1]:
            # No place is seen from two posts: a mean is a width over a distance, and between them
            # nobody is seen.
            mean[g] = 2.0 * np.trapezoid(curve, offset) / apart_m
            continue
        found = posts_seen(offset, curve, np.array([apart_m]), watch.correlation, _PLACES)
        mean[g], least[g] = found[0][0], found[1][0]
    return mean, least
