"""didgen renders talking-head videos from YAML: what changed, and nothing else."""

__version__ = "0.1.0"
