"""What the simulated survey asks: every question with its answers and what moves them.

To add a question, list it in `QUESTIONS`; data, codebook and truth follow. The shares are
those that the last wave is to show: where a figure was published it stands here, and the
others are invented, as are all differences between regions, waves and people.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DONT_KNOW", "MISSING", "QUESTIONS", "REFUSED", "TOPICS", "Moves", "Question", "Text"]

type Text = tuple[str, str]  # English, French
type ByRegion = tuple[float, float, float, float]  # Bandiagara, Gao, Mopti, Timbuktu

DONT_KNOW, REFUSED, MISSING = 9, 98, -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What moves an answer, on the logit scale and as seen from the last wave.

    Attributes
    ----------
    region : tuple of 4 float
        Level of each region in the last wave.
    trend : tuple of 4 float
        Change from each wave to the next.
    jump : tuple of 4 float
        What the step between the last two waves has in addition.
    urban, woman, older, displaced : float
        Shift of people in town, of women, per older age class, and of displaced people.
    """

    region: ByRegion = (0.0, 0.0, 0.0, 0.0)
    trend: ByRegion = (0.0, 0.0, 0.0, 0.0)
    jump: ByRegion = (0.0, 0.0, 0.0, 0.0)
    urban: float = 0.0
    woman: float = 0.0
    older: float = 0.0
    displaced: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question.

    Attributes
    ----------
    name : str
        Name of the outcome, and of its column.
    label : tuple of str
        The question in English and French.
    scale : str
        "binary", "ordinal", "nominal" or "multi".
    categories : tuple of (str, str)
        Answers, or options, in English and French and in order.
    shares : tuple of float
        Weighted share of each in the last wave. What is left to 1 did not know or refused,
        except with "multi", whose options are named independently.
    shown : tuple of str
        English answers whose share tables speak of; all where empty.
    moves : tuple of Moves
        One; for "nominal" and "multi" one for each of `categories`.
    topic : str
        Questions of one topic share part of what sets communes and people apart.
    first_code : int
        Code of the first answer.
    first_wave : int
        Place of the first wave that asked.
    """

    name: str
    label: Text
    scale: str
    categories: tuple[Text, ...]
    shares: tuple[float, ...]
    moves: tuple[Moves, ...]
    shown: tuple[str, ...] = ()
    topic: str = ""
    first_code: int = 0
    first_wave: int = 0

    @property
    def silent(self) -> float:
        """Share of those who did not know or refused."""
        return 0.0 if self.scale == "multi" else round(1 - sum(self.shares), 9)


NO_YES: tuple[Text, ...] = (("no", "non"), ("yes", "oui"))
AMOUNT: tuple[Text, ...] = (
    ("not at all", "pas du tout"),
    ("just a little", "un peu"),
    ("somewhat", "assez"),
    ("a lot", "beaucoup"),
)
SITUATION: tuple[Text, ...] = (
    ("very bad", "très mauvaise"),
    ("bad", "mauvaise"),
    ("fair", "moyenne"),
    ("good", "bonne"),
    ("very good", "très bonne"),
)
RELATIONS: tuple[Text, ...] = (
    ("very poor", "très mauvaises"),
    ("poor", "mauvaises"),
    ("fair", "passables"),
    ("good", "bonnes"),
    ("very good", "très bonnes"),
)
COMPARED: tuple[Text, ...] = (
    ("much worse", "bien pire"),
    ("worse", "pire"),
    ("the same", "inchangée"),
    ("better", "meilleure"),
    ("much better", "bien meilleure"),
)
SAFETY: tuple[Text, ...] = (
    ("not safe at all", "pas du tout en sécurité"),
    ("not very safe", "pas vraiment en sécurité"),
    ("rather safe", "plutôt en sécurité"),
    ("very safe", "tout à fait en sécurité"),
)


def confidence(
    name: str,
    label: Text,
    shares: tuple[float, float, float, float],
    trend: ByRegion,
    *,
    first_wave: int = 0,
    urban: float = 0.0,
) -> Question:
    """Ask how much an actor of security is trusted: least outside Mopti, whoever it is."""
    moves = Moves(
        region=(-0.55, -0.5, 1.1, -0.7),
        trend=trend,
        urban=urban,
        woman=0.1,
        older=0.1,
        displaced=-0.25,
    )
    return Question(
        name=name,
        label=label,
        scale="ordinal",
        categories=AMOUNT,
        shares=shares,
        shown=("somewhat", "a lot"),
        moves=(moves,),
        topic="trust",
        first_wave=first_wave,
    )


def yes_or_no(
    name: str, label: Text, shares: tuple[float, float], moves: Moves, *, topic: str = "justice"
) -> Question:
    """Ask a question whose answer is no or yes."""
    return Question(
        name=name,
        label=label,
        scale="binary",
        categories=NO_YES,
        shares=shares,
        shown=("yes",),
        moves=(moves,),
        topic=topic,
    )


CONFIDENCE: tuple[Question, ...] = (
    confidence(
        "trust_army",
        ("Confidence in the army", "Confiance envers l'armée"),
        (0.06, 0.12, 0.41, 0.37),
        (-0.12, 0.02, 0.04, -0.02),
    ),
    confidence(
        "trust_gendarmerie",
        ("Confidence in the gendarmerie", "Confiance envers la gendarmerie"),
        (0.08, 0.15, 0.42, 0.31),
        (-0.06, 0.0, 0.03, 0.0),
        urban=0.2,
    ),
    confidence(
        "trust_police",
        ("Confidence in the police", "Confiance envers la police"),
        (0.10, 0.18, 0.40, 0.27),
        (-0.05, 0.02, 0.03, 0.02),
        urban=0.3,
    ),
    confidence(
        "trust_national_guard",
        ("Confidence in the national guard", "Confiance envers la garde nationale"),
        (0.08, 0.14, 0.42, 0.32),
        (-0.06, 0.0, 0.03, 0.0),
    ),
    confidence(
        "trust_russian_forces",
        ("Confidence in the Russian forces", "Confiance envers les forces russes"),
        (0.13, 0.16, 0.36, 0.29),
        (-0.15, -0.10, -0.02, -0.10),
        first_wave=2,
    ),
    confidence(
        "trust_self_defence_groups",
        ("Confidence in self-defence groups", "Confiance envers les groupes d'autodéfense"),
        (0.14, 0.18, 0.38, 0.26),
        (-0.15, 0.0, 0.02, 0.0),
        urban=-0.3,
    ),
    confidence(
        "trust_customary_chiefs",
        ("Confidence in customary chiefs", "Confiance envers les chefs coutumiers"),
        (0.05, 0.11, 0.38, 0.43),
        (0.0, 0.0, 0.02, 0.0),
        urban=-0.3,
    ),
)

FORCES: tuple[Question, ...] = (
    yes_or_no(
        "criticism_fds",
        (
            "Criticises the behaviour of the defence and security forces",
            "Critique le comportement des forces de défense et de sécurité",
        ),
        (0.56, 0.44),
        Moves(
            region=(0.25, 0.1, -0.4, 0.1),
            trend=(0.16, 0.14, 0.12, 0.14),
            jump=(0.25, 0.25, 0.25, 0.25),
            older=-0.1,
            displaced=0.2,
        ),
        topic="forces",
    ),
    Question(
        name="criticism_russian_forces",
        label=(
            "Criticises the behaviour of the Russian forces",
            "Critique le comportement des forces russes",
        ),
        scale="binary",
        categories=NO_YES,
        shares=(0.61, 0.39),
        shown=("yes",),
        moves=(
            Moves(
                region=(0.2, 0.1, -0.4, 0.2),
                trend=(0.2, 0.18, 0.16, 0.2),
                jump=(0.25, 0.25, 0.25, 0.25),
                older=-0.1,
            ),
        ),
        topic="forces",
        first_wave=2,
    ),
    Question(
        name="relations_fds",
        label=(
            "Relations between the population and the defence and security forces",
            "Relations entre la population et les forces de défense et de sécurité",
        ),
        scale="ordinal",
        categories=RELATIONS,
        shares=(0.04, 0.11, 0.34, 0.42, 0.09),
        shown=("fair", "good"),
        moves=(Moves(region=(-0.3, -0.2, 0.4, -0.1), trend=(-0.06, 0.0, 0.02, 0.0), urban=0.2),),
        topic="forces",
        first_code=1,
    ),
    yes_or_no(
        "state_forces_present",
        (
            "State forces are present in the locality",
            "Les forces de l'État sont présentes dans la localité",
        ),
        (0.42, 0.58),
        Moves(region=(-0.2, 0.1, 0.2, 0.0), trend=(-0.05, 0.02, 0.03, 0.0), urban=2.2),
        topic="presence",
    ),
)

SECURITY: tuple[Question, ...] = (
    Question(
        name="security_national",
        label=(
            "Security in the country, compared with six months ago",
            "Sécurité dans le pays, par rapport à il y a six mois",
        ),
        scale="ordinal",
        categories=COMPARED,
        shares=(0.10, 0.21, 0.24, 0.33, 0.12),
        shown=("better", "much better"),
        moves=(
            Moves(
                region=(-0.3, -0.1, 0.2, -0.1),
                trend=(-0.06, 0.03, 0.02, 0.02),
                jump=(-0.3, -0.1, -0.1, -0.1),
                urban=0.3,
            ),
        ),
        topic="security",
        first_code=1,
    ),
    Question(
        name="security_local",
        label=(
            "Security in the locality, compared with six months ago",
            "Sécurité dans la localité, par rapport à il y a six mois",
        ),
        scale="ordinal",
        categories=COMPARED,
        shares=(0.13, 0.26, 0.26, 0.26, 0.09),
        shown=("better", "much better"),
        moves=(
            Moves(
                region=(-0.7, -0.1, 0.3, -0.1),
                trend=(-0.14, -0.02, 0.0, -0.03),
                jump=(-0.6, -0.15, -0.1, -0.15),
                urban=0.4,
                displaced=-0.4,
            ),
        ),
        topic="security",
        first_code=1,
    ),
    Question(
        name="security_situation",
        label=("Security situation", "Situation sécuritaire"),
        scale="ordinal",
        categories=SITUATION,
        shares=(0.18, 0.33, 0.26, 0.18, 0.05),
        shown=("good", "very good"),
        moves=(
            Moves(
                region=(-1.0, -0.1, 0.3, -0.2),
                trend=(-0.25, -0.08, -0.06, -0.10),
                jump=(-0.8, -0.15, -0.1, -0.2),
                urban=0.4,
                woman=-0.1,
                displaced=-0.4,
            ),
        ),
        topic="security",
        first_code=1,
    ),
    Question(
        name="economic_situation",
        label=("Economic situation", "Situation économique"),
        scale="ordinal",
        categories=SITUATION,
        shares=(0.24, 0.36, 0.24, 0.13, 0.03),
        shown=("good", "very good"),
        moves=(
            Moves(
                region=(-0.2, -0.1, 0.1, 0.0),
                trend=(-0.16, -0.14, -0.12, -0.15),
                jump=(-0.2, -0.15, -0.1, -0.15),
                urban=0.3,
                woman=-0.15,
                displaced=-0.5,
            ),
        ),
        topic="economy",
        first_code=1,
    ),
    Question(
        name="feel_safe",
        label=(
            "Feels safe in the immediate environment",
            "Se sent en sécurité dans son environnement immédiat",
        ),
        scale="ordinal",
        categories=SAFETY,
        shares=(0.14, 0.27, 0.40, 0.19),
        shown=("rather safe", "very safe"),
        moves=(
            Moves(
                region=(-0.6, -0.1, 0.4, 0.0),
                trend=(-0.12, -0.02, 0.02, -0.02),
                jump=(-0.4, -0.1, 0.0, -0.1),
                urban=0.4,
                woman=-0.2,
                displaced=-0.4,
            ),
        ),
        topic="security",
        first_code=1,
    ),
    Question(
        name="sources_of_insecurity",
        label=("Sources of insecurity", "Sources d'insécurité"),
        scale="multi",
        categories=(
            ("armed attacks", "attaques armées"),
            ("kidnapping", "enlèvements"),
            ("cattle theft", "vol de bétail"),
            ("banditry", "banditisme"),
            ("zakat", "prélèvement de la zakat"),
            ("explosive devices", "engins explosifs"),
            ("intercommunal conflict", "conflits intercommunautaires"),
        ),
        shares=(0.52, 0.31, 0.44, 0.36, 0.17, 0.22, 0.19),
        moves=(
            Moves(region=(0.6, 0.0, -0.2, 0.0), trend=(0.15, 0.05, 0.04, 0.06), urban=-0.7),
            Moves(region=(0.3, 0.0, 0.0, 0.1), trend=(0.10, 0.04, 0.05, 0.06), urban=-0.6),
            Moves(region=(0.4, -0.1, 0.2, 0.0), trend=(0.10, 0.05, 0.05, 0.05), urban=-1.2),
            Moves(region=(-0.3, 0.4, -0.1, 0.4), trend=(0.02, 0.05, 0.03, 0.05), urban=-0.2),
            Moves(region=(0.2, 0.3, 0.2, 0.1), trend=(0.08, 0.08, 0.06, 0.08), urban=-1.4),
            Moves(region=(0.5, 0.0, 0.1, -0.2), trend=(0.12, 0.04, 0.05, 0.04), urban=-0.8),
            Moves(region=(0.5, -0.1, 0.1, -0.2), trend=(0.06, 0.03, 0.03, 0.03), urban=-0.5),
        ),
    ),
)

CIVIL_SOCIETY: tuple[Question, ...] = (
    Question(
        name="civil_society_present",
        label=("Civil society present in the locality", "Société civile présente dans la localité"),
        scale="multi",
        categories=(
            ("customary authorities", "autorités coutumières"),
            ("religious leaders", "leaders religieux"),
            ("women's organisations", "organisations de femmes"),
            ("youth organisations", "organisations de jeunes"),
        ),
        shares=(0.74, 0.61, 0.55, 0.59),
        moves=(
            Moves(urban=-0.3, older=0.1),
            Moves(region=(0.0, -0.1, 0.0, 0.2), older=0.1),
            Moves(trend=(0.03, 0.03, 0.03, 0.03), urban=0.2, woman=0.5),
            Moves(trend=(0.05, 0.05, 0.05, 0.05), urban=0.3, older=-0.15),
        ),
    ),
    Question(
        name="cs_activities",
        label=("Activities of civil society", "Activités de la société civile"),
        scale="multi",
        categories=(
            ("meetings", "réunions"),
            ("awareness raising", "sensibilisation"),
            ("mediation", "médiation"),
            ("infrastructure", "infrastructures"),
            ("training", "formation"),
            ("aid distribution", "distribution d'aide"),
        ),
        shares=(0.64, 0.58, 0.29, 0.11, 0.19, 0.24),
        moves=(
            Moves(region=(0.0, 0.1, 0.0, -0.1)),
            Moves(region=(0.1, 0.0, 0.1, -0.1)),
            Moves(region=(0.3, -0.1, 0.0, -0.1), urban=-0.2),
            Moves(urban=0.4),
            Moves(urban=0.5, older=-0.1),
            Moves(region=(0.2, 0.0, 0.0, 0.1), displaced=0.9),
        ),
    ),
    Question(
        name="org_role_fds",
        label=(
            "Organisations that matter in everyday relations with the forces",
            "Organisations qui comptent dans les relations quotidiennes avec les forces",
        ),
        scale="multi",
        categories=(
            ("youth associations", "associations de jeunes"),
            ("women's associations", "associations de femmes"),
            ("religious leaders", "leaders religieux"),
            ("customary chiefs", "chefs coutumiers"),
        ),
        shares=(0.57, 0.29, 0.34, 0.43),
        moves=(
            Moves(trend=(0.14, 0.12, 0.12, 0.12), jump=(0.2, 0.2, 0.2, 0.2), older=-0.15),
            Moves(trend=(0.03, 0.03, 0.03, 0.03), woman=0.5),
            Moves(region=(0.0, 0.0, 0.0, 0.2), older=0.1),
            Moves(trend=(-0.04, -0.04, -0.04, -0.04), urban=-0.3, older=0.1),
        ),
    ),
)

JUSTICE: tuple[Question, ...] = (
    Question(
        name="state_justice_independence",
        label=("Independence of state justice", "Indépendance de la justice étatique"),
        scale="ordinal",
        categories=(
            ("not independent at all", "pas du tout indépendante"),
            ("not very independent", "peu indépendante"),
            ("fairly independent", "assez indépendante"),
            ("very independent", "très indépendante"),
        ),
        shares=(0.13, 0.52, 0.22, 0.07),
        shown=("not very independent",),
        moves=(Moves(region=(-0.2, 0.0, 0.2, 0.0), trend=(-0.06, -0.04, -0.02, -0.04)),),
        topic="justice",
    ),
    Question(
        name="state_justice_confidence",
        label=("Confidence in state justice", "Confiance envers la justice étatique"),
        scale="ordinal",
        categories=AMOUNT,
        shares=(0.21, 0.30, 0.31, 0.13),
        shown=("somewhat", "a lot"),
        moves=(Moves(region=(-0.3, 0.0, 0.3, 0.0), trend=(-0.06, 0.0, 0.02, 0.0), urban=0.2),),
        topic="justice",
    ),
    Question(
        name="access_to_justice",
        label=(
            "Confidence in having access to justice",
            "Confiance dans la possibilité d'accéder à la justice",
        ),
        scale="ordinal",
        categories=AMOUNT,
        shares=(0.17, 0.27, 0.35, 0.16),
        shown=("somewhat", "a lot"),
        moves=(Moves(region=(-0.3, 0.0, 0.3, -0.1), urban=0.5, woman=-0.2, displaced=-0.3),),
        topic="justice",
    ),
    Question(
        name="justice_expectation",
        label=("What is most expected of justice", "Ce qui est surtout attendu de la justice"),
        scale="nominal",
        categories=(
            ("free from corruption", "sans corruption"),
            ("respect for all", "respect de tous"),
            ("fast decisions", "décisions rapides"),
            ("close to the people", "proche de la population"),
            ("other", "autre"),
        ),
        shares=(0.48, 0.25, 0.12, 0.08, 0.03),
        moves=(
            Moves(trend=(0.05, 0.05, 0.05, 0.05), urban=0.2),
            Moves(region=(0.2, 0.0, -0.1, 0.0), displaced=0.2),
            Moves(older=0.05),
            Moves(urban=-0.4),
            Moves(),
        ),
        first_code=1,
    ),
    yes_or_no(
        "traditional_justice_fast",
        (
            "Traditional justice can deal with problems quickly",
            "La justice traditionnelle peut régler les problèmes rapidement",
        ),
        (0.45, 0.49),
        Moves(region=(0.1, 0.0, 0.1, -0.1), urban=-0.4, older=0.1),
    ),
    yes_or_no(
        "want_record_of_decision",
        (
            "Would like to receive a record of the chief's decision",
            "Souhaite recevoir un procès-verbal de la décision du chef",
        ),
        (0.17, 0.78),
        Moves(trend=(0.04, 0.04, 0.04, 0.04), urban=0.2, older=-0.1),
    ),
    yes_or_no(
        "transfer_to_state",
        (
            "After traditional justice, matters should be transferred to the state",
            "Après la justice traditionnelle, les affaires devraient être transmises à l'État",
        ),
        (0.29, 0.65),
        Moves(region=(-0.2, 0.1, 0.2, 0.0), trend=(0.02, 0.02, 0.02, 0.02), urban=0.3),
    ),
)

QUESTIONS: tuple[Question, ...] = CONFIDENCE + FORCES + SECURITY + CIVIL_SOCIETY + JUSTICE

# in the order of the published update; the economy is of none, and so comes last
TOPICS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "security": (
        ("Perceptions of security", "Perceptions de la sécurité"),
        ("security_national", "security_local", "security_situation", "feel_safe"),
    ),
    "sources": (
        ("Sources of insecurity", "Sources de l'insécurité"),
        ("sources_of_insecurity",),
    ),
    "actors": (
        (
            "Relations with security actors, and confidence in them",
            "Relations avec les acteurs de la sécurité et confiance envers eux",
        ),
        tuple(question.name for question in CONFIDENCE + FORCES),
    ),
    "justice": (("Justice", "Justice"), tuple(question.name for question in JUSTICE)),
    "civil_society": (
        ("Civil society", "Société civile"),
        tuple(question.name for question in CIVIL_SOCIETY),
    ),
}
