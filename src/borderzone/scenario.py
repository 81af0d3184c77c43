"""A scenario: every assumption behind one study, as one frozen record."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import tomli_w
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from borderzone._guards import (
    check_choice,
    check_path,
    guard_room,
    local_path,
    meant,
    meant_choice,
    shown,
)
from borderzone._guards.pages import record_card
from borderzone.errors import BorderzoneError, InvalidParameterError, InvalidScenarioError
from borderzone.io import Limits
from borderzone.patrol import (
    NATURE,
    Assumption,
    ExistingPosts,
    Force,
    Obstacle,
    default_assumptions,
)

if TYPE_CHECKING:
    from borderzone.difficulty.index import IndexWeights

__all__ = ["PRESETS", "Scenario", "Uncertain", "named_after", "read_toml"]

# Terrain cells along the side of a working cell: 2 km over 1 m.
_MOST_TIMES = 2000

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Depth = Annotated[float, Field(gt=0, le=20_000, allow_inf_nan=False)]
OpenShare = Annotated[float, Field(gt=0, lt=1)]
Month = Annotated[int, Field(ge=1, le=12)]


class Uncertain(BaseModel):
    """
    How one assumption is distributed, and why.

    Attributes
    ----------
    distribution
        ``"lognormal"``, ``"triangular"``, ``"uniform"``, ``"normal"`` or
        ``"fixed"``.
    parameters
        Median and sigma; low, mode and high; low and high; mean and
        deviation; or the value.
    source
        Where it is from.

    Examples
    --------
    >>> Uncertain(distribution="triangular", parameters=(300, 500, 900), source="own trials").parameters
    (300.0, 500.0, 900.0)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    distribution: Literal["lognormal", "triangular", "uniform", "normal", "fixed"]
    parameters: tuple[float, ...]
    source: Annotated[str, Field(min_length=1)]


class Scenario(BaseModel):
    """
    Every assumption behind one set of results.

    Read-only: derive a new case from an old one with `changed`. A value that
    is impossible is refused at birth, so that no later step has to.

    Parameters
    ----------
    **values
        The fields below, by name; one that is left out keeps its default.

    Attributes
    ----------
    name
        Short label, used in table rows and figure legends.
    depth_km
        Depth of the corridor on each side of the border. Units: km.
    segment_km
        Longest length of a segment. Units: km.
    length
        Length that patrols have to cover: ``"measured"`` along the line, or ``"published"``, with
        which every segment counts as longer by published over measured. That spreads evenly what
        the line leaves out; neither line nor ground changes.
    resolution_m
        Cell size of the working grid, on which travel times, zones and maps stand. Units: m.
    terrain_resolution_m
        Cell size of terrain and flags, which nest in the working grid and are worked on block by
        block; the working grid's own when left out. Units: m.
    remote_hours
        Travel time from the nearest origin beyond which bare ground counts as
        remote. Units: h.
    remote_hours_range
        Thresholds over which the flagged share is reported. Units: h.
    bare_threshold
        Share of bare ground above which a cell counts as bare.
    min_zone_km2
        Smallest zone that is listed. Units: km2.
    max_gap_share
        Share of the corridor's land that may have no elevation. It is left unknown and told; more is
        refused. By default no gap is taken.
    index_weights
        Weight of members of the difficulty index by name; 1 where not given.
    index_comparisons
        Instead of weights, how many times one member of a leg counts more than another, as
        ``{"remoteness/bareness": 3}``; see `borderzone.difficulty.index_weights`.
    force
        The patrol unit: mobility, sensor, shifts, response.
    force_side
        Country whose force it is, one of the border's two by any of its names. The force starts,
        responds and patrols on that country's ground and does not cross the line. Left out, a study
        takes the country that its border names first, and says so.
    shift_h
        Length of a shift, of which the drive from the nearest origin and back
        is lost: for the rate of a unit on shift, beside that of one on
        station. An assumption. Units: h.
    road_speeds_km_h
        Speed by class of road, where it differs from `borderzone.access.ROAD_SPEEDS`. Units: km/h.
    cover_km
        Way from the place where somebody is seen to the first cover, within which he has to be
        reached. An assumption. Units: km.
    report_minutes
        Time from a crossing until the response sets out; for the race to cover. Units: min.
    post_height_m, post_sight_km
        Height of the eyes of a post above its ground, and how far they look. Units: m, km.
    crosser
        How somebody crosses: ``"foot"`` takes the speed from the ground,
        ``"vehicle"`` moves at `crosser_vehicle_km_h`.
    crosser_vehicle_km_h
        Speed of a crossing vehicle. Units: km/h.
    light
        ``"night"``, the worst case, or ``"day"``: the light of the headline.
        Both are always computed.
    light_year
        Year of the table of nights and moons, 1900 to 2100.
    month
        Month whose nights patrols look through, 1 to 12; left out, the mean over the months of the
        year, each counting the same. See `borderzone.access.night_light`.
    moon
        ``"mean"``: all nights of a lunation. ``"full"``: that of the full moon, which needs a month.
        ``"dark"``: none.
    law
        Law of a segment: ``"random"``, units that nobody leads; ``"beats_soft"``, units that are
        led, each on a beat of its own; or ``"beats"``, the same with a definite range, which is a
        bound to compare with and no force.
    weights
        Where people are expected to cross, for means along the border: ``"uniform"``, by
        length, or ``"incidents"``, by `borderzone.incidents.pressure_weights` of the study's
        incidents. The worst case looks at no weights and is always shown.
    targets
        Probabilities of interdiction and detection to plan for.
    confidence
        Probability, over the assumptions, with which a target is to be met.
    max_units
        Largest number of units out that the curve shows.
    reference_units
        Units out at which segments and scenarios are compared.
    draws
        Number of Monte Carlo draws over the assumptions.
    imputations
        Number of positions drawn for every incident.
    posts, obstacles
        What stands at the border already, a row for each stretch, which the answer by kits counts:
        `borderzone.patrol.ExistingPosts` and `borderzone.patrol.Obstacle`.
    uncertainty
        Distributions that differ from the defaults, by name: of the curve, see
        `borderzone.patrol.default_assumptions`, and of the answer, `borderzone.patrol.NATURE`.

    Examples
    --------
    >>> Scenario(depth_km=25).changed({"force.sensor": "vehicle_thermal"}).force.sensor
    'vehicle_thermal'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    name: Annotated[str, Field(min_length=1, max_length=80, strict=True)] = "as is"
    depth_km: Depth = 50.0
    segment_km: Positive = 10.0
    length: Literal["measured", "published"] = "measured"
    resolution_m: Positive = 2000.0
    terrain_resolution_m: Positive | None = None
    remote_hours: Positive = 2.0
    remote_hours_range: tuple[Positive, ...] = (1.0, 2.0, 3.0)
    bare_threshold: OpenShare = 0.5
    min_zone_km2: Positive = 100.0
    max_gap_share: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    index_weights: dict[str, Weight] = Field(default_factory=dict)
    index_comparisons: dict[str, Weight] = Field(default_factory=dict)
    force: Force = Force(mode="vehicle_off_road", sensor="eye")
    force_side: Annotated[str, Field(min_length=1, max_length=80, strict=True)] | None = None
    shift_h: Positive = 12.0
    road_speeds_km_h: dict[str, Weight] = Field(default_factory=dict)
    cover_km: Positive = 5.0
    report_minutes: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 5.0
    post_height_m: Positive = 10.0
    post_sight_km: Annotated[float, Field(gt=0, le=50, allow_inf_nan=False)] = 10.0
    crosser: Literal["foot", "vehicle"] = "foot"
    crosser_vehicle_km_h: Positive = 30.0
    light: Literal["night", "day"] = "night"
    light_year: Annotated[int, Field(ge=1900, le=2100)] = 2019
    month: Month | None = None
    moon: Literal["mean", "dark", "full"] = "mean"
    law: Literal["random", "beats_soft", "beats"] = "random"
    weights: Literal["uniform", "incidents"] = "uniform"
    targets: tuple[OpenShare, ...] = (0.5, 0.9, 0.95)
    confidence: OpenShare = 0.9
    max_units: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000
    reference_units: Annotated[int, Field(ge=1, le=1_000_000)] = 100
    draws: Annotated[int, Field(ge=100, le=1_000_000)] = 2000
    imputations: Annotated[int, Field(ge=10, le=100_000)] = 500
    posts: tuple[ExistingPosts, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    uncertainty: dict[str, Uncertain] = Field(default_factory=dict)

    @field_validator("*", mode="before")
    @classmethod
    def _no_numbers_as_text(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[str(info.field_name)].annotation
        several = isinstance(value, (list, tuple))
        if several or annotation in (int, float, Positive | None, Month | None):
            for one in value if several else (value,):
                if isinstance(one, (str, bytes, bool)):
                    msg = f"must be a number, not {shown(one)} in quotes or a yes or no"
                    raise ValueError(msg)  # noqa: TRY004 - what pydantic takes for a refusal
        return value

    @field_validator("force", mode="before")
    @classmethod
    def _rest_of_the_force(cls, value: Any) -> Any:
        """Leave what a table of the force does not name as it is in a scenario without one."""
        usual = cls.model_fields["force"].default
        left = {"mode": usual.mode, "sensor": usual.sensor}
        return {**left, **value} if isinstance(value, Mapping) else value

    def __init__(self, **values: Any) -> None:
        """Build a scenario, or say in plain words which value is impossible."""
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise InvalidScenarioError(_plain(error)) from error

    @model_validator(mode="after")
    def _known_uncertainty(self) -> Self:
        for name in self.uncertainty:
            if name in ("p_identify", "p_respond") and getattr(self.force, name) is None:
                msg = (
                    f"uncertainty of {name} is that of a constant of your own, and force.{name} is none; "
                    f"give force.{name} too, or leave both out: the answer works it out"
                )
                raise ValueError(msg)
            check_choice(name, "uncertainty", default_assumptions(self.force) | NATURE)
        return self

    @model_validator(mode="after")
    def _choices_agree(self) -> Self:
        if not self.targets or list(self.targets) != sorted(set(self.targets)):
            msg = f"targets must rise and not repeat, got {self.targets}"
            raise ValueError(msg)
        if self.moon == "full" and self.month is None:
            msg = (
                "moon = 'full' needs a month, since a full moon stands high in winter and low in "
                "summer; give month = 1 to 12, or moon = 'mean' for the mean of the year"
            )
            raise ValueError(msg)
        # What nobody chose is no mistake: on a narrow corridor the usual cover lies outside.
        chosen = self.cover_km != type(self).model_fields["cover_km"].default
        if chosen and self.cover_km > self.depth_km:
            msg = (
                f"cover_km {self.cover_km:g} lies beyond the corridor, which is {self.depth_km:g} km deep on "
                f"either side: give a cover within it, or a depth_km of {self.cover_km:g} or more"
            )
            raise ValueError(msg)
        if self.remote_hours not in self.remote_hours_range:
            msg = (
                f"remote_hours {self.remote_hours} must be one of remote_hours_range "
                f"{self.remote_hours_range}, so that the flagged share shows it"
            )
            raise ValueError(msg)
        try:
            if self.index_weights or self.index_comparisons:
                self.weighting()
        except InvalidParameterError as error:
            raise ValueError(str(error)) from error
        return self

    @model_validator(mode="after")
    def _obstacles_have_delays(self) -> Self:
        for row in self.obstacles:
            row.delay_h("vehicle" if self.crosser == "vehicle" else "person")
        return self

    @model_validator(mode="after")
    def _cells_nest(self) -> Self:
        if self.terrain_resolution_m is None:
            return self
        times = self.resolution_m / self.terrain_resolution_m
        if times > _MOST_TIMES:
            msg = (
                f"terrain_resolution_m {self.terrain_resolution_m:g} goes {times:.3g} times into "
                f"resolution_m {self.resolution_m:g}, the limit is {_MOST_TIMES:,}; take larger cells"
            )
            raise ValueError(msg)
        if times < 1.5 or abs(times - round(times)) > 1e-9:
            near = max(round(times), 2) * self.terrain_resolution_m
            msg = (
                f"terrain_resolution_m {self.terrain_resolution_m:g} must go a whole number of times, "
                f"twice at least, into resolution_m {self.resolution_m:g}, so that fine cells nest; "
                f"resolution_m = {near:g} would do"
            )
            raise ValueError(msg)
        return self

    def _repr_html_(self) -> str:
        """Show every assumption, those that are not as usual first."""
        usual = {
            name: field.get_default(call_default_factory=True)
            for name, field in Scenario.model_fields.items()
        }
        values = {name: getattr(self, name) for name in usual if name != "force"}
        force = {f"force.{name}": value for name, value in self.force.model_dump().items()}
        usual |= {f"force.{name}": value for name, value in usual["force"].model_dump().items()}
        return record_card(f"Scenario: {self.name}", values | force, usual)

    @property
    def refinement(self) -> int:
        """
        Terrain cells along the side of a working cell.

        Returns
        -------
        int
            1 where both are the same.
        """
        if self.terrain_resolution_m is None:
            return 1
        return round(self.resolution_m / self.terrain_resolution_m)

    def weighting(self) -> IndexWeights:
        """
        Weigh the members of the difficulty index.

        Returns
        -------
        IndexWeights
            A weight for every member, and the consistency ratio of comparisons.

        Examples
        --------
        >>> Scenario().weighting()
        IndexWeights(weights={'remoteness': 1.0, 'bareness': 1.0, 'karst': 1.0, 'ruggedness': 1.0, 'masking': 1.0}, basis='equal', consistency_ratio={})
        """
        # Imported here: only a study needs rasters, and a scenario alone should load fast.
        from borderzone.difficulty import index_weights  # noqa: PLC0415 - see above

        return index_weights(self.index_weights, self.index_comparisons)

    def assumptions(self) -> dict[str, Assumption]:
        """
        Give the distribution of every uncertain number.

        Returns
        -------
        dict of Assumption
            The defaults of the force, with the changes of `uncertainty`.

        Raises
        ------
        InvalidParameterError
            If the parameters do not make a distribution.

        Examples
        --------
        >>> Scenario().assumptions()["r50_factor"].distribution
        'lognormal'
        """
        made = default_assumptions(self.force)
        return made | self._changes_of(made)

    def nature(self) -> dict[str, Assumption]:
        """
        Give the states of nature of the answer whose distribution differs from the default.

        Returns
        -------
        dict of Assumption
            Those of `borderzone.patrol.NATURE` that `uncertainty` changes.

        Raises
        ------
        InvalidParameterError
            If the parameters do not make a distribution.
        """
        return self._changes_of(NATURE)

    def _changes_of(self, known: Mapping[str, Assumption]) -> dict[str, Assumption]:
        return {
            name: Assumption(
                name=name,
                distribution=change.distribution,
                parameters=change.parameters,
                unit=known[name].unit,
                source=change.source,
            )
            for name, change in self.uncertainty.items()
            if name in known
        }

    def without_standing(self) -> Scenario:
        """
        Return the same case as if no posts and no obstacles stood at the border.

        Returns
        -------
        Scenario
            What may be told in public: where posts stand is the user's alone.
        """
        return self.model_copy(update={"posts": (), "obstacles": ()})

    def changed(self, changes: Mapping[str, Any]) -> Scenario:
        """
        Return the same case with other values; this one stays as it is.

        Parameters
        ----------
        changes
            New values by name; a dot reaches into the force, as in
            ``"force.sensor"``.

        Returns
        -------
        Scenario
            A new record.

        Raises
        ------
        InvalidScenarioError
            If a name is unknown or a value impossible.

        Examples
        --------
        >>> first = Scenario()
        >>> more = first.changed({"name": "goggles", "force.sensor": "night_vision_goggles"})
        >>> first.force.sensor, more.force.sensor
        ('eye', 'night_vision_goggles')
        """
        given: Any = changes
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            msg = (
                f'changes are new values by name, such as {{"depth_km": 25}}, got {shown(changes)}'
            )
            raise InvalidScenarioError(msg)
        values = self.model_dump()
        for name, value in changes.items():
            target, leaf = values, name
            if name.startswith("force."):
                target, leaf = values["force"], name.removeprefix("force.")
            if leaf not in target:
                known = [*values, *(f"force.{key}" for key in values["force"])]
                hint = meant(name, known)
                msg = f"a scenario has no {shown(name)}; it has {', '.join(sorted(known))}{hint}"
                raise InvalidScenarioError(msg)
            target[leaf] = value
        return Scenario(**values)

    def to_toml(self, path: str | Path | None = None) -> str:
        """
        Write the scenario as TOML.

        Parameters
        ----------
        path
            File to write; an existing one is refused.

        Returns
        -------
        str
            The text.

        Raises
        ------
        InvalidScenarioError
            If the file exists or cannot be written.

        Examples
        --------
        >>> [line for line in Scenario(depth_km=25).to_toml().splitlines() if "depth_km" in line]
        ['depth_km = 25.0']
        """
        text = tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))
        if path is not None:
            file = Path(check_path(path, "scenario file", InvalidScenarioError))
            if file.exists():
                msg = f"{path} exists; choose another name or remove it first"
                raise InvalidScenarioError(msg)
            try:
                file.write_text(text, encoding="utf-8")
            except OSError as error:
                msg = f"{path} cannot be written: {error.strerror}"
                raise InvalidScenarioError(msg) from error
        return text

    @classmethod
    def from_toml(cls, path: str | Path) -> Scenario:
        """
        Read a scenario from a TOML file; what it leaves out keeps its default.

        Parameters
        ----------
        path
            File to read.

        Returns
        -------
        Scenario
            The record.

        Raises
        ------
        InvalidScenarioError
            If the file is missing, not TOML, or holds an unknown name or an
            impossible value.

        Examples
        --------
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder, "shallow.toml")
        ...     _ = file.write_text("depth_km = 25")
        ...     scenario = Scenario.from_toml(file)
        >>> scenario.depth_km, scenario.draws == Scenario().draws
        (25.0, True)
        """
        try:
            return cls(**read_toml(path))
        except InvalidScenarioError as error:
            raise named_after(path, error) from error


_DEEPEST = 32
_BITS = 63
_PART = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
_LONG_KEY = re.compile(rf"(?<![\w-])(?:{_PART}){{{_DEEPEST}}}")


def read_toml(path: str | Path) -> dict[str, Any]:
    """
    Read a TOML file, with errors that name the file.

    Parameters
    ----------
    path
        File to read.

    Returns
    -------
    dict
        Its content.

    Raises
    ------
    InvalidScenarioError
        If the file is missing, is not TOML, or is larger or deeper than any study.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "night.toml")
    ...     _ = file.write_text('light = "night"')
    ...     read_toml(file)
    {'light': 'night'}
    """
    file = local_path(check_path(path, "study or scenario file", InvalidScenarioError))
    if not file.is_file():
        msg = f"there is no scenario file {str(path)!r}"
        raise InvalidScenarioError(msg)
    text = _toml_text(file)
    try:
        content = tomllib.loads(text)
    except RecursionError:
        msg = f"{file.name!r} is not valid TOML: it is nested too deep"
        raise InvalidScenarioError(msg) from None
    except ValueError as error:  # of the parser, and of Python on numbers of 5,000 digits
        msg = f"{file.name!r} is not valid TOML: {shown(str(error))}"
        raise InvalidScenarioError(msg) from error
    _check_toml(content, file.name)
    return content


def _toml_text(file: Path) -> str:
    """Text of a TOML file that the parser can take: its time grows with the square of a key's parts."""
    most = Limits.now().toml_bytes
    try:
        with file.open("rb") as stream:
            raw = stream.read(most + 1)
        text = raw.decode("utf-8") if len(raw) <= most else ""
    except OSError as error:
        msg = f"{file.name!r} cannot be read ({error.strerror or error}); check the path"
        raise InvalidScenarioError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file.name!r} is not valid TOML: it is not UTF-8 ({error}); save it as UTF-8"
        raise InvalidScenarioError(msg) from error
    if len(raw) > most:
        msg = (
            f"{file.name!r} has more than {most:,} bytes, no study or scenario needs as many; "
            f"{Limits.how_to_raise('toml_bytes', file.stat().st_size)}"
        )
        raise InvalidScenarioError(msg)
    if _LONG_KEY.search(text):
        msg = f"{file.name!r} names a key of more than {_DEEPEST} parts, joined by dots; none has so many"
        raise InvalidScenarioError(msg)
    return text


def _check_toml(content: Any, name: str) -> None:
    """Refuse what a program could stumble over later: deep nesting, numbers beyond 64 bits."""
    level = [content]
    for _ in range(_DEEPEST):
        for value in level:
            if isinstance(value, int) and value.bit_length() > _BITS:
                msg = f"{name!r} holds a whole number of more than {_BITS} bits; TOML has none so large"
                raise InvalidScenarioError(msg)
        below = [list(v.values()) if isinstance(v, dict) else v for v in level]
        level = [value for values in below if isinstance(values, list) for value in values]
    if level:
        msg = f"{name!r} is nested deeper than {_DEEPEST} levels; a study or scenario has a few"
        raise InvalidScenarioError(msg)


def named_after(path: Any, error: BorderzoneError) -> InvalidScenarioError:
    """
    Put the name of a file before what is wrong in it.

    Parameters
    ----------
    path
        The file.
    error
        What is wrong.

    Returns
    -------
    InvalidScenarioError
        To be raised.

    Examples
    --------
    >>> from borderzone.errors import InvalidScenarioError
    >>> named_after("night.toml", InvalidScenarioError("draws = 5 is too few"))
    InvalidScenarioError('night.toml: draws = 5 is too few')
    """
    text = str(error)
    return InvalidScenarioError(text if str(path) in text else f"{path}: {text}")


def _plain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        name = ".".join(str(part) for part in problem["loc"]) or "scenario"
        if problem["type"] == "extra_forbidden":
            lines.append(f"{name} is not a name that a scenario knows{_hint(problem['loc'])}")
        else:
            told = f"{name} = {shown(problem['input'])}: {problem['msg']}"
            lines.append(f"{told}{meant_choice(problem)}")
    return "; ".join(lines)


def _hint(place: tuple[int | str, ...]) -> str:
    """Name the field of the scenario, or of its force, that comes nearest to an unknown one."""
    known: Mapping[str, Any] = Force.model_fields if place[0] == "force" else Scenario.model_fields
    return meant(place[-1], known)


PRESETS: Mapping[str, Scenario] = MappingProxyType(
    {
        "as_is": Scenario(name="as is"),
        "night_vision_for_all": Scenario(name="as is").changed(
            {"name": "night vision for all", "force.sensor": "night_vision_goggles"}
        ),
    }
)


guard_room(globals(), __all__)
