"""What is signed and encrypted, for whom, and how often: areas TFTP and CFGENC."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from harness.signers import CountingSigner, pair, signer, trusting
from ringward.domain.rules.obstacles import file_remedy_of
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import ConfigurationEncryption
from ringward.files import encrypted_file, profile_encryption, signed_file
from ringward.files.envelope import Version, parse
from ringward.files.phone_configuration import FileProtection
from ringward.pki.certificates import KeyKind
from ringward.pki.file_ciphers import FileCiphers, unwrap
from ringward.pki.issuing import make_self_signed
from ringward.pki.listing import verify_signature
from ringward.services.tftp.library import FileLibrary, Outcome
from ringward.services.tftp.protection import ClusterProtection
from ringward.services.tftp.signing_anew import SigningAnew
from ringward.services.tftp.static_files import StaticFiles
from services.tftp.phones import Source

DEVICE = "SEP001122334455"
ELLIPTIC = make_self_signed(DEVICE, now=datetime.now(UTC), kind=KeyKind.EC_P256)
FILE = f"{DEVICE}.cnf.xml"


class Cluster:
    """A file library whose mode, signer and phones the test changes."""

    def __init__(self, source: Source, folder: Path) -> None:
        self.source = source
        self.mixed = True
        self.signer = signer("pub")
        ticks = count(1_700_000_000)
        self.protection = ClusterProtection(
            lambda: self.mixed, lambda: self.signer, FileCiphers(), clock=lambda: float(next(ticks))
        )
        self.library = FileLibrary(source, StaticFiles(folder), protection=self.protection)

    def encrypt(self, device: str, method: ConfigurationEncryption, **more: object) -> None:
        phone = self.source.phones[device]
        common, own = replace(phone.common, encryption=method), FileProtection(**more)  # type: ignore[arg-type]
        self.source.phones[device] = replace(phone, common=common, protection=own)
        self.library.invalidate("phone", device)

    def get(self, name: str) -> bytes:
        answer = self.library.find(name)
        assert answer.outcome is Outcome.SERVED, answer.reason
        return answer.content

    def missing(self, name: str) -> str:
        answer = self.library.find(name)
        assert answer.outcome is Outcome.NOT_FOUND
        return answer.reason


@pytest.fixture
def cluster(source: Source, folder: Path) -> Cluster:
    return Cluster(source, folder)


@pytest.mark.parametrize(
    "name", [FILE, "XMLDefault.cnf.xml", "Ringlist.xml", "English/7960-tones.xml", "Chime.raw", "dialplan.xml"]
)
def test_in_a_mixed_cluster_every_kind_of_file_is_signed(cluster: Cluster, folder: Path, name: str) -> None:
    """TFTP-02, TFTP-15: under the name that is asked for; the content is the clear file."""
    (folder / "Chime.raw").write_bytes(b"\xff" * 480)
    signed = signed_file.open_signed(cluster.get(f"{name}.sgn"), f"{name}.sgn", trusting("pub"), verify_signature)
    assert signed.body == cluster.get(name)


def test_firmware_that_is_signed_already_is_not_signed_again(cluster: Cluster, folder: Path) -> None:
    (folder / "SCCP41.loads").write_bytes(b"\1\0\2\1\1\2\0\2" + bytes(100))
    assert "signature of its own" in cluster.missing("SCCP41.loads.sgn")


def test_a_file_is_signed_again_only_when_its_data_changed(cluster: Cluster) -> None:
    """TFTP-03: also when all that was built has been forgotten."""
    before = cluster.get(f"{FILE}.sgn")
    for noun in ("end-user", "phone-security-profile", "enterprise-parameters"):
        cluster.library.invalidate(noun, "anything")
        assert cluster.get(f"{FILE}.sgn") == before
    assert cluster.protection.signatures == 1
    cluster.source.phones[DEVICE] = replace(cluster.source.phones[DEVICE], phone_label="Lobby")
    cluster.library.invalidate("phone", DEVICE)
    after = cluster.get(f"{FILE}.sgn")
    assert parse(after).header.timestamp != parse(before).header.timestamp
    assert b"Lobby" in after


def test_a_static_file_is_signed_again_only_when_it_changed(cluster: Cluster, folder: Path) -> None:
    name = "English/7960-tones.xml.sgn"
    assert cluster.get(name) == cluster.get(name)
    (folder / "English" / "7960-tones.xml").write_bytes(b"<tones version='2'/>\n")
    assert b"version" in cluster.get(name)
    assert cluster.protection.signatures == 2


def test_a_cluster_that_goes_back_to_nonsecure_signs_nothing(cluster: Cluster) -> None:
    """TFTP-01."""
    cluster.get(f"{FILE}.sgn")
    cluster.mixed = False
    cluster.library.invalidate("enterprise-parameters", "")
    assert "nonsecure" in cluster.missing(f"{FILE}.sgn")
    assert "nonsecure" in cluster.missing("English/7960-tones.xml.sgn")
    assert cluster.get(FILE)


def test_an_encrypted_file_is_for_one_phone_and_its_key_is_new_each_time(cluster: Cluster) -> None:
    """CFGENC-01, CFGENC-10, CFGENC-25 to CFGENC-27, under both names of the guide (CFGENC-11)."""
    phone = pair(DEVICE)
    cluster.encrypt(DEVICE, ConfigurationEncryption.PUBLIC_KEY, certificate=phone.certificate.der)
    keys = set()
    for name in (f"{FILE}.enc.sgn", "SIP001122334455.cnf.xml.enc.sgn"):
        content = cluster.get(name)
        assert b"s3cret" not in content
        found = signed_file.open_signed(content, name, trusting("pub"), verify_signature, Version.ENCRYPTED_FILE)
        assert found.header.encryption is not None
        key = unwrap(phone, found.header.encryption.encrypted_key)
        assert key is not None
        assert b"<authPassword>s3cret</authPassword>" in encrypted_file.decrypt(found, FileCiphers(), key)
        keys.add(key)
        assert cluster.get(name) == content
    assert len(keys) == 2
    wrapped = parse(cluster.get(f"{FILE}.enc.sgn")).header.encryption
    cluster.source.phones[DEVICE] = replace(cluster.source.phones[DEVICE], phone_label="Lobby")
    cluster.library.invalidate("phone", DEVICE)
    assert parse(cluster.get(f"{FILE}.enc.sgn")).header.encryption != wrapped


def test_beside_the_encrypted_file_only_a_minimal_one_exists(cluster: Cluster) -> None:
    """TFTP-09, TFTP-10, CFGENC-29: the full clear file that was there before is gone."""
    assert b"s3cret" in cluster.get(FILE)
    cluster.encrypt(DEVICE, ConfigurationEncryption.PUBLIC_KEY, certificate=pair(DEVICE).certificate.der)
    for name in (FILE, f"{FILE}.sgn"):
        content = cluster.get(name)
        assert b"<fullConfig>false</fullConfig>" in content
        assert b"s3cret" not in content
        assert b"1001" not in content


@pytest.mark.parametrize(
    ("protection", "reason"),
    [
        ({"method": ConfigurationEncryption.NONE}, "TFTP Encrypted Config is off"),
        ({"method": ConfigurationEncryption.PUBLIC_KEY}, "no certificate"),
        ({"method": ConfigurationEncryption.PUBLIC_KEY, "certificate": b"none"}, "cannot be used"),
        (
            {"method": ConfigurationEncryption.PUBLIC_KEY, "certificate": ELLIPTIC.certificate.der},
            "its key is EC secp256r1, and only with an RSA key can a phone open its file",
        ),
        ({"method": ConfigurationEncryption.MANUAL_AES}, "ringward phone symmetric-key SEP001122334455"),
    ],
)
def test_what_cannot_be_encrypted_is_not_found(
    cluster: Cluster, protection: dict[str, object], reason: str
) -> None:
    """CFGENC-16, TFTP-11, CFGENC-20: and the administrator is told why."""
    cluster.encrypt(DEVICE, **protection)  # type: ignore[arg-type]
    assert reason in cluster.missing(f"{FILE}.enc.sgn")


@pytest.mark.parametrize(
    "method",
    [ConfigurationEncryption.NONE, ConfigurationEncryption.PUBLIC_KEY, ConfigurationEncryption.MANUAL_AES],
)
def test_who_gets_no_encrypted_file_can_be_told_what_to_do(
    cluster: Cluster, method: ConfigurationEncryption
) -> None:
    cluster.encrypt(DEVICE, method)
    assert file_remedy_of(cluster.missing(f"{FILE}.enc.sgn")) is not None
    cluster.mixed = False
    cluster.library.invalidate("enterprise-parameters", "")
    assert file_remedy_of(cluster.missing(f"{FILE}.enc.sgn")) is not None
    assert file_remedy_of(cluster.missing(f"SIP{DEVICE[3:]}.cnf")) is not None, "of another model"


def test_only_a_phones_own_file_is_encrypted(cluster: Cluster) -> None:
    """TFTP-12."""
    assert "only the configuration of a phone" in cluster.missing("XMLDefault.cnf.xml.enc.sgn")
    cluster.missing("English/7960-tones.xml.enc.sgn")


@pytest.mark.parametrize(
    ("model", "name", "clear"),
    [
        ("7905", "LD0000000007A5.x", "ld0000000007A5"),
        ("7912", "LD0000000007A5.x", "gk0000000007A5"),
        ("7912", "gk0000000007A5.x", "gk0000000007A5"),
    ],
)
def test_a_7905_gets_its_profile_under_the_key_that_was_typed_in(
    cluster: Cluster, model: str, name: str, clear: str
) -> None:
    """CFGENC-11, CFGENC-12: the encrypted one has the same name for both models."""
    device = "SEP0000000007A5"
    cluster.source.add(device, model)
    cluster.encrypt(device, ConfigurationEncryption.MANUAL_RC4, symmetric_key=Secret("5a" * 32))
    content = cluster.get(name)
    assert b"s3cret" not in content
    assert b"s3cret" in profile_encryption.decrypt(content, FileCiphers(), bytes.fromhex("5a" * 32))
    assert b"s3cret" not in cluster.get(clear)


def test_a_7960_gets_its_file_under_the_key_that_was_typed_in(cluster: Cluster) -> None:
    """CFGENC-11, CFGENC-12, CFGENC-15: it is signed too, though the phone does not look."""
    cluster.encrypt("SEP0000000007A0", ConfigurationEncryption.MANUAL_AES, symmetric_key=Secret("5a" * 16))
    name = "SIP0000000007A0.cnf.enc.sgn"
    found = signed_file.open_signed(
        cluster.get(name), name, trusting("pub"), verify_signature, Version.ENCRYPTED_FILE
    )
    assert encrypted_file.needs_typed_key(found)
    assert b"s3cret" in encrypted_file.decrypt(found, FileCiphers(), bytes.fromhex("5a" * 16))


def test_after_a_change_of_the_certificate_all_files_are_signed_anew(cluster: Cluster) -> None:
    devices = [f"SEP0011223300{number:02X}" for number in range(50)]
    for device in devices:
        cluster.source.add(device)
        cluster.get(f"{device}.cnf.xml.sgn")
    cluster.signer = signer("pub renewed")
    anew = SigningAnew(cluster.library, cluster.protection)
    assert anew.progress is None
    anew.start()
    anew.wait()
    assert str(anew.progress) == "50 of 50 files signed anew"
    assert isinstance(cluster.signer.signer, CountingSigner)
    assert cluster.signer.signer.count == 50
    for device in devices:
        answer = cluster.library.at_once(f"{device}.cnf.xml.sgn")
        assert answer is not None
        signed_file.open_signed(answer.content, f"{device}.cnf.xml.sgn", trusting("pub renewed"), verify_signature)
    anew.start()
    anew.wait()
    assert str(anew.progress) == "0 of 0 files signed anew"


def test_signing_anew_needs_no_building_unless_something_has_changed(cluster: Cluster) -> None:
    """Half of the work is left out; but a change in between is not lost."""
    before = cluster.get(f"{FILE}.sgn")
    cluster.signer = signer("pub renewed")
    asked = cluster.source.asked
    forgotten, generation = cluster.library.clear(), cluster.library.generation
    cluster.library.sign_anew(f"{FILE}.sgn", forgotten[f"{FILE}.sgn"], generation)
    assert cluster.source.asked == asked
    assert parse(cluster.get(f"{FILE}.sgn")).body == parse(before).body
    forgotten, generation = cluster.library.clear(), cluster.library.generation
    cluster.source.phones[DEVICE] = replace(cluster.source.phones[DEVICE], phone_label="Lobby")
    cluster.library.invalidate("phone", DEVICE)
    cluster.library.sign_anew(f"{FILE}.sgn", forgotten[f"{FILE}.sgn"], generation)
    assert b"Lobby" in cluster.get(f"{FILE}.sgn")


def test_what_is_remembered_is_bounded(source: Source, folder: Path) -> None:
    protection = ClusterProtection(lambda: True, lambda: signer("pub"), FileCiphers(), max_remembered=2_000)
    library = FileLibrary(source, StaticFiles(folder), protection=protection, max_cache=0)
    for number in range(10):
        source.add(f"SEP00112233000{number}")
        library.find(f"SEP00112233000{number}.cnf.xml.sgn")
    assert 0 < protection._octets <= 2_000
