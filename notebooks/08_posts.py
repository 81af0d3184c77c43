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
# # Twenty posts, or forty more patrols?
#
# A post stands still and looks; a patrol moves and may be elsewhere. First both are counted on the built-in border, without asking where posts stand. Then twenty posts get places, on relief of 30 m that was drawn by chance:
# the elevation that ships is far too coarse for lines of sight, and `borderzone fetch dem IRQ SYR` brings what it takes.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr

import borderzone as bz

plt.rcParams.update({"font.size": 8, "image.interpolation": "nearest"})
result = bz.Study.default().run(seed=1)
counted = pd.concat(
    [
        result.pod([100, 140], "eye", law="beats_soft").assign(what="patrols, the eye"),
        result.pod([20, 60], "posts", law="standing").assign(what="thermal posts"),
    ]
)
counted.set_index(["what", "units"])[["people", "share", "low", "high"]].round(2)

# %% [markdown]
# On average twenty thermal posts of four see more than forty patrols add to a hundred: their eyes reach kilometres where the naked eye reaches a hundred metres. But whoever knows where they stand walks between them.
# At the weakest place:

# %%
weakest = pd.concat(
    [
        result.pod([100, 140], "eye", law="beats_soft", measure="min_pod").assign(
            what="patrols, the eye"
        ),
        result.pod([20, 60, 120], "posts", law="standing", measure="min_pod").assign(
            what="thermal posts"
        ),
    ]
)
weakest.set_index(["what", "units"])[["people", "share", "low", "high"]].round(2)

# %% [markdown]
# ## A piece of border with relief (SYNTHETIC)
#
# Forty kilometres of the border, ten deep on each side, with hills of no place on Earth: noise whose power falls with the frequency, seeded.


# %%
def hills(grid: bz.Grid, *, rise_m: float = 70.0, seed: int = 8) -> np.ndarray:
    """Draw relief whose power falls with the power 3.5 of the frequency."""
    rows, columns = grid.shape
    noise = np.fft.rfft2(np.random.default_rng(seed).standard_normal((rows, columns)))
    frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :])
    frequency[0, 0] = np.inf
    heights = np.fft.irfft2(noise * frequency**-1.75, s=(rows, columns))
    return (250.0 + rise_m * heights / heights.std()).astype(np.float32)


stretch = bz.Border.between("IRQ", "SYR").between_km(240, 280)
corridor = bz.Corridor.around(stretch, depth_km=10)
grid = corridor.grid(resolution_m=30)
dem = grid.wrap(hills(grid), name="elevation_m", units="m")
dem.shape

# %% [markdown]
# ## Places, and what each sees
#
# Summits on Iraq's side, at least 800 m apart; demand is every tenth cell of the corridor, each way.

# %%
places = bz.posts.candidates(dem, corridor, spacing_m=800, side="IRQ", prominence_m=3)
sees = bz.posts.sight(dem, places, corridor, height_m=10, max_km=5, every=10)
len(places), sees.n_demand

# %% [markdown]
# ## Every number of posts from one call
#
# For each number the best places found, what they cover, and a bound that no choice can pass. The gap between the two is what is not proved.

# %%
curve = bz.posts.site(sees, n=20)
curve.table.set_index("n").loc[[1, 5, 10, 20]].round(3)

# %%
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.0), gridspec_kw={"width_ratios": [2, 3]}, layout="constrained"
)
left.plot(curve.table["n"], 100 * curve.table["covered"] / sees.n_demand, label="found")
left.plot(curve.table["n"], 100 * curve.table["bound"] / sees.n_demand, "--", label="no more than")
left.set(xlabel="posts", ylabel="ground seen, %", ylim=(0, 100), title="SYNTHETIC relief")
left.set_xticks([1, 5, 10, 15, 20])
left.legend()
chosen = places.iloc[curve.sites(20)]
rows, columns = grid.shape
right.imshow(
    bz.terrain.hillshade(dem),
    cmap="Greys_r",
    extent=(float(dem.x[0]), float(dem.x[-1]), float(dem.y[-1]), float(dem.y[0])),
)
stretch.line.to_crs(corridor.crs).plot(ax=right, color="black", linewidth=1.2)
places.to_crs(corridor.crs).plot(ax=right, color="white", markersize=6)
chosen.to_crs(corridor.crs).plot(ax=right, color="#a3124f", marker="^", markersize=40)
right.set(
    title="twenty of the summits (SYNTHETIC)", xticks=[], yticks=[], xlabel="40 km", ylabel=""
)

# %% [markdown]
# ## The weakest way across
#
# Ground seen is not the end of it: who knows the ground takes the way that is watched least. Twenty patrols spread evenly over these forty kilometres are the start. Beside them go the twenty posts, or forty more patrols. Each is asked three
# ways: what is seen of who walks straight across anywhere, what of it in the weakest segment of ten kilometres, and what of who takes the weakest way.

# %%
ground = pd.DataFrame(
    {"f_mask": 0.1, "patrol_speed_factor": 1.0, "crosser_km_h": 3.0},
    index=corridor.segments.index,
)
force = bz.patrol.FORCES["vehicle_patrol"]
evenly = np.ones(len(ground)) / len(ground)
stands = bz.patrol.Watch(patrol_km_h=0, crosser_km_h=3.0)
eyes = bz.patrol.lateral_curve("tower_thermal", light="night", f_mask=0, watch=stands)
whole = bz.posts.sight(dem, chosen, corridor, height_m=10, max_km=5)
watched = whole.field(list(range(20)), grid, curve=eyes)


def patrolled(units: float) -> xr.Dataset:
    """Spread patrols evenly over the corridor."""
    return bz.patrol.detection_field(corridor, grid, ground, force, units * evenly)


fields = {
    "20 patrols": [patrolled(20)],
    "20 patrols and 20 posts": [patrolled(20), watched],
    "60 patrols": [patrolled(60)],
}
ways = {
    words: bz.patrol.weakest_crossings(field, corridor, speed=3.0, trace=True)
    for words, field in fields.items()
}

# %%
# The border runs from west to east here, so that a column of cells is a way straight across.
segment = corridor.cells(grid)["segment"]
deep = (segment >= 0).sum("y")
across = segment.isel(y=len(grid.y) // 2).where(deep >= 0.98 * deep.max(), -1)


def straight(field: list[xr.Dataset]) -> pd.Series:
    """Mean POD of ways straight across, by segment."""
    exponent = 0.0
    for one in field:
        if "swept_per_km" in one:
            exponent += one["swept_per_km"] * np.sqrt(1 + (one["patrol_km_h"] / 3.0) ** 2)
        else:
            exponent += one["hazard_per_km"]
    pod = 1 - np.exp(-exponent.sum("y") * grid.resolution_m / 1000)
    return pd.Series(pod).groupby(np.asarray(across)).mean().drop(-1)


pd.DataFrame(
    {
        words: {
            "mean": straight(field).mean(),
            "weakest segment": straight(field).min(),
            "weakest way": ways[words].pod,
        }
        for words, field in fields.items()
    }
).T.round(2)

# %% [markdown]
# Patrols at random hours are the same everywhere: 38 % by any way, and 76 % with forty more. With the posts hardly anybody gets straight across unseen, and yet of those who know where they stand one in five does: the weakest way is seen to 82 %.
# So here twenty posts of four people, even on the way between them, are worth a little more than forty patrols of four. A table of means would have said that they are worth far more. Lines are for internal use; what is
# published tells ten kilometres:

# %%
ways["20 patrols and 20 posts"].by_10_km.round(2)

# %%
fig, ax = plt.subplots(figsize=(9.5, 4.9), layout="constrained")
ax.imshow(
    np.log10(1e-2 + watched["hazard_per_km"]),
    cmap="Greys",
    extent=(float(dem.x[0]), float(dem.x[-1]), float(dem.y[-1]), float(dem.y[0])),
)
lines = ways["20 patrols and 20 posts"].ways
lines.plot(ax=ax, color="#d9822b", linewidth=0.6, label="of each kilometre")
lines.loc[[lines["pod"].idxmin()]].plot(
    ax=ax, color="#a3124f", linewidth=2.2, label="weakest way of all"
)
chosen.to_crs(corridor.crs).plot(ax=ax, color="#1f5fa8", marker="^", markersize=30, label="posts")
stretch.line.to_crs(corridor.crs).plot(ax=ax, color="black", linewidth=1.2, label="border")
fig.legend(*ax.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
ax.set(
    title="the darker, the better watched by posts (SYNTHETIC, internal)",
    xticks=[], yticks=[], xlabel="40 km", ylabel="",
)  # fmt: skip

# %% [markdown]
# Beyond the reach of the posts ways run straight; then they bend round what is seen, and many kilometres share one gap. The weakest way of all keeps to the end of the stretch: a corridor that is cut out of a border is weakest where it was cut, and says nothing of what
# is beyond.
#
# ## Patrols where the posts do not look
#
# Twenty patrols spread evenly also drive where the posts see all. Shared out anew against whoever answers each plan with the weakest way left, they are worth more:

# %%
answered = bz.patrol.answered_effort(corridor, grid, ground, force, 20, speed=3.0, posts=watched)
print(
    f"{ways['20 patrols and 20 posts'].pod:.2f} spread evenly, {answered.pod:.2f} shared out, none above {answered.pod_at_most:.2f}"
)
answered.by_segment.round(1).T

# %% [markdown]
# Nearly all of them go to the two ends, where the gaps are.
#
# ## Who watches back
#
# A post does not come and go; a patrol does, and can be watched. The sixty patrols, by what the crosser knows and how they drive:

# %%
coverage = -np.log(1 - ways["60 patrols"].pod)
gains = bz.patrol.watcher_gains(coverage, speed_ratio=force.patrol_km_h / 3.0)
gains[["blind", "last_pass", "informed", "gained"]].round(2)

# %% [markdown]
# The 76 % are those of passes at random hours, which give nothing away. On beats, however soft, who waits for a patrol to pass and knows them gets through far more often. What cannot be everywhere must not be foreseen: one unit for two ways is worth nothing where it is foreseen, on either at even odds .316, and
# split between both by hours .393. And one patroller on a line of ten cells, against an attack of two periods, intercepts one in five:

# %%
one_unit = {
    whole: bz.patrol.interdiction_game(np.eye(2), 1, whole=whole).pod for whole in (True, False)
}
round(one_unit[True], 3), round(one_unit[False], 3), round(bz.patrol.patrolling_value(10, 2), 3)

# %% [markdown]
# ## What this does not say
#
# Sight is not detection: by night a post sees ground in which its eyes find nobody, and a crosser who knows the posts takes the dead ground between them. Twenty posts that see half of the ground are a start for an
# argument, not a wall. Places of posts are never written to the public edition.
