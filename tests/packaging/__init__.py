"""Campaign tests of what is handed to a hall: the Debian package and the offline folder."""
