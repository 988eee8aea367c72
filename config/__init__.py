"""What a hall is: typed settings, a strict reader, and real halls as tested examples."""
