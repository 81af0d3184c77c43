"""Code books: what each source's precision codes say, and the kernel that stands for each."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import pandas as pd

from borderzone._guards import check_choice, check_positive, guarded
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CODEBOOKS",
    "KERNELS",
    "LEVELS",
    "UNSTATED",
    "Kernel",
    "check_kernel",
    "code_books",
    "kernel_table",
]

SHAPES = ("gaussian", "disc", "town", "polygon", "feature", "country", "none")
LEVELS = ("admin1", "admin2")
_KEYS = "keys of kernels are where_prec of UCDP, such as 2, or pairs such as ('acled', 1)"


@guarded
@dataclass(frozen=True, kw_only=True, slots=True)
class Kernel:
    """
    Where an event of one precision class may really have happened.

    Attributes
    ----------
    shape
        "gaussian" about the point; uniform "disc" about it; "town", a disc of
        the size of the town at the point where its population is given; uniform
        in the administrative "polygon" that holds it; along a "feature" given with
        the event; uniform in the "country" that holds it, if countries are
        given; or "none": too vague to be placed.
    scale_km
        Standard deviation of a gaussian, radius of a disc, radius of a town
        of unknown size; 0 otherwise.
    level
        Which polygons to look in first, "admin1" or "admin2"; the province
        stands in where there is no district.
    meaning
        What the class says, in words.
    source
        Where class and kernel are from.
    """

    shape: str
    scale_km: float = 0.0
    level: str = "admin1"
    meaning: str
    source: str

    def __post_init__(self) -> None:
        """Refuse impossible kernels at birth."""
        check_choice(self.shape, "shape", SHAPES)
        check_choice(self.level, "level", LEVELS)
        if self.shape in ("gaussian", "disc", "town"):
            check_positive(self.scale_km, "scale_km", "km")


def _ucdp(code: int, shape: str, meaning: str, *, km: float = 0.0, level: str = "admin1") -> Kernel:
    source = (
        f"UCDP GED codebook, where_prec {code}; kernel chosen for this library [A], after Croicu & "
        "Hegre (2018)"
    )
    return Kernel(shape=shape, scale_km=km, level=level, meaning=meaning, source=source)


def _acled(code: int, shape: str, meaning: str, *, km: float = 0.0) -> Kernel:
    source = f"ACLED codebook, geo_precision {code}; kernel chosen for this library [A]"
    return Kernel(shape=shape, scale_km=km, meaning=meaning, source=source)


def _gtd(code: int, shape: str, meaning: str, *, km: float = 0.0, level: str = "admin1") -> Kernel:
    source = f"GTD codebook, specificity {code}; kernel chosen for this library [A]"
    return Kernel(shape=shape, scale_km=km, level=level, meaning=meaning, source=source)


_UCDP = {
    1: _ucdp(1, "gaussian", "exact location", km=1.0),
    2: _ucdp(2, "disc", "within about 25 km of a known point", km=25.0),
    3: _ucdp(3, "polygon", "in a district (ADM2)", level="admin2"),
    4: _ucdp(4, "polygon", "in a province (ADM1)"),
    5: _ucdp(5, "feature", "along a linear feature or in a fuzzy area"),
    6: _ucdp(6, "country", "only the country is known"),
    7: _ucdp(7, "none", "international waters or airspace"),
}
_ACLED = {
    1: _acled(1, "town", "in a named town, coded to its centre", km=5.0),
    2: _acled(2, "disc", "near a town or in part of a region", km=25.0),
    3: _acled(3, "polygon", "in a larger region, coded to its capital or a natural feature"),
}
_GTD = {
    1: _gtd(1, "town", "in a town whose coordinates are known", km=5.0),
    2: _gtd(
        2,
        "polygon",
        "in a town that was not found, coded to the middle of the smallest area",
        level="admin2",
    ),
    3: _gtd(
        3, "polygon", "outside towns, coded to the middle of the smallest area", level="admin2"
    ),
    4: _gtd(4, "polygon", "in a province, coded to its middle"),
    5: _gtd(5, "country", "not even the province is known"),
}

CODEBOOKS: Mapping[str, Mapping[int, Kernel]] = MappingProxyType(
    {
        name: MappingProxyType(book)
        for name, book in (("ucdp", _UCDP), ("acled", _ACLED), ("gtd", _GTD))
    }
)
"""Kernels by code book (``where_scheme``) and code (``where_prec``)."""

KERNELS: Mapping[int, Kernel] = CODEBOOKS["ucdp"]
"""Kernels by UCDP precision class; pass others to `regions` to change them."""

UNSTATED = Kernel(
    shape="disc",
    scale_km=25.0,
    meaning="precision not stated",
    source="taken like where_prec 2 [A]: a point without stated precision is not exact",
)
"""Kernel of an event whose table states no precision."""


def code_books(
    kernels: Mapping[int | tuple[str, int], Kernel] | None = None,
) -> dict[tuple[str, int], Kernel]:
    """Give the kernel of every code of every code book, with those the user changes."""
    found = {
        (name, code): kernel for name, book in CODEBOOKS.items() for code, kernel in book.items()
    }
    if kernels is not None and not hasattr(kernels, "items"):
        msg = f"kernels must be a mapping, got a {type(kernels).__name__}; {_KEYS}"
        raise InvalidParameterError(msg)
    for key, kernel in (kernels or {}).items():
        pair = ("ucdp", key) if isinstance(key, int) else key
        if not (_is_pair(pair) and not isinstance(key, bool)):
            msg = f"{_KEYS}, got {key!r}"
            raise InvalidParameterError(msg)
        found[pair[0].lower(), int(pair[1])] = check_kernel(kernel, f"kernels[{key!r}]")
    return found


def check_kernel(kernel: object, name: str) -> Kernel:
    """Refuse what is no kernel."""
    if not isinstance(kernel, Kernel):
        msg = f"{name} must be an incidents.Kernel, got {kernel!r}"
        raise InvalidParameterError(msg)
    return kernel


def kernel_table(
    kernels: Mapping[int | tuple[str, int], Kernel] | None = None, *, unstated: Kernel = UNSTATED
) -> pd.DataFrame:
    """
    Show the kernels that stand for the codes of each source.

    Parameters
    ----------
    kernels
        Changes, as `regions` takes them.
    unstated
        Kernel of events without class and radius.

    Returns
    -------
    pandas.DataFrame
        One row a code: scheme, code (missing for what is not stated), meaning,
        shape, scale_km, level (of polygons) and source.

    Raises
    ------
    InvalidParameterError
        If a key or a value is of the wrong kind.

    Examples
    --------
    >>> kernel_table().query("scheme == 'acled'")[["code", "shape", "scale_km"]].values.tolist()
    [[1, 'town', 5.0], [2, 'disc', 25.0], [3, 'polygon', 0.0]]
    """
    listed: list[tuple[str, object, Kernel]] = [
        (name, code, kernel) for (name, code), kernel in code_books(kernels).items()
    ]
    listed.append(("", pd.NA, unstated))
    rows = [
        (
            name,
            code,
            k.meaning,
            k.shape,
            k.scale_km,
            k.level if k.shape == "polygon" else "",
            k.source,
        )
        for name, code, k in listed
    ]
    columns = ["scheme", "code", "meaning", "shape", "scale_km", "level", "source"]
    return pd.DataFrame(rows, columns=columns).astype({"code": "Int64"})


def _is_pair(key: object) -> bool:
    return (
        isinstance(key, tuple)
        and len(key) == 2
        and isinstance(key[0], str)
        and isinstance(key[1], int)
    )
