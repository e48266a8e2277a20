// Results against the oracle's.
#pragma once

#include "runtime/core/Manifest.h"
#include "runtime/core/Tensor.h"

#include <optional>
#include <string>

namespace moerun {

/// How far two tensors lie apart.
struct Comparison {
  /// Largest difference, and what it may be: the tolerance of the element type
  /// (1e-5 for f32, 2e-2 for bf16, 1e-12 for f64) times the largest finite
  /// magnitude of the wanted tensor; zero for integers.
  double worst = 0;
  double allowed = 0;
  int64_t differing = 0;
  /// Elements that are NaN in both.
  int64_t nans = 0;
  /// Row-major index of the first element that differs by more.
  std::optional<int64_t> first;
};

/// Compares whole tensors of one type and shape. NaN equals NaN only,
/// infinities only themselves. `roundsToBF16` says that what made them rounds
/// to bf16 on the way: f32 results then have bf16's tolerance.
Comparison compare(const moert::Tensor &got, const moert::Tensor &wanted,
                   bool roundsToBF16 = false);

/// True when `entry` has bf16 arguments, results or matmuls.
bool roundsToBF16(const moert::Manifest &manifest, const moert::Entry &entry);

/// "'logits' differs first at [0,3,7], held by rank 2: got 1.5, wanted 1.25
/// ...".
std::string describeDifference(const moert::Parameter &parameter, int64_t ranks,
                               const moert::Tensor &got,
                               const moert::Tensor &wanted,
                               const Comparison &comparison);

/// Element `i` of a tensor as text.
std::string elementText(const moert::Tensor &tensor, int64_t i);
/// Element `i` as a number; exact for all but large i64.
double elementValue(const moert::Tensor &tensor, int64_t i);

} // namespace moerun
