from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.domain.rules.certificate_operation import (
    AUTHENTICATION_STRING,
    PresentedCertificate,
    authentication_failure,
    generate_string,
    is_moment,
    is_over,
    moment,
    preset_deadline,
    status_after,
)
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import CapfAuthenticationMode as Mode
from ringward.domain.vocabulary import CapfFailure as Failure
from ringward.domain.vocabulary import CertificateOperation, DeviceCertificateKind

LSC = PresentedCertificate(DeviceCertificateKind.LSC)
MIC = PresentedCertificate(DeviceCertificateKind.MIC)
BAD_LSC = PresentedCertificate(DeviceCertificateKind.LSC, "it is revoked")
NOON = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
_DEADLINES = st.integers(946_684_800, 4_070_908_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def failure(
    mode: Mode,
    presented: PresentedCertificate | None = None,
    *,
    wanted: str = "",
    given: str | None = None,
    has_lsc: bool = False,
    has_mic: bool = True,
) -> Failure | None:
    return authentication_failure(
        mode,
        wanted=Secret(wanted) if wanted else None,
        given=given,
        presented=presented,
        has_lsc=has_lsc,
        has_mic=has_mic,
    )


def test_a_null_string_asks_for_nothing() -> None:
    """CAPF-15."""
    assert failure(Mode.NULL_STRING) is None


@pytest.mark.parametrize(
    ("wanted", "given"), [("4711", "4712"), ("4711", ""), ("4711", None), ("", ""), ("", None)]
)
def test_only_the_string_that_was_set_lets_in(wanted: str, given: str | None) -> None:
    """CAPF-14; where none is set, an empty one is not it."""
    assert failure(Mode.AUTHENTICATION_STRING, wanted="4711", given="4711") is None
    refused = failure(Mode.AUTHENTICATION_STRING, LSC, wanted=wanted, given=given)
    assert refused is Failure.INVALID_AUTHENTICATION_STRING


@pytest.mark.parametrize(
    ("mode", "has_lsc", "has_mic", "presented", "expected"),
    [
        (Mode.EXISTING_LSC, True, True, LSC, None),
        (Mode.EXISTING_LSC, False, True, MIC, None),
        (Mode.EXISTING_LSC, True, True, MIC, Failure.INVALID_LSC),
        (Mode.EXISTING_LSC, True, True, BAD_LSC, Failure.INVALID_LSC),
        (Mode.EXISTING_LSC, False, False, None, Failure.INVALID_LSC),
        (Mode.EXISTING_MIC, True, True, MIC, None),
        (Mode.EXISTING_MIC, True, False, LSC, None),
        (Mode.EXISTING_MIC, True, True, LSC, Failure.INVALID_MIC),
        (Mode.EXISTING_MIC, False, True, None, Failure.INVALID_MIC),
    ],
)
def test_one_certificate_is_due_and_never_the_other_instead(
    mode: Mode, has_lsc: bool, has_mic: bool, presented: PresentedCertificate | None, expected: Failure | None
) -> None:
    """CAPF-16 to CAPF-19."""
    assert failure(mode, presented, has_lsc=has_lsc, has_mic=has_mic) is expected


@given(st.lists(st.integers(0, 9), min_size=8, max_size=8))
def test_generated_strings_have_the_form_of_entered_ones(digits: list[int]) -> None:
    """CAPF-26."""
    numbers = iter(digits)
    made = generate_string(lambda below: next(numbers) % below).reveal()
    assert AUTHENTICATION_STRING.fullmatch(made)
    assert not made.startswith("0"), "a spreadsheet program leaves it out"


@pytest.mark.parametrize(
    "text", ["", "2026-12-05", "2026-12-05 24:00", "2026-1-5 8:00", "2026-02-30 08:00", "soon"]
)
def test_what_is_no_moment_is_no_deadline(text: str) -> None:
    assert not is_moment(text)


@given(_DEADLINES, st.integers(-3000, 3000))
def test_a_deadline_holds_to_the_end_of_its_minute(deadline: datetime, minutes: int) -> None:
    """CAPF-29."""
    text = moment(deadline)
    assert is_moment(text)
    assert is_over(text, deadline + timedelta(minutes=minutes)) is (minutes > 0)


def test_the_preset_deadline_is_days_from_now() -> None:
    """CAPF-35."""
    assert preset_deadline(NOON, 5) == "2026-11-30 12:00"
    assert not is_over("", NOON)


def test_the_status_names_the_operation_and_the_cause() -> None:
    """CAPF-30."""
    assert status_after(CertificateOperation.INSTALL_UPGRADE, None) == "Upgrade Success"
    assert status_after(CertificateOperation.DELETE, Failure.LATE) == (
        "Delete Failed: User Initiated Request Late/Timedout"
    )
