"""The way of every request to its page: who is it, was it made by our own page, and what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from urllib.parse import parse_qs, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from ringward.domain.errors import LockedOut, NotAllowed, NotFound, RingwardError, Unavailable
from ringward.web.live import has_taken_in
from ringward.web.navigation import OWN_ACCOUNT, SECOND_FACTOR, USER_ACCOUNT
from ringward.web.protection import MAX_FIELDS, Form, TooLarge, Unreadable, comes_from_here, read_form
from ringward.web.sessions import Notice, Session
from ringward.web.visit import Handler, Site, Visit, sentence_of

COOKIE = "__Host-ringward"
"""The prefix has browsers insist on Secure, on our own host alone, and on the path / (RFC 6265bis 4.1.3.2)."""
SIGN_IN = "/sign-in"
SIGN_IN_CODE = f"{SIGN_IN}/code"
SAFE = ("GET", "HEAD")
"""Methods of requests that change nothing."""
NOT_YET = "This is saved. The running node is busy and has not taken it in yet; it will in some seconds."
_MAX_QUERY = 8192

_log = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


class Entrance:
    """Makes endpoints of pages."""

    def __init__(
        self, site: Site, password_pages: Collection[Handler] = (), enrolment_pages: Collection[Handler] = ()
    ) -> None:
        """The pages that are left to somebody who must change his password first, or set up a second factor."""
        self._site = site
        self._password_pages = password_pages
        self._enrolment_pages = enrolment_pages

    def page(self, handler: Handler, *, for_end_users: bool = False) -> Endpoint:
        """An endpoint that only those who are signed in reach: administrators, or end users (HTTPS-13)."""

        async def endpoint(request: Request) -> Response:
            session = await run_in_threadpool(self._session, request)
            if session is None or session.is_end_user is not for_end_users:
                return _to_sign_in(request, for_end_users=for_end_users)
            try:
                form = Form() if request.method in SAFE else await read_form(request)
            except (TooLarge, Unreadable) as error:
                visit = self._visit(request, session, Form())
                return self._failed(visit, 413 if isinstance(error, TooLarge) else 400, sentence_of(error))
            visit = self._visit(request, session, form)
            if request.method not in SAFE and not (
                comes_from_here(request.headers) and session.may_post(visit.entered("csrf"))
            ):
                return self._failed(visit, 403, "This form is out of date or was not made here: try it again.")
            if session.must_change_password and handler not in self._password_pages:
                return RedirectResponse(USER_ACCOUNT if session.is_end_user else OWN_ACCOUNT, 303)
            if session.must_enrol and handler not in (*self._password_pages, *self._enrolment_pages):
                return RedirectResponse(SECOND_FACTOR, 303)
            return await run_in_threadpool(self._answer, visit, handler)

        return endpoint

    def _visit(self, request: Request, session: Session, form: Form) -> Visit:
        return Visit(
            self._site,
            session,
            request.method,
            request.url.path,
            read_query(request),
            form.texts,
            form.files,
            request.path_params,
        )

    def _session(self, request: Request, *, is_used: bool = True) -> Session | None:
        """The session of a request, if its account still is what it was when it signed in."""
        session = self._site.sessions.find(request.cookies.get(COOKIE, ""), is_used=is_used)
        if session is None:
            return None
        account = self._site.administration.authentication.present(session.actor, is_end_user=session.is_end_user)
        if account is None or account.credential != session.credential:
            self._site.sessions.end(request.cookies.get(COOKIE, ""))
            return None
        session.actor = account.actor
        session.must_change_password, session.must_enrol = account.must_change_password, account.must_enrol
        return session

    def session_of(self, request: Request) -> Session | None:
        """The session of a request that the page made and nobody who sits there: a stream of live news.

        So it does not count as use: a browser that was left on such a page is signed out like any other.
        """
        session = self._session(request, is_used=False)
        return None if session is None or session.must_change_password or session.must_enrol else session

    def _answer(self, visit: Visit, handler: Handler) -> Response:
        response = self._answer_in_turn(visit, handler)
        if visit.method not in SAFE and response.status_code < 400 and not has_taken_in(self._site.live):
            visit.session.notices.append(Notice(NOT_YET, "warning"))
        return response

    def _answer_in_turn(self, visit: Visit, handler: Handler) -> Response:
        try:
            with self._site.turns.taken():
                return handler(visit)
        except NotAllowed as error:
            return self._failed(visit, 403, sentence_of(error))
        except NotFound as error:
            return self._failed(visit, 404, sentence_of(error))
        except Unavailable as error:
            return self._failed(visit, 503, sentence_of(error))
        except RingwardError as error:
            return self._failed(visit, 400, sentence_of(error))
        except Exception:
            _log.exception("%s %s failed", visit.method, visit.path)
            return self._failed(
                visit, 500, "Something went wrong here. Nothing was changed; the log of the node says more."
            )

    def _failed(self, visit: Visit, status: int, sentence: str) -> Response:
        return visit.show("failed.html", status, sentence=sentence, status=status)


def read_query(request: Request) -> dict[str, list[str]]:
    """The query of an address, bounded; what is too long or cannot be read is no query."""
    text = request.url.query
    if len(text) > _MAX_QUERY:
        return {}
    try:
        return parse_qs(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        return {}


def _to_sign_in(request: Request, *, for_end_users: bool) -> Response:
    if "text/html" not in request.headers.get("accept", "text/html, */*"):
        return JSONResponse({"error": "sign in first"}, 401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    who = "&as=user" if for_end_users else ""
    return RedirectResponse(f"{SIGN_IN}?next={quote(back, safe='')}{who}", 303)


def locked_out_sentence(error: LockedOut) -> str:
    """What somebody reads whose account is locked."""
    return f"Too many wrong attempts: this account is locked for {error.seconds} seconds."
