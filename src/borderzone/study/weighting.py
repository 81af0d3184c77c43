"""Where a study expects crossings, and what a plan for one expectation is worth under another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from borderzone import incidents, patrol
from borderzone.errors import InvalidScenarioError
from borderzone.incidents.placing.covered_ground import ground_words, rated_regions
from borderzone.study.by_block import EMBEDDED
from borderzone.study.event_places import EventPlaces
from borderzone.study.inputs import load_incidents

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from borderzone.corridor import Corridor
    from borderzone.io import Record
    from borderzone.scenario import Scenario

__all__ = ["Reported", "by_weights"]

# Units on station at which plans are set side by side, beside those of the scenario.
_UNITS = (10, 30, 100, 300, 1000, 3000)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reported:
    """
    The incidents of a study and the weights of segments that they make.

    Attributes
    ----------
    events
        Incident table; None without one.
    records
        Where it came from.
    pressure
        As from `borderzone.incidents.pressure_weights`; None without incidents that can be placed.
    places
        The layers in which vague ones are placed.
    placed
        Where each may lie, as from `borderzone.incidents.regions`.
    notes
        Which layer placed how many.
    coverage
        Countries and period that the table covers, in sentences.
    """

    events: gpd.GeoDataFrame | None
    records: tuple[Record, ...]
    pressure: pd.DataFrame | None
    places: EventPlaces | None = None
    placed: gpd.GeoDataFrame | None = None
    notes: tuple[str, ...] = ()
    coverage: str = ""

    @classmethod
    def of(
        cls,
        source: Any,
        corridor: Corridor,
        scenario: Scenario,
        seed: int,
        *,
        polygons: tuple[Any, Any] = (None, EMBEDDED),
        **how: Any,
    ) -> Reported:
        """Read the incidents and weigh the segments by them."""
        records: list[Record] = []
        events = load_incidents(source, corridor, seed, records, **how)
        if events is None or not len(events):
            if scenario.weights == "incidents":
                msg = (
                    'weights = "incidents" needs a table of incidents: name one in the study, or '
                    'take weights = "uniform"'
                )
                raise InvalidScenarioError(msg)
            return cls(events=events, records=tuple(records), pressure=None)
        # Before the time is spent: a table of other countries is refused.
        words = ground_words(events, corridor)
        places = EventPlaces.of(*polygons, corridor, records)
        placed = places.regions(events)
        notes = places.told(events, placed)
        if incidents.coverage(events).countries:
            notes = (*notes, f"Incidents: {words}")
        found = None
        if (rated_regions(events, regions=placed)["kind"] != "excluded").any():
            found = incidents.pressure_weights(
                corridor, events, regions=placed, draws=scenario.imputations, seed=seed
            )
        elif scenario.weights == "incidents":
            msg = (
                f'weights = "incidents": none of the {len(events):,} incidents can be placed, so that they '
                'weigh nothing; take weights = "uniform"'
            )
            raise InvalidScenarioError(msg)
        return cls(
            events=events,
            records=tuple(records),
            pressure=found,
            places=places,
            placed=placed,
            notes=notes,
            coverage=words,
        )

    def weights(self, scenario: Scenario) -> pd.Series | None:
        """Give the share of crossings of each segment under a scenario."""
        if scenario.weights == "uniform" or self.pressure is None:
            return None
        return self.pressure.set_index("segment")["weight"]


def by_weights(
    corridor: Corridor, segments: pd.DataFrame, pressure: pd.DataFrame | None, scenario: Scenario
) -> pd.DataFrame | None:
    """Put plans for uniform crossings, for those by incidents and for the worst case side by side."""
    rate = f"rate_{scenario.light}"
    if pressure is None or rate not in segments:
        return None
    opinions = {
        "uniform": corridor.segments["length_km"].to_numpy(),
        "incidents": pressure["weight"].to_numpy(),
    }
    counts = {n for n in (*_UNITS, scenario.reference_units) if n <= scenario.max_units}
    return patrol.curve_by_weights(
        segments[rate].to_numpy(),
        opinions,
        unit_counts=sorted(counts or {scenario.max_units}),
        law=scenario.law,
    )
