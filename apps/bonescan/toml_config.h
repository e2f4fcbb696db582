// The file of --config.
#pragma once

#include <CLI/CLI.hpp>
#include <istream>
#include <string>
#include <vector>

namespace bonescan {

// Reads TOML (https://toml.io/en/v1.0.0) in place of CLI11's own reader, which knows INI and some of TOML.
class TomlConfig : public CLI::ConfigTOML {
 public:
  // Throws CLI::ConfigError with a sentence for what is no TOML, and for values that no option can have.
  std::vector<CLI::ConfigItem> from_config(std::istream& file) const override;

  // Whether the option's values are those of the file that was read; the command line goes before it.
  bool gives(const CLI::Option& option) const;

 private:
  mutable std::vector<CLI::ConfigItem> read_;  // CLI11 reads through a const interface
};

}  // namespace bonescan
