"""The service that offers the web applications over HTTPS."""
