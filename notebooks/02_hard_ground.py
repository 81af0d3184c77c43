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
# # Which ground is hard to patrol?
#
# The corridor of the first notebook holds 60,000 km². Two flags tell the hard part of it, kept apart: remote desert, bare ground more than two hours from the nearest town or open airfield, and cave-prone ground,
# soluble rock with relief. The elevation that ships has cells of about three kilometres. It speaks of regions; it sees no cave, no cliff and no line of sight.

# %%
import borderzone as bz

border = bz.Border.between("IRQ", "SYR")
corridor = bz.Corridor.around(border, depth_km=50, segment_km=10)
grid = corridor.grid(resolution_m=2000)
grid

# %%
dem = bz.datasets.elevation(grid)
attrs = bz.terrain.attributes(dem)
attrs

# %% [markdown]
# How long does a patrol need to get there? Fifteen kilometres an hour on flat bare ground, slower on slopes, from the nearest town of Iraq, whose patrols they are here. (A study also stops them at the border.)

# %%
towns = bz.datasets.places(min_population=1000)
own = towns[towns["country"] == "IRQ"]
hours = bz.access.travel_time(dem, own.geometry, speed="vehicle_off_road")
print(f"median {float(hours.median()):.1f} h by vehicle off the road")

# %%
surface = bz.terrain.surface(bz.datasets.landcover(grid), bz.datasets.karst(), grid)
flags = bz.difficulty.flags(attrs, hours, surface)
zones = bz.difficulty.zones(flags, corridor, places=towns)
zones[["kind", "rank", "area_km2", "km_start", "km_end", "near", "reasons"]]

# %% [markdown]
# Remote desert is what is more than two hours away. One share alone would mislead, so those at one and at three hours stand beside it: half the speed, or one and a half times the speed, would give the same.

# %%
bz.difficulty.flagged_share({"vehicle_off_road": hours}, surface, corridor.cells(grid))

# %% [markdown]
# Hours and rock mark much of the strip, and what is not mapped stays unknown. Patrols have to cover all of it: how many, is the next question.
