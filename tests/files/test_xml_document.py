"""Documents that are written once, and filled in for each phone."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ringward.files.phone_configuration import Unwritable
from ringward.files.xml_document import BLANK, Form, add, stamp_of, write

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\r\t"), max_size=20)


def letter(name: str, polite: str | bool, greeting: str, stamp: str | None) -> etree._Element:
    root = etree.Element("letter")
    add(root, "date", "2006-05-04")
    to = add(root, "to", number=1)
    add(to, "name", name)
    add(to, "empty", "")
    add(root, "versionStamp", stamp)
    add(to, "polite", polite)
    add(root, "greeting", greeting)
    add(root, "end")
    return root


FORM = Form(letter(BLANK, BLANK, BLANK, BLANK))


@given(name=TEXTS, polite=st.booleans(), greeting=TEXTS)
def test_a_form_that_is_filled_in_is_the_document_octet_by_octet(name: str, polite: bool, greeting: str) -> None:
    own = (name, "true" if polite else "false", greeting)
    try:
        write(letter(name, polite, greeting, None))
    except Unwritable:
        with pytest.raises(Unwritable):
            FORM.filled(own)
        return
    filled = FORM.filled(own)
    stamp = stamp_of(filled).decode()
    assert UUID(stamp)
    assert filled == write(letter(name, polite, greeting, stamp))
    assert filled == FORM.filled(own)


def test_the_stamp_is_another_for_another_form_or_other_texts() -> None:
    """TFTP-03; also for the same texts, divided otherwise."""
    other = letter(BLANK, BLANK, BLANK, BLANK)
    add(other, "new")
    texts = [("Ada", "b", "c"), ("Adab", "", "c"), ("Ada", "", "bc"), ("Ada", "bc", "")]
    documents = [FORM.filled(each) for each in texts] + [Form(other).filled(texts[0])]
    assert len({stamp_of(each) for each in documents}) == len(documents)


def test_a_document_without_a_stamp_has_none() -> None:
    assert stamp_of(write(letter("Ada", True, "<versionStamp>{forged}</versionStamp>", None))) == b""


def test_what_cannot_be_written_is_named() -> None:
    with pytest.raises(Unwritable, match="greeting cannot be written"):
        FORM.filled(("Ada", "true", "bell\x07"))


def test_a_value_cannot_pass_for_a_blank() -> None:
    """What an administrator types never shifts the values of others, in the common part or in a phone's own."""
    typed = BLANK + ""
    with pytest.raises(Unwritable):
        FORM.filled((typed, "true", "hello"))
    with pytest.raises(Unwritable):
        add(etree.Element("letter"), "name", "x" + typed)


@pytest.mark.parametrize("texts", [("Ada", "true"), ("Ada", "true", "hello", "more")])
def test_every_blank_gets_a_text_and_every_text_a_blank(texts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="texts for 3 blanks"):
        FORM.filled(texts)
