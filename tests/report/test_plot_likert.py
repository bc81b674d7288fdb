"""Bars of answers are as wide as the table says and meet at the centre; no text on text."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from test_plots import (
    FRENCH_WORDS,
    REGIONS,
    WAVES,
    covering,
    english_in,
    levels,
    partly_flagged,
    said,
    tidy,
)

from jfmodels.errors import SpecError
from jfmodels.report.plot_colours import lightness
from jfmodels.report.plots import plot_likert

FOUR = ["not at all", "just a little", "somewhat", "a lot"]
FIVE = ["much worse", "worse", "the same", "better", "much better"]
LABELS = FRENCH_WORDS | {
    "trust_army": {"en": "Trust in the army", "fr": "Confiance envers l'armée"},
    "trust_police": {"en": "Trust in the police", "fr": "Confiance envers la police"},
    "not at all": {"en": "not at all", "fr": "pas du tout en sécurité, ni ici ni ailleurs"},
    "just a little": {"en": "just a little", "fr": "pas vraiment en sécurité dans la localité"},
    "somewhat": {"en": "somewhat", "fr": "plutôt en sécurité, sauf sur les routes"},
    "a lot": {"en": "a lot", "fr": "tout à fait en sécurité partout"},
}


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def answers(
    groups=(None,), names=FOUR, waves=WAVES, whole=1.0, outcome="trust_army"
) -> pd.DataFrame:
    """Make shares of all answers, which add up to `whole` in every row."""
    rng = np.random.default_rng(5)
    rows = []
    for group in groups:
        for wave in waves:
            shares = rng.dirichlet(np.full(len(names), 4.0)) * whole
            rows += [
                {"region": group, "wave": wave, "category": name, "estimate": share}
                for name, share in zip(names, shares, strict=True)
            ]
    frame = pd.DataFrame(rows).assign(
        outcome=outcome, estimand="level", coverage=0.95, unit="share"
    )
    frame["low"] = (frame["estimate"] - 0.04).clip(lower=0)
    frame["high"] = frame["estimate"] + 0.06
    return tidy(frame)


def put(table, wave, flag, region=None):
    """Withhold or leave out a whole row of answers."""
    here = (table["wave"] == wave) & (
        table["region"].isna() if region is None else table["region"] == region
    )
    table.loc[here, ["estimate", "low", "high"]] = np.nan
    for at in table.index[here]:
        table.at[at, "flag"] = (flag,)
    return table


def widths(ax) -> dict[str, list[tuple[float, float]]]:
    """Give left and right ends of the bars, by the height of their row, from left to right."""
    found = {}
    for bar in ax.patches:
        if bar.get_hatch() != "xxxx":
            ends = (bar.get_x(), bar.get_x() + bar.get_width())
            found.setdefault(round(bar.get_center()[1]), []).append(ends)
    return {y: sorted(bars) for y, bars in found.items()}


def test_bars_are_as_wide_as_the_shares_and_meet_at_the_centre():
    table = answers()
    drawn = widths(plot_likert(table))
    for k, wave in enumerate(WAVES):
        shares = table.loc[table["wave"] == wave, "estimate"].to_numpy()
        bars = np.array(drawn[-k])
        assert np.diff(bars, axis=1).ravel() == pytest.approx(shares)
        assert bars[1:, 0] == pytest.approx(bars[:-1, 1])
        assert bars[2, 0] == pytest.approx(0)


def test_half_of_a_middle_answer_lies_on_either_side():
    table = answers(names=FIVE)
    for bars in widths(plot_likert(table)).values():
        assert bars[2][0] == pytest.approx(-bars[2][1])


def test_a_middle_answer_set_apart_begins_at_one_line_right_of_all_others():
    drawn = widths(plot_likert(answers(names=FIVE), middle="apart")).values()
    assert len({round(bars[4][0], 9) for bars in drawn}) == 1
    assert all(bars[2][0] == pytest.approx(0) for bars in drawn)
    assert min(bars[4][0] for bars in drawn) > max(bars[3][1] for bars in drawn)


def test_what_answers_leave_of_the_whole_is_set_apart():
    ax = plot_likert(answers(whole=0.9))
    assert all(np.diff(bars[-1])[0] == pytest.approx(0.1) for bars in widths(ax).values())
    assert "no answer" in said(ax)
    assert "no answer" not in said(plot_likert(answers()))


def test_who_does_not_know_or_refuses_is_set_apart_each_from_a_line_of_its_own():
    ax = plot_likert(answers(names=[*FOUR, "don't know", "refused"]), lang="fr")
    drawn = list(widths(ax).values())
    for k in (4, 5):
        assert len({round(bars[k][0], 9) for bars in drawn}) == 1
    assert max(bars[4][1] for bars in drawn) < drawn[0][5][0]
    assert "ne sait pas" in said(ax)
    assert "refus" in said(ax)


def test_numbers_say_the_shares_and_stand_where_they_fit():
    table = answers(names=FOUR)
    row = table["wave"] == "Q1"
    table.loc[row, "estimate"] = [0.002, 0.298, 0.3, 0.4]
    ax = plot_likert(table)
    inside = [text for text in ax.texts if text.get_transform() == ax.transData]
    assert [t.get_text() for t in inside if t.get_position()[1] == 0] == ["30", "30", "40"]


def test_the_key_is_in_order_and_lightness_falls_towards_both_ends():
    ax = plot_likert(answers(names=FIVE))
    key = ax.get_legend()
    assert [text.get_text() for text in key.get_texts()] == FIVE
    light = [lightness(patch.get_facecolor()) for patch in key.get_patches()]
    assert all(before < after - 10 for before, after in pairwise(light[:3]))
    assert all(before > after + 10 for before, after in pairwise(light[2:]))
    # both sides of a scale are equally dark, step by step
    assert light[:2] == pytest.approx(light[:2:-1], abs=6)


def test_a_wave_not_asked_keeps_its_row_and_says_so():
    ax = plot_likert(put(answers(), "Q3", "not_asked"))
    assert len(ax.get_yticks()) == 6
    assert -2 not in widths(ax)
    assert "not asked" in said(ax)
    assert not any(bar.get_hatch() == "xxxx" for bar in ax.patches)


def test_answers_of_tables_put_together_may_lack_flags():
    whole = said(plot_likert(partly_flagged(answers(), ())))
    assert said(plot_likert(partly_flagged(answers(), np.nan))) == whole


def test_a_wave_without_rows_keeps_its_place():
    table = answers()
    ax = plot_likert(table[table["wave"] != "Q4"])
    assert sorted(widths(ax)) == [-5, -4, -2, -1, 0]


def test_what_is_withheld_is_hatched_and_named_and_no_bar():
    ax = plot_likert(put(answers(), "Q3", "suppressed"), lang="fr")
    assert -2 not in widths(ax)
    assert sum(bar.get_hatch() == "xxxx" for bar in ax.patches) == 1
    assert "masqué" in said(ax)


def test_a_row_lacking_one_answer_is_not_drawn_in_part():
    table = answers()
    table.loc[0, ["estimate", "low", "high"]] = np.nan
    table.at[0, "flag"] = ("suppressed",)
    assert 0 not in widths(plot_likert(table))


def test_groups_have_panels_of_one_scale():
    ax = plot_likert(answers(REGIONS[:4]))
    panels = [each for each in ax.figure.axes if each.get_visible()]
    assert [each.get_title(loc="left") for each in panels] == REGIONS[:4]
    assert len({(each.get_xlim(), each.get_ylim()) for each in panels}) == 1


def test_outcomes_of_one_wave_are_rows():
    parts = [answers(waves=["Q6"], outcome=name) for name in ("trust_army", "trust_police")]
    ax = plot_likert(pd.concat(parts, ignore_index=True), labels=LABELS)
    rows = [text.get_text() for text in ax.get_yticklabels()]
    assert rows == ["Trust in the army", "Trust in the police"]


def test_letters_stand_at_the_rows_they_tell_of():
    table = answers(REGIONS[:2])
    at = table.index[(table["region"] == "Gao") & (table["wave"] == "Q2")][1]
    table.at[at, "flag"] = ("small_cell",)
    first, second = plot_likert(table).figure.axes[:2]
    marks = [(t.get_text(), t.xy[1]) for t in second.texts if t.get_text() == "ᵃ"]
    assert marks == [("ᵃ", -1)]
    assert not any(text.get_text() == "ᵃ" for text in first.texts)
    assert "Letters tell of at least one share" in said(first)


@pytest.mark.parametrize(("count", "lang"), [(1, "fr"), (4, "en"), (8, "fr"), (16, "fr")])
def test_no_text_covers_another(count, lang):
    names = [*FOUR, "don't know", "refused"]
    waves = WAVES[:2] if count > 8 else WAVES
    table = put(answers(REGIONS[:count], names, waves), "Q2", "suppressed", REGIONS[0])
    table.attrs["record"] = {"simulated": True}
    ax = plot_likert(table, lang=lang, labels=LABELS)
    assert covering(ax) == []
    if lang == "fr":
        assert english_in(ax) == set()


def test_a_picture_on_given_axes_keeps_to_them():
    _, ax = plt.subplots(figsize=(6, 4))
    assert plot_likert(answers(), ax=ax) is ax
    with pytest.raises(SpecError, match="a panel of its own"):
        plot_likert(answers(REGIONS[:2]), ax=ax)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (levels(["Gao"]), "draws all answers.*categories='all'"),
        (answers(whole=1.4), "add up to 140%"),
        (pd.concat([answers(), answers(names=FIVE, outcome="security")]), "different answers"),
        (pd.concat([answers(), answers()]), "rows repeat one"),
        (answers().assign(unit="mean"), "draws shares of answers; found 'mean'"),
        (answers().assign(estimand="change"), "plot_likert draws rows of estimand 'level'"),
    ],
)
def test_what_is_no_scale_is_refused(table, says):
    with pytest.raises(SpecError, match=says):
        plot_likert(table)


def test_an_unknown_place_of_the_middle_is_refused():
    with pytest.raises(SpecError, match="Unknown place of the middle answer 'aside'"):
        plot_likert(answers(), middle="aside")
