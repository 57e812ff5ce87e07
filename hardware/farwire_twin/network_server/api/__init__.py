"""The gRPC API: one module a service, each a table of functions of (core, request, now_ms)."""
