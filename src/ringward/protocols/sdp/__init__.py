"""SDP (RFC 4566) and the offer/answer fields Ringward uses of it (RFC 3264)."""
