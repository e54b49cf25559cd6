"""A web vulnerability scanner, signed in as an administrator, finds nothing in the pages of a running node.

In `make test` it attacks the forms of some pages of each kind; with SCAN_SECONDS (`make test-web`) whatever it
finds in that time.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest

from strangers.node import HTTPS, Node
from strangers.pages import ADMINISTRATOR, PASSWORD, node_with_pages

pytestmark = pytest.mark.stranger

SCANNER = Path(__file__).with_name("wapiti.py")
SECONDS = int(os.environ.get("SCAN_SECONDS", "0"))
DEVICE = "SEP0000000012AB"
BEGINNINGS = (
    "/CMAdmin/phone?where=description:contains:desk",
    f"/CMAdmin/phone/edit/{DEVICE}",
    "/CMAdmin/region/new",
    "/CMAdmin/certificate-operations",
    f"/CMAdmin/onboard-phone?{urlencode({'model': '7961|SIP'})}",
    "/CMService/audit-log?actor=administrator&noun=phone",
    f"/CMService/trace/{DEVICE}",
    "/ART?number=1200&device=x",
    "/dna?dialled=1200&device=&line=1",
    "/search?q=SEP",
    "/Platform/trust",
    "/Platform/phone-certificates?device=SEP&status=any",
    "/Platform/certificate-renewals?days=30",
    "/CMAdmin/messages-waiting",
    "/CMService/service-activation",
)
# Not csrf: it takes two like refusals, of a form that cannot be read, for one that was taken; all forms are
# forged in `tests/web/test_protection.py`.
KINDS = "cookieflags,csp,http_headers,xss,permanentxss,crlf,redirect,file,exec,sql,xxe,methods,htaccess"
EXCLUDED = (
    "/sign-out",
    "/CMAdmin/application-user*",  # it would remove itself
    "/Platform/certificates*",  # new keys take longer than all else together
    "/CMService/control-center*",  # a restart of Cisco Tomcat signs it out; its forms are those of the activation
)
KNOWN = {
    "X-XSS-Protection is not set",  # a filter that browsers have dropped: it could be used for attacks
}


def ask(node: Node, method: str, path: str, form: dict[str, str], headers: dict[str, str]) -> tuple[int, str]:
    """Status and cookie of an answer."""
    context = ssl.create_default_context(cafile=str(node.data / "certificates" / "web.pem"))
    context.check_hostname = False  # it is asked by its address
    connection = http.client.HTTPSConnection("127.0.0.1", HTTPS + node.offset, timeout=60, context=context)
    connection.request(method, path, urlencode(form), headers)
    with connection.getresponse() as answer:
        status, cookie = answer.status, answer.headers.get("Set-Cookie", "").partition(";")[0]
    connection.close()
    return status, cookie


def sign_in(node: Node) -> str:
    """The cookie of an administrator's session."""
    form = {"user": ADMINISTRATOR, "password": PASSWORD, "next": "", "as": ""}
    status, cookie = ask(node, "POST", "/sign-in", form, {"Content-Type": "application/x-www-form-urlencoded"})
    assert status == 303
    return cookie


def test_a_scanner_finds_nothing(tmp_path: Path) -> None:
    """HTTPS-01, HTTPS-12."""
    report = tmp_path / "report.json"
    with node_with_pages(tmp_path) as node:
        row = {"device_name": DEVICE, "model": "7960", "protocol": "SIP", "line_1_directory_number": "1200"}
        node.add_phones([row])
        base, cookie = f"https://127.0.0.1:{HTTPS + node.offset}", sign_in(node)
        bounds = (
            f"--depth 3 --max-scan-time {SECONDS} --max-attack-time {SECONDS // 2}"
            if SECONDS
            else "--depth 1 --max-links-per-page 1 --max-attack-time 3"
        )
        command = [
            *("/usr/bin/python3", str(SCANNER), "-u", f"{base}/CMAdmin/", "--scope", "domain", "-m", KINDS),
            *("-H", f"Cookie: {cookie}", "-f", "json", "-o", str(report), "--no-bugreport", "-v", "1"),
            *("--store-session", str(tmp_path), "--store-config", str(tmp_path), *bounds.split()),
            *(word for path in BEGINNINGS for word in ("-s", base + path)),
            *(word for path in EXCLUDED for word in ("-x", base + path)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"HOME": str(tmp_path)})
        assert done.returncode == 0, done.stdout + done.stderr
        status, _ = ask(node, "GET", "/CMAdmin/", {}, {"Cookie": cookie})
        assert status == 200, "whatever it sent, it was still signed in at the end"
    found = json.loads(report.read_text())
    looked_at = set(re.findall(rf"^\[\+\] GET {re.escape(base)}([^?\s]+)", done.stdout, re.MULTILINE))
    assert {path.partition("?")[0] for path in BEGINNINGS} <= looked_at, done.stdout
    faults = [
        f"{kind}: {each['method']} {each['path']}: {each['info']}"
        for kinds in (found["vulnerabilities"], {"error": found["anomalies"].get("Internal Server Error", [])})
        for kind, several in kinds.items()
        for each in several
        if each["info"] not in KNOWN
    ]
    assert not faults, "\n".join(faults)
