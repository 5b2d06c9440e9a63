"""H.264's levels: what a decoder must be able to do for a file (Rec. ITU-T H.264 Table A-1)."""

from mixer.output.macroblocks import SIDE

# Level: macroblocks a second and a picture, kbit/s and kbit of the buffer, the last two for High (A.3.3: 1.25 times).
_LEVELS: tuple[tuple[str, int, int, int, int], ...] = (
    ("1", 1_485, 99, 80, 218),
    ("1.1", 3_000, 396, 240, 625),
    ("1.2", 6_000, 396, 480, 1_250),
    ("1.3", 11_880, 396, 960, 2_500),
    ("2", 11_880, 396, 2_500, 2_500),
    ("2.1", 19_800, 792, 5_000, 5_000),
    ("2.2", 20_250, 1_620, 5_000, 5_000),
    ("3", 40_500, 1_620, 12_500, 12_500),
    ("3.1", 108_000, 3_600, 17_500, 17_500),
    ("3.2", 216_000, 5_120, 25_000, 25_000),
    ("4", 245_760, 8_192, 25_000, 31_250),
    ("4.1", 245_760, 8_192, 62_500, 78_125),
    ("4.2", 522_240, 8_704, 62_500, 78_125),
    ("5", 589_824, 22_080, 168_750, 168_750),
    ("5.1", 983_040, 36_864, 300_000, 300_000),
    ("5.2", 2_073_600, 36_864, 300_000, 300_000),
    ("6", 4_177_920, 139_264, 300_000, 300_000),
    ("6.1", 8_355_840, 139_264, 600_000, 600_000),
    ("6.2", 16_711_680, 139_264, 1_000_000, 1_000_000),
)


def level_for(width: int, height: int, fps: int, kbps: int, buffer_kbit: int) -> str:
    """The lowest that allows all of it; the highest there is when none does."""
    macroblocks = -(-width // SIDE) * -(-height // SIDE)
    needs = (macroblocks * fps, macroblocks, kbps, buffer_kbit)
    fitting = (name for name, *most in _LEVELS if all(need <= limit for need, limit in zip(needs, most, strict=True)))
    return next(fitting, _LEVELS[-1][0])
