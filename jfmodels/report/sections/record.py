"""How a report came about, so that it can be made again; also at the end of other pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jfmodels.report.html import Html, element
from jfmodels.report.page import Section, section
from jfmodels.report.words import phrase

__all__ = ["record_section"]

HASHES = ("data_hash", "codebook_hash", "claims_hash")


def record_section(record: Mapping[str, Any], call: str, lang: str) -> Section:
    """Write fingerprints, versions and the call.

    Parameters
    ----------
    record : mapping
        As tables carry it.
    call : str
        What made the page.
    lang : {"en", "fr"}
        Language.
    """
    told: dict[str, object] = {"n_record": record["n"]}
    told |= {name: element("code", record[name]) for name in HASHES if name in record}
    told |= {"call": element("code", call)}
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    told |= {"versions": versions}
    listed: list[Html] = []
    for name, value in told.items():
        listed += [element("dt", phrase(name, lang)), element("dd", value)]
    lead = element("p", phrase("record_lead", lang))
    return section("record", phrase("record", lang), lead, element("dl", *listed, class_="record"))
