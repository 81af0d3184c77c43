"""Events counted by segment and period, as far as their dates are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from borderzone._guards import check_choice
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from borderzone._typing import FloatArray, IntArray
    from borderzone.incidents.hotspots.place import Placed

__all__ = ["Calendar", "period_counts", "periods_of"]

_FREQUENCIES = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}


class Calendar(NamedTuple):
    """
    Neighbouring periods.

    Attributes
    ----------
    name
        "week", "month", "quarter" or "year".
    first_day, last_day
        Of each period.
    days
        Length of each period. Units: days.
    """

    name: str
    first_day: Any
    last_day: Any
    days: FloatArray


def periods_of(placed: Placed, period: str) -> Calendar:
    """Give the periods from the first to the last dated event."""
    check_choice(period, "period", _FREQUENCIES)
    dated = ~(np.isnat(placed.date_start) | np.isnat(placed.date_end))
    if not dated.any():
        msg = "no event has a date: a scan of space and time needs dates"
        raise InvalidParameterError(msg)
    frequency = _FREQUENCIES[period]
    spans = pd.period_range(
        placed.date_start[dated].min(), placed.date_end[dated].max(), freq=frequency
    )
    first = spans.start_time.to_numpy().astype("datetime64[D]")
    last = spans.end_time.to_numpy().astype("datetime64[D]")
    length = (last - first).astype(int) + 1.0
    return Calendar(name=period, first_day=first, last_day=last, days=length)


def period_counts(placed: Placed, calendar: Calendar) -> tuple[IntArray, dict[str, Any]]:
    """Count events by imputation, segment and period."""
    n_segments, n_periods = len(placed.corridor.segments), len(calendar.days)
    first = np.searchsorted(calendar.first_day, placed.date_start, side="right") - 1
    last = np.searchsorted(calendar.first_day, placed.date_end, side="right") - 1
    dated = ~(np.isnat(placed.date_start) | np.isnat(placed.date_end))
    sharp = dated & (first == last)
    event, draw = np.nonzero(placed.inside & sharp[:, None])
    flat = (draw * n_segments + placed.segment[event, draw]) * n_periods + first[event]
    size = placed.draws * n_segments * n_periods
    counts = np.bincount(flat, minlength=size).reshape(placed.draws, n_segments, n_periods)
    near = placed.inside.any(axis=1)
    told = {
        "period": calendar.name,
        "n_left_out_dates": int((near & ~sharp).sum()),
        "why_left_out_dates": f"date unknown or spans more than one {calendar.name}",
    }
    return counts, told
