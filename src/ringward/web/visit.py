"""One request of somebody who is signed in, and what a page answers it with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor, is_allowed
from ringward.domain.errors import RingwardError
from ringward.web.live import Foreseen, LiveNode, Question
from ringward.web.navigation import ADMINISTRATION, MENUS, OWN_ACCOUNT, USER_ACCOUNT, USER_MENU, USER_OPTIONS
from ringward.web.sessions import Notice, Session, Sessions
from ringward.web.turns import Turns
from ringward.web.undo import Undo


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages work with."""

    administration: Administration
    live: LiveNode
    sessions: Sessions
    templates: Environment
    now: Callable[[], float]
    """Seconds since 1970."""
    turns: Turns = field(default_factory=Turns)

    def foreseeing(self, *questions: Question) -> Site:
        """The same, where the node is asked all of these at once: what a page is about to show of it."""
        return replace(self, live=Foreseen(self.live, questions))


@dataclass(frozen=True, slots=True)
class Visit:
    """See the module. ``query`` and ``form`` hold each name with all its texts."""

    site: Site
    session: Session
    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, Sequence[str]]
    files: Mapping[str, bytes]
    path_parts: Mapping[str, str]

    def foreseeing(self, *questions: Question) -> Visit:
        """The same visit on such a :meth:`Site.foreseeing`."""
        return replace(self, site=self.site.foreseeing(*questions))

    @property
    def actor(self) -> Actor:
        """On whose behalf it is."""
        return self.session.actor

    @property
    def administration(self) -> Administration:
        """The use cases."""
        return self.site.administration

    def asked(self, name: str, otherwise: str = "") -> str:
        """A text of the address' query."""
        return next(iter(self.query.get(name, ())), otherwise)

    def entered(self, name: str, otherwise: str = "") -> str:
        """A text of the form."""
        return next(iter(self.form.get(name, ())), otherwise)

    def may(self, permission: str) -> bool:
        """Whether whoever is signed in has a permission; pages do not show what would be refused."""
        return is_allowed(self.actor, permission)

    def show(self, template: str, code: int = 200, **values: Any) -> Response:
        """Draw a page; notices that wait are shown on it."""
        notices, self.session.notices[:] = list(self.session.notices), []
        menus, links, home, account = (
            ((), USER_MENU, USER_OPTIONS, USER_ACCOUNT)
            if self.session.is_end_user
            else (MENUS, (), ADMINISTRATION, OWN_ACCOUNT)
        )
        text = self.site.templates.get_template(template).render(
            visit=self,
            menus=menus,
            links=links,
            home=f"{home}/",
            account_page=account,
            notices=notices,
            csrf=self.session.csrf,
            **values,
        )
        return HTMLResponse(text, code)

    def ask_first(
        self, question: str, consequence: str, word: str, fields: Mapping[str, str] = MappingProxyType({})
    ) -> Response:
        """Ask before something is done; a yes comes as the same form again, with ``fields`` and ``sure``."""
        return self.show("confirm.html", question=question, consequence=consequence, word=word, fields=fields)

    @property
    def is_sure(self) -> bool:
        """Whether this is the yes to such a question."""
        return self.entered("sure") == "yes"

    def go(
        self, path: str, said: str = "", details: Sequence[str] = (), kind: str = "done", undo: Undo | None = None
    ) -> Response:
        """Send the browser to another page, which shows what was said."""
        if said:
            self.session.undo = undo
            self.session.notices.append(Notice(said, kind, tuple(details), can_undo=undo is not None))
        return RedirectResponse(path, 303)


def sentence_of(error: RingwardError) -> str:
    """What went wrong, as a sentence for a page."""
    words = str(error)
    return f"{words[:1].upper()}{words[1:]}."


Handler = Callable[[Visit], Response]
"""A page. It runs in a thread of the web service and may take its time."""
