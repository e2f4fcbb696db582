// Failures of the libraries that read images, told as failures of the image.
#pragma once

#include <fmt/format.h>

#include <new>
#include <opencv2/core.hpp>

#include "bonescan/core/error.h"

namespace bonescan {

// Calls `work`. Throws ImageError where it runs out of memory or OpenCV refuses, and what else `work` throws.
template <typename Work>
auto with_image_errors(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw ImageError("does not fit into memory");
  } catch (const cv::Exception& failure) {
    if (failure.code == cv::Error::StsNoMem) throw ImageError("does not fit into memory");
    throw ImageError(fmt::format("cannot be decoded: {}", failure.err));
  }
}

}  // namespace bonescan
