"""The quality certificate: one page that says how good a recording is, and hides nothing."""
