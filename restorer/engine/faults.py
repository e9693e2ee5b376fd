"""The one place where tests let things go wrong.

The engine says where it is by reach(); a test's hook may raise there what the real fault would
raise, damage the array it is handed, or remove a folder. Without a hook nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

# computed: a network's output, before it is looked at; array is (1, 3, H, W), may be changed.
# writing: before a block of a file is written. finishing: before a file gets its name.
Point = Literal["computing", "computed", "writing", "finishing"]
Hook = Callable[[Point, Any], None]

_hooks: list[Hook] = []


def reach(point: Point, value: Any = None) -> None:
    """Say that the engine is at a point; value is what it holds there."""
    for hook in _hooks:
        hook(point, value)


@contextmanager
def injected(hook: Hook) -> Iterator[None]:
    """Call the hook at every point while the block runs. For tests only."""
    _hooks.append(hook)
    try:
        yield
    finally:
        _hooks.remove(hook)
