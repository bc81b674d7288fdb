"""One report of the example in each language, and a browser to read it in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import jfmodels as jf

PATIENCE = 180_000  # milliseconds: other tests may hold the processor
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def program(*names: str) -> str:
    """Find one of some programs, or skip; where they are required, fail."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is not None:
        return found
    if os.environ.get("JFMODELS_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{names[0]} is required here, and is not installed")
    pytest.skip(f"{names[0]} is not installed")


@pytest.fixture(scope="session")
def example_survey() -> jf.Survey:
    return jf.example()


@pytest.fixture(scope="session")
def reports(tmp_path_factory, example_survey) -> dict[str, Path]:
    """The report of the example, by language."""
    folder = tmp_path_factory.mktemp("reports")
    verdicts = jf.judge(jf.example_claims(), example_survey)
    paths = {lang: folder / f"{lang}.html" for lang in ("en", "fr")}
    for lang, path in paths.items():
        jf.write_report(example_survey, path, lang=lang, claims=verdicts)
    return paths


@pytest.fixture(scope="session")
def pdftotext() -> str:
    """The program that reads printed pages."""
    return program("pdftotext")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Headless Chromium, or the reason why there is none."""
    from playwright.sync_api import sync_playwright

    found = program(*BROWSERS)
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=options)
        context = opened.new_context()
        context.set_default_timeout(PATIENCE)
        yield context
        opened.close()
