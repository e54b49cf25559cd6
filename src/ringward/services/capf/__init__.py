"""The service Cisco Certificate Authority Proxy Function (CAPF)."""
