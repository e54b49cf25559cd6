from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ctl_client.desk import Workstation
from harness.cluster import TestCluster


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[TestCluster]:
    cluster = TestCluster(tmp_path)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture
def desk(cluster: TestCluster, tmp_path: Path) -> Workstation:
    return Workstation(cluster, tmp_path / "drawer")
