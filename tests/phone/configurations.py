"""Configuration files as a server writes them, for tests."""

from __future__ import annotations


def line_xml(button: int = 1, number: str = "1001", more: str = "") -> str:
    """One line element."""
    return (
        f'<line button="{button}"><featureID>9</featureID><featureLabel>{number}</featureLabel>'
        f"<proxy>USECALLMANAGER</proxy><port>5060</port><name>{number}</name>"
        f"<displayName>Anna</displayName>{more}</line>"
    )


def member_xml(priority: int, host: str, port: int = 5060, secured: int = 5061) -> str:
    """One member of the call manager group."""
    return (
        f'<member priority="{priority}"><callManager><ports><ethernetPhonePort>2000</ethernetPhonePort>'
        f"<sipPort>{port}</sipPort><securedSipPort>{secured}</securedSipPort></ports>"
        f"<processNodeName>{host}</processNodeName></callManager></member>"
    )


def device_xml(
    members: str = member_xml(0, "192.0.2.1"),
    lines: str = line_xml(),
    stack: str = "",
    profile: str = "",
    top: str = "",
) -> bytes:
    """A whole file."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><device><deviceProtocol>SIP</deviceProtocol>'
        f"<devicePool><callManagerGroup><members>{members}</members></callManagerGroup></devicePool>{top}"
        f"<sipProfile><sipStack>{stack}</sipStack>{profile}<sipLines>{lines}</sipLines></sipProfile></device>"
    ).encode()


PROFILE = b"""#txt
Proxy:192.0.2.1:5070
SIPRegOn:1
SIPPort:5062
UID:1001
UseLoginID:1
LoginID:anna
PWD:s3cret
"""
FLAT = b"""# a 7960
image_version : "P0S3-08-2-00"
proxy1_address: 192.0.2.1 ; the first
proxy1_port: 5070
line1_name: 1001
line1_displayname: "Anna: Reception; main"
line1_authname: "anna"
line1_password: "s3cret"
line2_name: UNPROVISIONED
timer_register_expires: 120
start_media_port: 20000
end_media_port: 20100
telnet_level : 0
"""
