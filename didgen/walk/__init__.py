"""The steps of a command over a workspace: what is planned, bought, rendered, locked and told why."""
