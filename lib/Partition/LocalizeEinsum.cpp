// Einsum over padding: each rank multiplies the elements that it has. Where a
// summed dimension is cut unevenly, padding is masked with zeros, which is
// nothing in a sum only if the other factor is finite.
#include "LocalParts.h"
#include "LocalizeModels.h"

using namespace mlir;
using namespace spmd;

namespace {

/// A summed letter whose blocks are uneven, as one operand carries it.
struct PaddedLetter {
  char letter;
  Value operand;
  int64_t dim;
};

SmallVector<PaddedLetter> paddedLetters(moe::EinsumOp op,
                                        Localizer &localizer) {
  SmallVector<PaddedLetter> padded;
  for (auto [index, input] : llvm::enumerate(op.getInputs())) {
    moert::Layout layout =
        layoutOf(getSharding(input), typeOf(input).getShape(), localizer.mesh);
    for (auto [dim, letter] : llvm::enumerate(op.getInputLetters(index))) {
      auto isLetter = [letter = letter](const PaddedLetter &other) {
        return other.letter == letter;
      };
      if (layout.shape[dim] % layout.blocks(dim) &&
          !op.getResultLetters().contains(letter) &&
          llvm::none_of(padded, isLetter))
        padded.push_back({letter, input, static_cast<int64_t>(dim)});
    }
  }
  return padded;
}

/// One operand of the local einsum.
class Operand {
public:
  Operand(moe::EinsumOp op, unsigned index, Localizer &localizer)
      : letters(op.getInputLetters(index)),
        local(localizer.local(op->getOpOperand(index))),
        global(typeOf(op.getInputs()[index])),
        sharding(getSharding(op.getInputs()[index])), localizer(localizer),
        loc(op.getLoc()) {}

  /// Repeated along the letter, with zeros where that is padding.
  void repeatAlong(const PaddedLetter &padded) {
    auto dims = llvm::to_vector(llvm::seq<int64_t>(0, global.getRank()));
    SmallVector<int64_t> size(typeOf(local).getShape()),
        globalSize(global.getShape());
    size.push_back(
        typeOf(localizer.local(padded.operand)).getDimSize(padded.dim));
    globalSize.push_back(typeOf(padded.operand).getDimSize(padded.dim));
    SmallVector<DimShardingAttr> cuts(sharding.getDims());
    cuts.push_back(getSharding(padded.operand).getDims()[padded.dim]);
    global = global.clone(globalSize);
    sharding = ShardingAttr::get(sharding.getContext(), sharding.getMesh(),
                                 cuts, {}, {}, ReductionKind::Sum);
    local = moe::BroadcastOp::create(localizer.builder, loc,
                                     typeOf(local).clone(size), local, dims);
    ++localizer.masks;
    local = MaskOp::create(
        localizer.builder, loc, local.getType(), local, ReductionKind::Sum,
        ArrayRef<int64_t>(global.getRank() - 1), sharding, global);
    letters += padded.letter;
  }

  std::string letters;
  Value local;

private:
  RankedTensorType global;
  ShardingAttr sharding;
  Localizer &localizer;
  Location loc;
};

struct EinsumModel
    : LocalizeOpInterface::ExternalModel<EinsumModel, moe::EinsumOp> {
  SmallVector<Value> localize(Operation *operation,
                              Localizer &localizer) const {
    auto op = cast<moe::EinsumOp>(operation);
    SmallVector<PaddedLetter> padded = paddedLetters(op, localizer);
    std::string equation;
    SmallVector<Value> locals;
    for (unsigned index = 0; index < op.getInputs().size(); ++index) {
      Operand operand(op, index, localizer);
      // Integers have no infinities, which times zero are no zero.
      if (isa<FloatType>(typeOf(operand.local).getElementType()))
        for (const PaddedLetter &letter : padded)
          if (operand.letters.find(letter.letter) == std::string::npos)
            operand.repeatAlong(letter);
      equation += (index ? "," : "") + operand.letters;
      locals.push_back(operand.local);
    }
    equation += "->" + op.getResultLetters().str();
    return {moe::EinsumOp::create(localizer.builder, op.getLoc(),
                                  localizer.localType(op), equation, locals)};
  }
};

} // namespace

void spmd::attachEinsumModels(MLIRContext &context) {
  moe::EinsumOp::attachInterface<EinsumModel>(context);
}
