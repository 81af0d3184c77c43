"""Sphinx configuration of the borderzone documentation."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

sys.path.insert(0, str(Path(__file__).parent))
from pictures import FOLDER, draw, names, once

project = "borderzone"
author = "The borderzone developers"
copyright = "The borderzone developers"
release = version = installed_version("borderzone")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build", "gallery"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"borderzone {release}"
html_theme_options = {"show_toc_level": 2}
html_math_renderer = "mathml"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autosummary_generate = True
# A room's names are written in its modules and offered by the room, which lists them in __all__.
autosummary_imported_members = True
autosummary_ignore_module_all = False
numpydoc_show_class_members = False
# Which figures have a picture on their page.
autosummary_context = {"pictures": names(), "picture_folder": f"/{FOLDER}"}
# Each picture answers "how do I draw this", and each script runs as it stands.
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "how-to/gallery",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "show_memory": False,
    "show_signature": False,
    "download_all_examples": False,
    "abort_on_example_error": True,
    "min_reported_time": 60,
    "image_scrapers": ("matplotlib",),
    "first_notebook_cell": None,
}


def setup(app: Sphinx) -> None:
    """Draw formulas with the browser's own MathML: the pages ask no other host for anything."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    once()
    # Before the gallery and the reference look for them.
    app.connect("builder-inited", draw, priority=100)


def _inline(translator: HTML5Translator, node: nodes.math) -> Any:
    translator.body.append(_drawn(node))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> Any:
    translator.body.append(f"<p>{_drawn(node, as_block=True)}</p>\n")
    raise nodes.SkipNode


def _drawn(node: nodes.math | nodes.math_block, *, as_block: bool = False) -> str:
    """Turn a formula to MathML; of units only the degree sign is no TeX."""
    return tex2mathml(node.astext().replace("°", r"^{\circ}"), as_block=as_block)
