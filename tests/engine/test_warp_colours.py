"""didgen.engine.warp.colours: what is drawn in a mouth has the photo's light, tone and softness."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from didgen.engine.photo import load_photo
from tests.engine.mouths import ASSETS, FACES, Head


def test_a_soft_photo_has_no_hard_seam() -> None:
    """Its blur washes out what is as narrow as the dark between lips that hardly part."""
    sharp = load_photo(ASSETS / "woman.jpg")
    heads = [Head(sharp), Head(cv2.GaussianBlur(sharp, (0, 0), 5.0))]
    colours = [head.mouth.interior.colours for head in heads]
    assert np.array_equal(colours[0].shut, colours[0].seam)
    assert colours[1].shut.sum() > colours[1].seam.sum() + 20


def test_a_grey_photo_has_a_grey_mouth(closed: Head) -> None:
    """In a photo without colours what is drawn between the lips has none either, nor have their edges."""
    photo = cv2.cvtColor(cv2.cvtColor(load_photo(ASSETS / "woman.jpg"), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    grey = Head(photo)
    for lip in (grey.mouth.upper_lip, grey.mouth.lower_lip):
        assert np.ptp(lip.rgba[..., :3].astype(int), axis=2).max() <= 2
    tinted = [
        np.ptp(head.drawn(jawOpen=0.8)[y : y + 30, x - 15 : x + 16].astype(int), axis=2).mean()
        for head in (closed, grey)
        for x, y in [head.geometry.landmarks[13, :2].astype(int)]
    ]
    assert tinted[0] > 15
    assert tinted[1] < 2


def test_a_toned_print_has_a_mouth_in_its_tone() -> None:
    """Between the lips of a sepia photo every colour is the tone's, as it is on the skin; else flesh is red."""
    rgb = load_photo(ASSETS / "woman.jpg").astype(np.float32)
    sepia = np.clip((rgb @ (0.299, 0.587, 0.114))[..., None] * (1.06, 1.0, 0.84), 0, 255).astype(np.uint8)
    redder = []
    for head in (Head(load_photo(ASSETS / "woman.jpg")), Head(sepia)):
        x, y = head.geometry.landmarks[13, :2].astype(int)
        inside = head.drawn(jawOpen=0.8)[y : y + 30, x - 15 : x + 16].reshape(-1, 3).astype(float).mean(0)
        redder.append(inside[0] / inside[1])
    assert redder[0] > 1.25
    assert redder[1] == pytest.approx(1.06, abs=0.04)


def test_teeth_take_the_colour_of_the_light(closed: Head) -> None:
    """Under a warm or a violet lamp drawn teeth are most of the way as coloured as the skin."""
    rgb = load_photo(ASSETS / "woman.jpg").astype(np.float32)
    plain = closed.mouth.interior.colours.white
    for lamp in ((0.9, 0.7, 0.52), (0.8, 0.64, 0.96)):
        lit = Head(np.clip(rgb * lamp, 0, 255).astype(np.uint8)).mouth.interior.colours.white
        seen = np.log(lit / lit[:, 1:2]) - np.log(plain / plain[:, 1:2])
        asked = np.log(np.array(lamp) / lamp[1])
        assert (seen[:, [0, 2]] / asked[[0, 2]]).min() > 0.65


def test_a_tongue_takes_the_colour_of_the_light(closed: Head) -> None:
    """In lamplight it has most of the way as much less blue, beside its red, as the skin: else it is mauve in an orange
    face."""
    warm = Head(np.clip(load_photo(ASSETS / "woman.jpg") * np.array([1.15, 0.95, 0.6]), 0, 255).astype(np.uint8))
    bluish = [head.mouth.interior.colours.flesh for head in (closed, warm)]
    kept = (bluish[1][2] / bluish[1][0]) / (bluish[0][2] / bluish[0][0])
    assert np.log(kept) < 0.6 * np.log(0.6 / 1.15)


def test_light_that_differs_from_side_to_side_does_so_on_the_teeth() -> None:
    """Orange light from the left, violet from the right: so are the teeth."""
    left, right = Head(load_photo(ASSETS / "woman-2.jpg")).mouth.interior.colours.white
    assert left[0] / left[2] > 1.3
    assert right[0] / right[2] < 1.15


def test_dark_glasses_do_not_tell_the_light() -> None:
    """Behind them there is no white of an eye: teeth are lighter than the skin, and less brown than it by far."""
    head = Head(load_photo(FACES / "sunglasses.jpg"))
    skin = np.median(head.canvas.sampled(head.geometry.landmarks[None, [50, 205, 280, 425], :2])[0].astype(float), 0)
    for white in head.mouth.interior.colours.white:
        assert white.mean() > 1.4 * skin.mean()
        assert white[0] / white[1] < 1 + 0.35 * (skin[0] / skin[1] - 1)
