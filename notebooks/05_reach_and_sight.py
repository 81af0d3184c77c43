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
# # How far is it, and who sees it?
#
# Hard to patrol means far in hours and out of sight. The first half looks at real ground at 75 m: the Jacksboro fault in Tennessee, from matplotlib's
# sample data (space-shuttle radar, public domain), wooded and steep and nothing like Iraq. The second half looks at the border between Iraq and
# Syria, on the coarse elevation that ships.

# %%
import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from affine import Affine
from matplotlib.cbook import get_sample_data
from matplotlib.colors import ListedColormap

import borderzone as bz

plt.rcParams.update({"font.size": 8, "image.interpolation": "nearest"})
sample = get_sample_data("jacksboro_fault_dem.npz")
heights = sample["elevation"].astype("float32")
degrees = xr.DataArray(
    heights,
    dims=("y", "x"),
    coords={
        "y": float(sample["ymin"]) - (np.arange(heights.shape[0]) + 0.5) * float(sample["dy"]),
        "x": float(sample["xmin"]) + (np.arange(heights.shape[1]) + 0.5) * float(sample["dx"]),
    },
    attrs={"crs": "EPSG:4326", "units": "m"},
)
LEFT, TOP, SIDE_M, CELL_M, UTM = 732_000, 4_066_400, 28_800, 75, "EPSG:32616"
grid = bz.Grid(
    shape=(SIDE_M // CELL_M,) * 2, transform=Affine(CELL_M, 0, LEFT, 0, -CELL_M, TOP), crs=UTM
)
dem = bz.io.warp(degrees, grid)
shade = bz.terrain.hillshade(dem)
extent = (LEFT, LEFT + SIDE_M, TOP - SIDE_M, TOP)


def scale_bar(ax: plt.Axes, length_km: float) -> None:
    """Draw a bar of a length in the lower left corner of the square."""
    x, y = LEFT + 0.03 * SIDE_M, TOP - 0.96 * SIDE_M
    for color, width in (("white", 5), ("black", 2)):
        ax.plot([x, x + 1000 * length_km], [y, y], color=color, linewidth=width)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.text(x, y + 0.02 * SIDE_M, f"{length_km:g} km", va="bottom", bbox=white)


# %% [markdown]
# ## Speed
#
# Every speed is a function of the gradient along the way: rise over run, up or down, no angle. Its record says who was measured and where it fails first.

# %%
shown = {"foot": "-", "tobler_off_path": (0, (5, 2)), "naismith_langmuir": (0, (1, 1))}
gradient = np.linspace(-0.5, 0.5, 401)
figure = plt.figure(figsize=(7.5, 2.8))
ax = figure.add_axes((0.07, 0.17, 0.6, 0.74))
for name, dash in shown.items():
    model = bz.access.SPEED_MODELS[name]
    ax.plot(gradient, model.function(gradient), linestyle=dash, label=name)
ax.plot(gradient, bz.access.at_night("foot")(gradient), color="#8a8f96", label="foot, in the dark")
ax.set(xlim=(-0.5, 0.5), ylim=(0, None), xlabel="gradient, rise over run", ylabel="km/h")
ax.axvline(0, color="#9a9a9a", linewidth=0.8)
ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
ax.set_title("Walking is quickest slightly downhill", loc="left")
plt.show()

# %%
pd.Series({name: bz.access.SPEED_MODELS[name].fails_first for name in shown}, name="fails first")

# %% [markdown]
# ## Travel time
#
# From a post in the valley, on foot, over the ground: sixteen directions, each with its own gradient, so the way up is not the way down.

# %%
post = gpd.GeoSeries.from_xy([LEFT + 19_000], [TOP - 18_000], crs=UTM)
out = bz.access.travel_time(dem, post, speed="foot")
back = bz.access.travel_time(dem, post, speed="foot", direction="towards")
straight_h = np.hypot(out.x - post.x[0], out.y - post.y[0]) / 1000 / bz.access.irmischer_clarke(0.0)
detour = (out / straight_h).where(straight_h > 0.5)
print(f"over the ground the median way takes {float(detour.median()):.2f} times that over a plain")
print(
    f"and the way out up to {float((out / back).where(straight_h > 0.5).max()):.2f} times the way back"
)

# %%
bands = bz.access.isochrones(out, (1, 2, 3, 4, 6))
targets = gpd.GeoSeries.from_xy(
    [LEFT + 3_000, LEFT + 12_000, LEFT + 26_000], [TOP - 4_000, TOP - 26_500, TOP - 3_000], crs=UTM
)
ways = bz.access.routes(bz.access.travel(dem, post, speed="foot"), targets)
figure = plt.figure(figsize=(5.4, 5.2))
ax = figure.add_axes((0.02, 0.03, 0.8, 0.9))
ax.imshow(shade, cmap="Greys_r", extent=extent, alpha=0.55)
inks = ("#eaf0d6", "#c3d6a5", "#8fb58a", "#4f8a83", "#1f5570")
for ink, row in zip(inks, bands.itertuples(), strict=True):
    gpd.GeoSeries([row.geometry]).plot(ax=ax, color=ink, alpha=0.55)
    ax.plot([], [], color=ink, linewidth=6, label=f"{row.from_h:g} to {row.to_h:g} h")
ways.plot(ax=ax, color="#b0611f", linewidth=1.3)
post.plot(ax=ax, marker="^", color="black", markersize=30, zorder=9)
ax.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[], xlabel="", ylabel="")
ax.set_title("On foot from the post, and three quickest ways", loc="left")
ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1))
scale_bar(ax, 5)
plt.show()

# %% [markdown]
# A river is a line that no step may cross, except where there is a bridge. Here a made-up one runs across the square, and a vehicle on a made-up track.

# %%
river = gpd.GeoSeries(
    [shapely.LineString([(LEFT, TOP - 12_000), (LEFT + SIDE_M, TOP - 9_000)])], crs=UTM
)
bridge = gpd.GeoSeries.from_xy([LEFT + 24_000], [TOP - 9_500], crs=UTM)
track = gpd.GeoDataFrame(
    {"class": ["track"]},
    geometry=[shapely.LineString([(post.x[0], post.y[0]), (LEFT + 24_000, TOP - 9_500), (LEFT + 20_000, TOP - 2_000)])],
    crs=UTM,
)  # fmt: skip
options = {
    "no river": bz.access.Ways(),
    "river": bz.access.Ways(barriers=river),
    "river and bridge": bz.access.Ways(barriers=river, crossings=bridge),
    "river, bridge and track": bz.access.Ways(
        barriers=river, crossings=bridge, roads=bz.access.Roads(lines=track)
    ),
}
north = gpd.GeoSeries.from_xy([LEFT + 20_000], [TOP - 2_000], crs=UTM)
rows = {}
for name, ways in options.items():
    hours = bz.access.travel_time(dem, post, speed="vehicle_off_road", ways=ways)
    rows[name] = {
        "hours to the north": float(hours.sel(x=north.x[0], y=north.y[0], method="nearest")),
        "cells without a way": hours.attrs["cells_unreachable"],
    }
pd.DataFrame(rows).T.round(2)

# %% [markdown]
# ## Sight
#
# From a mast of 10 m on the highest ground, out to 15 km, over the curved earth. Every cell is decided by its own line of sight.

# %%
row, column = np.unravel_index(np.nanargmax(dem), dem.shape)
summit = shapely.Point(float(dem.x[column]), float(dem.y[row]))
seen = bz.visibility.viewshed(dem, summit, height_m=10, max_km=15)
masts = gpd.GeoSeries([summit, post.iloc[0], shapely.Point(LEFT + 6_000, TOP - 22_000)], crs=UTM)
counts = bz.visibility.cumulative_viewshed(dem, masts, height_m=10, max_km=15)
needed = bz.visibility.height_to_be_seen(dem, summit, height_m=10, max_km=15)
horizon = bz.visibility.horizon(dem, summit, height_m=10, max_km=15)
pairs = bz.visibility.who_sees(dem, masts, height_m=10, max_km=15, targets=masts)
print(
    f"one mast sees {float(seen.mean()):.0%} of the square, three see {float((counts > 0).mean()):.0%}"
)
print(
    f"its horizon stands at {horizon['angle_deg'].min():.1f} to {horizon['angle_deg'].max():.1f} degrees; "
    f"{int(pairs.matrix().sum()) - len(masts)} of the 6 lines between masts are free"
)
print(
    f"half of the hidden ground is hidden by less than {float(needed.where(needed > 1.7).median()):.0f} m"
)

# %%
figure = plt.figure(figsize=(7.5, 3.9))
for number, (layer, title) in enumerate(
    ((seen, "seen from the highest ground"), (counts, "seen by one, two, three masts"))
):
    ax = figure.add_axes((0.01 + 0.5 * number, 0.03, 0.48, 0.88))
    ax.imshow(shade, cmap="Greys_r", extent=extent, alpha=0.6)
    drawn = np.ma.masked_equal(layer.to_numpy().astype(int), 0)
    ax.imshow(
        drawn, cmap=ListedColormap(["#d9b36c", "#b0611f", "#5b2c06"]), extent=extent, alpha=0.75,
        vmin=1, vmax=3, interpolation="nearest",
    )  # fmt: skip
    masts.iloc[: 1 + 2 * number].plot(ax=ax, marker="^", color="black", markersize=26)
    ax.set(
        xlim=extent[:2],
        ylim=extent[2:],
        xticks=[],
        yticks=[],
        title=title,
        xlabel="",
        ylabel="",
    )
scale_bar(figure.axes[0], 5)
plt.show()

# %% [markdown]
# On a plain the horizon is a closed form, and the numbers keep it: $d = \sqrt{2Rh/(1-k)}$.

# %%
plain = bz.Grid.covering((-40e3, -100, 40e3, 100), resolution_m=100, crs=UTM).wrap(
    np.zeros((2, 800), dtype="float32")
)
rows = {}
for height_m in (1.7, 10, 30):
    lit = bz.visibility.viewshed(
        plain, shapely.Point(-50, 50), height_m=height_m, target_m=0, max_km=40
    )
    rows[height_m] = {
        "seen to, km": float(np.abs(lit.x[lit[0]] + 50).max() / 1000),
        "closed form, km": np.sqrt(2 * 6_371_009 * height_m / 0.87) / 1000,
    }
pd.DataFrame(rows).T.rename_axis("mast, m").round(1)

# %% [markdown]
# ## The border between Iraq and Syria
#
# On cells of 2 km no line of sight can be measured; time can. Towns and open airfields stand in for posts that are not known.

# %%
study = bz.Study.default()
reach = study.read_ground().reach
bz.access.response_summary(reach.along).round(2)

# %% [markdown]
# And the night. It predicts no crossing: it says how deep the ground behind the line is that one night on foot reaches, and most who walk there are civilians.

# %%
table = bz.access.night_reach(34.9, speed=bz.access.at_night("foot"))
table["share of the Iraqi side"] = reach.night.loc["IRQ", "share"]
table.round(2)

# %%
light = bz.access.border_light_table(study.border, 2019).loc["middle"]
light[["name", "nautical", "moon_illuminated", "dark_nights"]].round(2)

# %%
sun = bz.access.sun_times(
    np.array(["2019-06-21", "2019-12-21"], dtype="datetime64[D]"), 34.38, 41.0, tz="Asia/Baghdad"
)
sun

# %% [markdown]
# Distance, sight and night say where somebody could cross. What was reported, and how far a report can be trusted, is the next question.
