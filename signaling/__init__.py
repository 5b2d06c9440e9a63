"""The room: who is there, what they publish, how to get it. One adapter for each kind of SFU."""
