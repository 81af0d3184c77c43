"""Every speed by name, and what it rests on: source, whom it is for, what fails first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from borderzone._guards import check_choice, guarded
from borderzone.access.speed import (
    campbell_2019,
    foot,
    irmischer_clarke,
    naismith_langmuir,
    tobler,
    tobler_off_path,
)
from borderzone.access.vehicles import tracked_off_road, vehicle_off_road, wheeled_off_road

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["SPEEDS", "SPEED_MODELS", "SpeedModel"]


@guarded
@dataclass(frozen=True, kw_only=True)
class SpeedModel:
    """
    A speed function and what it rests on.

    Attributes
    ----------
    name
        What `travel_time` calls it.
    function
        From gradients (rise over run, signed) to speed. Units: km/h.
    source
        Where the formula is from.
    url
        Digital object identifier or address; empty where there is none.
    mode
        ``"foot"`` or ``"vehicle"``.
    moves
        Who moves, and on what.
    gradients
        Range of gradients of its data, or the one within which it moves at all; None where the
        source does not say.
    heuristic
        Whether it is a rule of thumb with no data behind its numbers.
    fails_first
        The first thing that makes it wrong.

    Raises
    ------
    InvalidParameterError
        If the mode is neither of the two.
    """

    name: str
    function: Callable[[Any], Any]
    source: str
    url: str
    mode: str
    moves: str
    gradients: tuple[float, float] | None
    heuristic: bool
    fails_first: str

    def __post_init__(self) -> None:
        """Refuse a mover that is neither on foot nor in a vehicle."""
        check_choice(self.mode, "mode", ("foot", "vehicle"))


def _named(name: str, function: Callable[..., Any], **options: Any) -> Callable[[Any], Any]:
    """Fix the options of a function; the name is what a raster's attributes then say."""
    fixed = partial(function, **options)
    fixed.__name__ = name  # type: ignore[attr-defined]
    return fixed


_TOBLER: dict[str, Any] = {
    "source": (
        "Tobler, W. (1993). Three presentations on geographical analysis and modeling. NCGIA "
        "Technical Report 93-1; fitted by eye to a figure of Imhof (1950)"
    ),
    "url": "https://escholarship.org/uc/item/05r820mz",
    "mode": "foot",
    "gradients": None,
    "heuristic": False,
}
_IRMISCHER: dict[str, Any] = {
    "source": (
        "Irmischer, I., Clarke, K. (2018). Measuring and modeling the speed of human navigation. "
        "Cartography and Geographic Information Science 45, 177-186"
    ),
    "url": "https://doi.org/10.1080/15230406.2017.1292150",
    "mode": "foot",
    "gradients": None,
    "heuristic": False,
    "fails_first": (
        "cadets of about 20 years with a map, in woods, over an hour or two: no load, no night, "
        "no sand"
    ),
}
_CAMPBELL: dict[str, Any] = {
    "source": (
        "Campbell, M., Dennison, P., Butler, B., Page, W. (2019). Using crowdsourced fitness "
        "tracker data to model the relationship between slope and travel rates. Applied Geography "
        "106, 93-107"
    ),
    "url": "https://doi.org/10.1016/j.apgeog.2019.03.008",
    "mode": "foot",
    # 30 degrees either way.
    "gradients": (-0.577, 0.577),
    "heuristic": False,
}
_MANUAL: dict[str, Any] = {
    "source": (
        "assumed speed and slope limit, linear in the gradient in the style of FM 5-33, Terrain "
        "Analysis (US Army 1990)"
    ),
    "url": "",
    "mode": "vehicle",
    "heuristic": True,
    "fails_first": "soft sand, crusts, wet mud, boulders and ditches, which only a surface factor slows",
}


def _models() -> tuple[SpeedModel, ...]:
    by_percentile = [
        SpeedModel(
            name=f"campbell_2019_p{percentile}",
            function=_named(f"campbell_2019_p{percentile}", campbell_2019, percentile=percentile),
            moves=f"percentile {percentile} of tracked people near Salt Lake City, on trails",
            fails_first=fails,
            **_CAMPBELL,
        )
        for percentile, fails in (
            (5, "trails only: no ground across country, and self-chosen sporting people"),
            (10, "trails only: no ground across country, and self-chosen sporting people"),
            (50, "the median runs: too fast for anyone who walks for a night"),
        )
    ]
    irmischer = [
        SpeedModel(
            name=name,
            function=_named(name, irmischer_clarke, **options),
            moves=moves,
            **_IRMISCHER,
        )
        for name, options, moves in (
            ("irmischer_clarke", {}, "a man across country"),
            ("irmischer_clarke_female", {"female": True}, "a woman across country"),
            ("irmischer_clarke_on_road", {"on_road": True}, "a man on roads and paths"),
            (
                "irmischer_clarke_on_road_female",
                {"on_road": True, "female": True},
                "a woman on roads and paths",
            ),
        )
    ]
    vehicles = [
        SpeedModel(
            name=function.__name__, function=function, moves=moves, gradients=limits, **_MANUAL
        )
        for function, moves, limits in (
            (vehicle_off_road, "a light patrol vehicle off roads, 15 km/h", (-0.30, 0.30)),
            (tracked_off_road, "a tracked vehicle off roads, 30 km/h", (-0.45, 0.45)),
            (wheeled_off_road, "a wheeled vehicle off roads, 30 km/h", (-0.30, 0.30)),
        )
    ]
    return (
        vehicles[0],
        SpeedModel(
            name="foot",
            function=foot,
            moves="the library's walker: a man across country (irmischer_clarke)",
            **_IRMISCHER,
        ),
        SpeedModel(
            name="tobler",
            function=tobler,
            moves="a hiker on a path",
            fails_first="6 km/h at its best is brisk: with a load or in the dark nobody keeps it up",
            **_TOBLER,
        ),
        SpeedModel(
            name="tobler_off_path",
            function=tobler_off_path,
            moves="a hiker off paths, 0.6 of the speed on them",
            fails_first="one factor for every kind of ground, with no data given for it",
            **_TOBLER,
        ),
        *irmischer,
        SpeedModel(
            name="campbell_2019",
            function=campbell_2019,
            moves="percentile 5 of tracked people near Salt Lake City, on trails",
            fails_first=by_percentile[0].fails_first,
            **_CAMPBELL,
        ),
        *by_percentile,
        SpeedModel(
            name="naismith_langmuir",
            function=naismith_langmuir,
            source=(
                "Naismith's rule of 1892 with the corrections of Langmuir, E. (1984), "
                "Mountaincraft and leadership, as in r.walk of GRASS GIS"
            ),
            url="https://grass.osgeo.org/grass-stable/manuals/r.walk.html",
            mode="foot",
            moves="a fit hiker on paths",
            gradients=None,
            heuristic=True,
            fails_first="it jumps at 12 degrees down, and is fastest just before: a crease in every map",
        ),
        *vehicles[1:],
    )


SPEED_MODELS: Mapping[str, SpeedModel] = MappingProxyType(
    {model.name: model for model in _models()}
)

# What `travel_time` and scenarios may name. "foot" is the walker across country.
SPEEDS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {name: model.function for name, model in SPEED_MODELS.items()}
)
