"""baresip as a desk phone: its configuration, its orders and events, and what it has heard."""

from __future__ import annotations

import array
import atexit
import json
import math
import shutil
import socket
import subprocess
import tempfile
import threading
import wave
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from harness.ports import free_ports
from strangers.node import PATIENCE, eventually

SAMPLES_PER_SECOND = 8000  # G.711
SPEECH_SECONDS = 300  # longer than any test talks, however busy the machine: at the end baresip hangs up

CONFIGURATION = """\
poll_method epoll
net_interface 127.0.0.1
sip_listen 127.0.0.1:{port}
sip_cafile {authority}
sip_verify_server yes
jitter_buffer_delay 0-0
rtp_ports {rtp}-{rtp_end}
ctrl_tcp_listen 127.0.0.1:{control}
audio_source aufile,{speech}
audio_player aubridge,ear
audio_alert aubridge,bell
snd_path {directory}
module_path {modules}
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module srtp.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Who a phone is, and where it registers how."""

    number: str
    user: str
    password: str
    server: int
    transport: str
    encryption: str = ""
    """``srtp-mand``: media in SRTP or none, ``srtp``: in SRTP where the other side can; empty: in the clear."""
    expires: int = 600
    """Seconds for which it registers; it does so anew somewhat sooner."""

    @property
    def line(self) -> str:
        where = f"<sip:{self.number}@127.0.0.1:{self.server};transport={self.transport}>"
        credentials = f";auth_user={self.user};auth_pass={self.password}" if self.user else ""
        encryption = f";mediaenc={self.encryption}" if self.encryption else ""
        return f"{where}{credentials};regint={self.expires};audio_codecs=PCMU{encryption}"


class Baresip:
    """One phone. It says a tone of its own all the time, and keeps what it hears."""

    def __init__(
        self,
        directory: Path,
        account: Account,
        tone: int,
        authority: Path,
        *,
        answers: bool = False,
        own: Path | None = None,
        watches_messages: bool = False,
    ) -> None:
        """``own`` is a file with a certificate and its key, by which the phone proves itself.

        ``watches_messages``: it subscribes to them.
        """
        self.directory = directory / account.number
        self.directory.mkdir(parents=True)
        self.account = account
        self.tone = tone
        self.events: list[dict[str, Any]] = []
        port = free_ports()
        self.control_port = port + 2
        self.rtp_ports = port + 4, port + 9
        configuration = CONFIGURATION.format(
            port=port,
            rtp=self.rtp_ports[0],
            rtp_end=self.rtp_ports[1],
            control=self.control_port,
            authority=authority,
            speech=speech(tone),
            directory=self.directory,
            modules=_module_path(),
        )
        if own is not None:
            configuration += f"sip_certificate {own}\n"
        if watches_messages:
            configuration += "module_app mwi.so\n"
        (self.directory / "config").write_text(configuration)
        mode = "auto" if answers else "manual"
        line = f"{account.line};answermode={mode}"
        (self.directory / "accounts").write_text("" if watches_messages else f"{line}\n")
        (self.directory / "contacts").touch()
        self.log = self.directory / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                ["baresip", "-f", str(self.directory)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._control = self._connected()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        if watches_messages:
            # The module of baresip 1.0 subscribes without end if the phone registers in its first moment.
            self.order("uanew", line)

    def order(self, command: str, parameter: str = "") -> None:
        """Press a button."""
        text = json.dumps({"command": command, "params": parameter})
        self._control.sendall(f"{len(text)}:{text},".encode())

    def saw(self, event: str) -> dict[str, Any]:
        """The newest event of this type, waited for."""

        def look() -> dict[str, Any]:
            return next((each for each in reversed(self.events) if each.get("type") == event), {})

        found = eventually(look)
        assert found, f"{self.account.number} saw no {event}; its log ends:\n{self.log.read_text()[-2000:]}"
        return found

    def heard(self) -> array.array[int]:
        """All that came out of the decoder so far, as samples."""
        samples: array.array[int] = array.array("h")
        for file in sorted(self.directory.glob("dump-*-dec.wav")):
            # The header is only right after the call; what follows it is right before.
            sound = file.read_bytes()[44:]
            samples.frombytes(sound[: len(sound) // 2 * 2])
        return samples

    def hears(self, tone: int, seconds: float = 0.5) -> bool:
        """Whether that tone, and little else, is what arrived last for so long."""
        recent = self.heard()[-int(seconds * SAMPLES_PER_SECOND) :]
        return len(recent) >= seconds * SAMPLES_PER_SECOND and is_tone(recent, tone)

    def put_away(self, *, at_once: bool = False) -> None:
        """End it; at once, if it cannot unregister and would try for half a minute."""
        if at_once:
            self._process.kill()
        else:
            self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._listener.join(PATIENCE)
        self._control.close()

    def _connected(self) -> socket.socket:
        def attempt() -> socket.socket | None:
            try:
                return socket.create_connection(("127.0.0.1", self.control_port))
            except OSError:
                return None

        connection = eventually(attempt)
        assert connection, f"baresip did not start:\n{self.log.read_text()[-2000:]}"
        return connection

    def _listen(self) -> None:
        """Collect events: JSON in netstrings (length, colon, text, comma)."""
        buffer = b""
        while received := self._received():
            buffer += received
            while b":" in buffer:
                length, _, rest = buffer.partition(b":")
                if len(rest) <= int(length):
                    break
                self.events.append(json.loads(rest[: int(length)]))
                buffer = rest[int(length) + 1 :]

    def _received(self) -> bytes:
        """What comes next from it; nothing when it has ended, in order or by a reset."""
        try:
            return self._control.recv(65536)
        except OSError:
            return b""


def _module_path() -> Path:
    """Where this system keeps baresip's modules."""
    places = [Path("/usr/lib/baresip/modules"), *Path("/usr/lib").glob("*/baresip/modules")]
    return next(place for place in places if place.is_dir())


@cache
def speech(tone: int) -> Path:
    """A file of sound that is one tone, of this frequency in whole hertz; all phones with the tone share it."""
    turn = 2 * math.pi * tone / SAMPLES_PER_SECOND
    second = array.array("h", (int(8000 * math.sin(turn * n)) for n in range(SAMPLES_PER_SECOND)))
    path = _folder() / f"{tone}.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLES_PER_SECOND)
        file.writeframes(second.tobytes() * SPEECH_SECONDS)
    return path


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="speech-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def is_tone(samples: array.array[int], tone: int) -> bool:
    """Whether a sound is that tone and little else."""
    return _share_of_tone(samples, tone) > 0.8


def _share_of_tone(samples: array.array[int], tone: int) -> float:
    """How much of the sound's power is in one frequency: the amplitude found there against all of it."""
    power = sum(sample * sample for sample in samples)
    if not power:
        return 0.0
    turn = 2 * math.pi * tone / SAMPLES_PER_SECOND
    cosine = sum(sample * math.cos(turn * n) for n, sample in enumerate(samples))
    sine = sum(sample * math.sin(turn * n) for n, sample in enumerate(samples))
    return 2 * (cosine * cosine + sine * sine) / (len(samples) * power)
