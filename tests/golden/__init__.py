"""Fingerprints of a fixed set of projects: equal on every machine, in every locale, zone and Python."""
