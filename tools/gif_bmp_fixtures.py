"""The GIF and BMP files of Tests/InfoldImageTests, for make-image-fixtures.py."""

import struct

import numpy as np

from image_fixture_files import FIXTURES, WIDTH, HEIGHT, draw, write, write_case

# GIF


def lzw(indices, code_size, clear_every=1 << 30, with_end=True):
    """The LZW codes of `indices` in sub-blocks, with a clear code at the beginning and after every
    `clear_every` codes."""
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
    """Rows of (height, width) numbers of `depth` bits, bottom-up, each padded to four bytes."""
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
    """A file with the header of Windows, or the first one of OS/2 with 12 bytes."""
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
    """Runs and literal stretches of bytes, as an alternative to plain rows."""
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
