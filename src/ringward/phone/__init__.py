"""A software phone that boots, registers and calls as a desk phone does."""
