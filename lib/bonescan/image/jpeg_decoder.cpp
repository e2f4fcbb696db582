#include "bonescan/image/jpeg_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <cstring>
#include <string_view>

#include <jpeglib.h>
// After jpeglib.h: the codes of its messages.
#include <jerror.h>

#include "bonescan/core/error.h"
#include "bonescan/image/exif.h"
#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::string_view kExifPrefix("Exif\0\0", 6);

struct ErrorState : jpeg_error_mgr {
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
  bool ended_early = false;    // the scan, at a marker or with the file
  bool ended_at_once = false;  // in the first row of blocks of the first scan
  bool file_ended = false;
  bool damaged = false;
};

ErrorState& state_of(j_common_ptr info) {
  return *static_cast<ErrorState*>(info->err);
}

[[noreturn]] void on_error(j_common_ptr info) {
  ErrorState& state = state_of(info);
  info->err->format_message(info, state.message);
  std::longjmp(state.jump, 1);
}

// Not where a restart marker goes on behind a gap.
bool ends_in_first_row(const jpeg_decompress_struct& info) {
  const bool goes_on = info.err->msg_code == JWRN_HIT_MARKER && info.restart_interval > 0;
  return info.input_scan_number <= 1 && info.input_iMCU_row == 0 && !goes_on;
}

// libjpeg goes on after these and fills in grey; only some of its warnings mean lost pixels.
void on_message(j_common_ptr info, int level) {
  if (level >= 0) return;
  ErrorState& state = state_of(info);
  switch (info->err->msg_code) {
    case JWRN_JPEG_EOF:
      state.file_ended = true;
      [[fallthrough]];
    case JWRN_HIT_MARKER:
      if (!state.ended_early) state.ended_at_once = ends_in_first_row(*reinterpret_cast<j_decompress_ptr>(info));
      state.ended_early = true;
      break;
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      state.damaged = true;
      break;
    default:
      break;
  }
}

void on_progress(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= kMostJpegScans) return;
  ErrorState& state = state_of(info);
  std::snprintf(state.message, sizeof state.message, "more than %d scans", kMostJpegScans);
  std::longjmp(state.jump, 1);
}

// Released also where the reader's constructor throws.
struct Decompressor : jpeg_decompress_struct {
  Decompressor() : jpeg_decompress_struct{} {}
  ~Decompressor() { jpeg_destroy_decompress(this); }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
};

class JpegReader {
 public:
  JpegReader(std::span<const std::uint8_t> bytes, bool allow_truncated) : allow_truncated_(allow_truncated) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = on_error;
    errors_.emit_message = on_message;
    attempt([&] {
      jpeg_create_decompress(&info_);
      progress_.progress_monitor = on_progress;
      info_.progress = &progress_;
      jpeg_mem_src(&info_, bytes.data(), bytes.size());
      jpeg_save_markers(&info_, kExifMarker, 0xFFFF);
      jpeg_read_header(&info_, TRUE);
    });
  }

  cv::Size size(const ReadOptions& options) const {
    return checked_size(info_.image_width, info_.image_height, options);
  }

  int orientation() const {
    for (jpeg_saved_marker_ptr marker = info_.marker_list; marker; marker = marker->next) {
      const std::span<const std::uint8_t> data(marker->data, marker->data_length);
      if (data.size() < kExifPrefix.size() || std::memcmp(data.data(), kExifPrefix.data(), kExifPrefix.size()) != 0)
        continue;
      return exif_orientation(data.subspan(kExifPrefix.size()));
    }
    return 1;
  }

  // Whether an Adobe marker says that inks are stored inverted.
  bool saw_adobe_marker() const { return info_.saw_Adobe_marker; }

  // Scaled by 1 / `reduction`; one channel, BGR, or four inks.
  cv::Mat decode(int reduction) {
    info_.scale_num = 1;
    info_.scale_denom = static_cast<unsigned>(reduction);
    info_.out_color_space = output_colours();
    attempt([&] { jpeg_calc_output_dimensions(&info_); });
    cv::Mat pixels(static_cast<int>(info_.output_height), static_cast<int>(info_.output_width),
                   CV_8UC(info_.out_color_components));
    attempt([&] {
      jpeg_start_decompress(&info_);
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW row = pixels.ptr(static_cast<int>(info_.output_scanline));
        jpeg_read_scanlines(&info_, &row, 1);
      }
      jpeg_finish_decompress(&info_);
    });
    return pixels;
  }

  bool ended_early() const { return errors_.ended_early; }

  // Warnings came on the way: was the picture whole?
  void require_whole() const {
    if (errors_.damaged && !errors_.ended_early) throw ImageError("the JPEG data are damaged");
    if (errors_.ended_early && !allow_truncated_) throw_truncated();
    if (errors_.ended_at_once) throw ImageError(kShowsNothing);
  }

 private:
  // libjpeg reports failure by longjmp: `step` must hold nothing that needs a destructor.
  template <typename Step>
  void attempt(const Step& step) {
    if (setjmp(errors_.jump) == 0) {
      step();
      return;
    }
    if (errors_.ended_early) throw_truncated();
    throw ImageError(fmt::format("the JPEG data cannot be decoded: {}", errors_.message));
  }

  [[noreturn]] void throw_truncated() const {
    throw ImageError(
        fmt::format("the JPEG data end too early (truncated{} file)", errors_.file_ended ? "" : " or damaged"));
  }

  J_COLOR_SPACE output_colours() const {
    switch (info_.num_components) {
      case 1:
        return JCS_GRAYSCALE;
      case 3:
        return JCS_EXT_BGR;
      case 4:
        return JCS_CMYK;
      default:
        throw ImageError(fmt::format("is a JPEG with {} components; 1, 3 or 4 are supported", info_.num_components));
    }
  }

  bool allow_truncated_;
  ErrorState errors_{};
  jpeg_progress_mgr progress_{};
  Decompressor info_;
};

// The largest reduction that keeps both sides at or above `side`. Only powers of two: the
// decoder has fast transforms for these.
int reduction_for(cv::Size size, int side) {
  if (side <= 0) return 1;
  int reduction = 1;
  while (reduction < 8 && std::min(size.width, size.height) / (2 * reduction) >= side) reduction *= 2;
  return reduction;
}

// Light left by the inks: each of red, green and blue is dimmed by its ink and by black.
cv::Mat cmyk_to_bgr(const cv::Mat& cmyk, bool stored_inverted) {
  cv::Mat light = cmyk;
  if (!stored_inverted) cv::bitwise_not(cmyk, light);
  cv::Mat planes[4];
  cv::split(light, planes);
  cv::Mat bgr[3];
  for (int i = 0; i < 3; ++i) cv::multiply(planes[2 - i], planes[3], bgr[i], 1.0 / 255.0);
  cv::Mat result;
  cv::merge(bgr, 3, result);
  return result;
}

}  // namespace

bool tells_of_lost_jpeg_pixels(std::string_view warning) {
  constexpr std::string_view kCutOff = "Premature end of JPEG file", kCorrupt = "Corrupt JPEG data: ";
  if (warning.starts_with(kCutOff)) return true;
  return warning.starts_with(kCorrupt) && warning.find("extraneous bytes") == std::string_view::npos;
}

DecodedImage decode_jpeg(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  JpegReader reader(bytes, options.allow_truncated);
  DecodedImage image;
  image.size = reader.size(options);
  image.orientation = reader.orientation();
  image.pixels = reader.decode(reduction_for(image.size, options.reduce_to_side));
  reader.require_whole();
  image.truncated = reader.ended_early();
  if (image.pixels.channels() == 4) image.pixels = cmyk_to_bgr(image.pixels, reader.saw_adobe_marker());
  return image;
}

cv::Size read_jpeg_size(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  const JpegReader reader(bytes, options.allow_truncated);
  return upright_size(reader.size(options), reader.orientation());
}

}  // namespace bonescan
