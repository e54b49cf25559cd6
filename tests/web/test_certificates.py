from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.certificates import ServerNames
from ringward.domain.certificate import MADE_AT_INSTALLATION, CertificateKind
from web.conftest import HOST, Browser, Time

PAGE = "/Platform/certificates/web"
BOUNDARY = "a0b1c2"


@pytest.fixture(autouse=True)
def installed(administration: Administration, clock: Time) -> None:
    clock.now = time.time()  # the clock of openssl is the real one
    administration.certificates.make_missing(
        MADE_AT_INSTALLATION, ServerNames("node1", ("node1",), ("192.0.2.1",))
    )


def upload(browser: Browser, page: str, content: bytes, **fields: str) -> tuple[int, str]:
    token = browser.get(page).value_of("csrf")
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
        for name, text in ({"csrf": token} | fields).items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.pem"\r\n\r\n'
    body = b"".join([*parts, head.encode(), content, f"\r\n--{BOUNDARY}--\r\n".encode()])
    headers = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(len(body)),
        "origin": f"https://{HOST}",
    }
    answer = browser.ask("POST", page, body, headers)
    return answer.status, answer.text if answer.status != 303 else browser.get(page).text


def signed_by_a_company(request: str, directory: Path) -> tuple[bytes, bytes]:
    """What openssl makes of a request, and the authority that signed it."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True)

    (directory / "request.pem").write_text(request)
    (directory / "extensions").write_text(
        "keyUsage=digitalSignature,keyEncipherment\nextendedKeyUsage=serverAuth\n"
    )
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "3650"),
        *("-subj", "/CN=Company CA", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
    )
    openssl(
        *("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "365"),
        *("-copy_extensions", "copy", "-extfile", "extensions", "-out", "signed.pem"),
    )
    return (directory / "signed.pem").read_bytes(), (directory / "ca.pem").read_bytes()


def test_all_fields_of_a_certificate_are_shown(ada: Browser) -> None:
    """CERT-24, HTTPS-08."""
    assert "web pages (HTTPS)" in ada.get("/Platform/certificates").words
    words = ada.get(PAGE).words
    for field in ("Serial", "SHA-1", "SHA-256", "Subject", "Issuer", "BEGIN CERTIFICATE"):
        assert field in words, field


@pytest.mark.parametrize(
    ("form", "begins"), [("pem", b"-----BEGIN CERTIFICATE"), ("der", b"0\x82"), ("p7b", b"0\x82")]
)
def test_a_certificate_is_saved_to_a_file(ada: Browser, form: str, begins: bytes) -> None:
    """HTTPS-09."""
    answer = ada.get(f"{PAGE}/export/{form}")
    assert answer.body.startswith(begins)
    assert f"web.{form}" in answer.headers["content-disposition"]
    assert ada.get(f"{PAGE}/export/jks").status == 404


def test_a_certificate_is_regenerated(ada: Browser, administration: Administration, root: Actor) -> None:
    """HTTPS-11."""
    before = administration.certificates.get(root, CertificateKind.WEB).certificate
    ada.post(PAGE, {"csrf": ada.get(PAGE).value_of("csrf"), "act": "regenerate", "key": "EC P-256"})
    after = administration.certificates.get(root, CertificateKind.WEB).certificate
    assert before.fingerprint_sha256 != after.fingerprint_sha256
    assert after.fingerprint_sha256 in ada.get(PAGE).words


def test_who_may_only_look_is_shown_no_button_and_refused(grace: Browser) -> None:
    page = grace.get(PAGE)
    assert page.status == 200 and "Regenerate" not in page.words
    answer = grace.post(PAGE, {"csrf": page.value_of("csrf"), "act": "regenerate", "key": "RSA 2048"})
    assert "permission" in answer.words
    assert answer.status in (403, 422)


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_refused_with_a_sentence(ada: Browser, content: bytes) -> None:
    for page, fields in ((PAGE, {"act": "import"}), ("/Platform/trust", {"store": "web"})):
        status, words = upload(ada, page, content, **fields)
        assert status == 422
        assert 'role="alert"' in words


def test_a_request_is_signed_elsewhere_and_what_comes_back_is_put_into_force(
    ada: Browser, administration: Administration, root: Actor, tmp_path: Path, clock: Time
) -> None:
    """CERT-17."""
    page = ada.post(PAGE, {"csrf": ada.get(PAGE).value_of("csrf"), "act": "request", "key": "RSA 2048"})
    request = page.text.partition("-----BEGIN")[2].partition("END CERTIFICATE REQUEST-----")[0]
    signed, authority = signed_by_a_company(f"-----BEGIN{request}END CERTIFICATE REQUEST-----\n", tmp_path)
    clock.now = time.time() + 1
    status, words = upload(ada, PAGE, signed, act="import")
    assert status == 422, words  # nobody trusts who signed it yet
    status, words = upload(ada, "/Platform/trust", authority, store="web")
    assert status == 303 and "Company CA is trusted in web-trust" in words, words
    status, words = upload(ada, PAGE, signed, act="import")
    assert status == 303, words
    assert administration.certificates.get(root, CertificateKind.WEB).certificate.issuer == "CN=Company CA"
