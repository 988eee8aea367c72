"""The report: figures of some business days, from the rows of records.db alone.

`figures` and `sheets` are pure; `reading` fetches the rows, `text` and `workbook` show them.
"""
