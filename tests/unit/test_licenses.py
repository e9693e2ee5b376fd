from restorer import licenses, paths
from restorer.licenses import Library


def test_what_the_program_needs_is_listed_with_its_licence():
    names = {item.name.split()[0].lower() for item in licenses.installed_libraries()}
    # shiboken6 is needed by what is needed; pyvips-binary is an extra.
    assert {"numpy", "torch", "pyvips-binary", "shiboken6"} <= names
    assert "pytest" not in names


def test_every_library_has_a_text():
    without = {item.name for item in licenses.installed_libraries() if not item.texts}
    assert {name.split()[0] for name in without} <= {"shiboken6"}  # its text is PySide's


def test_equal_texts_are_given_once():
    text = licenses.compose(
        [Library("b 1", "MIT", ("twice given",)), Library("a 1", "MIT", ("twice given",))]
    )
    assert text.count("twice given") == 1
    assert "a 1, b 1" in text


def test_an_installed_program_shows_the_file_it_came_with(tmp_path, monkeypatch):
    (tmp_path / licenses.FILE_NAME).write_text("all of them", "utf-8")
    monkeypatch.setattr(paths, "program_dir", lambda: tmp_path)
    assert licenses.read_licenses() == "all of them"
