#include "bonescan/image/png_decoder.h"

#include <fmt/format.h>
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/image/byte_order.h"
#include "bonescan/image/exif.h"
#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

class PngReader {
 public:
  explicit PngReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, [](png_structp, png_const_charp) {});
    info_ = png_ ? png_create_info_struct(png_) : nullptr;
    if (!info_) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, this, on_read);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  cv::Size read_header(const ReadOptions& options) {
    require([&] { png_read_info(png_, info_); });
    return checked_size(png_get_image_width(png_, info_), png_get_image_height(png_, info_), options);
  }

  // All of the picture, or what there is of it if `allow_truncated`.
  cv::Mat read_pixels(bool allow_truncated) {
    int passes = 1;
    require([&] {
      // libpng drops an incomplete block of compressed data; small blocks save most of a truncated file.
      if (allow_truncated) png_set_compression_buffer_size(png_, 64);
      if (png_get_bit_depth(png_, info_) == 16 && std::endian::native == std::endian::little) png_set_swap(png_);
      png_set_expand(png_);
      png_set_bgr(png_);
      passes = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
    });
    const int depth = png_get_bit_depth(png_, info_) == 16 ? CV_16U : CV_8U;
    cv::Mat pixels = cv::Mat::zeros(static_cast<int>(png_get_image_height(png_, info_)),
                                    static_cast<int>(png_get_image_width(png_, info_)),
                                    CV_MAKETYPE(depth, png_get_channels(png_, info_)));
    const bool whole = attempt([&] {
      for (int pass = 0; pass < passes; ++pass)
        for (int y = 0; y < pixels.rows; ++y) png_read_row(png_, pixels.ptr(y), nullptr);
      png_read_end(png_, info_);
    });
    if (!whole && !(ended_early_ && allow_truncated)) fail();
    return pixels;
  }

  bool ended_early() const { return ended_early_; }

 private:
  [[noreturn]] static void on_error(png_structp png, png_const_charp message) {
    auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
    std::snprintf(reader.message_, sizeof reader.message_, "%s", message);
    png_longjmp(png, 1);
  }

  static void on_read(png_structp png, png_bytep target, std::size_t count) {
    auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
    if (count > reader.rest_.size()) {
      reader.ended_early_ = true;
      png_error(png, "unexpected end");
    }
    std::memcpy(target, reader.rest_.data(), count);
    reader.rest_ = reader.rest_.subspan(count);
  }

  // libpng reports failure by longjmp: `step` must hold nothing that needs a destructor.
  template <typename Step>
  bool attempt(const Step& step) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    step();
    return true;
  }

  template <typename Step>
  void require(const Step& step) {
    if (!attempt(step)) fail();
  }

  [[noreturn]] void fail() const {
    if (ended_early_) throw ImageError("the PNG data end too early (truncated file)");
    throw ImageError(fmt::format("the PNG data cannot be decoded: {}", message_));
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::uint8_t> rest_;
  bool ended_early_ = false;
  char message_[200] = "";
};

// Of the first eXIf chunk, before the pixels or behind them. libpng does not get past the pixels without unpacking
// them.
int orientation_of(std::span<const std::uint8_t> png) {
  // A chunk's head: the length of its data and its type.
  constexpr std::size_t kSignature = 8, kHead = 8, kChecksum = 4;
  for (std::size_t at = kSignature; at + kHead <= png.size();) {
    const std::size_t length = big_endian(png, at, 4);
    const std::string_view type(reinterpret_cast<const char*>(png.data()) + at + 4, 4);
    at += kHead;
    if (type == "IEND" || length > png.size() - at) return 1;
    if (type == "eXIf") return exif_orientation(png.subspan(at, length));
    at += length + kChecksum;
  }
  return 1;
}

}  // namespace

DecodedImage decode_png(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  PngReader reader(bytes);
  DecodedImage image;
  image.size = reader.read_header(options);
  image.pixels = blend_over_black(reader.read_pixels(options.allow_truncated));
  image.truncated = reader.ended_early();
  image.orientation = orientation_of(bytes);
  return image;
}

cv::Size read_png_size(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return upright_size(PngReader(bytes).read_header(options), orientation_of(bytes));
}

}  // namespace bonescan
