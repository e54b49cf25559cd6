"""The catalogue of alarms: for each its name, how bad it is, what it means and what to do (SVC-10)."""

from __future__ import annotations

from ringward.domain.alarm import AlarmKind, AlarmSetting, AlarmSeverity

_HOUR = 3600
_DAY = 24 * _HOUR

CERTIFICATE_ALARMS = {
    60: "CertificateExpiresIn60Days",
    30: "CertificateExpiresIn30Days",
    7: "CertificateExpiresIn7Days",
    0: "CertificateExpired",
}
"""By the days of :data:`ringward.domain.rules.certificate_expiry.ALARM_DAYS`."""

TRUST_LIST_TAMPERED = "TrustListTampered"
SERVICE_FAILED = "ServiceFailed"
SERVICE_DID_NOT_STOP = "ServiceDidNotStop"
DIGEST_GUESSING = "DigestGuessing"
FLOOD = "Flood"
PHONE_REFUSED = "PhoneRefused"
STRANGER_REFUSED = "StrangerRefused"
TLS_REFUSED = "TlsRefused"
AUTO_REGISTRATION_FAILED = "AutoRegistrationFailed"
CERTIFICATE_OPERATION_FAILED = "CertificateOperationFailed"
FILE_NOT_BUILT = "FileNotBuilt"
CTL_REQUEST_FAILED = "CtlRequestFailed"
DATABASE_NOT_WRITABLE = "DatabaseNotWritable"
CONFIGURATION_NOT_READ = "ConfigurationNotRead"
DISK_SPACE_LOW = "DiskSpaceLow"
DISK_FULL = "DiskFull"
TRACE_NOT_WRITTEN = "TraceNotWritten"
CALL_JOURNAL_NOT_WRITTEN = "CallJournalNotWritten"
NODE_KILLED = "NodeKilled"
CERTIFICATE_NOT_USABLE = "CertificateNotUsable"
JOB_STOPPED = "JobStopped"
ACCOUNT_LOCKED_OUT = "AccountLockedOut"
AUDIT_LOG_TAMPERED = "AuditLogTampered"
BACKUP_FAILED = "BackupFailed"
SYSLOG_NOT_REACHED = "SyslogNotReached"

_CALL_MANAGER = "Cisco CallManager"
_TFTP = "Cisco TFTP"
_CAPF = "Cisco Certificate Authority Proxy Function"
_NODE = "Node"
_ADMINISTRATION = "Administration"
_RENEW = (
    "Renew the certificate, or have it signed anew, under Security > Certificates; renew the LSCs of phones by "
    "certificate operations. Update the CTL file if the certificate is in it."
)


def _expiry(days: int, severity: AlarmSeverity) -> AlarmKind:
    when = f"ends within {days} days" if days else "has ended, and whoever checks it refuses it"
    return AlarmKind(
        CERTIFICATE_ALARMS[days], severity, "Certificates", f"A certificate {when} (CERT-21, SVC-10).", _RENEW
    )


_CATALOGUE = (
    _expiry(60, AlarmSeverity.NOTICE),
    _expiry(30, AlarmSeverity.WARNING),
    _expiry(7, AlarmSeverity.CRITICAL),
    _expiry(0, AlarmSeverity.ALERT),
    AlarmKind(
        TRUST_LIST_TAMPERED,
        AlarmSeverity.ALERT,
        _TFTP,
        "The CTL file on the disk is not the one that the CTL client has left there. No phone is given it.",
        "Find out who has changed it; then run the CTL client, which writes the file anew.",
    ),
    AlarmKind(
        SERVICE_FAILED,
        AlarmSeverity.CRITICAL,
        "Control Center",
        "A service shall run and cannot be started, or has ended by itself.",
        "The text says why, most often that a port is taken. Mend that, then start it in the Control Center. "
        "What ended by itself is tried again within a minute.",
    ),
    AlarmKind(
        SERVICE_DID_NOT_STOP,
        AlarmSeverity.ERROR,
        "Control Center",
        "A service did not stop as it should; what it left behind may hinder its next start.",
        "The node's log has the cause. Restart the node when the service does not start again.",
        _DAY,
    ),
    AlarmKind(
        DIGEST_GUESSING,
        AlarmSeverity.ALERT,
        _CALL_MANAGER,
        "Somebody guesses digest credentials, or a phone has wrong ones. He is locked out, longer each time.",
        "If the address is a phone's, enter its digest credentials again; else find and stop whoever uses it.",
        _HOUR,
    ),
    AlarmKind(
        FLOOD,
        AlarmSeverity.ERROR,
        _CALL_MANAGER,
        "An address sends more than any phone does. What is too much is dropped.",
        "Find out what sends from there; keep strangers away from the SIP ports with a firewall.",
        _HOUR // 4,
    ),
    AlarmKind(
        PHONE_REFUSED,
        AlarmSeverity.WARNING,
        _CALL_MANAGER,
        "A phone that is configured was refused: it did not prove what its security profile asks for (SVC-10).",
        "Open the phone and ask why: the page says what is missing and what to do next.",
        _HOUR,
    ),
    AlarmKind(
        STRANGER_REFUSED,
        AlarmSeverity.WARNING,
        _CALL_MANAGER,
        "Somebody who is no phone of this cluster, or not the party of the call that he names, was refused.",
        "If it is a phone of yours, add it; else keep strangers away from the SIP ports.",
        _HOUR,
    ),
    AlarmKind(
        TLS_REFUSED,
        AlarmSeverity.WARNING,
        _CALL_MANAGER,
        "A TLS connection was refused: the certificate is missing, unknown, revoked or not the device's (SVC-10).",
        "Compare the certificate of the device with the trust stores; install or renew its LSC.",
        _HOUR,
    ),
    AlarmKind(
        AUTO_REGISTRATION_FAILED,
        AlarmSeverity.ERROR,
        _CALL_MANAGER,
        "A new phone asked to be registered and no record could be made for it.",
        "The text says why: most often the range of numbers is used up, see System > Auto-Registration.",
        _DAY,
    ),
    AlarmKind(
        CERTIFICATE_OPERATION_FAILED,
        AlarmSeverity.ERROR,
        _CAPF,
        "A certificate operation of a phone has failed, or an attempt at it (CAPF, SVC-10).",
        "The text says why. Give the operation anew under Security > Certificate Operations, and reset the phone.",
        7 * _DAY,
    ),
    AlarmKind(
        FILE_NOT_BUILT,
        AlarmSeverity.ERROR,
        _TFTP,
        "The file of a phone could not be built or signed; the phone keeps what it has.",
        "The text says why: correct the record that it names.",
        _DAY,
    ),
    AlarmKind(
        CTL_REQUEST_FAILED,
        AlarmSeverity.ERROR,
        "Cisco CTL Provider",
        "A request of a CTL client failed here; the CTL file before it stays in force (SVC-10).",
        "The node's log has the cause. Run the CTL client again.",
        _DAY,
    ),
    AlarmKind(
        DATABASE_NOT_WRITABLE,
        AlarmSeverity.CRITICAL,
        _NODE,
        "The database takes no records. They wait in memory, and are lost if the node ends before.",
        "Look for space on the disk and for errors of it; stop whatever else keeps the database locked.",
    ),
    AlarmKind(
        CONFIGURATION_NOT_READ,
        AlarmSeverity.CRITICAL,
        _NODE,
        "A change of the configuration could not be read. Services go on with the one before.",
        "The node's log has the cause; the node tries again by itself.",
    ),
    AlarmKind(
        DISK_SPACE_LOW,
        AlarmSeverity.WARNING,
        _NODE,
        "Less than a tenth of the disk with the data directory is free, and less than 5 GB.",
        "Remove old traces and backups, or enlarge the disk.",
    ),
    AlarmKind(
        DISK_FULL,
        AlarmSeverity.CRITICAL,
        _NODE,
        "Less than 200 MB are free on the disk with the data directory: soon nothing can be stored.",
        "Make space at once: calls go on, their records and every change do not.",
    ),
    AlarmKind(
        TRACE_NOT_WRITTEN,
        AlarmSeverity.ERROR,
        _CALL_MANAGER,
        "The trace of devices cannot be written, and ends.",
        "Look for space on the disk; then begin the trace again.",
        _DAY,
    ),
    AlarmKind(
        CALL_JOURNAL_NOT_WRITTEN,
        AlarmSeverity.ERROR,
        _NODE,
        "Present calls cannot be noted on the disk: they leave no record if the node is killed.",
        "Look for space on the disk and for errors of it.",
        _DAY,
    ),
    AlarmKind(
        NODE_KILLED,
        AlarmSeverity.WARNING,
        _NODE,
        "The node was not stopped but killed, or the machine lost power; calls ended with it.",
        "Find out who or what did it: the machine's log has memory that ran out, and power that failed.",
        _DAY,
    ),
    AlarmKind(
        CERTIFICATE_NOT_USABLE,
        AlarmSeverity.CRITICAL,
        "Certificates",
        "A new certificate, or a trust store, cannot be used. The one before stays in force.",
        "Make or upload the certificate again; the node's log has the cause.",
        _DAY,
    ),
    AlarmKind(
        JOB_STOPPED,
        AlarmSeverity.ERROR,
        _ADMINISTRATION,
        "A long job has stopped before its end.",
        "The job's page says why, and which phones are left; order it again for them.",
        7 * _DAY,
    ),
    AlarmKind(
        ACCOUNT_LOCKED_OUT,
        AlarmSeverity.WARNING,
        _ADMINISTRATION,
        "Somebody has entered wrong passwords for an account too often; it is locked from there.",
        "Ask the owner. If it was not him, look in the audit log for where it came from.",
        _HOUR,
    ),
    AlarmKind(
        AUDIT_LOG_TAMPERED,
        AlarmSeverity.ALERT,
        _ADMINISTRATION,
        "An entry of the audit log was changed, removed or inserted behind Ringward's back.",
        "Keep the database as it is, and compare it with a backup; find out who could write to it.",
    ),
    AlarmKind(
        BACKUP_FAILED,
        AlarmSeverity.ERROR,
        _ADMINISTRATION,
        "A backup could not be made.",
        "The text says why. Mend that, and make a backup; the next one that succeeds clears the alarm.",
    ),
    AlarmKind(
        SYSLOG_NOT_REACHED,
        AlarmSeverity.WARNING,
        _NODE,
        "The syslog server does not take alarms. They wait, a bounded number of them.",
        "Look whether it runs where the enterprise parameters say, and whether its certificate is trusted.",
    ),
)
ALARMS = {each.name: each for each in _CATALOGUE}
"""The catalogue, by name."""


def setting_at_installation(kind: AlarmKind) -> AlarmSetting:
    """The setting of an alarm that nobody has touched. That syslog fails is not told to syslog."""
    return AlarmSetting(kind.name, kind.severity, to_syslog=kind.name != SYSLOG_NOT_REACHED)
