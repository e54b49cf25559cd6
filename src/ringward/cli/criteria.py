"""Search criteria as people type them: ``model=7961``, ``description~lobby``, ``lines.directory_number^=10``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from ringward.domain.errors import RingwardError

if TYPE_CHECKING:
    from ringward.store.criteria import Criterion

_FORMS = "FIELD=TEXT is exactly, FIELD~TEXT contains, FIELD^=TEXT begins with, FIELD$=TEXT ends with"
_ALL_FORMS = f"{_FORMS}, FIELD= is empty, FIELD~ is not empty"
_WHERE_HELP = f"Only records that meet it; may be repeated. {_ALL_FORMS}. Fields are named as with --json."
Where = Annotated[
    list[str] | None, typer.Option("--where", metavar="CRITERION", help=_WHERE_HELP, show_default=False)
]
_FORM = re.compile(r"([a-z_.]+)\s*(=|~|\^=|\$=)\s*(.*)", re.DOTALL)
_COMPARISONS = {"=": "is exactly", "~": "contains", "^=": "begins with", "$=": "ends with"}
_WITHOUT_TEXT = {"=": "is empty", "~": "is not empty"}


def criterion(noun: str, text: str) -> Criterion:
    """Read one criterion. Raises :class:`RingwardError`."""
    from ringward.store.criteria import Comparison, Criterion

    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise RingwardError(f"--where {text!r} is not valid; allowed: {_ALL_FORMS}")
    field, sign, value = form.groups()
    comparison = _COMPARISONS[sign] if value or sign not in _WITHOUT_TEXT else _WITHOUT_TEXT[sign]
    return Criterion(field, Comparison(comparison), value)
