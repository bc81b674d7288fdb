"""What all tests share: where the real surveys are, and that CI may not pass without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real surveys, which their owners' terms keep out of the repository."""
    folder = Path(os.environ.get("JFMODELS_SHARED", ROOT.parent / "shared")) / "data"
    if folder.is_dir():
        return folder
    if os.environ.get("JFMODELS_REQUIRE_SHARED") == "1":
        pytest.fail(f"the real surveys are required here, and {folder.parent.name}/data is absent")
    pytest.skip("the real surveys are not beside the repository")


@pytest.fixture(scope="session")
def shared_reference(shared_data: Path) -> Path:
    """Folder of published and R results for the real surveys."""
    return shared_data.parent / "reference"
