// Reading a model card: every member is checked, and every refusal says what would be right.
#include "bonescan/model/model_card.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "bonescan/core/counted.h"
#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/core/nearest_name.h"

namespace bonescan {
namespace {

constexpr std::string_view kSchema = "bonescan.model/1";
constexpr int kLargestSide = 4096;  // pixels of a network's input
constexpr std::size_t kLettersOfATypo = 2;

// The members of "operating_point" that count (model/options_in_force.h); what else stands there is for people.
// "candidates_per_class" is what the training scripts call "top_k".
const std::vector<std::string>& thresholds() {
  static const std::vector<std::string> names = {"mask_threshold",
                                                 "min_bone_fraction",
                                                 "min_bone_confidence",
                                                 "score_threshold",
                                                 "nms_iou",
                                                 "box_voting_iou",
                                                 "max_detections",
                                                 "top_k",
                                                 "candidates_per_class"};
  return names;
}

// Members are named by their path, "input.width", in code and in messages.
class CardReader {
 public:
  CardReader(const Json& card, const std::string& source) : card_(card), source_(source) {}

  const Json* find(std::string_view path) const { return find_by_path(card_, path); }

  // `right` says what the member should be: "the width in pixels ...".
  [[noreturn]] void refuse(std::string_view path, std::string_view right) const {
    const Json* value = find(path);
    if (!value)
      throw UsageError(fmt::format("{}: the model card has no \"{}\"; it should be {}", source_, path, right));
    std::string text = to_json_line(*value);
    if (text.size() > 60) text = text.substr(0, 60) + "...";
    throw UsageError(fmt::format("{}: the model card's \"{}\" is {}; it should be {}", source_, path, text, right));
  }

  std::string text(std::string_view path, std::string_view right) const {
    const Json* value = find(path);
    if (!value || !value->is_string() || value->get_ref<const std::string&>().empty()) refuse(path, right);
    return value->get<std::string>();
  }

  int integer(std::string_view path, int lowest, int highest, std::string_view right) const {
    const Json* value = find(path);
    if (!value || !value->is_number()) refuse(path, right);
    const double number = value->get<double>();
    if (!(number >= lowest && number <= highest) || number != std::floor(number)) refuse(path, right);
    return static_cast<int>(number);
  }

  // Numbers above `above`, exactly `count` of them.
  std::vector<double> numbers(std::string_view path, std::size_t count, double above, std::string_view right) const {
    const Json* value = find(path);
    if (!value || !value->is_array() || value->size() != count) refuse(path, right);
    std::vector<double> result;
    for (const Json& element : *value) {
      if (!element.is_number() || !(element.get<double>() > above)) refuse(path, right);
      result.push_back(element.get<double>());
    }
    return result;
  }

 private:
  const Json& card_;
  const std::string& source_;
};

InputSpec read_input(const CardReader& card) {
  InputSpec input;
  const auto side_right = [](std::string_view side) {
    return fmt::format("the {} in pixels that the network takes, 1 to {}, for example 224", side, kLargestSide);
  };
  input.width = card.integer("input.width", 1, kLargestSide, side_right("width"));
  input.height = card.integer("input.height", 1, kLargestSide, side_right("height"));

  const std::string_view channels_right = "1 (grey) or 3 (RGB)";
  input.channels = card.integer("input.channels", 1, 3, channels_right);
  if (input.channels == 2) card.refuse("input.channels", channels_right);

  const std::string_view resize_right = "\"stretch\" or \"letterbox\"";
  const std::string resize = card.text("input.resize", resize_right);
  if (resize != "stretch" && resize != "letterbox") card.refuse("input.resize", resize_right);
  input.resize = resize == "stretch" ? ResizeMode::kStretch : ResizeMode::kLetterbox;

  const auto channels = static_cast<std::size_t>(input.channels);
  const std::string mean_right = fmt::format("a list of {} up to 1, the mean of each channel for pixels in 0..1",
                                             counted(channels, "number", "numbers"));
  input.mean = card.numbers("input.mean", channels, -std::numeric_limits<double>::infinity(), mean_right);
  if (std::any_of(input.mean.begin(), input.mean.end(), [](double mean) { return mean > 1.0; }))
    card.refuse("input.mean", mean_right);
  input.standard_deviation =
      card.numbers("input.std", channels, 0.0,
                   fmt::format("a list of {} above 0, the standard deviation of each channel for pixels in 0..1",
                               counted(channels, "number", "numbers")));
  return input;
}

ModelTask read_task(const CardReader& card) {
  const std::string_view right = "\"segmentation\" or \"detection\"";
  const std::string name = card.text("task", right);
  for (const ModelTask task : {ModelTask::kSegmentation, ModelTask::kDetection})
    if (name == task_name(task)) return task;
  card.refuse("task", right);
}

void check_output_kind(const CardReader& card, ModelTask task) {
  const std::string expected = task == ModelTask::kSegmentation ? "mask_logits" : "ssd_heads";
  const std::string right = fmt::format("\"{}\", the one kind of output that this task knows", expected);
  if (card.text("output.kind", right) != expected) card.refuse("output.kind", right);
}

std::array<double, 4> read_box_weights(const CardReader& card) {
  std::array<double, 4> weights = {10.0, 10.0, 5.0, 5.0};
  if (!card.find("output.box_weights")) return weights;
  const std::vector<double> numbers =
      card.numbers("output.box_weights", weights.size(), 0.0,
                   "four numbers above 0, the divisors of dx, dy, dw and dh, for example [10, 10, 5, 5]");
  std::copy(numbers.begin(), numbers.end(), weights.begin());
  return weights;
}

std::optional<AnchorFormat> read_anchor_format(const CardReader& card) {
  if (!card.find("output.anchor_format")) return std::nullopt;
  const std::string_view right = "\"cxcywh\" (centre and size) or \"xyxy\" (corners), or be left out";
  const std::string format = card.text("output.anchor_format", right);
  if (format != "cxcywh" && format != "xyxy") card.refuse("output.anchor_format", right);
  return format == "cxcywh" ? AnchorFormat::kCentreSize : AnchorFormat::kCorners;
}

// A segmenter needs no class names; a detector reports them.
std::vector<std::string> read_classes(const CardReader& card, ModelTask task) {
  const Json* classes = card.find("classes");
  if (!classes && task == ModelTask::kSegmentation) return {};
  const std::string_view right =
      "a list of two or more different names, the background first, for example [\"background\", \"fractured\"]";
  if (!classes || !classes->is_array() || classes->size() < 2) card.refuse("classes", right);
  std::vector<std::string> names;
  for (const Json& name : *classes) {
    if (!name.is_string() || name.get_ref<const std::string&>().empty()) card.refuse("classes", right);
    names.push_back(name.get<std::string>());
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) card.refuse("classes", right);
  return names;
}

std::map<std::string, double> read_operating_point(const CardReader& card) {
  const Json* point = card.find("operating_point");
  if (!point) return {};
  if (!point->is_object()) card.refuse("operating_point", "an object with one number for each threshold");
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : point->items()) {
    const std::string path = "operating_point." + name;
    const bool is_threshold = std::find(thresholds().begin(), thresholds().end(), name) != thresholds().end();
    if (is_threshold && !value.is_number()) card.refuse(path, "a number");
    if (!is_threshold && value.is_number())
      if (const auto meant = nearest_name(name, thresholds(), kLettersOfATypo))
        card.refuse(path, fmt::format("called \"{}\"", *meant));
    if (value.is_number()) numbers[name] = value.get<double>();
  }
  return numbers;
}

}  // namespace

const char* task_name(ModelTask task) {
  return task == ModelTask::kSegmentation ? "segmentation" : "detection";
}

void check_task(const ModelCard& card, ModelTask task, const std::filesystem::path& model) {
  if (card.task == task) return;
  throw UsageError(fmt::format("{} is a model for {}; here it should be one for {}", model.string(),
                               task_name(card.task), task_name(task)));
}

ModelCard parse_model_card(std::string_view text, const std::string& source) {
  ModelCard result;
  result.source = source;
  result.json = parse_json(text, source + ": the model card");
  if (!result.json.is_object()) {
    throw UsageError(
        fmt::format("{}: the model card should be a JSON object with \"schema\": \"{}\"", source, kSchema));
  }

  const CardReader card(result.json, source);
  const std::string schema_right = fmt::format("\"{}\"", kSchema);
  if (card.text("schema", schema_right) != kSchema) card.refuse("schema", schema_right);
  result.name = card.text("name", "the model's name, for example \"segnet-fracatlas\"");
  result.task = read_task(card);
  card.text("architecture", "the network's architecture, for example \"segnet\"");
  result.input = read_input(card);
  check_output_kind(card, result.task);
  if (result.task == ModelTask::kDetection) {
    result.box_weights = read_box_weights(card);
    result.anchor_format = read_anchor_format(card);
  }
  result.classes = read_classes(card, result.task);
  result.operating_point = read_operating_point(card);
  return result;
}

CardFile read_card_file(const std::filesystem::path& path) {
  return {path, read_text_file(path)};
}

}  // namespace bonescan
