"""Seconds since a process was asked for: on the wall, and of processor time with its children."""

import os
import time


def so_far(started: float) -> dict[str, float]:
    """Seconds since ``time.monotonic()``, whose clock all processes share, gave `started`."""
    return {"wall": time.monotonic() - started, "cpu": sum(os.times()[:4])}
