"""Whether everything in a library is there, and as it was."""
