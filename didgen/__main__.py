"""`python -m didgen`."""

from didgen.cli.main import main

if __name__ == "__main__":
    main()
