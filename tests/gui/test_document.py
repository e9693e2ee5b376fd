from __future__ import annotations

from pathlib import Path

import pytest

from restorer.gui.document import Document, State
from restorer.gui.qimages import make_picture
from restorer.gui.tasks import Result


@pytest.fixture
def picture(photo):
    return make_picture(photo())


@pytest.fixture
def result(picture):
    return Result(picture, (), {}, 1.0)


def test_failed_first_opening_leaves_it_empty(qapp):
    document = Document()
    document.begin_opening(Path("a.jpg"))
    assert document.state is State.OPENING
    document.stop()
    assert (document.state, document.opening) == (State.EMPTY, None)


def test_failed_second_opening_keeps_photo_and_result(qapp, picture, result):
    document = Document()
    document.set_picture(picture)
    document.set_result(result)
    document.begin_opening(Path("b.jpg"))
    document.stop()
    assert document.state is State.RESTORED
    assert (document.picture, document.result) == (picture, result)


def test_cancelled_second_restoration_keeps_the_first_result(qapp, picture, result):
    document = Document()
    document.set_picture(picture)
    document.set_result(result)
    document.begin_restoring()
    document.stop()
    assert document.state is State.RESTORED
    assert document.result is result


def test_new_photo_takes_the_result_away(qapp, picture, result):
    document = Document()
    document.set_picture(picture)
    document.set_result(result)
    assert document.has_unsaved_result
    document.set_picture(picture)
    assert document.state is State.READY
    assert document.result is None
    assert not document.has_unsaved_result


def test_saved_result_is_not_unsaved(qapp, picture, result):
    document = Document()
    document.set_picture(picture)
    document.set_result(result)
    document.begin_saving()
    document.set_saved()
    assert document.state is State.RESTORED
    assert not document.has_unsaved_result


def test_adjusted_result_is_not_saved_yet_and_a_saving_goes_on(qapp, picture, result):
    document = Document()
    document.set_picture(picture)
    document.set_result(result)
    document.set_saved()
    document.begin_saving()
    document.set_adjusted(result)
    assert document.state is State.SAVING
    assert document.has_unsaved_result


def test_every_change_is_told(qapp, qtbot, picture):
    document = Document()
    with qtbot.waitSignals([document.changed] * 2):
        document.begin_opening(None)
        document.set_picture(picture)
