"""Signing in and out, for administrators and for end users (HTTPS-13)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ringward.administration.authentication import DEVICE_DAYS, Account
from ringward.administration.second_factors import LONGEST_CODE
from ringward.domain.address import source_of
from ringward.domain.errors import CodeWanted, LockedOut, NotAuthenticated, WrongCode
from ringward.domain.rules.password_policy import LONGEST_PASSWORD
from ringward.domain.secret import Secret
from ringward.web.entrance import COOKIE, SIGN_IN, SIGN_IN_CODE, locked_out_sentence, read_query
from ringward.web.navigation import ADMINISTRATION, USER_OPTIONS
from ringward.web.pending_sign_ins import PendingSignIn, PendingSignIns
from ringward.web.protection import Form, TooLarge, Unreadable, comes_from_here, read_form
from ringward.web.visit import Site

DEVICE_COOKIE = "__Host-ringward-known"
"""By it a browser in which an account has signed in before is told from strangers, who cannot lock it out."""
STEP_COOKIE = "__Host-ringward-step"
"""Known to a browser that has shown the password and not yet the code."""
ATTEMPTS = 20
"""Attempts to sign in that one address has at once; beyond that it gets one more each INTERVAL."""
INTERVAL = 3.0
"""Seconds. An address that guesses gets 28,800 guesses a day over all accounts, each of which locks by itself."""
MAX_ADDRESSES = 10_000
_AT_ONCE = 2
"""Passwords that are checked at the same time: each takes a processor and much memory (Argon2)."""
_MAX_WAITING = 20
"""Requests that wait for that; more are asked to come again."""


class AddressBudget:
    """How often an address may still try: a bucket that refills."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def take(self, address: str) -> bool:
        """Take one attempt; False when none is left."""
        now, address = self._clock(), source_of(address)
        full_at = max(self._full_at.get(address, now), now) + INTERVAL
        if full_at - now > ATTEMPTS * INTERVAL:
            return False
        self._full_at[address] = full_at
        self._full_at.move_to_end(address)
        if len(self._full_at) > MAX_ADDRESSES:
            self._full_at.popitem(last=False)
        return True


class SignIn:
    """The only pages that strangers reach."""

    def __init__(self, site: Site, node_name: str, clock: Callable[[], float]) -> None:
        self._site = site
        self._node_name = node_name
        self._budget = AddressBudget(clock)
        self._pending = PendingSignIns(clock)
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def show(self, request: Request) -> Response:
        """The form."""
        query = read_query(request)
        return self._form(next_path=(query.get("next") or [""])[0], as_user=(query.get("as") or [""])[0] == "user")

    async def enter(self, request: Request) -> Response:
        """Check a password and begin a session."""
        try:
            form = await read_form(request)
        except (TooLarge, Unreadable) as error:
            status = 413 if isinstance(error, TooLarge) else 400
            return self._form(sentence="This form could not be read.", status=status)
        user, password, where, who = (form.text(name) for name in ("user", "password", "next", "as"))
        as_user = who == "user"
        if not comes_from_here(request.headers):
            return self._form(sentence="Please sign in on this page itself.", status=403)
        address = request.client.host if request.client else ""
        if self._waiting >= _MAX_WAITING or not self._budget.take(address):
            sentence = "Too many attempts from this address: wait a minute, then try again."
            return self._form(user, where, as_user=as_user, sentence=sentence, status=429)
        self._waiting += 1
        try:
            async with self._turns:
                cookie, device = await run_in_threadpool(
                    self._begin, request, user, Secret(password[: LONGEST_PASSWORD + 1]), address, as_user
                )
        except CodeWanted as wanted:
            answer = RedirectResponse(SIGN_IN_CODE, 303)
            _set_cookie(answer, STEP_COOKIE, self._pending.begin(user[:64], wanted, _safe(where, as_user=False)))
            return answer
        except NotAuthenticated:
            sentence = "The user ID or the password is wrong."
            return self._form(user, where, as_user=as_user, sentence=sentence, status=403)
        except LockedOut as error:
            return self._form(user, where, as_user=as_user, sentence=locked_out_sentence(error), status=429)
        finally:
            self._waiting -= 1
        return self._welcome(request, cookie, device, _safe(where, as_user=as_user))

    async def show_code(self, request: Request) -> Response:
        """The form for the code of the second factor."""
        if self._pending.find(request.cookies.get(STEP_COOKIE, "")) is None:
            return RedirectResponse(SIGN_IN, 303)
        return self._code_form()

    async def enter_code(self, request: Request) -> Response:
        """Check the code and begin a session."""
        try:
            form = await read_form(request)
        except (TooLarge, Unreadable) as error:
            return self._code_form("This form could not be read.", 413 if isinstance(error, TooLarge) else 400)
        if not comes_from_here(request.headers):
            return self._code_form("Please enter the code on this page itself.", 403)
        step = request.cookies.get(STEP_COOKIE, "")
        pending = self._pending.find(step)
        if pending is None:
            return self._form(sentence="That took too long: sign in once more.", status=403)
        address = request.client.host if request.client else ""
        if not self._budget.take(address):
            return self._code_form("Too many attempts from this address: wait a minute, then try again.", 429)
        try:
            cookie, device = await run_in_threadpool(
                self._finish, request, pending, form.text("code")[: LONGEST_CODE + 1], address
            )
        except WrongCode as error:
            return self._code_form(f"{str(error).capitalize()}.", 403)
        except NotAuthenticated:  # the account has changed meanwhile
            self._pending.end(step)
            return self._form(sentence="Please sign in once more.", status=403)
        except LockedOut as error:
            return self._code_form(locked_out_sentence(error), 429)
        self._pending.end(step)
        answer = self._welcome(request, cookie, device, pending.next_path)
        _forget_cookie(answer, STEP_COOKIE)
        return answer

    def _welcome(self, request: Request, cookie: str, device: str, path: str) -> Response:
        """The session has begun; the one before in this browser ends."""
        self._site.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse(path, 303)
        _set_cookie(answer, COOKIE, cookie)
        _set_cookie(answer, DEVICE_COOKIE, device, DEVICE_DAYS)
        return answer

    def _begin(
        self, request: Request, user: str, password: Secret, address: str, as_user: bool
    ) -> tuple[str, str]:
        """The cookie of the new session, and the one by which this browser is known from now on."""
        authentication = self._site.administration.authentication
        device = request.cookies.get(DEVICE_COOKIE, "")
        account = authentication.sign_in(user[:64], password, address, is_end_user=as_user, device=device)
        return self._session(request, account, as_user)

    def _finish(self, request: Request, pending: PendingSignIn, code: str, address: str) -> tuple[str, str]:
        authentication = self._site.administration.authentication
        account = authentication.finish(pending.name, pending.wanted, code, address)
        return self._session(request, account, as_user=False)

    def _session(self, request: Request, account: Account, as_user: bool) -> tuple[str, str]:
        agent = request.headers.get("user-agent", "")
        cookie = self._site.sessions.begin(account.actor, account.credential, is_end_user=as_user, agent=agent)
        return cookie, self._site.administration.authentication.device_of(account, is_end_user=as_user)

    async def leave(self, request: Request) -> Response:
        """End the session. Needs its token, so that no other site can sign somebody out."""
        if not comes_from_here(request.headers):
            return self._form(sentence="Please sign out on a page of Ringward itself.", status=403)
        cookie = request.cookies.get(COOKIE, "")
        session = self._site.sessions.find(cookie)
        try:
            form = await read_form(request)
        except (TooLarge, Unreadable):
            form = Form()
        if session is not None and session.may_post(form.text("csrf")):
            self._site.sessions.end(cookie)
        answer = RedirectResponse(SIGN_IN, 303)
        _forget_cookie(answer, COOKIE)
        return answer

    def _form(
        self,
        user: str = "",
        next_path: str = "",
        *,
        as_user: bool = False,
        sentence: str = "",
        status: int = 200,
    ) -> Response:
        text = self._site.templates.get_template("sign_in.html").render(
            user=user[:64], next=next_path[:2000], as_user=as_user, sentence=sentence, node=self._node_name
        )
        return HTMLResponse(text, status)

    def _code_form(self, sentence: str = "", status: int = 200) -> Response:
        text = self._site.templates.get_template("sign_in_code.html").render(
            sentence=sentence, node=self._node_name, longest=LONGEST_CODE
        )
        return HTMLResponse(text, status)


def _forget_cookie(answer: Response, name: str) -> None:
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="strict")


def _set_cookie(answer: Response, name: str, value: str, days: int | None = None) -> None:
    """A cookie that scripts and other sites never get; without ``days`` it goes with the browser."""
    age = days * 24 * 3600 if days is not None else None
    answer.set_cookie(name, value, path="/", secure=True, httponly=True, samesite="strict", max_age=age)


def _safe(path: str, *, as_user: bool) -> str:
    """Where to go after signing in: only to pages of our own, of the kind that the account may see."""
    home = f"{USER_OPTIONS}/" if as_user else f"{ADMINISTRATION}/"
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isascii() and path.isprintable()
    if not is_ours or path.startswith(SIGN_IN) or path.startswith(USER_OPTIONS) is not as_user:
        return home
    return path
