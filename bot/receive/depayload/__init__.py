"""RTP payloads of one frame -> the frame as its decoder wants it. One file a payload format."""
