"""
Words in French
===============

``lang`` is ``"en"``, ``"fr"`` or ``"ar"``. Fixed words come from one catalogue; the French and Arabic ones have not
been read by a speaker yet.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.corridor_map(result, size="text", lang="fr")
