// The kinds of failure that are not bugs. Apart from running out of memory, whatever else is thrown is a bug and
// reaches main.
#pragma once

#include <stdexcept>
#include <string>
#include <system_error>

namespace bonescan {

// What the user asked for cannot be done: a bad option, a missing model, a ground truth file that
// is broken. The message is one sentence that names the option or file and says what would be right.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One image cannot be processed. The message says why without repeating the file's name: the
// caller's record holds the name.
class ImageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The run cannot go on, and no image is to blame: a file that the program writes could not be written (disk full,
// folder removed), or there is no memory for a model. The message names the file and the reason.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Nobody reads standard output any more: a pipe's reader has seen enough.
class ReaderGoneError : public OutputError {
 public:
  using OutputError::OutputError;
};

// The system's words for a value of errno: "No such file or directory".
inline std::string system_reason(int error) {
  return std::generic_category().message(error);
}

}  // namespace bonescan
