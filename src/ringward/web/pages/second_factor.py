"""An administrator's own second factor: set it up with a picture and one code, get recovery codes, turn it off."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from ringward.administration.second_factors import LONGEST_CODE
from ringward.domain.errors import FieldError, Refused
from ringward.domain.rules.password_policy import LONGEST_PASSWORD
from ringward.domain.secret import Secret
from ringward.web.acts import Acts, carry_out
from ringward.web.navigation import OWN_ACCOUNT
from ringward.web.qr_picture import qr_picture
from ringward.web.visit import Visit


def show(visit: Visit) -> Response:
    """The page."""
    return _draw(visit)


def change(visit: Visit) -> Response:
    """What one of the forms asks for."""
    return carry_out(visit, _ACTS, _draw)


def _draw(
    visit: Visit,
    code: int = 200,
    errors: Sequence[FieldError] = (),
    sentence: str = "",
    made: Sequence[Secret] = (),
) -> Response:
    own, session = visit.administration.own_second_factor, visit.session
    factor = own.look(visit.actor)
    offered = None
    if factor.enrolled_at is None:
        offered = session.offered_key = session.offered_key or own.offer(visit.actor)
    return visit.show(
        "second_factor.html",
        code,
        factor=factor,
        offered=offered,
        picture=qr_picture(offered.address, f"QR code of the key for {offered.account}") if offered else "",
        made=[each.reveal() for each in made],
        is_demanded=session.must_enrol,
        errors={error.field: error.allowed for error in errors},
        which=visit.entered("act"),
        sentence=sentence,
        back=OWN_ACCOUNT,
        longest=LONGEST_PASSWORD,
        longest_code=LONGEST_CODE,
    )


def _entered(visit: Visit) -> tuple[Secret, str]:
    return Secret(visit.entered("present")[: LONGEST_PASSWORD + 1]), visit.entered("code")[: LONGEST_CODE + 1]


def _keep_session(visit: Visit) -> None:
    """This browser stays signed in; all others of the account must sign in anew."""
    account = visit.administration.authentication.present(visit.actor, is_end_user=False)
    if account is not None:
        visit.session.credential, visit.session.must_enrol = account.credential, account.must_enrol


def _turn_on(visit: Visit) -> Response:
    offered, (present, code) = visit.session.offered_key, _entered(visit)
    if offered is None:  # a form that was left open while the node started anew
        raise Refused("this form is out of date: open the page anew and scan the new picture")
    made = visit.administration.own_second_factor.turn_on(visit.actor, present, offered, code)
    visit.session.offered_key = None
    _keep_session(visit)
    return _draw(visit, made=made)


def _renew_codes(visit: Visit) -> Response:
    return _draw(visit, made=visit.administration.own_second_factor.renew_codes(visit.actor, *_entered(visit)))


def _turn_off(visit: Visit) -> Response:
    visit.administration.own_second_factor.turn_off(visit.actor, *_entered(visit))
    _keep_session(visit)
    return visit.go(visit.path, "Your second factor is off: your password alone signs you in.", kind="warning")


_ACTS: Acts = {"turn-on": _turn_on, "new-codes": _renew_codes, "turn-off": _turn_off}
