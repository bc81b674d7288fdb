"""The file of a fit: netCDF of arrays in groups and one text, sealed by a checksum.

Nothing in a file is ever run, and none is read that is not whole.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jfmodels.errors import ReadError, SpecError

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

__all__ = ["Content", "dataset_of", "read_file", "write_file"]

CONTENT, FORMAT = "fit of jfmodels", 1
BROKEN = (OSError, ValueError, KeyError, TypeError, RuntimeError)  # what HDF5 says of bad files


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a file holds.

    Attributes
    ----------
    text : str
        Records as text.
    groups : mapping of str to Dataset
        Arrays.
    """

    text: str
    groups: Mapping[str, Dataset]

    @property
    def checksum(self) -> str:
        """What changes once anything in the content does."""
        seal = hashlib.blake2b(self.text.encode(), digest_size=16)
        for group in sorted(self.groups):
            for name in sorted(map(str, self.groups[group].variables)):
                array = self.groups[group][name].to_numpy()
                seal.update(f"{group}/{name}{array.shape}".encode())
                seal.update(_as_bytes(array))
        return seal.hexdigest()


def _as_bytes(array: NDArray[Any]) -> bytes:
    """Bytes of numbers, or of texts however long their type is."""
    if array.dtype.kind in "iuf":
        return np.ascontiguousarray(array).tobytes()
    return "\0".join(map(str, array.ravel().tolist())).encode()


def dataset_of(arrays: Mapping[str, NDArray[Any]]) -> Dataset:
    """Put arrays into a group, without names for their axes."""
    import xarray as xr

    return xr.Dataset(
        {
            name: (tuple(f"axis {k} of {size}" for k, size in enumerate(each.shape)), each)
            for name, each in arrays.items()
        }
    )


def write_file(path: str | Path, content: Content) -> Path:
    """Write a file.

    Raises
    ------
    SpecError
        If the name does not end in ``.nc``, or there is no such folder.
    """
    import xarray as xr

    path = Path(path)
    if path.suffix.lower() != ".nc":
        raise SpecError(f"A fit is saved as netCDF: name it '{path.stem}.nc', not '{path.name}'.")
    if not path.parent.is_dir():
        raise SpecError(f"There is no folder '{path.parent}' to write {path.name} into.")
    marks = {"content": CONTENT, "format": FORMAT, "checksum": content.checksum}
    root = xr.Dataset({"text": ((), content.text)}, attrs=marks)
    tree = xr.DataTree.from_dict({"/": root, **content.groups})
    draft = path.with_name(f"{path.stem}.part.nc")  # an older file stays whole until this one is
    tree.to_netcdf(draft, engine="h5netcdf")
    return draft.replace(path)


def read_file(path: str | Path) -> Content:
    """Read a file that :func:`write_file` wrote, and see whether it is still whole.

    Raises
    ------
    ReadError
        If there is no such file, it is something else, of a later format, or damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise ReadError(f"There is no file '{path}'.")
    try:
        return _content(path)
    except BROKEN as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(
            f"'{path.name}' is damaged, or no fit saved by fit.save(): it cannot be read as "
            f"netCDF ({type(error).__name__})."
        ) from error


def _content(path: Path) -> Content:
    import xarray as xr

    with xr.open_datatree(path, engine="h5netcdf") as tree:
        _require_ours(path, tree)
        groups = {name: child.to_dataset().load() for name, child in tree.children.items()}
        content = Content(str(tree["text"].item()), groups)
        if content.checksum != tree.attrs["checksum"]:
            raise ReadError(
                f"'{path.name}' was damaged or changed since it was saved: its content does not "
                "match its checksum. Fit again, or take another copy."
            )
    return content


def _require_ours(path: Path, tree: DataTree) -> None:
    """Refuse files that something else wrote, or a later version."""
    if tree.attrs.get("content") != CONTENT:
        raise ReadError(
            f"'{path.name}' is no fit saved by fit.save(). Inference data of other programs are "
            "read by arviz.from_netcdf."
        )
    found = tree.attrs.get("format")
    if found != FORMAT:
        raise ReadError(
            f"'{path.name}' has format {found}; this version of jfmodels reads format {FORMAT}. "
            "Load it with the version that saved it."
        )
