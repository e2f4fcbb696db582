#include "bonescan/model/operating_point.h"

#include <fmt/format.h>

#include <cmath>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

std::optional<double> find_in_card(const Model& model, const std::string& name) {
  const auto found = model.card.operating_point.find(name);
  if (found == model.card.operating_point.end()) return std::nullopt;
  return found->second;
}

[[noreturn]] void refuse(const Model& model, const std::string& name, double value, const std::string& right) {
  throw UsageError(fmt::format("{}: \"{}\" is {}; it should be {}", model.path.string(), name, value, right));
}

}  // namespace

double choose_fraction(const Model& model, const std::string& name, std::optional<double> given,
                       std::optional<double> fallback) {
  const std::optional<double> value = given ? given : find_in_card(model, name);
  if (!value && !fallback) {
    throw UsageError(
        fmt::format("{}: the model card has no \"operating_point.{}\"; it should be a number from 0 to 1, "
                    "or be given as an option",
                    model.path.string(), name));
  }
  const double result = value.value_or(fallback.value_or(0.0));
  if (!(result >= 0.0 && result <= 1.0)) refuse(model, name, result, "a number from 0 to 1");
  return result;
}

int choose_count(const Model& model, const std::string& name, std::optional<int> given, int fallback) {
  const double value = given ? *given : find_in_card(model, name).value_or(fallback);
  if (!(value >= 1.0 && value <= 1e6) || value != std::floor(value)) {
    refuse(model, name, value, "a whole number from 1 to 1000000");
  }
  return static_cast<int>(value);
}

}  // namespace bonescan
