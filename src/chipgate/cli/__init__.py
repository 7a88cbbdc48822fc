"""The command line: it parses, calls the API and prints; every figure comes from below."""
