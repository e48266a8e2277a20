// Claims: which factor wants which axes, spread over the graph to a fixed
// point.
//
// A claim is a list of axes on one factor together with where it came from. It
// starts at a pin and goes through every op by the op's factors, and through
// every tensor to its other users. Claims never displace each other here: all
// that contradict stay, and Decide settles them afterwards, so the outcome does
// not depend on the order of ops.
//
//   tokens [{data,expert}, {}, {}]      dispatch "gsec,gsm->egcm"
//   slots  [{expert}, {?}, {?}, {?}]
//     claims of dispatch:   g {data,expert} from tokens   e {expert} from slots
//
// Time: each op is visited once for each change of a tensor beside it, and a
// tensor changes at most once for each distinct list that users wrote.
#pragma once

#include "moe/Propagate/Graph.h"

namespace moe::propagate {

struct Claim {
  AxisList axes;
  int priority = 0; // the user's
  OpClass opClass = OpClass::Elementwise;
  int origin = kNoOrigin;
  /// Lists of several factors in one, of which each may have come from another
  /// annotation.
  bool isComposed = false;

  /// Order in which claims prevail: user priority, op priority.
  std::pair<int, int> strength() const {
    return {priority, static_cast<int>(opClass)};
  }
};

/// The claims of one factor or dimension, one for each distinct list: the
/// strongest, and of equals the first origin.
class ClaimSet {
public:
  /// Whether the set changed.
  bool add(const Claim &claim);
  llvm::ArrayRef<Claim> get() const { return claims; }
  bool empty() const { return claims.empty(); }
  /// Whether `axes` are the beginning of a claim's list.
  bool covers(const AxisList &axes) const;

private:
  llvm::SmallVector<Claim, 2> claims;
};

/// What ops do to the claims that reach them.
struct ClaimLimits {
  /// For each op: lists end before the first of these axes when they leave it.
  std::vector<AxisList> stopped;
  /// For each op: what it has decided; a claim keeps the axes of its factor's
  /// list and nothing else.
  std::vector<std::optional<Assignment>> decided;
};

/// For each op and each factor its claims.
using OpClaims = std::vector<llvm::SmallVector<ClaimSet, 8>>;

/// The fixed point from all pins.
OpClaims spreadClaims(const Graph &graph, const ClaimLimits &limits = {});

/// What of `list` a pinned op admits on `factor`: nothing on closed dimensions,
/// else the list without the axes pinned elsewhere if it continues what is
/// pinned here.
std::optional<AxisList> admit(const OpNode &op, int factor,
                              const AxisList &list);

} // namespace moe::propagate
