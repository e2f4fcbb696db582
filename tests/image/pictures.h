// What the image tests share: fixtures, references read by OpenCV, and comparisons.
#pragma once

#include <filesystem>
#include <opencv2/core.hpp>
#include <string>

namespace bonescan::test {

// A picture of tests/data/images.
std::filesystem::path fixture(const std::string& name);

// That picture as OpenCV reads it, unchanged.
cv::Mat reference(const std::string& name);

// Same size, type and values.
bool equal(const cv::Mat& a, const cv::Mat& b);

// Over all pixels and channels, in grey levels; infinite if sizes or types differ.
double mean_difference(const cv::Mat& a, const cv::Mat& b);

}  // namespace bonescan::test
