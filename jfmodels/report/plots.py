"""Pictures of tidy tables: levels over waves, comparisons against zero, power, verdicts.

Everything that is drawn stands in the table, so a picture needs neither the fit nor the data.
"""

from jfmodels.report.plot_canvas import save_plot
from jfmodels.report.plot_detectable import plot_detectable
from jfmodels.report.plot_forest import plot_changes
from jfmodels.report.plot_likert import plot_likert
from jfmodels.report.plot_map import plot_map
from jfmodels.report.plot_power import plot_power
from jfmodels.report.plot_predictive import plot_ppc
from jfmodels.report.plot_shrinkage import plot_shrinkage
from jfmodels.report.plot_specifications import plot_specifications
from jfmodels.report.plot_tiles import plot_tiles
from jfmodels.report.plot_trends import plot_trend
from jfmodels.report.plot_ways import plot_comparison

__all__ = [
    "plot_changes",
    "plot_comparison",
    "plot_detectable",
    "plot_likert",
    "plot_map",
    "plot_power",
    "plot_ppc",
    "plot_shrinkage",
    "plot_specifications",
    "plot_tiles",
    "plot_trend",
    "save_plot",
]
