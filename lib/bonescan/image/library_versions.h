// Which libraries read and draw the images.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace bonescan {

// Names and versions: {"OpenCV", "4.6.0"} ...
std::vector<std::pair<std::string, std::string>> image_library_versions();

}  // namespace bonescan
