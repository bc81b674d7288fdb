"""The kinds of things that a claim can say.

To add a kind, write its record (fields without a default must be in every file) with what it
reads and asserts, when its published number is reproduced, and its words in English and French;
and list it in `KINDS`. How a field is read stands in :mod:`jfmodels.claims.fields`. Numbers are
in percent and percentage points where a share is meant, and in the unit of the measurement where
a mean is.
"""

from collections.abc import Mapping

from jfmodels.claims.kinds.groups import SaidComparison, SaidLargest, SaidSteepest
from jfmodels.claims.kinds.one_wave import SaidBound, SaidLevel, SaidMajority
from jfmodels.claims.kinds.several import SaidOrderOfOptions, SaidOrderOfOutcomes, SaidRange
from jfmodels.claims.kinds.shared import Part
from jfmodels.claims.kinds.two_waves import SaidChange, SaidChangeOf, SaidRemains

__all__ = ["KINDS", "Part"]

KINDS: Mapping[str, type[Part]] = {
    "level": SaidLevel,
    "bound": SaidBound,
    "majority": SaidMajority,
    "change": SaidChange,
    "change_of": SaidChangeOf,
    "remains": SaidRemains,
    "comparison": SaidComparison,
    "largest": SaidLargest,
    "steepest": SaidSteepest,
    "order_of_options": SaidOrderOfOptions,
    "order_of_outcomes": SaidOrderOfOutcomes,
    "range": SaidRange,
}
