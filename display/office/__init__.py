"""The office: the screens of manager, supervisor, technician and auditor, its own process behind a sign-in.

One page is one module of `pages/`, registered in `display.office.pages.PAGES`; its words stand in `words/PAGE.json`.
"""
