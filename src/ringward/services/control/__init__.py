"""The control socket: live questions to the running node and orders for it, from the owner of its data directory.

``DIR/control.sock`` takes one JSON object per line, ``{"command": NAME, "arguments": {...}}``, and answers each
with one line, ``{"ok": ANSWER}`` or ``{"error": SENTENCE}``. A command that is followed live answers again and
again, with the whole present picture each time it has changed, until the asker hangs up.
"""
