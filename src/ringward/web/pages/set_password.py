"""Set the password of somebody who has forgotten it: all that the help desk may change of people (ADMIN-13)."""

from __future__ import annotations

from starlette.responses import Response

from ringward.domain.errors import Invalid, Refused
from ringward.domain.rules.password_policy import LONGEST_PASSWORD
from ringward.domain.secret import Secret
from ringward.web.navigation import SET_PASSWORD, path_of
from ringward.web.visit import Visit, sentence_of


def show(visit: Visit) -> Response:
    """The form."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, wrong: str = "", sentence: str = "") -> Response:
    noun, key = visit.path_parts["noun"], visit.path_parts["key"]
    accounts = visit.administration.accounts(noun)
    accounts.get(visit.actor, key)
    return visit.show(
        "set_password.html",
        code,
        title=accounts.kind.title,
        key=key,
        record_path=path_of(noun, key),
        policy=visit.administration.own_account.password_policy().in_words(),
        longest=LONGEST_PASSWORD,
        may_set=visit.may(f"{noun}.{SET_PASSWORD}"),
        wrong=wrong,
        sentence=sentence,
    )


def save(visit: Visit) -> Response:
    """Set it."""
    noun, key = visit.path_parts["noun"], visit.path_parts["key"]
    texts = (Secret(visit.entered(name)[: LONGEST_PASSWORD + 1]) for name in ("password", "again"))
    try:
        visit.administration.accounts(noun).set_password(visit.actor, key, *texts)
    except Invalid as error:
        return _draw(visit, 422, wrong=error.errors[0].allowed)
    except Refused as error:
        return _draw(visit, 409, sentence=sentence_of(error))
    return visit.go(
        path_of(noun, key),
        f"{key} has the new password, is signed out everywhere, and must choose another at the next sign-in.",
    )
