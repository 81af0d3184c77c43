"""Sphinx configuration of the borderzone documentation."""

from importlib.metadata import version as installed_version

project = "borderzone"
author = "The borderzone developers"
copyright = "The borderzone developers"  # noqa: A001
release = version = installed_version("borderzone")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
autodoc_typehints = "signature"
autosummary_generate = True
numpydoc_show_class_members = False
