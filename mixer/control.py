"""Reads the mix's instruments for the controller, and does what it says."""

from mixer.controller import Controller, Reading
from mixer.load import Load, LoadWindow
from mixer.output_thread import OutputThread
from mixer.picture.picture_mix import PictureMix

LOOK_NS = 250_000_000  # from one reading to the next, or a tick if that takes longer


class Control:
    """`look` on the mix's thread; the rest may be read from any."""

    def __init__(
        self, controller: Controller, picture: PictureMix, load: Load, output: OutputThread, interval_ns: int
    ) -> None:
        """`load`: the mix's."""
        self.controller = controller
        self._picture = picture
        self._output = output
        self._interval_ns = interval_ns
        self._mix_window = LoadWindow(load, interval_ns)
        self._encode_window = LoadWindow(output.load, interval_ns)
        self._looked_ns: int | None = None

    def look(self, now_ns: int, at_ns: int, lag_ns: int) -> None:
        """Once a tick, before it is rendered: `at_ns` is its place in the file, `lag_ns` how late it is."""
        if self._looked_ns is not None and now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        behind_ns = lag_ns + self._output.waiting() * self._interval_ns
        reading = Reading(now_ns, at_ns, behind_ns, self._mix_window.read(), self._encode_window.read())
        effort = self.controller.observe(reading)
        if effort is not self._picture.effort:
            self._picture.effort = effort
            self._output.set_effort(effort.encoder)
