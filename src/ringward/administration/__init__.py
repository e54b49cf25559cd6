"""Everything an administrator or user can do, each operation behind one wrapper."""
