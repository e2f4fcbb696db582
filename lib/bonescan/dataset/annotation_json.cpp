#include "bonescan/dataset/annotation_json.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/json.h"
#include "bonescan/dataset/text_lines.h"

namespace bonescan {
namespace {

// 2^53: above it a double no longer holds every whole number.
constexpr double kLargestExactInteger = 9007199254740992.0;

std::optional<std::int64_t> as_integer(simdjson::dom::element element) {
  std::int64_t whole = 0;
  if (element.get(whole) == simdjson::SUCCESS) return whole;
  double number = 0.0;
  if (element.get(number) == simdjson::SUCCESS && std::trunc(number) == number &&
      std::abs(number) <= kLargestExactInteger)
    return static_cast<std::int64_t>(number);
  return std::nullopt;
}

}  // namespace

AnnotationFile::AnnotationFile(const std::filesystem::path& path) : AnnotationFile(path, read_text_file(path)) {}

AnnotationFile::AnnotationFile(const std::filesystem::path& path, std::string_view text) : name(path.string()) {
  const std::string_view document = without_byte_order_mark(text);
  const auto error = parser.parse(simdjson::padded_string(document)).get(root);
  if (error == simdjson::SUCCESS) return;
  parse_json(document, name);  // slower, but it says where the error is
  throw UsageError(fmt::format("{} is not valid JSON: {}", name, simdjson::error_message(error)));
}

AnnotationEntry::AnnotationEntry(const AnnotationFile& file, std::string_view list, std::size_t position,
                                 simdjson::dom::element element)
    : file_(file), list_(list), position_(position) {
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) fail("this is not an object");
  object_ = object;
}

void AnnotationEntry::fail(const std::string& sentence) const {
  std::string id;
  for (const std::string_view member : {"id", "image_id"}) {
    const auto element = find(member);
    if (!element) continue;
    if (const auto number = as_integer(*element)) id = fmt::format(" ({} {})", member, *number);
    break;
  }
  throw UsageError(fmt::format("{}: {}[{}]{}: {}", file_.name, list_, position_, id, sentence));
}

std::optional<simdjson::dom::element> AnnotationEntry::find(std::string_view member) const {
  simdjson::dom::element element;
  if (!object_ || object_->at_key(member).get(element) != simdjson::SUCCESS) return std::nullopt;
  return element;
}

simdjson::dom::element AnnotationEntry::require(std::string_view member) const {
  const auto element = find(member);
  if (!element) fail(fmt::format("\"{}\" is missing", member));
  return *element;
}

bool AnnotationEntry::has(std::string_view member) const {
  return find(member).has_value();
}

bool AnnotationEntry::has_text(std::string_view member) const {
  const auto value = find(member);
  return value && value->is_string();
}

std::int64_t AnnotationEntry::integer(std::string_view member) const {
  const auto whole = as_integer(require(member));
  if (!whole) fail(fmt::format("\"{}\" must be a whole number", member));
  return *whole;
}

double AnnotationEntry::number(std::string_view member) const {
  double number = 0.0;
  if (require(member).get(number) != simdjson::SUCCESS || !std::isfinite(number))
    fail(fmt::format("\"{}\" must be a number", member));
  return number;
}

std::string_view AnnotationEntry::text(std::string_view member) const {
  std::string_view text;
  if (require(member).get(text) != simdjson::SUCCESS) fail(fmt::format("\"{}\" must be a text", member));
  return text;
}

Box AnnotationEntry::box(std::string_view member) const {
  simdjson::dom::array list;
  if (require(member).get(list) != simdjson::SUCCESS || list.size() != 4)
    fail(fmt::format("\"{}\" must be a list of four numbers: x, y, width, height", member));
  std::array<double, 4> values{};
  std::size_t filled = 0;
  for (const simdjson::dom::element value : list) {
    if (value.get(values[filled++]) != simdjson::SUCCESS)
      fail(fmt::format("\"{}\" must be a list of four numbers: x, y, width, height", member));
  }
  const Box box{values[0], values[1], values[2], values[3]};
  if (box.width < 0.0 || box.height < 0.0)
    fail(fmt::format("\"{}\" has a negative size ({} x {})", member, box.width, box.height));
  return box;
}

bool AnnotationEntry::flag(std::string_view member) const {
  const auto element = find(member);
  if (!element) return false;
  bool truth = false;
  if (element->get(truth) == simdjson::SUCCESS) return truth;
  const auto whole = as_integer(*element);
  if (!whole || (*whole != 0 && *whole != 1)) fail(fmt::format("\"{}\" must be 0 or 1", member));
  return *whole == 1;
}

simdjson::dom::array annotation_list(const AnnotationFile& file, std::string_view list) {
  simdjson::dom::element element;
  if (file.root[list].get(element) != simdjson::SUCCESS)
    throw UsageError(
        fmt::format("{} has no member \"{}\"; a COCO file holds images, annotations and categories", file.name, list));
  simdjson::dom::array array;
  if (element.get(array) != simdjson::SUCCESS)
    throw UsageError(fmt::format("{}: \"{}\" must be a list", file.name, list));
  return array;
}

}  // namespace bonescan
