// Checking shardings and turning them into layouts.
#include "moe/IR/ControlFlow.h"
#include "moe/IR/Manual.h"

#include "runtime/core/Refinement.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace spmd;

std::string spmd::describeAxis(AxisRefAttr axis) {
  std::string text = "\"" + axis.getName().str() + "\"";
  if (!axis.isWhole())
    text += ":(" + std::to_string(axis.getPreSize()) + ")" +
            std::to_string(axis.getSubSize());
  return text;
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

namespace {

/// The digits that an axis covers, counted from its major end: [begin, end) as
/// products of sizes. "x":(2)2 on "x"=8 is [2, 4).
struct AxisExtent {
  StringRef name;
  int64_t begin, end;
  std::string place;
};

using EmitError = llvm::function_ref<InFlightDiagnostic()>;

LogicalResult verifyAxis(AxisRefAttr axis, MeshOp mesh, StringRef where,
                         const Twine &place, EmitError emitError) {
  std::optional<int64_t> size = mesh.getAxisSize(axis.getName());
  if (!size) {
    InFlightDiagnostic diag = emitError();
    diag << where << ": axis \"" << axis.getName() << "\" in " << place
         << " is not an axis of mesh @" << mesh.getSymName();
    diag.attachNote(mesh.getLoc()) << "the mesh has " << mesh.describeAxes();
    return diag;
  }
  if (axis.isWhole())
    return success();
  // In quotients, because the product of the two sizes may overflow.
  if (*size % axis.getPreSize() != 0 ||
      *size / axis.getPreSize() % axis.getSubSize() != 0 ||
      axis.getSubSize() >= *size) {
    InFlightDiagnostic diag = emitError();
    diag << where << ": sub-axis " << describeAxis(axis) << " in " << place
         << " does not divide axis \"" << axis.getName() << "\" of size "
         << *size << " (" << axis.getPreSize() << " * " << axis.getSubSize()
         << " must divide it, and " << axis.getSubSize() << " be smaller)";
    diag.attachNote(mesh.getLoc()) << "the mesh is declared here";
    return diag;
  }
  return success();
}

LogicalResult verifyDisjoint(AxisRefAttr axis, MeshOp mesh, const Twine &place,
                             SmallVectorImpl<AxisExtent> &seen, StringRef where,
                             EmitError emitError) {
  int64_t size = *mesh.getAxisSize(axis.getName());
  AxisExtent extent{axis.getName(), 1, size, place.str()};
  if (!axis.isWhole()) {
    extent.begin = axis.getPreSize();
    extent.end = axis.getPreSize() * axis.getSubSize();
  }
  for (const AxisExtent &other : seen) {
    if (other.name != extent.name || other.end <= extent.begin ||
        extent.end <= other.begin)
      continue;
    InFlightDiagnostic diag = emitError();
    diag << where << ": axis " << describeAxis(axis) << " in " << extent.place
         << " is used again, it stands in " << other.place
         << " already; an axis can be used once only";
    diag.attachNote(mesh.getLoc()) << "axis \"" << axis.getName()
                                   << "\" of size " << size << " declared here";
    return diag;
  }
  seen.push_back(extent);
  return success();
}

} // namespace

bool spmd::isElementType(Type type) {
  return type.isF32() || type.isBF16() || type.isF64() ||
         type.isSignlessInteger(1) || type.isSignlessInteger(8) ||
         type.isSignlessInteger(32) || type.isSignlessInteger(64);
}

// Where blocks begin is counted in 64 bits, in elements times ranks.
static constexpr int64_t kMostElements = int64_t(1) << 46;

static bool isTooLarge(RankedTensorType type) {
  int64_t left = kMostElements;
  for (int64_t size : type.getShape()) {
    if (size > left)
      return true;
    left /= std::max<int64_t>(size, 1);
  }
  return false;
}

LogicalResult spmd::verifySharding(ShardingAttr sharding, RankedTensorType type,
                                   MeshOp mesh, StringRef where,
                                   EmitError emitError) {
  if (!mesh)
    return emitError() << where << ": sharding names mesh "
                       << sharding.getMesh()
                       << ", which the module does not declare; add spmd.mesh "
                       << sharding.getMesh() << " [\"axis\"=size, ...]";
  if (sharding.getRank() != type.getRank())
    return emitError() << where << ": sharding has " << sharding.getRank()
                       << " dimensions, " << type << " has " << type.getRank();
  if (!isElementType(type.getElementType()))
    return emitError() << where
                       << ": elements must be f32, bf16, f64, i1, i8, i32 or "
                          "i64, got "
                       << type;
  if (isTooLarge(type))
    return emitError() << where
                       << ": at most 2^46 elements can be distributed, " << type
                       << " has more";

  SmallVector<AxisExtent> seen;
  auto verifyAxes = [&](ArrayRef<AxisRefAttr> axes, const Twine &place) {
    for (AxisRefAttr axis : axes)
      if (failed(verifyAxis(axis, mesh, where, place, emitError)) ||
          failed(verifyDisjoint(axis, mesh, place, seen, where, emitError)))
        return failure();
    return success();
  };
  for (auto [index, dim] : llvm::enumerate(sharding.getDims()))
    if (failed(verifyAxes(dim.getAxes(), "dimension " + Twine(index))))
      return failure();
  if (failed(verifyAxes(sharding.getReplicated(), "the replicated axes")) ||
      failed(verifyAxes(sharding.getUnreduced(), "the unreduced axes")))
    return failure();

  for (auto [index, dim] : llvm::enumerate(sharding.getDims()))
    if (dim.getPriority() < 0)
      return emitError() << where << ": priority of dimension " << index
                         << " must not be negative, got " << dim.getPriority();
  bool isBitwise = sharding.getReduction() == ReductionKind::And ||
                   sharding.getReduction() == ReductionKind::Or;
  if (!sharding.getUnreduced().empty() && isBitwise &&
      !type.getElementType().isInteger())
    return emitError() << where << ": unreduced "
                       << stringifyReductionKind(sharding.getReduction())
                       << " needs integer elements, got " << type;
  return success();
}

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

MeshOp spmd::lookupMesh(Operation *op, FlatSymbolRefAttr mesh) {
  return SymbolTable::lookupNearestSymbolFrom<MeshOp>(op, mesh);
}

std::vector<moert::Digit> spmd::digitsOf(ArrayRef<AxisRefAttr> axes,
                                         MeshOp mesh) {
  std::vector<moert::Digit> digits;
  for (AxisRefAttr axis : axes) {
    int64_t size = *mesh.getAxisSize(axis.getName());
    int64_t stride = mesh.getAxisStride(axis.getName());
    if (!axis.isWhole()) {
      stride *= size / (axis.getPreSize() * axis.getSubSize());
      size = axis.getSubSize();
    }
    if (size > 1)
      digits.push_back({size, stride});
  }
  return digits;
}

moert::Layout spmd::layoutOf(ShardingAttr sharding, ArrayRef<int64_t> shape,
                             MeshOp mesh) {
  moert::Layout layout;
  layout.shape.assign(shape.begin(), shape.end());
  for (DimShardingAttr dim : sharding.getDims())
    layout.dims.push_back(digitsOf(dim.getAxes(), mesh));
  layout.unreduced = digitsOf(sharding.getUnreduced(), mesh);
  return layout;
}

void spmd::cutAlike(moert::Layout &a, moert::Layout &b, int64_t ranks) {
  auto refinement = moert::Refinement::of(ranks, {&a, &b});
  if (!refinement)
    return;
  auto cut = [&](std::vector<moert::Digit> &digits) {
    std::vector<moert::Digit> atoms;
    for (size_t atom : refinement->split(digits))
      atoms.push_back(refinement->atoms()[atom]);
    digits = std::move(atoms);
  };
  for (moert::Layout *layout : {&a, &b}) {
    llvm::for_each(layout->dims, cut);
    cut(layout->unreduced);
  }
}

// Digits that mean another block or partial value in `from` than in `to`.
static void appendMoved(const moert::Layout &from, const moert::Layout &to,
                        std::vector<moert::Digit> &moved) {
  for (auto [mine, theirs] : llvm::zip(from.dims, to.dims))
    moved.insert(
        moved.end(),
        std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end())
            .first,
        mine.end());
  for (const moert::Digit &digit : from.unreduced)
    if (!llvm::is_contained(to.unreduced, digit))
      moved.push_back(digit);
}

std::vector<std::string> spmd::movedAxes(ShardingAttr from, ShardingAttr to,
                                         MeshOp mesh) {
  SmallVector<int64_t> sizes(from.getRank(), 1);
  moert::Layout source = layoutOf(from, sizes, mesh),
                target = layoutOf(to, sizes, mesh);
  cutAlike(source, target, mesh.getRanks());
  std::vector<moert::Digit> moved;
  appendMoved(source, target, moved);
  appendMoved(target, source, moved);
  std::vector<std::string> names;
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>()) {
    int64_t stride = mesh.getAxisStride(axis.getName());
    if (llvm::any_of(moved, [&](const moert::Digit &digit) {
          return stride <= digit.stride &&
                 digit.stride < stride * axis.getSize();
        }))
      names.push_back(axis.getName().str());
  }
  return names;
}

std::vector<std::string> spmd::cuttingAxes(ShardingAttr from, ShardingAttr to) {
  std::vector<std::string> names;
  for (ShardingAttr sharding : {from, to})
    for (DimShardingAttr dim : sharding.getDims())
      for (AxisRefAttr axis : dim.getAxes())
        if (!llvm::is_contained(names, axis.getName()))
          names.push_back(axis.getName().str());
  return names;
}

RankedTensorType spmd::localType(RankedTensorType global, ShardingAttr sharding,
                                 MeshOp mesh) {
  return RankedTensorType::get(
      layoutOf(sharding, global.getShape(), mesh).localShape(),
      global.getElementType());
}

//===----------------------------------------------------------------------===//
// The sharding of a value
//===----------------------------------------------------------------------===//

// The op that keeps the shardings of a result, or of what goes around a loop,
// and which of them it is; no op for arguments of functions.
static std::pair<Operation *, unsigned> keeperOf(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    return {result.getOwner(), result.getResultNumber()};
  return flowOf(cast<BlockArgument>(value)).value_or(std::pair(nullptr, 0));
}

// The function of which `value` is an argument; null for other values.
static func::FuncOp functionOf(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  return argument ? dyn_cast<func::FuncOp>(argument.getOwner()->getParentOp())
                  : func::FuncOp();
}

ShardingAttr spmd::getSharding(Value value) {
  if (func::FuncOp func = functionOf(value))
    return func.getArgAttrOfType<ShardingAttr>(
        cast<BlockArgument>(value).getArgNumber(),
        SpmdDialect::getShardingAttrName());
  if (auto argument = dyn_cast<BlockArgument>(value))
    if (auto manual = dyn_cast<ManualOp>(argument.getOwner()->getParentOp()))
      return manual.getFreePart(
          manual.getInputSharding(argument.getArgNumber()));
  auto [op, number] = keeperOf(value);
  auto all =
      op ? op->getAttrOfType<ArrayAttr>(SpmdDialect::getShardingsAttrName())
         : ArrayAttr();
  if (!all || number >= all.size())
    return {};
  return dyn_cast<ShardingAttr>(all[number]);
}

void spmd::setSharding(Value value, ShardingAttr sharding) {
  if (func::FuncOp func = functionOf(value))
    return func.setArgAttr(cast<BlockArgument>(value).getArgNumber(),
                           SpmdDialect::getShardingAttrName(), sharding);
  auto [op, number] = keeperOf(value);
  assert(op && "the number of a turn has no sharding");
  StringRef name = SpmdDialect::getShardingsAttrName();
  SmallVector<Attribute> all;
  if (auto old = op->getAttrOfType<ArrayAttr>(name))
    all.assign(old.begin(), old.end());
  size_t count = std::max<size_t>(op->getNumResults(), number + 1);
  all.resize(std::max(all.size(), count), UnitAttr::get(op->getContext()));
  all[number] = sharding;
  op->setAttr(name, ArrayAttr::get(op->getContext(), all));
}
