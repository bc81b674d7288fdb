"""Formulas as MathML, which browsers set by themselves: no script, and none fetched."""

from __future__ import annotations

import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

ACCENTED = re.compile(r"(\\(?:bar|hat|tilde|dot)\s*(?:\\[a-zA-Z]+|\w|{[^{}]*}))(?=[_^])")


def mathml(formula: nodes.Element, *, as_block: bool = False) -> str:
    """Translate a formula; an index stands beside an accented letter, not under it."""
    return tex2mathml(ACCENTED.sub(r"\1{}", formula.astext()), as_block=as_block)


def inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula that stands in a sentence."""
    writer.body.append(mathml(node))
    raise nodes.SkipNode


def block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula that stands by itself."""
    formula = mathml(node, as_block=True)
    writer.body.append(f'<div class="formula">{formula}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Offer the renderer to `html_math_renderer`."""
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
