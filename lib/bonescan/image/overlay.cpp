#include "bonescan/image/overlay.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace bonescan {
namespace {

const cv::Scalar kBoneColour(190, 170, 20);
const cv::Scalar kCaptionColour(0, 0, 0);
constexpr double kTint = 0.16;
constexpr double kFaint = 0.6;
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;

// Sizes of strokes and letters, in pixels of the picture.
struct Pen {
  int mask_line;
  int box_line;
  double font_scale;
  int font_line;
};

// Looks alike when pictures of any size are shown at the same size. Letters are about 1/55 of the
// shorter side high, but never less than 9 pixels, which is what Hershey fonts need to be read.
Pen pen_for(cv::Size size) {
  const double side = std::min(size.width, size.height);
  constexpr double kHersheyHeight = 21.0;  // of a capital letter at scale 1, in pixels
  const double letter_height = std::max(9.0, side / 55.0);
  const auto at_least_1 = [](double width) { return std::max(1, static_cast<int>(std::lround(width))); };
  return {.mask_line = at_least_1(side / 700.0),
          .box_line = at_least_1(side / 350.0),
          .font_scale = letter_height / kHersheyHeight,
          .font_line = at_least_1(letter_height / 9.0)};
}

void draw_mask(cv::Mat& picture, const cv::Mat& mask, const Pen& pen) {
  // Row by row: a large picture is not held several times.
  const cv::Mat colour(1, picture.cols, picture.type(), kBoneColour);
  cv::Mat tinted;
  for (int y = 0; y < picture.rows; ++y) {
    cv::Mat row = picture.row(y);
    cv::addWeighted(row, 1.0 - kTint, colour, kTint, 0.0, tinted);
    tinted.copyTo(row, mask.row(y));
  }
  std::vector<std::vector<cv::Point>> outlines;
  cv::findContours(mask, outlines, cv::RETR_CCOMP, cv::CHAIN_APPROX_NONE);
  cv::drawContours(picture, outlines, -1, kBoneColour, pen.mask_line, cv::LINE_AA);
}

// Where a caption's plate goes: above the box, below it, or inside its upper edge, whichever comes first of those that
// lie in the picture, and on none of the plates that are there already, as long as one of the three does.
cv::Rect plate_beside(const cv::Rect& box, cv::Size plate, cv::Size picture, std::span<const cv::Rect> others) {
  const int left = std::clamp(box.x, 0, std::max(0, picture.width - plate.width));
  const auto at = [&](int top) { return cv::Rect({left, top}, plate); };
  const auto fits = [&](int top) { return top >= 0 && top + plate.height <= picture.height; };
  const auto is_free = [&](int top) {
    return fits(top) && std::none_of(others.begin(), others.end(),
                                     [&](const cv::Rect& other) { return !(at(top) & other).empty(); });
  };
  const std::array tops = {box.y - plate.height, box.y + box.height, box.y};
  auto top = std::find_if(tops.begin(), tops.end(), is_free);
  if (top == tops.end()) top = std::find_if(tops.begin(), tops.end(), fits);
  return at(top != tops.end() ? *top : std::clamp(box.y, 0, std::max(0, picture.height - plate.height)));
}

struct CaptionSize {
  int text_height = 0;
  int margin = 0;
  cv::Size plate;
};

CaptionSize size_of(const std::string& caption, const Pen& pen) {
  int baseline = 0;
  const cv::Size text = cv::getTextSize(caption, kFont, pen.font_scale, pen.font_line, &baseline);
  const int margin = std::max(2, text.height / 3);
  return {text.height, margin, {text.width + 2 * margin, text.height + baseline + margin}};
}

void draw_caption(cv::Mat& picture, const cv::Rect& plate, const std::string& caption, const Pen& pen,
                  const cv::Scalar& colour) {
  const CaptionSize size = size_of(caption, pen);
  cv::rectangle(picture, plate, colour, cv::FILLED);
  cv::putText(picture, caption, {plate.x + size.margin, plate.y + size.margin / 2 + size.text_height}, kFont,
              pen.font_scale, kCaptionColour, pen.font_line, cv::LINE_AA);
}

// The pixels that a box in continuous coordinates covers.
cv::Rect pixel_box(const Box& box, cv::Size picture) {
  const Box inside = clip_to_image(box, picture.width, picture.height);
  const int left = static_cast<int>(std::floor(inside.x)), top = static_cast<int>(std::floor(inside.y));
  const int right = static_cast<int>(std::ceil(inside.x + inside.width));
  const int bottom = static_cast<int>(std::ceil(inside.y + inside.height));
  return {left, top, std::max(1, right - left), std::max(1, bottom - top)};
}

// The frame lies around the pixels of the box, so that a small fracture stays visible inside it.
cv::Rect frame_around(const cv::Rect& box, int line) {
  const int reach = (line + 1) / 2;
  return {box.x - reach, box.y - reach, box.width + 2 * reach, box.height + 2 * reach};
}

}  // namespace

std::string score_caption(double score) {
  // 0.29 * 100 is a little less than 29.
  return fmt::format("{:.2f}", std::floor(std::nextafter(score * 100.0, 101.0)) / 100.0);
}

void draw_boxes(cv::Mat& picture, std::span<const CaptionedBox> boxes, const cv::Scalar& colour) {
  const Pen pen = pen_for(picture.size());
  const auto frame = [&](const CaptionedBox& box, int line) {
    return frame_around(pixel_box(box.box, picture.size()), line);
  };
  for (std::size_t i = boxes.size(); i-- > 0;) {
    const int line = boxes[i].faint ? 1 : pen.box_line;
    cv::rectangle(picture, frame(boxes[i], line), boxes[i].faint ? colour * kFaint : colour, line);
  }
  // Captions last: no frame crosses the text of another box.
  std::vector<cv::Rect> plates;
  for (const CaptionedBox& box : boxes)
    plates.push_back(box.caption.empty() ? cv::Rect()
                                         : plate_beside(frame(box, pen.box_line + 1), size_of(box.caption, pen).plate,
                                                        picture.size(), plates));
  for (std::size_t i = boxes.size(); i-- > 0;)
    if (!boxes[i].caption.empty()) draw_caption(picture, plates[i], boxes[i].caption, pen, colour);
}

cv::Mat draw_overlay(const Radiograph& radiograph, const cv::Mat& mask, std::span<const CaptionedBox> boxes,
                     const std::string& note) {
  cv::Mat picture = to_8bit_colour(radiograph);
  const Pen pen = pen_for(picture.size());
  if (!mask.empty()) draw_mask(picture, mask, pen);
  if (!note.empty()) draw_caption(picture, {{}, size_of(note, pen).plate}, note, pen, kBoneColour);
  draw_boxes(picture, boxes, kBoxColour);
  return picture;
}

}  // namespace bonescan
