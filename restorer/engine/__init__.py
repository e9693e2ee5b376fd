"""The engine: photographs, tiles, jobs, models and devices. Knows no Qt."""
