"""Files that are written row by row, whatever their size: PNG, TIFF and BigTIFF, JPEG."""

from __future__ import annotations

import io
import queue
import struct
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

import numpy as np
from PIL import Image

from restorer.engine.files import exif, photo_encode
from restorer.engine.files.safe_file import write_block
from restorer.engine.files.vips import pyvips
from restorer.engine.photo import Photo, Pixels

_STRIP_BYTES = 2**20
_CHUNK_BYTES = 2**18
_CLASSIC_TIFF_BYTES = 2**32 - 2**26
_TIFF_HEADER_BYTES = 16  # of BigTIFF; the classic one is shorter
_ROWS_AT_ONCE = 64


class RowWriter:
    """A file as a PhotoWriter. Bands are (rows, W, 3), or 4 channels with alpha.

    Args:
        file: Open for writing and seeking; start() empties it.
        header: All about the picture but its pixels.
        channels: 3, or 4 with alpha.
        quality: 1 to 100, of JPEG.
    """

    def __init__(self, file: BinaryIO, header: Photo, *, channels: int, quality: int) -> None:
        self._file = file
        self._header = header
        self._channels = channels
        self._quality = quality
        self._band: Pixels | None = None

    def start(self) -> None:
        """Begin with the first row; what was written before is thrown away."""
        self.close()
        self._band = None
        self._row = 0
        self._file.seek(0)
        self._file.truncate()
        self._begin()

    def next_band(self, rows: int) -> Pixels:
        """Write the band that was filled and return the next one."""
        self._flush()
        shape = (rows, self._header.width, self._channels)
        self._band = np.empty(shape, self._header.pixels.dtype)
        return self._band

    def finish(self) -> None:
        """Write the last band and the end of the file."""
        self._flush()
        if self._row != self._header.height:
            raise ValueError(f"{self._row} of {self._header.height} rows were written")
        self._end()

    def close(self) -> None:
        """Let go of what is held beside the file; may be called at any time."""

    def _flush(self) -> None:
        if self._band is None:
            return
        band, self._band = self._band, None
        self._row += len(band)
        for top in range(0, len(band), _ROWS_AT_ONCE):
            self._write_rows(band[top : top + _ROWS_AT_ONCE])

    def _stored(self, rows: Pixels) -> Pixels:
        """Return (rows, W, 1 to 4): grey or RGB, then alpha if there is one."""
        if not self._header.is_gray:
            return rows
        return rows[..., [0, 3]] if self._channels == 4 else rows[..., :1]

    @property
    def _stored_channels(self) -> int:
        return self._channels - (2 if self._header.is_gray else 0)

    def _begin(self) -> None:
        raise NotImplementedError

    def _write_rows(self, rows: Pixels) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError


class PngWriter(RowWriter):
    """PNG, 8 or 16 bit (ISO/IEC 15948), each row as differences to the pixel on the left."""

    def _begin(self) -> None:
        depth = 8 * self._header.pixels.dtype.itemsize
        colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[self._stored_channels]
        size = (self._header.width, self._header.height)
        ihdr = struct.pack(">IIBBBBB", *size, depth, colour_type, 0, 0, 0)
        write_block(self._file, b"\x89PNG\r\n\x1a\n" + photo_encode.png_chunk(b"IHDR", ihdr))
        for chunk in photo_encode.png_metadata(self._header):
            write_block(self._file, chunk)
        self._deflate = zlib.compressobj(photo_encode.DEFLATE_LEVEL)
        self._coded = bytearray()  # not written yet

    def _write_rows(self, rows: Pixels) -> None:
        stored = np.ascontiguousarray(self._stored(rows))
        big_endian = stored.astype(stored.dtype.newbyteorder(">"), copy=False)
        step = stored.shape[2] * stored.dtype.itemsize
        raw = big_endian.view(np.uint8).reshape(len(rows), -1)
        filtered = np.empty((len(rows), 1 + raw.shape[1]), np.uint8)
        filtered[:, 0] = 1  # "Sub"
        filtered[:, 1 : 1 + step] = raw[:, :step]
        np.subtract(raw[:, step:], raw[:, :-step], out=filtered[:, 1 + step :])
        self._coded += self._deflate.compress(filtered.data)
        # Chunks of one size: the same file whatever bands the picture came in.
        while len(self._coded) >= _CHUNK_BYTES:
            self._write_idat(_CHUNK_BYTES)

    def _end(self) -> None:
        self._coded += self._deflate.flush()
        while self._coded:
            self._write_idat(_CHUNK_BYTES)
        write_block(self._file, photo_encode.png_chunk(b"IEND", b""))

    def _write_idat(self, size: int) -> None:
        write_block(self._file, photo_encode.png_chunk(b"IDAT", bytes(self._coded[:size])))
        del self._coded[:size]


class TiffWriter(RowWriter):
    """TIFF in deflated strips; BigTIFF where the offsets would not fit."""

    def _begin(self) -> None:
        write_block(self._file, bytes(_TIFF_HEADER_BYTES))
        row_bytes = self._header.width * self._stored_channels * self._header.pixels.dtype.itemsize
        self._strip_rows = min(_ROWS_AT_ONCE, max(1, _STRIP_BYTES // row_bytes))
        self._lengths: list[int] = []
        self._waiting: list[Pixels] = []

    def _write_rows(self, rows: Pixels) -> None:
        # Strips must all be full but the last: rows wait until there are enough.
        self._waiting.append(self._stored(rows))
        if sum(map(len, self._waiting)) >= self._strip_rows:
            self._write_strips(is_last=False)

    def _write_strips(self, *, is_last: bool) -> None:
        rows = np.concatenate(self._waiting)
        full = len(rows) if is_last else len(rows) - len(rows) % self._strip_rows
        tops = range(0, full, self._strip_rows)
        strips = [rows[top : min(full, top + self._strip_rows)] for top in tops]
        with ThreadPoolExecutor() as pool:  # zlib lets other threads run
            for data in pool.map(photo_encode.deflated, strips):
                self._lengths.append(len(data))
                write_block(self._file, data)
        self._waiting = [rows[full:].copy()] if full < len(rows) else []

    def _end(self) -> None:
        if self._waiting:
            self._write_strips(is_last=True)
        end = self._file.tell()
        write_block(self._file, bytes(end % 2))
        end += end % 2
        big = end > _CLASSIC_TIFF_BYTES
        channels = self._stored_channels
        tags = photo_encode.tiff_tags(self._header, channels, has_alpha=self._channels == 4)
        starts = [_TIFF_HEADER_BYTES]
        for length in self._lengths[:-1]:
            starts.append(starts[-1] + length)
        tags |= photo_encode.strip_tags(
            self._header, channels, self._strip_rows, starts, self._lengths, big=big
        )
        write_block(self._file, exif.pack_tags(tags, end, big=big))
        self._file.seek(0)
        if big:
            self._file.write(b"II" + struct.pack("<HHHQ", 43, 8, 0, end))
        else:
            self._file.write(b"II" + struct.pack("<HI", 42, end))


class JpegWriter(RowWriter):
    """JPEG by libvips, which takes the rows as a stream and gives back the coded picture.

    Huffman tables are the usual ones: better ones would need the whole picture in memory.
    """

    _encoder: threading.Thread | None = None

    def _begin(self) -> None:
        for segment in self._metadata():
            write_block(self._file, segment)
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=4)
        self._error: Exception | None = None
        self._has_begun = False
        self._is_ended = False
        # Rows reach libvips as a PNG that is not compressed, which it reads as a stream.
        size = (self._header.width, self._header.height)
        ihdr = struct.pack(">IIBBBBB", *size, 8, 0 if self._header.is_gray else 2, 0, 0, 0)
        self._rest = b"\x89PNG\r\n\x1a\n" + photo_encode.png_chunk(b"IHDR", ihdr)
        self._stored_rows = zlib.compressobj(0)
        self._encoder = threading.Thread(target=self._encode, daemon=True)
        self._encoder.start()

    def _metadata(self) -> Iterator[bytes]:
        """Return the start of the file and its segments, as Pillow writes them."""
        buffer = io.BytesIO()
        mode = "L" if self._header.is_gray else "RGB"
        tiny = Image.new(mode, (1, 1))
        tiny.save(buffer, "JPEG", **photo_encode.jpeg_metadata(self._header))
        data = buffer.getvalue()
        yield data[: photo_encode.jpeg_segments_end(data)]
        yield photo_encode.jpeg_segments(self._header)

    def _write_rows(self, rows: Pixels) -> None:
        if self._channels == 4:
            rows = photo_encode.mixed_with_white(rows[..., :3], rows[..., 3])
        values = photo_encode.as_8_bit(rows)
        raw = (values[..., :1] if self._header.is_gray else values).reshape(len(values), -1)
        unfiltered = np.zeros((len(raw), 1 + raw.shape[1]), np.uint8)
        unfiltered[:, 1:] = raw
        if data := self._stored_rows.compress(unfiltered.data):
            self._put(photo_encode.png_chunk(b"IDAT", data))

    def _end(self) -> None:
        assert self._encoder is not None
        last = photo_encode.png_chunk(b"IDAT", self._stored_rows.flush())
        # The encoder may end as soon as it has the last row.
        self._offer(last + photo_encode.png_chunk(b"IEND", b""))
        self._offer(None)
        self._encoder.join()
        self._encoder = None
        self._raise()

    def close(self) -> None:
        """Stop the encoder."""
        if self._encoder is None:
            return
        self._is_ended = True
        while self._encoder.is_alive():
            try:
                self._queue.put(None, timeout=0.1)
            except queue.Full:
                self._queue.get_nowait()
            self._encoder.join(timeout=0.1)
        self._encoder = None

    def _put(self, data: bytes) -> None:
        self._raise()
        if not self._offer(data):
            self._raise()
            raise ValueError("the encoder stopped")

    def _offer(self, data: bytes | None) -> bool:
        """Hand data to the encoder, None at the end; say whether it was there to take it."""
        while self._encoder is not None and self._encoder.is_alive():
            try:
                self._queue.put(data, timeout=0.2)
            except queue.Full:
                continue
            return True
        return False

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _encode(self) -> None:
        """Run in a thread of its own: libvips asks for rows and gives bytes."""
        source = pyvips.SourceCustom()
        source.on_read(self._on_read)
        target = pyvips.TargetCustom()
        target.on_write(self._on_write)
        full_chroma = photo_encode.has_full_chroma(self._quality)
        try:
            image = pyvips.Image.pngload_source(source, access="sequential", fail_on="error")
            image.jpegsave_target(
                target,
                Q=self._quality,
                subsample_mode="off" if full_chroma else "on",
                optimize_coding=False,
                keep="none",
            )
        except pyvips.Error as error:
            if self._error is None:
                self._error = error

    def _on_read(self, size: int) -> bytes:
        if not self._rest and not self._is_ended:
            data = self._queue.get()
            self._is_ended = data is None
            self._rest = data or b""
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def _on_write(self, chunk: Any) -> int:
        data = bytes(chunk)
        if not self._has_begun:  # its own start and segments: ours are there already
            data = data[photo_encode.jpeg_segments_end(data) :]
            self._has_begun = True
        try:
            write_block(self._file, data)
        except OSError as error:
            self._error = error
            return -1
        return len(chunk)


ROW_WRITERS: dict[str, type[RowWriter]] = {"png": PngWriter, "tif": TiffWriter, "jpg": JpegWriter}
