"""Images are decoded as Pillow decodes them, and a damaged one is refused in one sentence."""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.errors import RecordingError
from edge.formats.image import png, read
from edge.formats.image.resize import resized
from edge.samples import GREY
from edge.source.files.images import image_pixels

RNG = np.random.default_rng(0)
PIXELS = np.kron(RNG.integers(0, 256, (6, 7, 4)), np.ones((3, 3, 1))).astype(np.uint8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P", "I;16"])
@pytest.mark.parametrize("optimised", [False, True])
def test_a_png_is_decoded_as_pillow_decodes_it(tmp_path, mode, optimised):
    image = Image.fromarray(PIXELS).convert("RGB" if mode == "P" else "RGBA")
    if mode == "I;16":
        image = Image.fromarray(PIXELS[:, :, 0].astype(np.uint16) * 201)
    elif mode == "P":
        image = image.quantize(9)
    else:
        image = image.convert(mode)
    image.save(tmp_path / "a.png", optimize=optimised)
    found = read(tmp_path / "a.png")
    if mode == "I;16":
        expected = np.asarray(image, np.float32)[:, :, None] / 65535
    else:
        rgba = np.asarray(image.convert("RGBA"), np.float32) / 255
        expected = rgba[:, :, :3] * rgba[:, :, 3:] + 1 - rgba[:, :, 3:]
    values = found.grey if mode == "I;16" else found.colour
    np.testing.assert_allclose(values, expected, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(
    pixels=st.integers(1, 9).flatmap(
        lambda width: st.lists(st.binary(min_size=width, max_size=width), min_size=1, max_size=9)
    ),
    filters=st.lists(st.integers(0, 4), min_size=9, max_size=9),
)
def test_every_filter_of_a_png_is_undone(pixels, filters):
    rows, above, filtered = [], bytes(len(pixels[0])), b""
    for row, kind in zip(pixels, filters, strict=False):
        encoded = []
        for k, value in enumerate(row):
            left, up = (row[k - 1] if k else 0), above[k]
            corner = above[k - 1] if k else 0
            estimate = left + up - corner
            nearest = min((left, up, corner), key=lambda other: abs(estimate - other))
            predicted = (0, left, up, (left + up) // 2, nearest)[kind]
            encoded.append((value - predicted) % 256)
        filtered += bytes([kind, *encoded])
        rows.append(row)
        above = row
    found = png.decode(_png(len(pixels[0]), len(rows), filtered), 10**6)
    expected = np.frombuffer(b"".join(rows), np.uint8).reshape(len(rows), -1, 1)
    np.testing.assert_array_equal(np.rint(found * 255), expected)


def _png(width, height, rows, depth=8, colour=0, interlaced=0):
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in parts
    )
    return png.SIGNATURE + b"".join(chunks)


@pytest.mark.parametrize("kind", ["pgm", "ppm", "pbm"])
def test_netpbm_images_are_decoded_as_pillow_decodes_them(tmp_path, kind):
    mode = {"pgm": "L", "ppm": "RGB", "pbm": "1"}[kind]
    image = Image.fromarray(PIXELS).convert("RGB").convert(mode)
    image.save(tmp_path / f"a.{kind}")
    expected = np.asarray(image.convert("RGB"), np.float32) / 255
    np.testing.assert_allclose(read(tmp_path / f"a.{kind}").colour, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"P2 # a comment\n2 1 # wide\n9\n0 9\n", [0, 1]),
        (b"P1 3 1 1 0 1", [0, 1, 0]),
        (b"P1 3 1 101", [0, 1, 0]),
        (b"P5 2 1 65535 \x00\x00\xff\xff", [0, 1]),
    ],
)
def test_text_and_16_bits_of_pgm_are_read(tmp_path, text, expected):
    (tmp_path / "a.pgm").write_bytes(text)
    assert read(tmp_path / "a.pgm").grey.reshape(-1).tolist() == expected


def test_a_jpeg_needs_pillow(tmp_path):
    Image.fromarray(PIXELS[:, :, 0]).save(tmp_path / "a.jpg", quality=95)
    found = read(tmp_path / "a.jpg").grey[:, :, 0]
    assert np.abs(found - PIXELS[:, :, 0] / 255).mean() < 0.1
    code = (
        "import sys; sys.modules['PIL.Image'] = None\n"
        "from edge.formats.image import read\n"
        "try: read(sys.argv[1])\nexcept ImportError as error: print(error)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.jpg"], capture_output=True, text=True
    )
    assert "pip install 'edge-sense[image]', or save it as PNG" in shown.stdout


GOOD = _png(2, 2, b"\0\1\2\0\3\4")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"hello", "is not an image"),
        (GOOD[:40], "damaged|cut off"),
        (GOOD[:-12], "cut off"),
        (GOOD.replace(b"IDAT", b"IDAX"), "damaged"),
        (_png(2, 2, b"\0\1\2\0\3"), "damaged"),
        (_png(2, 2, b"\0\1\2\7\3\4"), "damaged"),
        (_png(2, 2, b"\0\1\2\0\3\4", depth=3), "damaged"),
        (_png(2, 2, b"\0\1\2\0\3\4", interlaced=1), "interlaced PNG image: save it without"),
        (_png(60000, 60000, b"\0"), "60000 x 60000 pixels, more than 16 million"),
        (_png(0, 2, b"\0"), "without pixels"),
        (_png(2, 2, b"\0\1\2\0\3\4", colour=3), "damaged"),
        (b"P5 2 2 255 \1", "cut off or damaged"),
        (b"P5 2 2 70000 \1", "cut off or damaged"),
        (b"P5 99999 99999 255 ", "more than 16 million"),
        (b"\xff\xd8\xff\xe0 not a jpeg", "is not an image"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path, content, message):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(RecordingError, match=message):
        read(tmp_path / "a.png")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_image_raises_no_other_error(data):
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RecordingError):
        png.decode(bytes(content), 1 << 20)


def test_an_image_is_stretched_to_a_size():
    ramp = np.tile(np.linspace(0, 1, 60, dtype=np.float32), (40, 1))[:, :, None]
    small = resized(ramp, 4, 6)
    assert small.shape == (4, 6, 1)
    np.testing.assert_allclose(small[1, 1:-1, 0], (np.arange(6) / 6 + 1 / 12)[1:-1], atol=0.02)
    assert resized(ramp, 40, 60) == pytest.approx(ramp)
    assert resized(np.full((3, 5, 3), 0.4, np.float32), 17, 11) == pytest.approx(0.4)


def test_an_image_of_another_size_and_colour_becomes_the_input(tmp_path):
    Image.fromarray(PIXELS).convert("RGB").save(tmp_path / "a.png")
    pixels = image_pixels(tmp_path / "a.png", GREY, 6, 7)
    expected = np.asarray(Image.fromarray(PIXELS).convert("RGB"), np.float32) @ [
        0.299,
        0.587,
        0.114,
    ]
    assert pixels.shape == (42, 1)
    assert np.abs(pixels[:, 0].reshape(6, 7) - expected[1::3, 1::3] / 255).mean() < 0.08
