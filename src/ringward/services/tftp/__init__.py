"""The file service: TFTP and HTTP 6970."""
