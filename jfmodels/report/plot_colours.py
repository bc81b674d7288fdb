"""Colours that say how much: from little to much, and to either side of a middle.

Orange and blue are told apart with any of the common colour deficiencies. Lightness falls evenly
towards each end, so that the order survives printing in grey.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from numpy.typing import NDArray

from jfmodels.report.plot_canvas import INK

__all__ = ["BETWEEN", "DIVERGING", "SEQUENTIAL", "either_side", "ink_on", "lightness"]

LEFT = ("#7F3600", "#C56A17", "#F2BE84")
RIGHT = ("#A5CBE6", "#3F86BD", "#0B4471")
BETWEEN = "#E4E4E4"
DIVERGING = LinearSegmentedColormap.from_list("diverging", [*LEFT, "#EFEFEF", *RIGHT])
SEQUENTIAL = LinearSegmentedColormap.from_list("sequential", ["#DDEAF4", *RIGHT])
NEAREST = 0.42  # how far from the middle the first step lies, where the ends are 1
DARK_BELOW = 58.0  # lightness below which white is easier to read than ink


def either_side(left: int, right: int) -> list[str]:
    """Give as many steps to the left and right of a middle, the darkest at the ends.

    Examples
    --------
    >>> either_side(1, 2)
    ['#cb7525', '#8bb9db', '#0b4471']
    """
    ends = [-step for step in _steps(left)] + _steps(right)[::-1]
    return [to_hex(DIVERGING((1 + end) / 2)) for end in ends]


def _steps(count: int) -> list[float]:
    """Spread steps from the end, 1, towards the middle, 0; a single one lies between."""
    return [0.62] if count == 1 else np.linspace(1, NEAREST, count).tolist()


def lightness(colour: str) -> float:
    """Give the lightness of a colour as the eye takes it, from 0 to 100 (CIE 1976).

    Examples
    --------
    >>> [round(lightness(colour)) for colour in ("#000000", "#808080", "#FFFFFF")]
    [0, 54, 100]
    """
    rgb: NDArray[np.float64] = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def ink_on(colour: str) -> str:
    """Choose white or ink, whichever is easier to read on a colour."""
    return "#FFFFFF" if lightness(colour) < DARK_BELOW else INK
