"""A room of generated participants on this machine: for tests, for the demo, and for looking at one thing at a time.

Every picture carries its publication's number and a frame number, every sound is its publication's own tone, and a
flash and a beep coincide once a second. What a recording shows can therefore be read back from the file (`reader`,
`hearing`) and held against the plan the room followed (`plan`, `course`).
"""
