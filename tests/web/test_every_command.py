"""What can be done on the command line can be done by a program, too, or there is a reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer

from ringward.cli.application import application
from ringward.domain.nouns import NOUNS
from ringward.web.interface.operations import operations

OF_A_NOUN = {
    "list": "find-{}",
    "show": "read-{}",
    "add": "add-{}",
    "update": "change-{}",
    "copy": "add-{}",
    "rename": "change-{}",
    "remove": "remove-{}",
    "set-password": "set-password",
}
"""A part of a record, such as a line of a phone, is read and changed with its record."""
OPERATIONS = {
    "metrics": "live",
    "status": "live",
    "phones": "live",
    "calls": "live",
    "calls show": "call-detail-records",
    "why": "why-phone",
    "analyze": "analyse",
    "todo": "to-do",
    "todo do": "order-job",
    "service list": "services",
    "service activate": "order-service",
    "service deactivate": "order-service",
    "service start": "order-service",
    "service stop": "order-service",
    "service restart": "order-service",
    "alarm list": "alarms",
    "alarm show": "alarm",
    "alarm acknowledge": "acknowledge-alarms",
    "alarm catalogue": "alarm-catalogue",
    "alarm configure": "configure-alarm",
    "job list": "jobs",
    "job show": "job",
    "job follow": "job",
    "job cancel": "cancel-job",
    "trace begin": "trace-phone",
    "trace end": "trace-phone",
    "trace list": "traces",
    "trace show": "read-trace",
    "trace watch": "read-trace",
    "message-waiting list": "message-waiting",
    "message-waiting set": "set-message-waiting",
    "phone reset": "reset-phone",
    "phone symmetric-key": "make-symmetric-key",
    "phone import": "import-phones",
    "phone export": "export-phones",
    "parameter list": "enterprise-parameters",
    "parameter show": "service-parameters",
    "parameter set": "set-service-parameters",
    "certificate list": "certificates",
    "certificate show": "certificate",
    "certificate regenerate": "regenerate-certificate",
    "certificate export": "export-certificate",
    "certificate csr": "request-certificate",
    "certificate import": "import-certificate",
    "certificate expiring": "expiring-certificates",
    "trust list": "trusted-certificates",
    "trust show": "trusted-certificate",
    "trust import": "trust-certificate",
    "trust remove": "distrust-certificate",
    "trust revoke": "revoke-certificate",
    "trust revoked": "revoked-certificates",
    "capf set": "order-job",
    "capf withdraw": "order-job",
    "capf report": "capf-report",
    "capf certificates": "device-certificates",
    "capf revoke": "revoke-device-certificates",
    "capf renewals": "certificate-renewals",
    "capf calls": "capf-calls",
    "dependents": "dependency-records-of-phone",
    "sign-in list": "sessions",
    "sign-in end": "end-sessions",
    "sign-in locked": "lock-outs",
    "sign-in unlock": "unlock",
    "second-factor list": "second-factors",
    "second-factor remove": "remove-second-factor",
    "audit list": "audit-log",
    "audit export": "export-audit-log",
    "audit verify": "verify-audit-log",
    "backup list": "backups",
    "backup make": "order-job",
    "backup check": "check-backup",
    "ctl show": "ctl-file",
    "ctl plan": "ctl-readiness",
    "ctl set-mixed-mode": "sign-ctl-file",
    "ctl set-nonsecure-mode": "sign-ctl-file",
    "ctl update": "sign-ctl-file",
    "ctl forget-phone": "forget-ctl-file",
    "token list": "tokens",
    "token show": "tokens",
    "token init": "make-token",
}
"""The operation by which a program does the same."""
_OWN_ACT = "a program proves itself by its token; passwords, codes and tokens are people's own"
_OF_THE_SECRETS = "a backup holds every secret: it is carried away, opened and restored on the machine"
_OF_THE_MACHINE = "it is an affair of the machine and its data directory, which no program reaches by the network"
REASONS = {
    "run": "it begins what would answer",
    "stop": _OF_THE_MACHINE,
    "drain": _OF_THE_MACHINE,
    "settings": _OF_THE_MACHINE,
    "version": "GET /live/status tells it",
    "phone-sim": "it is a phone, no administration",
    "phone template": "the columns are the fields in the description of phones",
    "trust stores": "the description of the interface lists them",
    "token change-password": "the password of a token is entered where the token is",
    "backup new-key": "it is made at one's own desk, where no node is",
    "backup create": _OF_THE_SECRETS,
    "backup show": _OF_THE_SECRETS,
    "backup restore": _OF_THE_SECRETS,
    "access-token list": _OWN_ACT,
    "access-token add": _OWN_ACT,
    "access-token remove": _OWN_ACT,
    "second-factor enrol": _OWN_ACT,
    "second-factor new-codes": _OWN_ACT,
}
REASONS_OF_GROUPS: dict[str, str] = {}


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if not (parts := getattr(command, "commands", None)):
        yield words
        return
    for name in parts:
        yield from _commands(parts[name], (*words, name))
    if words and getattr(command, "invoke_without_command", False):
        yield words


COMMANDS = sorted(set(_commands(typer.main.get_command(application))))
NAMES = {each.name for each in operations()}


def _operation(words: tuple[str, ...]) -> str:
    if words[0] in NOUNS and " ".join(words) not in OPERATIONS:
        act = "update" if len(words) > 2 else words[1]
        return OF_A_NOUN.get(act, "").format(words[0])
    return OPERATIONS.get(" ".join(words), "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_program_can_do_it_or_there_is_a_reason(words: tuple[str, ...]) -> None:
    if " ".join(words) in REASONS or words[0] in REASONS_OF_GROUPS:
        return
    operation = _operation(words)
    assert operation, f"ringward {' '.join(words)} has no operation of the interface, nor a reason why not"
    assert operation in NAMES, f"there is no operation {operation}"


def test_nothing_is_said_of_commands_that_are_gone() -> None:
    present = {" ".join(each) for each in COMMANDS} | {each[0] for each in COMMANDS}
    assert {*OPERATIONS, *REASONS, *REASONS_OF_GROUPS} <= present
