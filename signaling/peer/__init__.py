"""Peer connections: SDP of our own, ICE and DTLS of aiortc, packets handed over right after SRTP."""
