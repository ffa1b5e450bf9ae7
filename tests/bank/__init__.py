"""An independent paid service: the oracle for money.

`python -m tests.bank --ledger FILE` speaks the service's API on 127.0.0.1, with its own process, its own files and no
line of didgen: what it wrote into its ledger was bought, whatever anybody believes. See tests/bank/README.md.
"""
