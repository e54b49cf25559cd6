"""Servers others have written, to be measured beside ours."""
