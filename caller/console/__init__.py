"""The clerk's console: one window's picture and one key for each verb, in a terminal.

`desk` and `picture` are pure: they say which keys live and what is shown for a window view. `screen`,
`parts` and `menus` only show it; `robot` is a clerk without a screen. The link is `caller.client.client`.
"""
