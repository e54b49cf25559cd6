"""The wire of CAPF, by which phones get, delete and show their certificates (TCP 3804, inside TLS)."""
