#include "bonescan/report/thumbnail.h"

#include <openssl/evp.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

constexpr int kLongerSide = 420;
const cv::Scalar kTruthColour(96, 200, 32);  // green, in BGR

cv::Size thumbnail_size(cv::Size size) {
  const double scale = static_cast<double>(kLongerSide) / std::max(size.width, size.height);
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

struct SmallPicture {
  cv::Mat pixels;
  double scale = 1.0;  // its width over the radiograph's
};

SmallPicture read_small(const std::filesystem::path& path, ReadOptions read) {
  read.reduce_to_side = kLongerSide;
  const Radiograph radiograph = read_radiograph(path, read);
  cv::Mat picture = to_8bit_colour(radiograph);
  cv::resize(picture, picture, thumbnail_size(radiograph.size), 0, 0, cv::INTER_AREA);
  return {picture, static_cast<double>(picture.cols) / radiograph.size.width};
}

std::string base64(const std::vector<unsigned char>& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  // EVP_EncodeBlock ends the text with a zero, which std::string has room for.
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  return text;
}

std::string data_uri(const cv::Mat& picture) {
  std::vector<unsigned char> bytes;
  cv::imencode(".jpg", picture, bytes, {cv::IMWRITE_JPEG_QUALITY, 80});
  return "data:image/jpeg;base64," + base64(bytes);
}

void draw_outline(cv::Mat& picture, const cv::Mat& mask, const cv::Scalar& colour) {
  cv::Mat small;
  cv::resize(mask, small, picture.size(), 0, 0, cv::INTER_NEAREST);
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(small, outlines, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE);
  cv::drawContours(picture, outlines, -1, colour, 1, cv::LINE_AA);
}

std::vector<CaptionedBox> scaled(std::span<const CaptionedBox> boxes, double scale) {
  std::vector<CaptionedBox> result(boxes.begin(), boxes.end());
  for (CaptionedBox& captioned : result) {
    Box& box = captioned.box;
    box = {box.x * scale, box.y * scale, box.width * scale, box.height * scale};
  }
  return result;
}

}  // namespace

std::string box_thumbnail(const std::filesystem::path& image, const ReadOptions& read,
                          std::span<const CaptionedBox> truth, std::span<const CaptionedBox> predictions) {
  auto [picture, scale] = read_small(image, read);
  draw_boxes(picture, scaled(truth, scale), kTruthColour);
  draw_boxes(picture, scaled(predictions, scale), kBoxColour);
  return data_uri(picture);
}

std::string mask_thumbnail(const std::filesystem::path& image, const ReadOptions& read, const cv::Mat& ground_truth,
                           const cv::Mat& prediction) {
  cv::Mat picture;
  try {
    if (!image.empty()) picture = read_small(image, read).pixels;
  } catch (const ImageError&) {
    picture.release();  // the masks say enough
  }
  if (picture.empty()) picture = cv::Mat::zeros(thumbnail_size(ground_truth.size()), CV_8UC3);
  draw_outline(picture, ground_truth, kTruthColour);
  draw_outline(picture, prediction, kBoxColour);
  return data_uri(picture);
}

}  // namespace bonescan
