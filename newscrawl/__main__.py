"""``python -m newscrawl``, the same as the console command ``newscrawl``."""

from newscrawl.console import main

if __name__ == "__main__":
    main()
