"""Scenes of trust: the CTL file, mixed mode, a third token, and one that is lost."""

from __future__ import annotations

from ringward.ctl_client.client import Change
from ringward.demo.observation import require, until
from ringward.demo.office import Office
from ringward.demo.steps import Scene
from ringward.domain.errors import RingwardError
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.files import trust_list
from ringward.files.trust_list import TrustListFile, TrustListKind
from ringward.files.trust_list_edition import tokens_of
from ringward.phone.file_security import FileSecurity
from ringward.phone.retrieval import FileMissing, boot, fetch
from ringward.pki.listing import verify_signature


async def ctl_created(office: Office) -> str:
    """Two tokens are made; the CTL client signs the first CTL file with one of them."""
    desk = office.workstation
    await desk.prepare()
    for name in ("blue", "red"):
        await desk.make_token(name)
    tokens = tuple(desk.certificate(name) for name in ("blue", "red"))
    result, _ = await desk.apply("blue", lambda client: Change(ClusterSecurityMode.MIXED, add=tokens))
    require(result.succeeded, f"the CTL client says: {result.problem}")
    found = await _served(office)
    require({each.der for each in tokens_of(found.trust)} == set(tokens), "other tokens are in the CTL file")
    functions = ", ".join(record.role.label for record in found.trust.records)
    return f"two tokens ({desk.kind}); CTL file signed by {found.header.signer.name}, with {functions}"


async def mixed_mode(office: Office) -> str:
    """The cluster is in mixed mode: Alice's phone gets the CTL file and asks for signed files."""
    alice = office.desk("alice")
    alice.security = FileSecurity()
    await until(lambda: _signed(office), "the node serves no signed file")
    booted = await boot(alice.identity, (office.file_server,), security=alice.security, attempts=1)
    held = alice.security.trust.held(TrustListKind.CTL)
    require(held is not None, "Alice's phone holds no CTL file")
    require(booted.file.endswith(".sgn"), f"Alice's phone read {booted.file}")
    return f"Cluster Security Mode 1 (mixed); Alice's phone holds the CTL file and read {booted.file}"


async def token_added(office: Office) -> str:
    """A third token is added, signed by one that is in the file; Alice's phone verifies the new file by it."""
    desk = office.workstation
    await desk.make_token("green")
    third = desk.certificate("green")
    result, lost = await desk.apply("blue", lambda client: Change(add=(third,)))
    require(result.succeeded and lost == 0, f"the CTL client says: {result.problem}")
    names = await _taken_by_alice(office)
    require("CN=Token green" in names, f"Alice's phone trusts {', '.join(names)}")
    return f"no phone is left behind; Alice's phone took the new file: {', '.join(names)}"


async def token_lost(office: Office) -> str:
    """The red token is lost: deleted from the file, and what it signs from then on is refused."""
    desk = office.workstation
    red = desk.certificate("red")
    result, lost = await desk.apply("blue", lambda client: Change(remove=(red,)))
    require(result.succeeded and lost == 0, f"the CTL client says: {result.problem}")
    names = await _taken_by_alice(office)
    require("CN=Token red" not in names, "Alice's phone still trusts the lost token")
    try:
        await desk.apply("red", lambda client: Change(add=(red,)))
    except RingwardError as error:
        refusal = str(error)
    else:
        refusal = ""
    require("not in the present CTL file" in refusal, "the lost token may still sign")
    return f"no phone is left behind; Alice's phone trusts {', '.join(names)}; the lost token is refused"


async def _taken_by_alice(office: Office) -> list[str]:
    """Alice's phone boots again; the tokens that it trusts then."""
    alice = office.desk("alice")
    await boot(alice.identity, (office.file_server,), security=alice.security, attempts=1)
    held, served = alice.security.trust.held(TrustListKind.CTL), await _served(office)
    require(held is not None and held.file.trust == served.trust, "Alice's phone kept another CTL file")
    return [each.subject for each in tokens_of(served.trust)]


async def _served(office: Office) -> TrustListFile:
    """The CTL file that the node serves; its signature is verified."""
    found = trust_list.parse(await fetch(office.file_server, TrustListKind.CTL.value))
    found.check(TrustListKind.CTL, found.trust.list_signer(found.header.signer), verify_signature)
    return found


async def _signed(office: Office) -> bool:
    try:
        await fetch(office.file_server, f"{office.desk('alice').identity.device_name}.cnf.xml.sgn")
    except FileMissing:
        return False
    return True


MIXED_MODE = (
    Scene("ctl-created", "Two security tokens, and the CTL client signs the first CTL file", ctl_created),
    Scene("mixed-mode", "The cluster is in mixed mode", mixed_mode),
)
TOKENS = (
    Scene("token-added", "A third token is added, signed by an old one", token_added),
    Scene("token-lost", "A token is lost and loses its power", token_lost),
)
