"""Phones that get certificates from CAPF, some at a time; their keys are made before the clock runs."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from ringward.domain.vocabulary import CapfAuthenticationMode
from ringward.phone.enrolment import Enrolment, Result, generate_key
from ringward.phone.flash import Flash
from ringward.phone.identity import Identity
from ringward.phone.own_keys import OwnKeys
from ringward.pki.certificates import Certificate
from ringward.protocols.capf.values import RsaKeyWanted

KEYS = 8  # shared by all phones: what is measured is the server


async def _main(capf: bytes, port: int, phones: int, at_a_time: int, bits: int) -> None:
    trusted = [Certificate.load(capf).der]
    keys = [generate_key(RsaKeyWanted(bits)) for _ in range(KEYS)]
    places = asyncio.Semaphore(at_a_time)
    results: list[Result] = []

    async def call(number: int) -> None:
        enrolment = Enrolment(
            Identity(f"00CA{number:08X}"),
            OwnKeys(Flash()),
            lambda: trusted,
            make_key=lambda wanted: keys[number % KEYS],
        )
        async with places:
            outcome = await enrolment.run([("127.0.0.1", port)], CapfAuthenticationMode.NULL_STRING)
        results.append(outcome.result)

    began = time.monotonic()
    await asyncio.gather(*(call(number) for number in range(phones)))
    issued = results.count(Result.INSTALLED)
    seconds = time.monotonic() - began
    print(json.dumps({"issued": issued, "failed": phones - issued, "seconds": seconds}))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]).read_bytes(), *(int(each) for each in sys.argv[2:6])))
