"""Between session descriptions on the wire and the neutral media of the call engine."""
