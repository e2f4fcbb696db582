// The records of a run while it goes on: a file that grows line by line and survives a killed process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>

namespace bonescan {

// Lines are appended whole; each is in the file when append() returns. Only offsets need be kept in
// memory to read them back.
class ResultJournal {
 public:
  // Opens the file, or makes it. What follows the last newline, a line that a killed process began,
  // is cut off. Throws OutputError.
  explicit ResultJournal(std::filesystem::path path);

  // Adds the line and a newline; returns where the line begins. Throws OutputError.
  std::uint64_t append(std::string_view line);

  // The line that begins at `offset`, without newline. Throws OutputError if it cannot be read.
  std::string line_at(std::uint64_t offset);

  // Gives the file this name once all of it is on the disk. Throws OutputError.
  void publish_as(const std::filesystem::path& path) const;

  // Every line from the first on.
  void for_each(const std::function<void(std::uint64_t offset, const std::string& line)>& visit);

 private:
  std::filesystem::path path_;
  std::ofstream output_;
  std::uint64_t size_ = 0;
  std::ifstream input_;
  std::uint64_t input_position_ = 0;
};

}  // namespace bonescan
