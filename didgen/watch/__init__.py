"""Building again whenever something that a plan was made from is saved."""
