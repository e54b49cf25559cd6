"""Who is signed in to the pages, who is locked out, and ending either."""

from __future__ import annotations

from dataclasses import asdict

from starlette.responses import JSONResponse, Response

from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.rules.sign_in import place_in_words
from ringward.domain.secret import Secret
from ringward.web.interface.call import Call


def sessions(call: Call) -> Response:
    """All sessions, the one that was used last first."""
    found = call.administration.sign_ins.find(call.actor, lambda: call.live.ask("sessions"))
    return JSONResponse({"items": found})


def end_sessions(call: Call) -> Response:
    """End the sessions of an account, or the one that the query names."""
    noun, name = call.path_parts["account_kind"], call.path_parts["name"]
    arguments = {"name": name, "is_end_user": noun == EndUser.noun, "session": call.asked("session")}
    call.administration.sign_ins.end(call.actor, noun, name, lambda: int(call.live.ask("end-sessions", arguments)))
    return Response(status_code=204)


def lock_outs(call: Call) -> Response:
    """What is locked now."""
    items = [
        asdict(each.failures) | {"place": place_in_words(each.failures.place), "exists": each.exists}
        for each in call.administration.lock_outs.find(call.actor)
    ]
    return JSONResponse({"items": items})


def set_password(call: Call) -> Response:
    """Set the password of somebody who has forgotten it; whoever signs in with it must choose another."""
    body = call.object()
    password = body.get("password")
    if not isinstance(password, str) or len(body) != 1:
        raise Invalid("password", "", [FieldError("password", "(hidden)", "a text, and nothing else")])
    secret = Secret(password)
    accounts = call.administration.accounts(call.path_parts["account_kind"])
    accounts.set_password(call.actor, call.path_parts["name"], secret, secret)
    return Response(status_code=204)


def second_factors(call: Call) -> Response:
    """Which application users have a second factor."""
    found = call.administration.second_factors.find(call.actor)
    return JSONResponse({"items": [asdict(each) for each in found]})


def remove_second_factor(call: Call) -> Response:
    """Take a second factor away."""
    call.administration.second_factors.remove(call.actor, call.path_parts["name"])
    return Response(status_code=204)


def unlock(call: Call) -> Response:
    """Unlock an account."""
    call.administration.lock_outs.unlock(call.actor, call.path_parts["account_kind"], call.path_parts["name"])
    return Response(status_code=204)
