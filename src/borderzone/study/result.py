"""What a study gives: tables, layers, three sentences, and what it cannot say."""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from borderzone._guards import guarded
from borderzone._guards.escapes import block, line

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd
    import xarray as xr

    from borderzone.border import Border
    from borderzone.corridor import Corridor
    from borderzone.difficulty.cave_calibration import CaveCalibration
    from borderzone.grid import Grid
    from borderzone.incidents import Account, Hotspots
    from borderzone.io import Record
    from borderzone.provenance import Stage
    from borderzone.scenario import Scenario
    from borderzone.study.ground import FineFiles, Ground
    from borderzone.study.missing import Missing
    from borderzone.study.reach import PostSight, Reach

__all__ = ["StudyResult"]


@guarded
@dataclass(frozen=True, kw_only=True, repr=False)
class StudyResult:
    """
    Everything a study computed, and the assumptions it stands on.

    A result that the data could not give is None, and `notes` says why.

    Attributes
    ----------
    name
        Name of the study, for titles and file names.
    border, corridor, grid, scenario, seed
        What the study was run on.
    ground
        The ground, to be handed to `Study.run` of other scenarios.
    layers
        Rasters on the working grid: elevation, terrain, hours, flags, index,
        chainage, offset, side and segment.
    segments
        One row a segment: chainage range, ground, sweep width, speeds, rates
        and units by each rule.
    zones
        Flagged zones with their reasons in numbers.
    incidents
        Every row of the incident table, with its status.
    overlay
        Expected number of incidents in each zone, with bands.
    curve
        Probability of detection and interdiction against units on station.
    required
        Units required for each target, on station and on roll, with bands.
    draws
        The Monte Carlo draws behind the bands, one row a draw.
    sea_share, gap_share
        Share of the corridor that is sea, which no number on ground counts, and share of the rest that
        has no elevation and is unknown; NaN where no ground was read.
    flagged_share
        Share of the corridor flagged, over modes and thresholds.
    night_hours
        Length of the night on the 15th of each month, by definition.
    light
        Night by twilight and moon, month by month, at both ends and the middle of the border.
    reach
        Times to the border and from it; None without travel time.
    posts
        What posts see of the corridor; None where there are none or elevation is too coarse.
    sobol
        Share of the variance of the required units owed to each assumption.
    terrain_variance
        How much of the variance of the rates is terrain.
    plausibility
        What real forces had, and what the model says of so many.
    assumptions
        Every assumption with value, band, unit and source.
    cave_calibration
        What an inventory of known caves says of the flag; None without one.
    stability
        Rank of segments and zones by the difficulty index, with its band under perturbed weights.
    origins
        Where travel times start.
    placed
        Where each incident may lie, as from `borderzone.incidents.regions` with the districts and
        provinces of the study; None without incidents.
    pressure
        Weights of segments by the incidents, with bands; None without incidents.
    by_weights
        Detection when units are planned for uniform crossings, for those by
        incidents and for the worst case, each under the others; None without incidents.
    exposure
        Rates of incidents on flagged and other ground, at several levels; None without both.
    enrichment
        The same at equal distance from roads and towns, its null result as such.
    on_ground
        On what ground each incident happened, with bands and what its coded point would say; None
        without incidents or ground.
    ground_counts
        Expected number of incidents by class of ground, with bands.
    hotspots
        Where and when incidents are more than by chance, as from `borderzone.incidents.find_hotspots`;
        None where the study does not ask for it.
    event_credit
        Whose the incidents are, and when they were fetched.
    assumed
        What was assumed when they were read, in sentences.
    demo_incidents, demo_overlay
        A synthetic set of incidents and its overlay, which show the method
        and say nothing about the border.
    fine
        Terrain and flags on cells finer than the working grid, in files.
    better_data
        Segments ranked by how much of their flags 30 m terrain or a site visit may change.
    furniture
        Places, airfields, rivers, governorates and countries, for maps.
    inputs
        Records of the data used: hash, licence, citation, accuracy.
    summary
        Three plain sentences.
    notes
        What this study cannot say, and why.
    missing
        Layers it lacks, with reason and cure; "sections" where no ground was read.
    origin_kind
        What travel times start from, in words: "post", "town or open airfield"; empty without.
    account, demo_account
        Where all rows of the incident table and of the synthetic set went.
    incident_coverage
        Countries and period that the incident table covers, in sentences; empty without one.
    run_id
        Name of the run: same inputs, scenario and seed, same name.
    given
        What the study was given: by layer a word, or the path or digest of the data.
    stages
        How long each step took, and the memory it held.
    """

    name: str
    border: Border
    corridor: Corridor
    grid: Grid | None
    scenario: Scenario
    seed: int
    ground: Ground
    layers: xr.Dataset | None
    segments: gpd.GeoDataFrame
    zones: gpd.GeoDataFrame | None
    incidents: gpd.GeoDataFrame | None
    overlay: pd.DataFrame | None
    curve: pd.DataFrame | None
    required: pd.DataFrame | None
    draws: pd.DataFrame | None
    flagged_share: pd.DataFrame | None
    night_hours: pd.DataFrame
    light: pd.DataFrame
    reach: Reach | None
    posts: PostSight | None
    sobol: pd.DataFrame | None
    terrain_variance: Mapping[str, Any] | None
    plausibility: pd.DataFrame | None
    assumptions: pd.DataFrame | None
    origins: gpd.GeoDataFrame | None
    placed: gpd.GeoDataFrame | None = None
    demo_incidents: gpd.GeoDataFrame | None = None
    demo_overlay: pd.DataFrame | None = None
    exposure: pd.DataFrame | None = None
    enrichment: pd.DataFrame | None = None
    on_ground: pd.DataFrame | None = None
    ground_counts: pd.DataFrame | None = None
    hotspots: Hotspots | None = None
    event_credit: str = ""
    assumed: tuple[str, ...] = ()
    pressure: pd.DataFrame | None = None
    by_weights: pd.DataFrame | None = None
    cave_calibration: CaveCalibration | None = None
    stability: pd.DataFrame | None = None
    fine: FineFiles | None = None
    better_data: pd.DataFrame | None = None
    furniture: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    inputs: tuple[Record, ...] = ()
    summary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    missing: Mapping[str, Missing] = field(default_factory=dict)
    origin_kind: str = ""
    account: Account | None = None
    incident_coverage: str = ""
    demo_account: Account | None = None
    sea_share: float = math.nan
    gap_share: float = math.nan
    run_id: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    stages: Mapping[str, Stage] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """
        Whether any incident was drawn from the synthetic process.

        Returns
        -------
        bool
            True where the incident table holds a synthetic row.
        """
        if self.incidents is None or "synthetic" not in self.incidents:
            return False
        return bool(self.incidents["synthetic"].any())

    def plot(self, ax: Any = None, **kwargs: Any) -> Any:
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
        # Looked up by name, as pandas does: no room of the domain imports figures.
        return importlib.import_module("borderzone.figures").corridor_map(self, ax=ax, **kwargs)

    def __repr__(self) -> str:
        """Name the study and its three findings."""
        return block("\n".join([f"<StudyResult {line(self.name)}>", *self.summary]))
