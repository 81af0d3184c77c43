"""What the incidents of a study show against its ground: zones, rates, equal distances."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from borderzone import datasets, incidents
from borderzone.errors import DataError, NoOverlapError
from borderzone.incidents.reading.verdict import assumptions
from borderzone.study.event_ground import event_ground

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from borderzone.corridor import Corridor
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground
    from borderzone.study.weighting import Reported

__all__ = ["IncidentFindings", "hotspots_of"]


@dataclass(frozen=True, kw_only=True, eq=False)
class IncidentFindings:
    """
    What incidents show, each finding None where the study cannot give it.

    Attributes
    ----------
    overlay
        Expected number of incidents in each zone, with bands and in words.
    demo_incidents, demo_overlay
        A synthetic set and its overlay, which show the method.
    exposure
        Rates on flagged and other ground, as from `borderzone.incidents.exposure_ratios`.
    enrichment
        The same at equal distance from roads and towns, as from
        `borderzone.incidents.enrichment_table`.
    event_credit
        Whose the incidents are, and when they were fetched.
    assumed
        What was assumed when the table was read, in sentences.
    account, demo_account
        Where all rows of the table and of the synthetic set went.
    on_ground, ground_counts
        On what ground each event happened, and how many by class of ground.
    incident_coverage
        Countries and period that the table covers, in sentences.
    """

    overlay: pd.DataFrame | None = None
    demo_incidents: gpd.GeoDataFrame | None = None
    demo_overlay: pd.DataFrame | None = None
    exposure: pd.DataFrame | None = None
    enrichment: pd.DataFrame | None = None
    event_credit: str = ""
    assumed: tuple[str, ...] = ()
    account: incidents.Account | None = None
    demo_account: incidents.Account | None = None
    on_ground: pd.DataFrame | None = None
    ground_counts: pd.DataFrame | None = None
    incident_coverage: str = ""

    @classmethod
    def of(
        cls, ground: Ground, reported: Reported, scenario: Scenario, seed: int
    ) -> IncidentFindings:
        """Hold incidents against the ground."""
        events, zones, places = reported.events, ground.zones, reported.places
        if events is None:
            return cls()
        credit, assumed = _credit(reported), tuple(assumptions(events))
        drawn: dict[str, Any] = {"draws": scenario.imputations, "seed": seed}
        how = drawn | {"regions": reported.placed}
        account = incidents.account(events, ground.corridor, **how)
        by_event, counts = event_ground(events, ground, scenario, how)
        told: dict[str, Any] = {
            "event_credit": credit,
            "assumed": assumed,
            "account": account,
            "incident_coverage": reported.coverage,
            "on_ground": by_event,
            "ground_counts": counts,
        }
        # Of events that have no place nothing is known by zone: such a number is not 0.
        if zones is None or zones.empty or not account.any_placed:
            return cls(**told)
        provinces = datasets.admin1() if places is None else places.provinces
        demo = incidents.synthetic(
            ground.corridor, seed=seed, places=ground.furniture.get("places"), admin1=provinces
        )
        demo_how = drawn | {"admin1": provinces}
        return cls(
            overlay=_in_words(incidents.overlay(events, zones, corridor=ground.corridor, **how)),
            demo_incidents=demo,
            demo_overlay=incidents.overlay(demo, zones, corridor=ground.corridor, **demo_how),
            exposure=_exposure(events, ground, how),
            enrichment=_enrichment(events, ground, how),
            **told,
            demo_account=incidents.account(demo, ground.corridor, **demo_how),
        )

    def as_fields(self) -> dict[str, Any]:
        """Give the findings by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def hotspots_of(
    asked: incidents.HotspotOptions | None, reported: Reported, corridor: Corridor, seed: int
) -> tuple[incidents.Hotspots | None, tuple[str, ...]]:
    """Look for hot spots where asked, or say in a note why the table cannot have any."""
    if asked is None or reported.events is None:
        return None, ()
    try:
        found = incidents.find_hotspots(
            reported.events, corridor, asked, regions=reported.placed, seed=seed
        )
    except DataError as error:  # too few events: the study stands without
        return None, (f"No hot spots: {error}.",)
    return found, ()


def _credit(reported: Reported) -> str:
    own = next((record for record in reported.records if record.name == "article_incidents"), None)
    if own is not None:
        return own.attribution.rstrip(".")
    return incidents.credit_line(reported.events)


def _in_words(overlay: pd.DataFrame) -> pd.DataFrame:
    attrs = overlay.attrs
    overlay = overlay.assign(in_words=incidents.zone_sentences(overlay))
    overlay.attrs = attrs
    return overlay


def _exposure(events: Any, ground: Ground, how: dict[str, Any]) -> pd.DataFrame | None:
    try:
        return incidents.exposure_ratios(events, ground.zones, ground.corridor, **how)
    except NoOverlapError:
        return None


def _enrichment(events: Any, ground: Ground, how: dict[str, Any]) -> pd.DataFrame | None:
    """Strata of equal distance, the method that needs no further library."""
    roads = ground.roads if ground.roads is None or len(ground.roads) else None
    try:
        return incidents.enrichment_table(
            events,
            ground.zones,
            ground.corridor,
            roads=roads,
            towns=ground.furniture.get("places"),
            methods=("matched",),
            **how,
        )
    except (DataError, NoOverlapError):
        return None
