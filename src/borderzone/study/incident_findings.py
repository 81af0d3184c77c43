"""Incidents in a study: where they may lie, on what ground, where crossings are expected, what they show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from borderzone import datasets, incidents, io
from borderzone._guards import guarded, written_option
from borderzone.crs import in_degrees
from borderzone.errors import DataError, InvalidGeometryError, InvalidScenarioError, NoOverlapError
from borderzone.incidents.placing.covered_ground import ground_words, rated_regions
from borderzone.incidents.placing.events_on_ground import GROUNDS, GroundLayers, ground_classes
from borderzone.incidents.reading.checking import assumptions
from borderzone.incidents.table_coverage import country_words, row_countries
from borderzone.study.given import EMBEDDED, vector_layer
from borderzone.study.result import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone._typing import BoolArray
    from borderzone.corridor import Corridor
    from borderzone.io import Record
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = [
    "EventPlaces",
    "IncidentFindings",
    "Reported",
    "event_ground",
    "hotspots_of",
    "load_incidents",
]

_LEVELS = {"districts": "admin2", "provinces": "admin1"}
_EDGE_DEG = 0.1
_MOST_SHARED = 0.05  # of the smaller of two polygons: edges of two sources never agree to the metre


@dataclass(frozen=True, kw_only=True, eq=False)
class EventPlaces:
    """
    The layers of a study in which vague incidents are placed.

    Attributes
    ----------
    districts, provinces
        Polygons, EPSG:4326; None where there are none.
    own
        Names of those that the user gave.
    """

    districts: gpd.GeoDataFrame | None
    provinces: gpd.GeoDataFrame | None
    own: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, districts: Any, provinces: Any, corridor: Corridor, records: list[Record]
    ) -> EventPlaces:
        """Read the layers, and refuse what no incident of this corridor can be placed in."""
        found: dict[str, gpd.GeoDataFrame | None] = {}
        for name, source in (("districts", districts), ("provinces", provinces)):
            if source is None or (isinstance(source, str) and source == EMBEDDED):
                found[name] = None if source is None else datasets.admin1()
                continue
            found[name] = _polygons(vector_layer(source, name, records), name)
            _check_reach(found[name], name, corridor)
        own = tuple(name for name, table in found.items() if table is not None)
        usual = isinstance(provinces, str) and provinces == EMBEDDED
        return cls(**found, own=tuple(name for name in own if name == "districts" or not usual))

    def regions(self, events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Give each incident the region in which it may lie."""
        return incidents.regions(events, admin1=self.provinces, admin2=self.districts)

    def told(self, events: gpd.GeoDataFrame, placed: gpd.GeoDataFrame) -> tuple[str, ...]:
        """Say which layer placed how many incidents, and how many lie in none."""
        words = []
        basis = placed["basis"].astype(str)
        excluded = (placed["kind"] == "excluded").to_numpy()
        for name, level in _LEVELS.items():
            needed = _known_to(events, level)
            one = name.removesuffix("s")
            inside = basis.str.startswith(f"{level} polygon").to_numpy() & needed
            n, n_in, n_none = int(needed.sum()), int(inside.sum()), int((needed & excluded).sum())
            if name in self.own:
                if n and not n_in:
                    msg = (
                        f"{name}: none of the {n:,} incidents known only to a {one} lies in these "
                        f"polygons; check the layer and its CRS, or leave {name} out"
                    )
                    raise NoOverlapError(msg)
                _refuse_part(name, getattr(self, name), events, needed & ~inside, inside)
                words.append(_words(one, n, n_in, n_none))
            elif n_none:
                words.append(
                    f"{_incidents(n_none)} known only to a {one} {_lie(n_none)} in no polygon of this "
                    f"study and {'is' if n_none == 1 else 'are'} left out: "
                    f"{written_option(name, f'{name}.gpkg')} places them."
                )
        return tuple(words)


def _refuse_part(
    name: str, layer: Any, events: gpd.GeoDataFrame, lacking: BoolArray, inside: BoolArray
) -> None:
    """Refuse a layer that holds some of a country's incidents and not others: it does not cover it."""
    rows = np.flatnonzero(lacking)
    if not len(rows):
        return
    # What lies within some 10 km of a polygon lies beside an edge that was drawn otherwise.
    nearest = layer.geometry.to_numpy()[
        layer.sindex.nearest(events.geometry.iloc[rows], return_all=False)[1]
    ]
    far = rows[shapely.distance(nearest, events.geometry.to_numpy()[rows]) > _EDGE_DEG]
    countries = row_countries(events)
    reached = {code for row in np.flatnonzero(inside) for code in countries[row]}
    mine = [row for row in far if reached & set(countries[row])]
    if mine:
        codes = sorted(reached & {code for row in mine for code in countries[row]})
        one = name.removesuffix("s")
        msg = (
            f"{name}: these polygons do not cover {country_words(codes)}: {_incidents(len(mine))} known only "
            f"to a {one} {_lie(len(mine))} in none of them, and others do. Give {name} of the whole country, "
            f"or leave {name} out"
        )
        raise NoOverlapError(msg)


def _words(one: str, n: int, n_in: int, n_none: int) -> str:
    if not n:
        return f"No incident is known only to a {one}: the {one}s given place none."
    other = n - n_in - n_none
    rest = [f"{other:,} in their province"] if other else []
    rest += (
        [f"{n_none:,} {_lie(n_none)} in none and {'is' if n_none == 1 else 'are'} left out"]
        if n_none
        else []
    )
    more = f"; {' and '.join(rest)}" if rest else ""
    return (
        f"Of {_incidents(n)} known only to a {one} {n_in:,} are placed in the {one}s given{more}."
    )


def _incidents(number: int) -> str:
    return f"{number:,} incident{'' if number == 1 else 's'}"


def _lie(number: int) -> str:
    return "lies" if number == 1 else "lie"


def _known_to(events: gpd.GeoDataFrame, level: str) -> BoolArray:
    """Tell which usable incidents stand under a code that is known to a polygon of a level."""
    books = incidents.CODEBOOKS
    schemes = events["where_scheme"].fillna("").astype(str).str.strip().str.lower()
    codes = events["where_prec"].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    pairs = pd.Series(list(zip(schemes.replace("", "ucdp"), codes, strict=True)))
    known = {
        pair: (kernel := books.get(pair[0], {}).get(pair[1])) is not None
        and (kernel.shape, kernel.level) == ("polygon", level)
        for pair in set(pairs)
    }
    usable = (events["status"] != "quarantined") & ~(events["radius_km"] > 0)
    found: BoolArray = pairs.map(known).to_numpy(dtype=bool) & usable.to_numpy(dtype=bool)
    return found


def _polygons(layer: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Take polygons that lie beside each other, in degrees."""
    table = in_degrees(layer, name).reset_index(drop=True)
    shapes = table.geometry
    odd = ~shapes.geom_type.isin(("Polygon", "MultiPolygon")) | shapes.is_empty
    if not len(table) or odd.any():
        what = "it has no rows"
        if len(table):
            row = int(np.flatnonzero(odd)[0])
            kind = shapes.iloc[row].geom_type if shapes.iloc[row] else "shape without ground"
            what = f"row {row + 1} is a {kind}"
        msg = f"{name} must be polygons, one for each {name.removesuffix('s')}: {what}"
        raise InvalidGeometryError(msg)
    valid = shapely.make_valid(shapes.to_numpy())
    kept = [_areas_alone(shape) for shape in valid]
    table = table.set_geometry(gpd.GeoSeries(kept, crs=4326))
    _refuse_overlaps(np.asarray(kept, dtype=object), name)
    return table


def _areas_alone(shape: Any) -> Any:
    """Leave out the lines and points that mending a polygon leaves."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.union_all([p for p in shapely.get_parts(shape) if shapely.area(p) > 0])


def _refuse_overlaps(shapes: Any, name: str) -> None:
    """Refuse two polygons that share ground: the one that holds a point would hang on their order."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    if not len(first):
        return
    area = shapely.area(shapes)
    shared = shapely.area(shapely.intersection(shapes[first], shapes[second]))
    wrong = np.flatnonzero(shared > _MOST_SHARED * np.minimum(area[first], area[second]))
    if len(wrong):
        a, b = int(first[wrong[0]]) + 1, int(second[wrong[0]]) + 1
        msg = (
            f"{name} overlap: rows {a} and {b} share ground ({_pairs(len(wrong))} in all); give "
            "polygons of one level, which lie beside each other"
        )
        raise InvalidGeometryError(msg)


def _pairs(number: int) -> str:
    return f"{number:,} pair{'' if number == 1 else 's'}"


def _check_reach(table: Any, name: str, corridor: Corridor) -> None:
    outline = shapely.union_all(corridor.outline.to_crs(4326).to_numpy())
    if shapely.intersects(table.geometry.to_numpy(), outline).any():
        return
    box = ", ".join(f"{edge:.1f}" for edge in table.total_bounds)
    there = ", ".join(f"{edge:.1f}" for edge in shapely.bounds(outline))
    msg = (
        f"{name}: none of these polygons reaches the corridor (west, south, east, north: they lie in {box}, "
        f"the corridor in {there}); check the layer and its CRS, or leave {name} out"
    )
    raise NoOverlapError(msg)


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
    counts = incidents.ground_counts(found)
    kept = counts.attrs
    counts.insert(
        2,
        "area_km2",
        _areas_km2(counts, GroundLayers.of(flags, attrs, hours, None), ground),
    )
    counts.attrs = kept
    return found, counts


def _areas_km2(counts: pd.DataFrame, layers: GroundLayers, ground: Ground) -> list[float]:
    """Area of each class in the corridor, sea included; none of what lies outside."""
    segment = ground.corridor.cells(layers.grid)["segment"].to_numpy()
    cells = np.flatnonzero(segment >= 0)
    classes = ground_classes(layers.values(cells), cells)
    one = layers.grid.cell_area_km2
    return [
        np.nan
        if row.ground == "outside"
        else one * sum(int(classes[name].sum()) for name in GROUNDS[row.kind, row.ground])
        for row in counts.itertuples()
    ]


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
        return io.file_records(source, name="incidents")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in (".kml", ".kmz"))
    return io.file_records(files, name="incidents")


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
    demo
        The findings on a synthetic set, which show the method and say nothing about the border.
    """

    _figure = "incident_overlay"

    events: gpd.GeoDataFrame | None = None
    placed: gpd.GeoDataFrame | None = None
    account: incidents.Account | None = None
    coverage: str = ""
    credit: str = ""
    assumed: tuple[str, ...] = ()
    overlay: pd.DataFrame | None = None
    on_ground: pd.DataFrame | None = None
    ground_counts: pd.DataFrame | None = None
    exposure: pd.DataFrame | None = None
    enrichment: pd.DataFrame | None = None
    pressure: pd.DataFrame | None = None
    hotspots: incidents.Hotspots | None = None
    demo: IncidentFindings | None = None

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
        account = incidents.account(events, ground.corridor, **how)
        by_event, counts = event_ground(events, ground, scenario, how)
        found = cls(
            events=events,
            placed=reported.placed,
            account=account,
            coverage=reported.coverage,
            credit=_credit(reported),
            assumed=tuple(assumptions(events)),
            on_ground=by_event,
            ground_counts=counts,
            pressure=reported.pressure,
        )
        # Of events that have no place nothing is known by zone: such a number is not 0.
        if zones is None or zones.empty or not account.any_placed:
            return found
        return replace(
            found,
            overlay=_in_words(incidents.overlay(events, zones, corridor=ground.corridor, **how)),
            exposure=_exposure(events, ground, how),
            enrichment=_enrichment(events, ground, how),
            demo=_demo(ground, reported.places, scenario, seed),
        )


def _demo(
    ground: Ground, places: EventPlaces | None, scenario: Scenario, seed: int
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
