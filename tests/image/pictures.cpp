#include "image/pictures.h"

#include <limits>
#include <opencv2/imgcodecs.hpp>
#include <stdexcept>

#include "support/test_paths.h"

namespace bonescan::test {

std::filesystem::path fixture(const std::string& name) {
  return data_folder() / "images" / name;
}

cv::Mat reference(const std::string& name) {
  cv::Mat picture = cv::imread(fixture(name).string(), cv::IMREAD_UNCHANGED);
  if (picture.empty()) throw std::runtime_error("no fixture " + name);
  return picture;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0.0;
}

double mean_difference(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return std::numeric_limits<double>::infinity();
  return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total() * static_cast<std::size_t>(a.channels()));
}

}  // namespace bonescan::test
