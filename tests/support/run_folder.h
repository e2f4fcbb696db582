// Folders of inputs and results, for tests that run the executable over pictures.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "bonescan/core/json.h"

namespace bonescan::test {

// The six radiographs and the photograph of tests/data/samples, into a folder that is made.
void copy_samples(const std::filesystem::path& folder);

// A JPEG whose second half is missing.
void write_truncated(const std::filesystem::path& path);

// Every file below the folder but run.json, with its content.
std::map<std::string, std::string> files_of(const std::filesystem::path& folder);

std::vector<Json> json_lines(const std::string& text);

}  // namespace bonescan::test
