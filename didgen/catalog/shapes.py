"""The shapes that a face's motion is made of, by name."""

from __future__ import annotations

SHAPES = (
    "jawOpen jawLeft jawRight jawForward seal mouthFunnel mouthPucker mouthRollLower mouthRollUpper "
    "mouthShrugLower mouthShrugUpper mouthPress mouthSmileLeft mouthSmileRight mouthFrownLeft mouthFrownRight "
    "mouthStretchLeft mouthStretchRight mouthDimpleLeft mouthDimpleRight mouthUpperUpLeft mouthUpperUpRight "
    "mouthLowerDownLeft mouthLowerDownRight mouthLeft mouthRight cheekPuff cheekSquintLeft cheekSquintRight "
    "noseSneerLeft noseSneerRight browInnerUp browOuterUpLeft browOuterUpRight browDownLeft browDownRight "
    "eyeBlinkLeft eyeBlinkRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight lidDownLeft lidDownRight"
).split()
"""Weights under ARKit names plus `seal` (closes an open photo's lips) and `lidDown*`. Left is the subject's left."""
