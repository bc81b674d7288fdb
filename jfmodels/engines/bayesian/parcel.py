"""Fits on their way between processes: everything but the survey, which is there already."""

from __future__ import annotations

import io
import pickle

from jfmodels.results.fit import Fit
from jfmodels.survey.survey import Survey

__all__ = ["Parcel"]


class Parcel:
    """A fit on its way between processes, which leaves its survey behind.

    Parameters
    ----------
    content : Fit or bytes
        The fit, packed where it has travelled.
    survey : Survey or None
        What it was fitted to, where it is known.
    """

    def __init__(self, content: Fit | bytes, survey: Survey | None) -> None:
        self.content, self.survey = content, survey

    def __reduce__(self) -> tuple[type[Parcel], tuple[bytes, None]]:
        packed = io.BytesIO()
        _Packer(packed, self.survey).dump(self.content)
        return Parcel, (packed.getvalue(), None)

    def open(self, survey: Survey) -> Fit:
        """Give the fit, its survey the one that is here."""
        if isinstance(self.content, Fit):
            return self.content
        found = _Unpacker(io.BytesIO(self.content), survey).load()
        assert isinstance(found, Fit)
        return found


class _Packer(pickle.Pickler):
    """Packs everything but a survey."""

    def __init__(self, file: io.BytesIO, survey: Survey | None) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self.survey = survey

    def persistent_id(self, each: object) -> str | None:
        """Name the survey rather than pack it."""
        return "survey" if each is self.survey and each is not None else None


class _Unpacker(pickle.Unpickler):
    """Unpacks with the survey that is here."""

    def __init__(self, file: io.BytesIO, survey: Survey) -> None:
        super().__init__(file)
        self.survey = survey

    def persistent_load(self, pid: object) -> Survey:
        """Give the survey that was named."""
        return self.survey
