"""Our own MP4: written fragment by fragment, finished in place, read back. ISO/IEC 14496-12, -14 and -15."""
