"""The ends of a period as people write them: a day, a minute or a second, each meant whole."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from ringward.domain.errors import FieldError, Invalid

MOMENT_HELP = "a day or a time, such as 2026-01-31, 2026-01-31 14:30 or 2026-01-31 14:30:15"
_FORMS = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%d %H:%M", timedelta(minutes=1)),
    ("%Y-%m-%d %H:%M:%S", timedelta(seconds=1)),
)
_LONGEST_SHOWN = 40


def since(text: str, zone: tzinfo | None, field: str) -> int | None:
    """The first millisecond since 1970 of what is written; None if nothing is.

    ``zone`` is whose clock it is meant by; None is this machine's. Raises :class:`Invalid`, naming ``field``.
    """
    return _end(text, zone, field, last=False)


def until(text: str, zone: tzinfo | None, field: str) -> int | None:
    """The first millisecond after what is written, as :func:`since`: until a day includes that day."""
    return _end(text, zone, field, last=True)


def _end(text: str, zone: tzinfo | None, field: str, *, last: bool) -> int | None:
    written = text.strip().replace("T", " ")
    if not written:
        return None
    for form, length in _FORMS:
        try:
            begin = datetime.strptime(written, form)  # noqa: DTZ007  (the zone is given below)
            moment = begin + length if last else begin
            aware = moment.astimezone() if zone is None else moment.replace(tzinfo=zone)
            return int(aware.timestamp()) * 1000
        except (ValueError, OverflowError, OSError):
            continue
    shown = text[:_LONGEST_SHOWN]
    raise Invalid("period", shown, [FieldError(field, shown, MOMENT_HELP)])
