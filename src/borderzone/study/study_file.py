"""A study in a TOML file: one to start from, read with its paths, written so that it repeats its run."""

from __future__ import annotations

import os
import textwrap
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from borderzone._guards import check_path, meant, shown, written_option
from borderzone._guards.escapes import comment
from borderzone._guards.pages import described
from borderzone.border import Border
from borderzone.errors import DataError, InvalidParameterError, InvalidScenarioError
from borderzone.incidents import ReadOptions
from borderzone.patrol import Force
from borderzone.scenario import Scenario
from borderzone.study.given import (
    ASKED,
    LAYERS,
    NONE,
    SETTINGS,
    day_of,
    digest_of,
    digests_of,
    is_path,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from borderzone.study.record import Study
    from borderzone.study.result import StudyResult

__all__ = ["STUDY_KEYS", "read_study", "starter_file", "write_study"]

_PLAIN = ("name", "seed", "incidents_accessed", "terms", *ASKED, *SETTINGS)
_PUBLISHED = ("published_length_km", "published_length_source")
STUDY_KEYS = frozenset({"a", "b", "border", "border_km", "scenario", *_PUBLISHED, *_PLAIN, *LAYERS})
# What a table of the border may hold beside its file: how Border.from_file is to read it.
_OF_A_LINE = ("left", "right", "layer", "tolerance_km")
_OF_A_PLACE = ("path", "sha256", "memory", "withheld")
# What is said of a table in memory beside it, by its name under [incidents].
_SAID_OF_IT = {"accessed": "incidents_accessed", "terms": "terms"}
_FORMS = ({"path"}, {"path", "sha256"}, {"memory"}, {"withheld"})
_STANDING = (
    "Without the posts and obstacles that stood at the border, which the public edition leaves out."
)
_WITHHELD = "posts are left out of the public edition"


def read_study(content: Mapping[str, Any], path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the content of a study file into what a study takes."""
    unknown = sorted(set(content) - STUDY_KEYS)
    if unknown:
        names = ", ".join(name[:40] for name in unknown[:5])
        hint = meant(unknown[0], STUDY_KEYS)
        msg = f"a study has no {names}; it has {', '.join(sorted(STUDY_KEYS))}{hint}"
        raise InvalidScenarioError(msg)
    foreign = sorted(set(given) - {"border", *LAYERS})
    if foreign:
        hint = meant(foreign[0], LAYERS)
        msg = f"what can be handed over is border and {', '.join(LAYERS)}, got {foreign[0][:40]!r}{hint}"
        raise InvalidScenarioError(msg)
    scenario = content.get("scenario", {})
    if not isinstance(scenario, dict):
        msg = f"scenario must be a table, [scenario], got {shown(scenario)}"
        raise InvalidScenarioError(msg)
    layers = {
        name: _source(name, content.get(name), path, given)
        for name in LAYERS
        if name != "incidents" and (name in content or name in given)
    }
    if "incidents" in content or "incidents" in given:
        layers |= _incidents(content.get("incidents"), path, given)
    plain = {name: content[name] for name in _PLAIN if name in content}
    for name in set(plain) & set(layers):
        if layers[name] != (day_of(plain[name]) if name == "incidents_accessed" else plain[name]):
            msg = f"{name} is said twice, and differently: keep that under [incidents]"
            raise InvalidScenarioError(msg)
    border = _border(content, path, given)
    if "border_km" in content and not isinstance(given.get("border"), Border):
        border = _cut(border, content["border_km"])
    border = _with_published(border, content)
    return {"border": border, "scenario": Scenario(**scenario), **plain, **layers}


def _border(content: Mapping[str, Any], path: Path, given: Mapping[str, Any]) -> Any:
    if "border" not in content and "border" not in given:
        for code in ("a", "b"):
            if not isinstance(content.get(code), str):
                msg = f"a study needs {code} = 'a country', such as a = 'IRQ'"
                raise InvalidScenarioError(msg)
        return Border.between(content["a"], content["b"])
    stated, said = _border_table(content.get("border"))
    source = _source("border", stated, path, given)
    if isinstance(source, Border):
        return source
    for one in source if isinstance(source, tuple) else (source,):
        check_path(one, "border", InvalidScenarioError)
    names = None
    if {"a", "b"} & set(content):
        names = (content.get("a", "left"), content.get("b", "right"))
    return Border.from_file(source, names=names, **said)


def _border_table(stated: Any) -> tuple[Any, dict[str, Any]]:
    """Part how a line is to be read from where it lies."""
    if not isinstance(stated, dict):
        return stated, {}
    said = {name: stated[name] for name in _OF_A_LINE if name in stated}
    place = {name: value for name, value in stated.items() if name not in said}
    if set(place) not in _FORMS:
        msg = (
            f"a border in a study file is a file with a line or two areas, or a table of path (one, or "
            f"two), {', '.join(_OF_A_LINE)} and sha256, got {shown(stated)}{_near(place)}"
        )
        raise InvalidScenarioError(msg)
    return place, said


def _near(place: Mapping[str, Any]) -> str:
    """Name what was meant by a key that no table of a border has."""
    known = (*_OF_A_LINE, *_OF_A_PLACE)
    return next((meant(name, known) for name in place if name not in known), "")


def _cut(border: Border, span: Any) -> Border:
    """Cut out the kilometres that a study is about."""
    if not isinstance(span, list) or len(span) != 2:
        msg = f"border_km must be two chainages in km, such as [0, 200], got {shown(span)}"
        raise InvalidScenarioError(msg)
    try:
        return border.between_km(*span)
    except InvalidParameterError as error:
        msg = f"border_km must be two chainages in km, such as [0, 200]: {error}"
        raise InvalidScenarioError(msg) from error


def _with_published(border: Any, content: Mapping[str, Any]) -> Any:
    """Put the published length that the file gives beside the measured one."""
    km, source = (content.get(name) for name in _PUBLISHED)
    if km is None and source is not None:
        msg = (
            "published_length_source says whose a length is: give published_length_km = 599 with it"
        )
        raise InvalidScenarioError(msg)
    if km is None or not isinstance(border, Border):
        return border
    return border.with_published_length(km, **({} if source is None else {"source": source}))


def _incidents(stated: Any, file: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Part how a table of incidents is to be read from where it lies."""
    name = "incidents"
    if not isinstance(stated, dict):
        return {name: _source(name, stated, file, given)}
    place = {key: value for key, value in stated.items() if key in _OF_A_PLACE}
    how = {key: value for key, value in stated.items() if key not in place}
    if set(place) not in _FORMS:
        msg = (
            f"[{name}] in a study file is a table of path, the file that holds them, and how it is read: "
            f"{', '.join(ReadOptions.known)}; got {shown(stated)}"
        )
        raise InvalidScenarioError(msg)
    try:
        how = ReadOptions.of(how).stated()
    except InvalidParameterError as error:
        msg = f"[{name}]: {error}"
        raise InvalidScenarioError(msg) from error
    if isinstance(own := given.get(name), dict):  # a file that is handed over with how it is read
        given = {**given, name: own.get("path")}
        how |= {key: value for key, value in own.items() if key != "path"}
    source = _source(name, place, file, given)
    if is_path(source, LAYERS[name]):
        return {name: {"path": source, **how} if how else source}
    said = {_SAID_OF_IT[key]: how.pop(key) for key in _SAID_OF_IT if key in how}
    if how:
        msg = (
            f"[{name}] says how a file is read ({', '.join(how)}), but a table is handed over: read it "
            f"so with borderzone.incidents.read, and leave these out of {file.name!r}"
        )
        raise InvalidScenarioError(msg)
    return {name: source, **said}


def _source(name: str, stated: Any, file: Path, given: Mapping[str, Any]) -> Any:
    """Give one layer: what the user hands over, or what the file says, checked by its digest."""
    if not isinstance(stated, dict):
        return given[name] if name in given else _located(name, stated, file.parent)
    if set(stated) not in _FORMS:
        msg = (
            f"{name} in a study file is a path, a list of paths, a word, or a table such as "
            f'{{path = "file", sha256 = "digest"}}, got {shown(stated)}'
        )
        raise InvalidScenarioError(msg)
    if "path" in stated:
        source = given[name] if name in given else _located(name, stated["path"], file.parent)
        if "sha256" in stated:
            _check_digests(name, source, stated, file)
        return source
    if name not in given:
        told = stated.get("withheld", f"{name} was in memory in that run and is not in this file")
        msg = (
            f"{name}: {str(told)[:200]}; hand it over with Study.from_toml({file.name!r}, {name}=...), "
            f'or put {name} = "a file" in its place'
        )
        raise InvalidScenarioError(msg)
    if "memory" in stated and _digest(name, given[name]) != stated["memory"]:
        raise InvalidScenarioError(_not_the_one(name, file))
    return given[name]


def _check_digests(name: str, source: Any, stated: Mapping[str, Any], file: Path) -> None:
    digests = stated["sha256"] if isinstance(stated["sha256"], list) else [stated["sha256"]]
    if isinstance(source, Border) or (name in LAYERS and not is_path(source, LAYERS[name])):
        raise InvalidScenarioError(_not_the_one(name, file))
    try:
        found = digests_of(name, source)
    except DataError as error:
        msg = (
            f"{error}; files are named as seen from {file.name!r}: put it there, or hand it over with "
            f"Study.from_toml({file.name!r}, {name}=...)"
        )
        raise DataError(msg) from error
    if found != digests:
        msg = (
            f"{name}: {shown(stated['path'])} was changed since {file.name!r} was written; take the "
            "file of that run, or leave sha256 out to run with this one"
        )
        raise DataError(msg)


def _digest(name: str, value: Any) -> str:
    kinds = (Border,) if name == "border" else LAYERS[name].memory
    return digest_of(value) if isinstance(value, kinds) else ""


def _not_the_one(name: str, file: Path) -> str:
    return (
        f"{name} that was handed over is not the one of that run: its content has another digest "
        f"than {file.name!r} says; take the same data, or leave the digest out of the file"
    )


def _located(name: str, source: Any, folder: Path) -> Any:
    """Paths in a study file are relative to it; a word that names embedded data is not one."""
    if isinstance(source, list):
        return tuple(_located(name, item, folder) for item in source)
    if not isinstance(source, str):
        msg = (
            f"{name} in a study file is a path, a list of paths or a word, such as "
            f'"embedded" or "none", got {shown(source)}'
        )
        raise InvalidScenarioError(msg)
    words = (NONE, "embedded", "synthetic") if name in LAYERS else ()
    if "://" in source or source.startswith("/vsi") or source in words:
        return source  # an address is refused, as it stands, by whoever opens it
    return source if Path(source).is_absolute() else str(folder / source)


def write_study(result: StudyResult, folder: str | os.PathLike[str], *, public: bool) -> str:
    """Write the study of a result as TOML that repeats the run, or says why it cannot."""
    border, given = result.border, dict(result.given)
    said = {name: given.pop(name, None) for name in _SAID_OF_IT.values()}
    asked = {name: given.pop(name) for name in ASKED if name in given}
    if isinstance(given.get("incidents"), dict):
        given["incidents"] |= {
            key: word for key, name in _SAID_OF_IT.items() if (word := said.pop(name)) is not None
        }
    head: dict[str, Any] = {"name": result.name, "a": border.a, "b": border.b, "seed": result.seed}
    head |= {k: v for k, v in result.ground.settings.items() if v != SETTINGS[k]}
    head |= {name: word for name, word in said.items() if word is not None}
    if public and isinstance(given.get("origins"), dict):
        given["origins"] = {"withheld": _WITHHELD}
    layers = {name: _relative(value, Path(folder), public=public) for name, value in given.items()}
    told = result.scenario.without_standing() if public else result.scenario
    scenario = told.model_dump(mode="json", exclude_none=True)
    less = [f"# {_STANDING}\n"] if told is not result.scenario and _stands(result) else []
    return "".join(_remarks(layers) + less) + tomli_w.dumps(
        {**head, **layers, **asked, "scenario": scenario}
    )


def _stands(result: StudyResult) -> bool:
    return bool(result.scenario.posts or result.scenario.obstacles)


def _relative(value: Any, folder: Path, *, public: bool) -> Any:
    """Tell paths from the output folder where they are near; in public no other folder is named."""
    if not (isinstance(value, dict) and "path" in value):
        return value
    near = folder.absolute().parent

    def told(path: str) -> str:
        if Path(path).is_relative_to(near):
            return Path(os.path.relpath(path, folder.absolute())).as_posix()
        return Path(path).name if public else path

    paths = value["path"]
    located = [told(path) for path in paths] if isinstance(paths, list) else told(paths)
    return value | {"path": located}


def _remarks(layers: Mapping[str, Any]) -> list[str]:
    lines = ["# Repeats the run: borderzone report study.toml -o another_folder\n"]
    tables = {name: value for name, value in layers.items() if isinstance(value, dict)}
    needed = [name for name, value in tables.items() if "path" not in value]
    if needed:
        call = f'Study.from_toml("study.toml", {needed[0]}=...)'
        lines = [
            f"# Cannot repeat the run alone: {', '.join(needed)} must be handed over:\n# {call}\n"
        ]
    if any("withheld" in value for value in tables.values()):
        lines.append(f"# In this file {_WITHHELD}.\n")
    if len(needed) < len(tables):
        lines.append(
            "# Files are read from where they are named, and must have the digest given.\n"
        )
    return lines


_WIDE = 96
_HEAD = (
    "A study: whose border, on which data, under which assumptions. Each line holds what is usual; take "
    "away the # before one that you want to say yourself. Paths are seen from this file."
)
_RUN = "Run it: borderzone report study.toml -o out"
_LINE_FIELDS = (
    ("border", "A file with a line of one's own, in place of a and b."),
    ("border_km", "Two chainages, when the study is of what lies between them. Units: km."),
)
# What stands elsewhere in the file, or is said of incidents in their table.
_ELSEWHERE = ("border", "scenario", "incidents_accessed", *ASKED)


def starter_file(study: Study) -> str:
    """Write a study on data that ship, with its comments."""
    told, border = described(type(study)), study.border
    lines = [*map(comment, _wrapped(_HEAD)), comment(_RUN), "\n"]
    lines += [f"{_said('a', border.a)}\n", f"{_said('b', border.b)}\n"]
    for name, words in _LINE_FIELDS:
        lines += _field(name, None, words)
    for name in (f.name for f in fields(study)):
        if name[0] != "_" and name not in _ELSEWHERE:
            value = getattr(study, name)
            value = NONE if value is None and name in LAYERS else value
            # It follows a and b.
            lines += _field(name, value, told[name], said=name != "name")
    scenario = study.scenario.model_dump(mode="json") | {"force_side": None}
    force = scenario.pop("force")
    told = described(Scenario)
    lines.append("\n[scenario]\n")
    for name, value in scenario.items():
        lines += _field(name, value, told[name])
    lines += ["\n", *map(comment, _wrapped(told["force"])), "[scenario.force]\n"]
    told, follows = described(Force), _following(study.scenario.force)
    for name, value in force.items():
        lines += _field(name, value, told[name], said=name not in follows)
    return "".join(lines)


def _following(force: Force) -> set[str]:
    """Name what goes with the mode: written down, it would outlive a change of the mode."""
    other = Force(mode="vehicle_off_road" if force.mode == "foot" else "foot", sensor=force.sensor)
    names = (name for name in Force.model_fields if name != "mode")
    return {name for name in names if getattr(other, name) != getattr(force, name)}


def _field(name: str, value: Any, words: str, *, said: bool = True) -> list[str]:
    """Write a field under what is said of it; empty tables stand back, for rows are written as [[name]]."""
    empty = isinstance(value, (dict, list)) and not value
    mark = "" if said and value is not None and not empty else "# "
    return ["\n", *map(comment, _wrapped(words)), f"{mark}{_said(name, value)}\n"]


def _said(name: str, value: Any) -> str:
    return f"{name} =" if value is None else written_option(name, value, where="study file")


def _wrapped(words: str) -> list[str]:
    return textwrap.wrap(words, _WIDE, break_long_words=False, break_on_hyphens=False)
