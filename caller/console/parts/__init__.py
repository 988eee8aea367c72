"""The parts of the desk screen, one per file, named after what the clerk sees."""
