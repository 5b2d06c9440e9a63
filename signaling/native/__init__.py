"""roomreel's own protocol: JSON over WebSocket, for conferencing servers with an SFU of their own. See ../README.md."""
