// Thresholds: what the user gave, else what the model card says, else a default.
#pragma once

#include <optional>
#include <string>

#include "bonescan/model/network.h"

namespace bonescan {

// A threshold in 0..1. Throws UsageError if the card's value is outside, or if there is none at all.
double choose_fraction(const Model& model, const std::string& name, std::optional<double> given,
                       std::optional<double> fallback = std::nullopt);

// A whole number above 0. Throws UsageError if the card's value is not one.
int choose_count(const Model& model, const std::string& name, std::optional<int> given, int fallback);

}  // namespace bonescan
