"""Exports of an invented survey, as KoboToolbox, LimeSurvey, SPSS and Stata write them.

Nothing in them was ever asked of anybody: answers are drawn by a generator of random numbers.
The small files in ``docs/exports`` were written by ``python tests/survey/simulated_exports.py``.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import pandas as pd
import pyreadstat

LANGUAGES = ("label::English (en)", "label::Français (fr)")
SURVEY = [
    # type, name, English, French, relevant
    ("start", "start", "", "", ""),
    ("today", "today", "", "", ""),
    ("calculate", "round", "", "", ""),
    ("begin_group", "intro", "Who you are", "Qui vous êtes", ""),
    ("select_one region", "region", "Region", "Région", ""),
    ("select_one_from_file villages.csv", "village", "Village", "Village", ""),
    ("select_one sex", "sex", "Sex", "Sexe", ""),
    ("integer", "age", "How old are you?", "Quel âge avez-vous ?", ""),
    ("end_group", "", "", "", ""),
    ("begin_group", "security", "Security", "Sécurité", ""),
    ("select_one trust", "army", "Trust in the army", "Confiance envers l'armée", ""),
    ("select_one yesno", "safe", "Feels **safe** after dark", "En sécurité la nuit", ""),
    ("select_one reason", "reason", "Why not?", "Pourquoi pas ?", "${safe} = 'no'"),
    ("select_multiple source or_other", "sources", "Sources of insecurity", "Sources", ""),
    ("text", "sources_other", "Which other?", "Quelle autre ?", "selected(${sources}, 'other')"),
    ("end_group", "", "", "", ""),
    ("begin_repeat", "members", "Household", "Ménage", ""),
    ("integer", "member_age", "Age", "Âge", ""),
    ("end_repeat", "", "", "", ""),
    ("note", "thanks", "Thank you", "Merci", ""),
]
CHOICES = [
    ("region", "1", "Gao", "Gao"),
    ("region", "2", "Mopti", "Mopti"),
    ("sex", "1", "Man", "Homme"),
    ("sex", "2", "Woman", "Femme"),
    ("trust", "1", "Not at all", "Pas du tout"),
    ("trust", "2", "A little", "Un peu"),
    ("trust", "3", "A lot", "Beaucoup"),
    ("trust", "98", "Don't know", "Ne sait pas"),
    ("trust", "99", "Refused", "Refus"),
    ("yesno", "yes", "Yes", "Oui"),
    ("yesno", "no", "No", "Non"),
    ("reason", "bandits", "Bandits", "Bandits"),
    ("reason", "police", "No police", "Pas de police"),
    ("reason", "light", "No light", "Pas d'éclairage"),
    ("source", "bandits", "Armed bandits", "Bandits armés"),
    ("source", "theft", "Cattle theft", "Vol de bétail"),
    ("source", "none", "None", "Aucune"),
    ("source", "98", "Don't know", "Ne sait pas"),
]
SOURCES = ("bandits", "theft", "none", "98", "other")
OPTIONS = {"bandits": "SQ001", "theft": "SQ002", "none": "SQ003"}


def write_form(path, survey=SURVEY, choices=CHOICES, languages=LANGUAGES):
    """Write an XLSForm."""
    columns = ["type", "name", *languages, "relevant"][: len(survey[0])]
    with pd.ExcelWriter(path) as book:
        pd.DataFrame(survey, columns=columns).to_excel(book, sheet_name="survey", index=False)
        listed = pd.DataFrame(choices, columns=["list_name", "name", *languages])
        listed.to_excel(book, sheet_name="choices", index=False)
    return path


def answers(n_villages=8, people=10):
    """Draw answers by question of the form: one row per interview, two rounds of it."""
    draws = np.random.default_rng(7)
    rows = []
    for round_ in ("2023", "2024"):
        for village in range(n_villages):
            for _ in range(people):
                rows.append(_person(draws, round_, village))
    return pd.DataFrame(rows)


def _person(draws, round_, village):
    safe = draws.choice(["yes", "no"], p=[0.6, 0.4])
    named = [s for s, p in zip(SOURCES[:2], (0.5, 0.3), strict=True) if draws.random() < p]
    named += ["other"] if draws.random() < 0.1 else []
    stopped = draws.random() < 0.05  # before the last question
    named = [] if stopped else named
    sources = " ".join(named) or str(draws.choice(["none", "98"], p=[0.8, 0.2]))
    return {
        "start": f"{round_}-10-2{draws.integers(9)}T09:00:00.000+00:00",
        "today": f"{round_}-10-2{draws.integers(9)}",
        "round": int(round_),
        "region": 1 + village % 2,
        "village": f"v{village + 1}",
        "sex": int(draws.choice([1, 2])),
        "age": int(draws.integers(18, 80)),
        "army": int(draws.choice([1, 2, 3, 98, 99], p=[0.25, 0.3, 0.3, 0.1, 0.05])),
        "safe": safe,
        "reason": str(draws.choice(["bandits", "police", "light"])) if safe == "no" else None,
        "sources": None if stopped else sources,
        "sources_other": "words of a person" if "other" in named else None,
    }


INTRO = {"region", "village", "sex", "age"}
SECURITY = {"army", "safe", "reason", "sources", "sources_other"}


def kobo(frame, *, select="both", separator="/", labels=None):
    """Lay answers out as KoboToolbox does: groups in headers, options split or not.

    select : "both", "summary" or "details"; labels : None for XML values, "en" or "fr".
    """
    columns = {}
    for name in frame:
        if name == "sources" and select in ("both", "summary"):
            columns[name] = frame[name]
        if name == "sources" and select in ("both", "details"):
            words = frame[name].fillna("").str.split()
            for option in SOURCES:
                ticked = words.map(lambda w, option=option: float(option in w))
                columns[f"{name}/{option}"] = ticked.where(frame[name].notna()).astype("Int64")
        if name != "sources":
            columns[name] = frame[name]
    wide = pd.DataFrame(columns)
    if labels:
        wide = _labelled(wide, LANGUAGES[labels == "fr"])
    else:
        wide.columns = [_grouped(name, separator) for name in wide]
    wide["_uuid"] = [f"uuid-{k}" for k in range(len(wide))]
    wide["_submission_time"] = "2024-10-30T10:00:00"
    return wide


def _grouped(name, separator):
    question = name.partition("/")[0]
    group = "intro" if question in INTRO else "security" if question in SECURITY else ""
    path = [group, *name.split("/")] if group else name.split("/")
    return separator.join(path)


def _labelled(wide, language):
    """Write labels in place of names and codes."""
    at = 2 + LANGUAGES.index(language)
    texts = {row[1]: row[at] for row in SURVEY if row[1] and row[at]}
    lists = {row[1]: row[0].split()[1] for row in SURVEY if row[0].startswith("select_")}
    of_list = {(row[0], row[1]): row[at] for row in CHOICES}
    labelled = {}
    for name in wide:
        question, _, option = name.partition("/")
        kind = lists.get(question)
        end = of_list.get((kind, option), "Other") if option else ""
        title = f"{texts.get(question, question)}/{end}" if option else texts.get(name, name)
        column = wide[name]
        if kind and not option:
            codes = {code: text for (listed, code), text in of_list.items() if listed == kind}
            column = column.map(
                lambda cell, codes=codes: " ".join(codes.get(w, w) for w in str(cell).split()),
                na_action="ignore",
            )
        labelled[title] = column
    return pd.DataFrame(labelled)


QUESTIONS = [
    # type, code, English, French, relevance, other, subquestions, answers
    ("L", "round", "Round", "Vague", "1", "N", [], [("2023", "2023", ""), ("2024", "2024", "")]),
    (
        "L",
        "region",
        "<p>Region</p>",
        "<p>Région</p>",
        "1",
        "N",
        [],
        [("A1", "Gao", "Gao"), ("A2", "Mopti", "Mopti")],
    ),
    ("S", "village", "Village", "Village", "1", "N", [], []),
    ("G", "sex", "Sex", "Sexe", "1", "N", [], []),
    ("N", "age", "Age", "Âge", "1", "N", [], []),
    (
        "F",
        "trust",
        "Trust in",
        "Confiance envers",
        "1",
        "N",
        [("army", "the army", "l'armée"), ("police", "the police", "la police")],
        [
            ("1", "Not at all", "Pas du tout"),
            ("2", "A little", "Un peu"),
            ("3", "A lot", "Beaucoup"),
            ("98", "Don't know", "Ne sait pas"),
            ("99", "Refused", "Refus"),
        ],
    ),
    ("Y", "safe", "Feels <b>safe</b>&nbsp;after dark", "En sécurité la nuit", "1", "N", [], []),
    (
        "L",
        "reason",
        "Why not?",
        "Pourquoi pas ?",
        'safe.NAOK == "N"',
        "Y",
        [],
        [("B", "Bandits", "Bandits"), ("P", "No police", "Pas de police")],
    ),
    (
        "M",
        "sources",
        "Sources of insecurity",
        "Sources",
        "1",
        "Y",
        [
            ("SQ001", "Armed bandits", "Bandits armés"),
            ("SQ002", "Cattle theft", "Vol de bétail"),
            ("SQ003", "None", "Aucune"),
        ],
        [],
    ),
    ("X", "thanks", "Thank you", "Merci", "1", "N", [], []),
]


def lime_answers(frame, *, convert=None, full=None, underscores=False):
    """Lay answers out as LimeSurvey does.

    convert : (yes, no) for "Convert Y to", "Convert N to"; full : "en" or "fr" for full answers.
    """
    draws = np.random.default_rng(8)
    words = frame["sources"].fillna("").str.split()
    asked = frame["sources"].notna()
    yes, no, na = {None: ("Y", "", ""), "en": ("Yes", "No", "N/A"), "fr": ("Oui", "Non", "N/A")}[
        full
    ]
    yes, no = convert or (yes, no)
    wide = pd.DataFrame({"id": range(1, len(frame) + 1)})
    wide["submitdate"] = frame["today"] + " 10:00:00"
    wide["startlanguage"] = "fr"
    wide["round"] = frame["round"]
    wide["region"] = frame["region"].map({1: "A1", 2: "A2"})
    wide["village"] = frame["village"]
    wide["sex"] = frame["sex"].map({1: "M", 2: "F"})
    wide["age"] = frame["age"]
    wide["trust[army]"] = frame["army"]
    wide["trust[police]"] = draws.choice([1, 2, 3, 98], size=len(frame))
    wide["safe"] = frame["safe"].map({"yes": "Y", "no": "N"})
    wide["reason"] = frame["reason"].map({"bandits": "B", "police": "P", "light": "-oth-"})
    wide["reason[other]"] = frame["reason"].map({"light": "no light in the street"})
    for option, code in OPTIONS.items():
        named = words.map(lambda w, option=option: option in w)
        wide[f"sources[{code}]"] = named.map({True: yes, False: no}).where(asked, na)
    wide["sources[other]"] = frame["sources_other"]
    if full:
        wide = _in_full(wide, 2 + (full == "fr"))
    if underscores:
        wide.columns = [name.replace("[", "_").replace("]", "") for name in wide]
    return wide


def _in_full(wide, at):
    """Write answers in words."""
    built_in = (
        {"Y": ("Yes", "Oui"), "N": ("No", "Non")},
        {"F": ("Female", "Féminin"), "M": ("Male", "Masculin")},
    )
    for kind, code, *_, answers in QUESTIONS:
        texts = {answer[0]: answer[at - 1] or answer[0] for answer in answers} | {
            "-oth-": ("Other", "Autre")[at - 2]
        }
        if kind in "YG":
            texts = {key: pair[at - 2] for key, pair in built_in[kind == "G"].items()}
        if kind in "LYGF":
            for name in [
                each for each in wide if each.partition("[")[0] == code and "other" not in each
            ]:
                wide[name] = wide[name].map(lambda v, t=texts: t.get(str(v), v), na_action="ignore")
    return wide


def write_lime_csv(frame, path, **options):
    """Write what LimeSurvey writes: UTF-8 with its mark, everything quoted."""
    lime_answers(frame, **options).to_csv(path, index=False, quoting=1, encoding="utf-8-sig")
    return path


def write_lss(path, questions=QUESTIONS, languages=("en", "fr")):
    """Write a survey structure in XML as LimeSurvey 4 and later do: texts in their own tables."""
    tables = {name: [] for name in TABLES}
    tables["groups"].append({"gid": 1, "group_order": 1})
    tables["group_l10ns"] += [{"gid": 1, "group_name": "All", "language": k} for k in languages]
    qid, aid = 100, 1000
    for order, (kind, code, *texts, relevance, other, subs, given) in enumerate(questions, 1):
        qid = parent = qid + 1
        row = {"qid": qid, "parent_qid": 0, "gid": 1, "type": kind, "title": code, "other": other}
        tables["questions"].append(row | {"question_order": order, "relevance": relevance})
        tables["question_l10ns"] += _texts({"qid": qid}, "question", texts, languages)
        for place, (sub, *words) in enumerate(subs, 1):
            qid += 1
            row = {"qid": qid, "parent_qid": parent, "title": sub, "scale_id": 0}
            tables["subquestions"].append(row | {"question_order": place})
            tables["question_l10ns"] += _texts({"qid": qid}, "question", words, languages)
        for place, (answer, *words) in enumerate(given):
            aid += 1
            row = {"aid": aid, "qid": parent, "code": answer, "sortorder": place, "scale_id": 0}
            tables["answers"].append(row)
            tables["answer_l10ns"] += _texts({"aid": aid}, "answer", words, languages)
    path.write_text(_xml(tables, languages), encoding="utf-8")
    return path


TABLES = ("groups", "group_l10ns", "questions", "subquestions", "question_l10ns", "answers")
TABLES += ("answer_l10ns",)


def _texts(key, name, texts, languages):
    found = zip(texts, languages, strict=False)
    return [key | {name: text, "language": language} for text, language in found]


def _xml(tables, languages):
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<document>"]
    lines += ["<LimeSurveyDocType>Survey</LimeSurveyDocType>", "<DBVersion>623</DBVersion>"]
    lines += ["<languages>", *(f"<language>{k}</language>" for k in languages), "</languages>"]
    for name, rows in tables.items():
        lines += [f"<{name}>", "<rows>"]
        for row in rows:
            cells = [f"<{k}>{escape(str(v))}</{k}>" for k, v in row.items()]
            lines += ["<row>", *cells, "</row>"]
        lines += ["</rows>", f"</{name}>"]
    return "\n".join([*lines, "</document>", ""])


def write_lime_txt(path, questions=QUESTIONS, languages=("en", "fr")):
    """Write a survey structure as tab-separated values, one language after the other."""
    rows = ["id\trelated_id\tclass\ttype/scale\tname\trelevance\ttext\thelp\tlanguage\tother"]
    rows += [f"\t\tS\t\tlanguage\t\t{languages[0]}\t\t\t"]
    for k, language in enumerate(languages):
        rows.append(f"\t\tG\t\tAll\t\t\t\t{language}\t")
        for kind, code, *texts, relevance, other, subs, given in questions:
            rows.append(f"\t\tQ\t{kind}\t{code}\t{relevance}\t{texts[k]}\t\t{language}\t{other}")
            for name, parts in (("SQ", subs), ("A", given)):
                for part, *words in parts:
                    rows.append(f"\t\t{name}\t0\t{part}\t\t{words[k]}\t\t{language}\t")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8-sig")
    return path


TRUST = {1: "Not at all", 2: "A little", 3: "A lot", 98: "Don't know", 99: "Refused"}
MENTIONS = {1: "Armed bandits", 2: "Cattle theft", 3: "None", 98: "Don't know"}


def labelled(frame):
    """Lay answers out as SPSS and Stata hold them: numbers, with labels apart."""
    words = frame["sources"].fillna("").str.split()
    wide = frame[["round", "region", "sex", "age", "army"]].copy()
    wide["psu"] = frame["village"].str[1:].astype(int)
    wide["safe"] = frame["safe"].map({"yes": 1, "no": 2})
    for name, option in {"src_1": "bandits", "src_2": "theft", "src_3": "none"}.items():
        wide[name] = words.map(lambda w, o=option: 1 if o in w else 2).where(words.str.len() > 0)
    codes = {"bandits": 1, "theft": 2, "none": 3, "98": 98}
    listed = words.map(lambda w: [codes[each] for each in w if each in codes])
    for k in range(2):
        wide[f"mention_{k + 1}"] = listed.map(lambda each, k=k: each[k] if len(each) > k else None)
    return wide.astype(dict.fromkeys(wide, "float64"))


LABELS = {
    "region": {1: "Gao", 2: "Mopti"},
    "sex": {1: "Man", 2: "Woman"},
    "army": TRUST,
    "safe": {1: "Yes", 2: "No"},
    **{f"src_{k}": {1: "Yes", 2: "No"} for k in (1, 2, 3)},
    **{f"mention_{k}": MENTIONS for k in (1, 2)},
}
TITLES = {
    "army": "Trust in the army",
    "safe": "Feels safe after dark",
    "src_1": "Armed bandits",
    "src_2": "Cattle theft",
    "src_3": "None",
}
SETS = "$sources=D1 1 21 Sources of insecurity src_1 src_2 src_3\n"
SETS += "$mentions=C 17 Sources, as named mention_1 mention_2\n"


def write_spss(frame, path, sets=SETS):
    """Write an SPSS file with sets of multiple responses."""
    pyreadstat.write_sav(
        labelled(frame),
        path,
        column_labels=TITLES,
        variable_value_labels={k: {float(c): t for c, t in v.items()} for k, v in LABELS.items()},
        missing_ranges={"army": [99]},
    )
    return add_sets(path, sets)


def add_sets(path, definition):
    """Write the record of multiple response sets, which pyreadstat reads but cannot write."""
    content = path.read_bytes()
    end = content.index(struct.pack("<ii", 999, 0))
    text = definition.encode()
    record = struct.pack("<iiii", 7, 7, 1, len(text)) + text
    path.write_bytes(content[:end] + record + content[end:])
    return path


def write_stata(frame, path):
    """Write a Stata file whose don't-knows and refusals are extended missing values."""
    wide = labelled(frame)
    wide["army"] = wide["army"].astype(object).replace({98.0: "a", 99.0: "b"})
    army = {code: text for code, text in TRUST.items() if code < 98} | {
        "a": "Don't know",
        "b": "Refused",
    }
    pyreadstat.write_dta(
        wide,
        path,
        column_labels=TITLES,
        variable_value_labels=LABELS | {"army": army},
        missing_user_values={"army": ["a", "b"]},
    )
    return path


def main(folder):
    """Write the files that the documentation shows."""
    folder.mkdir(exist_ok=True)
    frame = answers()
    write_form(folder / "kobo_form.xlsx")
    kobo(frame).to_csv(folder / "kobo_answers.csv", index=False, sep=";", quoting=1)
    write_lss(folder / "limesurvey.lss")
    write_lime_csv(frame, folder / "limesurvey_answers.csv", convert=("1", "0"))
    write_spss(frame, folder / "answers.sav")


if __name__ == "__main__":
    main(Path(__file__).parents[2] / "docs" / "exports" if len(sys.argv) < 2 else Path(sys.argv[1]))
