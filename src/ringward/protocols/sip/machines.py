"""The four transaction machines (RFC 3261 section 17, as corrected by RFC 6026), as tables.

Each is a table of (state, input) to (action, next state); an input that a table does not know changes nothing. The
actions are those of :class:`ringward.protocols.sip.transaction_layer.TransactionLayer`.
"""

from __future__ import annotations

Table = dict[tuple[str, str], tuple[str, str]]

SERVER_INVITE: Table = {
    ("proceeding", "request"): ("repeat", "proceeding"),
    ("proceeding", "1xx"): ("reply", "proceeding"),
    ("proceeding", "2xx"): ("reply_and_wait", "accepted"),
    ("proceeding", "refusal"): ("refuse_until_ack", "completed"),
    ("proceeding", "dismissal"): ("reply_and_forget", "terminated"),
    ("completed", "request"): ("repeat", "completed"),
    ("completed", "retransmit"): ("repeat_until_ack", "completed"),
    ("completed", "timeout"): ("unacknowledged", "terminated"),
    ("completed", "ack"): ("acknowledged", "confirmed"),
    ("accepted", "2xx"): ("reply", "accepted"),
}
"""RFC 3261 figure 7 with RFC 6026 figure 1; "refusal" is any final response but a 2xx.

A "dismissal" is a final response that leaves nothing behind (section 8.2.7): should it be lost, the request comes
again and is refused again.
"""

SERVER_OTHER: Table = {
    ("trying", "1xx"): ("reply", "proceeding"),
    ("trying", "2xx"): ("reply_and_wait", "completed"),
    ("trying", "refusal"): ("reply_and_wait", "completed"),
    ("trying", "dismissal"): ("reply_and_forget", "terminated"),
    ("proceeding", "request"): ("repeat", "proceeding"),
    ("proceeding", "1xx"): ("reply", "proceeding"),
    ("proceeding", "2xx"): ("reply_and_wait", "completed"),
    ("proceeding", "refusal"): ("reply_and_wait", "completed"),
    ("proceeding", "dismissal"): ("reply_and_forget", "terminated"),
    ("completed", "request"): ("repeat", "completed"),
}
"""RFC 3261 figure 8."""

CLIENT_INVITE: Table = {
    ("calling", "retransmit"): ("resend", "calling"),
    ("calling", "timeout"): ("timed_out", "terminated"),
    ("calling", "lost"): ("timed_out", "terminated"),
    ("calling", "1xx"): ("provisional", "proceeding"),
    ("calling", "2xx"): ("accepted", "accepted"),
    ("calling", "refusal"): ("refused", "completed"),
    ("proceeding", "1xx"): ("provisional", "proceeding"),
    ("proceeding", "2xx"): ("accepted", "accepted"),
    ("proceeding", "refusal"): ("refused", "completed"),
    ("proceeding", "retransmit"): ("wait_on", "proceeding"),
    ("proceeding", "timeout"): ("timed_out", "terminated"),
    ("proceeding", "lost"): ("timed_out", "terminated"),
    ("completed", "refusal"): ("acknowledge", "completed"),
    ("accepted", "2xx"): ("pass_up", "accepted"),
}
"""RFC 3261 figure 5 with RFC 6026 figure 2.

When proceeding, nothing is retransmitted, and the timeout is one that no sensible call comes to.
"""

CLIENT_OTHER: Table = {
    ("trying", "retransmit"): ("resend", "trying"),
    ("trying", "timeout"): ("timed_out", "terminated"),
    ("trying", "lost"): ("timed_out", "terminated"),
    ("trying", "1xx"): ("provisional", "proceeding"),
    ("trying", "2xx"): ("final", "completed"),
    ("trying", "refusal"): ("final", "completed"),
    ("proceeding", "retransmit"): ("resend", "proceeding"),
    ("proceeding", "timeout"): ("timed_out", "terminated"),
    ("proceeding", "lost"): ("timed_out", "terminated"),
    ("proceeding", "1xx"): ("provisional", "proceeding"),
    ("proceeding", "2xx"): ("final", "completed"),
    ("proceeding", "refusal"): ("final", "completed"),
}
"""RFC 3261 figure 6."""

OFFERS: Table = {
    ("stable", "offer"): ("send", "offered"),
    ("stable", "ask"): ("send", "asked"),
    ("stable", "far offer"): ("take", "received"),
    ("offered", "answer"): ("hand up", "stable"),
    ("offered", "refusal"): ("hand up", "stable"),
    ("offered", "far offer"): ("refuse with 491", "offered"),
    ("asked", "answer"): ("hand up", "owing"),
    ("asked", "refusal"): ("hand up", "stable"),
    ("asked", "far offer"): ("refuse with 491", "asked"),
    ("owing", "acknowledge"): ("send", "stable"),
    ("owing", "far offer"): ("refuse with 491", "owing"),
    ("received", "accept"): ("send", "stable"),
    ("received", "offer instead"): ("send", "unanswered"),
    ("received", "refuse"): ("send", "stable"),
    ("received", "far offer"): ("refuse with 500", "received"),
    ("unanswered", "ack"): ("hand up", "stable"),
    ("unanswered", "far offer"): ("refuse with 491", "unanswered"),
}
"""Offers and answers of a session (RFC 3261 section 14, RFC 3264, RFC 3311 section 5.2).

"ask" is an INVITE without offer, whose 2xx has one ("owing": our ACK answers it); "offer instead" is our 2xx to
such an INVITE of the far side ("unanswered": its ACK answers).
"""
