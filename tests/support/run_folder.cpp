#include "support/run_folder.h"

#include <sstream>

#include "bonescan/core/file.h"
#include "support/test_paths.h"

namespace bonescan::test {

namespace fs = std::filesystem;

void copy_samples(const fs::path& folder) {
  fs::create_directories(folder);
  for (const fs::directory_entry& entry : fs::directory_iterator(data_folder() / "samples"))
    if (entry.path().extension() == ".jpg") fs::copy_file(entry.path(), folder / entry.path().filename());
}

void write_truncated(const fs::path& path) {
  const std::string whole = read_text_file(data_folder() / "samples/IMG0003767.jpg");
  write_file_atomically(path, whole.substr(0, whole.size() / 2));
}

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != "run.json")
      files[entry.path().lexically_relative(folder).string()] = read_text_file(entry.path());
  return files;
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(Json::parse(line));
  return lines;
}

}  // namespace bonescan::test
