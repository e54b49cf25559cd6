"""One call of a program: who it is, what it gives, and what it is answered, errors included (RFC 9457)."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import (
    AlreadyExists,
    ChangedMeanwhile,
    FieldError,
    InUse,
    Invalid,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    Refused,
    RingwardError,
    Unavailable,
)
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun
from ringward.web.entrance import SAFE, read_query
from ringward.web.live import LiveNode, has_taken_in
from ringward.web.protection import TooLarge, read_body
from ringward.web.turns import Turns
from ringward.web.versions import version_of

PROBLEM = "application/problem+json"
TAKEN_IN = "Ringward-Taken-In"
"""Header of an answer to a change: whether the running node works by it already."""
_STATUS: Sequence[tuple[type[RingwardError], int]] = (
    (NotAuthenticated, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (ChangedMeanwhile, 412),
    (AlreadyExists, 409),
    (InUse, 409),
    (Refused, 409),
    (TooLarge, 413),
    (Invalid, 422),
    (Unavailable, 503),
)
_MAX_TOKEN = 200
MAX_MOMENT = 2**32 - 1
"""Seconds since 1970."""

_log = logging.getLogger(__name__)


class BadRequest(RingwardError):
    """What was sent cannot be understood."""


@dataclass(frozen=True, slots=True)
class Call:
    """See the module."""

    administration: Administration
    live: LiveNode
    actor: Actor
    path_parts: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    if_match: str

    def asked(self, name: str, otherwise: str = "") -> str:
        """A text of the address' query."""
        return next(iter(self.query.get(name, ())), otherwise)

    @property
    def unless(self) -> Callable[[Noun], bool] | None:
        """Whether something is not any more what the program saw of it (``If-Match``); None if it did not say."""
        seen = self.if_match
        return (lambda present: version_of(present) != seen) if seen and seen != "*" else None

    def number(self, name: str, otherwise: int, most: int) -> int:
        """A number of the address' query; raises :class:`Invalid`."""
        text = self.asked(name)
        if not text:
            return otherwise
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= most):
            raise Invalid("query", name, [FieldError(name, text[:20], f"whole numbers from 0 to {most}")])
        return int(text)

    def moment(self, name: str) -> int | None:
        """A time of the address' query in milliseconds since 1970, there in seconds; raises :class:`Invalid`."""
        text = self.asked(name)
        if not text:
            return None
        if not (
            text.isascii() and text.isdigit() and len(text) <= len(str(MAX_MOMENT)) and int(text) <= MAX_MOMENT
        ):
            raise Invalid("query", name, [FieldError(name, text[:20], f"seconds since 1970, up to {MAX_MOMENT}")])
        return int(text) * 1000

    def flag(self, name: str) -> bool:
        """Whether the query has a flag; raises :class:`Invalid`."""
        text = self.asked(name, "false")
        if text not in ("true", "false"):
            raise Invalid("query", name, [FieldError(name, text[:20], "true, false")])
        return text == "true"

    def object(self) -> dict[str, Any]:
        """The body, a JSON object; raises :class:`BadRequest`."""
        try:
            found = json.loads(self.body)
            json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):
            raise BadRequest("the body is not JSON, or a text in it is none") from None
        if not isinstance(found, dict):
            raise BadRequest("the body must be a JSON object")
        return found


Answer = Callable[[Call], Response]


class Gate:
    """Makes endpoints of answers: only who has a token comes in."""

    def __init__(self, administration: Administration, live: LiveNode, turns: Turns) -> None:
        self._administration = administration
        self._live = live
        self._turns = turns

    def endpoint(self, answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint. The answer is made in a thread of the web service."""

        async def endpoint(request: Request) -> Response:
            try:
                body = await read_body(request)
                return await run_in_threadpool(self._in_turn, request, body, answer)
            except TooLarge as error:
                return problem(error)

        return endpoint

    def _in_turn(self, request: Request, body: bytes, answer: Answer) -> Response:
        with self._turns.taken():
            response = self._serve(request, body, answer)
        if request.method not in SAFE and response.status_code < 400:
            response.headers[TAKEN_IN] = str(has_taken_in(self._live)).lower()
        return response

    def _serve(self, request: Request, body: bytes, answer: Answer) -> Response:
        try:
            return answer(
                Call(
                    self._administration,
                    self._live,
                    self._actor(request),
                    request.path_params,
                    read_query(request),
                    body,
                    request.headers.get("if-match", "").strip('"'),
                )
            )
        except RingwardError as error:
            return problem(error)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return problem(RingwardError("an error of the node's own; its log says more"), 500)

    def _actor(self, request: Request) -> Actor:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token or len(token) > _MAX_TOKEN:
            raise NotAuthenticated
        origin = request.client.host if request.client else ""
        return self._administration.access_tokens.actor_of(Secret(token.strip()), origin)


def problem(error: RingwardError, status: int = 400) -> Response:
    """An error as problem details."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), status)
    sentence = "send a good access token: Authorization: Bearer ..." if status == 401 else str(error)
    details: dict[str, Any] = {"type": "about:blank", "title": type(error).__name__, "status": status}
    details["detail"] = sentence
    if isinstance(error, Invalid):
        details["errors"] = [
            {"field": each.field, "value": each.value, "allowed": each.allowed} for each in error.errors
        ]
    if isinstance(error, InUse):
        details["dependents"] = [{"noun": noun, "key": key} for noun, key in error.dependents]
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse(details, status, headers, media_type=PROBLEM)
