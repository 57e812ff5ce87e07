"""The front door: the `farwire` command and the demo that composes every room."""
