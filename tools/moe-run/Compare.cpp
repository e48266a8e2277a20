#include "tools/moe-run/Compare.h"

#include "runtime/core/Block.h"
#include "runtime/core/Error.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace moerun {

using namespace moert;

double elementValue(const Tensor &tensor, int64_t i) {
  switch (tensor.dtype()) {
  case DType::F32:
    return static_cast<double>(tensor.as<float>()[i]);
  case DType::BF16:
    return static_cast<double>(fromBF16(tensor.as<uint16_t>()[i]));
  case DType::F64:
    return tensor.as<double>()[i];
  case DType::I1:
  case DType::I8:
    return tensor.as<int8_t>()[i];
  case DType::I32:
    return tensor.as<int32_t>()[i];
  case DType::I64:
    return static_cast<double>(tensor.as<int64_t>()[i]);
  }
  return 0;
}

std::string elementText(const Tensor &tensor, int64_t i) {
  if (tensor.dtype() == DType::I64)
    return std::to_string(tensor.as<int64_t>()[i]);
  char buffer[32];
  std::snprintf(buffer, sizeof buffer,
                isFloat(tensor.dtype()) ? "%.7g" : "%.0f",
                elementValue(tensor, i));
  return buffer;
}

static double toleranceOf(DType dtype) {
  switch (dtype) {
  case DType::F32:
    return 1e-5;
  case DType::BF16:
    return 2e-2;
  case DType::F64:
    return 1e-12;
  default:
    return 0;
  }
}

// Infinity where two values cannot be compared by a difference.
static double distance(const Tensor &got, const Tensor &wanted, int64_t i) {
  if (got.dtype() == DType::I64)
    return got.as<int64_t>()[i] == wanted.as<int64_t>()[i] ? 0 : INFINITY;
  double a = elementValue(got, i), b = elementValue(wanted, i);
  if (std::isnan(a) && std::isnan(b))
    return 0;
  if (std::isnan(a) || std::isnan(b))
    return INFINITY;
  return a == b ? 0 : std::abs(a - b);
}

bool roundsToBF16(const Manifest &manifest, const Entry &entry) {
  bool found = false;
  for (const std::vector<Parameter> *list : {&entry.arguments, &entry.results})
    for (const Parameter &parameter : *list)
      found |= parameter.dtype == DType::BF16;
  for (const MatmulSite &site : manifest.matmuls)
    if (site.entry == entry.name)
      found |= site.aType == DType::BF16 || site.cType == DType::BF16;
  return found;
}

Comparison compare(const Tensor &got, const Tensor &wanted, bool roundsToBF16) {
  Comparison comparison;
  double largest = 0;
  for (int64_t i = 0; i < wanted.elements(); ++i) {
    double value = std::abs(elementValue(wanted, i));
    if (std::isfinite(value))
      largest = std::max(largest, value);
  }
  bool loose = roundsToBF16 && isFloat(got.dtype());
  comparison.allowed = toleranceOf(loose ? DType::BF16 : got.dtype()) * largest;
  for (int64_t i = 0; i < got.elements(); ++i) {
    double apart = distance(got, wanted, i);
    comparison.nans += apart == 0 && std::isnan(elementValue(got, i));
    comparison.worst = std::max(comparison.worst, apart);
    if (apart <= comparison.allowed)
      continue;
    ++comparison.differing;
    if (!comparison.first)
      comparison.first = i;
  }
  return comparison;
}

std::string describeDifference(const Parameter &parameter, int64_t ranks,
                               const Tensor &got, const Tensor &wanted,
                               const Comparison &comparison) {
  int64_t first = *comparison.first;
  return text("'", parameter.name, "' differs first at ",
              shapeText(indexOf(parameter.layout.shape, first)),
              ", held by rank ", rankHolding(parameter.layout, ranks, first),
              ": got ", elementText(got, first), ", wanted ",
              elementText(wanted, first), "; ", comparison.differing, " of ",
              got.elements(), " elements differ by more than ",
              comparison.allowed, ", at most by ", comparison.worst);
}

} // namespace moerun
