// What DICOM files hold besides one picture, and telling them by their first bytes.
#include "bonescan/image/dicom_file.h"

#include <catch2/catch.hpp>

#include "bonescan/core/file.h"
#include "bonescan/image/dicom_signature.h"
#include "image/pictures.h"
#include "support/test_paths.h"

namespace bonescan {
namespace {

namespace fs = std::filesystem;
using test::dicom;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST_CASE("files are told to be DICOM, a DICOMDIR or neither") {
  for (const char* name : {"grey_rle.dcm", "bare_explicit", "bare_implicit", "meta_without_preamble", "report.dcm"})
    CHECK(dicom_kind(dicom(name)) == DicomKind::kInstance);
  CHECK(dicom_kind(dicom("disc/DICOMDIR")) == DicomKind::kDirectory);
  for (const char* name : {"grey.png", "grey.jpg", "bad/text.jpg", "bad/empty.jpg", "missing"})
    CHECK(dicom_kind(test::fixture(name)) == DicomKind::kNone);
  CHECK(dicom_kind(dicom("disc")) == DicomKind::kNone);
}

TEST_CASE("what begins like a DICOM element, but leads to no SOP class of DICOM's, is not DICOM") {
  using namespace std::string_view_literals;
  CHECK(is_dicom(bytes_of("\x08\0\x16\0UI\x1A\0001.2.840.10008.5.1.4.1.1.1\0rest"sv)));
  CHECK_FALSE(is_dicom(bytes_of("\x08\0\x16\0UI\x1A\0001.2.841.10008.5.1.4.1.1.1\0rest"sv)));
  CHECK_FALSE(is_dicom(bytes_of("\x08\0\x16\0UI\xFF\0001.2.840.10008.5.1.4.1.1.1\0rest"sv)));
  CHECK_FALSE(is_dicom(bytes_of("\x08\0\x12\0DA\0\0\x08\0\x05\0CS\0\0\x08\0\x16\0UI\x0E\0001.2.840.10008.x"sv)));
  CHECK_FALSE(is_dicom(bytes_of("\x08\0"sv)));
}

TEST_CASE("values of every kind may stand before the SOP class, those whose length has four bytes, too") {
  using namespace std::string_literals;
  const auto representation =
      GENERATE(as<std::string>{}, "OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV");
  CAPTURE(representation);
  const std::string before = "\x08\0\x06\0"s + representation + "\0\0\x04\0\0\0ABCD"s;
  CHECK(is_dicom(bytes_of(before + "\x08\0\x16\0UI\x1A\0001.2.840.10008.5.1.4.1.1.1\0rest"s)));
}

TEST_CASE("frames are counted, and a file that cannot be read counts as one") {
  CHECK(count_dicom_frames(dicom("frames_jpeg_ls.dcm"), {}) == 3);
  CHECK(count_dicom_frames(dicom("grey_rle.dcm"), {}) == 1);
  for (const char* name : {"report.dcm", "personal_cut.dcm", "many_frames.dcm", "missing"})
    CHECK(count_dicom_frames(dicom(name), {}) == 1);
  CHECK(count_dicom_frames(dicom("frames_rle.dcm"), {.max_pixels = 3 * 61 * 47 - 1}) == 1);
  CHECK(count_dicom_frames(dicom("frames_rle.dcm"), {.max_file_size = fs::file_size(dicom("frames_rle.dcm"))}) == 3);
  CHECK(count_dicom_frames(dicom("frames_rle.dcm"), {.max_file_size = 1000}) == 1);
}

TEST_CASE("a DICOMDIR lists its images, and small letters stand for capitals where only they are there") {
  const test::TemporaryFolder folder;
  fs::copy_file(dicom("disc/DICOMDIR"), folder / "DICOMDIR");
  write_file_atomically(folder / "images/im2", "");
  CHECK(dicom_directory_images(folder / "DICOMDIR") ==
        std::vector<fs::path>{folder / "images/IM1", folder / "images/im2", folder / "images/IM3"});
  CHECK(dicom_directory_images(dicom("grey_rle.dcm")).empty());
  CHECK(dicom_directory_images(dicom("missing")).empty());
}

TEST_CASE("a DICOMDIR that leads out of its folder lists nothing") {
  const test::TemporaryFolder folder;
  std::string directory = read_text_file(dicom("disc/DICOMDIR"));
  const std::size_t listed = directory.find("IMAGES\\IM2");
  REQUIRE(listed != std::string::npos);
  const auto part = GENERATE(as<std::string>{}, "..\\..\\ABCD", "/ROOT\\ABCD", "IMAGE\\..\\A", ".\\ABCDEFGH");
  directory.replace(listed, part.size(), part);
  write_file_atomically(folder / "DICOMDIR", directory);
  CHECK(dicom_directory_images(folder / "DICOMDIR").empty());
}

}  // namespace
}  // namespace bonescan
