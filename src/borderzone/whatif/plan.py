"""What varies in a sweep: names and values, all looked at before the first run."""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import qmc

from borderzone._guards import (
    asked_from,
    check_choice,
    check_whole,
    generator,
    is_flag,
    is_number,
    shown,
)
from borderzone.border import Border
from borderzone.errors import BorderzoneError, InvalidScenarioError
from borderzone.patrol import FORCES, NATURE, Force
from borderzone.posts import PostPlan
from borderzone.scenario import Scenario, read_toml
from borderzone.study import KITS, LAYERS, Study

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "OF_A_STUDY",
    "SweepPlan",
    "blocks",
    "changed_study",
    "check_name",
    "plan_of",
    "read_plan",
]

_DESIGNS = ("lhs", "sobol")
# Short words for what is varied most; `kit` is a whole force.
_SHORT = {"units": "reference_units", "side": "force_side"}
OF_A_STUDY = ("border", *LAYERS)
# Fields of the table [posts] of a study.
_OF_POSTS = tuple(f"posts.{field.name}" for field in fields(PostPlan))
_SOURCE = "varied in a sweep"
_TOLD = ("units", "law", "light", "error")
_PLAN_KEYS = ("study", "vary", "design", "n", "outputs", "bands", "baseline", "on_error", "seed")
# What a case leaves as the study has it.
_AS_IT_IS = object()


@dataclass(frozen=True, kw_only=True)
class SweepPlan:
    """
    The cases of a sweep.

    Attributes
    ----------
    study
        What is varied.
    names
        What varies, in order.
    rows
        A value for each name, case by case.
    """

    study: Study
    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def digest(self) -> str:
        """Name the cases by every assumption of each, which words of a table need not tell in full."""
        told = hashlib.sha256()
        for case in range(len(self.rows)):
            told.update(self.study_of(case).scenario.model_dump_json().encode())
        return told.hexdigest()

    def study_of(self, case: int) -> Study:
        """Give the study of a case, or name the case whose values make none."""
        values = {
            name: value
            for name, value in zip(self.names, self.rows[case], strict=True)
            if value is not _AS_IT_IS
        }
        try:
            return changed_study(self.study, values)
        except BorderzoneError as error:
            told = ", ".join(f"{name} = {label(value)}" for name, value in values.items())
            msg = f"case {case} ({told}): {error}"
            raise InvalidScenarioError(msg) from error

    def table(self) -> pd.DataFrame:
        """Give the values as they stand in tables and files; an empty cell is the study's own value."""
        values = [_labels(column) for column in zip(*self.rows, strict=True)]
        columns = dict(zip(self.columns, values, strict=True))
        return _of_one_kind(pd.DataFrame({"case": range(len(self.rows)), **columns}))

    @property
    def columns(self) -> list[str]:
        """Name the columns of the values; the answer has some of these names for what it tells."""
        return [f"case_{name}" if name in _TOLD else name for name in self.names]


def _of_one_kind(cases: pd.DataFrame) -> pd.DataFrame:
    """Write columns that mix kinds as words, which a file needs of one kind."""
    mixed = [
        name
        for name in cases
        if cases[name].dtype == object and len(set(map(type, cases[name].dropna()))) > 1
    ]
    words = {str(name): cases[name].map(str, na_action="ignore") for name in mixed}
    return cases.assign(**words)


def _labels(values: Sequence[Any]) -> list[Any]:
    """Write a column of values; what words do not tell apart is numbered from the second on."""
    seen: dict[str, list[int]] = {}
    told = []
    for value in values:
        word = label(value)
        if isinstance(word, str) and not isinstance(value, (str, Path, Mapping, tuple, list)):
            known = seen.setdefault(word, [])
            if id(value) not in known:
                known.append(id(value))
            number = known.index(id(value)) + 1
            word = word if number == 1 else f"{word} ({number})"
        told.append(word)
    return told


def label(value: Any) -> Any:
    """Write a value into a table: plain ones as they are, records and data in words."""
    found = None if value is _AS_IT_IS else value
    if isinstance(value, np.generic):
        found = value.item()
    elif isinstance(value, Force):
        eyes = value.sensor if isinstance(value.sensor, str) else value.sensor.name
        found = f"{value.mode}, {eyes}, {value.patrol_km_h:g} km/h"
    elif isinstance(value, Scenario):
        found = value.name
    elif isinstance(value, Border) and isinstance(value.path, (str, Path)):
        found = str(value.path)
    elif isinstance(value, (Path, Mapping, tuple, list)):
        found = str(value)
    elif found is not None and not (isinstance(value, str) or is_flag(value) or is_number(value)):
        found = f"{type(value).__name__} in memory"
    return found


def plan_of(
    study: Study, vary: Any, *, design: str | None = None, n: int | None = None, seed: int = 1
) -> SweepPlan:
    """
    Make the cases of a sweep, and refuse any that is none.

    A mapping of lists is a full grid, or with a design ranges and choices to draw from; a list holds
    scenarios; a table has a row for each case.
    """
    if design is not None:
        names, rows = _drawn(vary, check_choice(design, "design", _DESIGNS), n, seed)
    elif n is not None:
        msg = f"n = {shown(n)} draws cases from a design: give design, one of {', '.join(_DESIGNS)}"
        raise InvalidScenarioError(msg)
    else:
        names, rows = _listed(vary)
    if not names or not rows:
        msg = "a sweep needs one case or more, and this has none: give values by name, or rows"
        raise InvalidScenarioError(msg)
    for name in names if names != ("scenario",) else ():
        check_name(name, study)
    full = [_SHORT.get(name, name) for name in names]
    if twice := [name for name in full if full.count(name) > 1]:
        msg = f"{twice[0]} varies under two names: name it once"
        raise InvalidScenarioError(msg)
    plan = SweepPlan(study=study, names=names, rows=_with_borders(names, rows))
    for case in range(len(rows)):
        plan.study_of(case)
    return plan


def _with_borders(
    names: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> tuple[tuple[Any, ...], ...]:
    """Read the lines that vary once for all cases."""
    if "border" not in names:
        return tuple(rows)
    place, read = names.index("border"), dict[str, Any]()
    for row in rows:
        given = row[place]
        if isinstance(given, (str, Path)) and str(given) not in read:
            read[str(given)] = Border.from_file(given)
    return tuple(
        (*row[:place], read.get(str(row[place]), row[place]), *row[place + 1 :]) for row in rows
    )


def _listed(vary: Any) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Take cases as they are given: a table, lists of which all combinations are run, or scenarios."""
    if isinstance(vary, pd.DataFrame):
        names = tuple(map(str, vary.columns))
        rows = [
            tuple(_AS_IT_IS if _is_empty(cell) else cell for cell in cells)
            for cells in vary.astype(object).itertuples(index=False, name=None)
        ]
    elif isinstance(vary, Mapping):
        _check_lists(vary)
        names, rows = tuple(vary), list(itertools.product(*vary.values()))
    elif isinstance(vary, Sequence) and vary and all(isinstance(one, Scenario) for one in vary):
        names, rows = ("scenario",), [(one,) for one in vary]
    else:
        msg = (
            'a sweep needs lists of values by name, such as {"depth_km": [25, 50]}, a list of scenarios, '
            f"or a table with a column for each name, got {shown(vary)}"
        )
        raise InvalidScenarioError(msg)
    return names, rows


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def _check_lists(vary: Mapping[str, Any]) -> None:
    wrong = [
        name
        for name, values in vary.items()
        if isinstance(values, (str, bytes, Mapping))
        or not hasattr(values, "__len__")
        or not len(values)
    ]
    if wrong or not vary:
        msg = 'a sweep needs lists of values by name, such as {"depth_km": [25, 50]}'
        if wrong:
            msg += f"; {shown(wrong[0])} has {shown(vary[wrong[0]])}"
        raise InvalidScenarioError(msg)


def _drawn(
    vary: Any, design: str, n: int | None, seed: int
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Draw cases evenly from ranges and choices: a Latin hypercube, or Sobol' points."""
    if not isinstance(vary, Mapping) or not vary:
        msg = (
            "a design draws from ranges and choices by name, such as "
            f'{{"force.patrol_km_h": (10, 30), "kit": ["eye", "goggles"]}}, got {shown(vary)}'
        )
        raise InvalidScenarioError(msg)
    count = check_whole(0 if n is None else n, "n", lowest=1)
    if design == "sobol" and count & (count - 1):
        msg = f"n must be a power of two for a design of Sobol' points, such as {1 << count.bit_length()}, got {count}"
        raise InvalidScenarioError(msg)
    make = {"lhs": qmc.LatinHypercube, "sobol": qmc.Sobol}[design]
    shares = make(d=len(vary), rng=generator(seed)).random(count)
    columns = [
        _quantiles(name, asked, shares[:, k]) for k, (name, asked) in enumerate(vary.items())
    ]
    return tuple(vary), list(zip(*columns, strict=True))


def _quantiles(name: str, asked: Any, shares: Any) -> list[Any]:
    """Take each share of a range (two numbers, or low and high by name) or of a list of choices."""
    if isinstance(asked, Mapping) and set(asked) == {"low", "high"}:
        asked = (asked["low"], asked["high"])
    if isinstance(asked, tuple):
        plain = len(asked) == 2 and all(map(is_number, asked))
        if not plain or not -math.inf < asked[0] < asked[1] < math.inf:
            msg = f"{name} needs a range of two numbers that rise, such as (10, 30), got {shown(asked)}"
            raise InvalidScenarioError(msg)
        low, high = asked
        # Ends written as whole numbers, 10 and not 10.0, have whole numbers between them.
        if all(type(end) is int for end in asked):
            return [int(low + math.floor(share * (high - low + 1))) for share in shares]
        return [float(low + share * (high - low)) for share in shares]
    _check_lists({name: asked})
    choices = list(asked)
    return [choices[int(share * len(choices))] for share in shares]


def check_name(name: Any, study: Study) -> None:
    """Refuse what no scenario and no study has, and name the nearest."""
    scenario = study.scenario
    known = [
        *type(scenario).model_fields,
        *(f"force.{part}" for part in type(scenario.force).model_fields),
        *(f"uncertainty.{part}" for part in {**scenario.assumptions(), **NATURE}),
        *OF_A_STUDY,
        *_SHORT,
        *_OF_POSTS,
        "kit",
    ]
    try:
        check_choice(name, "what varies", sorted(known))
    except BorderzoneError as error:
        raise InvalidScenarioError(str(error)) from error


def changed_study(study: Study, values: Mapping[str, Any]) -> Study:
    """Give a study with other values: of its scenario, its force, its layers."""
    if isinstance(values.get("scenario"), Scenario):
        return study.with_scenario(values["scenario"])
    layers = {name: value for name, value in values.items() if name in OF_A_STUDY}
    study = _with_posts(study, values)
    changes = _scenario_changes(study, values)
    _check_border(study, layers.get("border", study.border))
    scenario = study.scenario.changed(changes) if changes else study.scenario
    if not layers:
        return study.with_scenario(scenario)
    return replace(
        study, scenario=scenario, name="" if "border" in layers else study.name, **layers
    )


def _scenario_changes(study: Study, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what changes in the scenario: its fields, its force, its uncertainty."""
    changes: dict[str, Any] = {}
    if "kit" in values:
        changes["force"] = _kit(values["kit"], study.scenario).model_dump()
    own = dict(study.scenario.model_dump()["uncertainty"])
    for name, value in values.items():
        if name in {*OF_A_STUDY, *_OF_POSTS, "kit"}:
            continue
        if name.startswith("uncertainty."):
            own[name.removeprefix("uncertainty.")] = _distribution(value)
            changes["uncertainty"] = own
        elif name == "posts" and isinstance(value, (str, Path)):
            changes["posts"] = _posts_of(value)
        else:
            changes[_SHORT.get(name, name)] = value
    return changes


def _with_posts(study: Study, values: Mapping[str, Any]) -> Study:
    """Give a study that asks for other posts, where they vary."""
    sited = {name.removeprefix("posts."): v for name, v in values.items() if name in _OF_POSTS}
    if not sited:
        return study
    return replace(study, posts=replace(study.posts or PostPlan(), **sited))


def _check_border(study: Study, given: Any) -> None:
    """Refuse a line of other countries: nothing that is swept would be of the same study."""
    own = study.border
    line = Border.of(given)
    if {line.a, line.b} != {own.a, own.b}:
        msg = (
            f"a border that varies is another line between {own.a} and {own.b}, got one of {line.a} and "
            f"{line.b}: make a study of it"
        )
        raise InvalidScenarioError(msg)


def _kit(value: Any, scenario: Scenario) -> Force:
    if isinstance(value, Force):
        return value
    if value == "scenario":
        return scenario.force
    return {**FORCES, **KITS}[check_choice(value, "kit", ["scenario", *KITS, *FORCES])]


def _distribution(value: Any) -> Any:
    """Take a distribution, or a number as one that is fixed."""
    if is_number(value):
        return {"distribution": "fixed", "parameters": [float(value)], "source": _SOURCE}
    return value


def _posts_of(path: str | Path) -> Any:
    """Read posts that stand from a file of their own."""
    content = read_toml(path)
    if set(content) != {"posts"}:
        msg = f"{path}: a file of posts has a table [[posts]] for each stretch, got {', '.join(content) or 'nothing'}"
        raise InvalidScenarioError(msg)
    return content["posts"]


def read_plan(path: str | Path, *, study: Study | None = None) -> tuple[Study, dict[str, Any]]:
    """
    Read a plan of a sweep.

    Parameters
    ----------
    path
        TOML with a table ``[vary]``, and ``study`` (a preset, or a study or scenario file; the built-in
        study when left out), ``design``, ``n``, ``outputs``, ``bands``, ``baseline``, ``on_error`` or ``seed``. Paths are
        relative to its folder. Ranges of a design are tables of ``low`` and ``high``.
    study
        Study that a plan varies which names none.

    Returns
    -------
    study : Study
        What is varied.
    asked : dict
        What `sweep` is asked, by name.

    Raises
    ------
    InvalidScenarioError
        If the file is missing or not TOML, names what no plan has, or names another study.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "plan.toml")
    ...     _ = file.write_text("vary = {depth_km = [25, 50]}")
    ...     study, asked = read_plan(file)
    >>> study.name, asked
    ('Iraq-Syria', {'vary': {'depth_km': [25, 50]}})
    """
    file = Path(path)
    content = read_toml(file)
    try:
        for key in content:
            check_choice(key, "a plan", _PLAN_KEYS)
        study = _study_of(content.pop("study", None), file.parent, study)
        if not isinstance(vary := content.get("vary"), Mapping) or not vary:
            msg = "a plan needs a table [vary], such as depth_km = [25, 50]"
            raise InvalidScenarioError(msg)
    except BorderzoneError as error:
        msg = str(error) if str(path) in str(error) else f"{path}: {error}"
        raise InvalidScenarioError(msg) from error
    content["vary"] = {name: _beside(name, values, file.parent) for name, values in vary.items()}
    if isinstance(alone := content.get("baseline"), Mapping):
        content["baseline"] = {
            name: _beside(name, [value], file.parent)[0] for name, value in alone.items()
        }
    return study, content


def _study_of(named: Any, folder: Path, given: Study | None) -> Study:
    """Find the study that a plan varies: the one that it names, or the one that was given."""
    if named is not None and given is not None:
        msg = (
            f"the plan names its study, {shown(named)}: take that line out of it, or give no other"
        )
        raise InvalidScenarioError(msg)
    if given is not None:
        return given
    beside = folder / str(named)
    with asked_from("study file"):
        return Study.from_name(
            str(beside) if beside.is_file() else "as_is" if named is None else named
        )


def _beside(name: str, values: Any, folder: Path) -> Any:
    """Take paths from the folder of the plan; words for data that ship stay."""
    if name not in (*OF_A_STUDY, "posts") or not isinstance(values, list):
        return values
    words = LAYERS[name].words if name in LAYERS else ()
    return [
        str(folder / one) if isinstance(one, str) and one not in (*words, "none") else one
        for one in values
    ]


def blocks(count: int, size: int) -> Iterator[range]:
    """Cut cases into blocks, which are the same however many workers there are."""
    for start in range(0, count, size):
        yield range(start, min(start + size, count))
