"""The service Cisco CTL Provider: carries the CTL client's work onto this server (CTLP-01 to CTLP-08)."""
