// What is drawn onto a radiograph, and where.
#include "bonescan/image/overlay.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <opencv2/imgproc.hpp>

#include "image/pictures.h"

namespace bonescan {
namespace {

Radiograph flat_radiograph(cv::Size size) {
  return {.pixels = cv::Mat(size, CV_8U, cv::Scalar(100)), .size = size};
}

// 255 where the overlay differs from the flat radiograph.
cv::Mat drawn_pixels(const cv::Mat& overlay) {
  cv::Mat difference, drawn;
  cv::absdiff(overlay, cv::Scalar::all(100), difference);
  cv::cvtColor(difference, difference, cv::COLOR_BGR2GRAY);
  cv::threshold(difference, drawn, 2, 255, cv::THRESH_BINARY);
  return drawn;
}

TEST_CASE("scores have two digits, rounded down") {
  CHECK(score_caption(0.0) == "0.00");
  CHECK(score_caption(0.2899) == "0.28");
  CHECK(score_caption(0.999999) == "0.99");
  CHECK(score_caption(1.0) == "1.00");
  for (int hundredths = 0; hundredths <= 100; ++hundredths)
    CHECK(score_caption(hundredths / 100.0) == fmt::format("{}.{:02}", hundredths / 100, hundredths % 100));
}

TEST_CASE("without findings the overlay is the radiograph in colour") {
  const cv::Mat overlay = draw_overlay(flat_radiograph({80, 60}), cv::Mat(), {});
  CHECK(overlay.type() == CV_8UC3);
  CHECK(overlay.size() == cv::Size(80, 60));
  CHECK(cv::countNonZero(drawn_pixels(overlay)) == 0);
}

TEST_CASE("16-bit radiographs are drawn on in their window") {
  const Radiograph radiograph{
      .pixels = cv::Mat(20, 20, CV_16U, cv::Scalar(3000)), .size = {20, 20}, .window = {0.0, 4000.0}};
  const cv::Mat overlay = draw_overlay(radiograph, cv::Mat(), {});
  CHECK(overlay.at<cv::Vec3b>(10, 10) == cv::Vec3b(191, 191, 191));
}

TEST_CASE("a mask is tinted inside, with a stronger outline, and nothing outside changes") {
  cv::Mat mask = cv::Mat::zeros(200, 200, CV_8U);
  mask(cv::Rect(50, 50, 100, 100)).setTo(255);
  const cv::Mat drawn = draw_overlay(flat_radiograph({200, 200}), mask, {});
  const auto distance = [&](int y, int x) { return cv::norm(drawn.at<cv::Vec3b>(y, x), cv::Vec3b(100, 100, 100)); };
  CHECK(distance(100, 100) > 5.0);
  CHECK(distance(100, 50) > 2.0 * distance(100, 100));
  CHECK(distance(100, 45) == 0.0);
}

TEST_CASE("the frame lies around a box, and leaves its inside alone") {
  const std::vector<CaptionedBox> boxes{{{40, 60, 50, 30}, ""}};
  const cv::Mat drawn = drawn_pixels(draw_overlay(flat_radiograph({200, 200}), cv::Mat(), boxes));
  CHECK(cv::countNonZero(drawn(cv::Rect(41, 61, 48, 28))) == 0);
  const cv::Rect extent = cv::boundingRect(drawn);
  CHECK(std::abs(extent.x - 40) <= 2);
  CHECK(std::abs(extent.br().x - 90) <= 2);
  CHECK(std::abs(extent.y - 60) <= 2);
  CHECK(std::abs(extent.br().y - 90) <= 2);
}

TEST_CASE("a faint box has a darker frame where no frame could be thinner") {
  const auto lightest = [](bool faint) {
    const std::vector<CaptionedBox> boxes{{{10, 20, 50, 30}, "", faint}};
    cv::Mat red;
    cv::extractChannel(draw_overlay(flat_radiograph({100, 100}), cv::Mat(), boxes), red, 2);
    double least = 0.0, most = 0.0;
    cv::minMaxLoc(red, &least, &most);
    return most;
  };
  CHECK(lightest(true) < 0.7 * lightest(false));
}

TEST_CASE("a faint box has a thinner frame") {
  const auto pixels = [](bool faint) {
    const std::vector<CaptionedBox> boxes{{{400, 600, 500, 300}, "", faint}};
    return cv::countNonZero(drawn_pixels(draw_overlay(flat_radiograph({2000, 2000}), cv::Mat(), boxes)));
  };
  CHECK(pixels(true) > 1500);
  CHECK(pixels(true) * 4 < pixels(false));
}

TEST_CASE("captions stay inside the picture, wherever the box lies") {
  const cv::Size size = GENERATE(cv::Size(300, 300), cv::Size(2304, 2880));
  const Radiograph radiograph = flat_radiograph(size);
  const std::string caption = "fractured 0.93";
  const auto caption_area = [&](const Box& box) {
    const std::vector<CaptionedBox> with{{box, caption}}, without{{box, ""}};
    cv::Mat difference = drawn_pixels(draw_overlay(radiograph, cv::Mat(), with));
    difference.setTo(0, drawn_pixels(draw_overlay(radiograph, cv::Mat(), without)));
    return cv::boundingRect(difference).area();
  };
  const double w = size.width, h = size.height;
  const int in_the_middle = caption_area({w / 2, h / 2, w / 5, h / 5});
  REQUIRE(in_the_middle > 0);
  for (const Box& box : {Box{0, 0, w / 20, h / 20}, Box{w * 0.95, 0, w / 20, h / 20}, Box{0, h * 0.95, w / 20, h / 20},
                         Box{w * 0.95, h * 0.95, w / 20, h / 20}, Box{w * 0.95, 0, w / 20, h}})
    CHECK(caption_area(box) > in_the_middle * 0.8);
}

TEST_CASE("captions of close boxes stand above, below and inside, and never on each other") {
  const Radiograph radiograph = flat_radiograph({400, 400});
  const auto place_of_last_caption = [&](std::vector<CaptionedBox> boxes) {
    const cv::Mat with = draw_overlay(radiograph, cv::Mat(), boxes);
    boxes.back().caption.clear();
    cv::Mat difference;
    cv::absdiff(with, draw_overlay(radiograph, cv::Mat(), boxes), difference);
    cv::cvtColor(difference, difference, cv::COLOR_BGR2GRAY);
    return cv::boundingRect(difference);
  };
  const Box box{100, 150, 120, 100};
  std::vector<CaptionedBox> boxes;
  std::vector<cv::Rect> captions;
  for (const char* caption : {"fractured 0.93", "fractured 0.85", "fractured 0.61"}) {
    boxes.push_back({{box.x + 3.0 * static_cast<double>(boxes.size()), box.y, box.width, box.height}, caption});
    captions.push_back(place_of_last_caption(boxes));
  }
  CHECK(captions[0].br().y <= 150);
  CHECK(captions[1].y >= 250);
  CHECK((captions[2].y >= 140 && captions[2].br().y < 200));
  for (std::size_t a = 0; a < captions.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) CHECK((captions[a] & captions[b]).empty());
}

TEST_CASE("lines and letters grow with the picture") {
  const auto drawn_share = [](cv::Size size) {
    const std::vector<CaptionedBox> boxes{
        {{size.width * 0.3, size.height * 0.3, size.width * 0.2, size.height * 0.2}, "fractured 0.50"}};
    const cv::Mat drawn = drawn_pixels(draw_overlay(flat_radiograph(size), cv::Mat(), boxes));
    return cv::countNonZero(drawn) / static_cast<double>(size.area());
  };
  CHECK(drawn_share({3000, 3000}) == Approx(drawn_share({1000, 1000})).epsilon(0.2));
}

TEST_CASE("a note stands in the upper left corner") {
  const cv::Size size = GENERATE(cv::Size(300, 300), cv::Size(2304, 2880));
  const cv::Mat drawn = drawn_pixels(draw_overlay(flat_radiograph(size), cv::Mat(), {}, "no bone found"));
  const cv::Rect extent = cv::boundingRect(drawn);
  CHECK(extent.tl() == cv::Point(0, 0));
  CHECK(extent.height < size.height / 10);
  CHECK(extent.width > 5 * extent.height);
  CHECK(extent.width < size.width / 2);
}

TEST_CASE("boxes beyond the picture and pictures of one pixel do no harm") {
  const std::vector<CaptionedBox> boxes{
      {{-50, -50, 20, 20}, "outside"}, {{-5, -5, 1000, 1000}, "around"}, {{3, 3, 0, 0}, "empty"}};
  CHECK_NOTHROW(draw_overlay(flat_radiograph({10, 10}), cv::Mat(10, 10, CV_8U, cv::Scalar(255)), boxes));
  CHECK_NOTHROW(draw_overlay(flat_radiograph({1, 1}), cv::Mat(1, 1, CV_8U, cv::Scalar(255)), boxes));
}

}  // namespace
}  // namespace bonescan
