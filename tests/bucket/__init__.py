"""An independent server that speaks S3's API, as a process of its own. See the README here."""
