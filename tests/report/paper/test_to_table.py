"""Tables for papers say what the tidy table says, in every format and language."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from html.parser import HTMLParser

import docx
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn

import jfmodels as jf
from jfmodels.report.paper.tables import FORMATS, SUFFIXES
from jfmodels.report.paper.words import WORDS
from jfmodels.results.schema import FLAGS

SURVEY = jf.example()
FIT = jf.direct(SURVEY, "trust_army", by="region")
WAVES = ["Q4", "Q5", "Q6"]
LEVELS = FIT.levels(by="region", where={"wave": WAVES})
CHANGES = FIT.changes("first", by="region", adjust="bh")
MODEL = jf.fit("shown(trust_army) ~ wave + (1 | commune)", SURVEY, weighting="ignore")
REGRESSION = jf.fit("shown(trust_army) ~ wave * sex", SURVEY)
SIDE = {"(1)": REGRESSION.summary(), "(2)": MODEL.summary()}
TABLES = {
    "levels": LEVELS,
    "changes": CHANGES,
    "posterior": MODEL.changes(),
    "outcomes": jf.direct(SURVEY, ["trust_army", "sources_of_insecurity"]).levels(),
    "contrasts": FIT.contrasts("region", reference="Mopti"),
    "slopes": FIT.estimate(jf.Slope()),
    "coefficients": REGRESSION.summary(),
    "side by side": SIDE,
}
TEXT = ["html", "latex", "markdown"]


class Cells(HTMLParser):
    """The cells of the body of a table, row by row; raised letters stand in braces."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.body = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.body = self.body or tag == "tbody"
        if tag == "tr" and self.body:
            self.rows.append([])
        if tag in ("th", "td") and self.body:
            self.rows[-1].append("")
            self.inside = True
        if self.inside and tag in ("sup", "br"):
            self.rows[-1][-1] += {"sup": "{", "br": " "}[tag]

    def handle_endtag(self, tag: str) -> None:
        self.body = self.body and tag != "tbody"
        if tag in ("th", "td"):
            self.inside = False
        if self.inside and tag == "sup":
            self.rows[-1][-1] += "}"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data.strip() if not data.strip() else data


def in_html(table, **how):
    parser = Cells()
    parser.feed(jf.to_table(table, format="html", **how))
    return [[cell.strip() for cell in row] for row in parser.rows]


def in_markdown(table, **how):
    text = jf.to_table(table, format="markdown", **how)
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    plain = {"<br>": " ", "<sup>": "{", "</sup>": "}", "**": ""}
    return [[re.sub(r"\\(.)", r"\1", _swapped(cell, plain)) for cell in row] for row in rows]


LATEX = {
    r"\footnotesize ": "",
    r"\textsuperscript{": "{",
    "$-$": "−",
    r"$\times$": "×",
    r"$\rightarrow$": "→",
    "--": "–",
    r"\textless{}": "<",
    r"\,": "\u202f",
    r"\textgreater{}": ">",
    "~": "\u00a0",
    r"\%": "%",
    r"\_": "_",
}


def in_latex(table, **how):
    text = jf.to_table(table, format="latex", **how)
    rows = []
    for line in text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines():
        if r"\multicolumn" in line:
            rows.append([_swapped(re.search(r"\\textit\{(.*)\}\}", line).group(1), LATEX)])
        elif " & " in line:
            cells = line.removesuffix(r" \\").removeprefix("{}").split(" & ")
            cells = [_swapped(re.sub(r"^\{(.*)\}$", r"\1", cell), LATEX) for cell in cells]
            if cells[0]:
                rows.append(cells)
            else:  # intervals of the row above
                rows[-1] = [f"{a} {b}".strip() for a, b in zip(rows[-1], cells, strict=True)]
    return rows


def in_docx(table, **how):
    document = docx.Document(io.BytesIO(jf.to_table(table, format="docx", **how)))
    rows = []
    for row in document.tables[0].rows:
        if row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None:
            continue
        cells = [_runs(tc) for tc in row._tr.tc_lst]
        rows.append(cells)
    return rows


def _runs(tc):
    paragraph = docx.table._Cell(tc, None).paragraphs[0]
    return "".join(
        f"{{{run.text}}}" if run.font.superscript else run.text.replace("\n", " ")
        for run in paragraph.runs
    )


def _swapped(text, pairs):
    for old, new in pairs.items():
        text = text.replace(old, new)
    return text


def _filled(rows):
    """Rows without the empty cells beside the heading of a group."""
    return [[row[0]] if not any(row[1:]) else row for row in rows]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("name", TABLES)
def test_every_format_says_the_same(name, lang):
    table = TABLES[name]
    found = _filled(in_markdown(table, lang=lang))
    assert len(found) > 0
    assert found == _filled(in_html(table, lang=lang))
    assert found == _filled(in_latex(table, lang=lang))
    assert found == _filled(in_docx(table, lang=lang))


def row_of(region, wave):
    return LEVELS[(LEVELS["region"] == region) & (LEVELS["wave"] == wave)].iloc[0]


def test_levels_are_percent_by_group_and_wave():
    rows = in_markdown(LEVELS)
    assert [row[0] for row in rows] == LEVELS["region"].cat.categories.tolist()
    for region, *cells in rows:
        for wave, cell in zip(WAVES, cells, strict=True):
            row = row_of(region, wave)
            numbers = re.findall(r"\d+", re.sub(r"\{.*?\}", "", cell))
            estimate, low, high = map(int, numbers)
            assert estimate == round(100 * row["estimate"])
            assert (low, high) == (round(100 * row["low"]), round(100 * row["high"]))


def test_changes_are_points_with_p_and_n():
    rows = [row for row in in_markdown(CHANGES) if any(row[1:])]
    assert len(rows) == len(CHANGES)
    ordered = CHANGES.sort_values(["region", "wave"])
    for (label, estimate, interval, p, n), (_, row) in zip(rows, ordered.iterrows(), strict=True):
        assert label == f"{row['wave_ref']} → {row['wave']}"
        number = re.sub(r"\{.*?\}", "", estimate).replace("−", "-")
        assert float(number) == pytest.approx(100 * row["estimate"], abs=0.5 + 1e-9)
        low, high = interval.strip("[]").replace("−", "-").split(", ")
        assert float(low) == pytest.approx(100 * row["low"], abs=0.5 + 1e-9)
        assert float(high) == pytest.approx(100 * row["high"], abs=0.5 + 1e-9)
        assert p == (">0.999" if row["p_adjusted"] > 0.999 else f"{row['p_adjusted']:.3f}")
        assert n == str(row["n"])


@pytest.mark.parametrize("name", TABLES)
def test_numbers_and_their_signs_are_the_same_in_both_languages(name):
    english, french = (in_markdown(TABLES[name], lang=lang) for lang in ("en", "fr"))
    assert any(any(row[1:]) for row in english)
    for ours, theirs in zip(english, french, strict=True):
        marked = [_swapped(each, {", ": "\u202f; ", ".": ","}) for each in ours[1:]]
        assert marked == theirs[1:]


def test_means_of_thousands_are_written_as_counts_are():
    frame = pd.DataFrame({"income": np.repeat([900.0, 1400.0, 2600.0], 400)})
    book = {"outcomes": {"income": {"scale": "continuous"}}}
    levels = jf.direct(jf.Survey(frame, jf.SurveyDesign(), book), "income").levels()
    narrow = "\u202f"
    assert in_markdown(levels)[0][1:] == ["1,633", "[1,593, 1,674]", "1,200"]
    assert in_markdown(levels, lang="fr")[0][1:] == [
        f"1{narrow}633",
        f"[1{narrow}593{narrow}; 1{narrow}674]",
        f"1{narrow}200",
    ]
    assert jf.say(levels.iloc[0]) == "1,633 [1,593, 1,674]"
    assert "1,633" in repr(levels)


def test_digits_follow_the_errors():
    def printed(std_error, mc_error=np.nan):
        table = MODEL.levels().assign(std_error=std_error, mc_error=mc_error)
        return in_markdown(table, interval="none")[0][1]

    assert re.fullmatch(r"\d\d", printed(0.023))
    assert re.fullmatch(r"\d\d\.\d", printed(0.0045))
    assert re.fullmatch(r"\d\d", printed(0.0045, 0.003))
    assert re.fullmatch(r"\d\d\.\d{3}", in_markdown(LEVELS, digits=3, interval="none")[2][1])


def test_flags_are_footnotes():
    text = jf.to_table(LEVELS, format="markdown")
    marks = dict(re.findall(r"<sup>([a-z])</sup> (.+?)(?:  )?$", text, re.MULTILINE))
    by_sentence = {said["en"]: code for code, said in FLAGS.items()}
    assert marks
    for region, *cells in in_markdown(LEVELS):
        for wave, cell in zip(WAVES, cells, strict=True):
            row = row_of(region, wave)
            letters = re.findall(r"\{(.*?)\}", cell)
            found = {by_sentence[marks[x]] for x in (letters[0].split(",") if letters else ())}
            assert found == set(row["flag"])


def test_flags_of_all_rows_are_said_once_and_mark_none():
    table = LEVELS.assign(flag=[("small_cell",)] * len(LEVELS))
    text = jf.to_table(table, format="markdown")
    assert f"All estimates: {FLAGS['small_cell']['en']}" in text
    assert "<sup>" not in text


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (LEVELS, "“Don't know” and refusals count in the base"),
        (LEVELS, "Weighted by “weight”"),
        (LEVELS, "CR2 standard errors with Satterthwaite degrees of freedom"),
        (LEVELS, "Errors speak of the population"),
        (LEVELS, "Direct estimates, without a model"),
        (LEVELS, "Simulated data"),
        (LEVELS, "95% confidence intervals in brackets"),
        (CHANGES, "Benjamini-Hochberg) over 20 rows"),
        (CHANGES, "Changes, percentage points"),
        (TABLES["posterior"], "95% credible intervals"),
        (TABLES["posterior"], "interviews count alike in the multilevel model"),
        (
            jf.direct(SURVEY, "trust_army", small_sample="none").levels(),
            "Linearised standard errors",
        ),
        (TABLES["coefficients"], "n = 3,248"),
        (REGRESSION.summary(ratios=True), "odds ratios"),
    ],
)
def test_what_must_be_known_stands_beneath(table, says):
    for form in ("html", "markdown", "latex"):
        text = jf.to_table(table, format=form).replace("&#x27;", "'")
        plain = _swapped(text, {"``": "“", "''": "”", r"\%": "%"})
        assert says in plain


def test_bases_weights_and_engines_are_those_of_the_table():
    base = {"scale": "binary", "dont_know": [9], "policy": "excluded"}
    frame = pd.DataFrame({"safe": [0, 1, 1, 0, 9, 1], "place": list("aabbcc")})
    design = jf.SurveyDesign(cluster="place", target="these_clusters")
    survey = jf.Survey(frame, design, {"outcomes": {"safe": base}})
    text = jf.to_table(jf.direct(survey, "safe").levels(), format="markdown")
    for says in ("left out of the base", "Not weighted", "Errors speak of these clusters"):
        assert says in text
    assert "Simulated" not in text


@pytest.mark.parametrize("weighting", ["ignore", "pseudo"])
def test_weights_are_named_where_they_enter(weighting):
    communes = SURVEY.rows.keys["commune"].labels
    census = jf.Population(pd.DataFrame({"commune": communes, "n": 1000}), name="2009")
    fit = jf.fit("shown(trust_army) ~ wave + (1 | commune)", SURVEY, weighting=weighting)
    counted, fielded = (
        jf.to_table(fit.levels(over=over), format="markdown") for over in (census, "wave")
    )
    assert "averaged over the population “2009”" in counted
    assert "Weighted by “weight”" in fielded  # the people of each wave are, at least
    assert ("Weighted by “weight”" in counted) == (weighting == "pseudo")


def test_french_has_no_english_left():
    english = {en for en, fr in WORDS.values() if en != fr and len(en) > 2 and "{" not in en}
    english -= {fr for _, fr in WORDS.values()}
    for table in TABLES.values():
        text = jf.to_table(table, format="markdown", lang="fr")
        said = text.split("shown(")[0]
        assert not [each for each in english if re.search(rf"\b{re.escape(each)}\b", said)]
        assert not re.search(r"\d\.\d", said)
    assert "Tombouctou" in jf.to_table(LEVELS, lang="fr")
    assert "Sexe\u00a0: homme" in jf.to_table(REGRESSION.summary(), lang="fr")


def test_all_words_are_said_in_both_languages():
    for key, (english, french) in WORDS.items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", french)), key


HOSTILE = r"<script>x</script> & 50 % $x_1$ \input{a} | #*~^ [a]"


def test_names_are_text_in_every_format():
    labels = {"Gao": HOSTILE, "region": "<b>place</b>", "trust_army": HOSTILE}
    html = jf.to_table(LEVELS, labels=labels)
    assert "<script>" not in html
    assert "<b>place" not in html
    assert in_html(LEVELS, labels=labels)[1][0] == HOSTILE
    assert in_docx(LEVELS, labels=labels)[1][0] == HOSTILE
    assert in_markdown(LEVELS, labels=labels)[1][0] == HOSTILE
    assert [row[0] for row in in_html(CHANGES, labels=labels) if len(row) == 1][1] == HOSTILE
    assert "<script>" not in jf.to_table(CHANGES, labels=labels)
    latex = jf.to_table(LEVELS, format="latex", labels=labels)
    assert r"\textbackslash{}input\{a\}" in latex
    assert not re.search(r"(?<!\\)[%#&$]", latex.split(r"\caption")[1].split("\n")[0])


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_latex_can_be_set(tmp_path):
    labels = {"Gao": HOSTILE, "trust_army": HOSTILE}
    packages = r"\usepackage[utf8]{inputenc}\usepackage[T1]{fontenc}\usepackage{booktabs}"
    tables = [
        jf.to_table(table, format="latex", lang=lang, labels=labels)
        for table in TABLES.values()
        for lang in ("en", "fr")
    ]
    body = "\\clearpage\n".join(tables)
    text = f"\\documentclass{{article}}{packages}\\begin{{document}}{body}\\end{{document}}"
    (tmp_path / "t.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-1500:]


def test_word_repeats_the_head_and_keeps_rows_whole():
    document = docx.Document(io.BytesIO(jf.to_table(LEVELS, format="docx")))
    head, names, *body = document.tables[0].rows
    for row in (head, names):
        assert row._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in body)
    assert [cell.text for cell in names.cells] == ["Region", *WAVES]
    assert head.cells[1]._tc is head.cells[3]._tc
    caption = document.paragraphs[0]
    assert caption.style.name == "Caption"
    assert caption.text == "Confidence in the army: somewhat + a lot, by region"
    assert any("Simulated data" in each.text for each in document.paragraphs)


def test_waves_stand_side_by_side_or_one_below_the_other():
    wide, long = (in_markdown(LEVELS, layout=layout) for layout in ("wide", "long"))
    assert len(wide) == 4
    assert len([row for row in long if any(row[1:])]) == len(LEVELS)
    assert wide[0][1].split(" [")[0] == next(row for row in long if row[0] == "Q4")[1]
    side = in_markdown(CHANGES, layout="wide")
    assert [len(row) for row in side] == [6] * 4


def test_intervals_stand_where_they_are_asked_for():
    assert "<br>" not in jf.to_table(LEVELS, format="markdown")
    assert jf.to_table(LEVELS, format="markdown", interval="below").count("<br>") == len(LEVELS)
    without = jf.to_table(LEVELS, format="markdown", interval="none")
    assert "\\[" not in without
    assert "intervals" not in without.splitlines()[2]


def test_models_stand_side_by_side():
    rows = in_markdown(SIDE)
    table = SIDE["(1)"]
    assert len(rows) == len(table)
    assert rows[0][0] == "Intercept"
    assert [row[0] for row in rows][-1] == "Wave: Q6 × Sex: male"
    assert rows[-1][2] == ""
    for row, value in zip(rows, table["estimate"], strict=True):
        assert float(row[1].split(" [")[0].replace("−", "-")) == pytest.approx(value, abs=0.006)


def test_no_estimate_is_a_dash():
    table = LEVELS.copy()
    table.loc[0, ["estimate", "low", "high"]] = np.nan
    assert in_markdown(table)[0][1].startswith("–")
    assert "– : no estimate" in jf.to_table(table, format="markdown")


def test_the_file_is_what_its_suffix_says(tmp_path):
    for suffix, form in SUFFIXES.items():
        path = jf.to_table(LEVELS, path=tmp_path / f"t{suffix}")
        made = jf.to_table(LEVELS, format=form)
        read = path.read_bytes()
        assert read == (made if isinstance(made, bytes) else made.encode()) or form == "docx"
    assert set(SUFFIXES.values()) == set(FORMATS)


def test_styles_keep_to_their_own_table():
    text = jf.to_table(LEVELS)
    name = re.search(r'<div id="(\w+)"', text)[1]
    css = re.search(r"<style>(.*?)</style>", text, flags=re.S)[1]
    rules = re.findall(r"([^{}]+)\{", css)
    selectors = [each.strip() for rule in rules for each in rule.split(",")]
    assert any(each == f"#{name} tr" for each in selectors)
    assert all(each.startswith(f"#{name} ") for each in selectors)


def test_a_notebook_shows_html():
    table = jf.to_table(LEVELS)
    assert table._repr_html_() == table
    assert jf.to_table(LEVELS) == table  # the same at every call


@pytest.mark.parametrize(
    ("given", "how", "says"),
    [
        (LEVELS, {"format": "htm"}, "Did you mean 'html'"),
        (LEVELS, {"path": "t.pdf"}, "Unknown file format"),
        (LEVELS, {"path": "t.tex", "format": "html"}, "disagree"),
        (LEVELS, {"path": "nowhere/t.tex"}, "no folder"),
        (LEVELS, {"lang": "de"}, "Unknown language"),
        (LEVELS, {"layout": "broad"}, "Unknown layout"),
        (LEVELS, {"interval": "under"}, "Unknown place of intervals"),
        (LEVELS, {"digits": 0.5}, "digits="),
        (LEVELS.iloc[:0], {}, "without rows"),
        (LEVELS[["wave", "estimate"]], {}, "lacks"),
        (FIT.diagnostics(), {}, "such as fit.levels()"),
        (FIT, {}, "takes a table"),
        ({}, {}, "no table"),
        ({"a": LEVELS}, {}, "fit.summary()"),
        (pd.concat([LEVELS, LEVELS]), {}, "same names"),
        (FIT.estimate(jf.Slope()), {"layout": "wide"}, "no row names one"),
    ],
)
def test_what_cannot_be_set_is_refused(given, how, says):
    with pytest.raises(jf.SpecError, match=re.escape(says)):
        jf.to_table(given, **how)
