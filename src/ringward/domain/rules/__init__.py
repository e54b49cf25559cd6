"""The guide's tables as pure functions: plain values in, a plain verdict out."""
