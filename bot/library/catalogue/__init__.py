"""What is known of rooms and recordings, across restarts: one SQLite file in the library."""
