"""A file is written whole or not at all; a folder is locked by one at a time."""

import pytest

from lessons.records.saving import alone_in, whole_or_nothing


def test_what_was_written_takes_the_files_place(tmp_path):
    """The new contents lie under the file's name, whether there was one before or not, and nothing lies beside it."""
    for contents in ("first", "second"):
        with whole_or_nothing(tmp_path / "file.json") as unfinished:
            unfinished.write_text(contents)
        assert contents == (tmp_path / "file.json").read_text()
    assert ["file.json"] == [file.name for file in tmp_path.iterdir()]


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    """What was half-written is gone; the old file is as it was, or there is none."""
    (tmp_path / "old.json").write_text("old")
    for name in ("old.json", "new.json"):
        with pytest.raises(OSError, match="full"), whole_or_nothing(tmp_path / name) as unfinished:
            unfinished.write_text("hal")
            raise OSError("full")
    assert ["old.json"] == [file.name for file in tmp_path.iterdir()]
    assert "old" == (tmp_path / "old.json").read_text()


def test_nothing_written_is_an_error(tmp_path):
    """A block that ends without having written has no file to give: the old one stays."""
    (tmp_path / "old.json").write_text("old")
    with pytest.raises(FileNotFoundError), whole_or_nothing(tmp_path / "old.json"):
        pass
    assert "old" == (tmp_path / "old.json").read_text()


def test_a_folder_is_locked_by_one_at_a_time(tmp_path):
    """The second does not get it while the first has it, and gets it afterwards."""
    with alone_in(tmp_path) as first, alone_in(tmp_path, seconds=0.05) as second:
        assert (first, second) == (True, False)
    with alone_in(tmp_path) as third:
        assert third
