"""The recording service: rooms, one bot process a recording, and everybody who asks or listens."""
