"""Long-running services; the only room with sockets."""
