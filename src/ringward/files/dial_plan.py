"""``dialplan.xml``: after which digits a SIP phone dials, named in its configuration as the dial template."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from ringward.files.xml_document import add, write

INTERDIGIT_SECONDS = 5
"""Wait for a further digit when nothing more is known of the number."""


@dataclass(frozen=True, slots=True)
class DialRule:
    """One template: the first that matches the digits so far decides."""

    match: str
    """``.`` is one digit, ``*`` any number of characters, ``,`` a second dial tone."""
    timeout: int
    """Seconds to wait for a further digit; 0 dials at once."""
    user: str = "Phone"
    """``Phone`` or ``IP``: the user parameter of the dialled address."""
    rewrite: str = ""
    tone: str = ""


DEFAULT_RULES = (DialRule("*", INTERDIGIT_SECONDS),)
"""Collect until the user pauses; the call manager decides by its own patterns."""


def build(rules: tuple[DialRule, ...] = DEFAULT_RULES) -> bytes:
    """The file; raises :class:`~ringward.files.phone_configuration.Unwritable`."""
    root = etree.Element("DIALTEMPLATE")
    for rule in rules:
        attributes: dict[str, str | int] = {"MATCH": rule.match, "Timeout": rule.timeout, "User": rule.user}
        if rule.rewrite:
            attributes["Rewrite"] = rule.rewrite
        if rule.tone:
            attributes["Tone"] = rule.tone
        add(root, "TEMPLATE", **attributes)
    return write(root)
