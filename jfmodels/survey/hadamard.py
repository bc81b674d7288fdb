"""Hadamard matrices: the orthogonal patterns by which balanced halves of a sample are chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["hadamard"]

type Floats = NDArray[np.float64]


def hadamard(least: int) -> Floats:
    """Make a matrix of 1 and -1 with orthogonal rows, the first of them all 1.

    The order is the smallest, of at least `least`, that Paley's constructions [1]_ over prime
    fields and doubling reach: every multiple of 4 up to 48.

    References
    ----------
    .. [1] Paley, R. E. A. C. (1933). On orthogonal matrices. Journal of Mathematics and
       Physics 12, 311-320.

    Examples
    --------
    >>> matrix = hadamard(10)
    >>> matrix.shape, bool((matrix @ matrix.T == 12 * np.eye(12)).all())
    ((12, 12), True)
    """
    order = least
    while True:
        matrix = _of_order(order)
        if matrix is not None:
            return matrix * matrix[0]  # flipping columns keeps rows orthogonal
        order += 1


def _of_order(order: int) -> Floats | None:
    """Make a Hadamard matrix by doubling, else by Paley's first or second construction."""
    if order <= 2:
        return np.array([[1.0, 1.0], [1.0, -1.0]])[:order, :order]
    if order % 4:
        return None
    half = _of_order(order // 2)
    if half is not None:
        return np.kron(np.array([[1.0, 1.0], [1.0, -1.0]]), half)
    if _is_prime(order - 1):
        return _bordered(order - 1) + np.eye(order)
    if _is_prime(order // 2 - 1):
        core = _bordered(order // 2 - 1)
        diagonal = np.array([[1.0, -1.0], [-1.0, -1.0]])
        corners = np.array([[1.0, 1.0], [1.0, -1.0]])
        doubled: Floats = np.kron(core, corners) + np.kron(np.eye(order // 2), diagonal)
        return doubled
    return None


def _bordered(q: int) -> Floats:
    """Quadratic characters of differences modulo a prime, with a border; zeros on the diagonal."""
    character = np.full(q, -1.0)
    character[np.unique(np.arange(q) ** 2 % q)] = 1.0
    character[0] = 0.0
    core = np.ones((q + 1, q + 1))
    core[0, 0] = 0.0
    core[1:, 0] = 1.0 if q % 4 == 1 else -1.0
    core[1:, 1:] = character[(np.arange(q)[:, None] - np.arange(q)) % q]
    return core


def _is_prime(number: int) -> bool:
    return number > 1 and all(number % k for k in range(2, int(number**0.5) + 1))
