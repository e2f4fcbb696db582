// Reading large annotation files: typed members of JSON objects, with errors that name the entry.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "bonescan/core/box.h"

namespace bonescan {

// A parsed file. Values point into it.
struct AnnotationFile {
  std::string name;  // for messages
  simdjson::dom::parser parser;
  simdjson::dom::element root;

  // Throws UsageError if the file cannot be read or is not JSON; says the line and column.
  explicit AnnotationFile(const std::filesystem::path& path);
  // Of a file that has been read.
  AnnotationFile(const std::filesystem::path& path, std::string_view text);
};

// One object of a list in such a file.
class AnnotationEntry {
 public:
  // `list` is the list's name ("annotations"; empty if the file is the list), `position` counts
  // from 0. Throws UsageError if `element` is not an object.
  AnnotationEntry(const AnnotationFile& file, std::string_view list, std::size_t position,
                  simdjson::dom::element element);

  bool has(std::string_view member) const;
  bool has_text(std::string_view member) const;

  // Each throws UsageError if the member is missing or of another type. A whole number may be
  // written as 3.0; a number must be finite.
  std::int64_t integer(std::string_view member) const;
  double number(std::string_view member) const;
  std::string_view text(std::string_view member) const;
  // [x, y, width, height], the sizes not negative.
  Box box(std::string_view member) const;

  // true, false, 1 or 0; false if the member is missing.
  bool flag(std::string_view member) const;

  // "FILE: LIST[POSITION] (id N): SENTENCE".
  [[noreturn]] void fail(const std::string& sentence) const;

 private:
  // nullopt if the member is missing.
  std::optional<simdjson::dom::element> find(std::string_view member) const;
  simdjson::dom::element require(std::string_view member) const;

  const AnnotationFile& file_;
  std::string_view list_;
  std::size_t position_;
  std::optional<simdjson::dom::object> object_;  // unset: the element is not an object
};

// The list of that name at the top of the file. Throws UsageError if it is missing or not a list.
simdjson::dom::array annotation_list(const AnnotationFile& file, std::string_view list);

}  // namespace bonescan
