"""My account, for administrators and end users alike: password, digest credentials, and where one is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from ringward.administration.authentication import noun_of
from ringward.domain.errors import FieldError
from ringward.domain.rules.password_policy import LONGEST_PASSWORD
from ringward.domain.secret import Secret
from ringward.web.acts import Acts, carry_out
from ringward.web.navigation import SECOND_FACTOR
from ringward.web.visit import Visit


def show(visit: Visit) -> Response:
    """The page."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, errors: Sequence[FieldError] = (), sentence: str = "") -> Response:
    administration, session = visit.administration, visit.session
    user = None
    if session.is_end_user and visit.may("own-data.update"):
        user = administration.user_options.account(visit.actor)
    if session.must_change_password and not sentence:
        sentence = (
            "Choose a new password to go on: this one has been in use for too long, or somebody else has set it."
        )
    return visit.show(
        "my_account.html",
        code,
        may_set_credentials=user is not None,
        has_credentials=user is not None and user.digest_credentials is not None,
        policy=administration.own_account.password_policy().in_words(),
        longest=LONGEST_PASSWORD,
        errors={error.field: error.allowed for error in errors},
        which=visit.entered("act"),
        sentence=sentence,
        sessions=[
            each
            for each in visit.site.sessions.views()
            if (each.name, each.is_end_user) == (visit.actor.name, session.is_end_user)
        ],
        here=session.identity,
        second_factor=None if session.is_end_user else administration.own_second_factor.look(visit.actor),
        second_factor_page=SECOND_FACTOR,
    )


def change(visit: Visit) -> Response:
    """What one of the forms asks for."""
    return carry_out(visit, _ACTS, _draw)


def _secret(visit: Visit, name: str) -> Secret:
    return Secret(visit.entered(name)[: LONGEST_PASSWORD + 1])


def _set_password(visit: Visit) -> Response:
    texts = (_secret(visit, name) for name in ("present", "new", "again"))
    is_end_user = visit.session.is_end_user
    visit.administration.own_account.set_password(visit.actor, *texts, is_end_user=is_end_user)
    account = visit.administration.authentication.present(visit.actor, is_end_user=is_end_user)
    if account is not None:
        visit.session.credential = account.credential  # this browser stays signed in; all others must sign in anew
    return visit.go(visit.path, "Your new password is saved. Other browsers must sign in anew.")


def _set_credentials(visit: Visit) -> Response:
    texts = (_secret(visit, name) for name in ("present", "new", "again"))
    visit.administration.user_options.set_digest_credentials(visit.actor, *texts)
    return visit.go(visit.path, "The new digest credentials are saved: set them at your phone too.")


def _sign_out(visit: Visit) -> Response:
    """Of one other browser, or of all."""
    is_end_user, identity = visit.session.is_end_user, visit.entered("session")
    count = visit.administration.sign_ins.end_own(
        visit.actor,
        lambda: visit.site.sessions.end_of(
            visit.actor.name, is_end_user=is_end_user, identity=identity, but=visit.session
        ),
        noun_of(is_end_user),
    )
    return visit.go(visit.path, f"Signed out of {count} other browser{'' if count == 1 else 's'}.")


_ACTS: Acts = {"password": _set_password, "digest_credentials": _set_credentials, "sign-out": _sign_out}
