from __future__ import annotations

from lxml import etree

from ringward.files import ring_list


def test_only_what_phones_can_show_and_fetch() -> None:
    names = ["a.raw", "B.RAW", "x" * 30 + ".raw", "folder/c.raw", "firmware.sbn", "gl\u00f6ckchen.raw", ".raw\n"]
    root = etree.fromstring(ring_list.build(names))
    assert [each.text for each in root.iter("FileName")] == ["B.RAW", "a.raw"]


def test_at_most_fifty() -> None:
    root = etree.fromstring(ring_list.build(f"ring{n:03}.pcm" for n in range(80)))
    assert len(root) == 50


def test_display_names() -> None:
    assert ring_list.display_name("OldStyle.raw") == "Old Style"
    assert ring_list.display_name("Analog_Synth2-b.pcm") == "Analog Synth2 b"
