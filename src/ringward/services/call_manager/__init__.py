"""The call manager service: SIP line side, registrations, and the calls between them."""
