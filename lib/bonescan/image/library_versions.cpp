#include "bonescan/image/library_versions.h"

#include <dcmtk/dcmdata/dcuid.h>
#include <openjpeg.h>
#include <png.h>
#include <tiffio.h>

#include <cstdio>  // jpeglib.h needs FILE
#include <exiv2/version.hpp>
#include <opencv2/core/utility.hpp>

#include <jpeglib.h>

namespace bonescan {
namespace {

#define BONESCAN_TEXT_OF(macro) BONESCAN_TEXT(macro)
#define BONESCAN_TEXT(text) #text

// "LIBTIFF, Version 4.5.0\nCopyright ..."
std::string tiff_version() {
  const std::string text = TIFFGetVersion();
  const std::size_t number = text.find_last_of(' ', text.find('\n')) + 1;
  return text.substr(number, text.find('\n') - number);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> image_library_versions() {
  return {{"OpenCV", cv::getVersionString()},
          {"DCMTK", OFFIS_DCMTK_VERSION_STRING},
          {"OpenJPEG", opj_version()},
          {"libjpeg-turbo", BONESCAN_TEXT_OF(LIBJPEG_TURBO_VERSION)},
          {"libpng", png_get_libpng_ver(nullptr)},
          {"libtiff", tiff_version()},
          {"Exiv2", Exiv2::versionString()}};
}

}  // namespace bonescan
