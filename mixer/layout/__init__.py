"""Where everything is on the canvas: pure functions and values, no pixels."""
