"""What a study gives: what was found on each question, three sentences, and what it cannot say."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

import pandas as pd

from borderzone import provenance
from borderzone._guards import guarded
from borderzone._guards.doors import explored
from borderzone._guards.escapes import block, line
from borderzone._guards.pages import Mark, card, runs_of
from borderzone.errors import InvalidParameterError
from borderzone.patrol import Fleet, UnitKind, answer_plan, answer_pod
from borderzone.study.given import SETTINGS, unrecorded
from borderzone.study.study_file import write_study

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from os import PathLike

    import geopandas as gpd
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.io import Record
    from borderzone.patrol import KitQuestion
    from borderzone.provenance import Stage
    from borderzone.report import PanelPage
    from borderzone.scenario import Scenario
    from borderzone.study.crossing import CrossingFindings
    from borderzone.study.given import Missing
    from borderzone.study.ground import Ground
    from borderzone.study.incident_findings import IncidentFindings
    from borderzone.study.patrols import PatrolFindings
    from borderzone.study.reach import Reach

__all__ = ["Finding", "Later", "StudyResult"]

T = TypeVar("T")

# Kind of zone -> what it is called, and its colour on the small and the interactive map.
_ZONE_WORDS = {
    "remote_desert": "remote desert (amber)",
    "cave_prone": "cave-prone ground (violet)",
    "across": "bare ground across the border, where the force does not go (grey)",
}
_ZONE_FILL = {"remote_desert": "#c98a1b", "cave_prone": "#7b5ea7", "across": "#8d8d8d"}


class Later(Generic[T]):
    """
    What is worked out when it is first asked for, once for all records that share it.

    A study that is run for its unit counts does not wait for what only its report shows.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work

    @classmethod
    def of(cls, table: T | Later[T]) -> Later[T]:
        """Take a table that is there, or one that is put off."""
        return table if isinstance(table, Later) else cls(lambda: table)

    @cached_property
    def found(self) -> T:
        """What comes out."""
        return self._work()

    def __getstate__(self) -> dict[str, Any]:
        """Hand on what comes out: how it is worked out hangs on what other processes do not have."""
        return {"found": self.found}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a study found on one question, which draws itself once it stands in a result."""

    _figure: ClassVar[str]
    # Tables that only a report shows, and that are worked out when they are asked for.
    _put_off: ClassVar[tuple[str, ...]] = ()
    _later: Mapping[str, Later[Any]] = field(default_factory=dict, repr=False, compare=False)
    _result: StudyResult | None = field(default=None, repr=False, compare=False)

    def with_tables(self, **tables: Any) -> Self:
        """
        Put other tables in the place of some.

        Parameters
        ----------
        **tables
            By name; None for one that is not to be told.

        Returns
        -------
        Finding
            A new record of the same kind.
        """
        put_off = {name: tables.pop(name) for name in self._put_off if name in tables}
        given = {name: Later.of(table) for name, table in put_off.items() if table is not None}
        kept = {name: later for name, later in self._later.items() if name not in put_off}
        return replace(self, **tables, _later=kept | given)

    def has(self, name: str) -> bool:
        """Tell whether there is a table that was put off, and leave it so."""
        return name in self._later

    def without_put_off(self) -> Self:
        """Give the same without the tables that were put off, light enough for another process."""
        return replace(self, _later={})

    def _asked_for(self, name: str) -> Any:
        """Give a table that was put off, or None where there is none."""
        later = self._later.get(name)
        return None if later is None else later.found

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """
        Draw the figure of this question.

        Parameters
        ----------
        ax
            Axes to draw on; made when left out.
        **kwargs
            Handed to the figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        InvalidParameterError
            If this is not part of a result, which alone has all that a figure says.
        """
        if self._result is None:
            msg = "this stands in no result yet: run the study, and plot what its result holds"
            raise InvalidParameterError(msg)
        return _draw(self._figure, self._result, ax, kwargs)


class _InResult:
    """
    A finding that knows, when it is asked for, in which result it stands.

    It is told so on the way out and forgets it on the way in: two records that held each other
    would keep the files of a result on the disk until the collector comes by.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, result: StudyResult | None, owner: type) -> Any:
        if result is None:  # for dataclasses: a field without a default
            raise AttributeError(self._name)
        return replace(vars(result)[self._name], _result=result)

    def __set__(self, result: StudyResult, finding: Finding) -> None:
        vars(result)[self._name] = replace(finding, _result=None)


@guarded
@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class StudyResult:
    """
    Everything a study computed, by question, and the assumptions it stands on.

    A table that the data could not give is None, and `notes` says why.

    Attributes
    ----------
    name
        Name of the study, for titles and file names.
    corridor, scenario, seed
        What the study was run on.
    ground
        What the ground is like: rasters, zones, shares, ranks. To be handed to `Study.run` of other
        scenarios.
    incidents
        What was reported, where it may have been, and what it shows.
    patrol
        What patrols achieve: curve, required units, and what they hang on.
    crossing
        Where somebody still gets through: the way that is watched least, and what posts would add.
    segments
        One row a segment: chainage range, ground, sweep width, speeds, rates
        and units by each rule.
    summary
        Three plain sentences.
    notes
        What this study cannot say, and why.
    missing
        Layers it lacks, with reason and cure; "sections" where no ground was read.
    inputs
        Records of the data used: hash, licence, citation, accuracy.
    given
        What the study was given: by layer a word, or the path or digest of the data.
    run_id
        Name of the run: same inputs, scenario and seed, same name.
    stages
        How long each step took, and the memory it held.
    """

    name: str
    corridor: Corridor
    scenario: Scenario
    seed: int
    ground: Ground = cast("Ground", _InResult())  # noqa: RUF009 - a descriptor
    incidents: IncidentFindings = cast("IncidentFindings", _InResult())  # noqa: RUF009 - a descriptor
    patrol: PatrolFindings = cast("PatrolFindings", _InResult())  # noqa: RUF009 - a descriptor
    crossing: CrossingFindings = cast("CrossingFindings", _InResult())  # noqa: RUF009 - a descriptor
    segments: gpd.GeoDataFrame
    summary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: Mapping[str, Missing] = field(default_factory=dict)
    inputs: tuple[Record, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    run_id: str = ""
    stages: Mapping[str, Stage] = field(default_factory=dict)

    @property
    def border(self) -> Border:
        """
        The border studied.

        Returns
        -------
        Border
            That of the corridor.
        """
        return self.corridor.border

    @property
    def reach(self) -> Reach:
        """
        Times to the border and from it, nights, and what posts see.

        Returns
        -------
        Reach
            Read with the ground.
        """
        return replace(self.ground.reach, _result=self)

    @property
    def zones(self) -> gpd.GeoDataFrame | None:
        """
        Flagged zones with their reasons in numbers.

        Returns
        -------
        GeoDataFrame or None
            `ground.zones`; None without travel time.
        """
        return self.ground.zones

    @property
    def zones_across(self) -> gpd.GeoDataFrame | None:
        """
        Zones of bare ground across the border, where the force does not go.

        Returns
        -------
        GeoDataFrame or None
            Those of `zones`; None without travel time.
        """
        if self.zones is None:
            return None
        other = {self.border.left, self.border.right} - {self.reach.side}
        bare = self.zones["kind"] == "remote_desert"
        return self.zones[bare & self.zones["side"].isin(other)]

    @property
    def flagged_share(self) -> pd.DataFrame | None:
        """
        Share of the corridor flagged, over modes and thresholds.

        Returns
        -------
        DataFrame or None
            `ground.flagged_share`; None without terrain.
        """
        return self.ground.flagged_share

    @property
    def overlay(self) -> pd.DataFrame | None:
        """
        Expected number of incidents in each zone, with bands.

        Returns
        -------
        DataFrame or None
            `incidents.overlay`; None without zones, or without incidents that can be placed.
        """
        return self.incidents.overlay

    @property
    def curve(self) -> pd.DataFrame | None:
        """
        Probability of detection against units out, and of interdiction by constants of the force's own.

        Returns
        -------
        DataFrame or None
            `patrol.curve`; None without elevation.
        """
        return self.patrol.curve

    @property
    def answer(self) -> pd.DataFrame | None:
        """
        Units and people by kit, law, opponent, light, target and measure.

        Returns
        -------
        DataFrame or None
            `patrol.kits`; None without elevation.
        """
        return self.patrol.kits

    def pod(
        self,
        units: npt.ArrayLike,
        kit: str = "scenario",
        *,
        law: str = "random",
        opponent: str = "blind",
        light: str = "night",
        measure: str = "mean_pod",
    ) -> pd.DataFrame:
        """
        Give what so many units see or stop: `answer` read the other way.

        Parameters
        ----------
        units
            Units out at once, one number or several.
        kit
            A kit of `answer`.
        law, opponent, light, measure
            As in `borderzone.patrol.answer_pod`.

        Returns
        -------
        DataFrame
            ``share`` of all crossings with ``low`` and ``high``, a row for each number.

        Raises
        ------
        InvalidParameterError
            If there is no answer, or as `borderzone.patrol.answer_pod` says.
        """
        asked = self._asked()
        return answer_pod(
            asked, units, kit, law=law, opponent=opponent, light=light, measure=measure
        )

    def plan(  # noqa: PLR0913 - what there is, what it must keep to, and what it is for
        self,
        kinds: Mapping[str, int | UnitKind],
        *,
        people: int | None = None,
        money: float | None = None,
        at_least: int | Sequence[int] | Mapping[str, int | Sequence[int]] = 0,
        at_most: int | Sequence[int] | None = None,
        rule: str = "optimal",
        law: str = "random",
        light: str = "night",
        target: float | None = None,
        spend: str = "people",
    ) -> pd.DataFrame:
        """
        Put several kits on this border at once, in whole units.

        Posts that stand there already and the weights of the scenario count.

        Parameters
        ----------
        kinds
            Units there are of kits of `answer`, such as ``{"eye": 60, "goggles": 40}``; a
            `borderzone.patrol.UnitKind` in place of a number says crew and cost as well.
        people, money, at_least, at_most
            What the plan must keep to, as in `borderzone.patrol.Fleet`.
        rule, law, light, target, spend
            As in `borderzone.patrol.answer_plan`.

        Returns
        -------
        DataFrame
            A row for each segment: ``km_start``, ``km_end``, units of each kit and ``people``; what it
            reaches, with bands, and what it takes stand in ``attrs``.

        Raises
        ------
        InvalidParameterError
            If there is no answer, or as `borderzone.patrol.answer_plan` says.
        """
        asked = self._asked()
        found = {
            name: kind
            if isinstance(kind, UnitKind)
            else UnitKind(units=kind, crew=asked.kit(name).crew)
            for name, kind in kinds.items()
        }
        fleet = Fleet(kinds=found, people=people, money=money, at_least=at_least, at_most=at_most)
        plan = answer_plan(
            asked, fleet, rule=rule, law=law, light=light, target=target, spend=spend
        )
        table = pd.concat([pd.DataFrame(self.segments[["km_start", "km_end"]]), plan], axis=1)
        table.attrs = plan.attrs
        return table

    def _asked(self) -> KitQuestion:
        if self.patrol.asked is None:
            msg = (
                f"the study of {self.name} cannot say what units see: it was run without elevation, or is an "
                "edition that tells nothing of posts; run a study with elevation"
            )
            raise InvalidParameterError(msg)
        return self.patrol.asked

    @property
    def required(self) -> pd.DataFrame | None:
        """
        Units required for each target, out and on the payroll, with bands.

        Returns
        -------
        DataFrame or None
            `patrol.required`; None without elevation.
        """
        return self.patrol.required

    @property
    def synthetic(self) -> bool:
        """
        Whether any incident was drawn from the synthetic process.

        Returns
        -------
        bool
            True where the incident table holds a synthetic row.
        """
        events = self.incidents.events
        if events is None or "synthetic" not in events:
            return False
        return bool(events["synthetic"].any())

    def named_by(self, checksums: Sequence[str], given: Mapping[str, Any]) -> str:
        """
        Name a run by all that decides what it gives.

        Parameters
        ----------
        checksums
            Those of its input files.
        given
            What has no record of its own, as in `given`.

        Returns
        -------
        str
            The `run_id` of a study with this name, scenario, seed and way of reading.
        """
        settings = dict(self.ground.settings)
        return provenance.run_id(
            {
                "study": self.name,
                "scenario": self.scenario.model_dump(mode="json"),
                **({"settings": settings} if settings != SETTINGS else {}),
                "seed": self.seed,
                "inputs": list(checksums),
                **unrecorded(given, self.border),
            }
        )

    def withheld(self, layer: str, record: Record) -> StudyResult:
        """
        Put another record in place of a layer's, and name the run by what is then told of it.

        Parameters
        ----------
        layer
            Name of the record.
        record
            What stands in its place.

        Returns
        -------
        StudyResult
            The same tables.
        """
        inputs = tuple(record if each.name == layer else each for each in self.inputs)
        others = {name: value for name, value in self.given.items() if name != layer}
        run_id = self.named_by([each.sha256 for each in inputs], others)
        return replace(self, inputs=inputs, run_id=run_id)

    def to_toml(self, folder: str | PathLike[str], *, public: bool = True) -> str:
        """
        Write the study as TOML that repeats the run, or says why it cannot.

        Parameters
        ----------
        folder
            Folder that the file is for: paths are told from there.
        public
            Whether posts and other folders are left out.

        Returns
        -------
        str
            The text.
        """
        return write_study(self, folder, public=public)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Axes:
        """
        Draw the corridor map.

        Parameters
        ----------
        ax
            Axes to draw on; made when left out.
        **kwargs
            Handed to the map.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.
        """
        return _draw("corridor_map", self, ax, kwargs)

    def panel(self, *, detail: str = "public") -> PanelPage:
        """
        Show the panel of the report: units, eyes, light and rule move map, curve and strip together.

        Parameters
        ----------
        detail
            ``"public"`` or ``"internal"``, as for `borderzone.write_report`.

        Returns
        -------
        PanelPage
            A page that a notebook shows inline, without widgets.

        Raises
        ------
        InvalidParameterError
            If there is no such edition, or it is not known what units see.
        """
        report = importlib.import_module("borderzone.report")
        page: PanelPage = report.panel_page(self, detail=detail)
        return page

    def explore(self, **kwargs: Any) -> Any:
        """
        Show segments, zones and border on an interactive map.

        Parameters
        ----------
        **kwargs
            As for `GeoDataFrame.explore`, of the segments.

        Returns
        -------
        folium.Map
            The map, which a notebook shows.

        Raises
        ------
        InvalidParameterError
            If folium is not installed; the message names the extra.
        """
        own = {"style_kwds": {"fillOpacity": 0.1, "weight": 1}, "name": "segments"}
        page = explored(self.segments.reset_index(), **(own | kwargs))
        if self.zones is not None and len(self.zones):
            colours = [_ZONE_FILL[kind] for kind in self._zone_kinds()]
            page = explored(self.zones, m=page, color=colours, name="zones")
        return self.border.explore(m=page, color="black", name="border")

    def _repr_html_(self) -> str:
        """Show corridor and zones on a small map, with what was found."""
        strip = Mark(runs=runs_of(self.corridor.outline.iloc[0]), words="corridor", fill="#dfe5e8")
        kinds, marks = self._zone_kinds(), []
        for kind, row in zip(
            kinds, () if self.zones is None else self.zones.itertuples(), strict=True
        ):
            told = f"{_ZONE_WORDS[kind]}, {row.area_km2:,.0f} km2, near {row.near}"
            marks.append(Mark(runs=runs_of(row.geometry), words=told, fill=_ZONE_FILL[kind]))
        border = Mark(runs=runs_of(self.border.line), words="the border")
        drawn = ", ".join(dict.fromkeys(_ZONE_WORDS[kind] for kind in kinds)) or "no zone"
        rows: list[tuple[str, Any]] = [
            *zip(("how long", "how hard", "how many"), self.summary, strict=False),
            ("drawn", f"{drawn}; the border"),
            ("scenario", f"{self.scenario.name}, force of {self.scenario.force_side}"),
            ("run", f"{self.run_id}, seed {self.seed}"),
            ("not said", f"{len(self.notes)} notes, in .notes" if self.notes else "nothing"),
        ]
        return card(self.name, rows, [strip, *marks, border])

    def _zone_kinds(self) -> list[str]:
        """Name what each zone is; across the border the force does not go, whatever the hours."""
        if self.zones is None:
            return []
        across = set(() if self.zones_across is None else self.zones_across.index)
        return [
            "across" if row in across else str(kind) for row, kind in self.zones["kind"].items()
        ]

    def __repr__(self) -> str:
        """Name the study and its three findings."""
        return block("\n".join([f"<StudyResult {line(self.name)}>", *self.summary]))


def _draw(name: str, result: StudyResult, ax: Axes | None, options: dict[str, Any]) -> Axes:
    """Look a figure up by name, as pandas does: no room of the domain imports figures."""
    figures = importlib.import_module("borderzone.figures")
    drawn: Axes = getattr(figures, name)(result, ax=ax, **options)
    return drawn
