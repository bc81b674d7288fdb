"""How the documentation is built: `make docs`.

Pages are Markdown that reads as well on a forge. What can be derived from the package is
derived when building, so that it cannot fall behind: the reference from `jfmodels.__all__`,
the glossary from `results/schema.py`, notebooks from `notebooks/`. Nothing is fetched.
"""

import os
import sys
from pathlib import Path

import jfmodels

sys.path.insert(0, str(Path(__file__).parent / "extensions"))
os.environ.pop("MPLBACKEND", None)  # else notebooks would draw for nobody

project = "jfmodels"
author = "The jfmodels developers"
project_copyright = author
version = release = jfmodels.__version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "column_glossary",
    "forge_links",
    "mathml",
    "notebook_copies",
    "pictures",
    "public_names",
]
exclude_patterns = ["extensions", "generated", "reference/names.md"]
nitpicky = True

myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False

autodoc_typehints = "none"
autodoc_preserve_defaults = True
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

nb_execution_mode = "cache"
nb_execution_timeout = 600  # of one cell, on a machine that is busy
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_ipywidgets_js = {}  # would be fetched from elsewhere

html_theme = "pydata_sphinx_theme"
html_title = "jfmodels"
html_math_renderer = "mathml"
html_context = {"default_mode": "auto"}
html_favicon = "static/mark.svg"
html_static_path = ["static"]
html_css_files = ["pages.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_sphinx = False
ALONE = "index getting-started glossary coming-from limits cite changelog contributing"
html_sidebars = {page: [] for page in ALONE.split()}
html_theme_options = {
    "logo": {"text": "jfmodels", "image_light": "static/mark.svg", "image_dark": "static/mark.svg"},
    "header_links_before_dropdown": 8,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
}

linkcheck_timeout = 20
linkcheck_retries = 2
linkcheck_anchors = False
