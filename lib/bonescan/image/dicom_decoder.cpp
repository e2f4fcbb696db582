#include "bonescan/image/dicom_decoder.h"

#include <dcmtk/dcmimage/diregist.h>  // colour, for dcmimgle
#include <dcmtk/dcmimgle/dcmimage.h>
#include <dcmtk/dcmimgle/dipixel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "bonescan/core/error.h"
#include "bonescan/image/dicom_header.h"
#include "bonescan/image/dicom_toolkit.h"

namespace bonescan {
namespace {

// A straight line from stored values to the values that windows are given in.
struct Rescale {
  double slope = 1.0;
  double intercept = 0.0;
};

std::optional<double> number(DcmItem* item, const DcmTagKey& tag) {
  Float64 value = 0.0;
  if (!item || item->findAndGetFloat64(tag, value).bad() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Where a frame's attributes of one kind stand: in enhanced images in a functional group of the frame or of all frames
// (PS3.3 C.7.6.16), else in the data set itself.
DcmItem* attributes_of_frame(DcmDataset& data_set, int frame, const DcmTagKey& functional_group) {
  const auto in = [&](const DcmTagKey& groups, int index) {
    DcmItem *group = nullptr, *attributes = nullptr;
    if (data_set.findAndGetSequenceItem(groups, group, index).good())
      group->findAndGetSequenceItem(functional_group, attributes);
    return attributes;
  };
  if (DcmItem* own = in(DCM_PerFrameFunctionalGroupsSequence, frame - 1)) return own;
  if (DcmItem* shared = in(DCM_SharedFunctionalGroupsSequence, 0)) return shared;
  return &data_set;
}

Rescale read_rescale(DcmDataset& data_set, int frame) {
  DcmItem* item = attributes_of_frame(data_set, frame, DCM_PixelValueTransformationSequence);
  const auto slope = number(item, DCM_RescaleSlope), intercept = number(item, DCM_RescaleIntercept);
  if (!slope || !intercept || *slope == 0.0) return {};
  return {*slope, *intercept};
}

// The first window as a straight line, in the values that windows are given in (PS3.3 C.11.2.1.2 and C.11.2.1.3.2). A
// sigmoid of a functional group, which DCMTK does not render, is taken for the line that it is near its centre.
std::optional<Window> read_window(DcmItem& item) {
  const auto centre = number(&item, DCM_WindowCenter), width = number(&item, DCM_WindowWidth);
  if (!centre || !width) return std::nullopt;
  OFString function;
  item.findAndGetOFString(DCM_VOILUTFunction, function);
  const bool exact = function == "LINEAR_EXACT";
  if (*width < (exact ? 1e-6 : 1.0)) return std::nullopt;
  if (exact) return Window{*centre - *width / 2, *centre + *width / 2};
  const double half = std::max((*width - 1.0) / 2, 0.25);  // a width of 1 is a threshold
  return Window{*centre - 0.5 - half, *centre - 0.5 + half};
}

bool has_sigmoid_window(DcmItem& item) {
  OFString function;
  return item.findAndGetOFString(DCM_VOILUTFunction, function).good() && function == "SIGMOID";
}

std::unique_ptr<DicomImage> open_image(DcmDataset& data_set, int frame, unsigned long flags) {
  auto image =
      std::make_unique<DicomImage>(&data_set, data_set.getCurrentXfer(), flags | CIF_UsePartialAccessToPixelData,
                                   static_cast<unsigned long>(frame - 1), 1ul);
  if (image->getStatus() == EIS_MemoryFailure) throw ImageError("does not fit into memory");
  if (image->getStatus() != EIS_Normal) throw ImageError("the DICOM pixel data cannot be decoded");
  return image;
}

void check_size(const DicomImage& image, const DicomHeader& header) {
  if (image.getWidth() != static_cast<unsigned long>(header.size.width) ||
      image.getHeight() != static_cast<unsigned long>(header.size.height))
    throw ImageError("the DICOM pixel data are not of the size that the header gives");
}

// What DCMTK renders, in `depth` bits for each of `channels` samples.
cv::Mat render(DicomImage& image, const DicomHeader& header, int depth, int channels) {
  check_size(image, header);
  cv::Mat pixels(header.size, CV_MAKETYPE(depth == 8 ? CV_8U : CV_16U, channels));
  const std::size_t bytes = pixels.total() * pixels.elemSize();
  if (image.getOutputDataSize(depth) != bytes || !image.getOutputData(pixels.data, bytes, depth))
    throw ImageError("the DICOM pixel data cannot be decoded");
  return pixels;
}

int opencv_depth(EP_Representation representation) {
  switch (representation) {
    case EPR_Uint8:
      return CV_8U;
    case EPR_Sint8:
      return CV_8S;
    case EPR_Uint16:
      return CV_16U;
    case EPR_Sint16:
      return CV_16S;
    case EPR_Sint32:
      return CV_32S;
    default:
      throw ImageError("is a DICOM file whose modality LUT gives values of more than 16 bits");
  }
}

// The values of the frame before any window. `shift` makes signed ones begin at 0.
cv::Mat stored_values(const DicomImage& image, const DicomHeader& header, bool deep, double shift) {
  check_size(image, header);
  const DiPixel* values = image.getInterData();
  if (!values || !values->getData() || values->getCount() < static_cast<unsigned long>(pixel_count(header.size)))
    throw ImageError("the DICOM pixel data cannot be decoded");
  const cv::Mat view(header.size, opencv_depth(values->getRepresentation()), const_cast<void*>(values->getData()));
  cv::Mat pixels;
  view.convertTo(pixels, deep ? CV_16U : CV_8U, 1.0, shift);
  return pixels;
}

// With the file's VOI LUT or its sigmoid window applied; empty if it has neither, or none that can be used.
cv::Mat render_with_curve(DcmDataset& data_set, const DicomHeader& header, int frame) {
  const bool has_lut = data_set.tagExistsWithValue(DCM_VOILUTSequence);
  if (!has_lut && !has_sigmoid_window(data_set)) return {};
  const auto image = open_image(data_set, frame, 0);
  if (has_lut && (image->getVoiLutCount() == 0 || !image->setVoiLut(0ul))) return {};
  if (!has_lut && (!image->setVoiLutFunction(EFV_Sigmoid) || !image->setWindow(0ul))) return {};
  return render(*image, header, 16, 1);
}

DecodedImage decode_grey(DcmDataset& data_set, const DicomHeader& header, int frame) {
  DecodedImage decoded;
  decoded.size = header.size;
  decoded.pixels = render_with_curve(data_set, header, frame);
  if (!decoded.pixels.empty()) {
    decoded.window = Window{0.0, 65535.0};
    return decoded;
  }
  const bool has_lut = data_set.tagExistsWithValue(DCM_ModalityLUTSequence);
  const auto image = open_image(data_set, frame, has_lut ? 0 : CIF_IgnoreModalityTransformation);
  const int bits = has_lut ? 16 : header.bits_stored;
  const double highest = std::exp2(bits) - 1.0;
  const double shift = header.is_signed && !has_lut ? std::exp2(bits - 1) : 0.0;
  decoded.pixels = stored_values(*image, header, bits > 8, shift);
  if (bits < 8) decoded.window = Window{0.0, highest};

  const Rescale rescale = has_lut ? Rescale() : read_rescale(data_set, frame);
  if (const auto window = read_window(*attributes_of_frame(data_set, frame, DCM_FrameVOILUTSequence))) {
    const auto to_pixels = [&](double value) { return (value - rescale.intercept) / rescale.slope + shift; };
    const auto [black, white] = std::minmax({to_pixels(window->black), to_pixels(window->white)});
    // A slope far from 1 leaves no width, or one that is infinite, in the single precision of a network's input.
    const auto width = static_cast<float>(white - black);
    if (width > 0.0F && std::isfinite(width) && std::isfinite(static_cast<float>(black)))
      decoded.window = Window{black, white};
  }
  if (header.white_is_zero == (rescale.slope < 0.0)) return decoded;
  cv::subtract(cv::Scalar(highest), decoded.pixels, decoded.pixels);
  if (decoded.window) decoded.window = Window{highest - decoded.window->white, highest - decoded.window->black};
  return decoded;
}

DecodedImage decode_colour(DcmDataset& data_set, const DicomHeader& header, int frame) {
  const auto image = open_image(data_set, frame, 0);
  DecodedImage decoded;
  decoded.size = header.size;
  cv::cvtColor(render(*image, header, 8, 3), decoded.pixels, cv::COLOR_RGB2BGR);
  return decoded;
}

DecodedImage decode_frame(DcmFileFormat& file, const ReadOptions& options) {
  const DicomHeader header = read_dicom_header(file, options);
  check_pixel_data(file, header);
  if (options.frame == 0 && header.frames > 1)
    throw ImageError(
        fmt::format("holds {} frames, and none was chosen; a DICOM file of several frames needs a name "
                    "that ends in .dcm, in digits or in nothing",
                    header.frames));
  if (options.frame > header.frames)
    throw ImageError(fmt::format("has no frame {}; it holds {}", options.frame, header.frames));
  DcmDataset& data_set = *file.getDataset();
  const int frame = std::max(options.frame, 1);
  check_compressed_frame(file, header, frame);
  DecodedImage decoded = require_whole_jpeg(
      [&] { return header.is_grey ? decode_grey(data_set, header, frame) : decode_colour(data_set, header, frame); });
  decoded.dicom = read_dicom_values(file, options.dicom_tags);
  return decoded;
}

}  // namespace

DecodedImage decode_dicom(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return with_dicom_toolkit([&] { return decode_frame(*open_dicom(bytes, options), options); });
}

DecodedImage decode_dicom(const std::filesystem::path& path, const ReadOptions& options) {
  return with_dicom_toolkit([&] { return decode_frame(*open_dicom(path, options), options); });
}

cv::Size read_dicom_size(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  return with_dicom_toolkit([&] { return read_dicom_header(*open_dicom(bytes, options), options).size; });
}

cv::Size read_dicom_size(const std::filesystem::path& path, const ReadOptions& options) {
  return with_dicom_toolkit([&] { return read_dicom_header(*open_dicom(path, options), options).size; });
}

}  // namespace bonescan
