"""Which tracks may show a new picture on a tick, when not all may on every tick."""

from mixer.effort import Effort


class Turns:
    """`begin` every tick that is drawn, then ask. Cameras move together, and together with the stage when it moves
    about as often as they may: every tick on which nothing moves is one that costs the encoder nothing."""

    def __init__(self) -> None:
        self.stage = True  # it may move on this tick
        self._cameras = True
        self._tick = 0
        self._stage_tick = self._camera_tick = 0
        self._turn = 0
        self._of = 1

    def begin(self, effort: Effort, *, stage_shown: bool, stage_due: bool) -> None:
        """`stage_due`: it has a new picture."""
        self._tick += 1
        self.stage = self._tick - self._stage_tick >= effort.stage_every
        moves = self.stage and stage_due
        if moves:
            self._stage_tick = self._tick
        waited = self._tick - self._camera_tick
        # The stage is moving, and may well move on the next tick: worth waiting for, once.
        patient = stage_shown and effort.camera_every > 1 and self._tick - self._stage_tick <= effort.camera_every + 1
        self._cameras = waited >= effort.camera_every + (patient and not moves)
        if self._cameras:
            self._camera_tick = self._tick
            self._turn += 1
        self._of = effort.camera_turns

    def camera(self, number: int) -> bool:
        """The camera may move on this tick. `number` is its own, and stays the same."""
        return self._cameras and (number + self._turn) % self._of == 0
