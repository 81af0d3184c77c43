"""
A map for a column of text
==========================

``size="column"`` is 85 mm wide, as in a two-column page. The legend moves below the map, and what has no room goes.
Nothing is smaller than 7 points at that size.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.corridor_map(result, size="column")

# %%
# ``bz.figures.save(ax, "map", alt=words)`` writes PNG, SVG and PDF with a description in words, such as
# ``bz.figures.alt_text`` gives.
print(bz.figures.alt_text(result, "corridor_map"))
