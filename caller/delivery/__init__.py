"""Delivery: what follows the log and leads outside it, in a process of its own (`hallcall deliver`).

1. A **follower** reads the log with a cursor of its own: the records are one, each receiver of webhooks is another.
   None of them can delay the caller, which knows nothing of them, and none delays another: each has its own thread.
2. What goes out lies in DATA/delivery.db first (`outbox`), in the transaction that moves the receiver's cursor, and is
   sent from there: at least once, in the order of its ticket or appointment, under an id that is the same each time.
3. A receiver that is away costs disk, nothing else; one that refuses a message stops what follows of the same ticket.
"""
