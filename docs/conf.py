"""Sphinx configuration of the borderzone documentation."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

project = "borderzone"
author = "The borderzone developers"
copyright = "The borderzone developers"
release = version = installed_version("borderzone")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
templates_path = ["_templates"]
html_theme = "pydata_sphinx_theme"
html_title = f"borderzone {release}"
html_theme_options = {"show_toc_level": 2}
# Only the reference has pages below it to list at the side.
html_sidebars: dict[str, list[str]] = {
    page: [] for page in ("study", "notebooks", "methods", "data", "conventions", "limits")
}
html_math_renderer = "mathml"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
autosummary_generate = True
# A room's names are written in its modules and offered by the room, which lists them in __all__.
autosummary_imported_members = True
autosummary_ignore_module_all = False
numpydoc_show_class_members = False


def setup(app: Sphinx) -> None:
    """Draw formulas with the browser's own MathML: the pages ask no other host for anything."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def _inline(translator: HTML5Translator, node: nodes.math) -> Any:
    translator.body.append(_drawn(node))
    raise nodes.SkipNode


def _block(translator: HTML5Translator, node: nodes.math_block) -> Any:
    translator.body.append(f"<p>{_drawn(node, as_block=True)}</p>\n")
    raise nodes.SkipNode


def _drawn(node: nodes.math | nodes.math_block, *, as_block: bool = False) -> str:
    """Turn a formula to MathML; of units only the degree sign is no TeX."""
    return tex2mathml(node.astext().replace("°", r"^{\circ}"), as_block=as_block)
