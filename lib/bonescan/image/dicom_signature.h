// Telling DICOM by its first bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bonescan {

// So many bytes of a file's start are enough to tell.
inline constexpr std::size_t kDicomHeadSize = 4096;

// Whether the bytes are the start of a DICOM file: a preamble of 128 bytes and "DICM" (PS3.10 7.1), or, as old programs
// and network captures leave it out, elements in ascending order (little endian, with or without VR) that lead to a SOP
// class UID which begins as all of DICOM's do. That is no accident of a text or a picture.
bool is_dicom(std::span<const std::uint8_t> head);

// Whether they are the start of a DICOMDIR, told by the SOP class in its meta header.
bool is_dicom_directory(std::span<const std::uint8_t> head);

}  // namespace bonescan
