"""Whether chains of draws agree, and how far their averages can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Convergence", "convergence_of", "monte_carlo_error"]

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]

AT_ONCE = 256  # columns whose spectra are held at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """Diagnostics of a sampler's chains [1]_.

    Attributes
    ----------
    r_hat : float
        Largest ratio of the spread over all chains to that within them, by ranks; above 1.01
        the chains do not agree.
    worst : str
        The parameter that it belongs to.
    ess_bulk, ess_tail : float
        Smallest effective number of draws, for the centre and for the 5 % tails.
    divergences : int
        Draws at which the trajectory could not be followed.
    energy : float
        Smallest fraction of missing information about the energy (E-BFMI); below 0.3 the
        tails are not reached.

    References
    ----------
    .. [1] Vehtari, A., Gelman, A., Simpson, D., Carpenter, B. and Bürkner, P.-C. (2021).
       Rank-normalization, folding, and localization: an improved R-hat. Bayesian Analysis
       16, 667-718.
    """

    r_hat: float
    worst: str
    ess_bulk: float
    ess_tail: float
    divergences: int
    energy: float


def convergence_of(
    draws: Floats, chain: Ints, names: Sequence[str], divergences: int, energy: Floats
) -> Convergence:
    """Diagnose chains.

    Parameters
    ----------
    draws : ndarray, shape (S, K)
        Draws of K parameters, each chain's in order.
    chain : ndarray of int64, shape (S,)
        Chain of every draw; all are of one length.
    names : sequence of str
        Names of the parameters.
    divergences : int
        How many trajectories diverged.
    energy : ndarray, shape (C, S / C)
        Energy of every draw.
    """
    from arviz_stats.base.array import array_stats

    stats: Any = array_stats
    shaped = _by_chain(draws, chain)
    r_hat = np.asarray(stats.rhat(shaped, chain_axis=0, draw_axis=1))
    bulk = stats.ess(shaped, chain_axis=0, draw_axis=1, method="bulk")
    tail = stats.ess(shaped, chain_axis=0, draw_axis=1, method="tail", prob=(0.05, 0.95))
    worst = int(np.argmax(np.where(np.isnan(r_hat), np.inf, r_hat)))
    return Convergence(
        r_hat=float(r_hat[worst]),
        worst=names[worst],
        ess_bulk=float(np.min(bulk)),
        ess_tail=float(np.min(tail)),
        divergences=divergences,
        energy=float(np.min(stats.bfmi(energy))),
    )


def _by_chain(draws: Floats, chain: Ints) -> Floats:
    """Draws (S, K) as (C, S / C, K)."""
    order = np.argsort(chain, kind="stable")
    return draws[order].reshape(int(chain.max()) + 1, -1, draws.shape[1])


def monte_carlo_error(draws: Floats, chain: Ints) -> Floats:
    r"""Standard errors of the means of draws, by Geyer's initial monotone sequence [1]_.

    Autocorrelations are pooled over chains; their sums in pairs
    :math:`\rho_{2t} + \rho_{2t+1}` count as long as they are positive, and never rise.

    Parameters
    ----------
    draws : ndarray, shape (S, K)
        Draws of K numbers, each chain's in order.
    chain : ndarray of int64, shape (S,)
        Chain of every draw; all are of one length.

    Returns
    -------
    ndarray, shape (K,)
        Zero where a number does not vary.

    References
    ----------
    .. [1] Geyer, C. J. (1992). Practical Markov chain Monte Carlo. Statistical Science 7,
       473-483.

    Examples
    --------
    >>> draws = np.random.default_rng(1).standard_normal((4_000, 1))
    >>> monte_carlo_error(draws, np.repeat(np.arange(4), 1_000)).round(3).tolist()
    [0.016]
    """
    shaped = _by_chain(draws, chain)
    half = shaped.shape[1] // 2  # chains are split, as a drift within one counts as well
    parts = np.concatenate([shaped[:, :half], shaped[:, -half:]])
    columns = range(0, draws.shape[1], AT_ONCE)
    found = [_errors(parts[:, :, first : first + AT_ONCE]) for first in columns]
    return np.concatenate(found) if found else np.zeros(0)


def _errors(draws: Floats) -> Floats:
    """Standard errors of means from draws (C, n, K), shape (K,)."""
    n_chains, n, _ = draws.shape
    covariance = _autocovariance(draws).mean(axis=0)
    within = covariance[0] * n / (n - 1)
    total = within * (n - 1) / n + draws.mean(axis=1).var(axis=0, ddof=1)
    safe = np.where(total > 0, total, 1.0)
    rho = 1 - (within - covariance * n / (n - 1)) / safe
    rho[0] = 1.0
    pairs = rho[: n - n % 2].reshape(n // 2, 2, -1).sum(axis=1)
    positive = np.minimum.accumulate(pairs > 0, axis=0)
    time = 2 * (np.minimum.accumulate(pairs, axis=0) * positive).sum(axis=0) - 1
    effective = n_chains * n / np.maximum(time, 1 / np.log10(n_chains * n))
    return np.sqrt(total / effective)


def _autocovariance(draws: Floats) -> Floats:
    """Autocovariances of every chain by its spectrum, shape (C, n, K)."""
    from scipy.fft import irfft, next_fast_len, rfft  # chains alone need it

    n = draws.shape[1]
    size = next_fast_len(2 * n, real=True)
    spectrum = rfft(draws - draws.mean(axis=1, keepdims=True), size, axis=1)
    found: Floats = irfft(np.abs(spectrum) ** 2, size, axis=1)[:, :n] / n
    return found
