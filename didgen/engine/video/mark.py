"""The AI-generated mark that every video of ours carries in its metadata."""

from __future__ import annotations

import didgen

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for media made by a trained model, which readers of provenance metadata look for."""


def ai_mark(*, synthetic_voice: bool) -> dict[str, str]:
    """Container tags of a rendered video; `comment` is what players show, `description` is the long form."""
    voice = " Its voice is synthetic." if synthetic_voice else ""
    comment = f"AI-generated video: animated from a photograph by didgen {didgen.__version__}"
    return {"comment": comment, "description": f"{comment}.{voice} digitalSourceType={DIGITAL_SOURCE_TYPE}"}
