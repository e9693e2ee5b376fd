import os

import pytest

from restorer import self_test


@pytest.mark.slow
def test_everything_works_here(capsys, home):
    assert self_test.main() == 0
    table = capsys.readouterr().out
    assert "FAILED" not in table
    for words in ("sample picture", "PNG, 16 bit", "Deep Image Prior on cpu", "window"):
        assert words in table
    assert os.environ["RESTORER_HOME"] == str(home)
    assert list(home.iterdir()) == []


def test_what_fails_is_said_and_the_others_go_on(capsys, monkeypatch):
    def broken():
        raise OSError("the disk is gone")

    checks = [("first", broken), ("second", lambda: "fine")]
    monkeypatch.setattr(self_test, "checks", lambda folder: checks)
    assert self_test.main() == 1
    _, _, first, second, last = capsys.readouterr().out.splitlines()
    assert first.split()[:2] == ["first", "FAILED"]
    assert first.endswith("OSError: the disk is gone")
    assert second.split()[:2] == ["second", "ok"]
    assert last == "1 failed."


def test_a_wrong_picture_is_noticed(photo):
    right, wrong = photo(seed=0), photo(seed=1)
    assert self_test.compared(right, right, at_least_db=30) == "the same pixels"
    with pytest.raises(self_test.SelfTestError, match="expected 60 dB"):
        self_test.compared(wrong, right, at_least_db=60)
    with pytest.raises(self_test.SelfTestError, match="instead of"):
        self_test.compared(photo(8, 8), right, at_least_db=0)
