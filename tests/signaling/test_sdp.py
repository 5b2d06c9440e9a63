"""Offers as SFUs write them, odd ones and hostile ones: what the answer takes, rejects, refuses."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.errors import NegotiationError
from signaling.media import Section
from signaling.peer import negotiation, sdp
from signaling.peer.candidate import parse_candidate
from signaling.peer.sdp_writer import LocalTransport

PRINT = "sha-256 " + ":".join(["AB"] * 32)
ICE = f"a=ice-ufrag:abcd\na=ice-pwd:{'p' * 24}\na=fingerprint:{PRINT}\n"
LOCAL = LocalTransport(
    sdp.TransportParameters("ours", "o" * 22, (("sha-256", "CD"),), "passive"),
    ("f 1 udp 2130706431 192.0.2.1 5000 typ host",),
)
TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ORIENTATION = "urn:3gpp:video-orientation"
DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

# In the manner of libwebrtc-based SFUs: everything in every section, many codecs.
FULL = f"""v=0
o=- 46117 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS *
m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110
c=IN IP4 0.0.0.0
a=rtcp:9 IN IP4 0.0.0.0
{ICE}a=ice-options:trickle
a=setup:actpass
a=mid:0
a=extmap:1 {AUDIO_LEVEL}
a=extmap:2 {SEND_TIME}
a=extmap:3 {TWCC}
a=extmap:4 {MID}
a=extmap:9/recvonly urn:example:their-wish
a=sendonly
a=msid:ann mic
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=rtcp-fb:111 nack
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=ssrc:1001 cname:ann
m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101 102 103 104 105 106 107 108
c=IN IP4 0.0.0.0
{ICE}a=setup:actpass
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
a=extmap:13 {ORIENTATION}
a=extmap:3 {TWCC}
a=extmap:4 {MID}
a=extmap:12 {DESCRIPTOR}
a=sendrecv
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtcp-fb:96 rrtr
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:98 VP9/90000
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:100 H264/90000
a=fmtp:100 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f
a=rtpmap:101 rtx/90000
a=fmtp:101 apt=100
a=rtpmap:102 H264/90000
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:103 AV1/90000
a=fmtp:103 level-idx=5;profile=0;tier=0
a=rtpmap:104 red/90000
a=rtpmap:105 rtx/90000
a=fmtp:105 apt=104
a=rtpmap:106 ulpfec/90000
a=rtpmap:107 flexfec-03/90000
a=rtpmap:108 H265/90000
a=ssrc-group:FID 2001 2002
a=ssrc:2001 cname:ann
a=ssrc:2002 cname:ann
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
{ICE}a=setup:actpass
a=mid:2
a=sctp-port:5000
"""


def answer(offer: str) -> tuple[str, tuple[Section, ...]]:
    description = sdp.parse(offer)
    accepted = negotiation.accept(description)
    tracks = {s.mid: negotiation.TrackBinding(f"track-{s.mid}", "ann") for s in description.sections}
    text = negotiation.answer_text(accepted, LOCAL, session_id=1, version=1)
    assert len(sdp.parse(text).sections) == len(description.sections), "as many m-lines as offered, in the same order"
    return text, accepted.bound(tracks, description)


def m_lines(text: str) -> list[str]:
    return re.findall(r"^m=.*$", text.replace("\r", ""), re.MULTILINE)


def test_a_full_offer() -> None:
    """Everything that can be received is taken with the feedback and extensions that were offered, nothing else."""
    text, sections = answer(FULL)
    assert m_lines(text) == [
        "m=audio 5000 UDP/TLS/RTP/SAVPF 111 63 9 0 8",
        "m=video 5000 UDP/TLS/RTP/SAVPF 96 97 98 99 100 101 102 103",
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel",
    ]
    assert "a=group:BUNDLE 0 1\r\n" in text
    microphone, camera = sections
    assert microphone.codecs[111].feedback == ("transport-cc", "nack")
    assert microphone.codecs[63].name == "RED"
    assert set(camera.codecs[96].feedback) == {"goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"}
    assert camera.codecs[97].parameters == {"apt": "96"}
    assert camera.extensions == {13: ORIENTATION, 3: TWCC, 4: MID, 12: DESCRIPTOR}
    assert (camera.ssrcs, camera.repairs) == ((2001,), {2002: 2001})
    for line in (
        "a=rtcp-fb:96 nack pli",
        "a=recvonly",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=setup:passive",
        f"a=extmap:3 {TWCC}",
    ):
        assert line + "\r\n" in text
    assert "stereo=1" in text
    assert "H265" not in text
    assert "rrtr" not in text


def test_each_section_of_the_answer_has_the_candidates() -> None:
    """Some SFUs look in the first m-line, some in the last."""
    text, _ = answer(FULL)
    assert text.count("a=candidate:f 1 udp") == 2


def test_candidates_are_found_wherever_they_are() -> None:
    """Pion writes them in the first section only."""
    offer = FULL.replace("a=mid:0\n", "a=mid:0\na=candidate:1 1 udp 2130706431 192.0.2.9 4000 typ host\n")
    assert negotiation.accept(sdp.parse(offer)).candidates == ("1 1 udp 2130706431 192.0.2.9 4000 typ host",)


def test_rejected_and_inactive_sections() -> None:
    """Port 0 stays rejected, with or without ICE lines; inactive stays open and carries nothing."""
    offer = f"""v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE b
m=audio 0 UDP/TLS/RTP/SAVPF 111
a=mid:a
a=inactive
m=video 9 UDP/TLS/RTP/SAVPF 96
{ICE}a=mid:b
a=inactive
a=rtpmap:96 VP8/90000
m=video 0 UDP/TLS/RTP/SAVPF 96
{ICE}a=mid:c
a=sendonly
a=rtpmap:96 VP8/90000
"""
    text, sections = answer(offer)
    assert [line.split()[1] for line in m_lines(text)] == ["0", "5000", "0"]
    assert [(s.mid, s.track) for s in sections] == [("b", None)]


def test_a_section_without_a_known_codec_is_rejected_alone() -> None:
    """The rest of the offer stands."""
    offer = FULL.replace("a=rtpmap:111 opus/48000/2\n", "a=rtpmap:111 SILK/16000\n").replace(
        "111 63 9 0 8 13 110", "111"
    )
    text, sections = answer(offer)
    assert [line.split()[1] for line in m_lines(text)] == ["0", "5000", "0"]
    assert [s.mid for s in sections] == ["1"]


def test_odd_lines_are_understood() -> None:
    """No attribute behind an SSRC, no setup, no rtcp-mux, an fmtp for a codec that is not there, no mid, LF line ends,
    session-level ICE and DTLS, a wildcard rtcp-fb, a bundle-only section with port 0."""
    offer = f"""v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=ice-lite
{ICE}a=group:BUNDLE 0 x
m=video 9 RTP/SAVPF 96
a=rtpmap:96 VP8/90000
a=fmtp:120 x=y
a=rtcp-fb:* nack pli
a=ssrc:77
m=audio 0 UDP/TLS/RTP/SAVPF 0
a=mid:x
a=bundle-only
"""
    text, sections = answer(offer)
    assert [line.split()[1] for line in m_lines(text)] == ["5000", "5000"]
    assert sections[0].ssrcs == (77,)
    assert sections[0].codecs[96].feedback == ("nack pli",)
    assert sections[1].codecs[0].name == "PCMU"
    remote = negotiation.accept(sdp.parse(offer)).remote
    assert remote is not None
    assert remote.lite
    assert remote.setup == "actpass"


def test_the_same_m_line_may_carry_another_ssrc_later() -> None:
    """The section is as the last offer says, not as the first."""
    _, sections = answer(FULL.replace("2001", "3001").replace("2002", "3002"))
    assert (sections[1].ssrcs, sections[1].repairs) == ((3001,), {3002: 3001})


def test_only_one_transport_is_opened() -> None:
    """A section that is not bundled with the first and has ICE credentials of its own is rejected."""
    offer = FULL.replace("a=group:BUNDLE 0 1 2\n", "").replace("a=ice-ufrag:abcd", "a=ice-ufrag:other", 1)
    text, _ = answer(offer)
    assert [line.split()[1] for line in m_lines(text)] == ["5000", "0", "0"]


@pytest.mark.parametrize("setup", ["actpass", "active", "passive"])
def test_dtls_roles(setup: str) -> None:
    """Passive wherever it may be chosen."""
    assert negotiation.answered_setup(setup) == ("active" if setup == "passive" else "passive")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no SDP"),
        ("hello", "no SDP"),
        ('{"sdp": "v=0"}', "no SDP"),
        ("v=0\r\nhello\r\nm=audio 9 RTP/SAVPF 0\r\n", "no SDP"),
        ("v=0\r\ns=-\r\n", "without any media"),
        ("v=0\nm=audio\n", "cannot be read"),
        ("v=0\nm=audio nine RTP/SAVPF 0\n", "cannot be read"),
        ("v=0\nm=audio 9 RTP/SAVPF opus\n", "cannot be read"),
        ("v=0\nm=audio 9 RTP/SAVPF 300\n", "cannot be read"),
        ("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\na=ssrc:99999999999 cname:x\n", "cannot be read"),
        ("v=0\nm=audio 9 UDP/TLS/RTP/SAVPF 0\n", "without ICE credentials"),
        (f"v=0\n{ICE}m=audio 9 UDP/TLS/RTP/SAVPF 0\n".replace("sha-256", "md5"), "SHA-256"),
        ("v=0\n" + "m=audio 9 RTP/SAVPF 0\n" * 1001, "1001 media sections"),
        (f"v=0\n{ICE}" + "m=audio 9 RTP/SAVPF 0\na=mid:0\n" * 2, "same mid"),
    ],
)
def test_no_sdp_gets_a_sentence(text: str, words: str) -> None:
    """NegotiationError says what is wrong with it."""
    with pytest.raises(NegotiationError, match=words):
        answer(text)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_offers_are_answered_or_refused(data: st.DataObject) -> None:
    """Lines dropped, doubled, swapped and damaged: nothing but NegotiationError comes out."""
    lines = FULL.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["drop", "double", "damage", "rubbish"]))
        line = lines[index]
        cut = data.draw(st.integers(0, len(line)))
        lines[index : index + 1] = {
            "drop": [],
            "double": [line, line],
            "damage": [line[:cut] + data.draw(st.text(max_size=3)) + line[cut + 1 :]],
            "rubbish": [data.draw(st.text(max_size=20))],
        }[what]
    try:
        answer("\n".join(lines))
    except NegotiationError as exc:
        assert str(exc).endswith(".")  # noqa: PT017 - either outcome is right


def test_candidates_that_can_be_used() -> None:
    """UDP to an address; no TCP, no names, no second component, no nonsense."""
    good = "candidate:1 1 udp 2130706431 192.0.2.7 40001 typ srflx raddr 10.0.0.1 rport 9 generation 0 ufrag abcd"
    assert parse_candidate(good) is not None
    assert parse_candidate("a=" + good) is not None
    assert parse_candidate(good.replace("192.0.2.7", "2001:db8::1")) is not None
    for bad in (
        "",
        "candidate:",
        good.replace("udp", "tcp"),
        good.replace("1 1 udp", "1 2 udp"),
        good.replace("192.0.2.7", "0f3c.local"),
        good.replace("40001", "0"),
        good.replace("40001", "70000"),
        good.replace("srflx", "magic"),
        good.replace("2130706431", "-1"),
        good.replace("rport 9", "rport x"),
    ):
        assert parse_candidate(bad) is None, bad
