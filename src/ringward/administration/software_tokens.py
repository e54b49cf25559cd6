"""The CTL file signed on the server itself, by security tokens that are files here: for a cluster of one server.

It is the CTL client's work without its distance: whoever can read this server's disk can copy the tokens and guess
at their passwords. Hardware tokens and a CTL client on another machine keep them apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ringward.administration.authorization import Actor
from ringward.administration.trust_list import CtlFile, ProposedEdition
from ringward.administration.trust_list_rules import entries
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ClusterSecurityMode, HashAlgorithm
from ringward.files import trust_list
from ringward.files.trust_list import NO_ADDRESS, TrustListKind
from ringward.files.trust_list_edition import MINIMUM_TOKENS, tokens_of, without_signatures
from ringward.pki.certificates import Certificate
from ringward.pki.listing import listed
from ringward.pki.tokens.software import SUFFIX, SoftwareToken, software_tokens
from ringward.pki.tokens.token import TokenDescription, TokenError, TokenKey, check_label, check_new_password
from ringward.store.trust_lists import hash_of

_DRAWER = "tokens"
_TOKEN = "security token"  # noqa: S105  (a word)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that is to be made."""

    label: str
    password: Secret


class SoftwareTokens:
    """The use cases. ``directory`` is the data directory; the tokens lie below it."""

    def __init__(self, ctl_file: CtlFile, directory: Path) -> None:
        self._ctl_file = ctl_file
        self.directory = directory / _DRAWER

    def find(self, actor: Actor) -> tuple[TokenDescription, ...]:
        """The tokens that are here."""
        self._ctl_file.cluster(actor)  # authorises
        return tuple(each.describe() for each in software_tokens(self.directory))

    def make(self, actor: Actor, wanted: Sequence[NewToken]) -> tuple[TokenDescription, ...]:
        """Make tokens, whose certificates the cluster's token CA issues; all or none, as far as can be known.

        Raises :class:`Invalid` and :class:`Refused`.
        """
        errors = [each for number, token in enumerate(wanted, 1) for each in self._errors(number, token)]
        labels = [each.label for each in wanted]
        if len(set(labels)) < len(labels):
            errors.append(FieldError("label 2", labels[-1], "another label than that of the first token"))
        if errors:
            raise Invalid(_TOKEN, "", errors)
        return tuple(self._make(actor, each) for each in wanted)

    def sign(self, actor: Actor, label: str, password: Secret, mode: ClusterSecurityMode) -> tuple[str, ...]:
        """Have a token sign the next CTL file and put it, and the cluster security mode, into force.

        All tokens of the present file stay in it, and those that are here come in. Returns what is to be done now.
        Raises :class:`Refused` and :class:`TokenError`; each attempt that fails is in the audit log.
        """
        with self._ctl_file.attempt(actor):
            proposed = self._signed(actor, label, password, mode)
        self._ctl_file.stage(actor, proposed)
        return self._ctl_file.commit(actor, proposed)

    def _signed(self, actor: Actor, label: str, password: Secret, mode: ClusterSecurityMode) -> ProposedEdition:
        cluster, present = self._ctl_file.cluster(actor), self._ctl_file.present(actor)
        if len(cluster.servers) > 1:
            raise Refused("a cluster of several servers gets its CTL file by the CTL client")
        former = trust_list.parse(present.content) if present.content else None
        kept = [each.der for each in tokens_of(former.trust)] if former is not None else []
        here = [each.certificate.der for each in self.find(actor) if each.certificate is not None]
        tokens = [listed(der) for der in dict.fromkeys((*kept, *here))]
        if len(tokens) < MINIMUM_TOKENS:
            raise Refused(f"{MINIMUM_TOKENS} security tokens at least must be in the CTL file; make another one")
        trust = without_signatures(entries(cluster, mode, b"", tokens))
        unresolved = [
            each.host for each in trust.records if not each.role.signs_lists and each.address == NO_ADDRESS
        ]
        if unresolved:
            raise Refused(
                f"phones need the address of {unresolved[0]}, and its server record has a name: put the address "
                "there, or use the CTL client"
            )
        with SoftwareToken(self._path(label)).unlock(password) as signer:
            now = self._ctl_file.next_time(former)
            content = trust_list.build(
                TrustListKind.CTL, trust, signer, listed(signer.certificate), now, HashAlgorithm.SHA1
            )
            base = hash_of(present.content) if present.content else ""
            return ProposedEdition(content, base, mode, signer.certificate)

    def _errors(self, number: int, token: NewToken) -> list[FieldError]:
        found = []
        try:
            check_label(token.label)
            if self._path(token.label).exists():
                found.append(FieldError(f"label {number}", token.label, "a label that no token here has"))
        except TokenError as error:
            found.append(FieldError(f"label {number}", token.label[:40], str(error)))
        try:
            check_new_password(token.password)
        except TokenError as error:
            found.append(FieldError(f"password {number}", "(hidden)", str(error)))
        return found

    def _path(self, label: str) -> Path:
        """Where the token of a label is; labels come from forms, so they must not lead anywhere else."""
        if not label or not all(each.isalnum() or each in " -_." for each in label) or label.startswith("."):
            raise TokenError(
                f"{label[:40]!r} cannot be the label of a token here: letters, digits, blanks, - and _"
            )
        return self.directory / f"{label}{SUFFIX}"

    def _make(self, actor: Actor, wanted: NewToken) -> TokenDescription:
        def issue(key: TokenKey) -> Certificate:
            return self._issue(actor, wanted.label, key)

        path = self._path(wanted.label)
        return SoftwareToken.initialise(path, wanted.label, wanted.password, issue).describe()

    def _issue(self, actor: Actor, label: str, key: TokenKey) -> Certificate:
        proof = secrets.token_bytes(32)
        signature = key.sign(proof, HashAlgorithm.SHA256)
        issue = self._ctl_file.issue_token_certificate
        return Certificate(issue(actor, f"SAST {label}", key.public_key, proof, signature))
