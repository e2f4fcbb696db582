"""detection_metrics, against hand arithmetic and pycocotools; suppression in ssd300."""
from __future__ import annotations

import importlib.util
import unittest

import numpy as np

import small_data  # noqa: F401  (puts the scripts on Python's path)
from bonescan_training import detection_metrics, ssd300


def random_images(seed: int) -> tuple[list[detection_metrics.Prediction], list[np.ndarray]]:
    """Twenty images with up to three boxes, found more or less well, and with false alarms."""
    random = np.random.default_rng(seed)

    def boxes(count: int) -> np.ndarray:
        """Boxes of 20 to 60 pixels."""
        low = random.uniform(0, 200, (count, 2))
        return np.hstack([low, low + random.uniform(20, 60, (count, 2))])

    truths = [boxes(random.integers(0, 4)) for _ in range(20)]
    found = [np.vstack([truth + random.normal(0, 3, truth.shape), boxes(2)]) for truth in truths]
    return [(each, random.random(len(each))) for each in found], truths


class AveragePrecision(unittest.TestCase):
    def test_average_precision_is_that_of_hand_arithmetic(self) -> None:
        # Right, wrong, right of two boxes: precision 1 up to recall 0.5 (51 of 101 recalls), 2/3 beyond (50).
        truth = np.array([[0.0, 0, 10, 10], [50, 50, 60, 60]])
        found = np.array([[0.0, 0, 10, 10], [200, 200, 210, 210], [50, 50, 60, 60]])
        matches = detection_metrics.match([(found, np.array([0.9, 0.8, 0.7]))], [truth], 0.5)
        self.assertEqual(matches.correct.tolist(), [True, False, True])
        self.assertAlmostEqual(detection_metrics.average_precision(matches), (51 + 50 * 2 / 3) / 101)

    def test_a_box_is_found_once(self) -> None:
        truth, twice = np.array([[0.0, 0, 10, 10]]), np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]])
        matches = detection_metrics.match([(twice, np.array([0.9, 0.8]))], [truth], 0.5)
        self.assertEqual(matches.correct.tolist(), [True, False])

    @unittest.skipUnless(importlib.util.find_spec("pycocotools"), "pycocotools is not installed")
    def test_average_precision_is_that_of_pycocotools(self) -> None:
        from random_detection_cases import Case, pycocotools_figures

        for seed in range(5):
            predictions, truths = random_images(seed)

            def rows(box_lists: list[np.ndarray]) -> list[dict]:
                """COCO's records of each image's boxes."""
                return [
                    {"image_id": image, "category_id": 1, "bbox": [x1, y1, x2 - x1, y2 - y1],
                     "area": (x2 - x1) * (y2 - y1), "iscrowd": 0}
                    for image, boxes in enumerate(box_lists, start=1) for x1, y1, x2, y2 in boxes.tolist()
                ]

            scores = np.concatenate([scores for _, scores in predictions])
            found = rows([boxes for boxes, _ in predictions])
            detections = [row | {"score": float(score)} for row, score in zip(found, scores)]
            images = [{"id": 1 + i, "file_name": f"{i}.png", "width": 300, "height": 300} for i in range(len(truths))]
            truth = {"images": images, "categories": [{"id": 1, "name": "fractured"}], "annotations": rows(truths)}
            theirs, _ = pycocotools_figures(Case(truth, detections))
            ap50 = detection_metrics.average_precision(detection_metrics.match(predictions, truths, 0.5))
            self.assertAlmostEqual(ap50, theirs["ap50"], places=9)
            self.assertAlmostEqual(detection_metrics.coco_ap(predictions, truths), theirs["ap"], places=9)


class Suppression(unittest.TestCase):
    def test_boxes_go_that_overlap_a_better_one_by_more_than_the_threshold(self) -> None:
        # Against the first: IoU 8/12 = 0.67, and 0; two without area have none, and stay.
        boxes = np.float32([[0, 0, 10, 10], [2, 0, 12, 10], [30, 30, 40, 40], [50, 50, 50, 60], [50, 50, 50, 60]])
        scores = np.float32([0.8, 0.9, 0.7, 0.6, 0.5])
        self.assertEqual(ssd300.non_maximum_suppression(boxes, scores, 0.5).tolist(), [1, 2, 3, 4])
        self.assertEqual(ssd300.non_maximum_suppression(boxes, scores, 0.7).tolist(), [1, 0, 2, 3, 4])


if __name__ == "__main__":
    unittest.main()
