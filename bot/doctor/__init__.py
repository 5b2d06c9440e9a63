"""Looks whether this machine can record, and says how to mend what is wrong."""
