"""What pages cost: queries and bytes. Times are for ``make bench``, as a loaded machine fails them in tests."""

from __future__ import annotations

import pytest

from harness.statements import statements_of
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from web.conftest import Browser, Node

KIB = 1024


def fill(administration: Administration, root: Actor, first: int, count: int) -> None:
    rows = "".join(
        f"SEP{number:012X},7961,Desk {number},{20000 + number}\n" for number in range(first, first + count)
    )
    text = f"device_name,model,description,line_1_directory_number\n{rows}"
    assert not administration.bulk.import_phones(root, text).errors


@pytest.mark.parametrize(
    "path",
    [
        "/CMAdmin/phone?size=250",
        "/CMAdmin/phone?size=250&where=description:contains:Desk&order=-description",
        "/CMAdmin/phone?size=250&page=1&where=lines.directory_number:begins-with:2",
        "/CMAdmin/",
        "/CMAdmin/certificate-operations",
        "/CMAdmin/enrol-phones",
        "/CMAdmin/encrypt-files",
        "/CMAdmin/secure-cluster",
        "/search.json?q=Desk",
    ],
)
def test_a_page_asks_no_more_of_the_database_for_many_phones_than_for_few(
    administration: Administration, root: Actor, ada: Browser, path: str
) -> None:
    """No query per row."""
    fill(administration, root, 1, 5)
    ada.get("/CMAdmin/region")  # what is read once is read now
    with statements_of(administration.database) as few:
        assert ada.get(path).status == 200
    fill(administration, root, 6, 150)
    with statements_of(administration.database) as many:
        assert ada.get(path).status == 200
    assert len(many) <= len(few), "\n".join(many)
    assert few, "nothing was counted"


def test_the_start_page_with_all_that_it_needs_is_small(
    administration: Administration, root: Actor, ada: Browser
) -> None:
    """Less than 100 KiB, before anything is compressed; and no other page is asked for by it."""
    fill(administration, root, 1, 150)
    page = ada.get("/CMAdmin/")
    parts = [ada.get(f"/static/{name}") for name in ("ringward.css", "ringward.js", "ringward.svg")]
    assert all(part.status == 200 for part in parts)
    total = sum(len(each.body) for each in (page, *parts))
    assert total < 100 * KIB, total
    assert page.text.count("<img ") == 1


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/CMAdmin/", 1),
        ("/CMAdmin/to-do", 1),
        ("/CMAdmin/secure-cluster", 1),
        ("/CMAdmin/encrypt-files", 0),
        ("/CMAdmin/enrol-phones", 1),
        ("/CMAdmin/phone", 1),
        ("/CMAdmin/phone/edit/SEP000000000001", 0),
        ("/CMAdmin/phone/why/SEP000000000001", 1),
        ("/CMAdmin/certificate-operations", 1),
        ("/CMService/control-center", 1),
        ("/CMService/trace", 1),
        ("/AST", 1),
        ("/CMAdmin/region", 0),
    ],
)
def test_a_page_disturbs_the_node_once_at_most(
    administration: Administration, root: Actor, ada: Browser, node: Node, path: str, most: int
) -> None:
    """The node carries calls: what a page needs of it, it asks in one exchange."""
    fill(administration, root, 1, 3)
    ada.get("/CMAdmin/region")
    before = node.exchanges
    assert ada.get(path).status == 200
    assert node.exchanges - before == most
