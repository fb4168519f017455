"""`python -m ops` is `ritmo`."""

from ops.cli import main

main()
