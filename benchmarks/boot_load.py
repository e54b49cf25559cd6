"""Encrypted phones from cold to registered, many at a time: trust list, encrypted file, TLS, REGISTER.

    python -m benchmarks.boot_load DIRECTORY TFTP_PORT SIP_PORT AT_A_TIME

DIRECTORY holds the certificate of each phone (``SEP....pem``) and the one key that all of them have (``key.pem``):
what is measured is the server. Each phone decrypts its file, and has failed when that is not its own. A hundred
phones share an address, since a server bounds what it does for one. When their keys are read, "ready" is printed;
they begin at a line of input.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path

import uvloop

from benchmarks.desk_phone import value_of
from benchmarks.openssl_work import client_context
from benchmarks.secured_office import phones_of
from ringward.domain.errors import RingwardError
from ringward.files import encrypted_file, envelope
from ringward.phone.retrieval import FileServer, fetch
from ringward.pki.certificates import Certificate, KeyPair, KeyPairFiles
from ringward.pki.file_ciphers import FileCiphers, unwrap

ADDRESS = "127.0.0.1"
PHONES_PER_ADDRESS = 100
ANSWER_SECONDS = 60.0  # what has no answer by then has failed
MAX_MESSAGE = 65_536


class Phone:
    """One phone, and how it comes up."""

    def __init__(self, index: int, files: KeyPairFiles, pair: KeyPair, tftp: FileServer, sip_port: int) -> None:
        self._index = index
        self._host = f"127.0.1.{index // PHONES_PER_ADDRESS + 1}"
        self._tls = client_context(files)
        self._pair = pair
        self._tftp = tftp
        self._sip_port = sip_port
        self._writer: asyncio.StreamWriter | None = None

    async def boot(self) -> None:
        """Raises what went wrong."""
        device = self._pair.certificate.common_name
        await fetch(self._tftp, f"ITL{device}.tlv", source=self._host)
        sealed = envelope.parse(await fetch(self._tftp, f"{device}.cnf.xml.enc.sgn", source=self._host))
        info = sealed.header.encryption
        key = unwrap(self._pair, info.encrypted_key) if info is not None else None
        if key is None or b"<device>" not in encrypted_file.decrypt(sealed, FileCiphers(), key):
            raise RingwardError(f"{device} cannot read its file")
        await self._register(device)

    async def _register(self, device: str) -> None:
        host = self._host
        reader, self._writer = await asyncio.open_connection(
            ADDRESS, self._sip_port, ssl=self._tls, local_addr=(host, 0)
        )
        port = self._writer.get_extra_info("sockname")[1]
        number, domain = number_of(self._index), f"{ADDRESS}:{self._sip_port}"
        self._writer.write(
            f"REGISTER sip:{domain} SIP/2.0\r\nVia: SIP/2.0/TLS {host}:{port};branch=z9hG4bK{device}\r\n"
            f"From: <sip:{number}@{domain}>;tag={device}\r\nTo: <sip:{number}@{domain}>\r\n"
            f"Call-ID: {device}@{host}\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nExpires: 3600\r\n"
            f"Contact: <sip:{number}@{host}:{port};transport=tls>\r\nContent-Length: 0\r\n\r\n".encode()
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"SIP/2.0 200") or value_of(answer, b"Call-ID") != f"{device}@{host}".encode():
            raise RingwardError(f"{device} was answered: {answer[:80]!r}")

    def close(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


def number_of(index: int) -> str:
    """The directory number of a phone."""
    return f"{20_000 + index}"


def phones_in(directory: Path, tftp_port: int, sip_port: int) -> list[Phone]:
    """The phones whose certificates are there."""
    found = phones_of(directory)
    shared = found[0].load().key  # read once: an RSA key takes long to be read
    tftp = FileServer(ADDRESS, tftp_port)
    phones = []
    for index, files in enumerate(found):
        pair = KeyPair(Certificate.load(files.certificate.read_bytes()), shared)
        phones.append(Phone(index, files, pair, tftp, sip_port))
    return phones


async def boot_all(phones: list[Phone], at_a_time: int) -> None:
    """Boot them and print what came of it."""
    places = asyncio.Semaphore(at_a_time)
    reasons: list[str] = []

    async def boot(phone: Phone) -> None:
        async with places:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    await phone.boot()
            except (RingwardError, OSError, EOFError, ssl.SSLError, TimeoutError) as error:
                reasons.append(str(error) or type(error).__name__)

    began = time.monotonic()
    await asyncio.gather(*(boot(phone) for phone in phones))
    seconds = time.monotonic() - began
    answer = {"phones": len(phones), "failed": len(reasons), "seconds": seconds, "reason": (reasons or [""])[0]}
    print(json.dumps(answer), flush=True)
    await asyncio.to_thread(sys.stdin.read)  # they stay until they are no longer looked at
    for phone in phones:
        phone.close()


if __name__ == "__main__":
    cold = phones_in(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    print("ready", flush=True)
    sys.stdin.readline()
    uvloop.run(boot_all(cold, int(sys.argv[4])))
