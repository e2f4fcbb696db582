// An output file that cannot have its name.
#pragma once

#include "bonescan/core/error.h"

namespace bonescan {

// The file system takes no file of that name (too long, not its characters, a folder in its place): which says nothing
// of other files. write_file_atomically throws it.
class FileNameError : public OutputError {
 public:
  using OutputError::OutputError;
};

}  // namespace bonescan
