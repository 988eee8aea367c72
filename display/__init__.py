"""Everything the public and the office look at in a browser, and the hall's voice."""
