"""Kinds at the front doors: an argument that is not what its annotation says is named, not a crash."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import math
import numbers
import os
import re
import types
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from borderzone._guards.draws import SEED, is_seed
from borderzone._guards.numbers import TOO_LARGE, is_number, is_whole
from borderzone._guards.paths import check_path
from borderzone._guards.rasters import like_the_first, upright
from borderzone._guards.words import is_flag, shown
from borderzone.errors import (
    BorderzoneError,
    CRSMismatchError,
    DataError,
    InvalidParameterError,
)

if TYPE_CHECKING:
    from collections.abc import MutableMapping

__all__ = ["guard_room", "guarded"]

_F = TypeVar("_F", bound=Callable[..., Any])
Test = Callable[[Any], bool]
Guard = tuple[str, Test, str, bool]

# Elements of what may be long are looked at up to here; arrays say their kind by themselves.
_LOOKED_AT = 10_000
_NOT_GIVEN = object()
_FLAGS = frozenset({"bool", "bool | None"})
_NAMES = re.compile(r"\w+")


def guarded(function: _F) -> _F:
    """
    Name the argument that is of the wrong kind, where a function or a class's method would fail on it.

    What a function says of its arguments itself comes first, for it knows best. Any other error
    is looked into: if an argument is not of the kind that its annotation names, or a table lacks
    what was looked for in it, that is told; if all is as it should be, the error is ours and stays
    what it is. Yes and no are looked at beforehand, because any text would pass for yes, and seeds,
    because True would pass for 1.
    """
    if inspect.isclass(function):
        _guard_class(function)
        return function
    signature = inspect.signature(function)
    guards = _guards_of(signature)
    late = inspect.isgeneratorfunction(inspect.unwrap(function))
    first = [
        guard
        for guard in guards
        if late or guard[0] == "seed" or signature.parameters[guard[0]].annotation in _FLAGS
    ]
    before = functools.partial(_check_before, signature, first)
    after = functools.partial(_refusal_after, signature, guards)
    run = functools.partial(_on_upright_rasters, function, tuple(signature.parameters))

    def behind_guard(*args: Any, **kwargs: Any) -> Any:
        before(args, kwargs)
        try:
            return run(args, kwargs)
        except Exception as error:
            told = after(error, args, kwargs)
            if told is None:
                raise
            raise told from error

    # With the globals of the function it guards: doctest looks there for whose examples they are.
    behind = types.FunctionType(
        behind_guard.__code__, function.__globals__, closure=behind_guard.__closure__
    )
    return cast("_F", functools.update_wrapper(behind, function))


def _on_upright_rasters(
    function: Callable[..., Any], names: tuple[str, ...], args: Any, kwargs: Mapping[str, Any]
) -> Any:
    """Turn rasters that run south to north or east to west, and the answer back."""
    turned_args = [upright(value) for value in args]
    turned = {name: upright(value) for name, value in kwargs.items()}
    came = (*args, *kwargs.values())
    same = all(a is b for a, b in zip(came, (*turned_args, *turned.values()), strict=True))
    if same:
        return function(*args, **kwargs)
    in_order = [kwargs[name] for name in names if name in kwargs]
    return like_the_first(function(*turned_args, **turned), (*args, *in_order))


def _check_before(
    signature: inspect.Signature, guards: list[Guard], args: Any, kwargs: Mapping[str, Any]
) -> None:
    # A whole number beyond all counts would keep a loop going for ever.
    if any(type(value) is int and value.bit_length() > 62 for value in (*args, *kwargs.values())):
        first, guards = guards, _guards_of(signature)
        for name, value in _bound(signature, args, kwargs).items():
            if isinstance(value, int) and value.bit_length() > 1000:
                msg = f"{name} must be a number that can be reckoned with, got {shown(value)}"
                raise InvalidParameterError(msg)
        guards = [guard for guard in guards if "a whole number" in guard[2]] + first
    if guards:
        told = _wrong_kind(_bound(signature, args, kwargs), guards)
        if told is not None:
            raise told


def _refusal_after(
    signature: inspect.Signature,
    guards: list[Guard],
    error: Exception,
    args: Any,
    kwargs: Mapping[str, Any],
) -> BorderzoneError | None:
    """Tell what is wrong with the arguments, if that is what an error came from."""
    if isinstance(error, BorderzoneError):
        return None
    given = _bound(signature, args, kwargs)
    wrong = _wrong_kind(given, guards)
    if wrong is not None:
        return wrong
    for name, value in given.items():
        lack = _what_it_lacks(value, error)
        if lack is not None:
            return lack[0](f"{name} {lack[1]}")
    for name, value in given.items():
        odd = _what_is_odd(value)
        if odd:
            why = f"{type(error).__name__}: {str(error)[:120]}"
            return InvalidParameterError(f"{name} {odd}, which cannot be used here ({why})")
    return None


def _what_is_odd(value: Any) -> str:
    """Name what no reckoning goes well with: nothing at all, no finite number, too large a one."""
    if isinstance(value, (str, os.PathLike)):
        try:
            check_path(value, "")
        except DataError:
            return f"is {shown(value)}"
    if isinstance(value, (bool, str, bytes, os.PathLike)):
        return ""
    if isinstance(value, numbers.Real):
        odd = not _is_number(value) or not abs(float(value)) < TOO_LARGE
        return f"is {shown(value)}" if odd else ""
    size = getattr(value, "size", None)
    if size == 0 or (isinstance(value, (list, tuple, set, dict)) and not value):
        return "is empty"
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind == "f" and not bool(abs(value).max() < math.inf):
        return "has no finite number, or one that is not"
    return ""


def _bound(signature: inspect.Signature, args: Any, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return dict(signature.bind(*args, **kwargs).arguments)
    except TypeError:
        return {}  # missing or unknown names are Python's to tell, by the call itself


def _wrong_kind(given: Mapping[str, Any], guards: Iterable[Guard]) -> InvalidParameterError | None:
    for name, test, words, each in guards:
        for value in given[name] if each and name in given else (given.get(name, _NOT_GIVEN),):
            if value is not _NOT_GIVEN and not test(value):
                return InvalidParameterError(_refusal(name, words, value))
    return None


def _what_it_lacks(value: Any, error: Exception) -> tuple[type[BorderzoneError], str] | None:
    """Tell what a table, or a raster of several layers, lacks that was looked for in it."""
    columns = getattr(value, "columns", getattr(value, "data_vars", None))
    if columns is None:
        return None
    if _is_a("GeoDataFrame", value) and value.active_geometry_name is None:
        return InvalidParameterError, "has no geometry; set it with .set_geometry(...)"
    if _is_a("GeoDataFrame", value) and value.crs is None:
        return CRSMismatchError, "has no CRS; set it with .set_crs(...)"
    looked_for = error.args[0] if isinstance(error, KeyError) and error.args else None
    named = [name for name in _NAMES.findall(str(looked_for)) if name not in columns]
    if isinstance(error, KeyError) and (not len(columns) or named):
        has = ", ".join(map(str, list(columns)[:12])) or "none at all"
        what = f"column {shown(named[0])}" if named else "column"
        return InvalidParameterError, f"has no {what} that is needed; it has {has}"
    return None


def guard_room(names: MutableMapping[str, Any], public: Iterable[str]) -> None:
    """Put a guard before every function of a room of one file, and before the methods of its classes."""
    listed = sorted(public)
    names["__dir__"] = lambda: listed
    for name in listed:
        thing = names[name]
        if getattr(thing, "__module__", "") == names["__name__"] and callable(thing):
            names[name] = guarded(thing)


def _guard_class(owner: type) -> None:
    records = hasattr(owner, "__post_init__")
    for name, method in list(vars(owner).items()):
        if name.startswith("_") and not (name == "__init__" and records):
            continue
        if isinstance(method, (classmethod, staticmethod)):
            setattr(owner, name, type(method)(guarded(method.__func__)))
        elif inspect.isfunction(method):
            setattr(owner, name, guarded(method))


def _refusal(name: str, words: str, value: Any) -> str:
    plain = value is None or isinstance(value, (str, bytes, numbers.Number, dt.date))
    return f"{name} must be {words}, got {shown(value) if plain else type(value).__name__}"


def _guards_of(signature: inspect.Signature) -> list[Guard]:
    found: list[Guard] = []
    for parameter in signature.parameters.values():
        if not isinstance(parameter.annotation, str) or parameter.kind is parameter.VAR_KEYWORD:
            continue
        parts = _parts(parameter.annotation, "|")
        # Where a path is meant, text is one too, and not any text.
        named = any(part.startswith(("os.PathLike", "Path")) for part in parts)
        if "str" not in parts:
            parts = ["Path object" if part == "Path" else part for part in parts]
        kinds = [_kind("Path" if named and part == "str" else part) for part in parts]
        if any(kind is None for kind in kinds):
            continue
        known = [kind for kind in kinds if kind is not None]
        if parameter.name == "seed":
            known = [_PLAIN["Seed"], *(kind for kind in known if kind is _PLAIN["None"])]
        test = functools.partial(_any_of, tuple(test for test, _ in known))
        told = dict.fromkeys(words for _, words in known)
        words = " or ".join(word for word in told if f"{word} or an array of numbers" not in told)
        found.append((parameter.name, test, words, parameter.kind is parameter.VAR_POSITIONAL))
    return found


def _any_of(tests: tuple[Test, ...], value: Any) -> bool:
    return any(test(value) for test in tests)


def _parts(text: str, mark: str) -> list[str]:
    """Split an annotation at a mark that stands in no brackets."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == mark and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in (*parts, text[start:])]


def _kind(text: str) -> tuple[Test, str] | None:
    """Give the test of one kind and its words; None for what is not looked at."""
    base, _, inner = text.strip("\"'").partition("[")
    inside = _parts(inner.removesuffix("]"), ",") if inner else []
    if base in _PLAIN:
        return _PLAIN[base]
    if base in _OBJECTS:
        return functools.partial(_is_a, base.rpartition(".")[2]), _OBJECTS[base]
    if base == "Literal":
        return _TEXT
    if base in _SEVERAL:
        of = _kind(inside[0]) if inside else None
        words = f"several, each {of[1]}" if of else "several values, as a list"
        return functools.partial(_each, _SEVERAL[base], of), words
    if base in {"Mapping", "dict"}:
        of = _kind(inside[1]) if len(inside) > 1 else None
        words = f"a dict with values that are {of[1]}" if of else "a dict"
        return functools.partial(_is_mapping, of), words
    return None


def _is_a(name: str, value: Any) -> bool:
    """Whether something is of a class or of one made from it; no library is loaded to know."""
    return any(kind.__name__ == name for kind in type(value).__mro__)


def _is_raster(value: Any) -> bool:
    return _is_a("DataArray", value) and value.dtype.kind in "biuf"


def _is_number(value: Any) -> bool:
    whole = isinstance(value, numbers.Integral)
    return is_number(value) and not (whole and int(value).bit_length() > 1000)


def _is_numbers(value: Any) -> bool:
    """Whether something is a number or an array of them, in any nesting of lists."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is not None:
        return kind in "iuf" or (kind == "b" and value.ndim > 0)
    if isinstance(value, (list, tuple, range)):
        return all(map(_is_numbers, value)) and len({_length(item) for item in value}) <= 1
    return _is_number(value)


def _length(value: Any) -> int:
    return len(value) if hasattr(value, "__len__") and getattr(value, "ndim", 1) != 0 else -1


def _is_array(kinds: str, value: Any) -> bool:
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    array = _is_a("ndarray", value) or _is_a("Series", value) or _is_a("Index", value)
    return array and bool(kind) and kind in kinds and value.ndim > 0


def _is_flags(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "b"


def _is_path(value: Any) -> bool:
    """Whether something can be the name of a file."""
    try:
        check_path(value, "")
    except DataError:
        return False
    return True


def _each(kinds: tuple[type, ...], of: tuple[Test, str] | None, value: Any) -> bool:
    if isinstance(value, (str, bytes, Mapping)) or not issubclass(type(value), kinds):
        return False
    if hasattr(value, "columns") or hasattr(value, "data_vars"):
        return False  # going over a table gives the names of its columns
    if kinds is _ORDERED and not (hasattr(value, "__len__") and hasattr(value, "__getitem__")):
        return False
    if getattr(getattr(value, "dtype", None), "kind", None) in {"i", "u", "f"}:
        return getattr(value, "ndim", 1) == 1 and (of is None or of[0](1) or of[0](1.0))
    if of is None or not hasattr(value, "__len__") or len(value) > _LOOKED_AT:
        return True
    return all(map(of[0], value))


def _is_mapping(of: tuple[Test, str] | None, value: Any) -> bool:
    return isinstance(value, Mapping) and (of is None or all(map(of[0], value.values())))


_NUMBERS: tuple[Test, str] = (_is_numbers, "a number or an array of numbers")
_TEXT: tuple[Test, str] = (lambda value: isinstance(value, str), "text")
_DAY: tuple[Test, str] = (lambda value: isinstance(value, dt.date), "a date")
_PLAIN: dict[str, tuple[Test, str]] = {
    "None": (lambda value: value is None, "None"),
    "float": (_is_number, "a number"),
    "Fraction": (lambda value: isinstance(value, numbers.Rational), "a fraction"),
    "int": (is_whole, "a whole number"),
    "bool": (is_flag, "True or False"),
    "str": _TEXT,
    "bytes": (lambda value: isinstance(value, bytes), "bytes"),
    "slice": (lambda value: isinstance(value, slice), "a slice"),
    "Callable": (callable, "a function"),
    "Path": (_is_path, "a path"),
    "Path object": (
        lambda value: isinstance(value, os.PathLike) and _is_path(value),
        "a pathlib.Path",
    ),
    "xr.DataArray": (_is_raster, "an xarray.DataArray of numbers"),
    "os.PathLike": (_is_path, "a path"),
    "Source": (_is_path, "a path"),
    "dt.date": _DAY,
    "datetime": _DAY,
    "Seed": (is_seed, SEED),
    "BoolArray": (_is_flags, "an array of True and False"),
    "FloatArray": (functools.partial(_is_array, "iuf"), "an array of numbers"),
    "IntArray": (functools.partial(_is_array, "iu"), "an array of whole numbers"),
    **dict.fromkeys(("npt.ArrayLike", "ArrayLike", "Gradient"), _NUMBERS),
    **dict.fromkeys(("Twilight", "Direction", "SlopeMethod", "Knight"), _TEXT),
}
_OBJECTS = {
    "xr.Dataset": "an xarray.Dataset",
    "pd.DataFrame": "a table of pandas",
    "pd.Series": "a pandas.Series",
    "gpd.GeoDataFrame": "a table of geopandas",
    "gpd.GeoSeries": "a geopandas.GeoSeries",
    "shapely.Geometry": "a geometry of shapely",
    "shapely.Point": "a shapely.Point",
    "shapely.LineString": "a shapely.LineString",
    "Border": "a Border, as Border.between('IRQ', 'SYR') gives",
    "Corridor": "a Corridor, as Corridor.around gives",
    "Section": "a section of a corridor",
    "Grid": "a Grid, as corridor.grid gives",
    "Scenario": "a Scenario",
    "Study": "a Study",
    "StudyResult": "the result of a study, as Study.run gives",
    "Force": "a Force",
    "Sensor": "a Sensor",
    "Watch": "a Watch",
    "Assumption": "an Assumption",
    "PatrolCase": "a PatrolCase",
    "KitQuestion": "a KitQuestion",
    "Fleet": "a Fleet",
    "SiteRules": "SiteRules",
    "Draws": "draws, as draw_rates gives",
    "PrecisionClass": "a PrecisionClass",
    "ReadOptions": "ReadOptions",
    "CrossingEstimate": "a CrossingEstimate",
    "MapDoubt": "a MapDoubt",
    "Roads": "a record of Roads",
    "Network": "a Network",
    "Record": "a Record",
    "RealForce": "a RealForce",
    "Stage": "a stage, as result.stages holds",
    "Axes": "axes of matplotlib",
    "Figure": "a figure of matplotlib",
}
_ORDERED: tuple[type, ...] = (Iterable, object)
_SEVERAL: dict[str, tuple[type, ...]] = {
    "Sequence": _ORDERED,
    "Iterable": (Iterable,),
    "Collection": (Collection,),
    "tuple": (tuple, list),
    "list": (list, tuple),
}
