"""Where recordings lie, what they are called, and what is in them."""
