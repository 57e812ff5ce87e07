"""`python -m farwire` is the `farwire` command."""

from farwire.cli import main

raise SystemExit(main())
