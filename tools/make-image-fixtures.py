#!/usr/bin/env python3
"""Creates the pictures of Tests/InfoldImageTests, and the expected pixels with Pillow.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/make-image-fixtures.py

All pictures are drawn by formulas, so the files have no other origin. `decoding/NAME` has its
expected pixels in `decoding/NAME.ppm`; the pictures in `broken-exif/` have those of
`decoding/baseline.jpg`; `refused/` contains files that no decoder may accept;
`resize-edge-cases/FILTER-WIDTHxHEIGHT.ppm` is the result of `Image.resize` for `source.ppm` there.
"""
import io
import struct
import zlib

import numpy as np
from PIL import Image

from gif_bmp_fixtures import make_gifs, make_bmps
from image_fixture_files import FIXTURES, WIDTH, HEIGHT, draw, write, write_ppm, write_case

# JPEG


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif(orientation, order, before=()):
    """A TIFF header and one directory, as in an Exif block, in byte order `<` or `>`."""
    entries = [*before, (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    directory = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return header + struct.pack(order + "H", len(entries)) + directory + bytes(4)


def segment(marker, payload):
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def insert_exif(data, block):
    """`data` with an Exif segment directly after the start-of-image marker."""
    return data[:2] + segment(0xE1, b"Exif\0\0" + block) + data[2:]


def find_segment(data, markers):
    """The offset of the first segment whose marker is one of `markers`."""
    offset = 2
    while data[offset + 1] not in markers:
        offset += 2 + struct.unpack_from(">H", data, offset + 2)[0]
    return offset


def with_size(data, width, height):
    """`data` with another size in its frame header."""
    frame = find_segment(data, {0xC0, 0xC1, 0xC2})
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


def with_unnamed_sampling(width, height):
    """A mid-gray JPEG whose luma is sampled 4x2: valid, but a ratio for which TurboJPEG has no
    name.

    Every DC difference is zero and every block ends immediately, so all blocks have the same few
    bits.
    """
    data = bytearray(jpeg(Image.new("RGB", (8, 8), (128, 128, 128)), subsampling="4:4:4"))
    frame = find_segment(data, {0xC0})
    data[frame + 11] = 0x42
    scan = find_segment(data, {0xDA})
    end_of_header = scan + 2 + struct.unpack_from(">H", data, scan + 2)[0]
    blocks = ("00" + "1010") * 8 + ("00" + "00") * 2
    bits = blocks * (-(-width // 32) * -(-height // 16))
    bits += "1" * (-len(bits) % 8)
    scan_data = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    return with_size(bytes(data[:end_of_header]) + scan_data + b"\xff\xd9", width, height)


def many_scans(bits):
    """A gray block as a valid progressive JPEG with a scan for each of 63 coefficients, and one
    more for each of `bits`.

    Both Huffman tables contain the single symbol 0 with the code 0, and every scan is that code.
    """
    table = bytes([1] + [0] * 15 + [0])
    data = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    data += segment(0xC2, struct.pack(">BHHB", 8, 8, 8, 1) + b"\1\x11\0")
    data += segment(0xC4, b"\x00" + table) + segment(0xC4, b"\x10" + table)

    def scan(first, last, approximation):
        return segment(0xDA, b"\1\1\0" + bytes([first, last, approximation])) + b"\x7f"

    data += scan(0, 0, 0)
    for coefficient in range(1, 64):
        data += scan(coefficient, coefficient, bits)
        for bit in range(bits, 0, -1):
            data += scan(coefficient, coefficient, bit << 4 | bit - 1)
    return data + b"\xff\xd9"


def make_jpegs():
    image = Image.fromarray(draw(WIDTH, HEIGHT))
    baseline = jpeg(image, quality=80)
    write_case("baseline.jpg", baseline)
    write_case("baseline-444.jpg", jpeg(image, quality=80, subsampling="4:4:4"))
    write_case("baseline-422.jpg", jpeg(image, quality=80, subsampling="4:2:2"))
    write_case("sampling-4x2.jpg", with_unnamed_sampling(40, 20))
    write_case("progressive.jpg", jpeg(image, quality=80, progressive=True))
    write_case("restart-markers.jpg", jpeg(image, quality=80, restart_marker_blocks=1))
    write_case("grey.jpg", jpeg(image.convert("L"), quality=80))
    write_case("rgb.jpg", jpeg(image, quality=80, keep_rgb=True))

    # Ink that varies in all four channels, including black.
    pixels = draw(WIDTH, HEIGHT)
    ink = np.dstack([pixels, np.linspace(0, 200, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint8)])
    cmyk = jpeg(Image.fromarray(ink, "CMYK"), quality=90)
    write_case("cmyk.jpg", cmyk)
    adobe = find_segment(cmyk, {0xEE})
    write_case("ycck.jpg", cmyk[: adobe + 15] + b"\x02" + cmyk[adobe + 16 :])
    length = struct.unpack_from(">H", cmyk, adobe + 2)[0]
    write_case("cmyk-without-adobe.jpg", cmyk[:adobe] + cmyk[adobe + 2 + length :])

    write_case("many-scans.jpg", many_scans(5))

    for orientation in range(1, 9):
        order = "<" if orientation % 2 else ">"
        write_case(f"orientation-{orientation}.jpg", insert_exif(baseline, exif(orientation, order)))

    for name, block in broken_exif_blocks().items():
        write(FIXTURES / "broken-exif" / f"{name}.jpg", insert_exif(baseline, block))

    refused = FIXTURES / "refused"
    write(refused / "huge.jpg", with_size(baseline, 60000, 60000))
    write(refused / "huge-progressive.jpg", with_size(jpeg(image, progressive=True), 60000, 60000))
    write(refused / "too-little-data.jpg", with_size(baseline, 9000, 9000))
    write(refused / "zero-width.jpg", with_size(baseline, 0, HEIGHT))
    write(refused / "zero-height.jpg", with_size(baseline, WIDTH, 0))
    frame = find_segment(baseline, {0xC0})
    write(refused / "arithmetic.jpg", baseline[: frame + 1] + b"\xc9" + baseline[frame + 2 :])
    write(refused / "twelve-bits.jpg", baseline[: frame + 4] + b"\x0c" + baseline[frame + 5 :])
    write(refused / "too-many-scans.jpg", many_scans(10))


def broken_exif_blocks():
    """Exif blocks without usable content. The picture is decoded without rotation."""
    valid = exif(6, "<")
    count_at, entry_at = 8, 10
    return {
        "offset-outside": valid[:4] + struct.pack("<I", 0xFFFFFFF0) + valid[8:],
        "offset-in-header": valid[:4] + struct.pack("<I", 0) + valid[8:],
        "count-too-large": valid[:count_at] + b"\xff\xff" + struct.pack("<HHII", 0x0100, 3, 1, 6) + bytes(4),
        "orientation-0": exif(0, "<"),
        "orientation-9": exif(9, ">"),
        "wrong-type": valid[: entry_at + 2] + struct.pack("<H", 2) + valid[entry_at + 4 :],
        "wrong-count": valid[: entry_at + 4] + struct.pack("<I", 3) + valid[entry_at + 8 :],
        "directory-loop": exif(1, "<")[:-4] + struct.pack("<I", 8),
        "byte-order": b"XX" + valid[2:],
        "cut-off": valid[: entry_at + 6],
        "empty": b"",
    }


# PNG

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def header(width, height, depth, color, interlaced=False):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))


def packed_rows(samples, depth):
    """Rows of (height, width, channels) samples, unfiltered, in PNG's packing."""
    rows = b""
    for row in samples:
        if depth == 16:
            packed = row.astype(">u2").tobytes()
        elif depth == 8:
            packed = row.astype(np.uint8).tobytes()
        else:
            bits = "".join(format(int(sample), f"0{depth}b") for sample in row.ravel())
            bits += "0" * (-len(bits) % 8)
            packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
        rows += b"\0" + packed
    return rows


def png(samples, depth, color, interlaced=False, before_data=(), after_data=()):
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [samples]
    data = zlib.compress(b"".join(packed_rows(part, depth) for part in passes if part.size), 9)
    # Two data chunks, because decoders must join them.
    half = len(data) // 2
    chunks = [header(width, height, depth, color, interlaced), *before_data]
    chunks += [chunk(b"IDAT", data[:half]), chunk(b"IDAT", data[half:]), *after_data, chunk(b"IEND", b"")]
    return SIGNATURE + b"".join(chunks)


def make_pngs():
    pixels = draw(WIDTH, HEIGHT)
    grey = pixels[..., 0]
    alpha = np.linspace(0, 255, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint8)
    rgb = png(pixels, 8, RGB)

    write_case("rgb.png", rgb)
    write_case("rgba.png", png(np.dstack([pixels, alpha]), 8, RGBA))
    write_case("grey.png", png(grey, 8, GREY))
    write_case("grey-alpha.png", png(np.dstack([grey, alpha]), 8, GREY_ALPHA))
    for depth in (1, 2, 4):
        write_case(f"grey-{depth}-bit.png", png(grey >> (8 - depth), depth, GREY))
    write_case("rgb-interlaced.png", png(pixels, 8, RGB, interlaced=True))
    write_case("grey-1-bit-interlaced.png", png(grey >> 7, 1, GREY, interlaced=True))
    write_case("rgb-transparent-color.png", png(pixels, 8, RGB, before_data=[chunk(b"tRNS", bytes([0, 255] * 3))]))

    colors = np.arange(48, dtype=np.uint8).reshape(16, 3) * 5
    indices = grey >> 4
    palette = chunk(b"PLTE", colors.tobytes())
    write_case("palette.png", png(indices, 8, PALETTE, before_data=[palette]))
    write_case("palette-4-bit.png", png(indices, 4, PALETTE, before_data=[palette]))
    write_case("palette-1-bit.png", png(grey >> 7, 1, PALETTE, before_data=[chunk(b"PLTE", colors[3:5].tobytes())]))
    transparency = chunk(b"tRNS", bytes(range(0, 160, 10)))
    write_case("palette-transparent.png", png(indices, 8, PALETTE, before_data=[palette, transparency]))

    # 16 bits are rounded to 8 as v / 257, whereas Pillow drops the low byte.
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    deep = np.stack([x * 3449 % 65536, y * 5041 % 65536, (x * 977 + y * 7919) % 65536], axis=-1)
    deep_alpha = (x * 1000 + y * 2000) % 65536
    reduced = (deep + 128) // 257
    write_case("rgb-16-bit.png", png(deep, 16, RGB), reduced)
    write_case("rgba-16-bit.png", png(np.dstack([deep, deep_alpha]), 16, RGBA), reduced)
    grey_reduced = np.repeat(reduced[..., :1], 3, axis=-1)
    write_case("grey-16-bit.png", png(deep[..., 0], 16, GREY), grey_reduced)
    write_case("grey-alpha-16-bit.png", png(np.dstack([deep[..., 0], deep_alpha]), 16, GREY_ALPHA), grey_reduced)

    # Samples are used unchanged, whatever the file declares about gamma or significant bits.
    write_case("gamma.png", png(pixels, 8, RGB, before_data=[chunk(b"gAMA", struct.pack(">I", 100000))]))
    write_case("significant-bits.png", png(pixels, 8, RGB, before_data=[chunk(b"sBIT", b"\x05\x06\x05")]))

    for orientation in (3, 6):
        block = chunk(b"eXIf", exif(orientation, ">"))
        write_case(f"orientation-{orientation}.png", png(pixels, 8, RGB, before_data=[block]))
    write_case("orientation-8-behind-data.png", png(pixels, 8, RGB, after_data=[chunk(b"eXIf", exif(8, "<"))]))

    refused = FIXTURES / "refused"
    little = chunk(b"IDAT", zlib.compress(bytes(100)))
    end = chunk(b"IEND", b"")
    write(refused / "huge.png", SIGNATURE + header(60000, 60000, 8, RGB) + little + end)
    write(refused / "too-wide.png", SIGNATURE + header(0x7FFFFFFF, 1, 1, GREY) + little + end)
    write(refused / "size-above-31-bits.png", SIGNATURE + header(0xFFFFFFFF, 0xFFFFFFFF, 8, RGB) + little + end)
    write(refused / "too-little-data.png", SIGNATURE + header(9000, 9000, 8, RGB) + little + end)
    write(refused / "zero-width.png", SIGNATURE + header(0, 9, 8, RGB) + little + end)
    write(refused / "zero-height.png", SIGNATURE + header(9, 0, 8, RGB) + little + end)
    write(refused / "bit-depth-3.png", SIGNATURE + header(9, 3, 3, RGB) + little + end)
    write(refused / "color-type-5.png", SIGNATURE + header(9, 3, 8, 5) + little + end)
    write(refused / "no-data.png", SIGNATURE + header(9, 3, 8, RGB) + end)
    write(refused / "no-palette.png", SIGNATURE + header(9, 3, 8, PALETTE) + little + end)
    write(refused / "second-header.png", SIGNATURE + header(9, 3, 8, GREY) + header(9, 3, 8, GREY) + little + end)
    write(refused / "unknown-critical-chunk.png", png(pixels, 8, RGB, before_data=[chunk(b"ABCD", b"")]))
    wrong_crc = bytearray(rgb)
    wrong_crc[rgb.rindex(b"IEND") - 5] ^= 1
    write(refused / "wrong-crc.png", bytes(wrong_crc))
    chunk_beyond_end = SIGNATURE + header(9, 3, 8, RGB) + struct.pack(">I", 0x7FFFFFFF) + b"IDAT" + bytes(100)
    write(refused / "chunk-beyond-end.png", chunk_beyond_end)


# WebP


def webp(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", **options)
    return buffer.getvalue()


def riff(*chunks):
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind, payload):
    return kind + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)


def uint24(value):
    return struct.pack("<I", value)[:3]


def extended(width, height, flags=0):
    return riff_chunk(b"VP8X", struct.pack("<I", flags) + uint24(width - 1) + uint24(height - 1))


def bitstream(data):
    """The chunk with the pixels of a file that has no other."""
    return data[12:]


def make_webps():
    pixels = draw(WIDTH, HEIGHT)
    image = Image.fromarray(pixels)
    alpha = np.linspace(0, 255, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(np.uint8)
    rgba = Image.fromarray(np.dstack([pixels, alpha]))
    lossless = webp(image, lossless=True)
    lossy = webp(image, quality=80)
    write_case("lossy.webp", lossy)
    write_case("lossless.webp", lossless)
    write_case("lossless-alpha.webp", webp(rgba, lossless=True, exact=True), pixels)
    write_case("lossy-alpha.webp", webp(rgba, quality=80, exact=True))
    # Writers store the Exif block with or without the prefix of JPEG.
    write_case("orientation-6.webp", webp(image, lossless=True, exif=exif(6, "<")))
    write_case("orientation-3.webp", webp(image, lossless=True, exif=b"Exif\0\0" + exif(3, ">")))
    later = Image.fromarray(pixels[::-1])
    write_case("animated.webp", webp(image, lossless=True, save_all=True, append_images=[later], duration=100))
    # A first frame that does not cover the left and upper edges of the canvas, which is black.
    canvas = np.zeros((HEIGHT + 4, WIDTH + 2, 3), np.uint8)
    canvas[4:, 2:] = pixels
    frame = uint24(1) + uint24(2) + uint24(WIDTH - 1) + uint24(HEIGHT - 1) + uint24(100) + b"\0" + bitstream(lossless)
    animation = [riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", frame)]
    write_case("animated-inside.webp", riff(extended(WIDTH + 2, HEIGHT + 4, 2), *animation), canvas)

    refused = FIXTURES / "refused"
    # The size is in the 14 bits after the start code of VP8, and after the signature of VP8L.
    start = lossy.index(b"\x9d\x01\x2a") + 3
    write(refused / "huge.webp", lossy[:start] + struct.pack("<HH", 0x3FFF, 0x3FFF) + lossy[start + 4 :])
    write(refused / "too-little-data.webp", lossy[:start] + struct.pack("<HH", 9000, 9000) + lossy[start + 4 :])
    write(refused / "huge-canvas.webp", riff(extended(1 << 24, 1 << 24, 2), *animation))
    write(refused / "frame-outside.webp", riff(extended(WIDTH + 1, HEIGHT + 4, 2), *animation))
    smaller = riff_chunk(b"ANMF", frame[:6] + uint24(WIDTH - 2) + frame[9:])
    write(refused / "frame-of-another-size.webp", riff(extended(WIDTH + 2, HEIGHT + 4, 2), smaller))
    write(refused / "no-frame.webp", riff(extended(WIDTH, HEIGHT, 2), riff_chunk(b"ANIM", bytes(6))))
    write(refused / "frame-without-canvas.webp", riff(*animation))
    write(refused / "no-chunks.webp", riff())
    write(refused / "canvas-of-another-size.webp", riff(extended(WIDTH, HEIGHT + 1), bitstream(lossless)))
    write(refused / "chunk-beyond-end.webp", riff(b"VP8L" + struct.pack("<I", 0xFFFFFFFF) + bitstream(lossless)[8:]))
    damaged = bytearray(lossless)
    damaged[21:] = b"\xff" * (len(damaged) - 21)
    write(refused / "damaged.webp", bytes(damaged))


# Resizing


def make_resized():
    folder = FIXTURES / "resize-edge-cases"
    source = draw(37, 29)
    noise = np.random.default_rng(1).integers(0, 256, source.shape)
    source[10:20, 5:15] = noise[10:20, 5:15]
    write_ppm(folder / "source.ppm", source)
    image = Image.fromarray(source)
    nearest = [("nearest", size) for size in ((1, 1), (16, 11), (53, 41), (7, 58), (37, 29))]
    one_side = [(name, size) for name in ("box", "bilinear", "bicubic", "lanczos") for size in ((37, 7), (48, 29))]
    for name, size in nearest + one_side:
        resized = image.resize(size, Image.Resampling[name.upper()])
        write_ppm(folder / f"{name}-{size[0]}x{size[1]}.ppm", np.asarray(resized))


if __name__ == "__main__":
    make_jpegs()
    make_pngs()
    make_webps()
    make_gifs()
    make_bmps()
    make_resized()
