"""The roles and user groups that every cluster has; they can be neither changed nor removed."""

from __future__ import annotations

from ringward.domain.role import Role
from ringward.domain.user_group import UserGroup

SUPER_USERS = "Standard Super Users"
READ_ONLY = "Standard Read Only"
HELP_DESK = "Standard Help Desk"
AUDITORS = "Standard Auditors"
SERVICEABILITY = "Standard Serviceability"
PACKET_CAPTURE = "Standard Packet Capture"
END_USERS = "Standard CCM End Users"
CTI_ENABLED = "Standard CTI Enabled"
CTI_SECURE_CONNECTION = "Standard CTI Secure Connection"
CTI_KEY_MATERIAL = "Standard CTI Allow Reception of SRTP Key Material"

_CONTENTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (SUPER_USERS, "May do everything", ("*",)),
    (READ_ONLY, "May look at everything and change nothing", ("*.read",)),
    (
        HELP_DESK,
        "Looks after phones and people: resets, authentication strings, forgotten passwords, lock-outs; "
        "no security profiles",
        (
            "phone.read",
            "phone.reset",
            "directory-number.read",
            "device-pool.read",
            "phone-security-profile.read",
            "end-user.read",
            "end-user.set-password",
            "call-detail-record.read",
            "certificate-operation.report",
            "certificate-operation.generate-string",
            "job.read",
            "lock-out.read",
            "lock-out.unlock",
        ),
    ),
    (AUDITORS, "May read the audit log and the call detail records", ("audit.read", "call-detail-record.read")),
    (
        SERVICEABILITY,
        "Watches and controls services and devices, changes no configuration",
        ("*.read", "service.*", "phone.reset", "trace.*", "alarm.acknowledge"),
    ),
    (PACKET_CAPTURE, "May capture the packets of devices", ("phone.read", "packet-capture.*")),
    (
        END_USERS,
        "People who look after their own phones: see them and their calls, change their own passwords",
        ("own-data.read", "own-data.update"),
    ),
    (CTI_ENABLED, "Applications that control phones", ("cti.connect",)),
    (CTI_SECURE_CONNECTION, "Applications that connect by TLS", ("cti.connect-securely",)),
    (CTI_KEY_MATERIAL, "Applications that get the keys of encrypted media", ("cti.receive-keys",)),
)


def standard_roles() -> tuple[Role, ...]:
    """The predefined roles; least privilege: each has what its task needs (AUTHZ-19, CTI-16)."""
    return tuple(Role(name, text, permissions, predefined=True) for name, text, permissions in _CONTENTS)


def standard_groups() -> tuple[UserGroup, ...]:
    """The predefined groups, one for each role."""
    return tuple(UserGroup(name, text, (name,), predefined=True) for name, text, _ in _CONTENTS)
