"""train_segnet.py: resumed trainings, and radiographs that are held out."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

import small_data
import train_segnet
from bonescan_training import bone_masks, segnet


class SegmenterTraining(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.names = small_data.write_bone_masks(self.folder, 4)
        self.held_out = small_data.write_list(self.folder / "held_out.csv", self.names[:1])
        labelled, _ = bone_masks.read_labelled(self.folder / "FracAtlas", self.folder / "masks", self.held_out)
        bone_masks.write_drawn(self.folder / "drawn.npz", labelled[:2])

    def train(self, output: str, *words: object, drawn: bool = True, held_out: Path | None = None) -> None:
        """Four steps of the narrowest network."""
        drawn_words = ("--drawn", self.folder / "drawn.npz") if drawn else ()
        small_data.run(
            train_segnet.main, "--fracatlas", self.folder / "FracAtlas", "--masks", self.folder / "masks",
            "--photographs", self.folder / "photographs", "--held-out", held_out or self.held_out,
            "--output", self.folder / output, "--width", 2, "--batch", 3, "--negatives", 1, "--steps", 4,
            "--checkpoint-minutes", 0, *drawn_words, *words,
        )

    def kill(self, output: str) -> None:
        """A training that is interrupted before its third step."""
        killed_batch = small_data.killed_at(3, train_segnet.make_batch)
        with mock.patch.object(train_segnet, "make_batch", killed_batch), self.assertRaises(KeyboardInterrupt):
            self.train(output)

    def test_killed_and_resumed_training_equals_an_undisturbed_one(self) -> None:
        self.train("whole")
        self.kill("killed")
        self.assertEqual(torch.load(self.folder / "killed/checkpoint.pt")["step"], 2)
        self.train("killed")
        whole, resumed = (torch.load(self.folder / name / "checkpoint.pt") for name in ("whole", "killed"))
        self.assertEqual(resumed["step"], 4)
        for part in ("network", "average", "optimiser"):
            self.assertTrue(small_data.same_tensors(whole[part], resumed[part]), part)

    def test_resuming_with_other_radiographs_or_options_is_refused(self) -> None:
        self.kill("killed")
        other_list = small_data.write_list(self.folder / "other.csv", self.names[1:2])
        for change in ({"drawn": False}, {"held_out": other_list}):
            with self.subTest(change), self.assertRaises(SystemExit) as ended:
                self.train("killed", **change)
            self.assertEqual(ended.exception.code, 2)
        with self.assertRaises(SystemExit):
            self.train("killed", "--seed", 2)
        self.assertEqual(torch.load(self.folder / "killed/checkpoint.pt")["step"], 2)

    def test_auxiliary_heads_learn_by_their_weight_in_the_loss(self) -> None:
        for output, weight, learn in (("without", 0, False), ("with", 0.2, True)):
            self.train(output, "--auxiliary-weight", weight)
            network = torch.load(self.folder / output / "checkpoint.pt")["network"]
            biases = {network[f"auxiliary_heads.{i}.bias"].item() for i in range(3)}  # they begin alike
            self.assertEqual(len(biases) > 1, learn)

    def test_training_may_start_from_a_narrower_network_that_draws_alike(self) -> None:
        self.train("narrow")
        narrow = torch.load(self.folder / "narrow/checkpoint.pt")["average"]
        images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
        logits = []
        for width, state in ((2, narrow), (3, segnet.widened(narrow, 3)), (5, segnet.widened(narrow, 5))):
            network = segnet.SegNet(width).eval()
            network.load_state_dict(state)
            logits.append(torch.cat([x.flatten() for x in network.forward_all(images)]))
        for wider in logits[1:]:
            torch.testing.assert_close(wider, logits[0])
        with mock.patch.object(torch, "rand", torch.zeros):  # as single numbers of many millions may be
            self.assertTrue(all(value.isfinite().all() for value in segnet.widened(narrow, 3).values()))
        self.train("wide", "--width", 3, "--start-from", self.folder / "narrow/checkpoint.pt")
        wide = torch.load(self.folder / "wide/checkpoint.pt")
        self.assertEqual(wide["width"], 3)
        first = wide["network"]["encoder.0.0.convolution.weight"]
        self.assertFalse(torch.equal(first[0], first[2]))  # a copy of it when the training began
        with self.assertRaises(SystemExit) as ended:
            self.train("narrower", "--width", 2, "--start-from", self.folder / "wide/checkpoint.pt")
        self.assertEqual(ended.exception.code, 2)

    def test_held_out_names_may_have_folders_before_them(self) -> None:
        listed = small_data.write_list(self.folder / "folders.csv", [f"images/Fractured/{self.names[2]}"])
        labelled, held_out = bone_masks.read_labelled(self.folder / "FracAtlas", self.folder / "masks", listed)
        self.assertEqual([radiograph.name for radiograph in held_out], [self.names[2]])
        self.assertNotIn(self.names[2], [radiograph.name for radiograph in labelled])

    def test_held_out_name_without_a_mask_is_refused(self) -> None:
        listed = small_data.write_list(self.folder / "unknown.csv", [self.names[0], "IMG0009999.jpg"])
        with self.assertRaisesRegex(ValueError, "IMG0009999"):
            bone_masks.read_labelled(self.folder / "FracAtlas", self.folder / "masks", listed)


if __name__ == "__main__":
    unittest.main()
