"""ssd300 and what it learns from, against hand arithmetic: anchors, matching, losses, and which images are held out."""
from __future__ import annotations

import math
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch
import torch.nn.functional as F

import small_data
from bonescan_training import fracture_data, ssd300
from bonescan_training.precision import clip_gradients
from train_ssd300 import ANCHOR_SCALES


class Anchors(unittest.TestCase):
    def test_there_are_as_many_as_cells_and_shapes_and_their_centres_lie_inside(self) -> None:
        # 4, 6, 6, 6, 4 and 4 shapes on maps of 38, 19, 10, 5, 3 and 1; of 64, 32, 16, 8, 6 and 4; of 80 to 6 cells a side.
        for size, count in ((300, 8732), (512, 24656), (640, 38600)):
            anchors = ssd300.make_anchors(size, ssd300.SSD300VGG16.map_sizes(size), ANCHOR_SCALES)
            centres = (anchors[:, :2] + anchors[:, 2:]) / 2
            self.assertEqual(anchors.shape, (count, 4))
            self.assertTrue(((centres > 0) & (centres < size)).all())

    def test_the_first_cell_is_that_of_hand_arithmetic(self) -> None:
        anchors = ssd300.make_anchors(300, ssd300.SSD300VGG16.map_sizes(300), ANCHOR_SCALES)[:5]
        centre, side, between = 150 / 38, 0.05 * 300, math.sqrt(0.05 * 0.10) * 300
        long, short = side * math.sqrt(2), side / math.sqrt(2)
        shapes = [(side, side), (between, between), (long, short), (short, long), (side, side)]
        for i, (anchor, (width, height)) in enumerate(zip(anchors, shapes)):
            x = centre + (2 * centre if i == 4 else 0)  # the fifth is the next cell's first
            expected = torch.tensor([x - width / 2, centre - height / 2, x + width / 2, centre + height / 2])
            torch.testing.assert_close(anchor, expected)

    def test_windows_have_the_boxes_of_the_whole_input_in_pixels(self) -> None:
        whole = ssd300.make_anchors(512, ssd300.SSD300VGG16.map_sizes(512), ANCHOR_SCALES).view(-1, 4)
        window = ssd300.crop_anchors(256, 512, ANCHOR_SCALES)
        torch.testing.assert_close(window[: 32 * 4], whole[: 32 * 4])  # the first row of the finest map

    def test_boxes_are_decoded_from_what_they_are_encoded_to(self) -> None:
        anchors = torch.tensor([[0.0, 0, 10, 20], [5, 5, 15, 15]])
        boxes = torch.tensor([[1.0, 2, 9, 30], [0, 0, 100, 100]])
        # Centre (5, 16) against (5, 10), size 8 x 28 against 10 x 20; weights 10 and 5.
        expected = torch.tensor([0, 10 * 6 / 20, 5 * math.log(0.8), 5 * math.log(1.4)])
        deltas = ssd300.encode(boxes, anchors)
        torch.testing.assert_close(deltas[0], expected)
        torch.testing.assert_close(ssd300.decode(deltas, anchors), boxes)


class Losses(unittest.TestCase):
    # IoU with the first box: 1, 1/2, 1/3 and none; the last is the second box's best, at IoU 1/100.
    anchors = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [5, 0, 15, 10], [100, 100, 110, 110]])
    boxes = torch.tensor([[0.0, 0, 10, 10], [100, 100, 101, 101]])

    def test_anchors_stand_for_boxes_for_background_or_for_neither(self) -> None:
        ignored = ssd300.IGNORED
        for threshold, ignored_from, expected in (
            (0.5, 0.5, [0, 0, -1, 1]), (0.6, 0.6, [0, -1, -1, 1]), (0.6, 0.4, [0, ignored, -1, 1]),
            (0.6, 0.3, [0, ignored, ignored, 1]),
        ):
            self.assertEqual(ssd300.match(self.anchors, self.boxes, threshold, ignored_from).tolist(), expected)
        self.assertEqual(ssd300.match(self.anchors, self.boxes[:0]).tolist(), [-1] * 4)

    def test_three_hardest_negatives_count_for_each_match_and_ignored_anchors_never_do(self) -> None:
        anchors = torch.cat([self.anchors[:2], torch.tensor([[200.0 + 20 * i, 0, 210 + 20 * i, 10] for i in range(4)])])
        logits, deltas = torch.zeros(1, 6, 2), torch.zeros(1, 6, 4)
        logits[0, 1, 1] = 50.0  # half a fracture, taken for a whole one
        logits[0, 2:, 1] = torch.tensor([-1.0, 2.0, 0.5, 1.0])
        deltas[0, 0, 0] = 0.5
        class_loss, box_loss = ssd300.multibox_loss(logits, deltas, anchors, [self.boxes[:1]], 0.6, 0.4)
        hardest = F.softplus(torch.tensor([2.0, 1.0, 0.5])).sum()
        torch.testing.assert_close(class_loss, math.log(2) + hardest)
        torch.testing.assert_close(box_loss, torch.tensor(0.5**2 / 2))
        without = ssd300.multibox_loss(logits[:, 2:], deltas[:, 2:], anchors[2:], [self.boxes[:0]], negatives_without_boxes=1)
        torch.testing.assert_close(without[0], F.softplus(torch.tensor(2.0)))

    def test_generalised_iou_of_boxes_apart_falls_with_the_gap(self) -> None:
        boxes = torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 1]])
        targets = torch.tensor([[2.0, 0, 3, 1], [0, 0, 1, 1]])
        # The hull of the first two is 3, their union 2: 1 - (0 - 1/3).
        torch.testing.assert_close(ssd300.generalised_iou_loss(boxes, targets), torch.tensor([4 / 3, 0]))

    def test_gradients_that_are_not_finite_end_a_training(self) -> None:
        network = torch.nn.Linear(1, 1)
        for value, ends in ((3.0, False), (math.nan, True), (math.inf, True)):
            network.weight.grad, network.bias.grad = torch.tensor([[value]]), torch.tensor([4.0])
            if ends:
                self.assertRaisesRegex(ValueError, "lower --learning-rate", clip_gradients, network, 1.0)
            else:
                clip_gradients(network, 1.0)
                torch.testing.assert_close(network.weight.grad, torch.tensor([[0.6]]))


class Data(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)

    def test_images_that_figures_are_measured_on_are_never_trained_on_whatever_else_is_there(self) -> None:
        measured_on = fracture_data.evaluation_negatives(300)
        self.assertEqual(len(set(measured_on)), 300)
        self.assertEqual(fracture_data.evaluation_negatives(2), measured_on[-2:])
        images = self.folder / "images/Non_fractured"
        images.mkdir(parents=True)
        others = [f"IMG{number:07d}.jpg" for number in range(9000, 9020)]
        for name in measured_on[::10] + others:
            (images / name).write_bytes(b"\xff\xd9")
        for _ in range(3):
            self.assertEqual(sorted(fracture_data.training_negatives(self.folder, 1000)), sorted(others))
            (images / others.pop()).unlink()

    def test_a_pack_holds_what_went_into_it_up_to_its_size(self) -> None:
        small_data.write_pack(self.folder / "pack.npz")
        data = fracture_data.read_pack(self.folder / "pack.npz")
        self.assertEqual([image.shape for image in data.train + data.negatives], [(450, 450)] * 5)
        self.assertEqual(data.size(), 300)
        self.assertEqual(data.train_boxes[3].tolist(), data.valid_boxes[0].tolist())
        self.assertEqual(len(data.start), 26)
        too_small = mock.patch.object(fracture_data, "PACK_BYTES", fracture_data.PACK_HEADERS + 1000)
        with too_small, self.assertRaisesRegex(ValueError, "no room for negatives images"):
            fracture_data.write_pack(data, self.folder / "small.npz")


if __name__ == "__main__":
    unittest.main()
