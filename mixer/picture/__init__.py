"""Timelines of pictures, and the canvas they are drawn on."""
