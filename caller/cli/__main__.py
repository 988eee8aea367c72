"""`python -m caller.cli`: the `hallcall` command."""

from caller.cli.main import main

main()
