"""The databases that can hold the records: see `caller.records.store` for what each promises."""
