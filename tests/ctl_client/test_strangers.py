"""The port of the CTL Provider, as programs see it that are not ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.cluster import TestCluster
from harness.testssl import offered_at
from ringward.pki.tls import Suites

pytestmark = pytest.mark.stranger


def test_testssl_finds_what_we_claim(cluster: TestCluster, tmp_path: Path) -> None:
    """CTLP-08: modern TLS alone, whatever the phones of the cluster need on their ports."""
    versions, suites = asyncio.run(offered_at(cluster.nodes[0].port(2444), tmp_path))
    assert versions == {"TLS1_2", "TLS1_3"}
    # A node has a key of one kind, so the suites for the other cannot be had.
    assert suites
    assert suites in ({each for each in Suites.MODERN.value if kind in each} for kind in ("ECDSA", "RSA"))
