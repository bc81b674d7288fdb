"""Pictures of tidy tables: levels over waves, and comparisons against zero; and verdicts.

Everything that is drawn stands in the table, so a picture needs neither the fit nor the data.
"""

from jfmodels.report.plot_canvas import save_plot
from jfmodels.report.plot_forest import plot_changes
from jfmodels.report.plot_specifications import plot_specifications
from jfmodels.report.plot_trends import plot_trend
from jfmodels.report.plot_ways import plot_comparison

__all__ = ["plot_changes", "plot_comparison", "plot_specifications", "plot_trend", "save_plot"]
