#include "bonescan/model/network_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>

#include "bonescan/core/error.h"

namespace bonescan {
namespace {

using Shape = std::vector<std::int64_t>;

[[noreturn]] void refuse(const Model& model, const std::vector<Tensor>& outputs, const std::string& right) {
  std::vector<std::string> shapes;
  for (const Tensor& output : outputs) shapes.push_back(fmt::format("[{}]", fmt::join(output.shape, ", ")));
  throw UsageError(fmt::format("{}: the network returns {}; {}", model.path.string(),
                               shapes.empty() ? "nothing" : fmt::format("{}", fmt::join(shapes, ", ")), right));
}

bool is_finite(const Tensor& tensor) {
  return std::all_of(tensor.values.begin(), tensor.values.end(), [](float value) { return std::isfinite(value); });
}

// A logit of -inf is a probability of 0; +inf among several leaves none.
bool is_usable(const Tensor& tensor) {
  return std::all_of(tensor.values.begin(), tensor.values.end(),
                     [](float value) { return value < std::numeric_limits<float>::infinity(); });
}

void check_mask_logits(const Model& model, const std::vector<Tensor>& outputs) {
  const InputSpec& input = model.card.input;
  if (outputs.size() != 1 || outputs[0].shape != Shape{1, 1, input.height, input.width}) {
    refuse(model, outputs,
           fmt::format("a card with output kind mask_logits asks for one tensor [1, 1, {}, {}]", input.height,
                       input.width));
  }
}

void check_ssd_heads(const Model& model, const std::vector<Tensor>& outputs) {
  const auto classes = static_cast<std::int64_t>(model.card.classes.size());
  const std::int64_t anchors = outputs.size() == 3 && !outputs[2].shape.empty() ? outputs[2].shape[0] : 0;
  if (anchors == 0 || outputs[0].shape != Shape{1, anchors, classes} || outputs[1].shape != Shape{1, anchors, 4} ||
      outputs[2].shape != Shape{anchors, 4}) {
    refuse(model, outputs,
           fmt::format("a card with output kind ssd_heads and {} classes asks for class logits "
                       "[1, A, {}], box deltas [1, A, 4] and anchors [A, 4]",
                       classes, classes));
  }
  if (!is_finite(outputs[2])) refuse(model, outputs, "its anchors should be finite numbers, in pixels of the input");
}

}  // namespace

std::vector<Tensor> run_on_zeros(const Model& model, Precision precision) {
  const InputSpec& input = model.card.input;
  const auto size = static_cast<std::size_t>(input.channels) * input.height * input.width;
  try {
    return model.network->run({{1, input.channels, input.height, input.width}, std::vector<float>(size)});
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw UsageError(
        fmt::format("{}: the network fails on an input of 1x{}x{}x{}{}, the size that its card gives; card "
                    "and network should fit ({})",
                    model.path.string(), input.channels, input.height, input.width,
                    precision == Precision::kBFloat16 ? " in bfloat16" : "", error.what()));
  }
}

void check_outputs(const Model& model, const std::vector<Tensor>& outputs) {
  model.card.task == ModelTask::kDetection ? check_ssd_heads(model, outputs) : check_mask_logits(model, outputs);
}

std::vector<Tensor> run_expecting(const Model& model, const Tensor& input, const std::vector<Shape>& shapes) {
  const std::string name = model.path.filename().string();
  std::vector<Tensor> outputs;
  try {
    outputs = model.network->run(input);
  } catch (const std::runtime_error& error) {
    throw ImageError(fmt::format("{} fails on it: {}", name, error.what()));
  }
  const bool fit = std::equal(outputs.begin(), outputs.end(), shapes.begin(), shapes.end(),
                              [](const Tensor& output, const Shape& shape) { return output.shape == shape; });
  if (!fit) throw ImageError(fmt::format("{} gives an answer of another shape than for other images", name));
  if (!std::all_of(outputs.begin(), outputs.end(), is_usable))
    throw ImageError(fmt::format("{} gives an answer with numbers that are not finite", name));
  return outputs;
}

}  // namespace bonescan
