"""Bad input is told in a sentence, before any work."""
from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Callable
from unittest import mock

import numpy as np

import small_data
import choose_bone_thresholds
import measure_segnet
import train_ssd300
from bonescan_training import checkpoint, pictures_without_bone
from bonescan_training.write_image import write_image


class BadInput(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def complaint(self, main: Callable[[], None], *words: object) -> str:
        """Standard error of a script that must end with exit code 2; a traceback would be an error of the test."""
        written = io.StringIO()
        with mock.patch.object(sys, "argv", ["script.py", *map(str, words)]), contextlib.redirect_stderr(written), \
                self.assertRaises(SystemExit) as ended:
            main()
        self.assertEqual(ended.exception.code, 2)
        return written.getvalue()

    def test_training_tells_what_is_wrong_with_an_option(self) -> None:
        pack = self.folder / "pack.npz"
        pack.write_text("no pack")
        for words, said in (
            (("--pack", self.folder / "missing.npz"), "missing.npz"),
            (("--pack", pack), "is no pack"),
            (("--pack", pack, "--epochs", 0), "--epochs"),
            (("--pack", pack, "--evaluate-every", 0), "--evaluate-every"),
            (("--pack", pack, "--minutes", 0), "--minutes"),
            (("--pack", pack, "--device", "abacus"), "abacus"),
            (("--pack", pack, "--device", "cuda:99"), "cuda:99"),
        ):
            with self.subTest(said):
                self.assertIn(said, self.complaint(train_ssd300.main, *words, "-o", self.folder / "run"))
        self.assertFalse((self.folder / "run").exists())

    def test_folder_without_pictures_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "no pictures"):
            pictures_without_bone.read_photographs(self.folder)

    def test_two_folders_of_photographs_with_the_same_name_are_refused(self) -> None:
        model = self.folder / "model.pt"
        model.touch()
        for split in ("valid", "test"):
            (self.folder / split / "gcompris").mkdir(parents=True)
        said = self.complaint(
            measure_segnet.main, "--model", model, "--fracatlas", self.folder, "--masks", self.folder, "--photographs",
            self.folder / "valid/gcompris", self.folder / "test/gcompris",
        )
        self.assertIn("gcompris", said)

    def test_file_that_is_no_model_is_named(self) -> None:
        model = self.folder / "model.pt"
        model.write_text("no model")
        said = self.complaint(
            choose_bone_thresholds.main, "--model", model, "--fracatlas", self.folder, "--masks", self.folder,
            "--photographs", self.folder, "--output", self.folder / "point.json",
        )
        self.assertIn("model.pt is no TorchScript file", said)

    def test_picture_that_cannot_be_written_is_named(self) -> None:
        (self.folder / "taken.png").mkdir()
        for name in ("taken.png", "picture.unknown"):
            with self.subTest(name), self.assertRaisesRegex(OSError, name):
                write_image(self.folder / name, np.zeros((4, 4), np.uint8))


class Recipe(unittest.TestCase):
    def test_another_recipe_is_refused_and_what_may_differ_is_not(self) -> None:
        stored = {"seed": "1", "threads": "1", "of_an_older_script": "x"}
        checkpoint.check_recipe(stored, {"seed": 1, "threads": 8, "of_a_younger_script": 2}, ("threads",))
        with self.assertRaisesRegex(ValueError, "--seed 2"):
            checkpoint.check_recipe(stored, {"seed": 2, "threads": 1}, ("threads",))


if __name__ == "__main__":
    unittest.main()
