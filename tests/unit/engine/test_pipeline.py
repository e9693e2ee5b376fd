import pytest

from restorer.engine import pipeline
from restorer.engine.files.photo_io import WriteOptions
from restorer.engine.jobs import CancelToken, RunContext
from restorer.engine.pipeline import open_large_photo, save_photo
from restorer.errors import Cancelled, PhotoReadError, PhotoTooLargeError


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


def test_what_cannot_be_read_by_rows_is_left_to_open_photo(tmp_path, monkeypatch):
    def refuse(path, *, limit_megapixels):
        if limit_megapixels < 1:
            raise PhotoTooLargeError(path, megapixels=1, limit_megapixels=limit_megapixels)
        raise PhotoReadError(path, "is of a kind that is not supported")

    monkeypatch.setattr(pipeline, "open_by_region", refuse)
    photos = (tmp_path / "in.tif", pytest.fail, WriteOptions(), tmp_path / "out.png")
    assert open_large_photo(*photos, limit_megapixels=500) is None
    with pytest.raises(PhotoTooLargeError):
        open_large_photo(*photos, limit_megapixels=0.5)
