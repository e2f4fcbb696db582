// Value ranges of options, checked while the command line is parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <string>

namespace bonescan {

// A number from 0 to 1, both included; "nan" is none.
CLI::Validator fraction();

// A number from 0 on; "nan" and "inf" are none.
CLI::Validator non_negative();

// A whole number from `least` to `most`, both included.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);

// A number of bytes, or of kB, MB, GB and so on (of 1024), which becomes that of bytes.
CLI::Validator file_size();

// One of the names, which its description lists as CLI::IsMember's does, for options whose value is an enumeration.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& values) {
  const auto choose = [values](std::string& text) -> std::string {
    const auto found = values.find(text);
    if (found != values.end()) {
      text = std::to_string(static_cast<int>(found->second));
      return {};
    }
    std::string names;
    for (const auto& [name, value] : values) names += (names.empty() ? "" : ", ") + name;
    return '"' + text + "\" is none of " + names;
  };
  std::string description;
  for (const auto& [name, value] : values) description += (description.empty() ? "{" : ",") + name;
  return {choose, description + "}"};
}

}  // namespace bonescan
