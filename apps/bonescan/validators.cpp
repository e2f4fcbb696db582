#include "validators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string>

#include "bonescan/core/nearest_name.h"

namespace bonescan {
namespace {

// Whether all of `text` is a number in the range.
template <typename Number>
bool is_number_in(const std::string& text, Number least, Number most) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end && value >= least && value <= most;
}

// For CLI11 010 is an octal number.
void drop_leading_zeros(std::string& digits) {
  const std::size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos)
    digits = "0";
  else if (digits[first] >= '1' && digits[first] <= '9')
    digits.erase(0, first);
}

}  // namespace

CLI::Validator fraction() {
  const auto check = [](std::string& text) {
    return is_number_in(text, 0.0, 1.0) ? std::string() : fmt::format("\"{}\" is not a number from 0 to 1", text);
  };
  return {check, "0..1"};
}

CLI::Validator non_negative() {
  const auto check = [](std::string& text) {
    const bool fits = is_number_in(text, 0.0, std::numeric_limits<double>::max());
    return fits ? std::string() : fmt::format("\"{}\" is not a number from 0 on", text);
  };
  return {check, "X"};
}

CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const auto check = [least, most](std::string& text) {
    if (!is_number_in(text, least, most))
      return fmt::format("\"{}\" is not a whole number from {} to {}", text, least, most);
    drop_leading_zeros(text);
    return std::string();
  };
  return {check, "N"};
}

CLI::Validator not_empty() {
  const auto check = [](const std::string& text) { return std::string(text.empty() ? "the value is empty" : ""); };
  return {check, ""};
}

CLI::Validator true_or_false() {
  const auto check = [](const std::string& text) {
    return text == "true" || text == "false" ? std::string() : fmt::format("\"{}\" is neither true nor false", text);
  };
  return {check, ""};
}

CLI::Validator one_of(const std::vector<std::string>& names) {
  const std::string right = fmt::format("{}", fmt::join(names, ", "));
  const auto check = [names, right](std::string& text) {
    const bool known = std::find(names.begin(), names.end(), text) != names.end();
    return known ? std::string() : fmt::format("\"{}\"{} is not one of {}", text, did_you_mean(text, names), right);
  };
  return {check, fmt::format("{{{}}}", fmt::join(names, ","))};
}

CLI::Validator file_size() {
  const auto convert = [size = CLI::AsSizeValue(false)](std::string& text) {
    const std::string given = text;
    drop_leading_zeros(text);
    try {
      if (size(text).empty() && is_number_in(text, std::uint64_t{1}, std::uint64_t{1} << 62)) return std::string();
    } catch (const CLI::ValidationError&) {  // what it says speaks of C++'s types
    }
    return fmt::format("\"{}\" is not a file size; give a whole number of bytes, kB, MB or GB, for example 1500MB",
                       given);
  };
  return {convert, "SIZE"};
}

}  // namespace bonescan
