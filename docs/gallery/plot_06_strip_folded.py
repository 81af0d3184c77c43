"""
The border pulled straight, folded
==================================

The strip has the kilometre along the border to the right. ``fold_km`` breaks it into lines of that length, one
below the other, each with all of its rows.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.strip_map(result, size="a3", fold_km=200)
