#!/usr/bin/env python3
"""Makes the pictures that Tests/InfoldImageTests reads, and what Pillow makes of each.

    python3 -m venv .venv && .venv/bin/pip install -r tools/requirements.txt
    .venv/bin/python tools/make-image-fixtures.py

Everything is drawn by formulas, so the files have no other origin. `decoding/NAME` comes with the expected pixels in
`decoding/NAME.ppm`; the pictures in `broken-exif/` have those of `decoding/baseline.jpg`; `refused/` holds files that
no decoder may accept; `resize-edge-cases/FILTER-WIDTHxHEIGHT.ppm` is what `Image.resize` makes of `source.ppm` there.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "Tests/InfoldImageTests/Fixtures"
WIDTH, HEIGHT = 19, 13


def draw(width, height):
    """A picture without any symmetry: two gradients, a disc, a sharp corner."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x * 7 + y * 13) % 256], axis=-1)
    disc = (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2
    pixels[disc] = [240, 40, 90]
    pixels[: height // 4, : width // 5] = [255, 255, 255]
    return pixels.astype(np.uint8)


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_ppm(path, pixels):
    height, width, _ = pixels.shape
    write(path, b"P6\n%d %d\n255\n" % (width, height) + pixels.astype(np.uint8).tobytes())


def pillow_pixels(data):
    """The upright RGB pixels that Pillow decodes."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    image.info.pop("transparency", None)
    return np.asarray(image.convert("RGB"))


def write_case(name, data, pixels=None):
    write(FIXTURES / "decoding" / name, data)
    expected = pillow_pixels(data) if pixels is None else pixels
    write_ppm(FIXTURES / "decoding" / f"{name}.ppm", expected)


# JPEG


def jpeg(image, **options):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def exif(orientation, order, before=()):
    """A TIFF header and one directory, as an Exif block holds them, in byte order `<` or `>`."""
    entries = [*before, (0x0112, 3, 1, struct.pack(order + "HH", orientation, 0))]
    directory = b"".join(struct.pack(order + "HHI", *entry[:3]) + entry[3] for entry in entries)
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return header + struct.pack(order + "H", len(entries)) + directory + bytes(4)


def segment(marker, payload):
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def insert_exif(data, block):
    """`data` with an Exif segment straight behind the start-of-image marker."""
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
    """A mid-grey JPEG whose luma is sampled 4x2: legal, and a ratio that TurboJPEG has no name for.

    Every DC difference is zero and every block ends at once, so the scan is the same few bits for each block.
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
    """A grey block as a valid progressive JPEG: each of 63 coefficients has a scan, and one more for each of `bits`.

    Both Huffman tables hold the one symbol 0 with the code 0, and every scan is that code.
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

    # Ink that varies in all four channels, black included.
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
    """Exif blocks that say nothing usable: the picture is decoded as it lies."""
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
    """Rows of (height, width, channels) samples, unfiltered, as PNG packs them."""
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

    # 16 bits become 8 by rounding v / 257, where Pillow drops the low byte.
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    deep = np.stack([x * 3449 % 65536, y * 5041 % 65536, (x * 977 + y * 7919) % 65536], axis=-1)
    deep_alpha = (x * 1000 + y * 2000) % 65536
    reduced = (deep + 128) // 257
    write_case("rgb-16-bit.png", png(deep, 16, RGB), reduced)
    write_case("rgba-16-bit.png", png(np.dstack([deep, deep_alpha]), 16, RGBA), reduced)
    grey_reduced = np.repeat(reduced[..., :1], 3, axis=-1)
    write_case("grey-16-bit.png", png(deep[..., 0], 16, GREY), grey_reduced)
    write_case("grey-alpha-16-bit.png", png(np.dstack([deep[..., 0], deep_alpha]), 16, GREY_ALPHA), grey_reduced)

    # Samples are taken as they are, whatever the file says about gamma or significant bits.
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
    # Writers put the block of Exif with the prefix of JPEG and without.
    write_case("orientation-6.webp", webp(image, lossless=True, exif=exif(6, "<")))
    write_case("orientation-3.webp", webp(image, lossless=True, exif=b"Exif\0\0" + exif(3, ">")))
    later = Image.fromarray(pixels[::-1])
    write_case("animated.webp", webp(image, lossless=True, save_all=True, append_images=[later], duration=100))
    # A first frame that leaves the left and the upper edge of the canvas free, which is black.
    canvas = np.zeros((HEIGHT + 4, WIDTH + 2, 3), np.uint8)
    canvas[4:, 2:] = pixels
    frame = uint24(1) + uint24(2) + uint24(WIDTH - 1) + uint24(HEIGHT - 1) + uint24(100) + b"\0" + bitstream(lossless)
    animation = [riff_chunk(b"ANIM", bytes(6)), riff_chunk(b"ANMF", frame)]
    write_case("animated-inside.webp", riff(extended(WIDTH + 2, HEIGHT + 4, 2), *animation), canvas)

    refused = FIXTURES / "refused"
    # The size is in the 14 bits behind the start code of VP8, and behind the signature of VP8L.
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


# GIF


def lzw(indices, code_size, clear_every=1 << 30, with_end=True):
    """The codes of `indices`, in sub-blocks, with a clear code in front and then behind every `clear_every` codes."""
    clear, end = 1 << code_size, (1 << code_size) + 1
    value, bits, since_clear = 0, 0, 0
    table, width = {}, code_size + 1

    def put(code):
        nonlocal value, bits
        value |= code << bits
        bits += width

    put(clear)
    table, next_code = {(i,): i for i in range(clear)}, end + 1
    prefix = ()
    for index in indices:
        if prefix + (index,) in table:
            prefix += (index,)
            continue
        put(table[prefix])
        since_clear += 1
        if since_clear >= clear_every:
            put(clear)
            table, next_code, width, since_clear = {(i,): i for i in range(clear)}, end + 1, code_size + 1, 0
        elif next_code < 4096:
            table[prefix + (index,)] = next_code
            next_code += 1
            # The reader is one entry behind.
            if next_code - 1 == 1 << width and width < 12:
                width += 1
        prefix = (index,)
    put(table[prefix])
    if next_code == 1 << width and width < 12:
        width += 1
    if with_end:
        put(end)
    data = value.to_bytes(-(-bits // 8), "little")
    return b"".join(bytes([len(part)]) + part for part in (data[i : i + 255] for i in range(0, len(data), 255))) + b"\0"


def colors(count):
    return np.stack([np.arange(count) * 255 // (count - 1), np.arange(count)[::-1] * 7 % 256, np.arange(count) * 31 % 256], axis=-1)


def color_table(table):
    return table.astype(np.uint8).tobytes()


def table_flags(count):
    return 0x80 | (count.bit_length() - 2)


def gif_screen(width, height, table=None, background=0):
    flags = table_flags(len(table)) if table is not None else 0
    data = b"GIF89a" + struct.pack("<HHBBB", width, height, flags, background, 0)
    return data + (color_table(table) if table is not None else b"")


def gif_frame(indices, code_size, table=None, at=(0, 0), interlaced=False, data=None):
    height, width = indices.shape
    flags = (table_flags(len(table)) if table is not None else 0) | (0x40 if interlaced else 0)
    rows = [row for start, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(start, height, step)]
    stored = indices[rows] if interlaced else indices
    frame = b"\x2c" + struct.pack("<HHHHB", *at, width, height, flags)
    frame += color_table(table) if table is not None else b""
    return frame + bytes([code_size]) + (lzw(stored.ravel().tolist(), code_size) if data is None else data)


def gif_control(transparent):
    return b"\x21\xf9\x04" + struct.pack("<BHBB", 1, 10, transparent, 0)


TRAILER = b"\x3b"


def make_gifs():
    grey = draw(WIDTH, HEIGHT)[..., 0]
    table = colors(16)
    indices = grey >> 4
    pixels = table[indices]
    screen = gif_screen(WIDTH, HEIGHT, table)
    write_case("palette.gif", screen + gif_frame(indices, 4) + TRAILER)
    write_case("interlaced.gif", screen + gif_frame(indices, 4, interlaced=True) + TRAILER)
    write_case("local-table.gif", gif_screen(WIDTH, HEIGHT, colors(4)) + gif_frame(indices, 4, table) + TRAILER)
    write_case("two-colors.gif", gif_screen(WIDTH, HEIGHT, colors(2)) + gif_frame(grey >> 7, 2) + TRAILER)
    write_case("old.gif", b"GIF87a" + (screen + gif_frame(indices, 4) + TRAILER)[6:])
    # The table of codes fills up, and goes on without new ones; and it is cleared often.
    y, x = np.mgrid[0:110, 0:120]
    noisy = (x * x * 7 + y * y * 13 + x * y) % 251
    noise_screen = gif_screen(120, 110, colors(256))
    write_case("full-table.gif", noise_screen + gif_frame(noisy, 8) + TRAILER)
    often = lzw(indices.ravel().tolist(), 4, clear_every=9)
    write_case("many-clears.gif", screen + gif_frame(indices, 4, data=often) + TRAILER)
    without_end = lzw(indices.ravel().tolist(), 4, with_end=False)
    write_case("no-end-code.gif", screen + gif_frame(indices, 4, data=without_end) + TRAILER)
    # The first frame counts; comments are skipped; a transparent color stays what it is.
    comment = b"\x21\xfe\x05hello\0"
    frames = comment + gif_control(3) + gif_frame(indices, 4) + gif_control(1) + gif_frame(indices[::-1], 4)
    write_case("animated.gif", screen + frames + TRAILER)
    # What the frame leaves free has the background's color, or the transparent one.
    placed = np.broadcast_to(table[5], (HEIGHT + 3, WIDTH + 2, 3)).copy()
    placed[2 : HEIGHT + 2, 1 : WIDTH + 1] = pixels
    large = gif_screen(WIDTH + 2, HEIGHT + 3, table, background=5)
    write_case("smaller-frame.gif", large + gif_frame(indices, 4, at=(1, 2)) + TRAILER, placed)
    large = gif_screen(WIDTH + 2, HEIGHT + 3, table, background=7)
    transparent = gif_control(5) + gif_frame(indices, 4, at=(1, 2))
    write_case("smaller-transparent-frame.gif", large + transparent + TRAILER, placed)
    # A frame that is larger than the screen makes the picture larger.
    write_case("larger-frame.gif", gif_screen(3, 2, table) + gif_frame(indices, 4) + TRAILER)

    refused = FIXTURES / "refused"
    codes = lzw(indices.ravel().tolist(), 4)
    write(refused / "no-frame.gif", screen + TRAILER)
    write(refused / "no-table.gif", gif_screen(WIDTH, HEIGHT) + gif_frame(indices, 4) + TRAILER)
    write(refused / "no-trailer.gif", screen + gif_frame(indices, 4))
    write(refused / "unknown-block.gif", screen + b"\x42" + gif_frame(indices, 4) + TRAILER)
    write(refused / "color-outside.gif", gif_screen(WIDTH, HEIGHT, colors(8)) + gif_frame(indices, 4) + TRAILER)
    write(refused / "code-size-0.gif", screen + gif_frame(indices, 0, data=codes) + TRAILER)
    write(refused / "code-size-9.gif", screen + gif_frame(indices, 9, data=codes) + TRAILER)
    write(refused / "undefined-code.gif", screen + gif_frame(indices, 4, data=b"\x02\xf0\xff\0") + TRAILER)
    # A clear code, and one that would repeat the one before it.
    write(refused / "no-first-code.gif", screen + gif_frame(indices, 4, data=b"\x02\x50\x02\0") + TRAILER)
    # All data of half of the pixels, with the code of the end and without.
    half = indices.ravel()[: indices.size // 2].tolist()
    write(refused / "early-end.gif", screen + gif_frame(indices, 4, data=lzw(half, 4)) + TRAILER)
    short = lzw(half, 4, with_end=False)
    write(refused / "too-few-codes.gif", screen + gif_frame(indices, 4, data=short) + TRAILER)
    write(refused / "zero-width.gif", screen + gif_frame(indices[:, :0], 4, data=codes) + TRAILER)
    write(refused / "zero-height.gif", screen + gif_frame(indices[:0], 4, data=codes) + TRAILER)
    write(refused / "huge.gif", gif_screen(60000, 60000, table) + gif_frame(indices, 4) + TRAILER)
    write(refused / "far-frame.gif", screen + gif_frame(indices, 4, at=(65000, 65000)) + TRAILER)
    write(refused / "too-little-data.gif", gif_screen(9000, 9000, table) + gif_frame(indices, 4) + TRAILER)


# BMP

RGB_ROWS, RLE8, RLE4, BITFIELDS, ALPHABITFIELDS = 0, 1, 2, 3, 6


def bmp_rows(values, depth, top_down=False):
    """Rows of (height, width) numbers of `depth` bits, from the lowest up, each filled up to four bytes."""
    rows = b""
    for row in values if top_down else values[::-1]:
        if depth < 8:
            bits = "".join(format(int(value), f"0{depth}b") for value in row)
            bits += "0" * (-len(bits) % 8)
            packed = int(bits, 2).to_bytes(len(bits) // 8, "big")
        else:
            packed = b"".join(int(value).to_bytes(depth // 8, "little") for value in row)
        rows += packed + bytes(-len(packed) % 4)
    return rows


def bmp(width, height, depth, data, compression=0, table=None, masks=(), header_size=40, used=0, gap=0):
    """A file with Windows' header, or OS/2's first one of 12 bytes."""
    if header_size == 12:
        header_data = struct.pack("<IHHHH", 12, width, height, 1, depth)
        palette = b"" if table is None else b"".join(bytes(map(int, color[::-1])) for color in table)
    else:
        header_data = struct.pack("<IiiHHIIiiII", header_size, width, height, 1, depth, compression, 0, 0, 0, used, 0)
        header_data += b"".join(struct.pack("<I", mask) for mask in masks)
        header_data += bytes(max(0, header_size - len(header_data)))
        palette = b"" if table is None else b"".join(bytes(map(int, color[::-1])) + b"\0" for color in table)
    before = header_data + palette + bytes(gap)
    return b"BM" + struct.pack("<IHHI", 14 + len(before) + len(data), 0, 0, 14 + len(before)) + before + data


def runs8(rows):
    """Runs and stretches of bytes, as the second form of row after row."""
    data = b""
    for number, row in enumerate(rows[::-1]):
        row = row.tolist()
        if number % 2 == 0:
            data += b"".join(bytes([1, value]) for value in row)
        else:
            data += bytes([0, len(row), *row]) + bytes(len(row) % 2)
        data += b"\0\0"
    return data + b"\0\1"


def runs4(rows):
    data = b""
    for number, row in enumerate(rows[::-1]):
        pairs = row.tolist() + [0] * (len(row) % 2)
        packed = [high << 4 | low for high, low in zip(pairs[::2], pairs[1::2])]
        if number % 2 == 0:
            data += b"".join(bytes([min(2, len(row) - 2 * i), pair]) for i, pair in enumerate(packed))
        else:
            data += bytes([0, len(row), *packed]) + bytes(len(packed) % 2)
        data += b"\0\0"
    return data + b"\0\1"


def make_bmps():
    pixels = draw(WIDTH, HEIGHT).astype(int)
    packed = pixels[..., 0] << 16 | pixels[..., 1] << 8 | pixels[..., 2]
    grey = pixels[..., 0]
    table = colors(16)
    indices = grey >> 4
    true_color = bmp(WIDTH, HEIGHT, 24, bmp_rows(packed, 24))
    write_case("rgb.bmp", true_color)
    write_case("top-down.bmp", bmp(WIDTH, -HEIGHT, 24, bmp_rows(packed, 24, top_down=True)))
    write_case("gap.bmp", bmp(WIDTH, HEIGHT, 24, bmp_rows(packed, 24), gap=6))
    write_case("os2.bmp", bmp(WIDTH, HEIGHT, 24, bmp_rows(packed, 24), header_size=12))
    write_case("os2-palette.bmp", bmp(WIDTH, HEIGHT, 4, bmp_rows(indices, 4), table=table, header_size=12))
    write_case("grey.bmp", bmp(WIDTH, HEIGHT, 8, bmp_rows(grey, 8), table=np.repeat(np.arange(256), 3).reshape(256, 3)))
    write_case("palette.bmp", bmp(WIDTH, HEIGHT, 8, bmp_rows(indices, 8), table=table, used=16))
    write_case("palette-4-bit.bmp", bmp(WIDTH, HEIGHT, 4, bmp_rows(indices, 4), table=table))
    write_case("palette-1-bit.bmp", bmp(WIDTH, HEIGHT, 1, bmp_rows(grey >> 7, 1), table=colors(2)))
    # The fourth byte of 32 bits is alpha, or nothing; it is dropped.
    alpha = np.linspace(0, 255, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH).astype(int)
    write_case("rgba.bmp", bmp(WIDTH, HEIGHT, 32, bmp_rows(alpha << 24 | packed, 32)), pixels)
    own = [0xFF, 0xFF00, 0xFF0000, 0xFF000000]
    turned = pixels[..., 2] << 16 | pixels[..., 1] << 8 | pixels[..., 0]
    for name, size in (("masks", 40), ("masks-v4", 108), ("masks-v5", 124)):
        data = bmp_rows(alpha << 24 | turned, 32)
        write_case(f"{name}.bmp", bmp(WIDTH, HEIGHT, 32, data, BITFIELDS, masks=own[: 3 if size == 40 else 4], header_size=size), pixels)
    write_case("alpha-masks.bmp", bmp(WIDTH, HEIGHT, 32, bmp_rows(alpha << 24 | turned, 32), ALPHABITFIELDS, masks=own), pixels)

    # Of 5, 6 and 10 bits: to the nearest of 8, where Pillow cuts off.
    def reduced(bits):
        values = [pixels[..., channel] * ((1 << count) - 1) // 255 for channel, count in enumerate(bits)]
        exact = [(2 * value * 255 + (1 << count) - 1) // (2 * ((1 << count) - 1)) for value, count in zip(values, bits)]
        data = values[0] << bits[1] + bits[2] | values[1] << bits[2] | values[2]
        return data, np.stack(exact, axis=-1)

    data, expected = reduced((5, 5, 5))
    write_case("rgb-15-bit.bmp", bmp(WIDTH, HEIGHT, 16, bmp_rows(data, 16)), expected)
    data, expected = reduced((5, 6, 5))
    write_case("rgb-16-bit.bmp", bmp(WIDTH, HEIGHT, 16, bmp_rows(data, 16), BITFIELDS, masks=[0xF800, 0x07E0, 0x1F]), expected)
    data, expected = reduced((10, 10, 10))
    masks = [0x3FF00000, 0xFFC00, 0x3FF]
    write_case("rgb-30-bit.bmp", bmp(WIDTH, HEIGHT, 32, bmp_rows(data, 32), BITFIELDS, masks=masks), expected)

    write_case("runs-8.bmp", bmp(WIDTH, HEIGHT, 8, runs8(indices), RLE8, table, used=16))
    write_case("runs-4.bmp", bmp(WIDTH, HEIGHT, 4, runs4(indices), RLE4, table))
    # Three pixels, four to the right and one up are skipped, two more; what is skipped has the first color.
    skipped = np.zeros((3, 9), int)
    skipped[2, :3], skipped[1, 7:9] = 5, [3, 4]
    data = b"\x03\x05\0\2\4\1\1\3\1\4\0\1"
    write_case("runs-skipped.bmp", bmp(9, 3, 8, data, RLE8, table, used=16), table[skipped])

    refused = FIXTURES / "refused"
    rows = bmp_rows(packed, 24)
    write(refused / "header-of-13-bytes.bmp", bmp(WIDTH, HEIGHT, 24, rows, header_size=12).replace(b"\x0c\0\0\0", b"\x0d\0\0\0", 1))
    write(refused / "embedded-jpeg.bmp", bmp(WIDTH, HEIGHT, 0, rows, 4))
    write(refused / "bits-2.bmp", bmp(WIDTH, HEIGHT, 2, bmp_rows(grey >> 6, 2), table=colors(4)))
    write(refused / "runs-of-24-bits.bmp", bmp(WIDTH, HEIGHT, 24, rows, RLE8))
    write(refused / "no-mask.bmp", bmp(WIDTH, HEIGHT, 32, bmp_rows(packed, 32), BITFIELDS, masks=[0xFF, 0, 0xFF00]))
    write(refused / "mask-with-a-hole.bmp", bmp(WIDTH, HEIGHT, 32, bmp_rows(packed, 32), BITFIELDS, masks=[0xFF, 0xF0F00, 0x0]))
    write(refused / "no-palette.bmp", bmp(WIDTH, HEIGHT, 8, b"")[:54] + b"")
    write(refused / "color-outside.bmp", bmp(WIDTH, HEIGHT, 8, bmp_rows(indices, 8), table=colors(8), used=8))
    write(refused / "top-down-runs.bmp", bmp(WIDTH, -HEIGHT, 8, runs8(indices), RLE8, table, used=16))
    write(refused / "runs-outside.bmp", bmp(WIDTH, HEIGHT, 8, b"\x14\1\0\1", RLE8, table, used=16))
    write(refused / "stretch-outside.bmp", bmp(WIDTH, HEIGHT, 8, b"\0\2\0\xff\1\1\0\1", RLE8, table, used=16))
    write(refused / "no-end-of-runs.bmp", bmp(WIDTH, HEIGHT, 8, runs8(indices)[:-2], RLE8, table, used=16))
    write(refused / "too-little-data.bmp", bmp(9000, 9000, 8, b"\0\1", RLE8, table, used=16))
    write(refused / "too-few-rows.bmp", bmp(WIDTH, HEIGHT, 24, rows[:-4]))
    write(refused / "huge.bmp", bmp(60000, 60000, 24, rows))
    write(refused / "lowest-height.bmp", bmp(WIDTH, -(1 << 31), 24, rows))
    write(refused / "negative-width.bmp", bmp(-WIDTH, HEIGHT, 24, rows))
    write(refused / "zero-width.bmp", bmp(0, HEIGHT, 24, rows))
    write(refused / "zero-height.bmp", bmp(WIDTH, 0, 24, rows))
    write(refused / "rows-beyond-end.bmp", true_color[:10] + b"\xff\xff\xff\xff" + true_color[14:])


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
