"""The demonstration: a small office, live in the terminal."""
