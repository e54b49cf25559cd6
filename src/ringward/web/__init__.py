"""The web applications: pages and, on the same ground, the programming interface.

A shell: it parses, calls a use case and shows what came of it. It opens no sockets; the service
``administration_web`` does that, and gives it the node as it is now (:mod:`ringward.web.live`).
"""
