// What a misspelt name may have meant.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bonescan {

// The one of `names` that `wrong` is nearest to, by Levenshtein distance without regard to case and to whether words
// are joined by '-' or '_'; nullopt if more than a third of its letters (at least one) differ from all of them.
std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& names);

// The same, nullopt if more than `most` letters differ.
std::optional<std::string> nearest_name(std::string_view wrong, const std::vector<std::string>& names,
                                        std::size_t most);

// " (did you mean \"NAME\"?)", or nothing.
std::string did_you_mean(std::string_view wrong, const std::vector<std::string>& names);

}  // namespace bonescan
