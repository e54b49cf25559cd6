"""The bus that carries announcements between rooms and, later, between nodes."""
