"""`python -m prover`: the same as `prove`."""

import sys

from prover.cli import main

if __name__ == "__main__":
    sys.exit(main())
