"""Writes the reference pages that the code itself decides (``make docs``).

With ``--check`` nothing is written; the exit code is 1 if a page is not what the code says now.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ringward.calls import reactions
from ringward.domain.alarm_catalogue import ALARMS
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.phone_models import CAPABILITIES, PhoneCapability
from ringward.domain.service_parameters import (
    CallManagerParameters,
    CapfParameters,
    CtlProviderParameters,
    TftpParameters,
)
from ringward.domain.setting import Noun, SettingField, settings_of, shown
from ringward.phone import boot, message_subscription
from ringward.protocols.capf import client as capf_client
from ringward.protocols.capf import server as capf_server
from ringward.protocols.sip import machines, subscription
from ringward.services.settings import ENVIRONMENT_PREFIX, FILE_NAME, NodeSettings

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from {source}; change that, not this page. -->\n\n"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# -- settings and parameters ----------------------------------------------------------------------------------


def settings() -> str:
    """Settings of a node."""
    text = "# Settings of a node\n\n" + NOTE.format(source="`services/settings.py`")
    text += (
        f"A setting may stand in `{FILE_NAME}` in the data directory, in the environment as\n"
        f"`{ENVIRONMENT_PREFIX}` and its name in capitals, or (port offset and bind address) in an option of\n"
        "`ringward run`. The later of these three wins. Unknown names are refused. `ringward settings` shows\n"
        "the settings in force.\n\n"
    )
    rows = []
    schema = NodeSettings.model_json_schema()["properties"]
    for name, item in NodeSettings.model_fields.items():
        default = "(empty)" if item.default is None else f"`{item.default}`"
        rows.append((f"`{name}`", item.description, _values_of(schema[name]), default))
    text += table(("Setting", "Meaning", "Values", "Default"), rows)
    return text + (
        "\nThe ports for SIP are not here: they are in the node's record (`ringward server show NAME`), because\n"
        "phones are told them. The port offset is added to those ports too.\n"
    )


def _values_of(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("anyOf", [schema])
    words = []
    for kind in kinds:
        if "enum" in kind:
            words += [f"`{value}`" for value in kind["enum"]]
        elif kind.get("type") == "integer":
            words.append(f"{kind['minimum']} to {kind['maximum']}")
        elif kind.get("format") in ("ipv4", "ipv6"):
            words.append({"ipv4": "IPv4 address", "ipv6": "IPv6 address"}[kind["format"]])
        elif kind.get("type") == "string":
            words.append(f"letters, digits, `_`, `-`; at most {kind['maxLength']}")
    return ", ".join(words)


def parameters() -> str:
    """Enterprise and service parameters."""
    text = "# Parameters\n\n" + NOTE.format(
        source="`domain/enterprise_parameters.py` and `domain/service_parameters.py`"
    )
    text += (
        "Enterprise parameters hold for the whole cluster; service parameters for one service on one server.\n"
        "`ringward parameter --help` shows how to list and set them.\n"
    )
    kinds: tuple[tuple[str, type[Noun]], ...] = (
        ("Enterprise parameters", EnterpriseParameters),
        ("Service parameters of Cisco CallManager", CallManagerParameters),
        ("Service parameters of Cisco TFTP", TftpParameters),
        ("Service parameters of Cisco Certificate Authority Proxy Function", CapfParameters),
        ("Service parameters of Cisco CTL Provider", CtlProviderParameters),
    )
    for title, kind in kinds:
        rows = [
            (f"{item.setting.label}<br>`{item.name}`", item.setting.help, _allowed(item), _default(item))
            for item in settings_of(kind)
        ]
        text += f"\n## {title}\n\n" + table(("Parameter", "Meaning", "Values", "Default"), rows)
    return text


def _allowed(item: SettingField) -> str:
    words = item.allowed() + (f" ({item.setting.unit})" if item.setting.unit else "")
    return f"{words}; only shown" if item.setting.read_only else words


def _default(item: SettingField) -> str:
    text = shown(item, item.default)
    return f"`{text}`" if text else "(empty)"


# -- phone models ---------------------------------------------------------------------------------------------


def phone_models() -> str:
    """What each model can do."""
    text = "# Phone models\n\n" + NOTE.format(source="`domain/phone_models.py`")
    text += (
        "What each model can do under each protocol. The table decides which fields a phone has, which files are\n"
        "written for it and which security profiles it may use. It describes the phones; what of it a node uses\n"
        "today is on the list in the README. Keys are those that it can make for a certificate: RSA of so many\n"
        "bits, or EC, the preset one first.\n\n"
    )
    rows = [
        (
            row.model,
            row.protocol.value,
            row.max_lines,
            row.file_family.value,
            _yes(row.tls_signalling),
            _yes(row.srtp),
            _yes(row.mic),
            ", ".join(each.value for each in row.key_sizes),
            row.configuration_encryption.value,
            row.digest_source.value,
            ", ".join(row.codecs),
            _bridge(row),
            ", ".join(sorted(row.hardening)),
        )
        for row in CAPABILITIES.values()
    ]
    head = ("Model", "Protocol", "Lines", "Files", "TLS", "SRTP", "MIC", "Keys", "File encryption", "Digest")
    return text + table((*head, "Codecs", "Barge bridge", "Hardening fields"), rows)


def _yes(value: bool) -> str:
    return "yes" if value else ""


def _bridge(row: PhoneCapability) -> str:
    if not row.built_in_bridge:
        return ""
    return "yes" if row.bridge_when_encrypted else "not while encrypted"


# -- state machines -------------------------------------------------------------------------------------------


def alarms() -> str:
    """The catalogue of alarms."""
    text = "# Alarms\n\n" + NOTE.format(source="`domain/alarm_catalogue.py`")
    text += (
        "An alarm is raised about a subject (a phone, a service, a certificate), counted while it is repeated,\n"
        "and cleared: by what raised it, or by itself after a time without a repetition. `ringward alarm list`\n"
        "and the page Tools > Alarms show them; `ringward alarm configure` sets severity and where each goes.\n\n"
        "![Alarms](../pictures/alarms.png)\n\n"
    )
    rows = []
    for each in ALARMS.values():
        ends = "when it is over" if each.quiet_after is None else f"after {each.quiet_after // 60} quiet minutes"
        rows.append((f"`{each.name}`", each.severity.label, each.source, each.meaning, each.advice, ends))
    return text + table(("Alarm", "Severity", "Raised by", "Meaning", "What to do", "Cleared"), rows)


def state_machines() -> str:
    """The tables of state machines, as Mermaid diagrams."""
    text = "# State machines\n\n" + NOTE.format(source="the tables in the code")
    text += (
        "Arrows are labelled *input / action*. An input that a state does not show changes nothing there, except\n"
        "in a phone's boot, where it would be a fault of the program.\n\n"
        "## SIP transactions\n\n"
        "`protocols/sip/machines.py`; RFC 3261 section 17, as corrected by RFC 6026.\n"
    )
    for title, rules in (
        ("INVITE, server side", machines.SERVER_INVITE),
        ("Other requests, server side", machines.SERVER_OTHER),
        ("INVITE, client side", machines.CLIENT_INVITE),
        ("Other requests, client side", machines.CLIENT_OTHER),
    ):
        arrows = [(state, after, f"{what} / {action}") for (state, what), (action, after) in rules.items()]
        text += f"\n### {title}\n\n" + diagram(arrows)
    text += (
        "\n## Offers and answers in a SIP session\n\n"
        "`protocols/sip/machines.py`; RFC 3261 section 14, RFC 3264, RFC 3311. *ask*: an INVITE without offer.\n\n"
    )
    text += diagram(
        [(state, after, f"{what} / {action}") for (state, what), (action, after) in machines.OFFERS.items()]
    )
    text += (
        "\n## A subscription\n\n"
        "`protocols/sip/subscription.py`; RFC 6665 section 4.2. *outdated*: a NOTIFY is under way, and\n"
        "something has changed since.\n\n"
    )
    text += diagram(
        [
            (state, after, f"{what} / {action}")
            for (state, what), (action, after) in subscription.SUBSCRIPTIONS.items()
        ]
    )
    text += (
        "\n## A phone's subscription to its messages\n\n"
        "`phone/message_subscription.py`; RFC 6665 section 4.1. *asked*: nothing has been told yet;\n"
        "*resting*: it is tried again later.\n\n"
    )
    text += diagram(
        [
            (state, after, f"{what} / {action}")
            for (state, what), (action, after) in message_subscription.MACHINE.items()
        ]
    )
    text += "\n## A phone's boot\n\n`phone/boot.py`. The software phone asks for its files as desk phones do.\n"
    for title, entries in (
        ("Models with XML files", boot._XML_TABLE),
        ("Models with flat files", boot._FLAT_TABLE),
        ("Models with profiles", boot._PROFILE_TABLE),
    ):
        arrows = [
            (state.name, after.name, f"{what.value} / {_words(action)}")
            for (state, what), (action, after) in entries.items()
        ]
        text += f"\n### {title}\n\n" + diagram(arrows)
    text += (
        "\nWhere there are more file servers, *next server* goes to `ASKING_TRUST_LIST` with the next one\n"
        "instead. A file that cannot be used leads to `PAUSING`.\n"
        "\n## A call\n\n"
        "`calls/reactions.py`: what the call does, by the state of the leg that tells something. The next state\n"
        "of a leg is decided in the action, since it depends on the other legs. What is not here changes\n"
        "nothing.\n\n"
    )
    rows = [
        (state.name, event.__name__, _words(handler))
        for state, handlers in reactions.TABLE.items()
        for event, handler in handlers.items()
    ]
    return text + table(("Leg", "Event", "Action"), rows) + _capf_machines()


def _capf_machines() -> str:
    text = ""
    for title, entries in (
        ("CAPF, the server's side (`protocols/capf/server.py`)", capf_server.TABLE),
        ("CAPF, the phone's side (`protocols/capf/client.py`)", capf_client.TABLE),
    ):
        arrows = [
            (state.name, after.name, f"{what.value} / {_words(action)}")
            for (state, what), (action, after) in entries.items()
        ]
        text += f"\n## {title}\n\n" + diagram(arrows)
    return text + "\nAny other message ends the conversation, and so does the end of its time.\n"


def diagram(arrows: Iterable[tuple[str, str, str]]) -> str:
    """A Mermaid state diagram; inputs that lead the same way share an arrow."""
    joined: dict[tuple[str, str], list[str]] = {}
    for before, after, label in arrows:
        joined.setdefault((before, after), []).append(label)
    first = next(iter(joined))[0]
    lines = [f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}: {'<br>'.join(labels)}" for (before, after), labels in joined.items()]
    return "```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"


def _words(action: Callable[..., Any]) -> str:
    return action.__name__.strip("_").replace("_", " ")


PAGES: Mapping[str, Callable[[], str]] = {
    "settings.md": settings,
    "parameters.md": parameters,
    "phone-models.md": phone_models,
    "alarms.md": alarms,
    "state-machines.md": state_machines,
}


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or tell which are out of date."""
    stale = []
    for name, write in PAGES.items():
        path, text = REFERENCE / name, write()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in arguments:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        print(f"out of date, run make docs: {', '.join(stale)}")
        return 1
    print(f"written: {', '.join(stale)}" if stale else "every page is up to date")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
