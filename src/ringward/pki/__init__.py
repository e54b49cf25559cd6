"""Keys, certificates, secrets at rest and TLS contexts; the only user of the crypto library."""
