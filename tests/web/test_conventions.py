"""What holds of every page that there is, with whatever forms and lists are on it (ADMIN-01 to ADMIN-14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from lxml import html
from starlette.applications import Starlette
from starlette.routing import Route

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.end_user import EndUser
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone, PhoneLine
from ringward.domain.setting import Noun
from ringward.domain.vocabulary import Protocol
from ringward.web.entrance import SIGN_IN, SIGN_IN_CODE
from ringward.web.find_and_list import COMPARISONS, searchable
from ringward.web.form import controls
from ringward.web.particulars import particulars_of
from web.conftest import Browser

DEVICE = "SEP001122334455"
PARAMETERS = {
    "noun": Phone.noun,
    "key": DEVICE,
    "key:path": DEVICE,
    "device": DEVICE,
    "kind": "web",
    "server": "node1",
    "service": "Cisco CallManager",
    "number": "1",
    "call": "1",
    "form": "csv",
    "name": "ringward.css",
}
"""What stands in the addresses of pages about one thing."""
OF_MANY = {"key", "device"}
"""Names of the boxes by which rows of lists are chosen."""
FIELDS = ".//input[not(@type='hidden')] | .//select | .//textarea[not(@hidden)]"


@pytest.fixture
def office(administration: Administration, root: Actor) -> None:
    """A record of every kind that a fresh installation has none of, so that no list is empty for want of one."""
    administration.records(DirectoryNumber).add(root, DirectoryNumber("1001"))
    administration.records(EndUser).add(root, EndUser("alice", last_name="Archer"))
    profile = "7961 - Standard SIP Non-Secure Profile"
    lines = (PhoneLine(1, "1001"),)
    administration.phones.add(root, Phone(DEVICE, "7961", Protocol.SIP, profile, lines=lines))


def _all(element: html.HtmlElement, path: str, **values: str) -> list[Any]:
    """What an XPath finds in an element."""
    found = element.xpath(path, **values)
    assert isinstance(found, list)
    return found


def _addresses(application: Starlette) -> Iterator[str]:
    """Every address that can be asked for, once."""
    for route in application.routes:
        assert isinstance(route, Route)
        if "GET" in (route.methods or ()) and not route.path.startswith("/api/") and "events" not in route.path:
            if route.path in (SIGN_IN, SIGN_IN_CODE):  # pages of their own kind, before there is anybody
                continue
            path = re.sub(r"\{([^}]*)\}", lambda found: quote(PARAMETERS[found[1]], safe="/"), route.path)
            yield path
            if path.endswith("/new"):
                yield f"{path}?first=7961%7CSIP"


def _faults(page: html.HtmlElement) -> Iterator[str]:
    (main,) = _all(page, "//main")
    if len(main.findall(".//h1")) != 1:
        yield "it has no heading, or several"
    for each in _all(page, "//*[@style] | //*[starts-with(@href, 'javascript:')] | //a[not(@href)]"):
        yield f"{each.tag} needs a script, or has a style of its own"
    for each in _all(main, ".//*[@data-stream]"):
        if not each.text_content().strip():
            yield "the live part is empty without a script"
    for form in main.findall(".//form"):
        yield from _faults_of(form, page)


def _faults_of(form: html.HtmlElement, page: html.HtmlElement) -> Iterator[str]:
    is_post = form.get("method") == "post"
    if is_post and not _all(form, ".//input[@name='csrf'][@value!='']"):
        yield "a form can be forged"
    asked = [
        each for each in _all(form, FIELDS) if each.get("name") not in OF_MANY and "data-all" not in each.attrib
    ]
    for each in asked:
        name = each.get("name")
        labels = _all(page, "//label[@for=$id]", id=each.get("id", "")) or _all(each, "ancestor::label")
        if not (each.get("aria-label") or labels):
            yield f"{name} has no label"
        for field in _all(each, "ancestor::*[contains(concat(' ', @class, ' '), ' field ')]"):
            if not _helps(field):
                yield f"{name} has no question mark"
    if asked and not _helps(form):
        yield f"the form with {asked[0].get('name')} has no question mark"
    typed = [each for each in asked if each.get("type") not in ("file", "radio", "checkbox")]
    if is_post and typed and "record" in form.get("class", "") and "data-guard" not in form.attrib:
        yield f"what is typed into {typed[0].get('name')} may be lost"
    if asked and not _all(form, ".//button"):
        yield "a form cannot be sent"


def _helps(element: html.HtmlElement) -> bool:
    found = _all(element, ".//details[contains(@class, 'help')]")
    return bool(found) and all(each.text_content().strip(" ?\n") for each in found)


@pytest.mark.usefixtures("office")
def test_every_page_keeps_to_the_conventions_and_works_without_a_script(ada: Browser) -> None:
    """ADMIN-08: a question mark for every field; nothing needs a script."""
    assert isinstance(ada.application, Starlette)
    wrong: list[str] = []
    looked_at = 0
    for path in _addresses(ada.application):
        answer = ada.get(path)
        if answer.status in (303, 307) or not answer.headers["content-type"].startswith("text/html"):
            continue
        if answer.status in (200, 404) and "<main" in answer.text:
            looked_at += answer.status == 200
            wrong += [f"{path}: {fault}" for fault in _faults(html.fromstring(answer.text))]
        else:
            wrong.append(f"{path}: {answer.status} {answer.words[-200:]}")
    assert not wrong, "\n".join(wrong)
    assert looked_at > 35


def _listed(page: html.HtmlElement, xpath: str) -> list[str]:
    return [each.text_content().strip() for each in _all(page, xpath)]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("kind", NOUNS.values(), ids=list(NOUNS))
def test_every_find_and_list_page_has_what_the_guide_says(ada: Browser, kind: type[Noun]) -> None:
    """ADMIN-01 to ADMIN-06: criteria, search within results, pages, links, copies, deletion."""
    page = html.fromstring(ada.get(f"/CMAdmin/{kind.noun}?size=20").text)
    assert _listed(page, "//select[@name='field']/option") == [label for _, label in searchable(kind)]
    assert _listed(page, "//select[@name='comparison']/option") == [words for _, words in COMPARISONS]
    assert _all(page, "//input[@name='within'][@type='checkbox']")
    assert "Add New" in _listed(page, "//main//a")
    rows = _all(page, "//table//tbody/tr")
    for row in rows:
        (box,) = _all(row, ".//input[@name='key'][@type='checkbox']")
        assert _all(row, "th/a[contains(@href, '/edit/')]")
        assert _all(row, ".//a[contains(@href, '/copy/')][normalize-space()='Copy']")
        assert box.get("aria-label")
    if rows:
        assert _listed(page, "//form//button[contains(@class, 'danger')]") == ["Delete Selected…"]
        assert _all(page, "//nav[@aria-label='Pages']")
        assert _all(page, "//thead//a[contains(@href, 'order=')]")


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("kind", NOUNS.values(), ids=list(NOUNS))
def test_every_record_has_its_links_and_every_setting_its_help(
    ada: Browser, administration: Administration, root: Actor, kind: type[Noun]
) -> None:
    """ADMIN-05, ADMIN-06, ADMIN-08, ADMIN-11, ADMIN-12, ADMIN-14: and only settings that apply are shown."""
    found = administration.records(kind).find(root, limit=1).records
    if not found:
        pytest.skip("a fresh installation has none; its form is among all pages")
    (record,) = found
    page = html.fromstring(ada.get(f"/CMAdmin/{kind.noun}/edit/{quote(record.key, safe='/')}").text)
    links = _listed(page, "//div[@class='links']/a")
    expected = ["Find and List", "Copy", "Dependency Records", "History"]
    expected += [words for words, _, _ in particulars_of(kind).record_links]
    assert set(links) == set(expected)
    labels = {re.sub(r"[*\s]*\?.*", "", each, flags=re.DOTALL) for each in _listed(page, "//div[@class='label']")}
    for control in controls(record, _no_names):
        assert control.help, control.name
        assert control.label in labels
    shown = _all(page, "//input[@name='shown']/@value")
    assert set(shown) <= {control.name for control in controls(record, _no_names)}
    assert "Delete…" in _listed(page, "//button")
    assert ("Reset" in _listed(page, "//button")) is particulars_of(kind).can_reset
    if not getattr(record, "predefined", False):
        assert "Save" in _listed(page, "//button")
        assert _all(page, "//form[@data-guard]/input[@name='version']")


def _no_names(noun: str) -> list[str]:
    return []


@pytest.mark.usefixtures("office")
def test_reset_and_restart_say_what_will_happen(ada: Browser) -> None:
    """ADMIN-07."""
    words = ada.get(f"/CMAdmin/phone/edit/{DEVICE}").words
    assert "Reset: the device boots anew" in words
    assert "A call on it ends" in words


MENUS = {
    "System": ["Cisco Unified CallManager", "Enterprise Parameters", "Service Parameters", "Device Pool",
               "Security Profile: Phone", "Region"],
    "Call Routing": ["Partition", "Calling Search Space"],
    "Device": ["Phone"],
    "User Management": ["End User", "Application User", "User Group", "Role"],
    "Tools": ["Service Activation", "Control Center", "Real-Time Monitoring", "Dialed Number Analyzer"],
}  # fmt: skip


@pytest.mark.parametrize("menu", MENUS)
def test_things_are_where_the_guide_says(ada: Browser, menu: str) -> None:
    """ADMIN-17 to ADMIN-20, ADMIN-22, ADMIN-23, ADMIN-25, ADMIN-28, ADMIN-31 to ADMIN-33, SVC-01, SVC-02."""
    page = html.fromstring(ada.get("/CMAdmin/").text)
    entries = _listed(page, f"//details[@class='menu'][normalize-space(summary)='{menu}']//a")
    assert set(MENUS[menu]) <= set(entries)


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/CMAdmin/", ""),
        ("/CMService", "/CMService/control-center"),
        ("/CMTraceAnalysis", "/CMService/trace"),
        ("/drf", "/Platform/backup"),
        ("/Platform", "/Platform/certificates"),
        ("/AST", ""),
        ("/ART", ""),
        ("/dna", ""),
    ],
)
def test_the_guides_directories_answer_administrators_alone(
    ada: Browser, another: Callable[[], Browser], path: str, leads: str
) -> None:
    """HTTPS-01, HTTPS-02, HTTPS-13; what is not there is in the list of divergences."""
    answer = ada.get(path)
    assert answer.headers.get("location", "") == leads
    assert ada.get(leads or path).status == 200
    stranger = another().get(leads or path)
    assert (stranger.status, stranger.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.parametrize("path", ["/PktCap", "/SOAP", "/SOAP/x", "/CMAdmin/../etc/passwd", "/api/v1/nothing"])
def test_what_is_not_there_is_said_in_words(stranger: Browser, path: str) -> None:
    """HTTPS-03."""
    answer = stranger.get(path)
    assert answer.status == 404
    assert "at this address" in answer.words
    is_for_programs = path.startswith(("/SOAP", "/api"))
    assert answer.headers["content-type"].startswith(
        "application/problem+json" if is_for_programs else "text/html"
    )


def test_the_guides_services_can_be_activated_and_controlled(ada: Browser) -> None:
    """SVC-01 to SVC-03: those that there are; the others are in the list of divergences."""
    names = ("Cisco CallManager", "Cisco TFTP", "Cisco CTL Provider", "Cisco Certificate Authority Proxy Function")
    for page in ("service-activation", "control-center"):
        words = ada.get(f"/CMService/{page}").words
        assert all(each in words for each in names), page


def test_the_word_active_stands_beside_an_activated_service(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """ADMIN-09, ADMIN-10: deactivated, the word disappears."""
    capf = "Cisco Certificate Authority Proxy Function"
    for order in ("activate", "deactivate"):
        csrf = ada.get("/CMAdmin/").value_of("csrf")
        sent = {"csrf": csrf, "act": order, "server": "node1", "service": capf, "sure": "yes"}
        ada.post("/CMService/service-activation", sent)
        page = html.fromstring(ada.get("/CMAdmin/service-parameters").text)
        options = _listed(page, "//select[@id='service']/option")
        assert (f"{capf} (Active)" in options) is (order == "activate")
    assert "Cisco CallManager (Active)" in options
