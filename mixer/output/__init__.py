"""Pictures and sound in, a growing MP4 out."""
