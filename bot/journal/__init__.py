"""What happened in a recording, noted while it happens, and what is told of it afterwards."""
