"""`python -m ops` is `ritmo`."""

from ops.cli import main

if __name__ == "__main__":  # forked parts import it under another name
    main()
