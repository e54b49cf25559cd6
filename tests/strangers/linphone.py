"""linphone as a desk phone: its configuration, its orders, and what it says. It speaks from a file, and to one."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.ports import free_ports
from strangers.baresip import Account, speech
from strangers.node import PATIENCE, eventually

CONFIGURATION = """\
[sip]
sip_port={port}
sip_tcp_port={port}
sip_tls_port=-1
use_ipv6=0
default_proxy=0
register_only_when_network_is_up=0
media_encryption=none
use_info={info}
use_rfc2833={events}
keepalive_period=30000

[rtp]
audio_rtp_port={rtp}

[net]
firewall_policy=0
dns_srv_enabled=0

[proxy_0]
reg_proxy=<sip:127.0.0.1:{server};transport={transport}>
reg_identity=sip:{number}@127.0.0.1:{server}
reg_expires={expires}
reg_sendregister=1
publish=0

[auth_info_0]
username={number}
userid={user}
passwd={password}
"""


class Linphone:
    """One phone, as `linphonec`."""

    def __init__(
        self, directory: Path, account: Account, tone: int, *, answers: bool = False, keys_by_info: bool = False
    ) -> None:
        """``keys_by_info``: it sends keys as INFO, else as telephone events (RFC 4733)."""
        self.directory = directory / f"linphone-{account.user}-{account.number}"
        (self.directory / ".local/share/linphone").mkdir(parents=True)
        self.account = account
        self.tone = tone
        port = free_ports()
        text = CONFIGURATION.format(
            port=port,
            rtp=port + 4,
            number=account.number,
            user=account.user,
            password=account.password,
            server=account.server,
            transport=account.transport,
            expires=account.expires,
            info=int(keys_by_info),
            events=int(not keys_by_info),
        )
        (self.directory / "rc").write_text(text)
        self.log = self.directory / "log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                ["linphonec", "-c", str(self.directory / "rc"), *(["-a"] if answers else [])],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"HOME": str(self.directory), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""},
            )
        self.order("soundcard use files")
        self.order(f"play {speech(tone)}")

    def order(self, command: str) -> None:
        """Type a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()

    def says(self, words: str) -> bool:
        """Whether it says so, sooner or later."""
        return eventually(lambda: words in self.log.read_text(errors="replace"))

    def put_away(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
