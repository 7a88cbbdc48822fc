"""The app: an HTTP API over the same engine, and a static front end. It does no arithmetic of its own."""
