"""A cluster for tests: nodes in threads of this process, on loopback addresses, with one database."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from harness.ports import free_offset
from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.data_directory import DATABASE_FILE, KEY_FILE
from ringward.administration.installation import FIRST_ADMINISTRATOR, FirstAdministrator
from ringward.domain.rights import EVERYTHING
from ringward.domain.secret import Secret
from ringward.domain.service import CTL_PROVIDER
from ringward.services.control.client import ControlClient
from ringward.services.control.messages import NoNode
from ringward.services.node import Node
from ringward.services.settings import load_settings

ADMINISTRATOR = Actor("ada", EVERYTHING, "test")
_START_TIME = 120.0


class NodeThread:
    """One node; ``address`` is its own loopback address."""

    def __init__(self, directory: Path, name: str, address: str, offset: int) -> None:
        self.directory, self.name, self.address, self.offset = directory, name, address, offset
        self.first: FirstAdministrator | None = None
        self._failed: BaseException | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._node: Node | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run it until :meth:`stop`."""
        self._ready.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name=self.name)
        self._thread.start()
        assert self._ready.wait(_START_TIME), f"{self.name} does not start"
        if self._failed is not None:
            self._thread.join()
            raise self._failed

    def stop(self) -> None:
        """Stop it if it runs."""
        if self._loop is not None and self._node is not None:
            self._loop.call_soon_threadsafe(self._node.stopping.set)
            self._loop = None
        if self._thread is not None:
            self._thread.join()

    @property
    def ctl_file(self) -> Path:
        """Where its CTL file is."""
        return self.directory / "tftp" / "CTLFile.tlv"

    def port(self, number: int) -> int:
        """One of its ports."""
        return number + self.offset

    async def _run(self) -> None:
        settings = load_settings(
            self.directory,
            {},
            {"node_name": self.name, "bind_address": self.address, "port_offset": self.offset},
        )
        node = Node(self.directory, settings, self._on_first_start)
        try:
            await node.start()
        except BaseException as error:
            self._failed = error
            self._ready.set()
            return
        self._node, self._loop = node, asyncio.get_running_loop()
        self._ready.set()
        await node.stopping.wait()
        await node.stop()

    def _on_first_start(self, first: FirstAdministrator) -> None:
        self.first = first


class TestCluster:
    """A first node, to which others can be added."""

    __test__ = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.offset = free_offset()
        self.nodes: list[NodeThread] = []
        self.password = Secret("")
        self.user = FIRST_ADMINISTRATOR

    def start(self) -> NodeThread:
        """Start the first node."""
        node = NodeThread(self._directory / "node-1", "node-1", "127.0.0.1", self.offset)
        self.nodes.append(node)
        node.start()
        assert node.first is not None
        self.password = node.first.password
        self.activate(node)
        return node

    def activate(self, node: NodeThread) -> None:
        """Have a node run its CTL Provider (CTLP-01)."""
        self.administer(lambda each: each.service_control.activate(ADMINISTRATOR, node.name, CTL_PROVIDER))

    def add_node(self) -> NodeThread:
        """Add a node, which shares the first one's database and cluster key."""
        number = len(self.nodes) + 1
        first, directory = self.nodes[0].directory, self._directory / f"node-{number}"
        directory.mkdir(mode=0o700)
        (directory / "tftp").mkdir()
        (directory / DATABASE_FILE).symlink_to(first / DATABASE_FILE)
        shutil.copy2(first / KEY_FILE, directory / KEY_FILE)
        node = NodeThread(directory, f"node-{number}", f"127.0.0.{number}", self.offset)
        self.nodes.append(node)
        node.start()
        self.activate(node)
        return node

    def administer(self, work: Callable[[Administration], object]) -> None:
        """Do something as an administrator at the first node; the nodes that run work by it then."""
        administration = Administration.open(self.nodes[0].directory)
        try:
            work(administration)
        finally:
            administration.close()
        for node in self.nodes:
            with suppress(NoNode), ControlClient(node.directory, _START_TIME) as client:
                client.ask("catch-up")

    def stop(self) -> None:
        """Stop every node."""
        for node in reversed(self.nodes):
            node.stop()
