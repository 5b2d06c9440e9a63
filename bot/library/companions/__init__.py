"""The files that go with a finished recording, made of it after it is there: pictures of it, its certificate, sums."""
