"""dna: where a number would go if a line dialled it, step by step."""

from __future__ import annotations

from starlette.responses import Response

from ringward.domain.errors import RingwardError
from ringward.domain.phone import Phone
from ringward.web.visit import Visit, sentence_of


def show(visit: Visit) -> Response:
    """The question, and the answer if it was asked."""
    dialled, device, line = (visit.asked(name).strip() for name in ("dialled", "device", "line"))
    found, sentence = None, ""
    if dialled:
        try:
            found = visit.site.live.ask(
                "analyse",
                {"dialled": dialled[:64], "device": device, "line": int(line) if line.isdecimal() else 1},
            )
        except RingwardError as error:
            sentence = sentence_of(error)
    phones = visit.administration.records(Phone).find(visit.actor, limit=300).records
    return visit.show(
        "number_analyzer.html",
        dialled=dialled,
        device=device,
        line=line or "1",
        found=found,
        sentence=sentence,
        phones=[(phone.device_name, phone.description) for phone in phones],
    )
