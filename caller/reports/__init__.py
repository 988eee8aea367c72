"""The report: figures of some business days, from the roll-ups of records.db.

`period` reads and adds up the days, `figures` makes the one document that every form shows, `sheets` puts it into
tables for people and prints them on a terminal, `workbook` writes them to a spreadsheet.
"""
