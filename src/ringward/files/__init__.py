"""Byte-exact documents that phones read; plain values in, bytes out."""
