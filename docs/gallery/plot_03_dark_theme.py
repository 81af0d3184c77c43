"""
A dark theme
============

``theme`` is ``"light"``, ``"dark"``, ``"grey"`` or a record of your own, ``bz.figures.Theme``. Any figure takes it.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.corridor_map(result, size="text", theme="dark")
