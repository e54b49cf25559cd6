"""Encrypted media of the phone, by libsrtp; the judge of its packets is :mod:`harness.srtp`."""

from __future__ import annotations

import base64
import secrets

import pytest

from harness.srtp import SrtpJudge, derive, key_stream
from ringward.calls.media import SRTP_SUITES, MediaKey
from ringward.domain.secret import Secret
from ringward.phone.srtp import SUITES, TAG_LENGTH, MediaCipher, NotAuthentic, new_keys
from ringward.protocols.rtp.packet import RtpPacket


def packet(sequence: int, payload: bytes = b"speech" * 20) -> bytes:
    return RtpPacket(0, sequence, sequence * 160, 0xDEADBEEF, payload, False).encode()


@pytest.fixture(params=SUITES)
def ciphers(request: pytest.FixtureRequest) -> tuple[MediaCipher, MediaCipher]:
    """Two phones that have agreed on a suite."""
    (a,), (b,) = (new_keys((request.param,), secrets.token_bytes) for _ in range(2))
    return MediaCipher(a, b), MediaCipher(b, a)


def test_what_one_encrypts_the_other_hears_and_nobody_else(ciphers: tuple[MediaCipher, MediaCipher]) -> None:
    one, other = ciphers
    for sequence in range(1, 50):
        clear = packet(sequence)
        sealed = one.protect(clear)
        assert len(clear) < len(sealed) <= len(clear) + TAG_LENGTH
        assert clear[12:] not in sealed
        assert other.unprotect(sealed) == clear


def test_a_changed_a_repeated_and_a_foreign_packet_are_not_played(
    ciphers: tuple[MediaCipher, MediaCipher],
) -> None:
    """MEDIA-16: with replay protection."""
    one, other = ciphers
    sealed = one.protect(packet(1))
    changed = bytes([*sealed[:20], sealed[20] ^ 1, *sealed[21:]])
    for wrong in (changed, packet(2), b"", b"\x80", secrets.token_bytes(60)):
        with pytest.raises(NotAuthentic):
            other.unprotect(wrong)
    assert other.unprotect(sealed) == packet(1)
    with pytest.raises(NotAuthentic):
        other.unprotect(sealed)
    with pytest.raises(NotAuthentic):
        one.unprotect(one.protect(packet(3)))  # each direction has a key of its own (MEDIA-07)


def test_every_call_has_new_keys_of_the_length_that_the_suite_asks_for() -> None:
    first, second = new_keys(SUITES, secrets.token_bytes), new_keys(SUITES, secrets.token_bytes)
    assert len({key.parameters.reveal() for key in (*first, *second)}) == 2 * len(SUITES)
    for key in first:
        assert len(base64.b64decode(key.parameters.reveal())) == SRTP_SUITES[key.suite]


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


@pytest.mark.parametrize(
    ("key", "blocks"),
    [
        (
            "2b7e151628aed2a6abf7158809cf4f3c",
            "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0",
        ),
        (
            "57f82fe3613fd170a85ec93c40b1f0922ec4cb0dc025b58272147cc438944a98",
            "92bdd28a93c3f52511c677d08b5515a49da71b2378a854f67050756ded165bac63c4868b7096d88421b563b8c94c9a31",
        ),
    ],
    ids=["RFC 3711 B.2", "RFC 6188 7.1"],
)
def test_the_judge_makes_the_key_stream_of_the_rfc(key: str, blocks: str) -> None:
    """MEDIA-01."""
    salt = int.from_bytes(hexed("f0f1f2f3f4f5f6f7f8f9fafbfcfd"), "big")
    assert key_stream(hexed(key), salt << 16, 48) == hexed(blocks)


@pytest.mark.parametrize(
    ("master", "encrypts", "authenticates", "salt"),
    [
        (
            ("e1f97a0d3e018be0d64fa32c06de4139", "0ec675ad498afeebb6960b3aabe6"),
            "c61e7a93744f39ee10734afe3ff7a087",
            "cebe321f6ff7716b6fd4ab49af256a156d38baa4",
            "30cbbc08863d8c85d49db34a9ae1",
        ),
        (
            ("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", "3b04803de51ee7c96423ab5b78d2"),
            "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4",
            "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05",
            "fa31791685ca444a9e07c6c64e93",
        ),
    ],
    ids=["RFC 3711 B.3", "RFC 6188 7.2"],
)
def test_the_judge_derives_the_session_keys_of_the_rfc(
    master: tuple[str, str], encrypts: str, authenticates: str, salt: str
) -> None:
    """MEDIA-01."""
    key, of_master = map(hexed, master)
    for label, expected in enumerate((encrypts, authenticates, salt)):
        assert derive(key, of_master, label, len(expected) // 2).hex() == expected


@pytest.mark.parametrize(
    ("length", "sealed"),
    [
        (
            16,
            "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
            "899d7f27beb16a9152cf765ee4390cce",
        ),
        (
            32,
            "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
            "7aa3db36dfffd6b0f9bb7878d7a76c13",
        ),
    ],
    ids=["RFC 7714 16.1.1", "RFC 7714 16.2.1"],
)
def test_the_judge_seals_the_packet_of_the_rfc(length: int, sealed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """MEDIA-01. The RFC gives session keys, so they are not derived here."""
    session = {0: bytes(range(length)), 2: b"Quid pro quo"}
    monkeypatch.setattr("harness.srtp.derive", lambda key, salt, label, size: session[label])
    header, clear = hexed("8040f17b8041f8d35501a0b2"), b"Gallia est omnis divisa in partes tres"
    judge = SrtpJudge(f"AEAD_AES_{8 * length}_GCM", bytes(length + 12))
    assert judge.seal(header + clear) == header + hexed(sealed)
    assert judge.open(header + hexed(sealed)) == header + clear


@pytest.mark.parametrize("suite", SUITES)
def test_libsrtp_and_the_judge_open_each_others_packets(suite: str) -> None:
    """MEDIA-01, RFC 3711, RFC 6188, RFC 7714: also after the sequence number has come round."""
    assert tuple(SRTP_SUITES) == SUITES, "whatever the call manager passes on the phone can do"
    ours, theirs = (new_keys((suite,), secrets.token_bytes)[0] for _ in range(2))
    cipher, judge, far = MediaCipher(ours, theirs), judge_of(ours), judge_of(theirs)
    for sequence, rollover in ((65534, 0), (65535, 0), (0, 1), (1, 1)):
        clear = packet(sequence)
        sealed = cipher.protect(clear)
        assert judge.open(sealed, rollover) == clear
        assert not far.opens(sealed)
        assert cipher.unprotect(far.seal(clear, rollover)) == clear


def judge_of(key: MediaKey) -> SrtpJudge:
    return SrtpJudge(key.suite, base64.b64decode(key.parameters.reveal()))


class TestNewKeysWithinACall:
    """A call that is held, resumed or transferred gets new keys (MEDIA-07)."""

    def test_what_was_sealed_with_the_former_key_opens_until_the_new_one_is_heard(
        self, ciphers: tuple[MediaCipher, MediaCipher]
    ) -> None:
        one, other = ciphers
        (of_one,), (of_other,) = (new_keys((one.keys[0].suite,), secrets.token_bytes) for _ in range(2))
        on_its_way, late = one.protect(packet(1)), one.protect(packet(2))
        one_now, other_now = MediaCipher(of_one, of_other, one), MediaCipher(of_other, of_one, other)
        assert other_now.unprotect(on_its_way) == packet(1)
        with pytest.raises(NotAuthentic):
            other_now.unprotect(on_its_way)
        new = one_now.protect(packet(3))
        with pytest.raises(NotAuthentic):
            other.unprotect(new)
        assert other_now.unprotect(new) == packet(3)
        with pytest.raises(NotAuthentic):
            other_now.unprotect(late)

    def test_nothing_more_is_heard_of_a_party_that_was_replaced(
        self, ciphers: tuple[MediaCipher, MediaCipher]
    ) -> None:
        one, other = ciphers
        (of_third,) = new_keys((one.keys[0].suite,), secrets.token_bytes)
        other_now = MediaCipher(other.keys[0], of_third, other, same_party=False)
        with pytest.raises(NotAuthentic):
            other_now.unprotect(one.protect(packet(1)))

    def test_a_direction_whose_key_stays_goes_on(self, ciphers: tuple[MediaCipher, MediaCipher]) -> None:
        """To begin anew would count from nothing: the same key stream again, and old packets taken for new."""
        one, other = ciphers
        (of_other,) = new_keys((one.keys[0].suite,), secrets.token_bytes)
        for sequence in (65535, 0):
            heard = one.protect(packet(sequence))
            other.unprotect(heard)
        one_now = MediaCipher(one.keys[0], of_other, one)
        other_now = MediaCipher(of_other, other.keys[1], other)
        with pytest.raises(NotAuthentic):
            other_now.unprotect(heard)
        assert judge_of(one.keys[0]).open(one_now.protect(packet(1)), 1) == packet(1)


def test_a_libsrtp_with_another_layout_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringward.phone.srtp._AES_128_CM", (1, 16))
    (key,) = new_keys(("AES_256_CM_HMAC_SHA1_80",), secrets.token_bytes)
    with pytest.raises(RuntimeError, match="another way"):
        MediaCipher(key, key)


def test_the_lifetime_and_identifier_of_a_key_are_no_part_of_it() -> None:
    """RFC 4568 section 6.1."""
    (plain,) = new_keys(("AES_CM_128_HMAC_SHA1_80",), secrets.token_bytes)
    written = MediaKey(1, plain.suite, Secret(plain.parameters.reveal() + "|2^20|1:4"))
    assert MediaCipher(plain, plain).unprotect(MediaCipher(written, written).protect(packet(7))) == packet(7)
