"""Pages of several forms about one's own account: which form was sent, and how the page says what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from starlette.responses import Response

from ringward.domain.errors import FieldError, Invalid, LockedOut
from ringward.web.entrance import locked_out_sentence
from ringward.web.visit import Visit

Acts = Mapping[str, Callable[[Visit], Response]]
"""What each form does, by the value of its button ``act``."""


class Draw(Protocol):
    """Draws the page, with what was refused at the fields of the form that was sent, or as a sentence above."""

    def __call__(
        self, visit: Visit, code: int = 200, errors: Sequence[FieldError] = (), sentence: str = ""
    ) -> Response: ...


def carry_out(visit: Visit, acts: Acts, draw: Draw) -> Response:
    """Do what the form asks for; raises :class:`Invalid` where the page has no such form."""
    wanted = visit.entered("act")
    act = acts.get(wanted)
    if act is None:
        raise Invalid("form", "", [FieldError("act", wanted[:20], ", ".join(acts))])
    try:
        return act(visit)
    except Invalid as error:
        return draw(visit, 422, error.errors)
    except LockedOut as error:
        return draw(visit, 429, sentence=locked_out_sentence(error))
