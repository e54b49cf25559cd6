from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.end_user import EndUser
from ringward.domain.errors import Unavailable
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.region import Region
from ringward.domain.secret import Secret
from web.conftest import Browser, Node, filled

NEW_PHONE = "/CMAdmin/phone/new?first=7960%7CSIP"


def add_phone(browser: Browser, name: str = "SEP000000000001", **more: str) -> None:
    fields = {"device_name": name, "lines.0.button": "1", "lines.0.directory_number": "1001"} | more
    answer = browser.submit(NEW_PHONE, fields)
    assert answer.status == 303, answer.words


@pytest.mark.parametrize("noun", NOUNS)
def test_every_noun_has_its_pages(ada: Browser, administration: Administration, root: Actor, noun: str) -> None:
    assert f"Find and List: {NOUNS[noun].title}" in ada.get(f"/CMAdmin/{noun}").words
    assert ada.get(f"/CMAdmin/{noun}/new").status == 200
    for record in administration.records(NOUNS[noun]).find(root, limit=1).records:
        for act in ("edit", "copy", "dependency-records"):
            assert ada.get(f"/CMAdmin/{noun}/{act}/{record.key}").status == 200


def test_a_record_that_is_not_there_is_said_to_be_not_there(ada: Browser) -> None:
    assert ada.get("/CMAdmin/region/edit/Nowhere").status == 404
    assert ada.get("/CMAdmin/spaceship").status == 404


def test_a_region_is_added_changed_undone_and_removed(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    regions = administration.records(Region)
    answer = ada.submit("/CMAdmin/region/new", {"name": "Berlin"})
    assert answer.headers["location"] == "/CMAdmin/region/edit/Berlin"
    page = ada.get("/CMAdmin/region/edit/Berlin")
    assert "Region Berlin is added." in page.words
    ada.submit("/CMAdmin/region/edit/Berlin", {"name": "Hamburg"})
    assert [each.name for each in regions.find(root).records] == ["Default", "Hamburg"]
    page = ada.get("/CMAdmin/region/edit/Hamburg")
    assert "Region Hamburg is saved." in page.words and "Undo" in page.words
    undone = ada.post("/undo", {"csrf": page.value_of("csrf")})
    assert undone.headers["location"] == "/CMAdmin/region/edit/Berlin"
    assert regions.get(root, "Berlin").name == "Berlin"
    ada.post("/CMAdmin/region/remove", {"csrf": page.value_of("csrf"), "key": "Berlin", "sure": "yes"})
    assert [each.name for each in regions.find(root).records] == ["Default"]
    ada.post("/undo", {"csrf": page.value_of("csrf")})
    assert regions.get(root, "Berlin")


def test_undo_takes_nothing_back_that_somebody_changed_since(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    ada.submit("/CMAdmin/partition/new", {"name": "Staff"})
    token = ada.get("/CMAdmin/").value_of("csrf")
    administration.records(NOUNS["partition"]).update(root, "Staff", {"description": "of somebody else"})
    answer = ada.post("/undo", {"csrf": token})
    assert answer.status == 400
    assert "has been changed since" in answer.words


def test_deleting_asks_first_and_cancelling_changes_nothing(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """ADMIN-06, ADMIN-41."""
    ada.submit("/CMAdmin/region/new", {"name": "Berlin"})
    token = ada.get("/CMAdmin/region").value_of("csrf")
    question = ada.post("/CMAdmin/region/remove", {"csrf": token, "key": ["Berlin", "Default"]})
    assert "These 2 records are about to be deleted" in question.words
    assert "Cancel" in question.words
    assert administration.records(Region).find(root).total == 2


def test_what_is_in_use_stays_and_its_users_are_named_with_links(ada: Browser) -> None:
    """ADMIN-40, PSP-05."""
    add_phone(ada)
    token = ada.get("/CMAdmin/directory-number").value_of("csrf")
    answer = ada.post("/CMAdmin/directory-number/remove", {"csrf": token, "key": "1001", "sure": "yes"})
    assert answer.status == 409
    assert 'href="/CMAdmin/phone/edit/SEP000000000001"' in answer.text


def test_only_settings_that_model_and_protocol_have_are_shown(ada: Browser) -> None:
    """ADMIN-11, PSP-04."""
    classic = ada.get("/CMAdmin/phone/new?first=7960%7CSIP").words
    small = ada.get("/CMAdmin/phone/new?first=7905%7CSIP").words
    other = ada.get("/CMAdmin/phone/new?first=7970%7CSCCP").words
    assert "Digest User" in classic
    assert "Digest User" not in other and "Web Access" in other
    assert "Web Access" not in small


def test_a_phone_is_added_with_its_line(ada: Browser, administration: Administration, root: Actor) -> None:
    """ADMIN-23."""
    add_phone(ada, description="Reception")
    phone = administration.phones.get(root, "SEP000000000001")
    assert (phone.description, [line.directory_number for line in phone.lines]) == ("Reception", ["1001"])
    assert phone.security_profile == "7960 - Standard SIP Non-Secure Profile"


def test_lines_are_added_and_removed_by_their_rows(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    add_phone(ada)
    path = "/CMAdmin/phone/edit/SEP000000000001"
    ada.submit(path, {"lines.1.button": "2", "lines.1.directory_number": "1002"})
    assert len(administration.phones.get(root, "SEP000000000001").lines) == 2
    ada.submit(path, {"lines.0.button": "", "lines.0.directory_number": ""})
    assert [line.number for line in administration.phones.get(root, "SEP000000000001").lines] == ["1002"]


def test_another_row_can_be_had_without_a_script(ada: Browser) -> None:
    typed = {"device_name": "SEP000000000001", "lines.0.button": "1", "lines.0.directory_number": "1001"}
    answer = ada.submit(NEW_PHONE, typed | {"more": "lines"})
    assert answer.status == 200
    assert 'name="lines.1.button"' in answer.text
    assert answer.value_of("lines.0.directory_number") == "1001"


def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(ada: Browser) -> None:
    typed = {
        "device_name": "nonsense",
        "description": "Desk by the window",
        "lines.0.button": "99",
        "lines.0.directory_number": "1001",
    }
    answer = ada.submit(NEW_PHONE, typed)
    assert answer.status == 422
    for name, text in typed.items():
        assert answer.value_of(name) == text
    assert "2 entries are not valid" in answer.words
    assert 'id="f-device_name-error"' in answer.text
    assert 'id="f-lines.0.button-error"' in answer.text


def test_text_that_cannot_be_a_value_is_refused_with_what_can(ada: Browser) -> None:
    answer = ada.submit(
        NEW_PHONE,
        {"device_name": "SEP000000000001", "lines.0.button": "one", "lines.0.directory_number": "1001"},
    )
    assert answer.status == 422
    assert "whole numbers from 1 to" in answer.words


def test_a_second_save_is_told_who_changed_what_and_keeps_what_was_typed(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    add_phone(ada)
    path = "/CMAdmin/phone/edit/SEP000000000001"
    page = ada.get(path)
    administration.phones.update(root, "SEP000000000001", {"description": "changed by root"})
    typed = filled(page.text) | {"description": "changed by ada"}
    answer = ada.post(path, typed)
    assert answer.status == 409
    assert "root has changed this since you opened it: description from '' to 'changed by root'" in answer.words
    assert answer.value_of("description") == "changed by ada"
    assert administration.phones.get(root, "SEP000000000001").description == "changed by root"
    again = ada.post(path, typed | {"version": answer.value_of("version")})
    assert again.status == 303
    assert administration.phones.get(root, "SEP000000000001").description == "changed by ada"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/CMAdmin/enterprise-parameters", "cluster_id"),
        ("/CMAdmin/service-parameters/node1/Cisco%20CallManager", "sip_station_realm"),
    ],
)
def test_parameters_are_saved_by_one_after_the_other_and_undone(
    ada: Browser, another: Callable[[], Browser], path: str, field: str
) -> None:
    """What somebody else has set since the page was opened is not set back unseen."""
    before = ada.get(path)
    early, was = filled(before.text), before.value_of(field)
    bob = another()
    bob.sign_in()
    assert bob.submit(path, {field: "bobs"}).status == 303
    answer = ada.post(path, early | {field: "adas"})
    assert answer.status == 409
    assert f"ada has changed this since you opened it: {field} from '{was}' to 'bobs'" in answer.words
    assert (answer.value_of(field), ada.get(path).value_of(field)) == ("adas", "bobs")
    assert ada.post(path, early | {field: "adas", "version": answer.value_of("version")}).status == 303
    page = ada.get(path)
    assert page.value_of(field) == "adas" and "Undo" in page.words
    bob.submit(path, {field: "bobs2"})
    assert "changed again since; all stays as it is" in ada.post("/undo", {"csrf": page.value_of("csrf")}).words
    ada.submit(path, {field: "adas2"})
    undone = ada.post("/undo", {"csrf": page.value_of("csrf")})
    assert (undone.status, undone.headers["location"]) == (303, path.replace("%20", " ").replace(" ", "%20"))
    assert ada.get(path).value_of(field) == "bobs2"


def test_secrets_are_entered_twice_and_never_shown(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """ADMIN-13."""
    fields = {
        "user_id": "bob",
        "last_name": "Baker",
        "password": "a secret sentence",
        "password.again": "other word",
    }
    answer = ada.submit("/CMAdmin/end-user/new", fields)
    assert answer.status == 422 and "the same text in both fields" in answer.words
    assert "a secret sentence" not in answer.text
    fields["password.again"] = "a secret sentence"
    assert ada.submit("/CMAdmin/end-user/new", fields).status == 303
    page = ada.get("/CMAdmin/end-user/edit/bob")
    stored = administration.end_users.get(root, "bob").password
    assert stored is not None
    assert "a secret sentence" not in page.text and stored.reveal() not in page.text
    ada.submit("/CMAdmin/end-user/edit/bob", {"first_name": "Bob"})
    kept = administration.end_users.get(root, "bob")
    assert (kept.first_name, kept.password) == ("Bob", stored)
    ada.submit("/CMAdmin/end-user/edit/bob", {"password.forget": "yes"})
    assert administration.end_users.get(root, "bob").password is None


def test_the_version_of_a_record_tells_nothing_of_its_secrets(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    administration.end_users.add(root, EndUser("bob", "Baker", digest_credentials=Secret("12345")))
    first = ada.get("/CMAdmin/end-user/edit/bob").value_of("version")
    administration.end_users.update(root, "bob", {"digest_credentials": Secret("54321")})
    second = ada.get("/CMAdmin/end-user/edit/bob").value_of("version")
    assert first != second and re.fullmatch("[0-9a-f]{32}", first)


def test_who_may_only_look_is_offered_nothing_else_and_refused_what_is_forged(
    ada: Browser, grace: Browser, administration: Administration, root: Actor
) -> None:
    add_phone(ada)
    listing = grace.get("/CMAdmin/phone").words
    assert "Add New" not in listing and "Delete Selected" not in listing
    page = grace.get("/CMAdmin/phone/edit/SEP000000000001")
    assert "You may look at this record, not change it." in page.words
    token = page.value_of("csrf")
    forged = grace.post(
        "/CMAdmin/phone/edit/SEP000000000001",
        {"csrf": token, "shown": "description", "description": "x", "version": page.value_of("version")},
    )
    assert forged.status == 403
    removal = grace.post("/CMAdmin/phone/remove", {"csrf": token, "key": "SEP000000000001", "sure": "yes"})
    assert removal.status == 403
    assert administration.phones.find(root).total == 1


def test_a_predefined_record_is_shown_and_offers_a_copy(ada: Browser) -> None:
    """PSP-02."""
    page = ada.get("/CMAdmin/phone-security-profile/edit/7960 - Standard SIP Non-Secure Profile")
    assert "came with the installation and cannot be changed; copy it instead" in page.words
    assert 'class="main">Save' not in page.text


def test_a_copy_begins_with_everything_but_the_name_and_secrets(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """ADMIN-05."""
    add_phone(ada, description="Reception")
    page = ada.get("/CMAdmin/phone/copy/SEP000000000001")
    assert page.value_of("device_name") == "" and page.value_of("description") == "Reception"
    ada.submit("/CMAdmin/phone/copy/SEP000000000001", {"device_name": "SEP000000000002"})
    assert administration.phones.get(root, "SEP000000000002").description == "Reception"


def test_reset_is_told_to_the_node(ada: Browser, node: Node) -> None:
    """ADMIN-07."""
    add_phone(ada)
    token = ada.get("/CMAdmin/phone").value_of("csrf")
    ada.post("/CMAdmin/phone/reset/SEP000000000001", {"csrf": token, "restart": "yes"})
    assert ("reset", {"device": "SEP000000000001", "restart": True}) in node.asked


def test_find_and_list_tells_who_is_registered_and_who_was_refused(ada: Browser, node: Node) -> None:
    add_phone(ada)
    node.answers["phones"] = {
        "registered": [],
        "refused": [{"device": "SEP000000000001", "reason": "wrong digest credentials"}],
    }
    assert "refused: wrong digest credentials" in ada.get("/CMAdmin/phone").words


def test_the_node_is_asked_for_no_more_phones_than_are_shown(ada: Browser, node: Node) -> None:
    add_phone(ada)
    ada.get("/CMAdmin/phone")
    assert ("phones", {"devices": ["SEP000000000001"]}) in node.asked


def test_phones_are_listed_while_the_call_manager_is_stopped(ada: Browser, node: Node) -> None:
    add_phone(ada)
    node.answers["phones"] = Unavailable("the service Cisco CallManager does not run on node1")
    page = ada.get("/CMAdmin/phone")
    assert page.status == 200
    assert "SEP000000000001" in page.words and "Security now" not in page.words


def test_dependency_records_are_shown_once_they_are_on(
    ada: Browser, administration: Administration, root: Actor
) -> None:
    """ADMIN-14."""
    path = "/CMAdmin/device-pool/dependency-records/Default"
    add_phone(ada)
    assert "Dependency records are off" in ada.get(path).words
    administration.parameters.set_enterprise(root, {"enable_dependency_records": "true"})
    assert 'href="/CMAdmin/phone/edit/SEP000000000001"' in ada.get(path).text


def test_the_searched_names_are_found_everywhere(ada: Browser) -> None:
    add_phone(ada, description="Reception")
    page = ada.get("/search?q=recept")
    assert 'href="/CMAdmin/phone/edit/SEP000000000001"' in page.text
    assert b"1001" in ada.get("/search.json?q=100").body


def test_pages_and_parameters_are_found_by_their_labels(ada: Browser) -> None:
    page = ada.get("/search?q=BACKUP")
    assert 'href="/Platform/backup">Backup' in page.text and 'href="/CMAdmin/backup-schedule">' in page.text
    page = ada.get("/search?q=realm")
    assert "/CMAdmin/service-parameters/node1/Cisco%20CallManager#f-sip_station_realm" in page.text
    assert 'id="f-sip_station_realm"' in ada.get("/CMAdmin/service-parameters/node1/Cisco%20CallManager").text
    assert "/CMAdmin/enterprise-parameters#f-url_services" in ada.get("/search?q=url+services").text
    assert "Sign-Ins and Lock-Outs" in ada.get("/search?q=lock-outs").words.split("Search:")[1]


@pytest.fixture
def phones(ada: Browser, administration: Administration, root: Actor) -> Callable[[], list[str]]:
    names = [f"SEP{number:012}" for number in range(1, 61)]
    text = administration.bulk.template()
    header = text.strip().split(",")
    rows = [
        ",".join(
            {"device_name": name, "model": "7960", "protocol": "SIP", "description": f"Desk {name[-2:]}"}.get(
                column, ""
            )
            for column in header
        )
        for name in names
    ]
    report = administration.bulk.import_phones(root, "\r\n".join([text.strip(), *rows]))
    assert not report.errors, report.errors
    return lambda: names


class TestFindAndList:
    """ADMIN-01 to ADMIN-04."""

    def names(self, browser: Browser, query: str = "") -> list[str]:
        page = browser.get(f"/CMAdmin/phone{query}")
        assert page.status == 200
        return re.findall(r'<th scope="row"><a href="/CMAdmin/phone/edit/(\w+)"', page.text)

    def test_without_criteria_all_are_listed_page_by_page(
        self, ada: Browser, phones: Callable[[], list[str]]
    ) -> None:
        assert self.names(ada) == phones()[:50]
        assert self.names(ada, "?page=2") == phones()[50:]
        assert self.names(ada, "?size=20&page=3") == phones()[40:60]

    def test_criteria_narrow_and_search_within_results_narrows_further(
        self, ada: Browser, phones: Callable[[], list[str]]
    ) -> None:
        first = "?field=device_name&comparison=ends-with&value=1"
        assert self.names(ada, first) == [name for name in phones() if name.endswith("1")]
        within = "?where=device_name:ends-with:1&within=1&field=description&comparison=contains&value=Desk+2"
        assert self.names(ada, within) == ["SEP000000000021"]
        anew = within.replace("&within=1", "")
        assert len(self.names(ada, anew)) == 10

    def test_columns_sort_both_ways(self, ada: Browser, phones: Callable[[], list[str]]) -> None:
        assert self.names(ada, "?order=-device_name")[0] == phones()[-1]

    @pytest.mark.parametrize(
        "query",
        ["?where=nonsense", "?where=password:contains:a", "?order=nothing", "?page=x&size=y", "?where=a:b:c" * 20],
    )
    def test_a_crafted_address_is_no_error_of_ours(
        self, ada: Browser, phones: Callable[[], list[str]], query: str
    ) -> None:
        assert ada.get(f"/CMAdmin/phone{query}").status == 200


def test_the_phone_record_knows_its_page(ada: Browser) -> None:
    add_phone(ada)
    assert Phone.title in ada.get("/CMAdmin/phone/edit/SEP000000000001").words


def test_a_page_says_if_the_node_has_not_taken_in_what_is_saved(ada: Browser, node: Node) -> None:
    ada.submit("/CMAdmin/region/new", {"name": "Hamburg"})
    assert node.asked[-1][0] == "catch-up"
    assert "has not taken it in yet" not in ada.get("/CMAdmin/region").words
    node.answers["catch-up"] = False
    ada.submit("/CMAdmin/region/new", {"name": "Bremen"})
    shown = ada.get("/CMAdmin/region").words
    assert "Region Bremen is added." in shown and "has not taken it in yet" in shown
