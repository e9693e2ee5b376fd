"""Photographs in files: formats, metadata, the record of what was done."""
