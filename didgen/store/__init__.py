"""What is kept: objects by digest, artifacts by fingerprint, the state, derived values, the lock."""
