"""The dependency descriptor (AV1 RTP payload format 1.0, Appendix A): which frames a frame needs."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.receive.depayload.assembly import Assembly
from bot.receive.depayload.bits import Bits
from bot.receive.sequence import signed_distance


class _Bits(Bits):
    def non_symmetric(self, count: int) -> int:
        width = count.bit_length()
        short = (1 << width) - count
        value = self.read(width - 1)
        return value if value < short else (value << 1) - short + self.read(1)


@dataclass(frozen=True, slots=True)
class _Template:
    temporal: int
    distances: tuple[int, ...]


class DependencyReader:
    """Holds the newest template structure; it comes with keyframes."""

    def __init__(self) -> None:
        self._offset = 0
        self._targets = 0
        self._templates: list[_Template] = []

    def describe(self, headers: Sequence[bytes], frame: Assembly) -> None:
        """Fills in `frame`'s number and references from the descriptors of its packets; leaves it alone when they are
        incomplete (then only a hole-free track can go on)."""
        numbers: list[int] = []
        needed: set[int] = set()
        try:
            for header in headers:
                if header[0] & 0x80:  # start_of_frame
                    number, template = self._read(header)
                    numbers.append(number)
                    needed.update((number - distance) & 0xFFFF for distance in template.distances)
                    frame.layer = template.temporal
        except IndexError:
            return
        if not numbers:
            return
        last = numbers[-1]
        frame.picture, frame.picture_bits = last, 16
        frame.also = tuple(signed_distance(number, last, 16) for number in numbers[:-1])
        frame.references = tuple(sorted(signed_distance(number, last, 16) for number in needed - set(numbers)))

    def _read(self, header: bytes) -> tuple[int, _Template]:
        bits = _Bits(header)
        bits.read(2)
        identity, number = bits.read(6), bits.read(16)
        structure = active = custom_targets = custom_distances = 0
        if len(header) > 3:
            structure, active, custom_targets, custom_distances, _ = (bits.read(1) for _ in range(5))
        if structure:
            self._read_structure(bits)
        if active:
            bits.read(self._targets)
        template = self._templates[(identity - self._offset) % 64]
        if custom_targets:
            bits.read(2 * self._targets)
        if custom_distances:
            template = _Template(template.temporal, _frame_distances(bits))
        return number, template

    def _read_structure(self, bits: _Bits) -> None:
        offset, targets = bits.read(6), bits.read(5) + 1
        layers, spatial = _layers(bits)
        bits.read(2 * targets * len(layers))
        templates = [_Template(temporal, _template_distances(bits)) for temporal in layers]
        chains = bits.non_symmetric(targets + 1)
        if chains:
            for _ in range(targets):
                bits.non_symmetric(chains)
            bits.read(4 * chains * len(templates))
        if bits.read(1):
            bits.read(32 * (spatial + 1))
        self._offset, self._targets, self._templates = offset, targets, templates


def _layers(bits: _Bits) -> tuple[list[int], int]:
    """The temporal layer of each template, and the highest spatial layer."""
    temporal = spatial = 0
    layers: list[int] = []
    while len(layers) < 64:
        layers.append(temporal)
        following = bits.read(2)
        if following == 1:
            temporal += 1
        elif following == 2:
            temporal = 0
            spatial += 1
        elif following == 3:
            break
    return layers, spatial


def _template_distances(bits: _Bits) -> tuple[int, ...]:
    distances = []
    while bits.read(1):
        distances.append(bits.read(4) + 1)
    return tuple(distances)


def _frame_distances(bits: _Bits) -> tuple[int, ...]:
    distances = []
    while size := bits.read(2):
        distances.append(bits.read(4 * size) + 1)
    return tuple(distances)
