"""Publishes a recording as a media entry of its owner, by Kaltura's public API (version 3, JSON)."""
