"""All phones of a server, a device pool or the cluster (CLUSTER-22)."""

from __future__ import annotations

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.call_manager_group import CallManagerGroup
from ringward.domain.device_pool import DevicePool
from ringward.domain.errors import NotFound
from ringward.domain.phone import Phone
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.server import Server
from ringward.domain.vocabulary import Protocol

PROFILE = nonsecure_profile_name("7961", Protocol.SIP)
HERE, THERE, BOTH = "SEP00000000000A", "SEP00000000000B", "SEP00000000000C"


@pytest.fixture
def cluster(administration: Administration, ada: Actor) -> Administration:
    administration.records(Server).add(ada, Server("node2", "192.0.2.2"))
    for name, servers in (("There", ("node2",)), ("Both", ("node2", "node1"))):
        administration.records(CallManagerGroup).add(ada, CallManagerGroup(name, servers))
        administration.records(DevicePool).add(ada, DevicePool(name, name, "CMLocal", "Default"))
    for device, pool in ((HERE, "Default"), (THERE, "There"), (BOTH, "Both")):
        administration.phones.add(ada, Phone(device, "7961", Protocol.SIP, PROFILE, device_pool=pool))
    return administration


@pytest.mark.parametrize(
    ("noun", "key", "devices"),
    [
        ("server", "node1", (HERE, BOTH)),
        ("server", "node2", (THERE, BOTH)),
        ("device-pool", "There", (THERE,)),
        ("", "", (HERE, THERE, BOTH)),
    ],
)
def test_who_belongs_to_a_set(
    cluster: Administration, ada: Actor, noun: str, key: str, devices: tuple[str, ...]
) -> None:
    assert cluster.phone_sets.find(ada, noun, key) == devices


@pytest.mark.parametrize("noun", ["server", "device-pool"])
def test_a_set_that_there_is_not_is_told(cluster: Administration, ada: Actor, noun: str) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        cluster.phone_sets.find(ada, noun, "nowhere")
