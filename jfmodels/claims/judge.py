"""``jf.judge``: claims held against a survey."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from jfmodels.claims.choices import choices_named
from jfmodels.claims.claim import Claim, Claims
from jfmodels.claims.judgement import Judgement
from jfmodels.claims.moved import moved_since
from jfmodels.claims.robustness import specification_table, with_standing
from jfmodels.claims.specification import DIRECT, Specification, require_weighting
from jfmodels.claims.words import LANGUAGES, word
from jfmodels.display.card import Card, Displayed
from jfmodels.display.sheet import Sheet
from jfmodels.engines.fitting import Settings
from jfmodels.engines.progress import somebody_looks
from jfmodels.errors import SpecError, choose, require_share, unknown
from jfmodels.survey.design import Names, as_names
from jfmodels.survey.replicates import Replicates
from jfmodels.survey.survey import Survey, require_survey

__all__ = ["Verdicts", "judge"]


SIMULATED = {"en": "Simulated data.", "fr": "Données simulées."}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Verdicts(Displayed):
    """What the data say of claims; see :func:`judge`.

    Attributes
    ----------
    table : DataFrame
        A row for every claim, followed by one for each of its parts; columns of
        :data:`jfmodels.results.schema.VERDICTS`.
    claims : Claims
        What was judged.
    specifications : DataFrame or None
        The same claims under other choices, where `robustness` was asked for; columns of
        :data:`jfmodels.results.schema.SPECIFICATIONS`.

    Examples
    --------
    >>> import jfmodels as jf
    >>> claim = jf.example_claims().claims["C05_relations_good_and_fair"]
    >>> len(jf.judge(claim, jf.example()).of_claims)
    1
    """

    table: pd.DataFrame
    claims: Claims
    specifications: pd.DataFrame | None = None

    @property
    def of_claims(self) -> pd.DataFrame:
        """The rows of claims as wholes."""
        return self.table[self.table["part"].isna()].reset_index(drop=True)

    def of_parts(self, claim: str) -> pd.DataFrame:
        """The rows of the parts of one claim.

        Parameters
        ----------
        claim : str
            Its name.

        Returns
        -------
        DataFrame
            Columns of :data:`jfmodels.results.schema.VERDICTS`.

        Raises
        ------
        SpecError
            If there is no claim of that name.

        Examples
        --------
        >>> import jfmodels as jf
        >>> claims = jf.example_claims()
        >>> one = jf.Claims(claims={"C05": claims.claims["C05_relations_good_and_fair"]})
        >>> jf.judge(one, jf.example()).of_parts("C05")["claim"].unique().tolist()
        ['C05']
        """
        if claim not in self.claims.claims:
            raise SpecError(unknown("claim", claim, self.claims.claims))
        of_claim = self.table["claim"] == claim
        return self.table[of_claim & self.table["part"].notna()].reset_index(drop=True)

    def since(self, path: str | Path) -> pd.DataFrame:
        """Say what is no longer as in an earlier run.

        Parameters
        ----------
        path : str or Path
            JSON file that ``jf.write_table(verdicts.table, path)`` or ``jfmodels judge`` wrote.

        Returns
        -------
        DataFrame
            A row for each number, verdict, hash or version that moved; columns of
            :data:`jfmodels.results.schema.MOVED`. No rows if nothing did.

        Raises
        ------
        ReadError
            If the file is missing or holds no verdicts.

        Examples
        --------
        >>> import tempfile
        >>> import jfmodels as jf
        >>> verdicts = jf.judge(jf.example_claims().claims["C05_relations_good_and_fair"],
        ...                     jf.example())
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = jf.write_table(verdicts.table, f"{folder}/verdicts.json")
        ...     len(verdicts.since(path))
        0
        """
        return moved_since(self.table, Path(path))

    def in_words(self, lang: str = "en") -> str:
        """Say every claim's verdict in a sentence.

        Parameters
        ----------
        lang : {"en", "fr"}
            Language of the sentences.

        Returns
        -------
        str
            A line for each claim, below one that says so if the data are simulated.

        Examples
        --------
        >>> import jfmodels as jf
        >>> claim = jf.example_claims().claims["C05_relations_good_and_fair"]
        >>> jf.judge(claim, jf.example()).in_words("fr").splitlines()[0]
        'Données simulées.'
        """
        choose("language", lang, dict.fromkeys(LANGUAGES))
        simulated = self.table.attrs["record"]["simulated"]
        lines = [SIMULATED[lang]] if simulated else []
        for row in self.of_claims.to_dict("records"):
            verdict = word(f"verdict_{row['verdict']}", lang)
            lines.append(f"{row['claim']} [{verdict}] {row[f'says_{lang}']}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        card = self._card()
        return f"{card.title}: {card.about}\n{self.in_words()}"

    def _card(self) -> Card:
        counts = self.of_claims["verdict"].value_counts()
        found = ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        n = len(self.of_claims)
        rows = [
            (row["claim"], self.claims.claims[row["claim"]].text, row["verdict"], row["says_en"])
            for row in self.of_claims.to_dict("records")
        ]
        headings = ("claim", "as published", "verdict", "what was found")
        return Card(
            f"Verdicts on {n} claim{'s' if n != 1 else ''}",
            found,
            warnings=[SIMULATED["en"]] if self.table.attrs["record"]["simulated"] else [],
            sheets=[Sheet("", headings, tuple(rows), words=(0, 1, 2, 3))],
            notes=["All numbers: verdicts.table; the parts of a claim: verdicts.of_parts(name)."],
        )


def judge(
    claims: Claims | Claim,
    survey: Survey,
    *,
    engine: str | Settings = "direct",
    small_sample: str = "cr2",
    replicates: Replicates | None = None,
    weighting: str | None = None,
    covariates: Names = None,
    over: object = None,
    alpha: float = 0.05,
    robustness: bool | Sequence[str] = False,
    progress: bool | None = None,
) -> Verdicts:
    """Ask of every claim whether the data bear it: supported, contradicted or undecided.

    A level is *supported* if its interval lies within the claim's tolerance and *contradicted*
    if it excludes the rounding of the published number. A direction or comparison is decided by
    whether the interval lies wholly on the said side of the margin, or wholly on the other.
    "Remains" is shown by two one-sided tests [1]_. A claim whose parts must all hold is
    supported if each is, without adjustment [2]_, and contradicted if one is after Holm's; if
    any part suffices it is the other way round. A posterior supports what has a probability of
    0.95, and contradicts what has 0.05.

    Parameters
    ----------
    claims : Claims or Claim
        As :func:`read_claims` reads them.
    survey : Survey
        The survey.
    engine : {"direct", "weighted", "laplace", "nuts"} or settings, default "direct"
        How the data are asked. Models take the formulas of :func:`jfmodels.compare`.
    small_sample : {"cr2", "none"}, default "cr2"
        Of direct estimates; see :func:`jfmodels.direct`.
    replicates : Replicates, optional
        Of direct estimates. Data that name no clusters and bring replicate weights are judged by
        these.
    weighting : str, optional
        Of a Bayesian model; see :func:`jfmodels.fit`.
    covariates : str or list of str, optional
        Columns that a model holds fixed, beside waves and groups.
    over : "wave", "fixed", "everyone" or Population, optional
        Whom a model is averaged over; by default the people of each wave.
    alpha : float, default 0.05
        Error rate of every verdict.
    robustness : bool or list of str, default False
        Whether to judge again under the choices that a critic would vary, all or those listed:
        "base", "weights", "places", in all combinations; "interviewers", "target", "engine",
        "composition", one at a time; what cannot be varied is said. Multilevel models take a
        second or more each.
    progress : bool, optional
        Whether to show a bar while judging again; by default in a terminal or notebook.

    Returns
    -------
    Verdicts
        With one table for claims and parts.

    Raises
    ------
    ClaimError
        If a claim speaks of outcomes, categories, waves or groups that the survey has not.

    References
    ----------
    .. [1] Schuirmann, D. J. (1987). A comparison of the two one-sided tests procedure and the
       power approach for assessing the equivalence of average bioavailability. Journal of
       Pharmacokinetics and Biopharmaceutics 15, 657-680.
    .. [2] Berger, R. L. (1982). Multiparameter hypothesis testing and acceptance sampling.
       Technometrics 24, 295-300.

    Examples
    --------
    >>> import jfmodels as jf
    >>> claims = jf.Claims.from_dict({"source": "a report", "claims": {"criticised": {
    ...     "text": "The Russian forces are increasingly criticised", "parts": {"forces": {
    ...     "kind": "change", "outcome": "criticism_russian_forces", "counting": "yes",
    ...     "base": "in_base", "wave": "Q6", "against": "Q5", "direction": "up"}}}}})
    >>> verdicts = jf.judge(claims, jf.example())
    >>> verdicts.of_claims["verdict"].tolist()
    ['supported']
    """
    require_survey(survey)
    require_share("alpha", alpha)
    every = _claims(claims)
    specification = Specification(
        engine=engine,
        small_sample=small_sample,
        replicates=replicates or _supplied(survey, engine),
        weighting=weighting,
        covariates=as_names(covariates),
        over=over,
    )
    require_weighting(survey, specification)
    chosen = {} if robustness is False else choices_named(robustness)
    _require_models(specification, survey, chosen)
    judgement = Judgement.of(every, survey, specification, alpha)
    table = judgement.table()
    if not chosen:
        return Verdicts(table, every)
    shown = somebody_looks(sys.stderr) if progress is None else progress
    specifications = specification_table(judgement, table, chosen, progress=shown)
    return Verdicts(with_standing(table, specifications), every, specifications)


def _supplied(survey: Survey, engine: str | Settings) -> Replicates | None:
    """The replicate weights that came with data which name no clusters: there is no other way."""
    design = survey.design
    needed = engine == DIRECT and design.replicates is not None and not design.all_stages
    return Replicates("supplied") if needed else None


def _require_models(
    specification: Specification, survey: Survey, chosen: Mapping[str, object]
) -> None:
    """Refuse what is said of a model where there is none, and covariates that are not there."""
    for name in specification.covariates:
        survey.group(name)
    if specification.is_direct and not {"engine", "composition"} & set(chosen):
        said = [
            f"{name}="
            for name in ("covariates", "over", "weighting")
            if getattr(specification, name)
        ]
        if said:
            verb = "speak" if len(said) > 1 else "speaks"
            raise SpecError(
                f"{' and '.join(said)} {verb} of a model, and engine='direct' has none. Name an "
                "engine, or let robustness= vary 'engine' or 'composition'."
            )


def _claims(given: object) -> Claims:
    """Take claims, or one."""
    if isinstance(given, Claim):
        return Claims(claims={"claim": given})
    if not isinstance(given, Claims):
        raise SpecError(
            f"judge() takes claims, as jf.read_claims() reads them; found {type(given).__name__}."
        )
    return given
