"""train_ssd300.py: resumed trainings, and what is evaluated and kept when."""
from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

import small_data
import export_ssd300
import train_ssd300
from bonescan_training import model_card, ssd300

FIGURES = {"valid_ap50": 0.5, "valid_ap": 0.2, "valid_best_f1": 0.4}


class DetectorTraining(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.temporary.cleanup)
        cls.folder = Path(cls.temporary.name)
        small_data.write_pack(cls.folder / "pack.npz")

    def train(self, output: str, *words: object) -> None:
        """A training on windows of 64 pixels, two of the five images a step."""
        small_data.run(
            train_ssd300.main, "--pack", self.folder / "pack.npz", "-o", self.folder / output, "--batch", 2,
            "--crop", 64, "--crop-until", 2, "--frozen-blocks", 4, "--precision", "fp32", *words,
        )

    def test_killed_and_resumed_training_equals_an_undisturbed_one(self) -> None:
        with mock.patch.object(train_ssd300, "evaluate", return_value=FIGURES):
            self.train("whole", "--epochs", 2)
            killed_step = small_data.killed_at(2, train_ssd300.training_step)
            with mock.patch.object(train_ssd300, "training_step", killed_step), self.assertRaises(KeyboardInterrupt):
                self.train("killed", "--epochs", 2, "--checkpoint-minutes", 0)
            self.assertEqual(torch.load(self.folder / "killed/last.pt")["step"], 1)
            self.train("killed", "--epochs", 2)
        whole, resumed = (torch.load(self.folder / name / "last.pt") for name in ("whole", "killed"))
        self.assertEqual(resumed["step"], 4)
        for part in ("model", "average", "optimiser", "losses"):
            self.assertTrue(small_data.same_tensors(whole[part], resumed[part]), part)

    def train_by_false_clock(self, output: str, step_minutes: float, evaluation_minutes: float, *words: object) -> None:
        """Ten minutes of steps that learn nothing."""
        clock = [0.0]

        def step(*_: object) -> tuple[float, float]:
            """Lets time pass."""
            clock[0] += step_minutes
            return 1.0, 1.0

        def evaluate(*_: object) -> dict[str, float]:
            """Lets time pass."""
            clock[0] += evaluation_minutes
            return FIGURES

        with mock.patch.object(train_ssd300.State, "minutes", lambda _: clock[0]), \
                mock.patch.object(train_ssd300, "training_step", step), \
                mock.patch.object(train_ssd300, "evaluate", evaluate):
            self.train(output, "--minutes", 10, *words)

    def kept(self, output: str) -> list[str]:
        """Names of the weights that a training has kept."""
        return sorted(path.name for path in (self.folder / output).glob("*epoch*.pt"))

    def test_last_epoch_is_kept_where_its_evaluation_uses_up_the_time(self) -> None:
        self.train_by_false_clock("slow", 1, 20, "--evaluate-every", 1)
        self.assertEqual(self.kept("slow"), ["epoch001.pt"])

    def test_last_epoch_is_evaluated_where_time_runs_out_within_it(self) -> None:
        self.train_by_false_clock("cut", 6, 0, "--evaluate-every", 10)
        self.assertEqual(self.kept("cut"), ["epoch001.pt"])
        self.assertEqual(torch.load(self.folder / "cut/epoch001.pt")["figures"]["valid_ap50"], 0.5)

    def test_weights_kept_too_early_for_a_longer_training_are_set_aside(self) -> None:
        with mock.patch.object(train_ssd300, "evaluate", return_value=FIGURES), \
                mock.patch.object(train_ssd300, "training_step", return_value=(1.0, 1.0)):
            self.train("longer", "--epochs", 2, "--evaluate-every", 1, "--keep-from", 0.5)
            self.assertEqual(self.kept("longer"), ["epoch001.pt", "epoch002.pt"])
            self.train("longer", "--epochs", 4, "--evaluate-every", 1, "--keep-from", 0.5)
        self.assertEqual(self.kept("longer"), ["earlier-epoch001.pt", "epoch002.pt", "epoch003.pt", "epoch004.pt"])

    def test_training_may_start_from_a_checkpoint_or_a_model_file_but_from_no_other(self) -> None:
        network = ssd300.SSD300VGG16(train_ssd300.ANCHOR_SCALES)
        weights = {name: value.half().float() for name, value in network.state_dict().items() if name != "anchors"}
        network.load_state_dict(weights | {"anchors": network.anchors})
        torch.save({"average": network.state_dict()}, self.folder / "checkpoint.pt")
        torch.jit.save(model_card.half_weights(torch.jit.script(network)), str(self.folder / "model.pt"))
        torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), str(self.folder / "linear.pt"))
        for name in ("checkpoint.pt", "model.pt"):
            self.assertTrue(small_data.same_tensors(train_ssd300.start_weights(self.folder / name), weights), name)
        with self.assertRaisesRegex(ValueError, "linear.pt holds neither"):
            train_ssd300.start_weights(self.folder / "linear.pt")

    def test_batch_larger_than_the_data_is_refused(self) -> None:
        with self.assertRaises(SystemExit) as ended:
            self.train("none", "--batch", 50)
        self.assertEqual(ended.exception.code, 2)


class AveragedCheckpoints(unittest.TestCase):
    def test_checkpoints_of_different_runs_are_refused_by_name(self) -> None:
        recipe = {"seed": 1, "epochs": 9}
        state = {"average": {}, "size": 300, "scales": (0.1, 0.2), "epoch": 1, "step": 1, "recipe": recipe}
        others = {
            "later.pt": state | {"epoch": 2, "recipe": {"seed": 1, "epochs": 12}},  # may differ
            "larger.pt": state | {"size": 512},
            "seed.pt": state | {"recipe": {"seed": 2, "epochs": 9}},
        }
        with tempfile.TemporaryDirectory() as folder:
            paths = {name: Path(folder, name) for name in ("first.pt", *others)}
            for name, each in ({"first.pt": state} | others).items():
                torch.save(each, paths[name])
            self.assertEqual(len(export_ssd300.load_states([paths["first.pt"], paths["later.pt"]])), 2)
            for name in ("larger.pt", "seed.pt"):
                with self.assertRaisesRegex(ValueError, name):
                    export_ssd300.load_states([paths["first.pt"], paths[name]])


if __name__ == "__main__":
    unittest.main()
