"""Training of the networks. Never shipped with the program and never imported by it."""
