"""Doing what the plan says: workers, the pool, the executor, the manifest."""
