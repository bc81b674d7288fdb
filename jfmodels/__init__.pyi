"""The public names for type checkers."""

from jfmodels.engines.direct import Quantile as Quantile
from jfmodels.engines.direct import Ratio as Ratio
from jfmodels.engines.direct import direct as direct
from jfmodels.errors import CodebookError as CodebookError
from jfmodels.errors import DataError as DataError
from jfmodels.errors import DesignError as DesignError
from jfmodels.errors import JfmodelsError as JfmodelsError
from jfmodels.errors import ReadError as ReadError
from jfmodels.errors import SpecError as SpecError
from jfmodels.report.files import write_table as write_table
from jfmodels.report.plots import plot_changes as plot_changes
from jfmodels.report.plots import plot_trend as plot_trend
from jfmodels.results.estimands import Change as Change
from jfmodels.results.estimands import Contrast as Contrast
from jfmodels.results.estimands import DiffInDiff as DiffInDiff
from jfmodels.results.estimands import Index as Index
from jfmodels.results.estimands import Level as Level
from jfmodels.results.estimands import Range as Range
from jfmodels.results.estimands import Slope as Slope
from jfmodels.results.fit import Fit as Fit
from jfmodels.results.render import say as say
from jfmodels.survey.design import Stage as Stage
from jfmodels.survey.design import SurveyDesign as SurveyDesign
from jfmodels.survey.draft import draft_codebook as draft_codebook
from jfmodels.survey.draft import write_codebook as write_codebook
from jfmodels.survey.example import example as example
from jfmodels.survey.example import example_truth as example_truth
from jfmodels.survey.outcome import Codebook as Codebook
from jfmodels.survey.outcome import Covariate as Covariate
from jfmodels.survey.outcome import Outcome as Outcome
from jfmodels.survey.read import read_codebook as read_codebook
from jfmodels.survey.read import read_frame as read_frame
from jfmodels.survey.read import read_survey as read_survey
from jfmodels.survey.survey import Survey as Survey

__version__: str
