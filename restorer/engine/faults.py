"""The one place where tests let things go wrong.

The engine says where it is by reach(); a test's hook may raise there what the real fault would
raise, damage the values it is handed, or remove a folder. Without a hook nothing happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

# computing: before a network runs on a window; value: the precision.
# computed: its output, before it is looked at; value: the precision and the tensor, (1, 3, H, W),
#   which may be changed.
# writing: before a block of a file is written; value: its bytes.
# finishing: before a file gets its name; value: its path.
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
