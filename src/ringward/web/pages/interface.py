"""Tools > Programming Interface: what programs can ask, for those who write them; and their access tokens."""

from __future__ import annotations

from starlette.responses import Response

from ringward.domain.access_token import DEFAULT_DAYS, LONGEST_DAYS
from ringward.domain.errors import AlreadyExists, FieldError, Invalid, Refused
from ringward.web.interface.openapi import description
from ringward.web.visit import Visit, sentence_of

TOKENS = "/CMAdmin/access-tokens"


def show(visit: Visit) -> Response:
    """Every operation with its fields."""
    document = description()
    groups: dict[str, list[tuple[str, str, dict[str, object]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return visit.show("interface.html", document=document, groups=groups, tokens=TOKENS)


def show_tokens(visit: Visit) -> Response:
    """The access tokens, without themselves."""
    return _tokens(visit)


def _tokens(visit: Visit, code: int = 200, sentence: str = "", made: str = "", name: str = "") -> Response:
    tokens = visit.administration.access_tokens.find(visit.actor)
    users = visit.administration.application_users.find(visit.actor).records
    return visit.show(
        "access_tokens.html",
        code,
        tokens=tokens,
        users=[user.name for user in users],
        sentence=sentence,
        made=made,
        name=name,
        now=int(visit.site.now() * 1000),
        days=DEFAULT_DAYS,
        longest=LONGEST_DAYS,
        may_change=visit.may("access-token.add"),
    )


def change_tokens(visit: Visit) -> Response:
    """Make a token, which this answer alone shows, or revoke one."""
    if visit.entered("revoke"):
        visit.administration.access_tokens.remove(visit.actor, visit.entered("revoke"))
        return visit.go(TOKENS, f"Access token {visit.entered('revoke')} is revoked.")
    name, days = visit.entered("name").strip(), visit.entered("days")
    try:
        if not (days.isascii() and days.isdigit() and len(days) < 6):
            allowed = f"from 1 to {LONGEST_DAYS}"
            raise Invalid("access-token", name, [FieldError("days", days[:10], allowed)])
        made = visit.administration.access_tokens.add(visit.actor, name, visit.entered("user"), int(days))
    except (Invalid, AlreadyExists, Refused) as error:
        return _tokens(visit, 422, sentence=sentence_of(error), name=name)
    return _tokens(visit, 201, made=made.token.reveal(), name=name)
