"""Ringward: a secure IP-telephony call manager."""
