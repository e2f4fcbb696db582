// Value ranges of options, checked while the command line is parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bonescan {

// A number from 0 to 1, both included; "nan" is none.
CLI::Validator fraction();

// A number from 0 on; "nan" and "inf" are none.
CLI::Validator non_negative();

// A decimal whole number from `least` to `most`, both included; for transform(), since leading zeros go.
CLI::Validator whole_number(std::int64_t least, std::int64_t most);

// Any value but the empty one.
CLI::Validator not_empty();

// "true" or "false", as a flag is given on the command line (--overlay=false) or in a TOML file.
CLI::Validator true_or_false();

// A number of bytes, or of kB, MB, GB and so on (of 1024), which becomes that of bytes.
CLI::Validator file_size();

// One of the names, which its description lists in braces as CLI::IsMember's does.
CLI::Validator one_of(const std::vector<std::string>& names);

// The same for options whose value is an enumeration.
template <typename Value>
CLI::Validator one_of(const std::map<std::string, Value>& values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  const CLI::Validator is_known = one_of(names);
  const auto choose = [values, is_known](std::string& text) {
    const std::string refusal = is_known(text);
    if (refusal.empty()) text = std::to_string(static_cast<int>(values.at(text)));
    return refusal;
  };
  return {choose, is_known.get_description()};
}

}  // namespace bonescan
