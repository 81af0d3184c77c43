"""
A stretch of the border on a slide
==================================

``km`` cuts the map to a part of the border, ``size="16:9"`` is a slide, and ``title`` says it in your words.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.corridor_map(
    result, size="16:9", km=(150, 350), title="The middle of the border, kilometre 150 to 350"
)
