"""fracture_augmentation: boxes and pictures go together."""
from __future__ import annotations

import unittest

import numpy as np

import small_data  # noqa: F401  (puts the scripts on Python's path)
from bonescan_training.fracture_augmentation import FLIPS, augment


class Augmentation(unittest.TestCase):
    def test_boxes_follow_the_picture(self) -> None:
        random, compared = np.random.default_rng(3), 0
        for _ in range(200):
            image = np.full((400, 300), 60, np.uint8)
            left, top, width, height = *random.integers(20, 180, 2), *random.integers(40, 100, 2)
            image[top : top + height, left : left + width] = 255
            box = np.float32([[left / 300, top / 400, (left + width) / 300, (top + height) / 400]])
            picture, boxes = augment(image, box, 240, 0.8, "both", random)
            bright = picture > (int(picture.max()) + int(np.median(picture))) // 2
            if len(boxes) == 0:
                continue
            rows, columns = np.nonzero(bright)
            seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            np.testing.assert_allclose(boxes[0], seen, atol=2)  # pixels, of 240
            compared += 1
        self.assertGreater(compared, 100)

    def test_flips_are_about_the_axes_that_are_named_and_change_nothing_else(self) -> None:
        image = np.random.default_rng(3).integers(0, 256, (60, 50), np.uint8)
        box, every = np.float32([[0.3, 0.2, 0.6, 0.5]]), {(), (1,), (0,), (0, 1)}  # axes of the array
        seen = {flips: set() for flips in FLIPS}
        for seed in range(40):
            unflipped, _ = augment(image, box, 64, 1.0, "none", np.random.default_rng(seed))
            for flips, axes in seen.items():
                picture, _ = augment(image, box, 64, 1.0, flips, np.random.default_rng(seed))
                turned = [each for each in every if np.array_equal(picture, np.flip(unflipped, each))]
                self.assertEqual(len(turned), 1)
                axes.update(turned)
        self.assertEqual(seen, {"both": every, "horizontal": {(), (1,)}, "none": {()}})


if __name__ == "__main__":
    unittest.main()
