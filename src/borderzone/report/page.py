"""The report itself: one self-contained page, findings first."""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

import borderzone
from borderzone import figures
from borderzone._guards.escapes import page_value
from borderzone.report.cells import counted
from borderzone.report.readable import (
    answer_small_table,
    answer_table,
    assumptions_table,
    better_data_table,
    flagged_table,
    hindcast_table,
    moves_table,
    named_table,
    plausibility_table,
    required_table,
    segments_table,
    whatif_table,
    zones_table,
)
from borderzone.report.sections import (
    LEDE,
    LIMITS,
    article_facts,
    caves_table,
    caves_words,
    creed,
    crossing_units_table,
    estimate_words,
    event_ground_table,
    excluded_words,
    exposure_table,
    flagged_words,
    ground_table,
    ground_words,
    hotspot_segments_table,
    hotspot_stretches_table,
    hotspot_words,
    index_words,
    inputs_table,
    licence_table,
    light_table,
    night_table,
    overlay_table,
    people,
    reach_words,
    resolution,
    response_table,
    sight_words,
    stability_table,
    watcher_table,
    weights_table,
    zone_words,
)
from borderzone.report.tables import TABLE_WORDS
from borderzone.study import told

if TYPE_CHECKING:
    import pandas as pd

    from borderzone.report.panel.build import Panel
    from borderzone.report.pictures import Picture
    from borderzone.report.public import Edition
    from borderzone.study import StudyResult

__all__ = ["render_page"]


def render_page(
    edition: Edition,
    tables: dict[str, pd.DataFrame],
    pictures: dict[str, Picture],
    comparison: StudyResult | None,
    panel: Panel | None,
) -> str:
    """Write the report as one HTML page that needs no other file."""
    result = edition.result
    sections = [
        _answer(edition, pictures),
        _corridor(edition, pictures),
        _caves(edition, pictures),
        _reach(edition, pictures),
        _units(edition, pictures),
        _crossing(edition, pictures),
        _hangs_on(edition, pictures),
        _plausibility(edition, pictures),
        _better_data(edition),
        _whatif(edition, pictures, comparison),
        _incidents(edition, pictures),
        _hotspots(edition),
        _ranking(edition),
        _limits(edition),
        _data(edition),
        _files(edition, tables),
    ]
    answer, ground = _findings(result)
    return (
        _environment()
        .get_template("template.html")
        .render(
            **_framed(edition, panel),
            headline=f"{result.name}: {told.length_words(result.border, ' of border')}",
            findings=answer,
            answered=answer_small_table(result),
            ground_findings=ground,
            notes=told.flagged_notes(result),
            creed=creed(result),
            people=people(result),
            sections=[section for section in sections if section is not None],
            citation=_citation(edition),
            run_id=result.run_id,
            seed=result.seed,
            detail=edition.detail,
        )
    )


def render_panel(edition: Edition, panel: Panel) -> str:
    """Write the panel alone: under the head of the report, with its style and its policy."""
    head = _part("template.html").partition("<body>")[0]
    page = _environment().from_string(head + _part("panel/alone.html"))
    return page.render(**_framed(edition, panel))


def _environment() -> Environment:
    return Environment(
        loader=FunctionLoader(_part),
        autoescape=True,
        finalize=page_value,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _framed(edition: Edition, panel: Panel | None) -> dict[str, Any]:
    """Give what stands around any page: whose it is, its style, its one script and the panel."""
    script = _script(panel)
    return {
        "name": edition.result.name,
        "lede": LEDE,
        "version": borderzone.__version__,
        "internal": edition.internal,
        "synthetic": edition.result.synthetic,
        "panel": panel,
        "map": None if panel is None else panel.map,
        "panel_css": _part("panel/panel.css"),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        "disclaimer": told.DISCLAIMER,
    }


def _part(name: str) -> str:
    return resources.files("borderzone.report").joinpath(name).read_text(encoding="utf-8")


def _script(panel: Panel | None) -> str:
    """Give the one script of the page; its policy lets no other run."""
    return _part("page.js") if panel is None else _part("panel/panel.js") + _part("page.js")


def _findings(result: StudyResult) -> tuple[list[str], list[str]]:
    """Give the sentences of the answer, and what else the study finds."""
    if result.answer is None:
        return list(result.summary), []
    answer = told.answer_sentences(result)
    return answer, [sentence for sentence in result.summary if sentence not in answer]


def _citation(edition: Edition) -> str:
    result = edition.result
    return (
        f"{result.name}: border study with borderzone {borderzone.__version__}, run {result.run_id}, seed "
        f"{result.seed}, {edition.detail} edition. Planning-level estimates from open data."
    )


def _section(name: str, title: str, **parts: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"paragraphs": [], "points": [], "bands": [], "figures": []}
    section = empty | {"tables": [], "pair": []} | parts
    for kind in ("figures", "pair", "tables"):
        section[kind] = [part for part in section[kind] if part is not None]
    return section | {"id": name, "title": title}


def _answer(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    result = edition.result
    if result.answer is None:
        return None
    return _section(
        "answer",
        "Eyes and people",
        paragraphs=[told.answer_caution(result), *told.standing_words(result)],
        figures=[pictures.get("answer")],
        tables=[answer_table(result)],
    )


def _corridor(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any]:
    result = edition.result
    depths = sorted(set(result.corridor.depth_km.values()))
    deep = " or ".join(f"{depth:g}" for depth in depths)
    words = [
        (
            f"The corridor is all ground whose nearest point of the border is at most {deep} km "
            f"away: {result.corridor.area_km2:,.0f} km² in {counted(len(result.segments), 'segment')}, from "
            f"{result.border.start_name} (km 0) to {result.border.end_name} "
            f"(km {result.border.length_km:,.0f})."
        )
    ]
    if result.zones is not None:
        words.append(
            f"Remote desert is bare ground more than {result.scenario.remote_hours:g} h "
            f"{told.MODE_WORDS[result.scenario.force.mode]} from the nearest {told.origin_words(result)}, from where "
            "the force would answer. Cave-prone is a susceptibility of mapped soluble rock: the rock sets the "
            "least of it, relief, incision, closed depressions and cliffs raise it; where no rock is mapped "
            "it is unknown, which is not the same as none."
        )
    words += [f"{each[0].upper()}{each[1:]}." for each in told.unknowns(result)]
    return _section(
        "corridor",
        "The corridor and its ground",
        paragraphs=words,
        figures=[pictures.get("corridor_map"), pictures.get("strip_map")],
        tables=[
            flagged_table(result),
            moves_table(result),
            named_table(result),
            zones_table(result),
            segments_table(result),
        ],
    )


def _caves(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    words = caves_words(edition.result)
    if not words:
        return None
    return _section(
        "caves",
        "Known caves",
        paragraphs=words,
        figures=[pictures.get("cave_success_rate")],
        tables=[caves_table(edition.result)],
    )


def _reach(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any]:
    result = edition.result
    # The map of hours lies in the folder: what it tells here the three limits tell in less room.
    shown = "remoteness" if "remoteness" in pictures else "travel_time_map"
    names = (shown, "response_times", "race_to_cover", "sight_lines")
    return _section(
        "reach",
        "Reach and sight",
        paragraphs=[*reach_words(result), *sight_words(result)],
        figures=[pictures.get(name) for name in names],
        pair=[pictures.get("night_reach"), pictures.get("month_moon")],
        tables=[response_table(result), night_table(result), light_table(result)],
    )


def _units(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any]:
    result = edition.result
    if result.required is None:
        unknown = f"How many units it takes is {told.nowhere(result, 'units')}."
        return _section("units", "How many units", paragraphs=[unknown])
    answered = result.patrol.by_law is not None and result.scenario.force.ceiling is None
    words = [
        *["The curve reads the answer above the other way."] * answered,
        (
            f"{'Tables' if answered else 'Curve and tables'} below count the scenario's own units, of {result.scenario.force.crew} people, by one "
            "light and as fast at night as by day; “every segment” is no weakest place on it. They tell what is "
            "seen. Where they differ from the answer above, the answer holds: it has none of these simplifications."
        ),
        *told.constants_words(result),
        (
            "“On average” weighs all crossings; “every segment” looks at the one where it is "
            "easiest to get through. Out is who is on the line at this moment, on the payroll is "
            "who must be employed for that, with shifts and leave."
        ),
    ]
    return _section(
        "units",
        "How many units",
        paragraphs=words,
        figures=[pictures.get(name) for name in ("coverage_curve", "allocation", "weakest_place")],
        tables=[required_table(result, "night"), required_table(result, "day")],
    )


def _crossing(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    result = edition.result
    words = [*told.crossing_words(result), *told.watcher_words(result)]
    if not words:
        return None
    return _section(
        "crossing",
        "Where somebody still gets through",
        paragraphs=[*words, *told.posts_words(result)],
        figures=[pictures.get(name) for name in ("weakest_crossing", "crossing_map", "post_curve")],
        tables=[watcher_table(result), crossing_units_table(result)],
    )


def _hangs_on(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    result = edition.result
    if result.patrol.assumptions is None:
        return None
    words = [] if result.patrol.sobol is None else [told.sensitivity_words(result)]
    if result.patrol.terrain_variance is not None:
        words.append(str(result.patrol.terrain_variance["statement"]))
    return _section(
        "assumptions",
        "What the answer hangs on",
        paragraphs=words,
        figures=[pictures.get("sensitivity")],
        tables=[assumptions_table(result)],
    )


def _plausibility(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    result = edition.result
    if result.patrol.plausibility is None:
        return None
    return _section(
        "plausibility",
        "How hopeful the model is",
        paragraphs=[*told.real_forces_words(result), *told.hindcast_words(result)],
        figures=[pictures.get("hindcast")],
        tables=[plausibility_table(result), hindcast_table(result)],
    )


def _better_data(edition: Edition) -> dict[str, Any] | None:
    table = better_data_table(edition.result)
    if table is None:
        return None
    words = (
        "Flags stand on coarse terrain and on maps of rock and cover. Drawn again as finer terrain "
        "and a visit might find the ground, some of them change. The share that is expected to "
        "change says where money for data is spent best; it says nothing about what is there."
    )
    return _section("better-data", "Where better data pays", paragraphs=[words], tables=[table])


def _whatif(
    edition: Edition, pictures: dict[str, Picture], comparison: StudyResult | None
) -> dict[str, Any] | None:
    if comparison is None or "whatif" not in pictures:
        return None
    a, b = edition.result.scenario.name, comparison.scenario.name
    return _section(
        "whatif",
        f"What if: {b}",
        paragraphs=[
            (
                f"The same border, ground and draws under “{a}” and under “{b}”, so that the "
                "difference is that of the change alone."
            ),
            comparison.summary[2],
        ],
        figures=[pictures["whatif"]],
        tables=[whatif_table(edition.result, comparison)],
    )


def _incidents(edition: Edition, pictures: dict[str, Picture]) -> dict[str, Any] | None:
    result = edition.result
    if (
        result.overlay is None
        and result.incidents.events is None
        and result.incidents.account is None
    ):
        words = [f"Incidents are {result.missing['incidents'].words}."]
        return _section("incidents", "Incidents", paragraphs=words)
    words = [
        (
            "A report places an event in a town, a district or a desert, not at a point. Every event is "
            "therefore moved over all the places it may have been, and counted each time."
        )
    ]
    if result.incidents.account is not None:
        words.append(f"All rows: {result.incidents.account.line}{figures.drawn_words(result)}.")
    if result.incidents.coverage:
        words.append(result.incidents.coverage)
    if result.incidents.assumed:
        words.append(f"Read from the table: {' '.join(result.incidents.assumed)}")
    table = result.overlay
    if table is not None and "excluded" in table.attrs:
        # What lies beyond its coverage is told with the coverage.
        gone = excluded_words([row for row in table.attrs["excluded"] if not row["beyond"]])
        words.append(f"Too vague to be placed, or unreadable, and counted here: {gone or 'none'}.")
    if result.incidents.credit:
        words.append(f"{result.incidents.credit.rstrip('.')}.")
    words += ground_words(result) + zone_words(result) + flagged_words(result)
    known = any(record.name == "article_incidents" for record in result.inputs)
    drawn = [pictures.get(name) for name in ("incident_overlay", "incident_pressure")]
    return _section(
        "incidents",
        "Incidents",
        paragraphs=words,
        points=[*article_facts(), *estimate_words(result.border.length_km)] if known else [],
        pair=drawn,
        tables=[
            ground_table(result),
            event_ground_table(result),
            overlay_table(result),
            exposure_table(result),
            weights_table(result),
        ],
    )


def _hotspots(edition: Edition) -> dict[str, Any] | None:
    words = hotspot_words(edition.result)
    if not words:
        return None
    return _section(
        "hotspots",
        "Hot spots of reports",
        paragraphs=words,
        tables=[hotspot_segments_table(edition.result), hotspot_stretches_table(edition.result)],
    )


def _ranking(edition: Edition) -> dict[str, Any] | None:
    words, table = index_words(edition.result), stability_table(edition.result)
    if not words and table is None:
        return None
    return _section("ranking", "How hard ground is ranked", paragraphs=words, tables=[table])


def _limits(edition: Edition) -> dict[str, Any]:
    result = edition.result
    words = []
    if result.ground.grid is not None:
        words.append(resolution(result))
    return _section(
        "limits",
        "What this cannot show",
        paragraphs=words,
        points=[*LIMITS, *result.notes, *edition.left_out],
        tables=[inputs_table(result)],
    )


def _data(edition: Edition) -> dict[str, Any]:
    return _section(
        "data",
        "Data, credits and licences",
        paragraphs=[
            (
                "Whoever shows a figure, table or layer of this folder credits these sources; the same "
                "stands in ATTRIBUTION.txt."
            )
        ],
        tables=[licence_table(edition.result)],
    )


def _files(edition: Edition, tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    result = edition.result
    frames = "; ".join(section.crs.name for section in result.corridor.sections)
    points = [f"tables/{name}.csv: {TABLE_WORDS[name]}" for name in tables if name in TABLE_WORDS]
    points += [
        "tables/data_dictionary.csv: unit and meaning of every column",
        "figures/: every figure as PNG, SVG and PDF, its table as CSV and its description as text",
        "vectors/: borderzone.gpkg and GeoParquet, in degrees (EPSG:4326)",
    ]
    if result.ground.layers is not None:
        points.append("rasters/: cloud-optimised GeoTIFF in the frame of the corridor")
    points += [
        "manifest.json: versions, parameters, inputs and outputs with checksums",
        "study.toml: the study and its scenario; borderzone report study.toml runs it again",
        "timing.json, log.txt: how long it took; the only files that differ from run to run",
    ]
    return _section(
        "files",
        "This folder, and how to repeat it",
        paragraphs=[f"Frame: {frames}. Seed {result.seed}, {result.scenario.draws:,} draws."],
        points=points,
    )
