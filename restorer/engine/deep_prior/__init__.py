"""Deep Image Prior: fitting a network to one photograph."""
