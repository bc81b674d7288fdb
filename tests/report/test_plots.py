"""Pictures say what the table says: the numbers drawn, the gaps, the words, and no text on text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.text import Annotation, Text

import jfmodels as jf
from jfmodels.errors import SpecError
from jfmodels.report.plots import plot_changes, plot_shrinkage, plot_tiles, plot_trend, save_plot
from jfmodels.results.schema import FLAGS, columns

# fmt: off
REGIONS = [
    "Bamako", "Gao", "Kayes", "Kidal", "Koulikoro", "Mopti", "Segou", "Sikasso", "Taoudenit",
    "Tombouctou", "Menaka", "Bougouni", "Dioila", "Kita", "Koutiala", "Nioro",
]
WAVES = ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
FRENCH = {
    "trust_army": {"en": "Trust in the army", "fr": "Confiance envers l'armée"},
    "somewhat or a lot": {"en": "somewhat or a lot", "fr": "plutôt ou beaucoup"},
}
FRENCH_WORDS = {wave: {"en": wave, "fr": f"Vague {wave}"} for wave in WAVES}
ENGLISH_WORDS = {
    "the", "of", "wave", "waves", "share", "data", "simulated", "estimate", "estimates",
    "intervals", "line", "where", "is", "no", "not", "all", "with", "between", "changes",
    "differences", "interviews", "fewer", "than", "hollow", "dark", "light", "by", "per", "year",
    "slope", "trend", "and", "more", "percentage", "nobody", "comparisons", "groups", "answer",
    "answers", "bars", "letters", "left", "right", "apart", "withheld", "asked", "row", "every",
    "side", "most", "scale", "half", "either", "know", "refused",
}
# fmt: on


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def partly_flagged(table: pd.DataFrame, second: object) -> pd.DataFrame:
    """Flag the first row, and give the second one flags that are no tuple, as files may."""
    flags = [("few_clusters",), second, *[()] * (len(table) - 2)]
    return table.assign(flag=pd.Series(flags, index=table.index, dtype=object))


def tidy(rows: pd.DataFrame, by: Sequence[str] = ("region",)) -> pd.DataFrame:
    """Fill up the columns of the glossary, and make names ordered as they first appear."""
    table = rows.reindex(columns=columns(by))
    for column in ("outcome", "category", "estimand", "region", "region_ref"):
        if column in table:
            known = table[column].dropna().unique()
            table[column] = pd.Categorical(table[column], known, ordered=True)
    for column in ("wave", "wave_ref"):
        table[column] = pd.Categorical(table[column], WAVES, ordered=True)
    given = rows["flag"] if "flag" in rows else [()] * len(rows)
    table["flag"] = pd.Series(list(given), index=table.index, dtype=object)
    return table


def levels(
    groups: Sequence[str | None], waves: Sequence[str] = WAVES, seed: int = 3
) -> pd.DataFrame:
    """Make levels of made-up shares, with intervals of five points either side."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(
        [
            {"region": group, "wave": wave, "estimate": share}
            for group in groups
            for wave, share in zip(
                waves, 0.5 + rng.normal(0, 0.03, len(waves)).cumsum(), strict=True
            )
        ]
    )
    rows["estimate"] = rows["estimate"].round(3)
    rows = rows.assign(
        outcome="trust_army",
        category="somewhat or a lot",
        estimand="level",
        coverage=0.95,
        unit="share",
        low=rows["estimate"] - 0.05,
        high=rows["estimate"] + 0.06,
    )
    return tidy(rows)


def changes(groups: Sequence[str | None], waves: Sequence[str] = WAVES) -> pd.DataFrame:
    """Make changes between neighbouring waves; every second one is significant."""
    rows = pd.DataFrame(
        [
            {"region": group, "wave": wave, "wave_ref": before}
            for group in groups
            for before, wave in pairwise(waves)
        ]
    )
    estimates = np.round(np.linspace(-0.12, 0.14, len(rows)), 3)
    rows = rows.assign(
        outcome="trust_army",
        category="somewhat or a lot",
        estimand="change",
        coverage=0.95,
        unit="share",
        estimate=estimates,
        low=estimates - 0.05,
        high=estimates + 0.05,
        p_adjusted=np.where(np.arange(len(rows)) % 2 == 0, 0.01, 0.5),
    )
    return tidy(rows)


def put(table: pd.DataFrame, region: str, wave: str, flag: tuple[str, ...] = (), **values: float):
    """Change one row of a table in place."""
    at = table.index[(table["region"] == region) & (table["wave"] == wave)][0]
    table.at[at, "flag"] = flag
    for column, value in values.items():
        table.at[at, column] = value


def holed(groups: Sequence[str]) -> pd.DataFrame:
    """Make levels with a gap, a row without an interval, and flags on neighbouring points."""
    table = levels(groups)
    put(table, "Gao", "Q3", ("no_interviews",), estimate=np.nan, low=np.nan, high=np.nan)
    put(table, "Gao", "Q5", ("at_boundary",), low=np.nan, high=np.nan)
    put(table, "Gao", "Q6", ("small_cell",))
    put(table, "Bamako", "Q6", ("few_clusters", "small_cell"))
    return table


def texts(ax: Axes) -> list[Text]:
    """List every visible text of the picture that says something."""
    ax.figure.draw_without_rendering()
    found = ax.figure.findobj(lambda artist: isinstance(artist, Text) and artist.get_visible())
    unseen = {text for panel in ax.figure.axes for text in _unseen(panel)}
    return list(dict.fromkeys(t for t in found if t.get_text() and t not in unseen))


def _unseen(ax: Axes) -> Iterator[Text]:
    """List the labels of ticks outside the limits, and those of the other side."""
    for axis, (low, high), coordinate in (
        (ax.xaxis, ax.get_xlim(), 0),
        (ax.yaxis, ax.get_ylim(), 1),
    ):
        for tick in axis.get_major_ticks():
            yield tick.label2
            if not low <= tick.label1.get_position()[coordinate] <= high:
                yield tick.label1


def said(ax: Axes) -> str:
    return "\n".join(text.get_text() for text in texts(ax))


def english_in(ax: Axes) -> set[str]:
    """Give the English words that a French picture says."""
    return set(re.findall(r"[a-zà-ÿ]+", said(ax).lower())) & ENGLISH_WORDS


def covering(ax: Axes) -> list[tuple[str, str]]:
    """List the pairs of texts that overlap by more than a pixel."""
    shown = texts(ax)
    renderer = ax.figure.canvas.get_renderer()
    # half a pixel off each side, since boxes are rounded outwards
    boxes = [Text.get_window_extent(text, renderer).padded(-0.5) for text in shown]
    return [
        (first.get_text(), second.get_text())
        for (first, a), (second, b) in combinations(zip(shown, boxes, strict=True), 2)
        if a.overlaps(b)
    ]


def lines_named(ax: Axes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Give x and y of each line by its label, leaving out rings and zero lines."""
    return {
        str(line.get_label()): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata()))
        for line in ax.lines
        if not str(line.get_label()).startswith("_")
    }


def bars(ax: Axes) -> np.ndarray:
    """Give the ends of all intervals, shape (bars, 2 ends, 2 coordinates)."""
    drawn = [
        segment
        for artist in ax.collections
        if isinstance(artist, LineCollection)
        and artist.get_transform().contains_branch(ax.transData)
        for segment in artist.get_segments()
    ]
    return np.array(drawn)


# --- trends: the numbers -------------------------------------------------------------------


def test_one_group_lies_exactly_where_the_table_says():
    table = levels(["Gao"])
    x, y = lines_named(plot_trend(table))["Gao"]
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    assert y.tolist() == table["estimate"].tolist()


@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_every_group_keeps_its_estimates_and_its_waves(count):
    table = levels(REGIONS[:count])
    drawn = lines_named(plot_trend(table))
    assert list(drawn) == REGIONS[:count]
    for region, (x, y) in drawn.items():
        assert y.tolist() == table.loc[table["region"] == region, "estimate"].tolist()
        # moved aside, but by less than half of the way to the next wave
        assert np.round(x).tolist() == [0, 1, 2, 3, 4, 5]


def test_bars_end_where_the_intervals_end():
    table = levels(REGIONS[:3])
    ends = bars(plot_trend(table))[:, :, 1]
    assert ends == pytest.approx(table[["low", "high"]].to_numpy())


DRAWN = {
    "trend": (plot_trend, levels(["Gao", "Mopti"])),
    "changes": (plot_changes, changes(["Gao", "Mopti"])),
    "tiles": (plot_tiles, levels(["Gao", "Mopti"])),
    "tiles of changes": (plot_tiles, changes(["Gao", "Mopti"])),
}


def test_row_order_does_not_matter_for_what_a_line_shows():
    table = levels(["Gao", "Mopti"])
    shuffled = table.sample(frac=1, random_state=1)
    plain, mixed = (lines_named(plot_trend(each)) for each in (table, shuffled))
    assert plain["Gao"][1].tolist() == mixed["Gao"][1].tolist()


def test_waves_lie_apart_as_they_do_in_time():
    table = levels(["Gao"])
    years = dict(zip(WAVES, [0.0, 0.5, 1.2, 1.5, 3.0, 3.5], strict=True))
    table.attrs["record"] = {"time": years}
    ax = plot_trend(table)
    assert lines_named(ax)["Gao"][0].tolist() == list(years.values())
    assert "spaced as in time" in ax.get_xlabel()


def test_waves_are_evenly_spaced_where_one_has_no_date():
    table = levels(["Gao"])
    table.attrs["record"] = {"time": {"Q1": 0.0, "Q2": 0.5}}
    ax = plot_trend(table)
    assert lines_named(ax)["Gao"][0].tolist() == [0, 1, 2, 3, 4, 5]
    assert ax.get_xlabel() == "Wave"


def test_lines_of_several_outcomes_and_answers_are_named_by_them():
    other = levels(["Gao"]).assign(outcome="trust_police")
    table = pd.concat([levels(["Gao"]), other], ignore_index=True)
    assert list(lines_named(plot_trend(table))) == ["trust army, Gao", "trust police, Gao"]


def test_all_groups_together_have_a_name_and_are_black():
    ax = plot_trend(levels(["Gao", None]), lang="fr")
    assert list(lines_named(ax)) == ["Gao", "Ensemble"]
    assert to_rgb(ax.lines[1].get_color()) == (0, 0, 0)


def test_a_survey_without_groups_has_one_line_without_a_name():
    ax = plot_trend(levels([None]))
    assert len(ax.lines) == 1
    assert "All" not in said(ax)


def test_no_two_lines_look_alike_in_colour_or_in_grey():
    drawn = plot_trend(levels(REGIONS)).lines
    # the dash pattern has no public getter
    grey = {(line.get_marker(), str(line._unscaled_dash_pattern)) for line in drawn}
    assert len(grey) == len(REGIONS)
    neighbours = [(a.get_color(), b.get_color()) for a, b in pairwise(drawn)]
    assert all(a != b for a, b in neighbours)


def test_panels_that_share_an_axis_hold_the_intervals_of_all():
    low, high = levels(["Gao"]), levels(["Mopti"])
    high[["estimate", "low", "high"]] += 0.3
    _, axes = plt.subplots(1, 2, sharey=True)
    for ax, table in zip(axes, (low, high), strict=True):
        plot_trend(table, ax=ax)
    both = pd.concat([low, high])
    bottom, top = axes[0].get_ylim()
    assert bottom < both["low"].min()
    assert top > both["high"].max()


# --- trends: what is missing ---------------------------------------------------------------


def test_a_missing_estimate_breaks_the_line():
    _, y = lines_named(plot_trend(holed(["Gao", "Bamako"])))["Gao"]
    assert np.isnan(y).tolist() == [False, False, True, False, False, False]


def test_a_wave_without_a_row_breaks_the_line():
    table = levels(["Gao"])
    ax = plot_trend(table[table["wave"] != "Q4"])
    x, y = lines_named(ax)["Gao"]
    assert np.isnan(y).tolist() == [False, False, False, True, False, False]
    assert x.tolist() == [0, 1, 2, 3, 4, 5]
    assert "A line breaks where a wave has no estimate." in said(ax)


def asked_in_two_wordings(*outcomes: str) -> jf.Survey:
    """Three waves in two groups; the last wave words the first outcome otherwise."""
    scale = {"scale": "binary"}
    changed = {"scale": "binary", "categories": {1: "yes", 0: "no"}}
    book = dict.fromkeys(outcomes[1:], scale)
    book[outcomes[0]] = changed | {"relabelled": {"c": {1: "certainly"}}}
    frame = pd.DataFrame({"wave": np.repeat(["a", "b", "c"], 40), "place": [*range(20)] * 6})
    frame["side"] = np.where(frame["place"] < 10, "north", "south")
    for k, name in enumerate(outcomes):
        frame[name] = np.arange(120) % (k + 3) == 0
    design = jf.SurveyDesign(wave="wave", cluster="place", repeats="clusters", target="population")
    return jf.Survey(frame.astype(dict.fromkeys(outcomes, int)), design, {"outcomes": book})


REWORDED = "A line breaks where the answers were worded otherwise"


def breaks(line: mpl.lines.Line2D) -> list[bool]:
    return np.isnan(line.get_ydata()).tolist()


def test_waves_that_changes_refuse_to_compare_are_not_joined():
    fit = jf.direct(asked_in_two_wordings("safe"), "safe")
    refused = fit.changes()["flag"].tolist()
    assert refused == [(), ("relabelled",)]
    ax = plot_trend(fit.levels())
    assert breaks(ax.lines[0]) == [False, False, True, False]
    assert REWORDED in said(ax)
    assert "modalités de réponse ont changé" in said(plot_trend(fit.levels(), lang="fr"))
    assert REWORDED not in said(plot_trend(fit.levels(where={"wave": ["a", "b"]})))


def test_only_the_outcome_that_was_reworded_breaks():
    fit = jf.direct(asked_in_two_wordings("safe", "fair"), ["safe", "fair"])
    safe, fair = plot_trend(fit.levels()).lines
    assert (any(breaks(safe)), any(breaks(fair))) == (True, False)
    by_group = plot_trend(fit.levels("side")).figure.axes
    assert [any(breaks(line)) for ax in by_group for line in ax.lines] == [True] * 2 + [False] * 2
    by_side = plot_trend(fit.levels("side"), panels="side").figure.axes
    assert [any(breaks(line)) for ax in by_side for line in ax.lines] == [True, False] * 2


def test_an_index_breaks_where_one_of_its_outcomes_was_reworded():
    fit = jf.direct(asked_in_two_wordings("safe", "fair"), ["safe", "fair"])
    table = fit.estimate(jf.Index(["safe", "fair"], of=jf.Level()))
    assert breaks(plot_trend(table).lines[0]) == [False, False, True, False]


def test_a_gap_says_why():
    assert f"Q3 (Gao): {FLAGS['no_interviews']['en']}" in said(plot_trend(holed(["Gao", "Bamako"])))


def test_a_gap_of_all_groups_names_the_wave_alone():
    table = levels(["Gao", "Mopti"])
    for region in ("Gao", "Mopti"):
        put(table, region, "Q2", ("not_asked",), estimate=np.nan, low=np.nan, high=np.nan)
    assert f"Q2: {FLAGS['not_asked']['en']}" in said(plot_trend(table))


def test_an_estimate_without_an_interval_is_hollow_and_has_no_bar():
    table = levels(["Gao"])
    put(table, "Gao", "Q5", low=np.nan, high=np.nan)
    ax = plot_trend(table)
    ring = ax.lines[1]
    assert ring.get_markerfacecolor() == "white"
    assert ring.get_xdata().tolist() == [4]
    assert ring.get_ydata().tolist() == [table["estimate"].iloc[4]]
    assert len(bars(ax)) == 5


def test_flags_are_letters_explained_below():
    words = said(plot_trend(holed(["Gao", "Bamako"])))
    for letter, code in zip("ᵃᵇᶜ", ["at_boundary", "few_clusters", "small_cell"], strict=True):
        assert f"{letter} {FLAGS[code]['en']}" in words
    assert "ᵇᶜ" in words.splitlines()


def test_a_flag_of_all_rows_is_told_once_and_marks_none():
    table = levels(["Gao"])
    table["flag"] = pd.Series([("clusters_purposive",)] * len(table))
    words = said(plot_trend(table)).replace("\n", " ")
    assert f"All estimates: {FLAGS['clusters_purposive']['en']}" in words
    assert "ᵃ" not in words


# --- no text on text -----------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("count", [2, 4, 8, 16])
def test_no_text_covers_another_in_a_trend(count, lang):
    table = holed(REGIONS[:count])
    table.attrs["record"] = {"simulated": True}
    assert covering(plot_trend(table, lang=lang, labels=FRENCH)) == []


def test_names_stay_apart_where_all_lines_end_together():
    table = levels(REGIONS[:8])
    table[["estimate", "low", "high"]] = [0.5, 0.4, 0.6]
    assert covering(plot_trend(table)) == []


def test_letters_stay_apart_where_neighbours_are_flagged_at_one_height():
    table = levels(REGIONS[:8])
    table[["estimate", "low", "high"]] = [0.5, 0.4, 0.6]
    for region in REGIONS[:4]:
        put(table, region, "Q5", ("few_clusters", "small_cell"))
    ax = plot_trend(table)
    assert said(ax).splitlines().count("ᵃᵇ") == 4
    assert covering(ax) == []


def test_letters_above_the_axes_stay_clear_of_the_title():
    table = levels(REGIONS[:8])
    table[["estimate", "low", "high"]] = [0.95, 0.9, 1.0]
    for region in REGIONS[:3]:
        put(table, region, "Q1", ("few_clusters", "small_cell"))
        put(table, region, "Q6", ("few_clusters", "small_cell"))
    table.attrs["record"] = {"simulated": True}
    assert covering(plot_trend(table)) == []


def test_many_flags_are_told_by_wave_instead_of_marked():
    table = levels(REGIONS[:8])
    flagged = table["wave"].isin(WAVES[:3]) | (table["region"] == "Gao")
    table["flag"] = pd.Series([("small_cell",) if so else () for so in flagged], dtype=object)
    ax = plot_trend(table)
    told = f"Q1; Q2; Q3; Q4 (Gao); Q5 (Gao); Q6 (Gao): {FLAGS['small_cell']['en']}"
    assert told in said(ax).replace("\n", " ")
    assert "ᵃ" not in said(ax)
    assert covering(ax) == []


def test_points_at_zero_stay_clear_of_the_wave_names():
    table = levels(["Gao"])
    table[["estimate", "low", "high"]] = [0.0, np.nan, np.nan]
    ax = plot_trend(table)
    ax.figure.draw_without_rendering()
    middle = ax.transData.transform((0, 0))[1]
    assert ax.get_xticklabels()[0].get_window_extent().y1 < middle - 0.5 * 5.5 * ax.figure.dpi / 72
    assert min(tick for tick in ax.get_yticks() if tick >= ax.get_ylim()[0]) == 0


def test_long_wave_names_are_turned():
    table = levels(["Gao"])
    labels = {wave: f"Round {wave} of the barometer" for wave in WAVES}
    assert covering(plot_trend(table, labels=labels)) == []


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("count", [1, 4, 16])
def test_no_text_covers_another_in_a_forest(count, lang):
    table = changes(REGIONS[:count])
    table.at[1, "flag"] = ("interviewers_replaced", "small_cell")
    table.attrs["record"] = {"simulated": True}
    assert covering(plot_changes(table, lang=lang, labels=FRENCH)) == []


def test_rows_shrink_to_fit_given_axes():
    _, ax = plt.subplots(figsize=(6, 4))
    assert covering(plot_changes(changes(REGIONS[:5]), ax=ax)) == []


# --- forests -------------------------------------------------------------------------------


def test_forest_draws_the_numbers_of_the_table_first_row_on_top():
    table = changes(["Gao", "Mopti"])
    ax = plot_changes(table)
    ends = bars(ax)
    order = np.argsort(-ends[:, 0, 1])
    assert ends[order][:, :, 0] == pytest.approx(table[["low", "high"]].to_numpy())
    points = np.concatenate([line.get_xydata() for line in ax.lines if line.get_marker() == "o"])
    points = points[np.argsort(-points[:, 1])]
    assert points[:, 0] == pytest.approx(table["estimate"].to_numpy())
    assert points[:, 1] == pytest.approx(ends[order][:, 0, 1])


def test_rows_say_what_is_compared():
    names = [text.get_text() for text in plot_changes(changes(["Gao", None])).get_yticklabels()]
    assert names[0] == "Gao: Q2 − Q1"
    assert names[-1] == "All: Q6 − Q5"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"estimand": "contrast", "region": "Gao", "region_ref": "Mopti", "wave": "Q6"},
         "Q6: Gao − Mopti"),
        ({"estimand": "difference in differences", "region": "Gao", "region_ref": "Mopti",
          "wave": "Q6", "wave_ref": "Q5"}, "Gao − Mopti, Q6 − Q5"),
        ({"estimand": "contrast", "region": "Gao", "wave": "Q6", "wave_ref": "Q6"},
         "Q6: Gao − others"),
        ({"estimand": "slope", "region": "Gao", "wave": "Q6", "wave_ref": "Q1"}, "Gao: slope"),
        ({"estimand": "change", "region": "Gao", "region_ref": "Gao", "wave": "Q6",
          "wave_ref": "Q5"}, "Gao: Q6 − Q5"),
    ],
)  # fmt: skip
def test_every_kind_of_comparison_has_its_text(row, expected):
    rows = pd.DataFrame([{**row, "estimate": 0.1, "low": 0.0, "high": 0.2, "unit": "share"}])
    ax = plot_changes(tidy(rows.assign(outcome="trust_army")))
    assert ax.get_yticklabels()[0].get_text() == expected


def test_shares_are_written_in_percentage_points():
    ax = plot_changes(changes(["Gao"]))
    assert ax.get_xlabel() == "Percentage points"
    ax.figure.draw_without_rendering()
    for tick, text in zip(ax.get_xticks(), ax.get_xticklabels(), strict=True):
        assert float(text.get_text().replace("−", "-")) == pytest.approx(100 * tick)
    assert "−12.0 [−17.0, −7.0]" in said(ax)


def test_a_slope_is_points_per_year():
    table = changes(["Gao"]).assign(estimand="slope", unit="share per year", wave=np.nan)
    assert plot_changes(table).get_xlabel() == "Percentage points per year"
    assert plot_changes(table, lang="fr").get_xlabel() == "Points de pourcentage par an"


def test_other_units_are_written_as_they_are():
    table = changes(["Gao"]).assign(unit="days")
    assert plot_changes(table).get_xlabel() == "days"
    assert "−0.120 [−0.170, −0.070]" in said(plot_changes(table))


def test_a_ratio_is_set_against_one():
    table = changes(["Gao"]).assign(unit="ratio of shares")
    table[["estimate", "low", "high"]] += 1
    ax = plot_changes(table)
    assert ax.lines[0].get_xdata() == [1, 1]
    assert ax.get_xlabel() == "Ratio"
    assert ax.get_yticklabels()[0].get_text() == "Gao: Q2 / Q1"
    assert "0.88 [0.83, 0.93]" in said(ax)


@pytest.mark.parametrize(
    ("unit", "english", "french"),
    [
        ("share difference", "Percentage points", "Points de pourcentage"),
        ("mean difference", "Difference", "Écart"),
        ("mean per wave", "Difference per wave", "Écart par vague"),
        ("log odds ratio of shares", "Log odds ratio", "Logarithme du rapport de cotes"),
    ],
)
def test_units_of_comparisons_have_their_words(unit, english, french):
    table = changes(["Gao"]).assign(unit=unit)
    assert plot_changes(table).get_xlabel() == english
    assert plot_changes(table, lang="fr").get_xlabel() == french


def test_means_are_no_percentages():
    table = levels(["Gao"]).assign(unit="mean")
    ax = plot_trend(table, lang="fr")
    assert ax.get_ylabel() == "Moyenne"
    assert "%" not in "".join(text.get_text() for text in ax.get_yticklabels())


def test_only_rows_that_exclude_zero_are_dark():
    table = changes(["Gao"])
    # the last row has a small p, but a share of 0 or 1 on one side
    table.at[4, "flag"] = ("at_boundary",)
    light, dark = (
        line
        for line in plot_changes(table).lines
        if len(line.get_xdata())
        and line.get_marker() == "o"
        and line.get_markerfacecolor() != "white"
    )
    assert dark.get_xdata().tolist() == table["estimate"].iloc[[0, 2]].tolist()
    assert light.get_xdata().tolist() == table["estimate"].iloc[[1, 3, 4]].tolist()
    assert sum(to_rgb(dark.get_markerfacecolor())) < sum(to_rgb(light.get_markerfacecolor())) / 2


def test_bayesian_rows_are_dark_by_the_probability_of_their_sign():
    table = changes(["Gao"]).assign(p_adjusted=np.nan, prob_positive=[0.02, 0.03, 0.5, 0.97, 0.98])
    ax = plot_changes(table)
    dark = [line for line in ax.lines if line.get_marker() == "o"][2]
    assert dark.get_xdata().tolist() == table["estimate"].iloc[[0, 4]].tolist()
    assert "97.5%" in said(ax)
    assert "adjust" not in said(ax)


def test_a_row_without_an_estimate_keeps_its_place():
    table = changes(["Gao"])
    table.loc[2, ["estimate", "low", "high", "p_adjusted"]] = np.nan
    ax = plot_changes(table)
    assert len(ax.get_yticks()) == 5
    assert "no estimate" in said(ax)
    assert len(bars(ax)) == 4


def test_a_comparison_that_is_withheld_says_so_and_is_not_drawn():
    table = changes(["Gao"])
    table.loc[2, ["estimate", "low", "high", "p_adjusted"]] = np.nan
    table.at[2, "flag"] = ("suppressed",)
    assert "withheld" in said(plot_changes(table))
    assert len(bars(plot_changes(table, lang="fr"))) == 4
    assert "masqué" in said(plot_changes(table, lang="fr"))


def test_a_level_that_is_withheld_is_a_gap_that_says_so():
    table = levels(["Gao", "Mopti"])
    put(table, "Gao", "Q3", ("suppressed",), estimate=np.nan, low=np.nan, high=np.nan)
    ax = plot_trend(table)
    assert np.isnan(lines_named(ax)["Gao"][1][2])
    assert f"Q3 (Gao): {FLAGS['suppressed']['en']}" in said(ax)


def test_groups_are_set_apart():
    heights = plot_changes(changes(["Gao", "Mopti"])).get_yticks()
    steps = -np.diff(heights)
    assert steps[4] > 1.4
    assert np.delete(steps, 4) == pytest.approx(1)


def test_the_figure_grows_with_its_rows_and_holds_zero():
    few, many = (plot_changes(changes(REGIONS[:count])) for count in (1, 8))
    assert many.figure.get_figheight() > 3 * few.figure.get_figheight()
    low, high = few.get_xlim()
    assert low < 0 < high


# --- words ---------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", ["trend", "changes"])
def test_french_has_no_english_words(draw):
    table = holed(REGIONS[:4]) if draw == "trend" else changes(REGIONS[:4])
    if draw == "changes":
        table.at[1, "flag"] = ("interviewers_replaced", "small_cell")
        table.loc[2, ["low", "high"]] = np.nan
        table.loc[3, ["estimate", "low", "high"]] = np.nan
    table.attrs["record"] = {"simulated": True, "time": dict(zip(WAVES, range(6), strict=True))}
    plot = plot_trend if draw == "trend" else plot_changes
    assert english_in(plot(table, lang="fr", labels=FRENCH)) == set()


def test_french_numbers_have_a_comma_and_a_narrow_space():
    table = levels(["Gao"])
    table[["estimate", "low", "high"]] = np.array([[0.512, 0.508, 0.517]] * 6)
    ticks = [text.get_text() for text in plot_trend(table, lang="fr").get_yticklabels()]
    assert "51,0\u202f%" in ticks
    assert "−12,0 [−17,0\u202f; −7,0]" in said(plot_changes(changes(["Gao"]), lang="fr"))


def test_percent_ticks_say_the_share():
    ax = plot_trend(levels(["Gao"]))
    for tick, text in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True):
        assert text.get_text() == f"{100 * tick:.0f}%"


@pytest.mark.parametrize("plot", [plot_trend, plot_changes])
@pytest.mark.parametrize(("lang", "mark"), [("en", "Simulated data"), ("fr", "Données simulées")])
def test_simulated_data_say_so(plot, lang, mark):
    table = levels(["Gao"]) if plot is plot_trend else changes(["Gao"])
    assert mark not in said(plot(table, lang=lang))
    table.attrs["record"] = {"simulated": True}
    assert mark in said(plot(table, lang=lang))


def test_labels_replace_names_in_the_language():
    labels = FRENCH | {"Gao": "Région de Gao", "Q6": {"en": "2020", "fr": "an 2020"}}
    ax = plot_trend(levels(["Gao"]), labels=labels, lang="fr")
    assert ax.get_title(loc="left") == "Confiance envers l'armée\u00a0: plutôt ou beaucoup"
    assert "Région de Gao" in said(ax)
    assert ax.get_xticklabels()[-1].get_text() == "an 2020"


def test_dollars_in_names_are_no_formulas():
    assert "1$ to 2$" in said(plot_trend(levels(["Gao", "Mopti"]), labels={"Gao": "1$ to 2$"}))


def test_drawing_leaves_the_table_as_it_was():
    table = holed(["Gao", "Bamako"])
    before = table.copy(deep=True)
    plot_trend(table)
    pd.testing.assert_frame_equal(table, before)


# --- errors --------------------------------------------------------------------------------


def test_changes_are_not_a_trend():
    with pytest.raises(SpecError, match=r"none. Found: 'change'. Use plot_changes"):
        plot_trend(changes(["Gao"]))


def test_levels_are_not_changes():
    with pytest.raises(SpecError, match=r"none. Found: 'level'. Draw levels by plot_trend"):
        plot_changes(levels(["Gao"]))


def test_levels_without_waves_are_no_trend():
    with pytest.raises(SpecError, match=r"name no wave.*contrasts"):
        plot_trend(levels(["Gao"]).assign(wave=np.nan))


def test_rows_without_any_estimate_name_their_flags():
    table = levels(["Gao"]).assign(estimate=np.nan)
    table["flag"] = pd.Series([("not_asked",)] * len(table))
    with pytest.raises(SpecError, match=r"None of the 6 rows.*'not_asked'"):
        plot_trend(table)


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("none", [None, np.nan])
def test_rows_of_tables_put_together_may_lack_flags(draw, none):
    plot, table = DRAWN[draw]
    assert said(plot(partly_flagged(table, none))) == said(plot(partly_flagged(table, ())))


@pytest.mark.parametrize("draw", DRAWN)
def test_flags_that_a_file_joined_are_read(draw):
    plot, table = DRAWN[draw]
    joined, whole = "few_clusters;small_cell", ("few_clusters", "small_cell")
    drawn = said(plot(partly_flagged(table, joined)))
    assert FLAGS["small_cell"]["en"][:20] in drawn
    assert drawn == said(plot(partly_flagged(table, whole)))


def test_one_axis_has_one_unit():
    table = pd.concat([levels(["Gao"]), levels(["Mopti"]).assign(unit="days")], ignore_index=True)
    with pytest.raises(SpecError, match="'share', 'days'"):
        plot_trend(table)


def test_a_line_has_one_estimate_a_wave():
    with pytest.raises(SpecError, match="6 rows repeat"):
        plot_trend(pd.concat([levels(["Gao"]), levels(["Gao"])], ignore_index=True))


def test_two_engines_make_two_lines():
    engines = [levels(["Gao"]).assign(engine=engine) for engine in ("direct", "laplace")]
    drawn = lines_named(plot_trend(pd.concat(engines, ignore_index=True)))
    assert list(drawn) == ["Gao, direct", "Gao, laplace"]


def test_too_many_lines_are_refused():
    with pytest.raises(SpecError, match="at most 24 lines apart, and these rows have 25"):
        plot_trend(levels([f"region {k}" for k in range(25)]))


@pytest.mark.parametrize("plot", [plot_trend, plot_changes])
def test_a_frame_that_is_no_tidy_table_is_refused(plot):
    with pytest.raises(SpecError, match="lacks the columns 'outcome'"):
        plot(pd.DataFrame({"estimand": ["level"]}))


def test_an_unknown_language_is_refused():
    with pytest.raises(SpecError, match="Unknown language 'de'"):
        plot_trend(levels(["Gao"]), lang="de")


# --- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_pictures_are_saved(tmp_path, suffix):
    file = save_plot(plot_trend(levels(["Gao"])), tmp_path / f"trend.{suffix}")
    assert file.stat().st_size > 1000


def test_an_unknown_picture_format_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"Unknown picture format '.bmp'"):
        save_plot(plot_trend(levels(["Gao"])), tmp_path / "trend.bmp")


# ------------------------------------------------------------------------------- small areas


def areas(n: int = 4) -> pd.DataFrame:
    """A table of small areas, the last without interviews, the second with few."""
    estimate = np.linspace(0.3, 0.6, n)
    direct = estimate + np.where(np.arange(n) % 2, 0.08, -0.05)
    direct[-1] = np.nan
    few = np.arange(n) == 1
    columns_of = {
        "outcome": "trust_army",
        "category": "a lot",
        "commune": [f"commune {k}" for k in range(n)],
        "wave": "Q6",
        "n": np.where(np.isnan(direct), 0, np.where(few, 12, 40)),
        "direct": direct,
        "direct_low": direct - 0.15,
        "estimate": estimate,
        "low": estimate - 0.1,
        "high": estimate + 0.1,
        "coverage": 0.95,
        "good": ~np.isnan(direct) & ~few,
        "unit": "share",
    }
    return pd.DataFrame(columns_of)


def test_arrows_lead_from_direct_to_modelled_in_the_order_of_the_model():
    table = areas()
    ax = plot_shrinkage(table.sample(frac=1, random_state=1))
    assert [text.get_text() for text in ax.get_yticklabels()] == table["commune"].tolist()[::-1]
    arrows = [text for text in ax.texts if isinstance(text, Annotation)]
    found = sorted((text.xyann[0], text.xy[0], text.xy[1]) for text in arrows)
    met = table[table["direct"].notna()]
    expected = sorted(zip(met["direct"], met["estimate"], met.index - 3.0, strict=True))
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(("lang", "says"), [("en", "Arrows lead"), ("fr", "Les flèches mènent")])
def test_a_picture_of_small_areas_explains_itself(lang, says):
    ax = plot_shrinkage(areas(), lang=lang)
    assert says in said(ax)
    assert {"en": "Hollow: fewer", "fr": "Creux"}[lang] in said(ax)
    assert {"en": "Light: nobody", "fr": "Clair"}[lang] in said(ax)
    whole = plot_shrinkage(areas().iloc[[0, 2]], lang=lang)
    assert {"en": "Hollow", "fr": "Creux"}[lang] not in said(whole)


def test_no_text_covers_another_in_a_picture_of_small_areas():
    assert covering(plot_shrinkage(areas(24))) == []


def test_the_last_wave_with_interviews_is_drawn_unless_another_is_named():
    table = pd.concat([areas().assign(wave=wave) for wave in ("Q5", "Q6", "Q7")])
    table.loc[table["wave"] == "Q7", ["n", "direct"]] = 0, np.nan
    assert plot_shrinkage(table).get_title(loc="left").endswith("Q6")
    assert plot_shrinkage(table, wave="Q5").get_title(loc="left").endswith("Q5")
    with pytest.raises(SpecError, match="Unknown wave with interviews 'Q7'"):
        plot_shrinkage(table, wave="Q7")


def test_other_tables_are_no_small_areas():
    with pytest.raises(SpecError, match="draws the table of small_area_check"):
        plot_shrinkage(levels(["Gao"]))
    with pytest.raises(SpecError, match="draws one answer"):
        plot_shrinkage(pd.concat([areas(), areas().assign(category="not at all")]))
