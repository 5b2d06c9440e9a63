"""Places that a finished recording must reach, one kind a file or folder, all behind one interface."""
