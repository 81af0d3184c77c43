"""Incidents in a study: where they may lie, on what ground, where crossings are expected, what they show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from borderzone import datasets, incidents, io
from borderzone._guards import guarded
from borderzone.errors import DataError, InvalidScenarioError, NoOverlapError
from borderzone.study.given import EMBEDDED, vector_layer
from borderzone.study.result import Finding, Later

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from borderzone.corridor import Corridor
    from borderzone.incidents.hotspots import Hotspots
    from borderzone.incidents.placing.overlaying import Account
    from borderzone.io import Record
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = [
    "IncidentFindings",
    "Reported",
    "event_ground",
    "event_polygons",
    "hotspots_of",
    "load_incidents",
]


def event_polygons(
    districts: Any, provinces: Any, corridor: Corridor, records: list[Record]
) -> incidents.EventPolygons:
    """Read the layers of a study in which vague incidents are placed."""
    found: dict[str, gpd.GeoDataFrame | None] = {}
    for name, source in (("districts", districts), ("provinces", provinces)):
        if source is None or (isinstance(source, str) and source == EMBEDDED):
            found[name] = None if source is None else datasets.admin1()
        else:
            layer = vector_layer(source, name, records)
            found[name] = incidents.EventPolygons.layer(layer, name, corridor)
    usual = isinstance(provinces, str) and provinces == EMBEDDED
    own = [name for name, table in found.items() if table is not None]
    return incidents.EventPolygons(
        **found, own=tuple(name for name in own if name == "districts" or not usual)
    )


_FLAGS = ("remote_desert", "cave_prone")
_ATTRS = ("slope_deg", "relief_m", "elevation_m")


def event_ground(
    events: gpd.GeoDataFrame, ground: Ground, scenario: Scenario, how: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame] | tuple[None, None]:
    """
    Look up the ground of a study under all places where its incidents may have happened.

    Hours are those of the force, in its mode: across the border from it no way leads.
    """
    layers = ground.layers
    if layers is None or not {*_FLAGS, *_ATTRS} & set(layers):
        return None, None
    flags, attrs = (layers[[n for n in names if n in layers]] for names in (_FLAGS, _ATTRS))
    hours = layers.get(f"hours_{scenario.force.mode.split('_')[0]}")
    found = incidents.on_ground(events, flags, attrs, hours=hours, corridor=ground.corridor, **how)
    counts = incidents.ground_counts(found, flags, attrs, hours=hours, corridor=ground.corridor)
    return found, counts


def load_incidents(
    source: Any,
    corridor: Corridor,
    seed: int,
    records: list[io.Record],
    **how: Any,
) -> gpd.GeoDataFrame | None:
    """Read the incident table of a study."""
    if source is None:
        return None
    if isinstance(source, str) and source == EMBEDDED:
        records.append(datasets.record("article_incidents"))
        return incidents.read(datasets.article_incidents())
    if isinstance(source, str) and source == "synthetic":
        return incidents.synthetic(corridor, seed=seed)
    events = incidents.read(source, corridor=corridor, options=incidents.ReadOptions(**how))
    if isinstance(source, (str, Path)):
        records.extend(_credited(record, events) for record in _files_of(source))
    return events


def _files_of(source: str | Path) -> list[io.Record]:
    folder = Path(source)
    if not folder.is_dir():
        return io.Record.of_files(source, name="incidents")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".kml", ".kmz"))
    return io.Record.of_files(files, name="incidents")


def _credited(record: io.Record, events: gpd.GeoDataFrame) -> io.Record:
    """Credit a file by whose rows it holds, unless a record beside it does."""
    if record.attribution:
        return record
    told = incidents.terms(events)
    return replace(
        record,
        licence="; ".join(dict.fromkeys(told["licence"])) or record.licence,
        attribution=incidents.credit_line(events),
        citation="; ".join(dict.fromkeys(told["citation"])),
    )


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
    account
        Where all its rows went; None for a table without rows.
    """

    events: gpd.GeoDataFrame | None
    records: tuple[Record, ...]
    pressure: pd.DataFrame | None
    places: incidents.EventPolygons | None = None
    placed: gpd.GeoDataFrame | None = None
    notes: tuple[str, ...] = ()
    coverage: str = ""
    account: Account | None = None

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
        words = incidents.ground_words(events, corridor)
        places = event_polygons(*polygons, corridor, records)
        placed = places.regions(events)
        notes = places.told(events, placed)
        if incidents.coverage(events).countries:
            notes = (*notes, f"Incidents: {words}")
        found = None
        account = incidents.account(
            events, corridor, regions=placed, draws=scenario.imputations, seed=seed
        )
        if account.any_placed:
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
            account=account,
        )


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class IncidentFindings(Finding):
    """
    What was reported, and what it shows; each finding is None where the study cannot give it.

    Attributes
    ----------
    events
        Every row of the incident table, with its status.
    placed
        Where each may lie, as from `borderzone.incidents.regions` with the districts and
        provinces of the study.
    account
        Where all rows of the table went.
    coverage
        Countries and period that the table covers, in sentences.
    credit
        Whose the incidents are, and when they were fetched.
    assumed
        What was assumed when the table was read, in sentences.
    overlay
        Expected number of incidents in each zone, with bands and in words.
    on_ground
        On what ground each event happened, with bands and what its coded point would say.
    ground_counts
        Expected number of incidents by class of ground, with bands.
    exposure
        Rates on flagged and other ground, as from `borderzone.incidents.exposure_ratios`.
    enrichment
        The same at equal distance from roads and towns, as from
        `borderzone.incidents.enrichment_table`, a null result as such.
    pressure
        Weights of segments by the incidents, with bands.
    hotspots
        Where and when incidents are more than by chance, as from `borderzone.incidents.find_hotspots`;
        None where the study does not ask for it.
    """

    _figure = "incident_overlay"
    _put_off = ("demo",)

    events: gpd.GeoDataFrame | None = None
    placed: gpd.GeoDataFrame | None = None
    account: Account | None = None
    coverage: str = ""
    credit: str = ""
    assumed: tuple[str, ...] = ()
    overlay: pd.DataFrame | None = None
    on_ground: pd.DataFrame | None = None
    ground_counts: pd.DataFrame | None = None
    exposure: pd.DataFrame | None = None
    enrichment: pd.DataFrame | None = None
    pressure: pd.DataFrame | None = None
    hotspots: Hotspots | None = None

    @property
    def demo(self) -> IncidentFindings | None:
        """
        The findings on a synthetic set, which show the method and say nothing about the border.

        Returns
        -------
        IncidentFindings or None
            None where nothing could be laid over zones.
        """
        found: IncidentFindings | None = self._asked_for("demo")
        return found

    @classmethod
    def of(
        cls, ground: Ground, reported: Reported, scenario: Scenario, seed: int
    ) -> IncidentFindings:
        """Hold incidents against the ground."""
        events, zones = reported.events, ground.zones
        if events is None:
            return cls()
        how: dict[str, Any] = {
            "draws": scenario.imputations,
            "seed": seed,
            "regions": reported.placed,
        }
        account = reported.account or incidents.account(events, ground.corridor, **how)
        by_event, counts = event_ground(events, ground, scenario, how)
        found = cls(
            events=events,
            placed=reported.placed,
            account=account,
            coverage=reported.coverage,
            credit=_credit(reported),
            assumed=tuple(incidents.TableCheck(events).assumptions()),
            on_ground=by_event,
            ground_counts=counts,
            pressure=reported.pressure,
        )
        # Of events that have no place nothing is known by zone: such a number is not 0.
        if zones is None or zones.empty or not account.any_placed:
            return found
        return found.with_tables(
            overlay=_in_words(incidents.overlay(events, zones, corridor=ground.corridor, **how)),
            exposure=_exposure(events, ground, how),
            enrichment=_enrichment(events, ground, how),
            demo=Later(lambda: _demo(ground, reported.places, scenario, seed)),
        )


def _demo(
    ground: Ground, places: incidents.EventPolygons | None, scenario: Scenario, seed: int
) -> IncidentFindings:
    """Draw a synthetic set, which shows what an overlay is."""
    provinces = datasets.admin1() if places is None else places.provinces
    demo = incidents.synthetic(
        ground.corridor, seed=seed, places=ground.furniture.get("places"), admin1=provinces
    )
    how: dict[str, Any] = {
        "draws": scenario.imputations,
        "seed": seed,
        "regions": incidents.regions(demo, admin1=provinces),
    }
    return IncidentFindings(
        events=demo,
        account=incidents.account(demo, ground.corridor, **how),
        overlay=incidents.overlay(demo, ground.zones, corridor=ground.corridor, **how),
    )


def hotspots_of(
    asked: incidents.HotspotOptions | None, reported: Reported, corridor: Corridor, seed: int
) -> tuple[Hotspots | None, tuple[str, ...]]:
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
    assert reported.events is not None  # noqa: S101 - who asks has looked
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
    roads = ground.roads if ground.roads is None or len(ground.roads) else None
    try:
        return incidents.enrichment_table(
            events,
            ground.zones,
            ground.corridor,
            held_equal={"roads": roads, "towns": ground.furniture.get("places")},
            **how,
        )
    except (DataError, NoOverlapError):
        return None
