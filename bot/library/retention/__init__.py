"""How long recordings are kept: the rules, the trash, and the sweep."""
