"""The numbers that matter, beside peers measured in the same run: `make bench`."""
