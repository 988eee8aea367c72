"""What `hallcall setup` puts on a PC: units of the service manager, the account, folders, timers; nothing runs here."""
