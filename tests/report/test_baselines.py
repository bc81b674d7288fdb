"""Every picture still looks as it did when somebody last looked at it.

The stored pictures are in ``baseline/``. After a change that is meant to be seen, write them
again and look at each before it is committed::

    JFMODELS_WRITE_BASELINES=1 python -m pytest tests/report/test_baselines.py
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.testing.compare import compare_images
from test_plot_labels import composed
from test_plot_likert import FIVE, FOUR, answers
from test_plot_likert import put as put_row
from test_plot_map import squares
from test_plot_panels import actors
from test_plot_power import PLANS
from test_plot_predictive import replicated
from test_plot_ways import ways
from test_plots import FRENCH, REGIONS, WAVES, areas, changes, holed, put

from jfmodels.report import plots
from jfmodels.results.schema import SPECIFICATIONS

HERE = Path(__file__).parent
BASELINE = HERE / "baseline"
PINS = HERE.parents[1] / "constraints.txt"
DPI = 60  # small files; a text of 8 points can still be read
# Root mean square of differences in 256 shades. One version of matplotlib draws the same pixels
# with the fonts and FreeType it brings; other processors round edges by less than this. A single
# word or point that moves changes several times as much (see the last test).
TOLERANCE = 0.5


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def pinned() -> str:
    """Give the version of matplotlib that the stored pictures were drawn with."""
    return re.search(r"^matplotlib==(\S+)", PINS.read_text(), re.MULTILINE)[1]


def simulated(table: pd.DataFrame) -> pd.DataFrame:
    table.attrs["record"] = {"simulated": True}
    return table


def gapped() -> pd.DataFrame:
    """Make levels of four regions with what was withheld, not asked, and flagged."""
    table = holed(REGIONS[:4])
    gone = {"estimate": np.nan, "low": np.nan, "high": np.nan}
    put(table, "Kayes", "Q2", ("suppressed",), **gone)
    put(table, "Kidal", "Q1", ("not_asked",), **gone)
    return simulated(table)


def specifications() -> pd.DataFrame:
    """Make four specifications of one claim, of which one turns the verdict."""
    table = pd.DataFrame(
        {
            "claim": "safer",
            "part": [None] * 4,
            "specification": ["base", "no weights", "excluded", "interviewers"],
            "verdict": ["supported", "supported", "contradicted", "undecided"],
            "stands": [True, True, False, False],
            "hinges_on": ["Q6"] * 4,
            "estimate": [0.06, 0.05, -0.07, 0.02],
            "low": [0.02, 0.01, -0.12, -0.03],
            "high": [0.10, 0.09, -0.02, 0.07],
            "coverage": 0.95,
            "unit": "share difference",
            "weights": ["as given", "none", "as given", "as given"],
            "base": ["in_base", "in_base", "excluded", "in_base"],
            "interviewers": ["ignore", "ignore", "ignore", "cluster"],
            "engine": "direct",
        }
    )
    return simulated(table.reindex(columns=list(SPECIFICATIONS)))


PICTURES: dict[str, Callable[[], Axes]] = {
    "changes": lambda: plots.plot_changes(composed(["Gao", "Mopti"]), lang="fr", labels=FRENCH),
    "comparison": lambda: plots.plot_comparison(ways(holed(REGIONS[:2]))),
    "detectable": lambda: plots.plot_detectable(PLANS, vary="clusters"),
    "likert": lambda: plots.plot_likert(
        put_row(simulated(answers(names=[*FOUR, "don't know"])), "Q3", "suppressed")
    ),
    "likert_panels": lambda: plots.plot_likert(answers(REGIONS[:2], FIVE), middle="apart"),
    "map": lambda: plots.plot_map(gapped(), squares(REGIONS[:5]), lang="fr", labels=FRENCH),
    "map_written": lambda: plots.plot_map(changes(REGIONS[:4], WAVES[:2]), squares(REGIONS[:4])),
    "power": lambda: plots.plot_power(PLANS),
    "ppc": lambda: plots.plot_ppc(replicated(REGIONS[:2])),
    "shrinkage": lambda: plots.plot_shrinkage(areas(8)),
    "specifications": lambda: plots.plot_specifications(specifications()),
    "tiles": lambda: plots.plot_tiles(gapped(), lang="fr", labels=FRENCH),
    "tiles_placed": lambda: plots.plot_tiles(
        changes(REGIONS[:3], WAVES[:3]),
        positions={"Gao": (1, 1), "Bamako": (0, 0), "Kayes": (2, 0)},
    ),
    "trend": lambda: plots.plot_trend(gapped()),
    "trend_panels": lambda: plots.plot_trend(actors(2), lang="fr"),
}


def drawn(name: str, folder: Path) -> Path:
    """Draw a picture in the style it was stored in."""
    with mpl.rc_context(), plt.style.context("default"):
        mpl.rcParams["font.family"] = "DejaVu Sans"
        figure = PICTURES[name]().figure
        file = folder / f"{name}.png"
        # the name of the program, which holds its version, would change the file alone
        figure.savefig(file, dpi=DPI, metadata={"Software": None})
    return file


def difference(name: str, folder: Path) -> str | None:
    """Compare a picture with the stored one; None where they are alike."""
    return compare_images(str(BASELINE / f"{name}.png"), str(drawn(name, folder)), TOLERANCE)


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_looks_as_stored(name, tmp_path):
    if mpl.__version__ != pinned():
        pytest.skip(f"stored with matplotlib {pinned()}, and this is {mpl.__version__}")
    if os.environ.get("JFMODELS_WRITE_BASELINES") == "1":
        drawn(name, BASELINE)
    assert difference(name, tmp_path) is None


def test_every_public_picture_is_stored_and_none_is_left_over():
    stored = {file.stem for file in BASELINE.glob("*.png")}
    assert stored == set(PICTURES)
    public = {name.removeprefix("plot_") for name in plots.__all__ if name.startswith("plot_")}
    assert public <= stored


def test_a_number_that_changes_is_seen(tmp_path, monkeypatch):
    if mpl.__version__ != pinned():
        pytest.skip(f"stored with matplotlib {pinned()}, and this is {mpl.__version__}")
    table = gapped()
    table.loc[0, "estimate"] += 0.01
    for name, plot in (("trend", plots.plot_trend), ("tiles", plots.plot_tiles)):
        options = {"lang": "fr", "labels": FRENCH} if name == "tiles" else {}
        monkeypatch.setitem(PICTURES, name, lambda p=plot, o=options: p(simulated(table), **o))
        found = difference(name, tmp_path)
        assert found is not None
        assert float(re.search(r"RMS Value: ([\d.]+)", found)[1]) > 3 * TOLERANCE
