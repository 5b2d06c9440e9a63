"""x264 through its own C interface, as it comes with PyAV's wheel or the system.

libavcodec's wrapper lets x264 choose each picture's quantiser, for which x264 looks at every picture at half its size
before it encodes it: a sixth of its whole time here, for a choice that needs none of it (rate.py). The wrapper has no
way to give the quantiser. x264's own interface has, and gives each picture back at once, where the wrapper holds one.

The interface is a set of functions and of structs, whose layout goes with the number of the build. Names and values
(`x264_param_parse`) do without the layout of the largest; of it only three fields are written by their place, which is
compared with where x264 itself writes their neighbours. A build that is not in `_BUILDS`, or does not agree, is not
used.
"""

import ctypes
import struct
from collections.abc import Mapping
from functools import cache, partial

import av

from mixer.errors import OutputError
from mixer.output.macroblocks import Macroblocks
from mixer.shared_library import shared_libraries

_BUILDS = (165, 164)
_PARAMETERS = 8192  # bytes for x264_param_t, which has fewer than a thousand
_WIDTH = 28  # places in it: width, height, colour space, bits, level;
_PSY, _USES_MAP, _PSNR = 624, 628, 644
_I420 = 2
_QUIET = "-1"
_AUTO, _IDR = 0, 1  # X264_TYPE_…
_SIZE = 4  # bytes of the length in front of a unit


class _Image(ctypes.Structure):
    _fields_ = (
        ("csp", ctypes.c_int),
        ("planes", ctypes.c_int),
        ("strides", ctypes.c_int * 4),
        ("plane", ctypes.c_void_p * 4),
    )


class _Picture(ctypes.Structure):
    """x264_picture_t, whose end nobody looks at here."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("quantiser_plus_1", ctypes.c_int),
        ("structure", ctypes.c_int),
        ("keyframe", ctypes.c_int),
        ("pts", ctypes.c_int64),
        ("dts", ctypes.c_int64),
        ("parameters", ctypes.c_void_p),
        ("image", _Image),
        ("offsets", ctypes.c_void_p),
        ("free_offsets", ctypes.c_void_p),
        ("map", ctypes.c_void_p),
        ("free_map", ctypes.c_void_p),
        ("rest", ctypes.c_char * 1024),
    )


class _Unit(ctypes.Structure):
    """x264_nal_t. The payloads of one picture lie one behind the other."""

    _fields_ = (
        ("importance", ctypes.c_int),
        ("kind", ctypes.c_int),
        ("long_start", ctypes.c_int),
        ("first", ctypes.c_int),
        ("last", ctypes.c_int),
        ("size", ctypes.c_int),
        ("payload", ctypes.c_void_p),
        ("padding", ctypes.c_int),
    )


class Libx264:
    """The functions, typed."""

    def __init__(self, path: str) -> None:
        """Raises OSError or AttributeError for a library that is none of those known."""
        library = ctypes.CDLL(path)
        build = next((build for build in _BUILDS if hasattr(library, f"x264_encoder_open_{build}")), None)
        if build is None:
            raise AttributeError(f"{path} is no x264 of build {' or '.join(map(str, _BUILDS))}")
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        self.preset = _typed(library.x264_param_default_preset, ctypes.c_int, pointer, text, text)
        self.parse = _typed(library.x264_param_parse, ctypes.c_int, pointer, text, text)
        self.profile = _typed(library.x264_param_apply_profile, ctypes.c_int, pointer, text)
        self.open = _typed(getattr(library, f"x264_encoder_open_{build}"), pointer, pointer)
        self.headers = _typed(library.x264_encoder_headers, ctypes.c_int, pointer, pointer, pointer)
        self.encode = _typed(library.x264_encoder_encode, ctypes.c_int, *(pointer,) * 5)
        self.close = _typed(library.x264_encoder_close, None, pointer)
        self.blank = _typed(library.x264_picture_init, None, pointer)
        self._check_layout(path)

    def _check_layout(self, path: str) -> None:
        parameters = ctypes.create_string_buffer(_PARAMETERS)
        self.preset(parameters, b"ultrafast", None)
        for name, value in ((b"level", b"4.1"), (b"psy", b"1"), (b"psnr", b"1")):
            self.parse(parameters, name, value)
        width, height, csp, _bits, level = struct.unpack_from("=5i", parameters, _WIDTH)
        psy, uses_map, psnr = (struct.unpack_from("=i", parameters, place)[0] for place in (_PSY, _USES_MAP, _PSNR))
        if (width, height, csp, level, psy, uses_map, psnr) != (0, 0, _I420, 41, 1, 0, 1):
            raise AttributeError(f"{path} has another layout than x264 of that build")


def _typed(function: "ctypes._NamedFuncPointer", result: type | None, *arguments: type) -> "ctypes._NamedFuncPointer":
    function.restype = result
    function.argtypes = arguments
    return function


_candidates = partial(shared_libraries, "x264")


@cache
def load_libx264() -> Libx264:
    """Raises OutputError when there is none on this machine that is known."""
    for path in _candidates():
        try:
            return Libx264(path)
        except (OSError, AttributeError):
            continue
    raise OutputError(
        "There is no x264 of a build that is known. Install PyAV from its wheel, in the version that roomreel names, or"
        f" libx264 of build {' or '.join(map(str, _BUILDS))}."
    )


class Encoder:
    """Pictures to NAL units behind lengths of four bytes. One thread at a time; the GIL is free while it encodes.

    `sps` and `pps` are without lengths. `signature` is what x264 says of itself, for the first picture of a file.
    """

    def __init__(
        self, library: Libx264, width: int, height: int, preset: str, options: Mapping[str, int | str]
    ) -> None:
        """`options` by the names of x264's command line; they must let no picture wait for another. Raises
        ValueError with what is wrong with them, MemoryError."""
        self._library = library
        self._kind = (width, height, "yuv420p")
        self._handle: int | None = library.open(_parameters(library, width, height, preset, options))
        if not self._handle:
            raise MemoryError("there is no memory for it, or x264 cannot do what was asked for")
        self._units, self._count = ctypes.c_void_p(), ctypes.c_int()
        self._given, self._taken = _Picture(), _Picture()
        library.blank(ctypes.byref(self._given))
        self._given.image.csp, self._given.image.planes = _I420, 3
        if library.headers(self._handle, ctypes.byref(self._units), ctypes.byref(self._count)) < 0:
            raise ValueError("there are no parameter sets")
        sps, pps, self.signature = (self._payload(number) for number in range(self._count.value))
        self.sps, self.pps = sps[_SIZE:], pps[_SIZE:]

    def __del__(self) -> None:
        self.close()

    def encode(
        self, frame: av.VideoFrame, number: int, quantiser: int, *, idr: bool, still: Macroblocks | None = None
    ) -> bytes:
        """`frame` is yuv420p and not looked at any more after the return; `number` is above the one before. `still`
        says of every macroblock, row by row, whether it is as in the picture given before: 1, else 0. It is then
        taken from there, unless that is coarser than `quantiser`; x264 looks at it until the next call has begun.
        Raises OutputError, and ValueError for another kind of picture or behind `close`."""
        if (frame.width, frame.height, frame.format.name) != self._kind or not self._handle:
            raise ValueError(f"{frame} is not for an encoder of {self._kind}, or that is closed.")
        given = self._given
        given.map = None if still is None else still.ctypes.data
        given.type = _IDR if idr else _AUTO
        given.quantiser_plus_1 = quantiser + 1
        given.pts = number
        for index, plane in enumerate(frame.planes):
            given.image.plane[index] = plane.buffer_ptr
            given.image.strides[index] = plane.line_size
        units, count, taken = ctypes.byref(self._units), ctypes.byref(self._count), ctypes.byref(self._taken)
        size = self._library.encode(self._handle, units, count, ctypes.byref(given), taken)
        if size <= 0 or bool(self._taken.keyframe) != idr:
            raise OutputError(
                f"The encoder x264 failed at picture {number} ({size}); what was recorded before is kept, record again."
            )
        first = ctypes.cast(self._units, ctypes.POINTER(_Unit))[0]
        return ctypes.string_at(first.payload, size)

    def close(self) -> None:
        """Idempotent. Nothing is held back, so that nothing is lost."""
        handle, self._handle = getattr(self, "_handle", None), None
        if handle:
            self._library.close(handle)

    def _payload(self, number: int) -> bytes:
        unit = ctypes.cast(self._units, ctypes.POINTER(_Unit))[number]
        return ctypes.string_at(unit.payload, unit.size)


def _parameters(
    library: Libx264, width: int, height: int, preset: str, options: Mapping[str, int | str]
) -> "ctypes.Array[ctypes.c_char]":
    parameters = ctypes.create_string_buffer(_PARAMETERS)
    if library.preset(parameters, preset.encode(), None) < 0:
        raise ValueError(f"there is no preset {preset}")
    struct.pack_into("=2i", parameters, _WIDTH, width, height)
    struct.pack_into("=i", parameters, _USES_MAP, 1)
    for name, value in {**options, "log": _QUIET, "annexb": 0, "repeat-headers": 0, "force-cfr": 1}.items():
        if library.parse(parameters, name.encode(), str(value).encode()) < 0:
            raise ValueError(f"{name} cannot be {value}")
    library.profile(parameters, b"high")
    return parameters
