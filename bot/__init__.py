"""One recording, from joining a room to the finished file; and the command line."""
