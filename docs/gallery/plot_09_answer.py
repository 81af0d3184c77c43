"""
How many people, by kit
=======================

The answer of a study as one chart: people out at once for each aim, with bands, and what real forces had.
"""

import borderzone as bz

result = bz.Study.default().run(seed=1)
ax = bz.figures.answer(result, size="text")
