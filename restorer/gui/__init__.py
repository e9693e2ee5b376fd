"""The window. Only this package and restorer.app import Qt."""
