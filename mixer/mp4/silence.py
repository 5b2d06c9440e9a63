"""A block of silence, for where there is no sound between two parts."""

# AAC-LC, two channels, no spectrum at all (ISO/IEC 14496-3 §4.4.2): a channel pair with one long window in common and
# not one scale factor band, then the end. The mark of the end is in the last byte, which therefore is not zero.
SILENT_BLOCK = bytes.fromhex("21000000001c")
