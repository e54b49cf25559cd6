"""What of one party's media may be shown to another: codecs by region (ADMIN-33), keys by security (MEDIA-10).

A region's limit is a codec of :data:`ringward.domain.region.AUDIO_CODECS`; it allows that codec and all that need
less bandwidth. Events and comfort noise are no codecs of speech and always pass.
"""

from __future__ import annotations

from dataclasses import replace
from operator import is_

from ringward.calls.media import Codec, Direction, MediaDescription, MediaStream, common_key
from ringward.domain.region import AUDIO_CODECS

_WIDTH = {
    "L16": 0,
    "G722": 1,
    "G7221": 1,
    "OPUS": 1,  # recommended at 28 to 40 kbit/s for full-band speech (RFC 7587 section 3.1.1)
    "AMR-WB": 1,
    "SPEEX": 1,
    "PCMU": 2,
    "PCMA": 2,
    "G726-40": 2,
    "G726-32": 2,
    "G726-24": 2,
    "G726-16": 2,
    "G728": 2,
    "G729E": 2,
    "GSM": 2,
    "GSM-EFR": 2,
    "ILBC": 2,
    "AMR": 2,
    "G729": 3,
    "G729A": 3,
    "G729AB": 3,
    "G729D": 3,
    "G723": 3,
}
"""Encoding names to the narrowest limit that allows them, as an index into AUDIO_CODECS."""

_UNKNOWN_WIDTH = 0
"""A codec whose bandwidth we do not know passes only where every codec may."""

_NO_SPEECH = {"TELEPHONE-EVENT": len(AUDIO_CODECS), "CN": len(AUDIO_CODECS)}
"""RFC 4733, RFC 3389: these come along with a codec and are none; they are narrower than any limit."""

_WIDTH_OR_EVENT = _WIDTH | _NO_SPEECH
_LIMITS = {name: index for index, name in enumerate(AUDIO_CODECS)}
_WIDEBAND = _LIMITS["L16-256k"]


def narrower(one: str, other: str) -> str:
    """The narrower one of two codec limits."""
    return one if _LIMITS[one] >= _LIMITS[other] else other


def permitted(
    media: MediaDescription,
    limit: str | None,
    *,
    with_keys: bool,
    falls_back: bool = False,
    with_wideband: bool = True,
) -> MediaDescription | None:
    """What of ``media`` may be offered; None if it had audio and none of it may.

    ``limit``: the codec limit between the regions, None where there is none. ``with_keys``: whether the signalling
    of both sides is encrypted, so that media keys may be sent over it (MEDIA-10); otherwise they are taken out.
    Then a stream that demands encryption is offered in the clear if its describer ``falls_back`` (MEDIA-08), and
    not at all otherwise. ``with_wideband``: False passes over the wideband codec (MEDIA-17).

    The very same object comes back where nothing had to be taken out.
    """
    widest = _LIMITS[limit] if limit is not None else _WIDEBAND
    if not with_wideband and widest == _WIDEBAND:
        widest = _WIDEBAND + 1
    streams = []
    changed = False
    for stream in media.streams:
        kept = _narrowed(stream, widest) if widest != _WIDEBAND and stream.kind == "audio" else stream
        if not with_keys:
            kept = _without_keys(kept, falls_back=falls_back)
        changed = changed or kept is not stream
        streams.append(kept)
    if not changed:
        return media
    result = MediaDescription(tuple(streams))
    return result if result.audio is not None or media.audio is None else None


def is_settled(told: MediaDescription | None, own: MediaDescription | None, peer: MediaDescription | None) -> bool:
    """Whether a party need not be told of its peer's description again.

    ``told`` is what it knows of the peer, ``own`` its own latest description, ``peer`` what it would be told now.
    It is settled if it knows just this already, or sends to the right place, in the right way, and nothing that
    the peer no longer takes.
    """
    if told is not None and told == peer:
        return True
    if told is None or own is None or peer is None or len(told.streams) != len(peer.streams):
        return False
    if any(_way(one) != _way(other) for one, other in zip(told.streams, peer.streams, strict=True)):
        return False
    return all(
        {_code(codec) for codec in mine.codecs} <= {_code(codec) for codec in theirs.codecs}
        for mine, theirs in zip(own.streams, peer.streams, strict=False)
        if mine.port and theirs.port
    )


def answer_from(offer: MediaDescription, peer: MediaDescription) -> MediaDescription | None:
    """How an offer is answered for a peer whose description is known; None if they have nothing in common.

    Each stream keeps its place and the codecs of the offer that the peer has too, under the offer's payload types
    (RFC 3264 section 6.1); where the peer has no such stream it is refused. Of the keys of the peer it has the one
    of the best suite that both have, else it is in the clear.
    """
    streams = []
    for index, asked in enumerate(offer.streams):
        there = peer.streams[index] if index < len(peer.streams) else None
        codecs: tuple[Codec, ...] = ()
        if there is not None and there.port and _transport(there) == _transport(asked):
            known = {_encoding(codec) for codec in there.codecs}
            codecs = tuple(codec for codec in asked.codecs if _encoding(codec) in known)
        if there is None or not asked.port or all(codec.name.upper() in _NO_SPEECH for codec in codecs):
            streams.append(replace(asked, port=0))
            continue
        sends = there.direction.sends and asked.direction.receives
        receives = there.direction.receives and asked.direction.sends
        key = common_key(asked.keys, there.keys)
        answer = replace(there, keys=(key,), profile=asked.profile) if key is not None else there.in_the_clear()
        streams.append(replace(answer, codecs=codecs, direction=Direction.of(sends=sends, receives=receives)))
    return MediaDescription(tuple(streams)) if any(stream.port for stream in streams) else None


def as_answer(offer: MediaDescription, answer: MediaDescription) -> MediaDescription | None:
    """An answer with a stream for each of the offer; None if it cannot be an answer to that offer.

    Streams that nobody offered are left out, and those that it says nothing of are refused (RFC 3264 section 6). A
    key must be the only one, with tag and suite of one that was offered (RFC 4568 section 5.1.3), or media would
    be taken for encrypted that nobody can decrypt. Beside a profile in the clear a key is passed over.

    The very same object comes back where nothing had to be changed.
    """
    given = answer.streams
    if len(given) != len(offer.streams):
        missing = offer.streams[len(given) :]
        given = (*given[: len(offer.streams)], *(replace(asked, port=0, keys=()) for asked in missing))
    streams = []
    for asked, stream in zip(offer.streams, given, strict=True):
        fitting = _answer_to(asked, stream)
        if fitting is None:
            return None
        streams.append(fitting)
    if len(given) == len(answer.streams) and all(map(is_, streams, given)):
        return answer
    return MediaDescription(tuple(streams))


def _answer_to(asked: MediaStream, stream: MediaStream) -> MediaStream | None:
    if not stream.port:
        return stream
    if not asked.port:
        return replace(stream, port=0, keys=())
    if stream.kind != asked.kind:
        return None
    if not stream.keys or (len(stream.keys) == 1 and stream.keys[0].answers(asked.keys)):
        return stream
    return None if stream.demands_encryption else stream.in_the_clear()


def _transport(stream: MediaStream) -> tuple[str, str]:
    return stream.kind, stream.profile.replace("SAVP", "AVP")


def _encoding(codec: Codec) -> tuple[object, ...]:
    return (codec.name.upper(), codec.clock_rate, codec.channels)


def _narrowed(stream: MediaStream, widest: int) -> MediaStream:
    codecs = tuple(
        codec for codec in stream.codecs if _WIDTH_OR_EVENT.get(codec.name.upper(), _UNKNOWN_WIDTH) >= widest
    )
    if len(codecs) == len(stream.codecs):
        return stream
    if all(codec.name.upper() in _NO_SPEECH for codec in codecs):
        return replace(stream, port=0)  # a refused stream still names its codecs (RFC 3264 section 5.1)
    return replace(stream, codecs=codecs)


def _without_keys(stream: MediaStream, *, falls_back: bool) -> MediaStream:
    if stream.demands_encryption and not falls_back:
        return replace(stream, port=0, keys=())
    return stream.in_the_clear()


def answerable(
    offer: MediaDescription, answer: MediaDescription, *, with_keys: bool, falls_back: bool
) -> MediaDescription | None:
    """An answer as whoever made the offer may be given it; None if it demands encryption and would get none.

    ``with_keys`` and ``falls_back`` as for :func:`permitted`; the latter is whoever made the offer. The very same
    object comes back where nothing had to be taken out.
    """
    streams = []
    for index, stream in enumerate(answer.streams):
        kept = stream if with_keys else stream.in_the_clear()
        asked = offer.streams[index] if index < len(offer.streams) else None
        if asked is not None and asked.demands_encryption and kept.port and not kept.keys and not falls_back:
            return None
        streams.append(kept)
    if all(kept is stream for kept, stream in zip(streams, answer.streams, strict=True)):
        return answer
    return MediaDescription(tuple(streams))


def _way(stream: MediaStream) -> tuple[object, ...]:
    return (
        stream.kind,
        stream.address,
        stream.port,
        stream.direction,
        stream.profile,
        stream.attributes,
        stream.keys,
    )


def _code(codec: Codec) -> tuple[object, ...]:
    return (codec.payload_type, *_encoding(codec))
