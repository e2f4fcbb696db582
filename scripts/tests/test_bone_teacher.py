"""train_bone_teacher.py: resumed trainings, and which radiographs it draws."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from typing import Any, Callable
from unittest import mock

import cv2
import numpy as np
import torch

import small_data
import train_bone_teacher
from bonescan_training import bone_masks

DETECTOR = Path(__file__).parents[2] / "weights/ssd300_vgg16.pt"


class BoneTeacher(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        small_input = mock.patch.object(train_bone_teacher, "TEACHER_SIDE", 64)
        small_input.start()
        self.addCleanup(small_input.stop)
        self.names = small_data.write_bone_masks(self.folder, 3)  # numbers 10, 20 and 30
        self.held_out = small_data.write_list(self.folder / "held_out.csv", self.names[:1])
        self.gate = small_data.write_list(self.folder / "gate.csv", ["IMG0000050.jpg"])
        radiographs = self.folder / "FracAtlas/images/Non_fractured"
        radiographs.mkdir()
        for number in (7, 13, 14, 50, 60, 70):
            picture = np.random.default_rng(number).integers(0, 255, (50, 40), np.uint8)
            cv2.imwrite(str(radiographs / f"IMG{number:07d}.jpg"), picture)
        split = self.folder / "FracAtlas/Utilities/Fracture Split"
        split.mkdir(parents=True)
        (split / "train.csv").write_text("image_id\n" + "\n".join(self.names[1:]) + "\n")

    def train(self, output: str, *words: object) -> None:
        """Three steps, and a mask for every radiograph that may have one."""
        small_data.run(
            train_bone_teacher.main, "--fracatlas", self.folder / "FracAtlas", "--masks", self.folder / "masks",
            "--trunk", DETECTOR, "--held-out", self.held_out, "--gate", self.gate, "--output", self.folder / output,
            "--views", 1, "--batch", 2, "--steps", 3, "--checkpoint-minutes", 0, *words,
        )

    def test_killed_and_resumed_teacher_draws_what_an_undisturbed_one_draws(self) -> None:
        self.train("whole")
        killed_loss = small_data.killed_at(3, train_bone_teacher.segmentation_loss)
        with mock.patch.object(train_bone_teacher, "segmentation_loss", killed_loss), \
                self.assertRaises(KeyboardInterrupt):
            self.train("killed")
        self.assertEqual(torch.load(self.folder / "killed/training.pt")["step"], 2)
        with mock.patch.object(train_bone_teacher, "draw_all", self.killed_drawing), \
                self.assertRaises(KeyboardInterrupt):
            self.train("killed")
        self.assertEqual(len(bone_masks.read_drawn(self.folder / "killed/drawn.partial.npz")), 1)
        self.train("killed")
        whole, resumed = (bone_masks.read_drawn(self.folder / name / "drawn.npz") for name in ("whole", "killed"))
        self.assertEqual([r.name for r in whole], [r.name for r in resumed])
        for one, other in zip(whole, resumed):
            np.testing.assert_array_equal(one.bone, other.bone)
        self.assertFalse((self.folder / "killed/drawn.partial.npz").exists())

    @staticmethod
    def killed_drawing(*arguments: Any, draw_all: Callable[..., Any] = train_bone_teacher.draw_all) -> Any:
        """draw_all, interrupted at the second radiograph."""
        read_upright = small_data.killed_at(2, train_bone_teacher.fracatlas.read_upright)
        with mock.patch.object(train_bone_teacher.fracatlas, "read_upright", read_upright):
            return draw_all(*arguments)

    def test_masks_are_drawn_for_no_radiograph_of_the_gate_nor_near_a_held_out_one_nor_with_a_mask(self) -> None:
        self.train("run")
        drawn = bone_masks.read_drawn(self.folder / "run/drawn.npz")
        self.assertEqual(sorted(r.name for r in drawn), [f"IMG{number:07d}.jpg" for number in (14, 60, 70)])
        for radiograph in drawn:
            self.assertEqual(radiograph.bone.shape, (bone_masks.CACHE_SIDE, bone_masks.CACHE_SIDE))
            self.assertAlmostEqual(radiograph.aspect, 40 / 50)

    def test_another_trunk_is_refused(self) -> None:
        self.train("run")
        other = self.folder / "other.pt"
        other.write_bytes(DETECTOR.read_bytes())
        with open(other, "ab") as file:
            file.write(b"\0")
        with self.assertRaises(SystemExit) as ended:
            self.train("run", "--trunk", other, "--steps", 4)
        self.assertEqual(ended.exception.code, 2)

    def test_file_that_holds_no_drawn_masks_is_named(self) -> None:
        for content in (b"", b"no masks", DETECTOR.read_bytes()[:1000]):
            path = self.folder / "drawn.npz"
            path.write_bytes(content)
            with self.subTest(content[:8]), self.assertRaisesRegex(ValueError, "drawn.npz is no file of masks"):
                bone_masks.read_drawn(path)


if __name__ == "__main__":
    unittest.main()
