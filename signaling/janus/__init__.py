"""VideoRoom of Janus 1.x over WebSocket, as a pure subscriber: nobody in the room is told, and the bot is in no list."""
