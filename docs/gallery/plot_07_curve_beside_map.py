"""
A map and a curve side by side
==============================

With ``ax`` a figure is drawn on axes of yours, and the page is your own.
"""

import matplotlib.pyplot as plt

import borderzone as bz

result = bz.Study.default().run(seed=1)
page, (left, right) = plt.subplots(1, 2, figsize=(11.7, 5.5))
bz.figures.corridor_map(result, ax=left)
bz.figures.coverage_curve(result, ax=right)
