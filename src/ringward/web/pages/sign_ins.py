"""User Management > Sign-Ins and Lock-Outs: who is signed in, locked out, has a second factor; and ending each."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.second_factors import READ, REMOVE
from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid, NotFound
from ringward.domain.nouns import NOUNS
from ringward.domain.rules.sign_in import place_in_words
from ringward.web.navigation import SIGN_INS, path_of
from ringward.web.visit import Visit


def show(visit: Visit) -> Response:
    """The two tables; what somebody may not see is left out."""
    administration = visit.administration
    return visit.show(
        "sign_ins.html",
        sessions=(
            None
            if visit.may("lock-out.read") and not visit.may("session.read")
            else administration.sign_ins.find(visit.actor, visit.site.sessions.views)
        ),
        here=visit.session.identity,
        locked=administration.lock_outs.find(visit.actor) if visit.may("lock-out.read") else None,
        titles={noun: kind.title for noun, kind in NOUNS.items()},
        path_of=path_of,
        place_in_words=place_in_words,
        now=int(visit.site.now() * 1000),
        may_end=visit.may("session.end"),
        may_unlock=visit.may("lock-out.unlock"),
        factors=administration.second_factors.find(visit.actor) if visit.may(READ) else None,
        may_take_away=visit.may(REMOVE),
    )


def change(visit: Visit) -> Response:
    """Unlock an account, or sign it out of one browser or of all."""
    noun, name, identity = (visit.entered(field) for field in ("noun", "name", "session"))
    act = visit.entered("act")
    try:
        if act == "unlock":
            visit.administration.lock_outs.unlock(visit.actor, noun, name)
            return visit.go(SIGN_INS, f"{name} is unlocked and can try again.")
        if act == "end":
            visit.administration.sign_ins.end(
                visit.actor,
                noun,
                name,
                lambda: visit.site.sessions.end_of(name, is_end_user=noun == EndUser.noun, identity=identity),
            )
            return visit.go(SIGN_INS, f"{name} is signed out.")
        if act == "take-away":
            visit.administration.second_factors.remove(visit.actor, name)
            said = f"The second factor of {name} is gone, {name} is signed out. The password alone is enough now."
            return visit.go(SIGN_INS, said, kind="warning")
    except NotFound:
        return visit.go(SIGN_INS, "That was over already: nothing is changed.", kind="warning")
    raise Invalid("form", "", [FieldError("act", act[:20], "unlock, end, take-away")])
