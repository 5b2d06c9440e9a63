"""VideoRoom of Janus 1.x over WebSocket, as a pure subscriber: nobody is told of it, and it is in no list."""
