"""From encoded video frames to pictures: queues, decoders, and the crew of threads that runs them."""
