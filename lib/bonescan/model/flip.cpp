#include "bonescan/model/flip.h"

#include <cstdint>
#include <iterator>

namespace bonescan {

Tensor flipped(const Tensor& input, Flip flip) {
  const std::int64_t height = input.shape[2], width = input.shape[3];
  Tensor result{input.shape, {}};
  result.values.reserve(input.values.size());
  for (std::int64_t plane = 0; plane < input.shape[0] * input.shape[1]; ++plane) {
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t row = plane * height + (flip.vertical ? height - 1 - y : y);
      const auto begin = input.values.begin() + row * width;
      if (flip.horizontal)
        result.values.insert(result.values.end(), std::make_reverse_iterator(begin + width),
                             std::make_reverse_iterator(begin));
      else
        result.values.insert(result.values.end(), begin, begin + width);
    }
  }
  return result;
}

}  // namespace bonescan
