// An evaluation as a whole; what its figures are is tested with the executable and in tests/metrics.
#include "bonescan/report/evaluate.h"

#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>

#include "support/test_paths.h"

namespace bonescan {

TEST_CASE("An evaluation that is cancelled has no outcome") {
  const test::TemporaryFolder folder;
  const cv::Mat mask(2, 4, CV_8U, cv::Scalar(255));
  for (const char* name : {"truth", "predicted"}) {
    std::filesystem::create_directories(folder / name);
    REQUIRE(cv::imwrite(folder / name / "a.png", mask));
  }
  EvaluationRequest request;
  request.task = ScanTask::kSegment;
  request.sources.ground_truth = folder / "truth";
  request.sources.predictions = folder / "predicted";
  Cancellation cancellation;
  const auto outcome = evaluate(request, cancellation);
  REQUIRE(outcome);
  CHECK(outcome->report["metrics"]["iou_mean"] == 1.0);
  cancellation.request();
  CHECK_FALSE(evaluate(request, cancellation));
}

}  // namespace bonescan
