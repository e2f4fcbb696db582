// The bytes of JPEG files without a picture, of which only the markers count.
#pragma once

#include <string>

namespace bonescan::test {

// Start of image, one segment with a thumbnail's end-of-image marker inside, start of scan, data.
inline const std::string kUnfinishedJpeg("\xFF\xD8\xFF\xE1\x00\x06\xFF\xD9\x00\x00\xFF\xDA\x00\x02\x12\x34", 16);
inline const std::string kFinishedJpeg = kUnfinishedJpeg + "\xFF\xD9 trailing bytes";

}  // namespace bonescan::test
