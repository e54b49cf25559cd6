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
        """The number alone, as Enterprise Parameters takes it (CLUSTER-03)."""
        return str(self.value)

    @property
    def explained(self) -> str:
        """For people: the number, and what it means."""
        return f"{self.value} ({self.name.lower()})"


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


class HashAlgorithm(Enum):
    """Hash functions of signatures; old phones know SHA-1 alone."""

    SHA1 = "SHA-1"
    SHA256 = "SHA-256"
    SHA384 = "SHA-384"
    SHA512 = "SHA-512"


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

    @property
    def number(self) -> int:
        """Its number in configuration files (``capfAuthMode``), where 0 says that nothing is pending."""
        return list(CapfAuthenticationMode).index(self) + 1


class KeySize(Enum):
    """The keys for which CAPF can issue a certificate: RSA by their bits alone, as the guide has it (PSP-26)."""

    RSA_512 = "512"
    RSA_1024 = "1024"
    RSA_2048 = "2048"
    RSA_3072 = "3072"
    RSA_4096 = "4096"
    EC_256 = "EC-256"
    EC_384 = "EC-384"
    EC_521 = "EC-521"

    @property
    def is_elliptic(self) -> bool:
        """Whether it is a key on an elliptic curve, which can sign but not decrypt."""
        return self.name.startswith("EC_")

    @property
    def bits(self) -> int:
        """Length of the modulus, or of the curve's prime."""
        return int(self.name.partition("_")[2])

    @property
    def words(self) -> str:
        """``RSA 2048``, ``EC 384``."""
        return self.name.replace("_", " ")


class CapfFailure(Enum):
    """Why an operation of CAPF failed, as Operation Status says it (CAPF-30)."""

    INVALID_LSC = "Invalid LSC"
    INVALID_AUTHENTICATION_STRING = "Invalid Authentication String"
    INVALID_MIC = "Invalid MIC"
    INVALID_CREDENTIALS = "Invalid Credentials"
    PHONE_COMMUNICATION = "Phone Communication Failure"
    KEY_GENERATION = "Key Generation Failed/Timeout"
    NO_ELLIPTIC_KEYS = "No Support for EC Keys"
    """Newer than the guide: the phone's version of the protocol knows RSA alone."""
    CA_COMMUNICATION = "CA Communication Failure"
    CA_REJECTED = "CA Rejected Connection"
    LATE = "User Initiated Request Late/Timedout"


class ServiceTrace(Enum):
    """How much of what a service does is written to its trace file (CAPF-37)."""

    OFF = "Off"
    SUMMARY = "Summary"
    """One line for each message."""
    MESSAGES = "Messages"
    """The messages with what is in them; secrets are hidden."""


class DeviceCertificateKind(Enum):
    """The two certificates that a phone can hold (CERT-01, CERT-02)."""

    LSC = "LSC"
    MIC = "MIC"


class DeviceCertificateStatus(Enum):
    """What became of a certificate of a phone."""

    SENT = "sent"
    """Signed and sent; the phone has not said yet that it has it."""
    INSTALLED = "installed"
    SEEN = "seen"
    """Not issued here: the phone has shown it."""
    REPLACED = "replaced"
    ABANDONED = "abandoned"
    """The phone never confirmed it, and made another key."""
    DELETED = "deleted"
    REVOKED = "revoked"


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


class DoNotDisturb(Enum):
    """What a phone does with calls while it is not to be disturbed."""

    OFF = "Off"
    RINGER_OFF = "Ringer Off"
    CALL_REJECT = "Call Reject"


class DistributionAlgorithm(Enum):
    """In which order a line group is hunted through."""

    TOP_DOWN = "Top Down"
    CIRCULAR = "Circular"
    LONGEST_IDLE = "Longest Idle Time"
    BROADCAST = "Broadcast"


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


class SyslogTransport(Enum):
    """How alarms get to the syslog server."""

    UDP = "UDP"
    TCP = "TCP"
    TLS = "TLS"


class PcVoiceVlanFilter(Enum):
    """What a phone drops at its PC port when PC Voice VLAN Access is disabled (HARD-07 to HARD-10)."""

    VOICE_VLAN = "packets tagged with the voice VLAN"
    ALL_TAGGED = "packets with any 802.1Q tag"
    NOT_POSSIBLE = "nothing: the model cannot"
