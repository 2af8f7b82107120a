"""What the Makefile's targets run, a file each: `python -m utils.make.readme`."""
