"""Tells other servers of each change of a recording's state (standardwebhooks.com)."""
