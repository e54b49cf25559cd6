"""RTP (RFC 3550) packets and the G.711 codecs."""
