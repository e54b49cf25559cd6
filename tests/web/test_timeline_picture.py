"""The timeline of a phone as a picture."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.phone_timeline import Subject, TimelineEntry
from ringward.web.timeline_picture import LEFT, MOST, RIGHT, timeline_picture

DEVICE = "SEP001122AABBCC"
BOOT = (
    TimelineEntry(100.0, Subject.FILE, "CTL", good=False, about=f"CTL{DEVICE}.tlv"),
    TimelineEntry(100.01, Subject.FILE, "file", good=True, about=f"{DEVICE}.cnf.xml.sgn"),
    TimelineEntry(101.0, Subject.CAPF, "issued"),
    TimelineEntry(103.0, Subject.REGISTRATION, "line 1", good=True),
)


def test_a_phone_that_was_never_heard_of_has_no_picture() -> None:
    assert timeline_picture(()) is None


def test_each_kind_of_event_has_its_track_and_how_it_ended_its_mood() -> None:
    picture = timeline_picture(BOOT)
    assert picture
    assert [title for title, _ in picture.tracks] == ["Trust list", "Configuration", "CAPF", "Registration"]
    assert [mark.y for mark in picture.marks] == [height for _, height in picture.tracks]
    assert [mark.mood for mark in picture.marks] == ["bad", "good", "plain", "good"]
    assert [mark.number for mark in picture.marks] == [1, 2, 3, 4]
    assert len(picture.ways) == 1


def test_the_first_time_is_the_time_of_day_and_later_ones_are_seconds_since_then() -> None:
    picture = timeline_picture(BOOT)
    assert picture
    assert [words for _, words in picture.times] == ["00:01:40", "+1.0 s"], "for the last there is no room"


def test_hours_of_silence_break_the_line_and_take_little_room() -> None:
    again = TimelineEntry(90_000.0, Subject.FILE, "ring list", good=True, about="RingList.xml")
    picture = timeline_picture((*BOOT, again))
    assert picture
    assert len(picture.ways) == 2
    assert picture.marks[-1].x - picture.marks[-2].x < 100
    assert picture.times[-1] == (picture.marks[-1].x, "01:00:00")
    assert "Other files" in dict(picture.tracks)


def test_of_many_events_the_latest_are_shown_with_their_numbers_in_the_table() -> None:
    entries = [TimelineEntry(float(at), Subject.ADMINISTRATION, "changed") for at in range(MOST + 5)]
    picture = timeline_picture(entries)
    assert picture
    assert (len(picture.marks), picture.left_out) == (MOST, 5)
    assert [picture.marks[0].number, picture.marks[-1].number] == [6, MOST + 5]


@given(
    st.lists(st.tuples(st.floats(0, 2e9), st.sampled_from(Subject), st.text(max_size=9)), min_size=1, max_size=60)
)
def test_no_mark_ever_covers_another_or_leaves_the_picture(rows: list[tuple[float, Subject, str]]) -> None:
    picture = timeline_picture(
        [
            TimelineEntry(at, subject, text, about=text)
            for at, subject, text in sorted(rows, key=lambda row: row[0])
        ]
    )
    assert picture
    assert all(after.x - before.x > 21 for before, after in pairwise(picture.marks))
    assert picture.marks[0].x >= LEFT
    assert picture.marks[-1].x <= picture.width - RIGHT + 1
    assert all(0 < mark.y < picture.height for mark in picture.marks)
    assert all(after[0] - before[0] > 50 for before, after in pairwise(picture.times))
