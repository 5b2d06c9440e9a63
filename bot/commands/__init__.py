"""One file a sub-command: options in, exit code out."""
