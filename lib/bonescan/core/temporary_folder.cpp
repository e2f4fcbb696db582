#include "bonescan/core/temporary_folder.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

#include "bonescan/core/error.h"

namespace bonescan {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::error_code error;
  std::string name = (fs::temp_directory_path(error) / "bonescan-XXXXXX").string();
  if (!error && !::mkdtemp(name.data())) error = {errno, std::generic_category()};
  if (error)
    throw OutputError(
        fmt::format("no folder can be made for intermediate files: {}; TMPDIR should name one that can be written to",
                    error.message()));
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace bonescan
