"""Sees to it that every recording reaches every destination, however long that takes."""
