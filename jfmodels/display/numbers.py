"""Numbers as text, with no more digits than their errors bear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["MISSING", "chance", "decimals", "digits_of", "interval", "number", "short"]

type Floats = NDArray[np.float64]

MISSING = "–"
LONGEST, MOST_DIGITS = 1e6, 6  # beyond them numbers are written with a power of ten


def digits_of(std_error: float) -> int:
    """Decimals such that the standard error has two digits."""
    error = float(std_error)
    if not np.isfinite(error) or error <= 0:
        return 2
    return max(0, 1 - int(np.floor(np.log10(error))))


def decimals(std_error: Floats, mc_error: Floats | None = None) -> list[int]:
    """Decimals of the rows of a table.

    Parameters
    ----------
    std_error : ndarray, shape (K,)
        Two digits of it are shown, and no fewer than most rows have.
    mc_error : ndarray, shape (K,), optional
        Monte Carlo errors: a digit that another run of the sampler would change is left out.

    Examples
    --------
    >>> decimals(np.array([0.031, 0.035, 1.2]))
    [3, 3, 3]
    >>> decimals(np.array([0.031]), np.array([0.004]))
    [2]
    """
    own = [digits_of(each) for each in std_error]
    usual = int(np.median(own)) if own else 0
    borne = [_borne_by(each) for each in (mc_error if mc_error is not None else ())]
    kept = [max(each, usual) for each in own]
    return [min(pair) for pair in zip(kept, borne or kept, strict=True)]


def _borne_by(mc_error: float) -> int:
    """Decimals whose last one is no smaller than the Monte Carlo error."""
    if not np.isfinite(mc_error) or mc_error <= 0:
        return 99
    return max(0, int(np.floor(-np.log10(mc_error))))


def number(value: float, digits: int) -> str:
    """Write a number, without a negative zero.

    Examples
    --------
    >>> number(1006.34, 1), number(-0.01, 1)
    ('1,006.3', '0.0')
    """
    if np.isnan(value):
        return MISSING
    if not np.isfinite(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= LONGEST or digits > MOST_DIGITS:
        return f"{value:.1e}"
    return f"{round(float(value), digits) + 0.0:,.{digits}f}"


def interval(low: str, high: str) -> str:
    """Write two ends in brackets."""
    return MISSING if low == MISSING else f"[{low}, {high}]"


def chance(value: float) -> str:
    """Write a probability with three decimals; beyond them, only that it is less or more."""
    if np.isnan(value):
        return MISSING
    return "<0.001" if value < 0.001 else ">0.999" if value > 0.999 else f"{value:.3f}"


def short(value: float) -> str:
    """Write a number of unknown error with three digits, and whole ones in full.

    Examples
    --------
    >>> [short(each) for each in (1240.0, 0.0123456, 12.345, 0.05)]
    ['1,240', '0.0123', '12.3', '0.05']
    """
    if np.isnan(value):
        return MISSING
    if not np.isfinite(value) or abs(value) >= LONGEST:
        return f"{value:,.0f}" if np.isfinite(value) and value == int(value) else number(value, 0)
    if value == int(value):
        return f"{value:,.0f}"
    written = number(value, max(0, 2 - int(np.floor(np.log10(abs(value))))))
    return written.rstrip("0").rstrip(".") if "." in written and "e" not in written else written
