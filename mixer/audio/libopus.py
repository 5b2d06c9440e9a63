"""Opus through libopus itself, by its C interface (stable since 1.0), as it comes with PyAV's wheel or the system.

libavcodec cannot decode a packet's in-band FEC; libopus can, but only with the decoder that decoded the packets before.
Decoding straight into NumPy memory also costs less than packet and frame objects: 40-50 µs a 20 ms packet of speech
against 50 µs of libavcodec's own decoder and 66 µs of libopus through libavcodec. The GIL is released meanwhile.
"""

import ctypes
from functools import cache, partial

import numpy as np

from mixer.audio.samples import SAMPLE_RATE, Samples
from mixer.shared_library import shared_libraries

LONGEST_PACKET = SAMPLE_RATE * 120 // 1000
"""Samples in the longest packet Opus allows, 120 ms (RFC 6716 section 3.2.5)."""

_STEREO_BIT = 0x04  # of the TOC byte (RFC 6716 section 3.1)


_candidates = partial(shared_libraries, "opus")


@cache
def load_libopus() -> ctypes.CDLL | None:
    """The library with its functions typed, or None when there is none on this machine."""
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
            _declare(library)
        except (OSError, AttributeError):
            continue
        return library
    return None


def _declare(library: ctypes.CDLL) -> None:
    library.opus_decoder_create.restype = ctypes.c_void_p
    library.opus_decoder_create.argtypes = [ctypes.c_int32, ctypes.c_int, ctypes.POINTER(ctypes.c_int)]
    library.opus_decoder_destroy.restype = None
    library.opus_decoder_destroy.argtypes = [ctypes.c_void_p]
    library.opus_packet_get_nb_samples.restype = ctypes.c_int
    library.opus_packet_get_nb_samples.argtypes = [ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32]
    library.opus_decode_float.restype = ctypes.c_int
    library.opus_decode_float.argtypes = [
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.c_int32,
        ctypes.c_void_p,
        ctypes.c_int,
        ctypes.c_int,
    ]


class OpusDecoder:
    """One track's decoder. Begins with one channel and changes to two at the first packet that holds two.

    Not thread-safe. The C object is freed by `close()`, or with this one.
    """

    delay = 312  # samples between capture and decoder output: the look-ahead of the encoder (6.5 ms)

    def __init__(self, library: ctypes.CDLL, rate: int = SAMPLE_RATE) -> None:
        """`rate` is one of Opus': 8, 12, 16, 24 or 48 kHz. All others than 48 kHz are good for measuring only: `delay`
        and `recover` count in samples of 48 kHz."""
        self._library = library
        self._rate = rate
        self._handle: int | None = None
        self._open(channels=1)

    def decode(self, data: bytes) -> Samples | None:
        """A packet's sound; None when it is no Opus packet."""
        if data[0] & _STEREO_BIT and self._channels == 1:
            self._open(channels=2)
        count = self._run(data, LONGEST_PACKET, in_band_fec=0)
        if count <= 0:
            return None
        if self._channels == 1:
            return self._output[:count].reshape(1, count).copy()
        channels = 2 if data[0] & _STEREO_BIT else 1
        return np.array(self._output[:count, :channels].T, np.float32, order="C")

    def recover(self, data: bytes) -> Samples | None:
        """The sound of the packet before `data`, which was lost, from the copy of it in `data`. Where the sender put
        none in, the decoder extrapolates from what it played last: for the length of one packet a fair guess."""
        length = self._library.opus_packet_get_nb_samples(data, len(data), SAMPLE_RATE)
        if not 0 < length <= LONGEST_PACKET:
            return None
        count = self._run(data, length, in_band_fec=1)
        return np.array(self._output[:count].T, np.float32, order="C") if count > 0 else None

    def close(self) -> None:
        if self._handle is not None:
            self._library.opus_decoder_destroy(self._handle)
            self._handle = None

    def __del__(self) -> None:
        self.close()

    def _open(self, channels: int) -> None:
        self.close()
        self._channels = channels
        self._output = np.zeros((LONGEST_PACKET, channels), np.float32)
        self._address = self._output.ctypes.data  # looked up once: that takes longer than copying a packet's sound
        error = ctypes.c_int()
        self._handle = self._library.opus_decoder_create(self._rate, channels, ctypes.byref(error))
        if not self._handle:
            raise MemoryError(f"libopus made no decoder (error {error.value})")

    def _run(self, data: bytes, room: int, in_band_fec: int) -> int:
        count: int = self._library.opus_decode_float(self._handle, data, len(data), self._address, room, in_band_fec)
        return count
