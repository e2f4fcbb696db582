// DCMTK as the DICOM reader needs it: silent, with its decoders, opening data sets from files and from memory.
#pragma once

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "bonescan/core/error.h"
#include "bonescan/image/radiograph.h"

namespace bonescan {

// Switches DCMTK's log off (it quotes headers) and registers the decoders; once, whatever thread comes first. Every use
// of DCMTK goes through it. The sentence that says so if the data dictionary, a file of DCMTK's package, is missing.
std::optional<std::string> set_up_dicom_toolkit();

// Whether DCMTK's JPEG decoders told of lost pixels in this thread since the last call.
bool take_lost_jpeg_pixels();

// Calls `work`, which uses DCMTK. Damaged headers lead DCMTK's own strings and containers astray, which throw: that is
// a failure of the image. Throws ImageError, and what else `work` throws.
template <typename Work>
auto with_dicom_toolkit(const Work& work) {
  try {
    return work();
  } catch (const std::logic_error&) {
    throw ImageError("the DICOM data are damaged: DCMTK cannot read them");
  }
}

// Calls `decode`, which decodes pixel data. Throws ImageError if DCMTK's JPEG decoders told on the way, in this thread,
// of pixels that they lost: they go on with grey.
template <typename Decode>
auto require_whole_jpeg(const Decode& decode) {
  take_lost_jpeg_pixels();
  auto result = decode();
  if (take_lost_jpeg_pixels()) throw ImageError("the JPEG data in the DICOM file are damaged or end too early");
  return result;
}

// The data set up to and with the pixel data. Values of some size stay in the file until they are used. Throws
// ImageError; its messages never hold what DCMTK says, which may quote the header.
std::unique_ptr<DcmFileFormat> open_dicom(const std::filesystem::path& path, const ReadOptions& options);

// The same from a file's bytes.
std::unique_ptr<DcmFileFormat> open_dicom(std::span<const std::uint8_t> bytes, const ReadOptions& options);

// As the header gives it; 1 where it gives none.
int number_of_frames(DcmItem& data_set);

// One fragment's bytes; empty if they cannot be read. They belong to the fragment.
std::span<const std::uint8_t> fragment_bytes(DcmPixelSequence& fragments, std::size_t fragment);

// The bytes of a compressed frame (from 0), which lie in one or more fragments. Empty if they cannot be found or read.
std::vector<std::uint8_t> compressed_frame(DcmPixelSequence& fragments, int frame, int frames);

}  // namespace bonescan
