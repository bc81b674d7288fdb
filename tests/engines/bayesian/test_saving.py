"""Fits that are saved and loaded: the same to the last digit, or refused with a reason."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import replace

import h5py
import numpy as np
import pytest
from latent_cases import BLOCK_TERMS, CODEBOOK, DESIGN, NEIGHBOURS, OUTCOMES, people, simulated
from pandas.testing import assert_frame_equal
from posterior_cases import fitted

import jfmodels as jf
from jfmodels.engines.bayesian.chains import Chains
from jfmodels.engines.bayesian.fit_file import Content, read_file, write_file
from jfmodels.engines.bayesian.saving import KINDS
from jfmodels.model.effects import BLOCKS
from jfmodels.model.families import FAMILIES
from jfmodels.results.coefficients import coefficient_table
from jfmodels.survey.records import read_text, write_text

pytestmark = pytest.mark.filterwarnings("ignore::jfmodels.errors.FitWarning")  # few draws
FEW = jf.Laplace(draws=200, on_poor_k="warn")
MODEL = "yes ~ wave + x + (1 | commune) + (1 | interviewer)"

QUESTIONS = {
    "levels": lambda fit: fit.levels("region", over="wave"),
    "changes": lambda fit: fit.changes(by="region", over="fixed"),
    "levels of what is not in the model": lambda fit: fit.levels("interviewer", over="wave"),
    "contrasts": lambda fit: fit.contrasts("region", over="wave"),
    "summary": lambda fit: fit.summary(),
    "components": lambda fit: fit.variance_components(),
    "test": lambda fit: fit.test("wave"),
    "diagnostics": lambda fit: fit.diagnostics(),
    "checks": lambda fit: fit.ppc("region"),
    "units": lambda fit: fit.loo(refit=False).table,
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    return fitted(MODEL).save(tmp_path_factory.mktemp("fits") / "fit.nc")


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copy(saved, tmp_path / "copy.nc")


def assert_same(one, other):
    assert_frame_equal(one, other, check_exact=True)
    assert one.attrs == other.attrs


# -------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("with_survey", [False, True])
def test_a_loaded_fit_answers_to_the_last_digit(saved, question, with_survey):
    loaded = jf.load_fit(saved, simulated() if with_survey else None)
    assert_same(QUESTIONS[question](loaded), QUESTIONS[question](fitted(MODEL)))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_comes_back(family, tmp_path):
    fit = jf.fit(
        f"{OUTCOMES[family]} ~ wave + (1 | commune)", simulated(), family=family, engine=FEW
    )
    loaded = jf.load_fit(fit.save(tmp_path / "fit.nc"))
    assert_same(loaded.levels("region"), fit.levels("region"))
    assert_same(loaded.variance_components(), fit.variance_components())


@pytest.mark.parametrize("block", BLOCKS)
def test_every_block_comes_back_with_priors_links_and_neighbours(block, tmp_path):
    model = jf.Model(
        f"yes ~ wave + x + {BLOCK_TERMS[block]}",
        family=jf.Bernoulli("probit"),
        priors={"x": jf.Normal(0, 0.3), "sd": jf.HalfStudentT(4, 0.5)},
        neighbours=NEIGHBOURS,
    )
    fit = jf.fit(model, simulated(), engine=FEW, where={"wave": ["w1", "w2", "w3"]})
    loaded = jf.load_fit(fit.save(tmp_path / "fit.nc"))
    assert loaded.engine.laid.latent.family.link == "probit"
    assert_same(loaded.engine.laid.prior_table(), fit.engine.laid.prior_table())
    assert_same(loaded.levels(over="wave"), fit.levels(over="wave"))


def test_weights_strata_and_a_domain_come_back(tmp_path):
    fit = jf.fit(
        "shown(trust_army) ~ wave + sex + (1 | commune) + (1 | facilitator)",
        jf.example(),
        weighting="ignore",
        where={"region": ["Mopti", "Gao"]},
        engine=FEW,
    )
    loaded = jf.load_fit(fit.save(tmp_path / "fit.nc"))
    for ask in (lambda f: f.levels(["region", "sex"], over="fixed"), lambda f: f.diagnostics()):
        assert_same(ask(loaded), ask(fit))
    assert loaded.engine.survey.codebook == fit.engine.survey.codebook
    assert loaded.engine.survey.design == fit.engine.survey.design


def test_chains_of_a_sampler_come_back(tmp_path):
    fit = fitted(MODEL)
    posterior = replace(fit.engine.posterior, error=Chains(np.repeat(np.arange(4), 100)))
    sampled = jf.BayesianFit(replace(fit.engine, name="nuts", posterior=posterior, beliefs={}))
    loaded = jf.load_fit(sampled.save(tmp_path / "fit.nc"))
    assert_same(loaded.summary(), sampled.summary())
    assert loaded.idata["posterior"].equals(sampled.idata["posterior"])


def test_a_loaded_fit_can_be_saved_again(saved, tmp_path):
    again = jf.load_fit(saved).save(tmp_path / "again.nc")
    assert read_file(again).checksum == read_file(saved).checksum


def test_the_file_leaves_out_who_answered_and_what_else(tmp_path):
    frame = people().assign(name=[f"respondent-{k}" for k in range(600)])
    design = replace(DESIGN, person="name")
    fit = jf.fit("yes ~ wave + (1 | commune)", jf.Survey(frame, design, CODEBOOK), engine=FEW)
    raw = fit.save(tmp_path / "fit.nc").read_bytes()
    assert b"respondent-" not in raw
    assert "size" not in jf.load_fit(tmp_path / "fit.nc").engine.survey.rows.numbers


# -------------------------------------------------------------------------- to be shared


def test_a_shared_file_holds_tables_and_draws_without_people(tmp_path):
    fit = fitted(MODEL)
    tables = {"regions": fit.levels("region", over="wave")}
    path = fit.save(tmp_path / "s.nc", share=True, tables=tables, clusters=True)
    shared = jf.load_fit(path)
    assert isinstance(shared, jf.SharedFit)
    assert_same(shared.tables["regions"], jf.withhold([tables["regions"]])[0])
    coefficients = coefficient_table(fit.engine, ratios=False, coverage=0.95)
    assert_same(shared.tables["summary"], coefficients)
    assert_same(shared.tables["variance_components"], fit.variance_components())
    assert_same(shared.tables["diagnostics"], fit.diagnostics())
    drawn = shared.idata["posterior"]
    assert "(1 | commune)" in drawn
    assert "sd(interviewer)" in drawn
    assert "(1 | interviewer)" not in drawn
    assert drawn["coefficients"].equals(fit.idata["posterior"]["coefficients"])


def test_a_shared_file_names_nobody(tmp_path):
    """Neither in numbers nor in text: not an interviewer, not an answer, not a cell."""
    path = fitted(MODEL).save(tmp_path / "s.nc", share=True)
    content = read_file(path)
    assert set(content.groups) == {"posterior"}
    raw = path.read_bytes()
    assert not [name for name in (b'"i0"', b'"i1"', b"i2\x00", b"unit") if name in raw]
    sizes = {size for each in content.groups.values() for size in each.sizes.values()}
    assert sizes <= {4, 100}  # chains, draws and coefficients
    told = read_text(content.text, KINDS)
    assert {name for name, each in told["tables"].items()} == set(jf.load_fit(path).tables)


def texts_in(path):
    """Every text of a netCDF file, wherever it stands, and the names of what it holds."""
    with h5py.File(path) as file:
        found = list(file.attrs.values())

        def look(name, each):
            found.append(name)
            found.extend(each.attrs.values())
            if isinstance(each, h5py.Dataset):
                found.append(each[()])

        file.visititems(look)
    return " ".join(str(np.asarray(each).tolist()) for each in found)


def marked():
    """A survey whose interviewers, villages and rare groups bear names that cannot hide."""
    frame = people().assign(name=[f"respondent-{k}" for k in range(600)])
    frame["interviewer"] = "asker-" + frame["interviewer"]
    frame["commune"] = "village-" + frame["commune"]
    frame["group"] = np.where(frame.index < 4, "group-rare", "group-common")
    frame.loc[300:, "group"] = "group-other"
    return jf.Survey(frame, replace(DESIGN, person="name"), CODEBOOK)


@pytest.mark.parametrize("clusters", [False, True])
def test_no_id_is_anywhere_in_a_shared_file(clusters, tmp_path):
    model = "yes ~ wave + (1 | interviewer) + (1 | commune) + (1 | group) + (1 | commune:wave)"
    fit = jf.fit(model, marked(), engine=FEW)
    path = fit.save(
        tmp_path / "s.nc",
        share=True,
        clusters=clusters,
        tables={"groups": fit.levels("group", over="wave"), "components": fit.summary()},
    )
    text = texts_in(path)
    assert not {name for name in ("respondent-", "asker-", "log_likelihood") if name in text}
    assert ("village-c3" in text) == clusters
    shared = jf.load_fit(path)
    assert list(shared.idata["posterior"]["group"]) == ["group-common", "group-other"]
    rare = shared.tables["groups"].query("group == 'group-rare'")
    assert rare[["estimate", "low", "n"]].isna().all(axis=None)
    drawn = {name for name in shared.idata["posterior"].data_vars if name.startswith("(")}
    places = {"(1 | commune)", "(1 | commune:wave)"} if clusters else set()
    assert drawn == {"(1 | group)"} | places
    sizes = shared.idata["posterior"].sizes
    assert all(size <= 100 for size in sizes.values())  # nothing of 600 respondents


@pytest.mark.parametrize("asked", ["loo", "ppc", "small_area_check", "effects"])
def test_what_was_observed_is_not_shared(asked, tmp_path):
    fit = fitted(MODEL)
    tables = {
        "loo": lambda: fit.loo(refit=False).table,
        "ppc": lambda: fit.ppc("region"),
        "small_area_check": lambda: jf.small_area_check(fit, "region", over="wave"),
        "effects": lambda: fit.effects("interviewer"),
    }
    with pytest.raises(jf.SpecError, match=f"table '{asked}' tells of single interviews"):
        fit.save(tmp_path / "s.nc", share=True, tables={asked: tables[asked]()})


def test_tables_by_interviewer_or_cluster_are_not_shared(tmp_path):
    fit = fitted(MODEL)
    for group, says in (("interviewer", "show people"), ("commune", "clusters=True")):
        tables = {"by": fit.levels(group, over="wave")}
        with pytest.raises(jf.SpecError, match=says):
            fit.save(tmp_path / "s.nc", share=True, tables=tables)


def test_a_model_that_names_interviewers_or_clusters_is_not_shared(tmp_path):
    named = jf.fit("yes ~ wave + interviewer + (1 | region)", simulated(), engine=FEW)
    with pytest.raises(jf.SpecError, match=r"names interviewers by 'interviewer'"):
        named.save(tmp_path / "s.nc", share=True)
    within = jf.fit("yes ~ wave + (1 | region)", simulated(), engine=FEW, where={"commune": "c1"})
    with pytest.raises(jf.SpecError, match=r"names clusters by 'commune'.*clusters=True"):
        within.save(tmp_path / "s.nc", share=True)


def test_arviz_opens_a_shared_file(tmp_path):
    path = fitted(MODEL).save(tmp_path / "s.nc", share=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import arviz as az

        found = az.summary(az.from_netcdf(path), var_names=["coefficients"], round_to="none")
    assert found["mean"].to_numpy() == pytest.approx(fitted(MODEL).summary()["estimate"].to_numpy())


def test_a_shared_file_takes_no_survey_and_a_whole_one_no_tables(tmp_path):
    fit = fitted(MODEL)
    path = fit.save(tmp_path / "s.nc", share=True)
    with pytest.raises(jf.SpecError, match="share=True"):
        jf.load_fit(path, simulated())
    with pytest.raises(jf.SpecError, match="makes any table"):
        fit.save(tmp_path / "f.nc", tables={"levels": fit.levels(over="wave")})
    with pytest.raises(jf.SpecError, match="DataFrames by name; found str"):
        fit.save(tmp_path / "f.nc", share=True, tables={"levels": "high"})


# -------------------------------------------------------------------------- what is refused


def test_another_survey_is_refused(saved):
    other = jf.Survey(people(seed=6), DESIGN, CODEBOOK)
    with pytest.raises(jf.SpecError, match=r"survey's data are not those of 'fit.nc'.*600"):
        jf.load_fit(saved, other)
    book = {
        **CODEBOOK,
        "outcomes": {**CODEBOOK["outcomes"], "yes": {"scale": "binary", "label": "?"}},
    }
    with pytest.raises(jf.SpecError, match="survey's codebook"):
        jf.load_fit(saved, jf.Survey(people(), DESIGN, book))


def test_what_is_no_file_or_no_netcdf_is_refused(tmp_path):
    with pytest.raises(jf.ReadError, match="There is no file"):
        jf.load_fit(tmp_path / "fit.nc")
    (tmp_path / "fit.nc").write_text("wave,estimate\nQ1,0.5\n")
    with pytest.raises(jf.ReadError, match="damaged, or no fit"):
        jf.load_fit(tmp_path / "fit.nc")
    (tmp_path / "fit.nc").write_bytes(b"")
    with pytest.raises(jf.ReadError, match="damaged, or no fit"):
        jf.load_fit(tmp_path / "fit.nc")


def test_netcdf_of_something_else_is_refused(tmp_path):
    import xarray as xr

    xr.Dataset({"rain": ("day", [1.0, 2.0])}).to_netcdf(tmp_path / "rain.nc", engine="h5netcdf")
    with pytest.raises(jf.ReadError, match="no fit saved by"):
        jf.load_fit(tmp_path / "rain.nc")


def change(path, name, edit):
    """Edit an attribute or an array of a file behind our back."""
    import h5py

    with h5py.File(path, "r+") as file:
        edit(file) if name is None else file[name].__setitem__(..., edit(file[name][...]))


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("draws/field", lambda x: x + 1e-12 * (np.arange(len(x)) == 3)[:, None]),
        ("draws/theta", np.negative),
        ("survey/answer", lambda x: 1 - x),
        ("survey/weight", lambda x: 2 * x),
    ],
)
def test_a_changed_number_is_noticed(copy, name, edit):
    change(copy, name, edit)
    with pytest.raises(jf.ReadError, match="does not match its checksum"):
        jf.load_fit(copy)


def test_a_changed_text_is_noticed(copy):
    def edit(file):
        text = file["text"][()].decode()
        del file["text"]
        file["text"] = text.replace("+ x +", "+ 0 +")

    change(copy, None, edit)
    with pytest.raises(jf.ReadError, match="checksum"):
        jf.load_fit(copy)


def test_a_later_format_is_refused(copy):
    change(copy, None, lambda file: file.attrs.__setitem__("format", 99))
    with pytest.raises(jf.ReadError, match="has format 99; this version"):
        jf.load_fit(copy)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.97])
def test_a_file_that_was_cut_off_is_refused(saved, tmp_path, part):
    raw = saved.read_bytes()
    (tmp_path / "cut.nc").write_bytes(raw[: int(part * len(raw))])
    with pytest.raises(jf.ReadError, match="damaged"):
        jf.load_fit(tmp_path / "cut.nc")


def rewritten(saved, path, **changes):
    """A file with a valid checksum whose text says something else."""
    content = read_file(saved)
    told = read_text(content.text, KINDS) | changes
    return write_file(path, Content(write_text(told, KINDS), content.groups))


def test_a_model_that_is_laid_out_otherwise_is_refused(saved, tmp_path):
    path = rewritten(saved, tmp_path / "f.nc", formula="yes ~ wave + (1 | commune)")
    with pytest.raises(jf.ReadError, match="cannot be laid out again"):
        jf.load_fit(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"record": "os.system", "fields": {"command": "true"}}',
        '{"record": "Normal", "fields": {"mu": 0}}',
        '{"call": "print"}',
        "[" * 100_000,
        "{",
    ],
)
def test_texts_name_only_known_records(saved, tmp_path, text):
    path = write_file(tmp_path / "f.nc", Content(text, read_file(saved).groups))
    with pytest.raises(jf.ReadError, match="record cannot be read"):
        jf.load_fit(path)


def test_a_formula_in_a_file_is_read_by_the_grammar(saved, tmp_path):
    path = rewritten(saved, tmp_path / "f.nc", formula="yes ~ __import__('os').getpid()")
    with pytest.raises(jf.ReadError, match="cannot be laid out again"):
        jf.load_fit(path)


def test_where_a_fit_cannot_be_written(tmp_path):
    with pytest.raises(jf.SpecError, match=r"name it 'fit\.nc', not 'fit\.pkl'"):
        fitted(MODEL).save(tmp_path / "fit.pkl")
    with pytest.raises(jf.SpecError, match="There is no folder"):
        fitted(MODEL).save(tmp_path / "nowhere" / "fit.nc")


def test_saving_again_replaces_the_file_and_leaves_nothing_else(saved, tmp_path):
    for _ in range(2):
        fitted(MODEL).save(tmp_path / "fit.nc")
    assert [each.name for each in tmp_path.iterdir()] == ["fit.nc"]
    assert read_file(tmp_path / "fit.nc").checksum == read_file(saved).checksum


def test_a_shared_fit_says_why_it_answers_nothing_new(tmp_path):
    shared = jf.load_fit(fitted(MODEL).save(tmp_path / "s.nc", share=True))
    with pytest.raises(AttributeError, match=r"answers no levels\(\): the interviews are not here"):
        shared.levels()
    with pytest.raises(AttributeError, match="has no attribute 'lvels'"):
        _ = shared.lvels
    assert not hasattr(shared, "changes")


def test_the_survey_of_a_loaded_fit_describes_what_it_holds(tmp_path):
    again = jf.load_fit(fitted(MODEL).save(tmp_path / "f.nc"))
    outcomes = again.engine.survey.describe().outcomes
    assert outcomes["outcome"].unique().tolist() == ["yes"]
