"""The example as files, to read back and to copy from."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jfmodels.errors import DataError
from jfmodels.survey.example import DESIGN, simulate

__all__ = ["write_example"]

PAIRED = {"en", "fr", "start", "end"}
HEADING = "Simulated: nobody ever gave these answers. See jf.example()."


def write_example(folder: str | os.PathLike[str], *, seed: int = 2024) -> tuple[Path, Path]:
    """Write the simulated survey as a file of interviews and a codebook, as a survey comes.

    Read back, they are :func:`example` again, marked as simulated by the line
    ``simulated: true`` of the codebook.

    Parameters
    ----------
    folder : path
        Where to; it is made if there is none.
    seed : int, default 2024
        As in :func:`example`.

    Returns
    -------
    data, codebook : Path
        ``survey.csv``, one row an interview, and ``codebook.yaml``, with the design in it.

    Raises
    ------
    DataError
        If one of the files is there already: it may be somebody's own.

    See Also
    --------
    read_survey : Reads them.

    Examples
    --------
    >>> import tempfile
    >>> import jfmodels as jf
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     data, codebook = jf.write_example(folder)
    ...     survey = jf.read_survey(data, codebook=codebook)
    >>> survey.simulated, len(survey.codebook.outcomes)
    (True, 27)
    """
    data, codebook = (Path(folder, name) for name in ("survey.csv", "codebook.yaml"))
    for path in (data, codebook):
        if path.exists():
            raise DataError(f"There is already a file '{path}'. Give another folder.")
    simulated = simulate(seed)
    data.parent.mkdir(parents=True, exist_ok=True)
    simulated.frame.convert_dtypes().to_csv(data, index=False, encoding="utf-8")
    _write_yaml({"simulated": True, "design": dict(DESIGN), **simulated.codebook}, codebook)
    return data, codebook


def _write_yaml(content: Mapping[str, Any], path: Path) -> None:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.width = 4096  # one line for each text
    with path.open("w", encoding="utf-8") as file:
        file.write(f"# {HEADING}\n")
        yaml.dump(_laid_out(content), file)


def _laid_out(value: Any) -> Any:
    """Copy it into what ruamel writes with lists, and pairs such as two languages, on one line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    copy: CommentedMap | CommentedSeq
    if isinstance(value, Mapping):
        copy = CommentedMap({name: _laid_out(each) for name, each in value.items()})
        inline = set(value) <= PAIRED
    elif isinstance(value, list | tuple):
        copy, inline = CommentedSeq(value), True
    else:
        return value
    if inline:
        copy.fa.set_flow_style()
    return copy
