"""The colours of the inside of a mouth, from the photo's light: it is read off skin and the whites of the eyes."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.eyeball import eye_shows
from didgen.engine.warp.geometry import Geometry, smoothstep
from didgen.engine.warp.lip_lines import LipLines, lip_samples
from didgen.engine.warp.seam import Floats, Picture, clamp, floats

CHEEK_SKIN = (50, 205, 280, 425)  # landmarks on plain skin: two on the picture's left, two on its right
MOUTH_SKIN = (186, 92, 165, 167, 393, 391, 322, 410, 43, 106, 182, 83, 313, 406, 335, 273)  # about the lips
CRISP_PX = 1.2  # of blur: up to which a narrow shadow is as dark as it is
GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue
ONE_TONE = (1.8, 3.6)  # Lab, rms: old prints measure up to 1.2, photos in colours from 4.8 on
LIGHT_SKIN, DARK_SKIN = np.array([1.18, 0.95, 0.82]), np.array([1.35, 0.88, 0.66])  # under white light, of luminance 1
FLESH = np.array([172.0, 88.0, 86.0])  # under white light, beside light skin of luminance 165
EYE_WHITE, ENAMEL = np.array([1.03, 0.99, 0.96]), np.array([1.07, 0.995, 0.88])  # likewise
IN_SHADE = 0.55  # of the luminance of the cheeks: what is darker beside a mouth is beard or shadow
UNSEEN = 1.3  # of the luminance of skin, neither light nor dark: whites of eyes that are hidden
TAKEN = 0.82  # of the light's colour: part of what is read as light is skin
EYES_SHARE = 0.4  # of the light's colour, the rest is from the skin: windows and lamps are mirrored in eyes
MOST_TINT = np.log(2.6)  # of a channel of the light, either way
TEETH_LIGHT = 1.3, 1.18  # of the luminance of skin and of eyes: in three photos that show teeth 1.0 to 1.2 is seen
BRIGHTEST = 245.0  # of any channel
PALEST = 0.3  # of a tint's colour that goes so
EYES_LIGHT = 0.75  # of the whites of eyes: light skin in the same light; how dark a skin is says nothing of flesh
SIDE_CM = 1.8  # from the middle of the mouth: where `Colours.white` is meant
INKED_RELIEF = 0.3
GLOSS = (1.15, 1.7)  # the brightest of the lips over their middle: matt, and as wet as can be


@dataclass(frozen=True, slots=True)
class Colours:
    """The inside of one person's mouth under one photo's light, RGB 0..255, and how soft that photo is.

    white: (2, 3), teeth on the picture's left and right: light seldom falls on both sides alike. tinted: 0..1, how
    much colour the photo has: in a grey one shadows are grey, too. wet: 0..1, how much the lips shine. relief: 0..1,
    how much light models what is drawn: a drawing's teeth are one pale shape.
    """

    white: Floats
    flesh: Floats
    seam: Floats
    blur_px: float
    tinted: float
    wet: float
    relief: float = 1.0

    def shade(self, rgb: tuple[float, float, float]) -> Floats:
        """(3,) a coloured shadow, as coloured as the photo is."""
        grey = sum(rgb) / 3
        return floats([grey + (channel - grey) * self.tinted for channel in rgb])

    @property
    def crisp(self) -> float:
        """0..1, how dark the photo leaves narrow shadows: a soft one washes them out."""
        return clamp(CRISP_PX / self.blur_px, 0.4, 1)

    @property
    def shut(self) -> Floats:
        """(3,) the seam as the photo would show it: narrow as it is, a soft one mixes it with the lips about it."""
        return floats(self.flesh + (self.seam - self.flesh) * self.crisp)

    @property
    def throat(self) -> Floats:
        return floats(self.flesh * self.shade((0.36, 0.20, 0.19)))

    def lit(self, u_cm: Floats) -> Floats:
        """(h, w, 3) the white of teeth at u, cm from the middle: from one side's light over to the other's."""
        right = smoothstep(-SIDE_CM, SIDE_CM, u_cm)[..., None]
        return floats(self.white[0] + (self.white[1] - self.white[0]) * right)


def mouth_colours(canvas: Canvas, lines: LipLines, geometry: Geometry, soft_px: float, *, teeth_seen: bool) -> Colours:
    """The inside's colours from the photo's lips, skin and whites of the eyes. soft_px: blur of the photo; teeth_seen:
    whether it shows teeth, whose white is theirs."""
    hole, lips = lip_samples(canvas, lines.frame, lines.upper, lines.lower, geometry.landmarks)
    lip = np.median(lips, 0).astype(np.float32)
    cheeks = _at(canvas, geometry, CHEEK_SKIN)
    skin = np.median(cheeks, 0)
    in_eyes = EYES_LIGHT * luminance(_sclera(canvas, geometry.landmarks, luminance(skin)))
    light = float(np.clip(max(luminance(skin), in_eyes) / 165, 0.35, 1.25))
    white = np.tile(_teeth_white(hole), (2, 1)) if teeth_seen else _likely_white(canvas, lines, geometry, cheeks)
    flesh = 0.55 * light * _in_light_of(FLESH, white) + 0.45 * lip
    seam = (lip * 0.38 if lines.parted else np.minimum(np.percentile(hole, 20, 0), lip * 0.5)) * (1.0, 0.74, 0.72)
    tinted = float(np.clip(np.ptp(skin) / max(float(skin.max()), 1) / 0.2, 0, 1)) * _coloured(canvas.rgb)
    tone = floats(skin / max(float(skin @ GREY), 1.0))
    white, flesh, seam = (_greyed(colour, tinted, tone) for colour in (white, flesh, seam))
    upscale = float(np.sqrt(abs(np.linalg.det(geometry.work_from_photo[:, :2]))))
    blur_px = max(float(np.clip(0.4 * upscale, 0.3, 1.3)), 0.65 * soft_px)
    return Colours(white, flesh, seam, blur_px, tinted, _wet(lips), INKED_RELIEF if lines.drawn else 1.0)


def _in_light_of(rgb: NDArray[np.floating], white: Floats) -> Floats:
    """(3,) a colour meant under white light, as bright, in the light in which teeth are so white: else the inside of a
    mouth is mauve beside skin in warm light."""
    tint = rgb * _tint(floats(white.mean(0))) / ENAMEL
    return floats(tint * luminance(rgb) / luminance(tint))


def _at(canvas: Canvas, geometry: Geometry, marks: tuple[int, ...]) -> Floats:
    """(n, 3) the photo at landmarks."""
    return floats(canvas.sampled(geometry.landmarks[None, list(marks), :2])[0])


def _coloured(rgb: Picture) -> float:
    """1 for a photo (h, w, 3) in colours; 0 for a grey one and for one in a single tone, as old prints are: there the
    tint of every px follows from its lightness."""
    small = cv2.resize(rgb[::4, ::4], (96, 96), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    curve = (lab[:, :1] / 255) ** np.arange(4)
    off = lab[:, 1:] - curve @ np.linalg.lstsq(curve, lab[:, 1:], rcond=None)[0]
    return float(smoothstep(*ONE_TONE, np.array(np.sqrt((off**2).sum(1).mean()))))


def _greyed(rgb: NDArray[np.floating], tinted: float, tone: Floats) -> Floats:
    """(..., 3) colours with `tinted` 0..1 of their own tint and the rest of `tone`, the photo's colour of grey: in a
    photo without colours a red mouth is painted on."""
    grey = (rgb @ GREY)[..., None] * tone
    return floats(grey + (rgb - grey) * tinted)


def _wet(lips: Picture) -> float:
    """0..1 of (n, 3) px of the lips."""
    light = lips @ GREY
    matt, shining = GLOSS
    over = float(np.percentile(light, 97) / max(float(np.median(light)), 1.0))
    return clamp((over - matt) / (shining - matt), 0, 1)


def _teeth_white(hole: Picture) -> Floats:
    """The bright part of what shows between parted lips; the teeth we add stand deeper in the mouth."""
    order = np.argsort(hole.astype(np.float32).sum(1))
    return floats(0.92 * hole[order[int(0.6 * len(order)) :]].mean(0))


def _likely_white(canvas: Canvas, lines: LipLines, geometry: Geometry, cheeks: Floats) -> Floats:
    """(2, 3) teeth on the picture's left and right in the light that falls on skin and whites of the eyes.

    A grey that takes no colour from the light looks blue beside skin that does.
    """
    skin = floats(np.median(cheeks, 0))
    sclera = _sclera(canvas, geometry.landmarks, luminance(skin))
    from_eyes = np.log(_tint(sclera) / EYE_WHITE)
    usual = _usual_skin(luminance(skin) / max(luminance(sclera), 1.0))
    white, (of_skin, of_eyes) = [], TEETH_LIGHT
    for tint, side in zip(_skin_tints(canvas, lines, geometry), (cheeks[:2].mean(0), cheeks[2:].mean(0)), strict=True):
        from_skin = np.log(tint / usual)
        light = np.clip(TAKEN * (from_skin + EYES_SHARE * (from_eyes - from_skin)), -MOST_TINT, MOST_TINT)
        bright = clamp(max(of_skin * luminance((side + skin) / 2), of_eyes * luminance(sclera)), 40, 225)
        white.append(_exposed(_tint(floats(np.exp(light) * ENAMEL)), bright))
    return floats(white)


def _exposed(tint: Floats, bright: float) -> Floats:
    """(3,) a tint as bright as that, as a photo shows it: what is too bright for a channel loses some of its colour and
    then of its light."""
    most = float(tint.max())
    paler = clamp((most - BRIGHTEST / bright) / max(most - 1, 1e-6), 0, PALEST)
    tint = tint + paler * (1 - tint)
    return floats(min(bright, BRIGHTEST / float(tint.max())) * tint)


def _usual_skin(of_eyes: float) -> NDArray[np.floating]:
    """(3,) the tint of skin under white light. of_eyes: its luminance as a share of that of the eyes' whites, which
    tells dark skin from little light."""
    dark = smoothstep(0.95, 0.5, np.array(of_eyes))
    usual: NDArray[np.floating] = LIGHT_SKIN + (DARK_SKIN - LIGHT_SKIN) * dark
    return usual


def _skin_tints(canvas: Canvas, lines: LipLines, geometry: Geometry) -> Floats:
    """(2, 3) the tint of the skin SIDE_CM left and right of the middle of the mouth: an even run through what is seen
    about the lips and on the cheeks."""
    marks = (*CHEEK_SKIN, *MOUTH_SKIN)
    colours = _at(canvas, geometry, marks)
    light = colours @ GREY
    clear = light > IN_SHADE * np.median(light[: len(CHEEK_SKIN)])
    u = lines.frame.uv(geometry.landmarks[list(marks)])[:, 0] / geometry.px_per_cm
    columns = np.column_stack([np.ones(len(u)), np.clip(u, -SIDE_CM, SIDE_CM)])[clear]
    run = np.linalg.lstsq(columns, np.log(_tint(colours[clear])), rcond=None)[0]
    return floats(np.exp(np.array([[1, -SIDE_CM], [1, SIDE_CM]]) @ run))


def _tint(rgb: Floats) -> Floats:
    """(..., 3) a colour of luminance 1; none of its channels is quite 0."""
    rgb = np.maximum(rgb, 1e-3 * np.max(rgb) + 1e-6)
    return floats(rgb / (rgb @ GREY)[..., None])


def _sclera(canvas: Canvas, landmarks: Floats, skin: float) -> Floats:
    """The bright part of what lies between the lids of open eyes, RGB; where none is seen what it is as a rule under
    white light. skin: luminance of the cheeks."""
    pixels = [np.empty((0, 3), np.float32)]
    for eye in EYES.values():
        if eye_shows(canvas, landmarks, eye):
            up, lo = landmarks[list(eye.up[1:-1]), :2], landmarks[list(eye.lo[1:-1]), :2]
            share = np.linspace(0.25, 0.75, 8, dtype=np.float32)[:, None, None]
            pixels.append(canvas.sampled(up * share + lo * (1 - share)).reshape(-1, 3).astype(np.float32))
    both = np.concatenate(pixels)
    if not len(both):
        return floats(EYE_WHITE * UNSEEN * skin)
    return both[np.argsort(both.sum(1))[int(0.75 * len(both)) :]].mean(0)  # type: ignore[no-any-return]


def luminance(rgb: NDArray[np.floating]) -> float:
    return float(rgb @ GREY)
