"""What a comparison of flagged with unflagged ground showed, in numbers and in words."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import pandas as pd

from borderzone._guards import guarded
from borderzone.incidents.comparing.compared_cells import DISTANCES
from borderzone.incidents.placing.sentences import listed

__all__ = ["FEWEST_EVENTS", "Enrichment"]

FEWEST_EVENTS = 5.0
"""Events with ground of both kinds to compare, below which no ratio is given."""

_THIN_OVERLAP = 0.5


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Enrichment:
    """
    What a comparison of flagged with unflagged ground showed, a null result included.

    Attributes
    ----------
    ratio, low, high
        Rate of events per km² and month on flagged over that on unflagged
        ground at equal distances, with its band; NaN where it cannot be told.
    confidence
        Confidence of the band.
    p_value
        Chance of a ratio so far from 1 if the rates were equal.
    smallest_ratio
        Smallest ratio above 1 that such data would tell from 1 four times in five.
    crude_ratio, crude_low, crude_high
        The same with nothing held equal: what roads and towns make of it.
    method
        "poisson" or "matched".
    held_equal
        Distances held equal, in words.
    events, events_flagged, events_compared
        Events in the cells, on flagged ones, and with ground of both kinds
        to compare; means over the imputations.
    rate_flagged, rate_unflagged
        Events per 1,000 km² and month, nothing held equal; NaN without months.
    months
        Length of the period; NaN if unknown.
    cells, cells_flagged, cell_km
        Cells compared, how many of them are flagged, and their side. Units: km.
    flagged_km2, unflagged_km2
        Ground compared. Units: km².
    overlap_share
        Share of the flagged ground that has unflagged ground at equal distances.
    median_error_km
        Median position error of the events that may lie in the cells. Units: km.
    dispersion
        How much more uneven counts are than chance makes them, 1 or more.
    missing_share
        Share of the variance owed to not knowing the positions.
    df
        Degrees of freedom of the band.
    draws, draws_filled
        Imputations, and those in which one kind of ground had no event and
        half an event was added to both.
    kinds
        Kinds of flag.
    label
        "SYNTHETIC DATA" or "".
    ground
        Ground of the countries that the table covers, where that is less than the corridor; else
        "".
    """

    ratio: float
    low: float
    high: float
    confidence: float
    p_value: float
    smallest_ratio: float
    crude_ratio: float
    crude_low: float
    crude_high: float
    method: str
    held_equal: tuple[str, ...]
    events: float
    events_flagged: float
    events_compared: float
    rate_flagged: float
    rate_unflagged: float
    months: float
    cells: int
    cells_flagged: int
    cell_km: float
    flagged_km2: float
    unflagged_km2: float
    overlap_share: float
    median_error_km: float
    dispersion: float
    missing_share: float
    df: float
    draws: int
    draws_filled: int
    kinds: tuple[str, ...] = ()
    label: str = ""
    ground: str = ""

    @property
    def verdict(self) -> str:
        """
        Name the outcome.

        Returns
        -------
        str
            "more", "fewer", "no difference shown" or "cannot tell".
        """
        if not math.isfinite(self.ratio):
            return "cannot tell"
        if self.low > 1:
            return "more"
        return "fewer" if self.high < 1 else "no difference shown"

    def sentence(self) -> str:
        """
        Say in plain words what was found, and what could not have been.

        Returns
        -------
        str
            A few sentences.
        """
        head = f"{self.label}: " if self.label else ""
        equal = f"at equal distance from {listed(self.held_equal)}"
        n = f"{self.events_compared:.0f} event{'' if round(self.events_compared) == 1 else 's'}"
        if self.verdict == "cannot tell":
            return (
                f"{head}Cannot tell: {n} with ground of both kinds to compare {equal} are too few for a "
                f"ratio (at least {FEWEST_EVENTS:.0f} are needed, and a fit that holds one)."
            )
        ratio = f"ratio {self.ratio:.2g} ({self.low:.2g} to {self.high:.2g}) {equal}"
        crude = f"with nothing held equal it would read {self.crude_ratio:.2g}"
        if self.verdict == "no difference shown":
            said = (
                f"No difference shown: {ratio}; {n} cannot tell a ratio below "
                f"{self.smallest_ratio:.2g} from 1 ({crude})."
            )
        else:
            said = f"{self.verdict.capitalize()} events on flagged ground: {ratio}, {n} ({crude})."
        if self.overlap_share < _THIN_OVERLAP:
            said += (
                f" Only {self.overlap_share:.0%} of the flagged ground has unflagged ground equally far "
                "away, so most of it is compared by the model alone or not at all."
            )
        left_out = [name for name in DISTANCES.values() if name not in self.held_equal]
        if left_out:
            said += f" Distance from {listed(left_out)} was not given and is not held equal."
        if self.ground:
            said += f" Compared is {self.ground} alone, which is what the table covers."
        return f"{head}{said} Events are where something was reported."

    def to_frame(self) -> pd.DataFrame:
        """
        Give the record as a table of one row.

        Returns
        -------
        pandas.DataFrame
            A column for each attribute, with verdict and sentence.
        """
        row = {
            name: ", ".join(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }
        return pd.DataFrame([{**row, "verdict": self.verdict, "sentence": self.sentence()}])
