"""Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760), both sides of it.

The nonce is random, carries its time of issue and is sealed with a key, so that a flood of requests without
credentials costs no memory; only a nonce that was used successfully is remembered, for refusing replays.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import quote_string, split_unquoted, unquote_string
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.uri import parse_uri

DEFAULT_NONCE_VALIDITY = 600
"""Seconds (SIPD-07, R-01)."""
MAX_REMEMBERED_NONCES = 100_000
"""Nonces in use; over this the oldest are declared stale, never accepted unchecked."""
_SEAL_OCTETS = 12
_DUMMY_HASH = "0" * 32


class Algorithm(Enum):
    """Hash algorithms of digest, weakest first."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"


def digest_hash(algorithm: Algorithm, text: str) -> str:
    """Hash a text to lower-case hexadecimal digits."""
    data = _octets(text)
    if algorithm is Algorithm.MD5:
        # MD5 is what the phones of the guide speak (SYS-18); digest is never the only protection offered.
        return hashlib.md5(data, usedforsecurity=False).hexdigest()
    return hashlib.sha256(data).hexdigest()


def credentials_hash(algorithm: Algorithm, user: str, realm: str, password: str) -> str:
    """The checksum of user, realm and password that a server keeps in place of the password (SIPD-10)."""
    return digest_hash(algorithm, f"{user}:{realm}:{password}")


def response_hash(
    algorithm: Algorithm, checksum: str, nonce: str, method: str, uri: str, qop: str, count: str, client_nonce: str
) -> str:
    """The response of RFC 7616 section 3.4.1, or of RFC 2069 when ``qop`` is empty."""
    method_hash = digest_hash(algorithm, f"{method}:{uri}")
    if qop:
        return digest_hash(algorithm, f"{checksum}:{nonce}:{count}:{client_nonce}:{qop}:{method_hash}")
    return digest_hash(algorithm, f"{checksum}:{nonce}:{method_hash}")


def parse_digest(value: str) -> dict[str, str]:
    """The parameters of a Digest challenge or of digest credentials; raises :class:`MalformedMessage`."""
    if not _is_digest(value):
        raise MalformedMessage("not digest authentication")
    found: dict[str, str] = {}
    for part in split_unquoted(value[7:], ","):
        name, equals, text = part.partition("=")
        name = name.strip().lower()
        if not name and not equals:
            continue  # an empty element of a list means nothing (RFC 9110 section 5.6.1)
        if not name or not equals or name in found:
            raise MalformedMessage("malformed or repeated parameter of digest authentication")
        found[name] = unquote_string(text.strip())
    return found


def _is_digest(value: str) -> bool:
    """Whether a header value is of this scheme at all; of others nothing is known, so they say nothing."""
    return value[:7].lower() in ("digest ", "digest\t", "digest")


class Verdict(Enum):
    """What became of a request's credentials."""

    ACCEPTED = "accepted"
    MISSING = "no credentials for this realm"
    STALE = "nonce is no longer valid"
    REPLAYED = "credentials were used before"
    WRONG_USER = "unknown digest user"
    WRONG_PASSWORD = "wrong digest credentials"  # noqa: S105  (an explanation, not a password)
    MALFORMED = "malformed credentials"


@dataclass(frozen=True, slots=True)
class Verification:
    """Verdict and the user name that was given (empty if none)."""

    verdict: Verdict
    user: str = ""


Checksums = Callable[[str, Algorithm], str | None]
"""Looks up the checksum of a user, None if there is no such user."""


class DigestVerifier:
    """The challenging side: makes nonces and verifies credentials."""

    def __init__(self, key: bytes, new_token: Callable[[], str]) -> None:
        self._key = key
        self._new_token = new_token
        self._used: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._floor = float("-inf")

    def challenges(
        self, realm: str, algorithms: Sequence[Algorithm], now: float, stale: bool, place: str = ""
    ) -> list[str]:
        """Values for WWW-Authenticate, the preferred algorithm first (RFC 8760 section 2.4).

        ``place``: where the challenge goes; it can be answered from there alone.
        """
        nonce = self._new_nonce(realm, place, now)
        flag = ", stale=true" if stale else ""
        return [
            f'Digest realm={quote_string(realm)}, nonce="{nonce}", algorithm={algorithm.value}, qop="auth"{flag}'
            for algorithm in algorithms
        ]

    def verify(
        self,
        request: Request,
        realm: str,
        checksums: Checksums,
        now: float,
        validity: float = DEFAULT_NONCE_VALIDITY,
        algorithms: Sequence[Algorithm] = (Algorithm.MD5,),
        place: str = "",
    ) -> Verification:
        """Verify the request's Authorization for a realm (SIPD-07, SIPD-13, SIPD-15).

        Only right credentials are called stale (RFC 7616 section 3.3), so that nobody learns from the verdict on
        wrong ones how long this user's challenges are valid. A nonce that was not made here, or not for this
        place, is stale whatever comes with it.
        """
        for value in request.headers.get("Authorization", ()):
            if not _is_digest(value):
                continue
            try:
                given = parse_digest(value)
            except MalformedMessage:
                return Verification(Verdict.MALFORMED)
            if given.get("realm") == realm:
                return self._verify(request, given, realm, checksums, now, validity, algorithms, place)
        return Verification(Verdict.MISSING)

    def _verify(
        self,
        request: Request,
        given: dict[str, str],
        realm: str,
        checksums: Checksums,
        now: float,
        validity: float,
        algorithms: Sequence[Algorithm],
        place: str,
    ) -> Verification:
        user = given.get("username", "")
        try:
            algorithm = Algorithm(given.get("algorithm", "MD5").upper())
        except ValueError:
            return Verification(Verdict.MALFORMED, user)
        qop = given.get("qop", "")
        count = given.get("nc", "")
        if (
            algorithm not in algorithms
            or qop not in ("", "auth")
            or not _same_target(given.get("uri", ""), request)
        ):
            return Verification(Verdict.MALFORMED, user)
        if qop and (len(count) != 8 or not given.get("cnonce") or not _is_hexadecimal(count)):
            return Verification(Verdict.MALFORMED, user)
        nonce = given.get("nonce", "")
        issued = self._issued(realm, place, nonce)
        if issued is None:
            return Verification(Verdict.STALE, user)
        checksum = checksums(user, algorithm)
        # An unknown user costs the same time as a known one.
        expected = response_hash(
            algorithm,
            checksum or _DUMMY_HASH,
            nonce,
            request.method,
            given["uri"],
            qop,
            count,
            given.get("cnonce", ""),
        )
        right = hmac.compare_digest(expected.encode(), _octets(given.get("response", "").lower()))
        if checksum is None:
            return Verification(Verdict.WRONG_USER, user)
        if not right:
            return Verification(Verdict.WRONG_PASSWORD, user)
        if not issued <= now <= issued + validity or issued < self._floor:
            return Verification(Verdict.STALE, user)
        if not self._first_use(nonce, int(count, 16) if qop else 0, now, issued + validity):
            return Verification(Verdict.REPLAYED, user)
        return Verification(Verdict.ACCEPTED, user)

    def _first_use(self, nonce: str, count: int, now: float, until: float) -> bool:
        """Whether this count of this nonce is new; without a count (RFC 2069) a nonce serves once."""
        known = self._used.get(nonce)
        if known is not None and count <= known[1]:
            return False
        self._used[nonce] = (until, count)
        while self._used:
            oldest, (expiry, _) = next(iter(self._used.items()))
            if expiry >= now and len(self._used) <= MAX_REMEMBERED_NONCES:
                break
            del self._used[oldest]
            if expiry >= now:
                self._floor = max(self._floor, _time_of(oldest))
        return True

    def _new_nonce(self, realm: str, place: str, now: float) -> str:
        body = f"{int(now * 1000):x}.{self._new_token()}"
        return f"{body}.{self._seal(realm, place, body)}"

    def _issued(self, realm: str, place: str, nonce: str) -> float | None:
        body, _, seal = nonce.rpartition(".")
        if not body or not hmac.compare_digest(_octets(seal), self._seal(realm, place, body).encode()):
            return None
        return _time_of(body)

    def _seal(self, realm: str, place: str, body: str) -> str:
        # BLAKE2 takes a key by itself (RFC 7693 section 2.9); an HMAC as strong would take three times as long.
        sealed = _octets(f"{realm}\0{place}\0{body}")
        return hashlib.blake2s(sealed, key=self._key, digest_size=_SEAL_OCTETS).hexdigest()


def _octets(text: str) -> bytes:
    """A text from the wire as it was there, whether it was UTF-8 or not."""
    return text.encode("utf-8", "surrogateescape")


def _time_of(nonce: str) -> float:
    return int(nonce.partition(".")[0], 16) / 1000


def _is_hexadecimal(text: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in text)


def _same_target(uri: str, request: Request) -> bool:
    """Whether the credentials are for this request; phones leave out port or parameters, never user or host."""
    if uri == request.uri:
        return True
    try:
        given, asked = parse_uri(uri), parse_uri(request.uri)
    except MalformedMessage:
        return False
    return given.user == asked.user and given.host == asked.host


class DigestCredentials:
    """The answering side: a user's name and password."""

    def __init__(self, user: str, password: str, new_token: Callable[[], str]) -> None:
        self.user = user
        self._password = password
        self._new_token = new_token
        self._counts: dict[str, int] = {}

    def answer(self, request: Request, challenged: Response) -> tuple[str, str] | None:
        """Header name and value that answer a 401 or 407, or None if no challenge can be answered."""
        proxy = challenged.status == 407
        for value in self._preferred(challenged, "Proxy-Authenticate" if proxy else "WWW-Authenticate"):
            try:
                algorithm = Algorithm(value.get("algorithm", "MD5").upper())
            except ValueError:
                continue
            realm, nonce = value.get("realm"), value.get("nonce")
            if realm is None or not nonce:
                continue
            return (
                "Proxy-Authorization" if proxy else "Authorization",
                self._write(request, realm, nonce, algorithm, value.get("opaque"), "auth" in _qops(value)),
            )
        return None

    def _preferred(self, challenged: Response, name: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = []
        for value in challenged.headers.get(name, ()):
            try:
                found.append(parse_digest(value))
            except MalformedMessage:
                continue
        return found

    def _write(
        self, request: Request, realm: str, nonce: str, algorithm: Algorithm, opaque: str | None, with_qop: bool
    ) -> str:
        checksum = credentials_hash(algorithm, self.user, realm, self._password)
        text = (
            f"Digest username={quote_string(self.user)}, realm={quote_string(realm)}, "
            f'nonce={quote_string(nonce)}, uri="{request.uri}"'
        )
        if with_qop:
            count = f"{self._counts.get(nonce, 0) + 1:08x}"
            self._counts = {nonce: int(count, 16)}
            client_nonce = self._new_token()
            response = response_hash(
                algorithm, checksum, nonce, request.method, request.uri, "auth", count, client_nonce
            )
            text += f', qop=auth, nc={count}, cnonce="{client_nonce}"'
        else:
            response = response_hash(algorithm, checksum, nonce, request.method, request.uri, "", "", "")
        text += f', response="{response}", algorithm={algorithm.value}'
        return f"{text}, opaque={quote_string(opaque)}" if opaque is not None else text


def _qops(challenge: dict[str, str]) -> list[str]:
    return [part.strip().lower() for part in challenge.get("qop", "").split(",")]
