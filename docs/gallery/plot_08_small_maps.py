"""
Several borders as small maps
=============================

A border needs no study to be drawn: two names, a corridor, and axes.
"""

import matplotlib.pyplot as plt

import borderzone as bz

pairs = [("JOR", "IRQ"), ("FIN", "RUS"), ("IND", "BGD"), ("LSO", "ZAF")]
page, axes = plt.subplots(2, 2, figsize=(11.7, 11.7))
for ax, (a, b) in zip(axes.flat, pairs, strict=True):
    border = bz.Border.between(a, b)
    bz.figures.plot_corridor(bz.Corridor.around(border, depth_km=25, segment_km=25), ax=ax)
