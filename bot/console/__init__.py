"""What a browser loads: the console, the room view, and the element for other people's pages."""
