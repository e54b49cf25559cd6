"""Between the call engine's causes and SIP status codes (RFC 3398 section 8, ITU-T Q.850)."""

from __future__ import annotations

from ringward.calls.events import Cause

_STATUS_OF: dict[Cause, int] = {
    Cause.UNALLOCATED_NUMBER: 404,
    Cause.NO_ROUTE: 404,
    Cause.USER_BUSY: 486,
    Cause.NO_USER_RESPONDING: 408,
    Cause.NO_ANSWER: 480,
    Cause.CALL_REJECTED: 603,
    Cause.ROUTING_ERROR: 482,
    Cause.DESTINATION_OUT_OF_ORDER: 480,
    Cause.INVALID_NUMBER: 484,
    Cause.TEMPORARY_FAILURE: 500,
    Cause.CONGESTION: 503,
    Cause.NOT_PERMITTED: 403,
    Cause.NO_SUCH_CALL: 481,
    Cause.INCOMPATIBLE_MEDIA: 488,
    Cause.RECOVERY_ON_TIMER: 504,
    Cause.PROTOCOL_ERROR: 500,
    Cause.CANCELLED: 487,
    Cause.NORMAL: 480,
    Cause.ANSWERED_ELSEWHERE: 487,
    Cause.SUBSCRIBER_ABSENT: 480,
    Cause.OFFER_PENDING: 491,
}

_CAUSE_OF: dict[int, Cause] = {
    400: Cause.PROTOCOL_ERROR,
    401: Cause.CALL_REJECTED,
    403: Cause.CALL_REJECTED,
    404: Cause.UNALLOCATED_NUMBER,
    406: Cause.INCOMPATIBLE_MEDIA,
    407: Cause.CALL_REJECTED,
    408: Cause.NO_USER_RESPONDING,
    410: Cause.UNALLOCATED_NUMBER,
    415: Cause.INCOMPATIBLE_MEDIA,
    480: Cause.NO_USER_RESPONDING,
    481: Cause.RECOVERY_ON_TIMER,
    482: Cause.ROUTING_ERROR,
    483: Cause.ROUTING_ERROR,
    484: Cause.INVALID_NUMBER,
    486: Cause.USER_BUSY,
    487: Cause.CANCELLED,
    488: Cause.INCOMPATIBLE_MEDIA,
    491: Cause.OFFER_PENDING,
    503: Cause.CONGESTION,
    600: Cause.USER_BUSY,
    603: Cause.CALL_REJECTED,
    604: Cause.UNALLOCATED_NUMBER,
    606: Cause.INCOMPATIBLE_MEDIA,
}


def status_of(cause: Cause) -> int:
    """The SIP status by which a call is refused for this cause."""
    return _STATUS_OF[cause]


def cause_of(status: int) -> Cause:
    """The cause that a SIP status means."""
    found = _CAUSE_OF.get(status)
    if found is not None:
        return found
    return Cause.CALL_REJECTED if 400 <= status < 500 or status >= 600 else Cause.TEMPORARY_FAILURE
