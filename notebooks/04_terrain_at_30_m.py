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
# # What does fine terrain see that two minutes cannot?
#
# The elevation that ships has cells of two arc minutes, 3.7 km. Tiles of 30 m are free to fetch, but none comes with a Python package. The finest real
# ground that does is the Jacksboro fault in Tennessee, in matplotlib's sample data: space-shuttle radar (SRTM, public domain) at three arc seconds, some
# 83 m. It is wooded, wet and steep, nothing like Iraq, and it is not yet 30 m. It is here to show what a cell hides, in ground that somebody measured.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shapely
import xarray as xr
from affine import Affine
from cmcrameri import cm
from matplotlib.cbook import get_sample_data
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

import borderzone as bz

plt.rcParams.update({"font.size": 8, "image.interpolation": "nearest"})
sample = get_sample_data("jacksboro_fault_dem.npz")
heights = sample["elevation"].astype("float32")
rows, columns = heights.shape
degrees = xr.DataArray(
    heights,
    dims=("y", "x"),
    coords={
        "y": float(sample["ymin"]) - (np.arange(rows) + 0.5) * float(sample["dy"]),
        "x": float(sample["xmin"]) + (np.arange(columns) + 0.5) * float(sample["dx"]),
    },
    name="elevation_m",
    attrs={"crs": "EPSG:4326", "units": "m"},
)

# %% [markdown]
# It comes in degrees, and slopes are not taken in degrees: the library refuses, and says what to do.

# %%
try:
    bz.terrain.slope(degrees)
except bz.errors.NotProjectedError as refusal:
    print(refusal)

# %% [markdown]
# So it is warped onto square cells in metres: once at 75 m, its own size, and once at each coarser one, up to 3.6 km, where the grid that ships is.
# Coarser cells are averages, as in any coarse elevation. All lie on the same square of 28.8 km.

# %%
LARGEST_M, SIDE_M = 3600, 28_800
LEFT, TOP, UTM = 732_000, 4_066_400, "EPSG:32616"


def square(cell_m: float) -> bz.Grid:
    n = round(SIDE_M / cell_m)
    return bz.Grid(shape=(n, n), transform=Affine(cell_m, 0, LEFT, 0, -cell_m, TOP), crs=UTM)


def scale_bar(ax: plt.Axes, length_km: float) -> None:
    """Draw a bar of a length in the lower left corner of the square."""
    x, y = LEFT + 0.03 * SIDE_M, TOP - 0.96 * SIDE_M
    for color, width in (("white", 5), ("black", 2)):
        ax.plot([x, x + 1000 * length_km], [y, y], color=color, linewidth=width)
    white = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.text(x, y + 0.02 * SIDE_M, f"{length_km:g} km", va="bottom", bbox=white)


ground = {m: bz.io.warp(degrees, square(m)) for m in (75, 150, 300, 600, 1200, LARGEST_M)}
slope = {m: bz.terrain.slope(dem) for m, dem in ground.items()}

# %%
shown = {75: "75 m, as measured", 300: "300 m", LARGEST_M: "3.6 km, as the grid that ships"}
figure = plt.figure(figsize=(7.5, 3.25))
for number, (cell_m, title) in enumerate(shown.items()):
    ax = figure.add_axes((0.01 + 0.33 * number, 0.22, 0.32, 0.68))
    extent = (LEFT, LEFT + SIDE_M, TOP - SIDE_M, TOP)
    tint = ax.imshow(slope[cell_m], cmap=cm.lajolla_r, vmin=0, vmax=35, extent=extent)
    ax.set(xticks=[], yticks=[], title=title)
    ax.spines[["top", "right"]].set_visible(True)
scale_bar(figure.axes[0], 10)
bar = figure.colorbar(tint, cax=figure.add_axes((0.3, 0.13, 0.4, 0.035)), orientation="horizontal")
bar.set_label("slope, degrees")
plt.show()

# %% [markdown]
# The numbers say the same. Ruggedness is given as the gradient of the plane with the same index, because the index itself grows with the cell. Steep is above
# 16.7 degrees, 30 %, where the wheeled vehicle of this library stops. Relief is within 5.4 km, the least that the largest cell allows.

# %%
STEEP_DEG = float(np.degrees(np.arctan(0.30)))


def known_share(layer: xr.DataArray, wanted: xr.DataArray) -> float:
    return float(wanted.where(np.isfinite(layer)).mean())


table = pd.DataFrame(
    {
        "median slope, deg": {m: float(s.median()) for m, s in slope.items()},
        "steep, share": {m: known_share(s, s > STEEP_DEG) for m, s in slope.items()},
        "ruggedness, rise over run": {
            m: float(bz.terrain.tri_riley(dem).median()) / (np.sqrt(6) * m)
            for m, dem in ground.items()
        },
        "relief, m": {
            m: float(bz.terrain.relief(dem, radius_m=1.5 * LARGEST_M).median())
            for m, dem in ground.items()
        },
    }
).rename_axis("cell, m")
table.round(3)

# %%
figure = plt.figure(figsize=(7.5, 3.0))
left, right = figure.add_axes((0.08, 0.17, 0.4, 0.72)), figure.add_axes((0.58, 0.17, 0.4, 0.72))
dashes = {75: "-", 300: (0, (5, 2)), LARGEST_M: (0, (1, 1))}
for cell_m, title in shown.items():
    sorted_deg = np.sort(slope[cell_m].to_numpy().ravel())
    share = np.linspace(0, 1, sorted_deg.size)
    left.plot(sorted_deg, share, color="#1f5570", linestyle=dashes[cell_m])
    at, side = {75: (0.25, 1), 300: (0.78, -1), LARGEST_M: (0.9, 1)}[cell_m]
    left.annotate(
        title.split(",")[0], (np.interp(at, share, sorted_deg), at), xytext=(6 * side, -3 * side),
        textcoords="offset points", ha="left" if side > 0 else "right", va="center",
    )  # fmt: skip
left.axvline(STEEP_DEG, color="#9a9a9a", linewidth=0.8)
left.text(STEEP_DEG + 0.5, 0.04, "vehicles stop", color="#5f6368")
left.set(xlim=(0, 38), ylim=(0, 1), xlabel="slope, degrees", ylabel="share of the ground below")
left.set_title("Slopes of the same ground", loc="left")
right.plot(table.index, table["steep, share"], "o-", color="#b0611f")
right.set(xscale="log", ylim=(0, None), xlabel="cell, m", ylabel="share steeper than 30 %")
right.set_xticks([30, 75, 300, 1200, LARGEST_M], ["30", "75", "300", "1,200", "3,600"])
right.minorticks_off()
right.set_xlim(25, 5000)
right.axvspan(25, 75, color="#efece4")
right.text(
    43,
    right.get_ylim()[1] * 0.04,
    "not\nin this\nsample",
    ha="center",
    color="#5f6368",
)
right.set_title("What averaging takes away", loc="left")
plt.show()

# %% [markdown]
# Landforms tell it best. A geomorphon is a pattern of higher, lower and level ground in eight directions. With a search of 1.5 km, cells of
# 75 m draw a net of ridges and side valleys; those of 300 m keep the fault and the main valleys; those of 3.6 km cannot look so near at all.

# %%
SEARCH_M = 1500
forms = {
    m: bz.terrain.geomorphons(ground[m], search_m=SEARCH_M, skip_m=0, flat_deg=1) for m in (75, 300)
}
codes = dict(
    zip(forms[75].attrs["flag_meanings"].split(), forms[75].attrs["flag_values"], strict=True)
)
names = [name for name in codes if name != "unknown"]
pd.DataFrame(
    {f"{m} m": {name: float((forms[m] == codes[name]).mean()) for name in names} for m in forms}
).round(3)

# %%
# Brown is high, grey is slope, blue is low; darker is farther from the plain.
INKS = (
    "#f4f2ec", "#5b2c06", "#8a4b14", "#d9b36c", "#b98a4a",
    "#c9c6be", "#9fc3d6", "#cfe0e8", "#2f6f95", "#0b3c6f",
)  # fmt: skip
figure = plt.figure(figsize=(7.5, 4.15))
for number, cell_m in enumerate(forms):
    ax = figure.add_axes((0.01 + 0.5 * number, 0.13, 0.48, 0.8))
    order = [codes[name] for name in names]
    drawn = np.searchsorted(order, forms[cell_m].to_numpy())
    ax.imshow(
        np.where(drawn < len(names), drawn, np.nan), cmap=ListedColormap(INKS),
        norm=BoundaryNorm(np.arange(11) - 0.5, 10), extent=extent, interpolation="nearest",
    )  # fmt: skip
    ax.set(xticks=[], yticks=[], title=f"geomorphons, cells of {cell_m} m")
    ax.spines[["top", "right"]].set_visible(True)
scale_bar(figure.axes[0], 5)
marks = [Patch(facecolor=ink, edgecolor="#9a9a9a") for ink in INKS]
figure.legend(marks, names, loc="lower center", ncols=5, handlelength=1.4)
plt.show()

# %% [markdown]
# Ground cut in, ground that stands out and level ground are told by form and by depth or relief, as shares of the sample. They matter on
# foot: a wadi hides a man, a ridge shows him, and a pan, of which this sample has none, lets a vehicle go.

# %%
told = {
    "wadis": bz.terrain.wadis(ground[75], search_m=SEARCH_M)["wadi"],
    "ridges": bz.terrain.ridges(ground[75], search_m=SEARCH_M),
    "pans": bz.terrain.pans(ground[75], search_m=SEARCH_M),
}
pd.Series({name: float((mask == 1).mean()) for name, mask in told.items()}).round(3)

# %% [markdown]
# And lines of sight. A patrol looks from stops along a track through the middle, eyes 3 m and target 1.7 m above ground, out to 2 km. The coarse
# ground is made smooth again, by cubic convolution onto the fine cells, which is all that it knows.

# %%
middle = TOP - SIDE_M / 2
track = shapely.LineString([(LEFT + 2500, middle), (LEFT + SIDE_M - 2500, middle)])
masked = {}
for cell_m in (75, 300, 1200, LARGEST_M):
    dem = ground[75] if cell_m == 75 else bz.io.warp(ground[cell_m], square(75))
    masked[cell_m] = bz.visibility.masked_fraction(dem, track)
pd.DataFrame(
    {
        "hidden from one stop": {m: found.hidden_from_one_stop for m, found in masked.items()},
        "never seen": {m: found.never_seen for m, found in masked.items()},
        "f_mask": {m: found.f_mask for m, found in masked.items()},
    }
).rename_axis("cell, m").round(3)

# %% [markdown]
# What even 30 m cannot show: a cave mouth, a cliff of ten metres, a bank that stops a truck, a wadi bed narrower than two cells, a culvert, a wall, a tree.
# The radar sees the tops of trees and roofs as ground. Its own error, a few metres from cell to cell, is as large as the relief of a gravel plain, so that on flat
# desert much of the fine slope is noise. And one sample of one landscape, on another continent and under forest, says in which
# direction a coarse cell errs, not by how much it errs in Anbar. There, only tiles of Anbar can say, and on the spot only a visit.

# %% [markdown]
# Fine ground decides two things for a patrol: how long the way is, and what it sees from there. They are the next question.
