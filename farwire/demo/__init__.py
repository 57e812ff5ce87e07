"""`farwire demo`: every part on one machine, the same code path as production, and an audit at the end."""
