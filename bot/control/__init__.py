"""What a bot process says of its recording, and how it is told what to do."""
