"""The command line: `jfmodels demo`, `draft`, `check`, `estimate`, `judge`, `report`.

Commands only read options, call the public functions and show what these return. The package
itself is imported inside them, so that help and version come at once.
"""

from __future__ import annotations

import dataclasses
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jfmodels.errors import JfmodelsError, SpecError, choose

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from jfmodels.survey.design import SurveyDesign
    from jfmodels.survey.survey import Survey

__all__ = ["app"]

BAD_INPUT = 2
SCREEN_WIDTH = 100  # of output that does not go to a terminal, which has a width of its own
DEMO_OUTCOME = "trust_army"
DEMO_GROUP = "region"

app = typer.Typer(
    help="Did perceptions change? Trends of repeated surveys, with honest uncertainty.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _design_option(flag: str, text: str) -> Any:
    return typer.Option(flag, help=text, rich_help_panel="Design (overrides the codebook's)")


Data = Annotated[Path, typer.Argument(help="Survey file: csv, xlsx, parquet, sav or dta.")]
CodebookFile = Annotated[Path, typer.Option("--codebook", help="What the columns mean (YAML).")]
Wave = Annotated[str | None, _design_option("--wave", "Column of the wave.")]
Strata = Annotated[list[str] | None, _design_option("--strata", "Column of strata; repeatable.")]
Cluster = Annotated[list[str] | None, _design_option("--cluster", "Column of PSUs; repeatable.")]
Weights = Annotated[str | None, _design_option("--weights", "Column of weights.")]
Repeats = Annotated[str | None, _design_option("--repeats", "nothing, clusters or people.")]
Target = Annotated[str | None, _design_option("--target", "population or these_clusters.")]
Interviewer = Annotated[str | None, _design_option("--interviewer", "Column of interviewers.")]
Person = Annotated[str | None, _design_option("--person", "Column of persons asked again.")]
Date = Annotated[str | None, _design_option("--date", "Column of the interview's date.")]
Lonely = Annotated[
    str | None, _design_option("--lonely", "raise, adjust, certainty or average: one-PSU strata.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        import jfmodels as jf

        typer.echo(f"jfmodels {jf.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Did perceptions change? Trends of repeated surveys, with honest uncertainty."""


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for tables and pictures.")] = Path("demo"),
) -> None:
    """Show trends and changes of the bundled, simulated survey, and draw them."""
    with _plain_errors():
        with _working("Estimating"):
            levels, changes = _demo_tables()
        _show(levels, f"Trust in the army by {DEMO_GROUP} (simulated data)")
        _show(changes, "Changes from wave to wave, in percentage points (simulated data)")
        with _working("Drawing"):
            written = _write_demo(levels, changes, out)
        typer.echo(f"\nWritten: {', '.join(map(str, written))}")
        with _working("Writing the report"):
            english, french = _demo_reports(out)
        typer.echo(f"The report of the last wave: {english} (in French: {french})")


@app.command()
def estimate(
    context: typer.Context,
    data: Data,
    codebook: CodebookFile,
    outcome: Annotated[list[str], typer.Option(help="Outcome of the codebook; repeatable.")],
    by: Annotated[list[str] | None, typer.Option(help="Group column; repeatable.")] = None,
    changes: Annotated[
        str | None, typer.Option(help="Compare with: previous, first, all, or a wave's name.")
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Domain, such as region=Mopti,Gao; repeatable.")
    ] = None,
    small_sample: Annotated[str, typer.Option(help="cr2 or none.")] = "cr2",
    minimum: Annotated[
        int | None, typer.Option(help="Withhold what rests on fewer interviews or exposes them.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write to a .csv, .xlsx or .json file.")] = None,
    form: Annotated[
        str, typer.Option("--format", help="On the screen: table, csv or json.")
    ] = "table",
    wave: Wave = None,
    strata: Strata = None,
    cluster: Cluster = None,
    weights: Weights = None,
    repeats: Repeats = None,
    target: Target = None,
    interviewer: Interviewer = None,
    person: Person = None,
    date: Date = None,
    lonely: Lonely = None,
) -> None:
    """Estimate levels, or changes between waves, without a model."""
    import jfmodels as jf

    with _plain_errors():
        deliver = _delivery(out, form)
        domain, groups = _domain(where or []), _one_or_more(by)
        with _working("Reading"):
            survey = _read(data, codebook, context.params)
        with _working("Estimating"):
            fit = jf.direct(survey, outcome, by=groups, where=domain, small_sample=small_sample)
            table = fit.changes(against=changes, by=groups) if changes else fit.levels(by=groups)
            if minimum is not None:
                (table,) = jf.withhold([table], minimum=minimum)
        deliver(table, "Changes" if changes else "Levels")


@app.command()
def check(
    context: typer.Context,
    data: Data,
    codebook: CodebookFile,
    wave: Wave = None,
    strata: Strata = None,
    cluster: Cluster = None,
    weights: Weights = None,
    repeats: Repeats = None,
    target: Target = None,
    interviewer: Interviewer = None,
    person: Person = None,
    date: Date = None,
    lonely: Lonely = None,
) -> None:
    """Hold a file against its codebook and design: what was collected, or every problem."""
    with _plain_errors():
        with _working("Reading"):
            survey = _read(data, codebook, context.params)
        _tell(survey.describe(), repr(survey).splitlines()[0])


@app.command()
def draft(
    data: Data,
    form: Annotated[
        Path | None,
        typer.Option(help="Questionnaire: XLSForm (.xlsx), or LimeSurvey structure (.lss, .txt)."),
    ] = None,
    wave: Annotated[str | None, typer.Option(help="Column of the wave.")] = None,
    out: Annotated[
        Path, typer.Option(help="Codebook to write; a file that is there stays.")
    ] = Path("codebook.yaml"),
) -> None:
    """Draft a codebook from labels or a questionnaire, and list what is left to decide."""
    import jfmodels as jf

    with _plain_errors():
        with _working("Reading"):
            drafted = jf.draft_codebook(data, form=form, wave=wave)
        jf.write_codebook(drafted, out)
    typer.echo("To decide and to check:")
    for each in jf.to_decide(drafted):
        typer.echo(f"- {each}")
    typer.echo(f"Written: {out}", err=True)


@app.command()
def judge(
    context: typer.Context,
    claims: Annotated[Path, typer.Argument(help="Claims file (YAML).")],
    data: Data,
    codebook: CodebookFile,
    out: Annotated[Path | None, typer.Option(help="Write to a .html, .json or .csv file.")] = None,
    against: Annotated[
        Path | None, typer.Option(help="Earlier verdicts (.json): say what moved since.")
    ] = None,
    engine: Annotated[str, typer.Option(help="direct, weighted, laplace or nuts.")] = "direct",
    small_sample: Annotated[str, typer.Option(help="cr2 or none.")] = "cr2",
    weighting: Annotated[
        str | None, typer.Option(help="ignore or pseudo: of a Bayesian model.")
    ] = None,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Judge under other choices too.")
    ] = False,
    covariates: Annotated[
        list[str] | None,
        typer.Option("--covariate", help="Column that a model holds fixed; may be repeated."),
    ] = None,
    lang: Annotated[str, typer.Option(help="en or fr.")] = "en",
    wave: Wave = None,
    strata: Strata = None,
    cluster: Cluster = None,
    weights: Weights = None,
    repeats: Repeats = None,
    target: Target = None,
    interviewer: Interviewer = None,
    person: Person = None,
    date: Date = None,
    lonely: Lonely = None,
) -> None:
    """Say of every claim whether the data bear it; status 1 if anything moved since `--against`."""
    import jfmodels as jf
    from jfmodels.report.verdict_page import WRITERS, write_verdicts

    with _plain_errors():
        if out is not None:
            choose("file format", out.suffix.lower(), WRITERS)
        with _working("Reading"):
            said, survey = jf.read_claims(claims), _read(data, codebook, context.params)
        with nullcontext() if robustness else _working("Judging"):  # which shows its own bar
            verdicts = jf.judge(
                said,
                survey,
                engine=engine,
                small_sample=small_sample,
                weighting=weighting,
                covariates=covariates,
                robustness=robustness,
            )
        moved = None if against is None else verdicts.since(against)
        if out is None:
            typer.echo(verdicts.in_words(lang))
        else:
            written = write_verdicts(verdicts, out, lang=lang, moved=moved)
            typer.echo(f"Written: {written}", err=True)
    if moved is not None:
        _tell_moved(moved)


@app.command()
def report(
    context: typer.Context,
    data: Data,
    codebook: CodebookFile,
    out: Annotated[Path, typer.Option(help="Write to this .html file.")],
    lang: Annotated[str, typer.Option(help="en or fr.")] = "en",
    claims: Annotated[Path | None, typer.Option(help="Claims to judge (YAML).")] = None,
    by: Annotated[
        str,
        typer.Option(
            help="Column to break numbers down by: by default that of the strata; '' for none."
        ),
    ] = "strata",
    minimum: Annotated[int, typer.Option(help="Interviews that a number must rest on.")] = 10,
    wave: Wave = None,
    strata: Strata = None,
    cluster: Cluster = None,
    weights: Weights = None,
    repeats: Repeats = None,
    target: Target = None,
    interviewer: Interviewer = None,
    person: Person = None,
    date: Date = None,
    lonely: Lonely = None,
) -> None:
    """Write the report of the last wave: one HTML file to read, print or send."""
    import jfmodels as jf
    from jfmodels.report.survey_report import require_page

    with _plain_errors():
        require_page(out, lang)
        with _working("Reading"):
            said = None if claims is None else jf.read_claims(claims)
            survey = _read(data, codebook, context.params)
        verdicts = None
        if said is not None:
            with _working("Judging"):
                verdicts = jf.judge(said, survey)
        with _working("Writing the report"):
            jf.write_report(survey, out, lang=lang, claims=verdicts, by=by or None, minimum=minimum)
    typer.echo(f"Written: {out}", err=True)


def _tell_moved(moved: pd.DataFrame) -> None:
    """Say whether anything moved, and leave with status 1 if so."""
    from jfmodels.report.terminal import print_frame

    if moved.empty:
        typer.echo("Nothing moved.")
        return
    print_frame(_screen(), moved, "Moved since the earlier run")
    raise typer.Exit(1)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Say what is wrong with the input in a sentence, and leave with status 2."""
    try:
        yield
    except JfmodelsError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{error.filename}: {error.strerror}." if error.strerror else str(error)
    else:
        return
    typer.echo(f"Error: {problem}", err=True)
    raise typer.Exit(BAD_INPUT)


@contextmanager
def _working(doing: str) -> Iterator[None]:
    """Show that work goes on, where somebody is watching."""
    from rich.console import Console

    watched = Console(stderr=True)
    if not watched.is_terminal:
        yield
        return
    with watched.status(f"{doing} ..."):
        yield


def _read(data: Path, codebook: Path, options: Mapping[str, Any]) -> Survey:
    """Read a survey whose codebook file may hold the design too; options override it."""
    import jfmodels as jf
    from jfmodels.survey.read import read_yaml

    book = dict(read_yaml(codebook))
    design = _design(book.pop("design", None), options)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        survey: Survey = jf.read_survey(data, design=design, codebook=book)
    for each in told:
        typer.echo(f"Warning: {each.message}", err=True)
    return survey


def _design(written: object, options: Mapping[str, Any]) -> SurveyDesign:
    """Build the design from what the codebook file says; an option given overrides it."""
    from jfmodels.survey.design import SurveyDesign
    from jfmodels.survey.read import read_design

    names = [field.name for field in dataclasses.fields(SurveyDesign)]
    given = {name: _one_or_more(options[name]) for name in names if options.get(name)}
    if not given or not isinstance(written, Mapping):
        return read_design(given or written)
    return read_design({**written, **given})


def _one_or_more(value: str | list[str] | None) -> str | list[str] | None:
    """Turn what a repeatable option gathered into one name, several, or none."""
    if isinstance(value, list) and len(value) < 2:
        return value[0] if value else None
    return value


def _domain(parts: list[str]) -> dict[str, list[str]] | None:
    """Read ``region=Mopti,Gao`` as a domain.

    Examples
    --------
    >>> _domain(["region=Mopti,Gao", "sex=female"])
    {'region': ['Mopti', 'Gao'], 'sex': ['female']}
    """
    domain: dict[str, list[str]] = {}
    for part in parts:
        name, equals, values = part.partition("=")
        if not (name and equals and values):
            raise SpecError(f"--where '{part}' is no domain. Write --where region=Mopti,Gao.")
        domain.setdefault(name.strip(), []).extend(each.strip() for each in values.split(","))
    return domain or None


def _delivery(out: Path | None, form: str) -> Callable[[pd.DataFrame, str], None]:
    """Decide where a table goes before any work is done for it."""
    import jfmodels as jf
    from jfmodels.report.files import TEXTS, WRITERS

    if out is not None:
        choose("file format", out.suffix.lower(), WRITERS)
        return lambda table, title: typer.echo(f"Written: {jf.write_table(table, out)}", err=True)
    ways = {"table": _show, **{name: _echo(as_text) for name, as_text in TEXTS.items()}}
    return choose("format", form, ways)


def _echo(as_text: Callable[[pd.DataFrame], str]) -> Callable[[pd.DataFrame, str], None]:
    return lambda table, title: typer.echo(as_text(table), nl=False)


def _show(table: pd.DataFrame, title: str) -> None:
    from jfmodels.report.terminal import print_table

    print_table(_screen(), table, title)


def _tell(description: object, title: str) -> None:
    import pandas as pd

    from jfmodels.report.terminal import print_frame

    if isinstance(description, pd.DataFrame):
        print_frame(_screen(), description, title)
    else:
        typer.echo(f"{title}\n{description}")


def _screen() -> Console:
    """Open the screen for text from the data, in which brackets and colons are no markup."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else SCREEN_WIDTH
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _demo_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    import jfmodels as jf

    fit = jf.direct(jf.example(), DEMO_OUTCOME, by=DEMO_GROUP)
    levels = _with_overall(fit.levels(), fit.levels(by=DEMO_GROUP))
    changes = _with_overall(fit.changes(), fit.changes(by=DEMO_GROUP))
    return levels, changes


def _with_overall(overall: pd.DataFrame, grouped: pd.DataFrame) -> pd.DataFrame:
    """Put the rows about all groups together before those of each, one group after the other."""
    import pandas as pd

    whole = overall.reindex(columns=grouped.columns)
    groups = {name: dtype for name, dtype in grouped.dtypes.items() if name not in overall}
    stacked = pd.concat([whole.astype(groups), grouped.sort_values(DEMO_GROUP, kind="stable")])
    stacked.attrs = dict(grouped.attrs)
    return stacked.reset_index(drop=True)


def _write_demo(levels: pd.DataFrame, changes: pd.DataFrame, folder: Path) -> list[Path]:
    """Write both tables and a picture of each."""
    import jfmodels as jf

    folder.mkdir(parents=True, exist_ok=True)
    return [
        jf.write_table(levels, folder / "trend.csv"),
        _draw(jf.plot_trend, levels, folder / "trend.png"),
        jf.write_table(changes, folder / "changes.csv"),
        _draw(jf.plot_changes, changes, folder / "changes.png"),
    ]


def _demo_reports(folder: Path) -> list[Path]:
    """Write the report of the example in both languages."""
    import jfmodels as jf

    survey = jf.example()
    verdicts = jf.judge(jf.example_claims(), survey)
    return [
        jf.write_report(survey, folder / f"report-{lang}.html", lang=lang, claims=verdicts)
        for lang in ("en", "fr")
    ]


def _draw(plot: Callable[[pd.DataFrame], Any], table: pd.DataFrame, path: Path) -> Path:
    """Draw a table into a file; no window is opened, so that it works without a display."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    from jfmodels.report.plots import save_plot

    mpl.use("Agg")
    axes = plot(table)
    save_plot(axes, path)
    plt.close(axes.figure)
    return path
