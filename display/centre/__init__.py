"""The centre's front: the door by which halls bring the rows of their logs."""
