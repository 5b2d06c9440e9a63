"""Encoded sound in, one stereo mix out."""
