"""What the catalogue should know and does not: found in the library, and entered again."""
