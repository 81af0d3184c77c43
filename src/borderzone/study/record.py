"""The study record: what it stands on, and how it is run."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary

from borderzone import datasets, incidents
from borderzone._guards import (
    asked_from,
    check_choice,
    check_path,
    check_progress,
    check_text,
    check_whole,
    guarded,
    meant,
    seed_number,
    shown,
    watched,
)
from borderzone._guards.escapes import line
from borderzone._guards.pages import Mark, card, runs_of
from borderzone.border import Border, is_line_file
from borderzone.corridor import Corridor
from borderzone.errors import BorderzoneError, InvalidParameterError, InvalidScenarioError
from borderzone.provenance import StageClock
from borderzone.scenario import PRESETS, Scenario, named_after, read_toml
from borderzone.study.crossing import crossing_on
from borderzone.study.force_side import side_of
from borderzone.study.given import (
    AROUND_KM,
    ASKED,
    EMBEDDED,
    LAYERS,
    SETTINGS,
    Missing,
    as_given,
    check_agreement,
    check_asked,
    check_files,
    check_layer,
    check_settings,
    day_of,
    how_read,
    missing_layer,
    place_of,
    records_of,
)
from borderzone.study.ground import (
    Ground,
    OutsideGround,
    ground_key,
    ranking_stability,
    read_ground,
)
from borderzone.study.incident_findings import IncidentFindings, Reported, hotspots_of
from borderzone.study.patrols import kit_question, patrol_answer, patrols_on
from borderzone.study.result import Later, StudyResult
from borderzone.study.study_file import STUDY_KEYS, read_study, starter_file
from borderzone.study.told import left_out, summary_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import geopandas as gpd
    import pandas as pd

    from borderzone._typing import Seed
    from borderzone.patrol import KitQuestion, PatrolAnswer
    from borderzone.study.crossing import CrossingFindings
    from borderzone.study.patrols import PatrolFindings

__all__ = ["GROUND_STEPS", "PATROL_STEPS", "Study"]

# Steps of a run in their order, and the seconds that each takes of the built-in study: what is left
# of another is told by these shares.
GROUND_STEPS = (
    ("border and corridor", 0.2),
    ("elevation and land cover", 0.7),
    ("travel times", 0.3),
    ("response and the reach of a night", 0.6),
    ("terrain and flags", 0.6),
    ("zones", 1.1),
)
PATROL_STEPS = (
    ("incidents", 0.3),
    ("detection rates and curve", 0.5),
    ("required units", 0.9),
    ("kits side by side", 5.7),
    ("incidents over zones", 0.7),
)

# What is given of incidents, which no ground hangs on.
_OF_INCIDENTS = ("incidents", "incidents_accessed", "terms", "hotspots", "posts")
# Grounds that some result of this session holds, for sweeps of the same study.
_IN_SIGHT: WeakValueDictionary[str, Ground] = WeakValueDictionary()

# A seed taken from a generator is told in files: every program reads numbers below this exactly.
_SEEDS = 2**32


@guarded
@dataclass(frozen=True, kw_only=True, repr=False)
class Study:
    """
    One border, the data it is studied on, and the assumptions.

    Each layer is an object, a path, or ``"embedded"``: the data that ship,
    where they reach; None, or the word ``"none"``, leaves it out. A study
    without a layer says which results it cannot give, and gives the rest.
    What cannot be used is refused at birth, and files are looked at before
    any work is done.

    Attributes
    ----------
    border
        The border; or two countries, or a file with a line of one's own, as for `Border.of`.
    dem
        Elevation, in metres.
    landcover
        Land cover, as classes of `landcover_scheme`.
    karst
        Polygons of soluble rock with `susceptibility` 1 to 3, or of GLiM or WOKAM.
    origins
        Where travel times start: the posts of a force.
    incidents
        A path; a table, best one that `borderzone.incidents.read` gave, whose verdicts and notes then
        hold as they are; a mapping of ``"path"`` and the options of `read`, as the table ``[incidents]``
        of a study file; or ``"embedded"`` for the rows of the news article.
    incidents_accessed
        Day on which that table was fetched, for its credit; ``"accessed"`` in a mapping.
    terms
        ``"mine"`` says that its rows are yours to pass on; without it rows of unknown terms stay
        out of the public edition.
    districts
        Polygons of districts, in which incidents are placed that are known only to a district;
        without them, and where none holds the point, the province stands in.
    provinces
        Polygons of provinces, for those known only to a province.
    sea
        Polygons of the sea, which no number on ground counts; ``"embedded"`` for what no country's land
        covers on the map of the world and no elevation above 0 m does, None for a study without sea.
    aridity
        Raster of precipitation over potential evapotranspiration, times `aridity_scale`.
    known_caves
        Points of known caves, against which the flag of cave-prone ground is held.
    roads
        Lines with their class, on which patrols are faster; see `borderzone.access.Roads`.
    barriers
        Lines and polygons that nobody crosses: rivers, ditches, berms, no-go ground.
    crossings
        Points, lines or polygons where barriers are open.
    cover
        Where a crosser is hidden: towns, roads, wadis. With it the race between response and
        crosser is run.
    landcover_scheme
        Legend of `landcover`: ``"igbp"`` or ``"worldcover"``.
    aridity_scale
        What the numbers of `aridity` are multiplied by.
    road_class
        Column of `roads` that holds the class.
    roads_cross
        Whether roads pass barriers; where not, only `crossings` do.
    hotspots
        How hot spots of incidents are looked for, as `borderzone.incidents.HotspotOptions` or a mapping of
        its values, such as the table ``[hotspots]`` of a study file; None looks for none. Needs the extra
        ``stats``.
    posts
        Which posts to find places for, as `borderzone.posts.PostPlan` or a mapping of its values, such as the
        table ``[posts]`` of a study file; None sites none. It takes elevation of 90 m or finer.
    scenario
        Assumptions. Where it does not say whose force it is, that of `border.a`, the country which
        was named first, is taken, and the scenario of the study says so.
    name
        Name of the study; the two countries when left out.
    seed
        Seed of the run when none is given to `run`.
    margin_km
        How far around the corridor its layers are read: an origin there counts too. Units: km.

    Examples
    --------
    >>> import borderzone as bz
    >>> bz.Study.default().name
    'Iraq-Syria'
    """

    border: Any
    dem: Any = EMBEDDED
    landcover: Any = EMBEDDED
    karst: Any = EMBEDDED
    origins: Any = EMBEDDED
    incidents: Any = None
    incidents_accessed: Any = None
    terms: str | None = None
    districts: Any = None
    provinces: Any = EMBEDDED
    sea: Any = EMBEDDED
    aridity: Any = None
    known_caves: Any = None
    roads: Any = None
    barriers: Any = None
    crossings: Any = None
    cover: Any = None
    landcover_scheme: str = "igbp"
    aridity_scale: float = 1.0
    road_class: str = "class"
    roads_cross: bool = False
    hotspots: Any = None
    posts: Any = None
    scenario: Scenario = field(default_factory=Scenario)
    name: str = ""
    seed: int = 1
    _file: Path | None = field(default=None, repr=False, compare=False)
    margin_km: ClassVar[float] = AROUND_KM

    def __post_init__(self) -> None:
        """Refuse what cannot be studied, and name the study after its two countries."""
        set_to = partial(object.__setattr__, self)
        set_to("border", Border.of(self.border))
        for name in LAYERS:
            set_to(name, check_layer(name, getattr(self, name)))
        check_settings(self)
        for name in ASKED:
            set_to(name, check_asked(name, getattr(self, name)))
        incidents.ReadOptions(terms=self.terms)  # refuses any other word
        set_to("incidents_accessed", day_of(self.incidents_accessed))
        how_read(self)
        side = side_of(_check_scenario(self.scenario), self.border)
        if side != self.scenario.force_side:
            set_to("scenario", self.scenario.changed({"force_side": side}))
        set_to("seed", seed_number(self.seed, below=_SEEDS))
        if self.name == "":
            set_to("name", _usual_name(self.border))
        check_text(self.name, "name")
        check_agreement(self)

    @classmethod
    def default(cls, scenario: Scenario | None = None) -> Study:
        """
        Give the built-in study: Iraq and Syria, on the data that ship.

        Parameters
        ----------
        scenario
            Assumptions; the defaults when left out.

        Returns
        -------
        Study
            The study, which runs without a network.
        """
        return cls(
            border=Border.between("IRQ", "SYR"),
            incidents=EMBEDDED,
            scenario=PRESETS["as_is"] if scenario is None else scenario,
        )

    @classmethod
    def between(cls, a: str, b: str, **given: Any) -> Study:
        """
        Give the study of two countries, on the data that ship where they reach.

        Parameters
        ----------
        a, b
            The countries, as for `Border.between`. The force is that of the first, unless the scenario
            says otherwise.
        **given
            Layers, scenario and all else that a study takes, by name, as in ``dem="tiles/*.tif"``.

        Returns
        -------
        Study
            The study; without incidents where none are given.

        Raises
        ------
        BorderNotFoundError
            If the two share no land border.
        BorderzoneError
            If a name is unknown, or what is given cannot be used.

        Examples
        --------
        >>> Study.between("JOR", "IRQ", name="The Trebil road").border.length_words()
        '180 km'
        """
        taken = [one.name for one in fields(cls) if one.name not in ("border", "_file")]
        for name in given:
            check_choice(name, "what a study takes beside its border", taken)
        return cls(border=Border.between(a, b), **given)

    @classmethod
    def from_toml(cls, path: str | Path, **given: Any) -> Study:
        """
        Read a study from a TOML file.

        Parameters
        ----------
        path
            File with `a` and `b`, layers and a table `scenario`; paths in it
            are relative to its folder. The ``study.toml`` of an output folder is one.
        **given
            Layers, or the border, that the file cannot hold because they were in memory or were left
            out, by name, as in ``dem=raster``. Where the file has their digest they must agree.

        Returns
        -------
        Study
            The study.

        Raises
        ------
        InvalidScenarioError
            If the file is missing, not TOML, holds an unknown name or a value of the
            wrong kind, or needs data that are not in it and were not given.
        DataError
            If a file was changed since its digest was written.
        BorderNotFoundError
            If the two countries share no land border.
        """
        content = read_toml(path)
        try:
            with asked_from("study file"):
                return cls(**read_study(content, Path(path), given), _file=Path(path))
        except (InvalidParameterError, InvalidScenarioError) as error:
            raise named_after(path, error) from error

    @classmethod
    def from_file(cls, path: str | Path) -> Study:
        """
        Read a study from its file, or make one of a line of one's own.

        Parameters
        ----------
        path
            A study file, as for `from_toml`, or a file with a line, as for `Border.from_file`.

        Returns
        -------
        Study
            The study; that of a line is on the data that ship.

        Raises
        ------
        BorderzoneError
            If the file cannot be used.
        """
        return cls(border=path) if is_line_file(str(path)) else cls.from_toml(path)

    @classmethod
    def from_name(cls, name: str, *, on: Study | None = None) -> Study:
        """
        Find a study by the name of a preset, or a study or scenario file.

        Parameters
        ----------
        name
            ``"as_is"``, ``"night_vision_for_all"``, or a path.
        on
            Study that a preset or scenario is put on; the built-in one when left out.

        Returns
        -------
        Study
            The study.

        Raises
        ------
        InvalidScenarioError
            If there is neither a preset nor a file of that name.
        """
        check_path(name, "study, scenario or preset", InvalidScenarioError)
        base = cls.default() if on is None else on
        if name in PRESETS:
            return base.with_scenario(PRESETS[name])
        if not Path(name).is_file():
            hint = meant(name, PRESETS)
            msg = f"there is no file {str(name)!r}, and the presets are {', '.join(PRESETS)}{hint}"
            raise InvalidScenarioError(msg)
        if set(read_toml(name)) & (STUDY_KEYS - {"name"}):
            return cls.from_toml(name)
        return base.with_scenario(Scenario.from_toml(name))

    @classmethod
    def starter(cls, a: str | None = None, b: str | None = None) -> str:
        """
        Write a study file to start from: every field, what is usual, and what it means.

        Parameters
        ----------
        a, b
            Two countries, as for `between`; the built-in study when left out.

        Returns
        -------
        str
            TOML that reads back to that study.

        Raises
        ------
        InvalidParameterError
            If one country is named without the other.
        BorderNotFoundError
            If the two share no land border.

        Examples
        --------
        >>> "depth_km = 50.0" in Study.starter("JOR", "IRQ").splitlines()
        True
        """
        if a is None and b is None:
            return starter_file(cls.default())
        if a is None or b is None:
            msg = f"a border has two countries, got {shown(a or b)} alone: name the other too"
            raise InvalidParameterError(msg)
        return starter_file(cls.between(a, b))

    def with_scenario(self, scenario: Scenario) -> Study:
        """
        Return the same study under other assumptions.

        Parameters
        ----------
        scenario
            The assumptions.

        Returns
        -------
        Study
            A new record; this one is unchanged.
        """
        return replace(self, scenario=_check_scenario(scenario))

    def _repr_html_(self) -> str:
        """Show the border on a small map, with the data and the assumptions it is studied on."""
        marks = [Mark(runs=runs_of(self.border.line), words="the border")]
        force = self.scenario.force
        sensor = force.sensor if isinstance(force.sensor, str) else force.sensor.name
        rows = [
            ("border", f"{self.border.a}-{self.border.b}, {self.border.length_words()}"),
            *((name, _layer_words(getattr(self, name))) for name in LAYERS),
            ("scenario", self.scenario.name),
            ("force", f"{self.scenario.force_side}: {force.mode}, {sensor}, {force.crew} people"),
            ("seed", self.seed),
        ]
        return card(f"Study: {self.name}", rows, marks)

    def __repr__(self) -> str:
        """Name the study, what it has and what it lacks, in one line."""
        lacks = [name for name in LAYERS if getattr(self, name) is None]
        return line(
            f"Study({self.name}: {self.border.length_words()} of border, scenario {self.scenario.name}, "
            f"{len(LAYERS) - len(lacks)} of {len(LAYERS)} layers)"
        )

    @property
    def given(self) -> dict[str, Any]:
        """
        What it was given, in words, and in paths and digests of the data.

        Returns
        -------
        dict
            By layer, as a result has it.
        """
        return as_given(self)

    @property
    def settings(self) -> dict[str, Any]:
        """
        How its layers are read.

        Returns
        -------
        dict
            Legend of land cover, scale of aridity, column of roads, whether roads cross barriers.
        """
        return {name: getattr(self, name) for name in SETTINGS}

    @property
    def ground_key(self) -> tuple[Any, ...]:
        """
        The assumptions on which its ground depends.

        Returns
        -------
        tuple
            Equal for two scenarios of one study that share a ground.
        """
        return ground_key(self.scenario)

    def read_ground(self, progress: Callable[[str], None] | bool | None = None) -> Ground:  # noqa: FBT001 - a function, or False
        """
        Read terrain, hours, flags and zones: all that patrols do not change.

        Parameters
        ----------
        progress
            As for `run`.

        Returns
        -------
        Ground
            To be handed to `run` of every study that shares it.
        """
        with watched(progress, f"Reading the ground of {self.name}", GROUND_STEPS) as step:
            return self._ground(StageClock(step))

    def _ground(self, step: StageClock) -> Ground:
        check_files(self)
        step("border and corridor")
        corridor = Corridor.around(
            self.border, depth_km=self.scenario.depth_km, segment_km=self.scenario.segment_km
        )
        sources = {name: getattr(self, name) for name in LAYERS} | self.settings
        ground = read_ground(corridor, sources, self.scenario, step)
        return replace(ground, stages=step.stop())

    def run(
        self,
        seed: Seed | None = None,
        *,
        ground: Ground | None = None,
        progress: Callable[[str], None] | bool | None = None,
    ) -> StudyResult:
        """
        Run the study.

        Parameters
        ----------
        seed
            Seed of everything random; the study's own when left out. From a
            generator one whole number is taken, which the result keeps.
        ground
            From `read_ground` of a study that shares it, to save time.
        progress
            Called with the name of each step. Left out, a bar is shown where somebody looks, on a
            terminal or in a notebook, when the run takes longer than two seconds; False shows none.

        Returns
        -------
        StudyResult
            Tables, layers, three sentences, and what cannot be said.

        Raises
        ------
        BorderzoneError
            If an input cannot be used.
        """
        number = seed_number(self.seed if seed is None else seed, below=_SEEDS)
        check_progress(progress)
        steps = (*GROUND_STEPS, *PATROL_STEPS) if ground is None else PATROL_STEPS
        with watched(progress, f"Study of {self.name}", steps) as name_step:
            return self._run(number, ground, name_step)

    def _run(
        self, number: int, ground: Ground | None, name_step: Callable[[str], None]
    ) -> StudyResult:
        check_files(self)
        read_here = ground is None
        if ground is None:
            ground = self.read_ground(name_step)
        self.check_ground(ground)
        step = StageClock(name_step)
        step("incidents")
        reported = self._reported(ground, number)
        patrols = patrols_on(ground, self.scenario, number, step, pressure=reported.pressure)
        if self.hotspots is not None:
            step("hot spots")
        spots, no_spots = hotspots_of(self.hotspots, reported, ground.corridor, number)
        step("incidents over zones")
        found = IncidentFindings.of(ground, reported, self.scenario, number)
        found = replace(found, hotspots=spots)
        no_sites: list[str] = []
        crossing = crossing_on(
            ground, self.scenario, patrols, plan=self.posts, dem=self.dem, notes=no_sites,
            night_h=None if patrols.asked is None else patrols.asked.night_h,
        )  # fmt: skip
        result = _result(self, ground, (patrols, found, crossing), reported, number)
        result = replace(result, notes=(*result.notes, *no_spots, *no_sites))
        result = replace(result, stages={**ground.stages, **step.stop()})
        if read_here:
            # The one that the result holds: what it hands out is a copy each time.
            _IN_SIGHT[self._ground_digest(result.given)] = vars(result)["_ground"]
        return result

    def check_ground(self, ground: Ground) -> Ground:
        """
        Refuse a ground that was read under other assumptions.

        Parameters
        ----------
        ground
            From `read_ground`.

        Returns
        -------
        Ground
            The same.

        Raises
        ------
        InvalidScenarioError
            If it is not the ground of this study.
        """
        if _check_ground(ground).key != self.ground_key:
            msg = (
                "the ground was read under other assumptions (depth, segments, resolution, "
                "thresholds, weights or mode); read it again with read_ground"
            )
            raise InvalidScenarioError(msg)
        return ground

    def inputs(self) -> dict[str, Any]:
        """
        Tell what it stands on beside its scenario: its line, words, paths with digests, ways of reading.

        Files are read for their digests.

        Returns
        -------
        dict
            Plain values, by name.
        """
        return self._inputs(self.given)

    def _inputs(self, given: Mapping[str, Any]) -> dict[str, Any]:
        border = self.border
        line = {"a": border.a, "b": border.b, "km": border.cut_km}
        return {"line": line, **given, **self.settings}

    def ground_digest(self) -> str:
        """
        Name its ground by all that it hangs on.

        Returns
        -------
        str
            Equal for two studies whose grounds are equal.
        """
        return self._ground_digest(self.given)

    def _ground_digest(self, given: Mapping[str, Any]) -> str:
        told = {k: v for k, v in self._inputs(given).items() if k not in _OF_INCIDENTS}
        text = repr((sorted(told.items(), key=str), self.ground_key))
        return hashlib.sha256(text.encode()).hexdigest()

    @staticmethod
    def ground_in_sight(digest: str) -> Ground | None:
        """
        Give a ground that a result of this session holds.

        Parameters
        ----------
        digest
            From `ground_digest`.

        Returns
        -------
        Ground or None
            None where no result holds such a ground.
        """
        return _IN_SIGHT.get(digest)

    def kit_question(
        self,
        ground: Ground,
        seed: Seed | None = None,
        *,
        draws: int | None = None,
        weights: pd.Series | None = None,
    ) -> KitQuestion:
        """
        Give what the answer stands on, without working it out.

        Parameters
        ----------
        ground
            From `read_ground` of a study that shares it.
        seed
            Seed of everything random; the study's own when left out.
        draws
            Draws of nature; as many as `run` takes when left out.
        weights
            From `pressure`, to save time; read when left out.

        Returns
        -------
        KitQuestion
            For `borderzone.patrol.answer_case` and its like; the scenario's own kit is ``"scenario"``.

        Raises
        ------
        InvalidScenarioError
            If the ground has no elevation, and so no unit counts.
        """
        number, count = self._numbers(seed, draws)
        known = self.pressure(_with_table(ground), number) if weights is None else weights
        return kit_question(ground, self.scenario, number, reported=known, draws=count)

    def patrol_answer(
        self, ground: Ground, seed: Seed | None = None, *, weights: pd.Series | None = None
    ) -> PatrolAnswer:
        """
        Work out curve and required units of the scenario's own force alone.

        Parameters
        ----------
        ground
            From `read_ground` of a study that shares it.
        seed
            Seed of everything random; the study's own when left out.
        weights
            From `pressure`, to save time; read when left out.

        Returns
        -------
        PatrolAnswer
            As `run` has it, without the tables of other kits.

        Raises
        ------
        InvalidScenarioError
            If the ground has no elevation, and so no unit counts.
        """
        number, _ = self._numbers(seed, None)
        known = self.pressure(_with_table(ground), number) if weights is None else weights
        return patrol_answer(ground, self.scenario, number, reported=known)

    def crossing(
        self, ground: Ground, seed: Seed | None = None, *, weights: pd.Series | None = None
    ) -> CrossingFindings:
        """
        Find where somebody still gets through, and what the posts of the study would add, alone.

        Parameters
        ----------
        ground
            From `read_ground` of a study that shares it.
        seed
            Seed of everything random; the study's own when left out.
        weights
            From `pressure`, to save time; read when left out.

        Returns
        -------
        CrossingFindings
            As `run` has it, without the ways within one night.

        Raises
        ------
        InvalidScenarioError
            If the ground has no elevation, and so no unit counts.
        """
        answer = self.patrol_answer(ground, seed, weights=weights)
        return crossing_on(ground, self.scenario, answer, plan=self.posts, dem=self.dem, notes=[])

    def _numbers(self, seed: Seed | None, draws: int | None) -> tuple[int, int | None]:
        number = seed_number(self.seed if seed is None else seed, below=_SEEDS)
        return number, None if draws is None else check_whole(draws, "draws", lowest=2)

    def pressure(self, ground: Ground, seed: Seed | None = None) -> pd.Series | None:
        """
        Give the share of the reported crossings of each segment, where the scenario weighs by it.

        Parameters
        ----------
        ground
            From `read_ground` of a study that shares it.
        seed
            Seed of the positions that are drawn; the study's own when left out.

        Returns
        -------
        Series or None
            By segment; None where all kilometres count alike.
        """
        if self.scenario.weights != "incidents":
            return None
        number, _ = self._numbers(seed, None)
        found = self._reported(_check_ground(ground), number).pressure
        return None if found is None else found.set_index("segment")["weight"]

    def _reported(self, ground: Ground, number: int) -> Reported:
        with _where(self._file):
            return Reported.of(
                place_of(self.incidents),
                ground.corridor,
                self.scenario,
                number,
                polygons=(self.districts, self.provinces),
                **how_read(self),
            )


@contextmanager
def _where(file: Path | None) -> Iterator[None]:
    """Let messages on incidents name what helps in a study file, and the file, where there is one."""
    if file is None:
        yield
        return
    with asked_from("study file"):
        try:
            yield
        except BorderzoneError as error:
            if str(file) in str(error):
                raise
            msg = f"{file}: incidents: {str(error).removeprefix('incidents: ')}"
            raise type(error)(msg) from error


def _usual_name(border: Border) -> str:
    names = "-".join(border.names[code] for code in (border.a, border.b))
    if border.cut_km is None:
        return names
    start, end = border.cut_km
    return f"{names}, km {start:.6g} to {end:.6g}"


def _layer_words(value: Any) -> str:
    """Say where a layer comes from, without looking into it."""
    if value is None:
        return "none"
    place = value.get("path") if isinstance(value, dict) else value
    if isinstance(place, (list, tuple)):
        return f"{len(place)} files, {place[0]} ..." if len(place) > 1 else str(place[0])
    return str(place) if isinstance(place, (str, Path)) else f"in memory ({type(place).__name__})"


def _check_scenario(scenario: Any) -> Scenario:
    if not isinstance(scenario, Scenario):
        msg = f"scenario must be a Scenario, such as Scenario(depth_km=25), got {shown(scenario)}"
        raise InvalidParameterError(msg)
    return scenario


def _check_ground(ground: Any) -> Ground:
    if not isinstance(ground, Ground):
        msg = f"ground must be what read_ground of a study gives, got {shown(ground)}"
        raise InvalidParameterError(msg)
    return ground


def _with_table(ground: Any) -> Ground:
    found = _check_ground(ground)
    if found.table is None:
        lack = found.missing.get("elevation") or found.missing.get("sections")
        msg = f"there are no unit counts: {'no elevation' if lack is None else f'{lack.reason}; {lack.cure}'}"
        raise InvalidScenarioError(msg)
    return found


def _result(
    study: Study,
    ground: Ground,
    findings: tuple[PatrolFindings, IncidentFindings, CrossingFindings],
    reported: Reported,
    seed: int,
) -> StudyResult:
    patrols, found, crossing = findings
    outside = OutsideGround.of(ground.corridor, ground.sea_share)
    records = [*records_of(study.border), outside.record, *ground.records, *reported.records]
    if patrols.asked is not None:
        records.append(datasets.record("validation"))
    given = study.given
    missing = dict(ground.missing)
    if found.events is None:
        missing["incidents"] = missing_layer("incidents", None, study.border)
    result = StudyResult(
        name=study.name,
        # The ground may be shared by studies of one line that hold its published length otherwise.
        corridor=replace(ground.corridor, border=study.border),
        scenario=study.scenario,
        seed=seed,
        ground=ground.with_tables(
            stability=Later(lambda: ranking_stability(ground, study.scenario, seed))
        ),
        incidents=found,
        patrol=patrols,
        crossing=crossing,
        segments=_segments(ground, patrols, outside),
        notes=_notes(ground, outside, reported, missing),
        missing=missing,
        inputs=tuple(dict.fromkeys(records)),
        given=given
        | {
            "incidents_accessed": study.incidents_accessed,
            "terms": None if found.events is None else incidents.leaving(found.events).said,
        },
    )
    # By each file as often as it was read, and by what was given before what was found out of it.
    checksums = [record.sha256 for record in records]
    result = replace(result, run_id=result.named_by(checksums, given))
    aside = left_out(result)
    told_first = (f"{aside[0].upper()}{aside[1:]}.",) if aside else ()
    result = replace(result, notes=(*told_first, *result.notes))
    return replace(result, summary=summary_sentences(result))


def _notes(
    ground: Ground, outside: OutsideGround, reported: Reported, missing: Mapping[str, Missing]
) -> tuple[str, ...]:
    """Say what a reader must know, in the order in which a study reads its layers."""
    lacks = (lack.note for lack in missing.values())
    first = (*ground.corridor.remarks, *_swaps(reported.events), *lacks)
    return (*first, *ground.notes, *outside.notes, *reported.notes)


def _swaps(events: Any) -> list[str]:
    """Tell first of all that a table may have its coordinates swapped."""
    notes = [] if events is None else incidents.TableCheck(events).swaps
    return [f"Incidents: {note}." for note in notes]


def _segments(ground: Ground, patrols: PatrolFindings, outside: OutsideGround) -> gpd.GeoDataFrame:
    segments = ground.corridor.segments.set_index("segment").join(outside.by_segment)
    if ground.table is not None:
        # Where ground was read, the sea is the cells that were left out.
        segments = segments.drop(columns="sea_share").join(ground.table)
    if patrols.by_segment is not None:
        # The speed of the crosser is the scenario's, where that is not the ground's.
        own = patrols.by_segment
        segments = segments.drop(columns=own.columns, errors="ignore").join(own)
    return segments
