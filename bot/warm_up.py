"""What a bot that waits for its order does beforehand, so that the order is carried out at once."""

import tempfile
from pathlib import Path

import bot.worker  # noqa: F401 - and with it everything that a recording needs
from bot.configuration import Configuration
from bot.recording import new_order
from bot.settings import output_settings
from mixer.decode.video_codec import require_decoders
from mixer.errors import MixerError
from mixer.output.output import Output
from signaling.address import parse_address


def warm_up(configuration: Configuration) -> None:
    """Opens decoders and encoders once: the first time costs most, and hardware encoders have to be tried out."""
    require_decoders()
    order = new_order(
        parse_address("roomreel+ws://nowhere/rooms/none"), token=None, title="", configuration=configuration
    )
    with tempfile.TemporaryDirectory() as folder:
        try:
            Output(Path(folder) / "warm.mp4", output_settings(configuration, order, "")).close()
        except MixerError:
            return  # the recording will say so to those who want it
