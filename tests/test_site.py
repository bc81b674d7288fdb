"""What the documentation derives from the package leaves nothing out."""

from __future__ import annotations

from pathlib import Path

import pytest
from column_glossary import TABLES, column_table, flag_table, glossaries
from forge_links import PAGES, page_for
from public_names import GROUPS, group_of, names_of, page_of, pages

import jfmodels as jf
from jfmodels.results.schema import COLUMNS, FLAGS, GLOSSARIES

ROOT = Path(__file__).parents[1]
WRITTEN = pages()


@pytest.mark.parametrize("name", jf.__all__)
def test_every_public_name_has_a_page_that_is_found(name):
    assert name in names_of(group_of(name))
    assert f"{page_of(name)}.rst" in WRITTEN
    assert f"[`{name}`](reference/{page_of(name)}.rst)" in WRITTEN["names.md"]


def test_pages_differ_where_case_does_not_tell():
    files = [file.lower() for file in WRITTEN]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.title)
def test_no_group_is_empty(group):
    assert names_of(group)


def test_the_glossary_holds_every_table_of_the_schema():
    shown = list(glossaries().values())
    assert all(table in shown for table in [COLUMNS, *GLOSSARIES.values()])
    assert set(TABLES) <= set(glossaries())


@pytest.mark.parametrize("name", glossaries())
def test_every_column_is_explained(name):
    page = column_table(name, glossaries()[name])
    assert all(f"| `{column}` | " in page for column in glossaries()[name])


def test_every_flag_is_explained_in_both_languages():
    page = flag_table()
    assert all(f"| {says['en']} | {says['fr']} |" in page for says in FLAGS.values())


@pytest.mark.parametrize("file", PAGES)
def test_files_outside_the_pages_have_a_page(file):
    assert (ROOT / file).exists()
    assert (ROOT / PAGES[file]).exists()


def test_links_are_led_to_pages_from_any_folder():
    assert page_for("../../tests/README.md", "docs/method") == "../agreement.md"
    assert page_for("../notebooks/quick-start.ipynb", "docs") == "notebooks/quick-start.ipynb"
    assert page_for("../LICENSE", "docs") == "../LICENSE"
