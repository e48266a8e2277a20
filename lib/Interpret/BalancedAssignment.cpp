#include "lib/Interpret/BalancedAssignment.h"

#include "llvm/ADT/STLExtras.h"

#include <limits>
#include <vector>

using namespace llvm;

namespace moe::interpret {
namespace {

class Assigner {
public:
  Assigner(ArrayRef<int64_t> scores, int64_t experts)
      : scores(scores), experts(experts), tokens(scores.size() / experts),
        load(balancedLoad(tokens, experts)), held(experts),
        moves(experts * experts), cost(experts), from(experts) {}

  SmallVector<int64_t> run() {
    for (int64_t token = 0; token < tokens; ++token) {
      findCosts(token);
      moveAlong(cheapestFree(), token);
    }
    SmallVector<int64_t> expertOf(tokens);
    for (int64_t e = 0; e < experts; ++e)
      for (int64_t token : held[e])
        expertOf[token] = e;
    return expertOf;
  }

private:
  /// The token that expert e loses least by giving to f.
  struct Move {
    int64_t token = -1, loss = 0;
  };

  int64_t score(int64_t token, int64_t expert) const {
    return scores[token * experts + expert];
  }

  void findCosts(int64_t token) {
    for (int64_t e = 0; e < experts; ++e) {
      cost[e] = -score(token, e);
      from[e] = -1;
    }
    for (bool changes = true; changes;) {
      changes = false;
      for (int64_t f = 0; f < experts; ++f)
        for (int64_t e = 0; e < experts; ++e)
          if (const Move &move = moves[e * experts + f];
              move.token >= 0 && cost[e] + move.loss < cost[f]) {
            cost[f] = cost[e] + move.loss;
            from[f] = e;
            changes = true;
          }
    }
  }

  int64_t cheapestFree() const {
    int64_t best = -1;
    for (int64_t e = 0; e < experts; ++e)
      if (static_cast<int64_t>(held[e].size()) < load &&
          (best < 0 || cost[e] < cost[best]))
        best = e;
    return best;
  }

  // Tokens to move were found before any of them moves.
  void moveAlong(int64_t last, int64_t token) {
    SmallVector<int64_t> path = {last};
    while (from[path.back()] >= 0)
      path.push_back(from[path.back()]);
    for (auto [to, giver] : zip(path, drop_begin(path))) {
      int64_t moved = moves[giver * experts + to].token;
      held[giver].erase(find(held[giver], moved));
      held[to].push_back(moved);
    }
    held[path.back()].push_back(token);
    for (int64_t e : path)
      findMoves(e);
  }

  void findMoves(int64_t e) {
    llvm::sort(held[e]);
    for (int64_t f = 0; f < experts; ++f) {
      Move &best = moves[e * experts + f];
      best = Move();
      for (int64_t token : held[e])
        if (int64_t loss = score(token, e) - score(token, f);
            f != e && (best.token < 0 || loss < best.loss))
          best = {token, loss};
    }
  }

  ArrayRef<int64_t> scores;
  int64_t experts, tokens, load;
  std::vector<SmallVector<int64_t>> held; ///< Tokens of each expert, ascending.
  std::vector<Move> moves;
  SmallVector<int64_t> cost, from;
};

} // namespace

SmallVector<int64_t> assignBalanced(ArrayRef<int64_t> scores, int64_t experts) {
  return Assigner(scores, experts).run();
}

} // namespace moe::interpret
