"""
The border pulled straight, folded
==================================

The strip has the kilometre along the border to the right. On a sheet that is upright it folds into rows that fit,
and no row of data is lost.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.strip_map(result, size="a4-portrait")
