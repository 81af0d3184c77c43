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
# # Where is the border, and what strip of land goes with it?
#
# A colonel looks over the desert of western Anbar: "How many units would we need to secure every inch? Too many." These seven notebooks turn
# that sentence into numbers, one question each. The first is where the border is. Two countries are enough to name it, and each record shows what it is. Lengths are measured on the ellipsoid, along the line that ships with the package: Natural
# Earth's, which is generalised to about a kilometre, so that other sources give other lengths.

# %%
import borderzone as bz

border = bz.Border.between("IRQ", "SYR")
border

# %% [markdown]
# How the line is classed, by kilometre: a dashed stretch would be disputed.

# %%
border.stretches.drop(columns="geometry")

# %% [markdown]
# Chainage counts kilometres along the line from its southern end, like the posts beside a railway. It goes both ways.

# %%
post_300 = border.point_at(300)
chainage_km, offset_km = border.locate(post_300.x + 0.1, post_300.y)
print(f"kilometre 300 lies at {post_300.x:.3f} E, {post_300.y:.3f} N")
print(
    f"a point 0.1 degrees further east is at km {chainage_km:.1f}, {offset_km:+.1f} km from the line"
)

# %% [markdown]
# A part of a border is a border too, with its own chainage from 0: here the stretch around the Euphrates.

# %%
border.between_km(210, 260)

# %% [markdown]
# The corridor is every point whose nearest border point is within the depth, with flat ends. Its segments are equal in length along
# the border, not in area: in a bend the outer side has more ground than the inner.

# %%
corridor = bz.Corridor.around(border, depth_km=50, segment_km=10)
corridor

# %%
corridor.segments.drop(columns="geometry").describe().loc[["min", "mean", "max"]].round(1)

# %%
ax = corridor.plot()

# %% [markdown]
# Every land border of the world can be named. These are the ten longest.

# %%
bz.list_borders().nlargest(10, "length_km")[["name_a", "name_b", "length_km", "n_parts"]]

# %% [markdown]
# The strip is laid: sixty segments on 599 km. What its ground is like is the next question.
