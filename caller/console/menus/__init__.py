"""What a key asks before it acts: pick one of a few, find one of many, sign in, read the help."""
