// History batch (FPort 210, up).
