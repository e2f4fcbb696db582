#include "bonescan/image/tiff_decoder.h"

#include <fmt/format.h>
#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <opencv2/imgproc.hpp>

#include "bonescan/core/error.h"
#include "bonescan/image/jpeg_decoder.h"
#include "bonescan/image/orientation.h"

namespace bonescan {
namespace {

// A file in memory, as libtiff's callbacks see it.
struct MemoryFile {
  std::span<const std::uint8_t> bytes;
  bool pad_with_zeros = false;  // beyond the end: libtiff drops a strip that is not whole
  std::uint64_t position = 0;
  bool ended_early = false;
  bool lost_jpeg_pixels = false;
  char first_error[300] = "";

  bool has_failed() const { return first_error[0] != '\0'; }
};

MemoryFile& file_of(thandle_t handle) {
  return *static_cast<MemoryFile*>(handle);
}

tmsize_t on_read(thandle_t handle, void* target, tmsize_t count) {
  MemoryFile& file = file_of(handle);
  const std::uint64_t left = file.bytes.size() - std::min<std::uint64_t>(file.position, file.bytes.size());
  const auto available = std::min(static_cast<std::uint64_t>(count), left);
  if (available < static_cast<std::uint64_t>(count)) file.ended_early = true;
  if (available > 0) std::memcpy(target, file.bytes.data() + file.position, available);
  file.position += available;
  if (!file.pad_with_zeros) return static_cast<tmsize_t>(available);
  std::memset(static_cast<char*>(target) + available, 0, static_cast<std::uint64_t>(count) - available);
  return count;
}

tmsize_t on_write(thandle_t, void*, tmsize_t) {
  return 0;
}

toff_t on_seek(thandle_t handle, toff_t offset, int origin) {
  MemoryFile& file = file_of(handle);
  if (origin == SEEK_SET) file.position = offset;
  if (origin == SEEK_CUR) file.position += offset;
  if (origin == SEEK_END) file.position = file.bytes.size() + offset;
  return file.position;
}

int on_close(thandle_t) {
  return 0;
}

toff_t on_size(thandle_t handle) {
  return file_of(handle).bytes.size();
}

int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  MemoryFile& file = file_of(user);
  if (!file.has_failed()) std::vsnprintf(file.first_error, sizeof file.first_error, format, arguments);
  return 1;
}

int on_warning(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  char message[300];
  std::vsnprintf(message, sizeof message, format, arguments);
  if (tells_of_lost_jpeg_pixels(message)) file_of(user).lost_jpeg_pixels = true;
  return 1;
}

struct CloseTiff {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using TiffHandle = std::unique_ptr<TIFF, CloseTiff>;

[[noreturn]] void fail(const MemoryFile& file) {
  if (file.ended_early) throw ImageError("the TIFF data end too early (truncated file)");
  if (!file.has_failed()) throw ImageError("the TIFF's pixels are not laid out as its header says");
  throw ImageError(fmt::format("the TIFF data cannot be decoded: {}", file.first_error));
}

TiffHandle open_tiff(MemoryFile& file, const ReadOptions& options) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> settings(TIFFOpenOptionsAlloc(),
                                                                                  TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(settings.get(), on_error, &file);
  TIFFOpenOptionsSetWarningHandlerExtR(settings.get(), on_warning, &file);
  // No strip needs more than a whole picture of four 16-bit samples.
  constexpr tmsize_t kBytesPerPixel = 8, kTables = 1 << 20, kMostPixels = tmsize_t{1} << 50;
  const tmsize_t pixels = std::min<tmsize_t>(options.max_pixels, kMostPixels);
  TIFFOpenOptionsSetMaxSingleMemAlloc(settings.get(), pixels * kBytesPerPixel + kTables);
  // "m": no memory mapping, so that every access goes through on_read and its bounds.
  TiffHandle tiff(TIFFClientOpenExt("image", "rm", &file, on_read, on_write, on_seek, on_close, on_size, nullptr,
                                    nullptr, settings.get()));
  if (!tiff) fail(file);
  return tiff;
}

template <typename Value>
Value field(TIFF* tiff, std::uint32_t tag) {
  Value value{};
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

// What the directory says about the samples.
struct Layout {
  cv::Size size;
  int orientation = 1;
  int bits = 1;
  int samples = 1;  // per pixel
  int format = SAMPLEFORMAT_UINT;
  int photometric = PHOTOMETRIC_MINISBLACK;
  bool planar = false;
  bool alpha = false;
  bool alpha_premultiplied = false;
};

Layout read_layout(TIFF* tiff, const ReadOptions& options) {
  Layout layout;
  layout.size = checked_size(field<std::uint32_t>(tiff, TIFFTAG_IMAGEWIDTH),
                             field<std::uint32_t>(tiff, TIFFTAG_IMAGELENGTH), options);
  layout.orientation = field<std::uint16_t>(tiff, TIFFTAG_ORIENTATION);
  layout.bits = field<std::uint16_t>(tiff, TIFFTAG_BITSPERSAMPLE);
  layout.samples = field<std::uint16_t>(tiff, TIFFTAG_SAMPLESPERPIXEL);
  layout.format = field<std::uint16_t>(tiff, TIFFTAG_SAMPLEFORMAT);
  layout.planar = field<std::uint16_t>(tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  layout.photometric = layout.samples >= 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
  std::uint16_t photometric = 0;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric)) layout.photometric = photometric;
  std::uint16_t extra_count = 0;
  const std::uint16_t* extra = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extra);
  layout.alpha = extra_count > 0 && extra[0] != EXTRASAMPLE_UNSPECIFIED;
  layout.alpha_premultiplied = layout.alpha && extra[0] == EXTRASAMPLE_ASSOCALPHA;
  return layout;
}

bool is_grey(const Layout& layout) {
  return layout.photometric == PHOTOMETRIC_MINISBLACK || layout.photometric == PHOTOMETRIC_MINISWHITE;
}

struct EndConversion {
  void operator()(TIFFRGBAImage* converter) const { TIFFRGBAImageEnd(converter); }
};

// libtiff's own conversion, which knows palettes, inks, YCbCr, tiles and planes.
cv::Mat read_8bit(TIFF* tiff, const Layout& layout, MemoryFile& file, bool allow_truncated) {
  TIFFRGBAImage converter;
  char reason[1024] = "";
  if (!TIFFRGBAImageBegin(&converter, tiff, allow_truncated ? 0 : 1, reason))
    throw ImageError(fmt::format("the TIFF data cannot be decoded: {}", reason));
  const std::unique_ptr<TIFFRGBAImage, EndConversion> owner(&converter);
  // The orientation is applied later, for all formats alike.
  converter.req_orientation = converter.orientation;
  cv::Mat rgba = cv::Mat::zeros(layout.size, CV_8UC4);
  file.first_error[0] = '\0';  // without stop_on_error the result says nothing of what could not be decoded
  const int done = TIFFRGBAImageGet(&converter, rgba.ptr<std::uint32_t>(), static_cast<std::uint32_t>(rgba.cols),
                                    static_cast<std::uint32_t>(rgba.rows));
  if ((!done || file.has_failed()) && !(file.ended_early && allow_truncated)) fail(file);
  // Colours come multiplied by alpha, which is the blend over black.
  cv::Mat pixels;
  if (is_grey(layout)) {
    cv::extractChannel(rgba, pixels, 0);
  } else {
    cv::cvtColor(rgba, pixels, cv::COLOR_RGBA2BGR);
  }
  return pixels;
}

// One plane of strips: all samples of a pixel together, or `plane` of them.
bool read_strips(TIFF* tiff, cv::Mat& pixels, std::uint16_t plane) {
  const std::size_t row_bytes = static_cast<std::size_t>(pixels.cols) * pixels.elemSize();
  if (static_cast<std::size_t>(TIFFScanlineSize(tiff)) != row_bytes) return false;
  for (int y = 0; y < pixels.rows; ++y)
    if (TIFFReadScanline(tiff, pixels.ptr(y), static_cast<std::uint32_t>(y), plane) < 0) return false;
  return true;
}

bool read_tiles(TIFF* tiff, cv::Mat& pixels, std::uint16_t plane, const ReadOptions& options) {
  const cv::Size size = checked_size(field<std::uint32_t>(tiff, TIFFTAG_TILEWIDTH),
                                     field<std::uint32_t>(tiff, TIFFTAG_TILELENGTH), options);
  cv::Mat tile(size, pixels.type());
  if (static_cast<std::size_t>(TIFFTileSize(tiff)) != tile.total() * tile.elemSize()) return false;
  for (int y = 0; y < pixels.rows; y += size.height) {
    for (int x = 0; x < pixels.cols; x += size.width) {
      if (TIFFReadTile(tiff, tile.data, static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), 0, plane) < 0)
        return false;
      const cv::Rect place = cv::Rect({x, y}, size) & cv::Rect({0, 0}, pixels.size());
      tile(cv::Rect({0, 0}, place.size())).copyTo(pixels(place));
    }
  }
  return true;
}

bool read_plane(TIFF* tiff, cv::Mat& pixels, std::uint16_t plane, const ReadOptions& options) {
  return TIFFIsTiled(tiff) ? read_tiles(tiff, pixels, plane, options) : read_strips(tiff, pixels, plane);
}

// As stored, `samples` channels of 8 or 16 bits.
cv::Mat read_samples(TIFF* tiff, const Layout& layout, const MemoryFile& file, const ReadOptions& options) {
  const int depth = layout.bits == 16 ? CV_16U : CV_8U;
  const auto read = [&](cv::Mat& pixels, int plane) {
    if (read_plane(tiff, pixels, static_cast<std::uint16_t>(plane), options)) return;
    if (!(file.ended_early && options.allow_truncated)) fail(file);
  };
  cv::Mat pixels = cv::Mat::zeros(layout.size, CV_MAKETYPE(depth, layout.samples));
  if (!layout.planar) {
    read(pixels, 0);
    return pixels;
  }
  for (int i = 0; i < layout.samples; ++i) {
    cv::Mat plane = cv::Mat::zeros(layout.size, depth);
    read(plane, i);
    cv::insertChannel(plane, pixels, i);
  }
  return pixels;
}

int colours_of(const Layout& layout) {
  return is_grey(layout) ? 1 : layout.photometric == PHOTOMETRIC_RGB ? 3 : 0;
}

// From the colours that the file stores, in place: pictures can be large. A further sample stays as it is.
void make_unsigned_bgr(cv::Mat& pixels, const Layout& layout) {
  const int colours = colours_of(layout);
  const int flipped_bits = (layout.format == SAMPLEFORMAT_INT ? 0x8000 : 0) ^
                           (layout.photometric == PHOTOMETRIC_MINISWHITE ? (1 << layout.bits) - 1 : 0);
  cv::Scalar flipped;
  for (int i = 0; i < colours; ++i) flipped[i] = flipped_bits;
  if (flipped_bits != 0) cv::bitwise_xor(pixels, flipped, pixels);
  if (colours == 1) return;
  const auto swap = pixels.channels() == 3 ? cv::COLOR_RGB2BGR : cv::COLOR_RGBA2BGRA;
  for (int y = 0; y < pixels.rows; ++y) {
    cv::Mat row = pixels.row(y);
    cv::cvtColor(row, row, swap);
  }
}

cv::Mat without_last_sample(const cv::Mat& samples) {
  cv::Mat colours;
  if (samples.channels() == 2) {
    cv::extractChannel(samples, colours, 0);
  } else {
    cv::cvtColor(samples, colours, cv::COLOR_BGRA2BGR);
  }
  return colours;
}

cv::Mat read_as_stored(TIFF* tiff, const Layout& layout, const MemoryFile& file, const ReadOptions& options) {
  const int colours = colours_of(layout);
  if (colours == 0 || layout.samples < colours || layout.samples > colours + 1)
    throw ImageError(fmt::format("is a {}-bit TIFF that is neither grey nor RGB", layout.bits));
  cv::Mat samples = read_samples(tiff, layout, file, options);
  make_unsigned_bgr(samples, layout);
  if (layout.samples == colours) return samples;
  return layout.alpha && !layout.alpha_premultiplied ? blend_over_black(samples) : without_last_sample(samples);
}

// Whether the samples are what is to be shown: libtiff's own conversion would need four bytes for each pixel on top,
// and does not multiply grey by alpha.
bool is_plain_8bit(const Layout& layout) {
  if (layout.bits != 8 || layout.format == SAMPLEFORMAT_INT) return false;
  const int colours = colours_of(layout);
  return layout.samples == colours || (colours == 1 && layout.samples == 2);
}

cv::Mat read_pixels(TIFF* tiff, const Layout& layout, MemoryFile& file, const ReadOptions& options) {
  if (layout.bits == 16 || is_plain_8bit(layout)) return read_as_stored(tiff, layout, file, options);
  return read_8bit(tiff, layout, file, options.allow_truncated);
}

}  // namespace

DecodedImage decode_tiff(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  MemoryFile file{.bytes = bytes, .pad_with_zeros = options.allow_truncated};
  const TiffHandle tiff = open_tiff(file, options);
  const Layout layout = read_layout(tiff.get(), options);
  const bool integers =
      layout.format == SAMPLEFORMAT_UINT || layout.format == SAMPLEFORMAT_INT || layout.format == SAMPLEFORMAT_VOID;
  if (!integers || (layout.bits > 8 && layout.bits != 16))
    throw ImageError(fmt::format("is a TIFF with {}-bit {} samples; integers of 1 to 8 or of 16 bits are supported",
                                 layout.bits, integers ? "integer" : "floating-point"));
  DecodedImage image;
  image.size = layout.size;
  image.orientation = layout.orientation;
  image.pixels = read_pixels(tiff.get(), layout, file, options);
  if (file.lost_jpeg_pixels && !options.allow_truncated)
    throw ImageError("the JPEG data in the TIFF are damaged or end too early");
  // Without the option all pixels are there: it was a tag that ended early, which libtiff ignores.
  image.truncated = options.allow_truncated && (file.ended_early || file.lost_jpeg_pixels);
  return image;
}

cv::Size read_tiff_size(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  MemoryFile file{.bytes = bytes, .pad_with_zeros = options.allow_truncated};
  const Layout layout = read_layout(open_tiff(file, options).get(), options);
  return upright_size(layout.size, layout.orientation);
}

}  // namespace bonescan
