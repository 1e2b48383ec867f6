"""`python -m lessons`: the same as the command `lessons`."""

from lessons.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
