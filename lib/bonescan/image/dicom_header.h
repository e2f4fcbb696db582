// What a DICOM header says of its pixels, checked before anything is decoded.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "bonescan/image/dicom_tags.h"
#include "bonescan/image/radiograph.h"

class DcmFileFormat;

namespace bonescan {

struct DicomHeader {
  cv::Size size;  // columns x rows
  int frames = 1;
  int samples = 1;  // per pixel
  int bits_allocated = 8;
  int bits_stored = 8;
  bool is_signed = false;
  bool is_grey = true;
  bool white_is_zero = false;  // MONOCHROME1
  bool halved_chroma = false;  // YBR_FULL_422: two samples per pixel where the data are not compressed
};

// Throws ImageError if the file holds no image (a report, a DICOMDIR), one of a kind that is not read, or one over
// options.max_pixels, all frames together.
DicomHeader read_dicom_header(DcmFileFormat& file, const ReadOptions& options);

// Throws ImageError if there are no decoders for the pixel data, if there are fewer pixel data than the header
// promises, or if they are in tens of thousands of fragments more than there are frames.
void check_pixel_data(DcmFileFormat& file, const DicomHeader& header);

// Throws ImageError if the compressed data of the frame (from 1) would mislead the decoders. A JPEG may not have very
// many scans: a progressive one of a few kilobytes can ask for thousands of passes over the whole picture. Nor may it
// have the marker TEM, which DCMTK never gets past. The segments of run-length data must lie in the frame's one
// fragment (PS3.5 A.4.2, G.5): DCMTK reads wherever their offsets point.
void check_compressed_frame(DcmFileFormat& file, const DicomHeader& header, int frame);

// Texts of the elements that are asked for.
std::vector<DicomValue> read_dicom_values(DcmFileFormat& file, const std::vector<DicomTag>& tags);

}  // namespace bonescan
