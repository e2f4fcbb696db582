#include "bonescan/core/temporary_folder.h"

#include <cstdlib>
#include <string>
#include <system_error>

#include "bonescan/core/error.h"

namespace bonescan {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "bonescan-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw OutputError("no folder could be made in " + fs::temp_directory_path().string());
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace bonescan
