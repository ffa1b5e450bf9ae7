"""Doing what the plan says: workers, the pool, the executor, the making of one video, the manifest."""
