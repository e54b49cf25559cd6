"""Security tokens: the keys that sign trust lists, on hardware (PKCS#11) or in an encrypted file."""
