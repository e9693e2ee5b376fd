"""Where things are: what comes with the program, and what belongs to the user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

APP_NAME = "Restorer"


def program_dir() -> Path:
    """Return the folder that holds resources/ and models/.

    It is the frozen program, the installed package, or the checkout.
    """
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen)
    package = Path(__file__).resolve().parent
    return package if (package / "resources").is_dir() else package.parent


def resources_dir() -> Path:
    """Return the folder of icons, languages and the sample picture."""
    return program_dir() / "resources"


def bundled_models_dir() -> Path:
    """Return the folder of the models that come with the program."""
    return program_dir() / "models"


def user_models_dir() -> Path:
    """Return the folder for models the user adds; it need not exist."""
    return _home("models") or Path(platformdirs.user_data_dir(APP_NAME, False)) / "models"


def jobs_dir() -> Path:
    """Return the folder of the job files of batches; it need not exist."""
    return _home("jobs") or Path(platformdirs.user_state_dir(APP_NAME, False)) / "jobs"


def runs_dir() -> Path:
    """Return the folder for runs that were stopped; it need not exist."""
    return _home("runs") or Path(platformdirs.user_data_dir(APP_NAME, False)) / "runs"


def speeds_file() -> Path:
    """Return the file of what was measured of this machine; it need not exist."""
    return _home("speeds.json") or Path(platformdirs.user_data_dir(APP_NAME, False)) / "speeds.json"


def settings_file() -> Path:
    """Return the file of the user's settings; it need not exist."""
    return (
        _home("settings.json")
        or Path(platformdirs.user_config_dir(APP_NAME, False)) / "settings.json"
    )


def log_file() -> Path:
    """Return the file the program logs to; it need not exist."""
    return (
        _home("restorer.log") or Path(platformdirs.user_log_dir(APP_NAME, False)) / "restorer.log"
    )


def _home(name: str) -> Path | None:
    """Return name below RESTORER_HOME, which moves everything of the user's to one folder."""
    home = os.environ.get("RESTORER_HOME")
    return Path(home) / name if home else None
