"""One configuration, cut into what each room of the house wants to know."""

from bot.configuration import Configuration
from bot.ending import Limits
from bot.receive.settings import ReceiveSettings
from bot.recording import Order
from mixer.output.settings import OutputSettings
from mixer.settings import LayoutName, MixSettings
from signaling.connect import ClientSettings
from signaling.janus.settings import JanusSettings
from signaling.peer.settings import IceServer, PeerSettings

MS = 1_000_000
SECOND = 1_000_000_000


def receive_settings(configuration: Configuration) -> ReceiveSettings:
    return ReceiveSettings(playout_delay_ns=configuration.playout_delay_ms * MS)


def limits(configuration: Configuration, order: Order) -> Limits:
    timeout_s = order.room_timeout_s if order.room_timeout_s is not None else configuration.room_timeout_s
    return Limits(
        host_absent_ns=int(configuration.host_absent_s * SECOND),
        room_empty_ns=int(configuration.room_empty_s * SECOND),
        room_timeout_ns=int(timeout_s * SECOND),
        duration_ns=int(configuration.max_duration_s * SECOND),
    )


def mix_settings(configuration: Configuration, layout: LayoutName) -> MixSettings:
    return MixSettings(
        width=configuration.width,
        height=configuration.height,
        fps=configuration.fps,
        layout=layout,
        playout_delay_ns=configuration.playout_delay_ms * MS,
        hold_ns=configuration.hold_ms * MS,
        transition_ns=configuration.transition_ms * MS,
    )


def output_settings(configuration: Configuration, order: Order, title: str) -> OutputSettings:
    return OutputSettings(
        width=configuration.width,
        height=configuration.height,
        fps=configuration.fps,
        title=title,
        created_s=int(order.asked_at.timestamp()),
        encoder=configuration.encoder,
        preset=configuration.preset,
        crf=configuration.crf,
        max_bitrate_kbps=configuration.max_bitrate_kbps,
    )


def _ice_server(url: str, configuration: Configuration) -> IceServer:
    return IceServer((url,), configuration.turn_username, configuration.turn_password)


def client_settings(configuration: Configuration, order: Order, part: int) -> ClientSettings:
    return ClientSettings(
        recording=order.recording_id,
        part=part,
        peer=PeerSettings(ice_servers=tuple(_ice_server(url, configuration) for url in configuration.ice_servers)),
        janus=JanusSettings(stage_words=configuration.stage_words),
    )
