"""The enumerations of the guide's vocabulary. Values are what databases, files and tables show."""

from __future__ import annotations

from enum import Enum, IntEnum


class Protocol(Enum):
    """Signalling protocol of a phone."""

    SIP = "SIP"
    SCCP = "SCCP"


class ClusterSecurityMode(IntEnum):
    """Mode of the whole cluster (CLUSTER-03): only a mixed cluster has secure devices."""

    NONSECURE = 0
    MIXED = 1

    @property
    def label(self) -> str:
        """The number alone, as Enterprise Parameters shows it."""
        return str(self.value)


class DeviceSecurityMode(IntEnum):
    """Security mode of a device; ordered, and numbered as phone files number it (PSP-19 to PSP-21)."""

    NONSECURE = 1
    AUTHENTICATED = 2
    ENCRYPTED = 3

    @property
    def label(self) -> str:
        """The guide's words for this mode."""
        return {1: "Non Secure", 2: "Authenticated", 3: "Encrypted"}[self.value]


class CallSecurityClass(IntEnum):
    """Class of a leg or a call, ordered: a call has the class of its weakest leg (CALL-03)."""

    NONSECURE = 1
    AUTHENTICATED = 2
    ENCRYPTED = 3


class TransportType(Enum):
    """Transport of a SIP phone's signalling (PSP-22)."""

    TCP = "TCP"
    UDP = "UDP"
    TCP_UDP = "TCP+UDP"
    TLS = "TLS"


class CertificateOperation(Enum):
    """What CAPF shall do with a phone's certificate (CAPF-24)."""

    NONE = "No Pending Operation"
    INSTALL_UPGRADE = "Install/Upgrade"
    DELETE = "Delete"
    TROUBLESHOOT = "Troubleshoot"


class CapfAuthenticationMode(Enum):
    """How a phone proves itself to CAPF (PSP-27)."""

    AUTHENTICATION_STRING = "By Authentication String"
    NULL_STRING = "By Null String"
    EXISTING_LSC = "By Existing Certificate (Precedence to LSC)"
    EXISTING_MIC = "By Existing Certificate (Precedence to MIC)"


class ConfigurationEncryption(Enum):
    """Method by which a model's configuration file can be encrypted (MODEL-06 to MODEL-09)."""

    NONE = "none"
    MANUAL_RC4 = "manual key, RC4"
    MANUAL_AES = "manual key, AES-128"
    PUBLIC_KEY = "phone public key, AES-128"


class Switch(Enum):
    """A setting that is on or off in the guide's words."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


class SettingsAccess(Enum):
    """Settings Access of a phone (HARD-11 to HARD-16)."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    RESTRICTED = "Restricted"


class BuiltInBridge(Enum):
    """Built In Bridge of a phone (CALL-24)."""

    DEFAULT = "Default"
    ON = "On"
    OFF = "Off"


class PermissionsRole(Enum):
    """What an account may do in administration (AUTHZ-19)."""

    ADMINISTRATOR = "administrator"
    READ_ONLY = "read-only"


class DigestSource(Enum):
    """How digest credentials get onto a phone (MODEL-12)."""

    NONE = "none"
    FILE = "configuration file"
    FILE_OR_TYPED = "configuration file or typed in"
    TYPED = "typed in"


class FileFamily(Enum):
    """Kind of configuration file that a model and protocol reads."""

    SEP_XML = "SEP<MAC>.cnf.xml"
    SIP_FLAT = "SIP<MAC>.cnf"
    PROFILE_TEXT = "ld<mac>, gk<mac>"
    NONE = "none"


class PcVoiceVlanFilter(Enum):
    """What a phone drops at its PC port when PC Voice VLAN Access is disabled (HARD-07 to HARD-10)."""

    VOICE_VLAN = "packets tagged with the voice VLAN"
    ALL_TAGGED = "packets with any 802.1Q tag"
    NOT_POSSIBLE = "nothing: the model cannot"
