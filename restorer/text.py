"""Marks strings for translation in code that knows no Qt."""

from __future__ import annotations


def mark(context: str, text: str) -> str:
    """Return text unchanged; the window translates it when it shows it.

    Args:
        context: For pyside6-lupdate, which finds the string by this call.
        text: English.
    """
    del context
    return text
