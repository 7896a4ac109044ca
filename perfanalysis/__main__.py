"""`python -m perfanalysis`."""

from perfanalysis.cli.main import main

if __name__ == "__main__":
    main()
