"""What is where nothing else is."""

from mixer.decode.picture import Planes

BACKGROUND = (34, 129, 127)  # a quiet, nearly black grey (BT.709 limited)


def fill(planes: Planes) -> None:
    for plane, value in zip(planes, BACKGROUND, strict=True):
        plane[:] = value
