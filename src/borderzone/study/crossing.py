"""Where somebody still gets through: the way that is watched least, and what posts would add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from borderzone import datasets, posts, visibility
from borderzone._guards import guarded
from borderzone.patrol import (
    Watch,
    WeakestCrossings,
    detection_field,
    detection_for,
    lateral_curve,
    watcher_gains,
    weakest_crossings,
)
from borderzone.study.layers import open_heights
from borderzone.study.patrols import answered_law
from borderzone.study.result import Finding, Later

if TYPE_CHECKING:
    import geopandas as gpd
    import xarray as xr

    from borderzone.corridor import Corridor
    from borderzone.grid import Grid
    from borderzone.patrol import PatrolAnswer
    from borderzone.posts import PostPlan
    from borderzone.scenario import Scenario
    from borderzone.study.ground import Ground

__all__ = ["FLAT_RANGE_KM", "STRIP_KM", "CrossingFindings", "crossing_on"]

# How deep on each side of the border patrols work, and ways begin and end; an assumption.
STRIP_KM = 10.0
# How far a post on flat ground sees, and the steps in which posts are spaced, where nothing else is asked.
FLAT_RANGE_KM, _FLAT_STEP_KM = 5.0, 0.5


@guarded
@dataclass(frozen=True, kw_only=True, eq=False)
class CrossingFindings(Finding):
    """
    Where somebody still gets through, and what posts would add; empty without elevation.

    Attributes
    ----------
    flat_posts
        What posts take on flat ground: ``range_km``, ``step_km``, ``posts`` at least, ``line_km``, and
        ``built`` at the density that was built in 2024, with its ``source``.
    """

    flat_posts: pd.DataFrame | None = None

    _figure = "weakest_crossing"
    _put_off = (
        "by_10_km",
        "by_km",
        "ways",
        "by_units",
        "at_reference",
        "watcher",
        "siting",
        "beside_posts",
        "sites",
    )

    @property
    def by_10_km(self) -> pd.DataFrame | None:
        """
        The way across that is watched least, in every 10 km, with the reference units spread evenly.

        Returns
        -------
        DataFrame or None
            ``km_start``, ``km_end``, ``pod`` on that way, ``segment_pod`` of the segments there, whether it is
            ``longer_than_night``, and ``night_pod`` of the best way within a night.
        """
        found: pd.DataFrame | None = self._asked_for("by_10_km")
        return found

    @property
    def by_km(self) -> pd.DataFrame | None:
        """
        The same by kilometre, for internal use.

        Returns
        -------
        DataFrame or None
            As `borderzone.patrol.WeakestCrossings.by_km`; None in the public edition.
        """
        found: pd.DataFrame | None = self._asked_for("by_km")
        return found

    @property
    def ways(self) -> gpd.GeoDataFrame | None:
        """
        The lines, for internal use.

        Returns
        -------
        GeoDataFrame or None
            One way a kilometre; None in the public edition.
        """
        found: gpd.GeoDataFrame | None = self._asked_for("ways")
        return found

    @property
    def by_units(self) -> pd.DataFrame | None:
        """
        How the weakest place rises with units, beside the mean.

        Returns
        -------
        DataFrame or None
            ``unit_count``, ``mean_pod`` of units placed best for it, and of units placed so that every segment is
            equal ``segment_pod`` and ``crossing_pod``, on the weakest way.
        """
        found: pd.DataFrame | None = self._asked_for("by_units")
        return found

    @property
    def at_reference(self) -> dict[str, float] | None:
        """
        The weakest segment and the weakest way, with the reference units placed so that every segment is equal.

        Returns
        -------
        dict or None
            ``segment_pod`` and ``crossing_pod``.
        """
        found: dict[str, float] | None = self._asked_for("at_reference")
        return found

    @property
    def watcher(self) -> pd.DataFrame | None:
        """
        What a crosser gains who watches, at the coverage of the reference units.

        Returns
        -------
        DataFrame or None
            From `borderzone.patrol.watcher_gains`.
        """
        found: pd.DataFrame | None = self._asked_for("watcher")
        return found

    @property
    def siting(self) -> pd.DataFrame | None:
        """
        What each number of posts sees at the best places found, with its bound.

        Returns
        -------
        DataFrame or None
            ``posts``, ``seen_share``, ``bound_share`` and ``gap``; None where the study asks for no posts, or its
            elevation is too coarse for sight.
        """
        found: pd.DataFrame | None = self._asked_for("siting")
        return found

    @property
    def beside_posts(self) -> pd.DataFrame | None:
        """
        The weakest way with patrols alone, with posts beside them, and with as many more patrols.

        Returns
        -------
        DataFrame or None
            ``patrols``, ``posts`` and ``crossing_pod``, a row each, on the cells of the siting.
        """
        found: pd.DataFrame | None = self._asked_for("beside_posts")
        return found

    @property
    def sites(self) -> gpd.GeoDataFrame | None:
        """
        Where the posts go, for internal use.

        Returns
        -------
        GeoDataFrame or None
            One row a post; None in the public edition.
        """
        found: gpd.GeoDataFrame | None = self._asked_for("sites")
        return found

    def published(self) -> CrossingFindings:
        """Leave out what says where: lines, kilometres, places of posts."""
        return self.with_tables(by_km=None, ways=None, sites=None)


def crossing_on(  # noqa: PLR0913 - ground, units, posts, and where notes go
    ground: Ground,
    scenario: Scenario,
    patrols: PatrolAnswer,
    *,
    plan: PostPlan | None,
    dem: Any,
    notes: list[str],
    night_h: float | None = None,
) -> CrossingFindings:
    """Ask where somebody still gets through the units of a study, and what posts would add."""
    length_km = ground.corridor.border.length_km
    range_km = FLAT_RANGE_KM if plan is None else plan.max_km
    found = CrossingFindings(flat_posts=_flat_posts(length_km, range_km))
    if patrols.by_segment is None or ground.layers is None or ground.grid is None:
        return found
    asked = _CrossingAsked(ground=ground, scenario=scenario, patrols=patrols, dark_h=night_h)
    if not scenario.force.stands:
        weakest = Later(lambda: asked.weakest(asked.even, night_h=asked.night_h, trace=True))
        found = found.with_tables(
            by_10_km=Later(lambda: asked.by_10_km(weakest.found)),
            by_km=Later(lambda: weakest.found.by_km),
            ways=Later(lambda: weakest.found.ways),
            by_units=Later(asked.by_units),
            at_reference=Later(asked.at_reference),
            watcher=Later(asked.watcher),
        )
    if plan is None:
        return found
    why = _too_coarse(dem, ground.corridor, plan)
    if why:
        notes.append(why)
        return found
    sited = Later(lambda: _Sited.of(asked, plan, dem))
    return found.with_tables(
        siting=Later(lambda: sited.found.curve),
        beside_posts=Later(lambda: sited.found.beside),
        sites=Later(lambda: sited.found.sites),
    )


def _flat_posts(length_km: float, range_km: float) -> pd.DataFrame:
    """Give the fewest posts of a flat line, beside what was built."""
    known = datasets.validation()
    built = known[known["kind"] == "posts_per_km"].iloc[0]
    row = {
        "range_km": range_km,
        "step_km": _FLAT_STEP_KM,
        "posts": posts.flat_line_posts(round(length_km, 3), range_km, _FLAT_STEP_KM),
        "line_km": length_km,
        "built": float(built["value"]) * length_km,
        "source": f"{built['border']} {built['year']}: {built['source']}",
    }
    return pd.DataFrame([row])


def _too_coarse(dem: Any, corridor: Corridor, plan: PostPlan) -> str:
    """Say why nothing can be told of sight, if so."""
    coarsest = visibility.Windows.COARSEST_M
    if isinstance(dem, str) and dem == "embedded":
        cell_m = "about 3 km"
    else:
        known = open_heights(dem, corridor.grid(plan.cell_m)).cell_m
        if known <= coarsest:
            return ""
        cell_m = f"{known:,.0f} m"
    pair = f"{corridor.border.a} {corridor.border.b}"
    return (
        f"Where posts go is not told: lines of sight need elevation of {coarsest:g} m or finer, and this study has "
        f"cells of {cell_m}. 'borderzone fetch dem {pair}' brings what it takes."
    )


@dataclass(frozen=True, kw_only=True)
class _CrossingAsked:
    """The units of a study against somebody who chooses his way."""

    ground: Ground
    scenario: Scenario
    patrols: PatrolAnswer
    # Hours of a night, where they are known. Units: h.
    dark_h: float | None

    @property
    def rows(self) -> pd.DataFrame:
        """Units and rates by segment."""
        assert self.patrols.by_segment is not None  # noqa: S101 - asked before
        return self.patrols.by_segment

    @property
    def law(self) -> str:
        """How the units go about it."""
        return answered_law(self.scenario.law)

    @property
    def even(self) -> pd.Series:
        """Units out by segment, spread evenly."""
        return self.rows["units_even"]

    @property
    def equal(self) -> pd.Series:
        """Units out by segment, placed so that every segment is equal."""
        return self.rows["units_maximin"]

    @property
    def rate(self) -> pd.Series:
        """Coverage that a unit adds."""
        return self.rows[f"rate_{self.scenario.light}"]

    @property
    def night_h(self) -> float | None:
        """Hours of the light that is asked for."""
        if self.dark_h is None:
            return None
        hours = self.dark_h if self.scenario.light == "night" else 24.0 - self.dark_h
        return hours if hours > 0.0 else None

    @property
    def target(self) -> str:
        """Who crosses, as sensors see him."""
        return "vehicle" if self.scenario.crosser == "vehicle" else "person"

    @property
    def crosser_km_h(self) -> float:
        """Speed of who crosses, on flat bare ground."""
        return (
            self.scenario.crosser_vehicle_km_h if self.target == "vehicle" else Watch().crosser_km_h
        )

    def field(self, grid: Grid, units: Any) -> xr.Dataset:
        """Spread units over the strip in which they work."""
        table = self.ground.table
        assert table is not None  # noqa: S101 - asked before
        if self.target == "vehicle":
            table = table.assign(crosser_km_h=self.scenario.crosser_vehicle_km_h)
        return detection_field(
            self.ground.corridor, grid, table, self.scenario.force, units, law=self.law,
            light=self.scenario.light, target=self.target, depth_km=STRIP_KM,
        )  # fmt: skip

    def cross(self, field: Any, dem: Any, **how: Any) -> WeakestCrossings:
        """Find the weakest ways of who crosses in this scenario."""
        pace: dict[str, Any] = {"dem": dem, "speed": "irmischer_clarke"}
        if self.scenario.crosser == "vehicle":
            pace = {"speed": self.scenario.crosser_vehicle_km_h}
        return weakest_crossings(field, self.ground.corridor, depth_km=STRIP_KM, **pace, **how)

    def weakest(self, units: pd.Series, **how: Any) -> WeakestCrossings:
        """Find them against the reference units."""
        assert self.ground.layers is not None  # noqa: S101 - asked before
        assert self.ground.grid is not None  # noqa: S101 - asked before
        field = self.field(self.ground.grid, units)
        return self.cross(field, self.ground.layers["elevation_m"], **how)

    def by_10_km(self, found: WeakestCrossings) -> pd.DataFrame:
        """Set beside the ways what the segments say."""
        table = found.by_10_km
        pod = np.asarray(detection_for((self.even * self.rate).to_numpy(), self.law))
        segments = self.ground.corridor.segments
        least = []
        for row in table.itertuples():
            here = (segments["km_end"] > row.km_start) & (segments["km_start"] < row.km_end)
            least.append(float(pod[here.to_numpy()].min()))
        table.insert(3, "segment_pod", least)
        return table

    def at_reference(self) -> dict[str, float]:
        """Give what the reference units reach, placed so that every segment is equal."""
        swept = float((self.equal * self.rate).min())
        return {
            "segment_pod": float(detection_for(swept, self.law)),
            "crossing_pod": self.weakest(self.equal).pod,
        }

    def by_units(self) -> pd.DataFrame:
        """
        Tell how mean, weakest segment and weakest way rise with units.

        Units that make every segment equal are in proportion, whatever their number, and so is the field that they
        spread: the exponent of the weakest way is to that of a segment as it is at the reference units.
        """
        curve = self.patrols.curve
        assert curve is not None  # noqa: S101 - it comes with the units by segment
        curve = curve[curve["light"] == self.scenario.light]
        best, equal = (
            curve[curve["rule"] == rule].reset_index(drop=True) for rule in ("optimal", "maximin")
        )
        pod = self.weakest(self.equal).pod
        reference = float((self.equal * self.rate).min())
        counts = best["unit_count"].to_numpy(dtype=float)
        segment = np.asarray(
            detection_for(reference * counts / self.scenario.reference_units, self.law)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.log1p(-pod) / np.log1p(-float(detection_for(reference, self.law)))
            crossing = -np.expm1(np.nan_to_num(ratio, nan=1.0) * np.log1p(-segment))
        return pd.DataFrame(
            {
                "unit_count": best["unit_count"],
                "mean_pod": best["mean_pod"],
                "segment_pod": equal["min_pod"],
                "crossing_pod": crossing,
            }
        )

    def watcher(self) -> pd.DataFrame:
        """Tell what watching gains on the middle segment."""
        coverage = float((self.even * self.rate).median())
        ratio = float((self.rows["patrol_km_h"] / self.rows["crosser_km_h"]).median())
        table = watcher_gains(coverage, speed_ratio=ratio).reset_index()
        table.insert(1, "coverage", coverage)
        return table


@dataclass(frozen=True, kw_only=True)
class _Sited:
    """Where posts go, what they see, and what they add to the weakest way."""

    curve: pd.DataFrame
    sites: gpd.GeoDataFrame
    beside: pd.DataFrame

    @classmethod
    def of(cls, asked: _CrossingAsked, plan: PostPlan, dem: Any) -> _Sited:
        """Choose the places and hold them against patrols."""
        corridor = asked.ground.corridor
        grid = corridor.grid(plan.cell_m)
        windows = visibility.Windows(read=open_heights(dem, grid).read, grid=grid)
        deep = min(STRIP_KM, *(depth for depth in corridor.depth_km.values() if depth > 0))
        places = posts.candidates(
            windows, corridor, spacing_m=plan.spacing_m, kind=plan.kind, depth_km=deep,
            side=str(asked.scenario.force_side), prominence_m=plan.prominence_m,
        )  # fmt: skip
        look: dict[str, Any] = {"height_m": plan.height_m, "max_km": plan.max_km}
        sees = posts.sight(windows, places, corridor, every=plan.every, **look)
        curve = posts.site(sees, n=min(plan.n, len(places)))
        table = curve.table
        told = pd.DataFrame(
            {
                "posts": table["n"],
                "seen_share": table["covered"] / sees.n_demand,
                "bound_share": table["bound"] / sees.n_demand,
                "gap": table["gap"],
            }
        )
        number = int(table["n"].max())
        sites = places.iloc[curve.sites(number)].reset_index(drop=True)
        whole = posts.sight(windows, sites, corridor, **look)
        # A post stands: its looks at who passes come as far apart as he goes, not as a patrol would drive.
        stands = Watch(patrol_km_h=0.0, crosser_km_h=asked.crosser_km_h, eye_m=plan.height_m)
        seen_by = lateral_curve(
            plan.sensor, light=asked.scenario.light, target=asked.target, watch=stands
        )
        watched = whole.field(list(range(number)), grid, curve=seen_by)
        heights = grid.wrap(windows.read(slice(0, grid.shape[0]), slice(0, grid.shape[1])))
        rows = []
        for patrols, beside in ((1.0, 0), (1.0, number), (1.0 + number / asked.equal.sum(), 0)):
            field = asked.field(grid, asked.equal * patrols)
            found = asked.cross([field, watched] if beside else field, heights)
            rows.append((float(asked.equal.sum() * patrols), beside, found.pod))
        beside_posts = pd.DataFrame(rows, columns=["patrols", "posts", "crossing_pod"])
        return cls(curve=told, sites=sites, beside=beside_posts)
