import pytest

from restorer.engine import pipeline
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.pipeline import save_photo
from restorer.errors import Cancelled


def test_cancelling_before_the_file_is_written_leaves_none(photo, tmp_path):
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        save_photo(photo(), tmp_path / "a.png", WriteOptions(), RunContext(token=token))
    assert not list(tmp_path.iterdir())


def test_cancelling_after_the_file_is_written_is_too_late(photo, tmp_path, monkeypatch):
    token, write = CancelToken(), pipeline.write_photo

    def write_and_cancel(*args, **kwargs):
        write(*args, **kwargs)
        token.cancel()

    monkeypatch.setattr(pipeline, "write_photo", write_and_cancel)
    path = tmp_path / "a.png"
    assert save_photo(photo(), path, WriteOptions(), RunContext(token=token)) == path
    assert path.exists()
