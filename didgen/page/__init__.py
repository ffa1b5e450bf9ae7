"""The page: every scene as it stands, in a browser; for `watch --open`, `preview` and `serve`."""
