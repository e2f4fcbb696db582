#include "bonescan/image/dicom_header.h"

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "bonescan/core/error.h"
#include "bonescan/image/byte_order.h"
#include "bonescan/image/decoded_image.h"
#include "bonescan/image/dicom_toolkit.h"
#include "bonescan/image/jpeg_decoder.h"

namespace bonescan {
namespace {

// Each frame becomes an input: a file cannot hold the whole run.
constexpr int kMostFrames = 100'000;

std::uint16_t number(DcmDataset& data_set, const DcmTagKey& tag, std::uint16_t otherwise = 0) {
  Uint16 value = 0;
  return data_set.findAndGetUint16(tag, value).good() ? value : otherwise;
}

// The photometric interpretations that are read (PS3.3 C.7.6.3.1.2); empty if the file has none of them.
std::string_view photometric_interpretation(DcmDataset& data_set) {
  constexpr std::array<std::string_view, 8> kKnown{"MONOCHROME1", "MONOCHROME2",  "PALETTE COLOR", "RGB",
                                                   "YBR_FULL",    "YBR_FULL_422", "YBR_ICT",       "YBR_RCT"};
  OFString text;
  data_set.findAndGetOFString(DCM_PhotometricInterpretation, text);
  for (const std::string_view known : kKnown)
    if (text == known.data()) return known;
  return {};
}

int frame_count(DcmDataset& data_set) {
  const int frames = number_of_frames(data_set);
  if (frames > kMostFrames)
    throw ImageError(fmt::format("says that it holds {} frames; the limit is {}", frames, kMostFrames));
  return frames;
}

void check_all_frames(const DicomHeader& header, const ReadOptions& options) {
  if (std::int64_t{header.frames} <= options.max_pixels / pixel_count(header.size)) return;
  throw ImageError(fmt::format("has {} frames of {} x {} pixels; the limit is {} pixels (--max-pixels)", header.frames,
                               header.size.width, header.size.height, options.max_pixels));
}

DcmPixelData& pixel_data_of(DcmDataset& data_set) {
  DcmElement* element = nullptr;
  auto* pixels =
      data_set.findAndGetElement(DCM_PixelData, element).good() ? dynamic_cast<DcmPixelData*>(element) : nullptr;
  if (!pixels) throw ImageError("is a DICOM file without an image (it has no pixel data)");
  return *pixels;
}

DcmPixelSequence& fragments_of(DcmPixelData& pixels, E_TransferSyntax syntax) {
  DcmPixelSequence* fragments = nullptr;
  if (pixels.getEncapsulatedRepresentation(syntax, nullptr, fragments).bad() || !fragments)
    throw ImageError("the DICOM pixel data cannot be decoded");
  return *fragments;
}

void check_fragments(DcmPixelSequence& fragments, const DicomHeader& header) {
  // Beyond one for each frame. DCMTK counts from the first for each that it reads.
  constexpr unsigned long kMostFurther = 50'000;
  if (fragments.card() > kMostFurther + static_cast<unsigned long>(header.frames))
    throw ImageError(fmt::format("has {} fragments of pixel data, which are too many", fragments.card()));
  // The first is the offset table; each frame has one or more of the others.
  if (fragments.card() < 1 + static_cast<unsigned long>(header.frames))
    throw ImageError("the DICOM data end too early (truncated file)");
}

void check_native_length(DcmPixelData& pixels, const DicomHeader& header) {
  const std::uint64_t samples = header.halved_chroma ? 2 : static_cast<std::uint64_t>(header.samples);
  const std::uint64_t needed = static_cast<std::uint64_t>(pixel_count(header.size)) * samples *
                               static_cast<std::uint64_t>(header.bits_allocated / 8) *
                               static_cast<std::uint64_t>(header.frames);
  if (pixels.getLength() < needed) throw ImageError("the DICOM data end too early (truncated file)");
}

void check_scans(std::span<const std::uint8_t> jpeg) {
  constexpr std::array<std::uint8_t, 2> kStartOfScan{0xFF, 0xDA};  // never within the data of a JPEG's scan
  int scans = 0;
  for (auto at = jpeg.begin();; ++at, ++scans) {
    at = std::search(at, jpeg.end(), kStartOfScan.begin(), kStartOfScan.end());
    if (at == jpeg.end()) return;
    if (scans == kMostJpegScans)
      throw ImageError(fmt::format("the DICOM pixel data have more than {} scans", kMostJpegScans));
  }
}

// The processes of ISO/IEC 10918-1: neither JPEG-LS nor JPEG 2000.
bool is_jpeg(E_TransferSyntax syntax) {
  return syntax >= EXS_JPEGProcess1 && syntax <= EXS_JPEGProcess14SV1;
}

// DCMTK 3.6.7 never gets past the marker TEM while it looks for the depth of a JPEG.
void check_markers(std::span<const std::uint8_t> jpeg) {
  const auto word = [jpeg](std::size_t at) { return jpeg[at] * 256 + jpeg[at + 1]; };
  for (std::size_t at = 0; at + 4 < jpeg.size();) {
    const int marker = word(at);
    if (marker == 0xFF01) throw ImageError("the DICOM pixel data are damaged: their JPEG has a marker out of place");
    const bool stands_alone = marker >= 0xFFD0 && marker <= 0xFFD9;  // RST0 to RST7, SOI and EOI
    if (marker < 0xFF02) return;
    at += stands_alone ? 2 : 2 + static_cast<std::size_t>(word(at + 2));
  }
}

// The header of run-length data (PS3.5 G.5): the number of segments and, for each, where it starts.
void check_segments(std::span<const std::uint8_t> run_lengths) {
  constexpr std::size_t kHeader = 64;
  constexpr std::uint32_t kMostSegments = 15;
  const ImageError damaged("the DICOM pixel data are damaged: their run-length segments lie outside them");
  if (run_lengths.size() < kHeader) throw damaged;
  const std::uint32_t segments = little_endian(run_lengths, 0, 4);
  if (segments < 1 || segments > kMostSegments) throw damaged;
  std::size_t earliest = kHeader;
  for (std::uint32_t segment = 0; segment < segments; ++segment) {
    const std::size_t start = little_endian(run_lengths, 4 + 4 * segment, 4);
    if (start < earliest || start >= run_lengths.size()) throw damaged;
    earliest = start + 1;
  }
}

std::optional<std::string> text_of(DcmItem& item, const DicomTag& tag) {
  constexpr std::size_t kLongest = 1 << 16;
  OFString text;
  DcmElement* element = nullptr;
  const DcmTagKey key(tag.group, tag.element);
  if (item.findAndGetElement(key, element).bad() || element->getLength() > kLongest || !element->isLeaf() ||
      element->getOFStringArray(text).bad())
    return std::nullopt;
  return std::string(text.data(), text.length());
}

}  // namespace

DicomHeader read_dicom_header(DcmFileFormat& file, const ReadOptions& options) {
  DcmDataset& data_set = *file.getDataset();
  if (data_set.tagExists(DCM_DirectoryRecordSequence))
    throw ImageError("is a DICOMDIR, an index without an image of its own, and lists none that can be read");
  pixel_data_of(data_set);
  DicomHeader header;
  header.size = checked_size(number(data_set, DCM_Columns), number(data_set, DCM_Rows), options);
  header.frames = frame_count(data_set);
  check_all_frames(header, options);

  header.samples = number(data_set, DCM_SamplesPerPixel, 1);
  header.bits_allocated = number(data_set, DCM_BitsAllocated);
  header.bits_stored = number(data_set, DCM_BitsStored, static_cast<std::uint16_t>(header.bits_allocated));
  const int high_bit = number(data_set, DCM_HighBit, static_cast<std::uint16_t>(header.bits_stored - 1));
  header.is_signed = number(data_set, DCM_PixelRepresentation) != 0;
  const std::string_view interpretation = photometric_interpretation(data_set);
  header.is_grey = interpretation.starts_with("MONOCHROME");
  header.white_is_zero = interpretation == "MONOCHROME1";
  header.halved_chroma = interpretation == "YBR_FULL_422";

  if (interpretation.empty())
    throw ImageError(
        "is a DICOM image of a photometric interpretation that is not supported; grey, RGB, YBR and "
        "palettes are");
  const int samples = header.is_grey || interpretation == "PALETTE COLOR" ? 1 : 3;
  if (header.samples != samples)
    throw ImageError(fmt::format("is a damaged DICOM image: {} samples per pixel where there should be {}",
                                 header.samples, samples));
  if ((header.bits_allocated != 8 && header.bits_allocated != 16) || header.bits_stored < 1 ||
      header.bits_stored > header.bits_allocated || high_bit >= header.bits_allocated ||
      high_bit < header.bits_stored - 1)
    throw ImageError(
        fmt::format("is a DICOM image with {} of {} bits stored (high bit {}); up to 16 bits in samples "
                    "of 8 or 16 are supported",
                    header.bits_stored, header.bits_allocated, high_bit));
  return header;
}

void check_pixel_data(DcmFileFormat& file, const DicomHeader& header) {
  DcmDataset& data_set = *file.getDataset();
  DcmPixelData& pixels = pixel_data_of(data_set);
  const DcmXfer syntax(data_set.getCurrentXfer());
  if (!syntax.isEncapsulated()) return check_native_length(pixels, header);
  if (!DcmCodecList::canChangeCoding(syntax.getXfer(), EXS_LittleEndianExplicit))
    throw ImageError(fmt::format("is a DICOM file whose transfer syntax is not supported ({})", syntax.getXferName()));
  check_fragments(fragments_of(pixels, syntax.getXfer()), header);
}

void check_compressed_frame(DcmFileFormat& file, const DicomHeader& header, int frame) {
  const E_TransferSyntax syntax = file.getDataset()->getCurrentXfer();
  if (DcmXfer(syntax).isNotEncapsulated()) return;
  DcmPixelSequence& fragments = fragments_of(pixel_data_of(*file.getDataset()), syntax);
  if (syntax != EXS_RLELossless) {
    const std::vector<std::uint8_t> bytes = compressed_frame(fragments, frame - 1, header.frames);
    if (is_jpeg(syntax)) check_markers(bytes);
    return check_scans(bytes);
  }
  if (fragments.card() != 1 + static_cast<unsigned long>(header.frames))
    throw ImageError("the DICOM pixel data are damaged: run-length data have one fragment for each frame");
  check_segments(fragment_bytes(fragments, static_cast<std::size_t>(frame)));  // 0 is the offset table
}

std::vector<DicomValue> read_dicom_values(DcmFileFormat& file, const std::vector<DicomTag>& tags) {
  std::vector<DicomValue> values;
  if (tags.empty() || (tags.size() == 1 && tags.front() == kSopInstanceUid)) {
    for (const DicomTag& tag : tags) values.push_back({tag.name, text_of(*file.getDataset(), tag)});
    return values;
  }
  const DicomTag character_set{"SpecificCharacterSet", 0x0008, 0x0005};
  const auto character_set_of_file = text_of(*file.getDataset(), character_set);  // the conversion replaces it
  file.getDataset()->convertToUTF8();  // where it cannot be done, bytes that are no UTF-8 are replaced in results
  for (const DicomTag& tag : tags) {
    DcmItem* item = tag.group == 0x0002 ? static_cast<DcmItem*>(file.getMetaInfo()) : file.getDataset();
    values.push_back({tag.name, tag == character_set ? character_set_of_file : text_of(*item, tag)});
  }
  return values;
}

}  // namespace bonescan
