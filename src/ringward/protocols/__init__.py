"""The wires, sans-I/O: bytes, the time and orders in; bytes, events and the next deadline out."""
