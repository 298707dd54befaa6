"""The ledger: what each call took and cost, durably, and what of it is reserved by calls that run."""
