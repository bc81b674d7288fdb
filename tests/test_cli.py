"""The commands as a user types them, on a small survey in files."""

import csv
import io
import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from jfmodels.cli import app
from jfmodels.report.files import WRITERS

CODEBOOK = """
design:
  {wave: wave, strata: region, cluster: commune, weights: weight, repeats: clusters,
   target: population}
outcomes:
  safe: {scale: binary, categories: {0: no, 1: yes}}
  trust_army: {scale: binary, categories: {0: no, 1: yes}}
"""
WAVES, REGIONS, COMMUNES, PEOPLE = ("Q1", "Q2"), ("Gao", "Mopti"), range(4), range(12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey")
    (folder / "book.yaml").write_text(CODEBOOK)
    draws = np.random.default_rng(1)
    lines = ["wave,region,commune,weight,safe,trust_army"]
    for wave, region, commune, _ in product(WAVES, REGIONS, COMMUNES, PEOPLE):
        safe, trust = draws.integers(0, 2, size=2)
        lines.append(f"{wave},{region},{region}{commune},{draws.uniform(1, 2):.3f},{safe},{trust}")
    (folder / "data.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def run(folder, monkeypatch):
    """Run a command in the survey's folder."""
    monkeypatch.chdir(folder)

    def run(line):
        return CliRunner().invoke(app, line.split())

    return run


ESTIMATE = "estimate data.csv --codebook book.yaml --outcome safe"


def rows_of(result):
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def refusal(result):
    """What a refused command says; nothing of it goes where a table would."""
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    return result.stderr


def test_version_is_that_of_the_package(run):
    assert run("--version").stdout.startswith("jfmodels 0.")


def test_help_comes_without_the_slow_imports():
    code = "import sys, jfmodels.cli; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_levels_on_the_screen(run):
    text = run(f"{ESTIMATE} --by region").stdout
    assert all(name in text for name in (*REGIONS, *WAVES, " %", "target: population"))
    assert max(map(len, text.splitlines())) <= 100


def test_what_rests_on_few_interviews_is_withheld(run):
    shown = rows_of(run(f"{ESTIMATE} --by region --format csv --minimum 48"))
    assert all(row["n"] == "48" and row["flag"] != "suppressed" for row in shown)
    hidden = rows_of(run(f"{ESTIMATE} --by region --format csv --minimum 49"))
    assert all(row["n"] == row["estimate"] == row["low"] == "" for row in hidden)
    assert {row["flag"] for row in hidden} == {"suppressed"}
    assert "sampling cluster" in refusal(run(f"{ESTIMATE} --by commune --minimum 10"))


def test_levels_of_several_outcomes_as_csv(run):
    rows = rows_of(run(f"{ESTIMATE} --outcome trust_army --by region --format csv"))
    found = {(row["outcome"], row["region"], row["wave"]) for row in rows}
    assert found == set(product(("safe", "trust_army"), REGIONS, WAVES))


def test_changes_differ_as_the_levels_do(run):
    levels = {
        row["wave"]: float(row["estimate"]) for row in rows_of(run(f"{ESTIMATE} --format csv"))
    }
    (change,) = rows_of(run(f"{ESTIMATE} --changes previous --format csv"))
    assert float(change["estimate"]) == pytest.approx(levels["Q2"] - levels["Q1"])
    assert change["wave_ref"] == "Q1"


def test_where_is_a_domain(run):
    by_region = rows_of(run(f"{ESTIMATE} --by region --format csv"))
    domain = rows_of(run(f"{ESTIMATE} --where region=Gao --format csv"))
    gao = [row["estimate"] for row in by_region if row["region"] == "Gao"]
    assert [float(row["estimate"]) for row in domain] == pytest.approx(list(map(float, gao)))


def test_json_holds_the_record(run):
    content = json.loads(run(f"{ESTIMATE} --format json").stdout)
    assert content["record"]
    assert content["rows"][0]["outcome"] == "safe"


@pytest.mark.parametrize("suffix", WRITERS)
def test_out_writes_a_file_of_every_format(run, tmp_path, suffix):
    path = tmp_path / f"table{suffix}"
    result = run(f"{ESTIMATE} --out {path}")
    assert result.exit_code == 0, result.output
    assert path.stat().st_size > 0
    assert result.stdout == ""


def test_options_override_the_design_of_the_codebook(run):
    rows = rows_of(run(f"{ESTIMATE} --target these_clusters --format csv"))
    assert {row["target"] for row in rows} == {"these_clusters"}


def test_options_alone_can_give_the_design(run, folder):
    (folder / "bare.yaml").write_text("outcomes: {safe: {scale: binary}}\n")
    design = "--wave wave --strata region --cluster commune --weights weight --repeats clusters"
    line = f"estimate data.csv --codebook bare.yaml --outcome safe {design} --target population"
    assert rows_of(run(f"{line} --format csv")) == rows_of(run(f"{ESTIMATE} --format csv"))


def test_a_repeated_option_is_an_interaction(run):
    result = run(f"{ESTIMATE} --cluster region --cluster commune --format csv")
    assert rows_of(result) == rows_of(run(f"{ESTIMATE} --format csv"))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"{ESTIMATE} --outcome saef", "Did you mean 'safe'?"),
        (f"{ESTIMATE} --format tabel", "Did you mean 'table'?"),
        (f"{ESTIMATE} --out levels.xls", "Did you mean '.xlsx'?"),
        (f"{ESTIMATE} --where region", "Write --where region=Mopti,Gao."),
        (f"{ESTIMATE} --repeats villages", "Unknown repeats 'villages'"),
        (f"{ESTIMATE} --small-sample cr3", "cr3"),
        (f"{ESTIMATE} --out nowhere/levels.csv", "nowhere"),
        ("estimate none.csv --codebook book.yaml --outcome safe", "none.csv"),
        ("check data.csv --codebook none.yaml", "none.yaml"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(run, line, says):
    assert says in refusal(run(line))


@pytest.mark.parametrize(
    ("design", "says"),
    [
        ("{clusters: commune}", "Unknown role in design: 'clusters'. Did you mean 'cluster'?"),
        ("commune", "design: is a mapping of role to column; found 'commune'."),
        ("{stages: [{clutser: commune}]}", "Did you mean 'cluster'?"),
        ("{stages: [{strata: region}], target: population}", "stage 1 names no cluster"),
    ],
)
def test_the_design_of_a_codebook_is_checked(run, folder, design, says):
    (folder / "wrong.yaml").write_text(f"design: {design}\n")
    assert says in refusal(run("check data.csv --codebook wrong.yaml"))


def test_a_design_left_open_is_asked_for(run, folder):
    (folder / "open.yaml").write_text("design: {wave: wave, cluster: commune}\n")
    said = refusal(run("check data.csv --codebook open.yaml"))
    assert "repeats=" in said
    assert "target=" in said


def test_check_says_what_was_collected(run):
    text = run("check data.csv --codebook book.yaml").stdout
    assert all(wave in text for wave in WAVES)


def test_check_warns_of_numbers_that_look_like_codes(run, folder):
    book = CODEBOOK + "  income: {scale: continuous}\n"
    (folder / "measured.yaml").write_text(book)
    head, *lines = (folder / "data.csv").read_text().splitlines()
    rows = [f"{line},{-99 if k < 5 else 100 + k}" for k, line in enumerate(lines)]
    (folder / "measured.csv").write_text("\n".join([f"{head},income", *rows]) + "\n")
    result = run("check measured.csv --codebook measured.yaml")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: Outcome 'income' counts as answers -99 in 5 rows")
    assert "Warning" not in run("check data.csv --codebook book.yaml").stderr


def test_check_lists_every_problem(run, folder):
    book = CODEBOOK + "  fear: {scale: binary}\n  hope: {scale: binary}\n"
    (folder / "lacking.yaml").write_text(book)
    said = refusal(run("check data.csv --codebook lacking.yaml"))
    assert "fear" in said
    assert "hope" in said


def test_demo_prints_and_draws_the_simulated_survey(run, tmp_path):
    result = run(f"demo --out {tmp_path}/demo")
    assert result.exit_code == 0, result.output
    assert "simulated" in result.stdout
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    pictured = {"trend.csv", "trend.png", "changes.csv", "changes.png"}
    assert names == pictured | {"report-en.html", "report-fr.html"}
    assert f"{tmp_path}/demo/report-en.html" in result.stdout


def test_report_writes_one_page(run, folder):
    (folder / "claims.yaml").write_text(CLAIMS)
    line = "report data.csv --codebook book.yaml --claims claims.yaml --out q2.html --lang fr"
    result = run(line)
    assert result.exit_code == 0, result.output
    page = (folder / "q2.html").read_text(encoding="utf-8")
    assert '<html lang="fr">' in page
    assert "Most feel safe." in page
    assert str(folder) not in page


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("--out q2.pdf", "'.html'"),
        ("--out q2.html --lang de", "Unknown language 'de'"),
        ("--out q2.html --by regoin", "Did you mean 'region'?"),
        ("--out nowhere/q2.html", "nowhere"),
    ],
)
def test_report_refuses_with_a_sentence(run, options, says):
    assert says in refusal(run(f"report data.csv --codebook book.yaml {options}"))


CLAIMS = """
source: a report
claims:
  most:
    text: Most feel safe.
    parts:
      safe: {kind: majority, outcome: safe, counting: yes, base: in_base, wave: Q2}
  rose:
    text: Trust rose.
    parts:
      trust: {kind: change, outcome: trust_army, counting: yes, base: in_base, wave: Q2,
              against: Q1, direction: up}
"""
JUDGE = "judge claims.yaml data.csv --codebook book.yaml"


@pytest.fixture
def judge(folder, run):
    """Run `jfmodels judge` on two claims."""
    (folder / "claims.yaml").write_text(CLAIMS)
    return lambda options="": run(f"{JUDGE} {options}")


def test_judge_says_every_verdict_on_the_screen(judge):
    text = judge().stdout
    assert "most [" in text
    assert "rose [" in text
    assert "Les données" in judge("--lang fr").stdout


@pytest.mark.parametrize("suffix", [".html", ".json", ".csv"])
def test_judge_writes_every_format(judge, tmp_path, suffix):
    path = tmp_path / f"verdicts{suffix}"
    result = judge(f"--out {path}")
    assert result.exit_code == 0, result.output
    assert "rose" in path.read_text()


def test_judge_says_whether_anything_moved(judge, tmp_path):
    path = tmp_path / "verdicts.json"
    judge(f"--out {path}")
    same = judge(f"--against {path}")
    assert same.exit_code == 0
    assert "Nothing moved." in same.stdout
    other = judge(f"--against {path} --small-sample none")
    assert other.exit_code == 1
    assert "Moved since the earlier run" in other.stdout


def test_judge_judges_again_under_other_choices(judge):
    assert "specifications" in judge("--robustness").stdout


def test_judge_holds_covariates_fixed(judge):
    text = judge("--robustness --covariate region").stdout
    assert "composition" not in text.partition("Not varied")[2]


def test_judge_refuses_what_it_cannot_read(judge, folder):
    assert "Did you mean '.html'" in refusal(judge("--out verdicts.htm"))
    assert "nowhere.json" in refusal(judge("--against nowhere.json"))
    assert "language" in refusal(judge("--lang de"))
    swapped = "judge data.csv claims.yaml --codebook book.yaml"
    assert "data.csv" in refusal(CliRunner().invoke(app, swapped.split()))
    (folder / "claims.yaml").write_text(CLAIMS.replace("direction", "dircetion"))
    assert "line 12" in refusal(CliRunner().invoke(app, JUDGE.split()))


EXPORTS = Path(__file__).parents[1] / "docs" / "exports"
DRAFT = f"draft {EXPORTS / 'kobo_answers.csv'} --form {EXPORTS / 'kobo_form.xlsx'} --wave round"


def test_a_draft_is_written_and_says_what_is_left(run, tmp_path):
    path = tmp_path / "codebook.yaml"
    result = run(f"{DRAFT} --out {path}")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("To decide and to check:\n- policy: choose: in_base")
    assert "- reason: asked only where" in result.stdout
    assert re.search("shown: +# choose", path.read_text(encoding="utf-8"))
    assert str(path) in result.stderr


def test_a_draft_overwrites_nothing_and_is_refused_until_finished(run, tmp_path):
    path = tmp_path / "codebook.yaml"
    run(f"{DRAFT} --out {path}")
    before = path.read_text(encoding="utf-8")
    assert "already a file" in refusal(run(f"{DRAFT} --out {path}"))
    assert path.read_text(encoding="utf-8") == before
    check = f"check {EXPORTS / 'kobo_answers.csv'} --codebook {path} --wave round"
    design = "--cluster village --repeats clusters --target population"
    said = refusal(run(f"{check} {design}"))
    assert "'army'" in said
    assert "policy" in said


def test_a_draft_of_a_form_that_is_broken_says_why(run, tmp_path):
    (tmp_path / "form.lss").write_text("<a/>")
    said = refusal(run(f"draft {EXPORTS / 'kobo_answers.csv'} --form {tmp_path / 'form.lss'}"))
    assert "no LimeSurvey survey structure" in said
