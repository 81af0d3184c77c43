# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # How many units would it take?
#
# The built-in study, on the data that ship with the package, without a network.

# %%
import borderzone as bz

study = bz.Study.default()
result = study.run(seed=1)
for sentence in result.summary:
    print(sentence)

# %%
ax = bz.figures.coverage_curve(result)
ax.figure

# %% [markdown]
# "Every inch" is the worst segment, not the mean. Both are required units here, out and on the payroll, with the band that the assumptions leave.

# %%
night = result.required.query("light == 'night' and measure in ['mean_poi', 'min_poi']")
night[
    [
        "measure",
        "target",
        "rule",
        "out_p50",
        "payroll_p05",
        "payroll_p50",
        "payroll_p95",
        "ceiling",
    ]
]

# %% [markdown]
# Which assumption matters most? And does a better night sensor help more than more units?

# %%
result.patrol.sobol

# %%
better = bz.Study.default(bz.PRESETS["night_vision_for_all"]).run(seed=1)
bz.compare(result, better)
