"""RTP in, encoded frames on one clock out. Plain synchronous code: packets and times are arguments.

Jitter buffers, retransmission, what can be decoded after a loss, the capture clocks, and the feedback an SFU needs.
"""

from bot.receive.receiver import Receiver
from bot.receive.settings import ReceiveSettings
from bot.receive.stats import ReceiverStats, TrackStats

__all__ = ["ReceiveSettings", "Receiver", "ReceiverStats", "TrackStats"]
