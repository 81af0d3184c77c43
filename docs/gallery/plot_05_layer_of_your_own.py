"""
A layer of your own on top
==========================

``bz.figures.add_layer`` brings any GeoDataFrame with a CRS into the frame of the map, which is ``ax.bz_crs``.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
posts = result.border.point_at([100.0, 250.0, 400.0])

ax = bz.figures.corridor_map(result, size="text")
bz.figures.add_layer(ax, posts, color="black", marker="s", markersize=40)
