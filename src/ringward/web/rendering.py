"""The templates of the pages. Every value is escaped unless it is known to be HTML of our own."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ringward.domain.nouns import NOUNS
from ringward.domain.setting import settings_of
from ringward.web.visit import Visit

ROOM = Path(__file__).parent


def templates() -> Environment:
    """All templates; a misspelt name is an error, not an empty place."""
    environment = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["permitted"] = _permitted
    environment.filters["moment"] = _moment
    environment.globals["help_of"] = _help_of
    return environment


def _permitted(permission: str, visit: Visit) -> bool:
    return visit.may(permission)


def _help_of(noun: str, field: str) -> str:
    """What the question mark says of a setting, for forms that are not made from the description of a noun."""
    return next(item.setting.help for item in settings_of(NOUNS[noun]) if item.name == field)


def _moment(milliseconds: int) -> str:
    """A time as browsers and people read it, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
