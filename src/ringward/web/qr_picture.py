"""An address as a picture (QR code), for the camera of a telephone: made here, since it holds a secret."""

from __future__ import annotations

import segno
from markupsafe import Markup

_QUIET = 4
"""Modules of margin that readers need (ISO/IEC 18004)."""


def qr_picture(text: str, label: str) -> Markup:
    """The picture as SVG, dark on light whatever the page's colours are, since cameras read nothing else."""
    matrix = segno.make(text, error="m", micro=False).matrix
    size = len(matrix) + 2 * _QUIET
    path = "".join(
        f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    return Markup(
        '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}" shape-rendering="crispEdges">'
        '<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}" fill="#000"/></svg>'
    ).format(size=size, label=label, path=path)
