"""``python -m borderzone.cli``."""

from borderzone.cli.entry import main

if __name__ == "__main__":
    main()
