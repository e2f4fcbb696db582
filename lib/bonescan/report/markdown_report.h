// report.md: the figures as a comment on a pull request.
#pragma once

#include <string>

#include "bonescan/core/json.h"

namespace bonescan {

// GitHub Markdown; unless there are hundreds of classes, far below the 65,536 characters that a comment may have.
std::string markdown_report(const Json& report);

}  // namespace bonescan
