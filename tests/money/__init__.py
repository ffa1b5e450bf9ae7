"""Money under attack: builds that are killed, cut off, starved of disk and run at once, judged by the bank's ledger."""
