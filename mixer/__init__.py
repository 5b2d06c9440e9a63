"""Encoded frames in, one MP4 out. Knows no network and no room."""
