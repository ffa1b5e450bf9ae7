"""Generated projects, changed one thing at a time, and an oracle of their own that says what has to be rendered."""
