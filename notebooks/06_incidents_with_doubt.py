# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Where did it happen?
#
# A report says "near Qaim" or "in western Anbar"; a table turns that into a point. Whoever samples the ground under such a point publishes the ground of a
# town hall. Here every event is moved over all the places it may have been. First the eight rows coded from the article, then an invented set of which
# the truth is known.

# %%
import geopandas as gpd
import pandas as pd

import borderzone as bz
from borderzone import datasets, figures, incidents

result = bz.Study.default().run(seed=1)
zones, corridor, provinces = result.zones, result.corridor, datasets.admin1()
events = incidents.read(datasets.article_incidents())
events[["id", "place", "where_prec", "radius_km", "status", "reason"]]

# %% [markdown]
# Every row is kept, with a verdict. What a code of precision stands for is a table, which you may change:

# %%
incidents.precision_table()[["scheme", "code", "shape", "scale_km", "meaning"]].head(14)

# %%
regions = incidents.regions(events, admin1=provinces)
regions[["kind", "scale_km", "median_error_km", "reason"]].assign(place=events["place"])

# %% [markdown]
# Three rows name no more than a desert or a country. They stay in the count of events and leave the map; their number is told wherever events are shown.
#
# ## What sampling the point would have claimed
#
# Of each event that can be placed: the zone under its printed coordinate, and the probability to be in any flagged zone.

# %%
placed = events[regions["kind"] != "excluded"]
under = gpd.sjoin(
    placed[["id", "place", "geometry"]], zones[["zone", "kind", "geometry"]], how="left"
)
claimed = under.groupby("id")["zone"].agg(lambda names: ", ".join(names.dropna()) or "none")
flagged = gpd.GeoDataFrame({"zone": ["flagged"]}, geometry=[zones.union_all()], crs=zones.crs)
chance = incidents.event_probabilities(events, flagged, draws=2000, seed=1, regions=regions)
pd.DataFrame(
    {
        "place": events.set_index("id")["place"],
        "zone under the point": claimed,
        "probability of flagged ground": pd.Series(
            chance.filter(like="flagged").iloc[:, 0].to_numpy(), index=events["id"]
        ).round(2),
    }
)

# %% [markdown]
# The ground itself, event by event: how likely remote desert and each class of cave susceptibility are, how far from the force's origins, how steep, with what is not
# known told apart; the last columns are what a sample at the point would have claimed.

# %%
ground = result.incidents.on_ground[result.incidents.on_ground["p_outside"] < 1].set_index("id")
told = [
    "p_remote_desert",
    "p_cave_medium",
    "p_cave_unknown",
    "hours_h",
    "relief_m",
    "relief_m_p05",
    "relief_m_p95",
]
ground[[*told, "point_remote_desert", "point_cave", "point_relief_m"]].round(2)

# %%
print(result.incidents.ground_counts.attrs["sentence"])
result.incidents.ground_counts[["kind", "ground", "expected", "p05", "p95", "at_point"]].round(1)

# %%
ax = result.plot()

# %% [markdown]
# By zone, with bands. Next to it what a count of none leaves possible:

# %%
ax = figures.incident_overlay(result)

# %%
incidents.zone_sentences(result.overlay).head(4).tolist()

# %% [markdown]
# ## An invented set, of which the truth is known
#
# **SYNTHETIC DATA: none of it happened.** Two hundred invented events know where they truly lie; they are reported as reports are, at the town or the
# province. Counted are the zones that hold them: in truth, under the printed point, and by the overlay.

# %%
made = incidents.synthetic(corridor, n=200, seed=5, places=datasets.places(), admin1=provinces)
truth = gpd.GeoSeries(gpd.points_from_xy(made["true_lon"], made["true_lat"]), crs=4326)
where = incidents.regions(made, admin1=provinces)
usable = (where["kind"] != "excluded").to_numpy()
found = incidents.overlay(made, zones, draws=1000, seed=1, regions=where, corridor=corridor)
table = found[["zone", "kind", "expected", "p025", "p975"]].copy()
table["in truth"] = [int(truth[usable].within(shape).sum()) for shape in zones.geometry]
table["under the point"] = [
    int(made.geometry[usable].within(shape).sum()) for shape in zones.geometry
]
table["band holds the truth"] = table["in truth"].between(table["p025"], table["p975"])
table.sort_values("in truth", ascending=False).round(1)


# %%
def zone_of(points: gpd.GeoSeries) -> pd.Series:
    held = gpd.sjoin(gpd.GeoDataFrame(geometry=points), zones[["zone", "geometry"]], how="left")
    return held.groupby(level=0)["zone"].agg(lambda names: ", ".join(names.dropna()))


wrong = zone_of(truth[usable]) != zone_of(made.geometry[usable])
print(f"SYNTHETIC: the point names the wrong zone for {wrong.sum()} of {wrong.size} events.")
holds = table["band holds the truth"]
print(f"The 95 % band holds the truth in {holds.sum()} of {len(table)} zones.")

# %% [markdown]
# Sums by zone come out much alike, because errors of many events cancel where zones are wide. What the point lacks is a band, and it is wrong event by
# event. A band in turn rests on the spread of the class: it holds where the spread is the one that the events came from, and misses where positions are off by more
# than their code says.
#
# ## Is flagged ground different?
#
# The rate per area, once along the outlines and once by two sizes of cell:

# %%
ratios = incidents.exposure_ratios(events, zones, corridor, regions=regions)
print(ratios.attrs["sentence"])
ratios[["level", "events_flagged", "events_other", "ratio", "ratio_low", "ratio_high"]].round(2)

# %% [markdown]
# Reports come from where people are. At equal distance from towns and the border, eight rows cannot tell, and say so. The invented set, which was
# drawn without regard to flags, gives a ratio with its band, and a null result is told as one:

# %%
for name, rows, places in (("article", events, regions), ("SYNTHETIC", made, where)):
    test = incidents.enrichment(
        rows,
        zones,
        corridor,
        held_equal={"towns": datasets.places()},
        regions=places,
        cell_km=25,
    )
    print(f"{name}: {test.sentence()}\n")

# %% [markdown]
# ## Hot spots
#
# Each event of the invented set is placed a hundred times: segments by Gi* with false discoveries held below one in twenty, the likeliest stretches, whether
# events lie near each other, and whether they are followed by others near by. A table `[hotspots]` in a study file asks for the same in a report.

# %%
where = incidents.regions(made, admin1=provinces)
spots = incidents.find_hotspots(made, corridor, regions=where, seed=1)
for sentence in [*spots.sentences(), *spots.limits()]:
    print(f"SYNTHETIC: {sentence}")
spots.segments.nsmallest(5, "q").round(3)

# %%
spots.density.plot(title="SYNTHETIC events per km of the border", xlabel="km", ylabel="")

# %%
grid = corridor.grid(resolution_m=2000)
incidents.event_density(made, corridor, grid, regions=where).plot(robust=True)

# %% [markdown]
# ## Weights for patrols
#
# Weights by reports are drawn towards their mean: a segment without a report is not safe. Next to them belong the uniform weights and the worst case.

# %%
result.incidents.pressure.nlargest(5, "weight").round(3)

# %%
result.patrol.by_weights[result.patrol.by_weights["unit_count"] == 100].round(3)

# %% [markdown]
# ## About 1,000 in eight months
#
# One analyst's judgement of who got through. It gives a rate with a prior, and groups a night; without the number of people stopped it gives a curve,
# never a chance of being stopped.

# %%
estimate = incidents.ARTICLE_ESTIMATE
print(estimate.sentence(length_km=result.border.length_km))
estimate.rates(length_km=result.border.length_km)[["quantity", "value", "low", "high"]].round(4)

# %%
estimate.groups()[["group_size", "groups_per_night"]].round(2)

# %%
estimate.interdiction_curve([100, 1000, 9000]).round(2)

# %% [markdown]
# ## Who is to be credited
#
# Rows of ACLED and of the GTD may not be passed on, and of other tables only those whose terms are known and open, or that you call yours with
# `terms="mine"`. `incidents.write` writes counts by cell and month of all else, and the credit with its day goes on every figure and table.

# %%
print(incidents.credit_line(made))
incidents.terms(pd.DataFrame({"dataset": ["ACLED"]}))["terms"][0]

# %% [markdown]
# Reports are few and vague, so that they may weigh patrols but do not place them. What a commander can still decide, and how sure that is, is the last question.
