"""`./scripts/bench receive`: what receiving costs, beside aiortc's own receiver, in one run on the same packets."""

import json
import time
from dataclasses import asdict, dataclass

import click

from tests.bench.process import Peer
from tests.bench.rooms import ROOMS
from tests.figures import note

SETTLE_S = 2.0  # ICE, DTLS, and a keyframe of every camera: there is one a second
WINDOW_S = {"quick": 4.0, "full": 20.0}
# aiortc's receiver loses packets for good when a busy machine keeps it waiting; then the room is measured again.
LEAST_SHARE = 0.9  # aiortc hands over late, so its frames of a window are not exactly those sent in it
ATTEMPTS = 3
GOAL = 0.4


@dataclass(frozen=True, slots=True)
class Share:
    """One receiver in one room."""

    packets: int
    frames: int
    cpu_us_per_packet: float
    core_share: float


def measure_whole(room: str, window_s: float) -> dict[str, Share]:
    """A measurement in which both receivers got the same; the last one, with a word, when there is none."""
    for _ in range(ATTEMPTS):
        shares = measure(room, window_s)
        if _alike([share.packets for share in shares.values()]) and _alike([share.frames for share in shares.values()]):
            return shares
    click.echo(f"{ROOMS[room].name}: a receiver lost packets in every attempt; the machine is too busy.", err=True)
    return shares


def _alike(counts: list[int]) -> bool:
    return min(counts) >= LEAST_SHARE * max(counts)


def measure(room: str, window_s: float) -> dict[str, Share]:
    """Both receivers at the same time, so that both meet the same machine."""
    source = Peer("source", room, "2")
    receivers = {"ours": Peer("ours", room), "stock": Peer("stock")}
    try:
        for receiver in receivers.values():
            receiver.tell(source.hear())
        for receiver in receivers.values():
            source.tell(receiver.hear())
        time.sleep(SETTLE_S)
        begin_s = time.monotonic()
        before = {name: receiver.ask() for name, receiver in receivers.items()}
        time.sleep(window_s)
        after = {name: receiver.ask() for name, receiver in receivers.items()}
        elapsed_s = time.monotonic() - begin_s
        return {name: _share(before[name], after[name], elapsed_s) for name in receivers}
    finally:
        for process in (source, *receivers.values()):
            process.end()


def _share(before: dict[str, float], after: dict[str, float], elapsed_s: float) -> Share:
    packets = int(after["packets"] - before["packets"])
    cpu_s = after["cpu_s"] - before["cpu_s"]
    if not packets:
        raise click.ClickException("A receiver got no packets; the figures would mean nothing.")
    return Share(packets, int(after["frames"] - before["frames"]), 1e6 * cpu_s / packets, cpu_s / elapsed_s)


@click.command()
@click.option("--quick", is_flag=True, help="Under 40 s.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def main(quick: bool, as_json: bool) -> None:
    """CPU of receiving three rooms, ours and aiortc's own side by side."""
    window_s = WINDOW_S["quick" if quick else "full"]
    figures = {name: measure_whole(name, window_s) for name in ROOMS}
    ratios = {name: _ratio([shares]) for name, shares in figures.items()}
    click.echo(f"{'room':48} {'receiver':8} {'packets/s':>9} {'µs/packet':>9} {'of a core':>9}")
    for name, shares in figures.items():
        for receiver, share in shares.items():
            per_second = share.core_share / share.cpu_us_per_packet * 1e6
            figures_text = f"{per_second:9.0f} {share.cpu_us_per_packet:9.1f} {share.core_share:9.1%}"
            click.echo(f"{ROOMS[name].name:48} {receiver:8} {figures_text}")
    ratio = _ratio(list(figures.values()))
    each = ", ".join(f"{name}: {value:.2f}" for name, value in ratios.items())
    click.echo(f"CPU a packet, ours over stock: {each}; all: {ratio:.2f}")
    note(
        3,
        "CPU a packet of receiving, over that of aiortc's own receiver",
        f"≤ {GOAL}",
        f"{ratio:.2f} in all; by room {each}; ours {_cost(figures, 'ours')} µs, aiortc's {_cost(figures, 'stock')} µs",
        met=ratio <= GOAL,
    )
    if as_json:
        rooms = {
            name: {"ratio_to_stock": ratios[name], **{receiver: asdict(share) for receiver, share in shares.items()}}
            for name, shares in figures.items()
        }
        click.echo(json.dumps({"ratio_to_stock": ratio, "rooms": rooms}))


def _cost(figures: dict[str, dict[str, Share]], receiver: str) -> str:
    return ", ".join(f"{room[receiver].cpu_us_per_packet:.0f}" for room in figures.values())


def _ratio(rooms: list[dict[str, Share]]) -> float:
    """Of the CPU that all packets took to the number of packets."""

    def mean(receiver: str) -> float:
        shares = [room[receiver] for room in rooms]
        return sum(s.cpu_us_per_packet * s.packets for s in shares) / sum(s.packets for s in shares)

    return mean("ours") / mean("stock")


if __name__ == "__main__":
    main()
