"""Voice Mail > Messages Waiting: for which directory numbers messages wait, and saying so."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.message_waiting import MOST_MESSAGES, NOUN
from ringward.calls.message_waiting import Messages
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.web.navigation import MESSAGES_WAITING, path_of
from ringward.web.visit import Visit, sentence_of


def show(visit: Visit) -> Response:
    """The numbers that have messages, and the form."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, sentence: str = "") -> Response:
    found = visit.administration.message_waiting.all(visit.actor)
    return visit.show(
        "message_waiting.html",
        code,
        rows=[(DirectoryNumber.join_key(number), messages) for number, messages in found.items()],
        number_path=lambda key: path_of(DirectoryNumber.noun, key),
        most=MOST_MESSAGES,
        may_change=visit.may(f"{NOUN}.update"),
        sentence=sentence,
    )


def save(visit: Visit) -> Response:
    """Say how many messages a number has; its phones are told."""
    key = visit.entered("number").strip()
    try:
        messages = Messages(_count(visit, "new"), _count(visit, "old"))
        visit.administration.message_waiting.set(visit.actor, key, messages)
    except (Invalid, NotFound) as error:
        return _draw(visit, 422, sentence_of(error))
    return visit.go(MESSAGES_WAITING, f"{key} has {messages.new} new and {messages.old} old messages.")


def _count(visit: Visit, name: str) -> int:
    text = visit.entered(name).strip() or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_MESSAGES))):
        raise Invalid(NOUN, "", [FieldError(name, text[:20], f"whole numbers from 0 to {MOST_MESSAGES}")])
    return int(text)
