#include "moe/Partition/ReshardPlan.h"

#include "runtime/core/Refinement.h"

using namespace mlir;
using namespace spmd;
using namespace moe::reshard;

using Digits = std::vector<moert::Digit>;

namespace {

/// One pair of layouts over the digits that both of them and the mesh's axes
/// cut the rank number into.
class AtomPair {
public:
  AtomPair(MeshOp mesh, ShardingAttr from, ShardingAttr to,
           ArrayRef<int64_t> shape)
      : mesh(mesh), from(from), to(to), source(layoutOf(from, shape, mesh)),
        target(layoutOf(to, shape, mesh)), axes(layoutOfAxes(mesh)),
        refinement(moert::Refinement::of(mesh.getRanks(),
                                         {&source, &target, &axes})) {}

  /// False for parts of one axis that overlap without one containing the other:
  /// "x":(1)2 and "x":(1)3 of "x"=6.
  bool hasAtoms() const { return refinement.has_value(); }
  std::vector<Atom> atoms() const;
  AtomLayout atomsOf(const moert::Layout &layout) const;
  /// The way back: the spelling of `from` or `to` where a list is theirs.
  ShardingAttr shardingOf(const AtomLayout &layout) const;
  moert::Layout layoutOfAtoms(const AtomLayout &layout) const;

  // An op's accessors are not const.
  mutable MeshOp mesh;
  ShardingAttr from, to;
  moert::Layout source, target, axes;
  std::optional<moert::Refinement> refinement;

private:
  static moert::Layout layoutOfAxes(MeshOp mesh);
  std::vector<uint8_t> atomsOf(const Digits &digits) const;
  SmallVector<AxisRefAttr> axesOf(ArrayRef<uint8_t> list) const;
  AxisRefAttr axisOf(moert::Digit digit) const;
};

// A layout of nothing that has the mesh's axes as digits.
moert::Layout AtomPair::layoutOfAxes(MeshOp mesh) {
  moert::Layout layout;
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>())
    layout.unreduced.push_back(
        {axis.getSize(), mesh.getAxisStride(axis.getName())});
  return layout;
}

Link linkOf(MeshOp mesh, StringRef axis) {
  if (!mesh.getTopology())
    return Link();
  auto link = LinkAttr::getDefault(mesh.getContext(), axis, false);
  for (auto other : mesh.getTopology()->getAsRange<LinkAttr>())
    if (other.getAxis() == axis)
      link = other;
  return {link.getLeavesNode(), static_cast<double>(link.getLatency()),
          static_cast<double>(link.getBandwidth()) / 1000};
}

std::vector<Atom> AtomPair::atoms() const {
  std::vector<Atom> atoms;
  for (const moert::Digit &digit : refinement->atoms())
    atoms.push_back({digit, linkOf(mesh, axisOf(digit).getName())});
  return atoms;
}

std::vector<uint8_t> AtomPair::atomsOf(const Digits &digits) const {
  std::vector<uint8_t> list;
  for (size_t atom : refinement->split(digits))
    list.push_back(static_cast<uint8_t>(atom));
  return list;
}

AtomLayout AtomPair::atomsOf(const moert::Layout &layout) const {
  AtomLayout result;
  for (const Digits &dim : layout.dims)
    result.dims.push_back(atomsOf(dim));
  for (uint8_t atom : atomsOf(layout.unreduced))
    result.unreduced |= 1u << atom;
  return result;
}

AxisRefAttr AtomPair::axisOf(moert::Digit digit) const {
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>()) {
    int64_t stride = mesh.getAxisStride(axis.getName()), size = axis.getSize();
    if (digit.stride < stride || digit.stride >= stride * size)
      continue;
    if (digit.size == size)
      return AxisRefAttr::get(mesh.getContext(), axis.getName());
    int64_t major = size * stride / (digit.size * digit.stride);
    return AxisRefAttr::get(mesh.getContext(), axis.getName(), major,
                            digit.size);
  }
  llvm_unreachable("atoms refine the axes of the mesh");
}

SmallVector<AxisRefAttr> AtomPair::axesOf(ArrayRef<uint8_t> list) const {
  Digits digits;
  for (uint8_t atom : list) {
    moert::Digit digit = refinement->atoms()[atom];
    // Neighbouring parts of one axis are one part of it.
    if (!digits.empty() && digits.back().stride == digit.size * digit.stride &&
        axisOf(digits.back()).getName() == axisOf(digit).getName())
      digits.back() = {digits.back().size * digit.size, digit.stride};
    else
      digits.push_back(digit);
  }
  SmallVector<AxisRefAttr> axes;
  for (const moert::Digit &digit : digits)
    axes.push_back(axisOf(digit));
  return axes;
}

ShardingAttr AtomPair::shardingOf(const AtomLayout &layout) const {
  AtomLayout first = atomsOf(source), last = atomsOf(target);
  SmallVector<DimShardingAttr> dims;
  for (auto [dim, list] : llvm::enumerate(layout.dims)) {
    SmallVector<AxisRefAttr> axes = axesOf(list);
    if (list == first.dims[dim])
      axes.assign(from.getDims()[dim].getAxes().begin(),
                  from.getDims()[dim].getAxes().end());
    else if (list == last.dims[dim])
      axes.assign(to.getDims()[dim].getAxes().begin(),
                  to.getDims()[dim].getAxes().end());
    dims.push_back(DimShardingAttr::get(from.getContext(), axes, false, 0));
  }
  SmallVector<AxisRefAttr> unreduced;
  if (layout.unreduced == last.unreduced)
    llvm::append_range(unreduced, to.getUnreduced());
  else if (layout.unreduced == first.unreduced)
    llvm::append_range(unreduced, from.getUnreduced());
  else
    for (size_t atom = refinement->atoms().size(); atom-- > 0;)
      if (layout.unreduced >> atom & 1)
        unreduced.push_back(axisOf(refinement->atoms()[atom]));
  return ShardingAttr::get(
      from.getContext(), from.getMesh(), dims, {}, unreduced,
      unreduced.empty() ? ReductionKind::Sum : from.getReduction());
}

moert::Layout AtomPair::layoutOfAtoms(const AtomLayout &layout) const {
  moert::Layout result;
  result.shape = source.shape;
  for (const std::vector<uint8_t> &list : layout.dims) {
    result.dims.emplace_back();
    for (uint8_t atom : list)
      result.dims.back().push_back(refinement->atoms()[atom]);
  }
  return result;
}

CollectiveKind kindOf(const AtomPair &pair, const AtomLayout &from,
                      const SearchStep &step) {
  switch (step.kind) {
  case StepKind::Slice:
    return CollectiveKind::Slice;
  case StepKind::AllReduce:
    return CollectiveKind::AllReduce;
  case StepKind::ReduceScatter:
    return CollectiveKind::ReduceScatter;
  case StepKind::Move:
    return *classifyMove(pair.layoutOfAtoms(from),
                         pair.layoutOfAtoms(step.target));
  }
  llvm_unreachable("all kinds are listed");
}

/// The steps of a search as collectives on shardings.
ReshardPlan planOf(const AtomPair &pair, const SearchResult &result) {
  ReshardPlan plan;
  plan.time = result.time;
  plan.bound = result.bound;
  AtomLayout current = pair.atomsOf(pair.source);
  for (const SearchStep &step : result.steps) {
    CollectiveKind kind = kindOf(pair, current, step);
    // An all-reduce keeps the spelling of its dimensions.
    bool isLast = &step == &result.steps.back();
    ShardingAttr target = isLast && (kind != CollectiveKind::AllReduce ||
                                     pair.source.dims == pair.target.dims)
                              ? pair.to
                              : pair.shardingOf(step.target);
    plan.steps.push_back({kind, target, step.cost.received});
    current = step.target;
  }
  return plan;
}

// `from` with `axes` reduced and behind those of its dimension with the largest
// blocks.
ShardingAttr scatterOver(ShardingAttr from, ArrayRef<AxisRefAttr> axes,
                         ShardingAttr to, RankedTensorType global,
                         MeshOp mesh) {
  ArrayRef<int64_t> local = localType(global, from, mesh).getShape();
  SmallVector<DimShardingAttr> dims(from.getDims());
  DimShardingAttr &dim = dims[llvm::max_element(local) - local.begin()];
  SmallVector<AxisRefAttr> longer(dim.getAxes());
  llvm::append_range(longer, axes);
  dim = DimShardingAttr::get(from.getContext(), longer, false, 0);
  return ShardingAttr::get(from.getContext(), from.getMesh(), dims, {},
                           to.getUnreduced(), to.getReduction());
}

/// Where parts of one axis overlap there is no search: partial values become
/// pieces, then one exchange.
FailureOr<ReshardPlan> planCrossing(const AtomPair &pair,
                                    RankedTensorType global,
                                    std::string &error) {
  ReshardPlan plan;
  ShardingAttr from = pair.from;
  SmallVector<AxisRefAttr> reduced;
  for (AxisRefAttr axis : from.getUnreduced())
    if (!llvm::is_contained(pair.to.getUnreduced(), axis))
      reduced.push_back(axis);
  if (from.getUnreduced().size() - reduced.size() !=
      pair.to.getUnreduced().size()) {
    error = "the target is unreduced over parts of axes that are none of the "
            "source's unreduced axes; write them as the source does";
    return failure();
  }
  if (!digitsOf(reduced, pair.mesh).empty()) {
    from = scatterOver(from, reduced, pair.to, global, pair.mesh);
    plan.steps.push_back({CollectiveKind::ReduceScatter, from});
  }
  if (auto kind = classifyMove(layoutOf(from, global.getShape(), pair.mesh),
                               pair.target))
    plan.steps.push_back({*kind, pair.to});
  return plan;
}

// The first axis over which `to` is partial and `from` is not.
std::string foreignAxis(ShardingAttr from, ShardingAttr to) {
  for (AxisRefAttr axis : to.getUnreduced())
    if (!llvm::is_contained(from.getUnreduced(), axis))
      return axis.getName().str();
  return "";
}

int64_t bytesOf(Type element) {
  return llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
}

} // namespace

ReshardSearch &ReshardPlanner::searchFor(RankedTensorType global,
                                         ArrayRef<Atom> atoms) {
  std::vector<int64_t> key(global.getShape());
  key.push_back(bytesOf(global.getElementType()));
  for (const Atom &atom : atoms)
    llvm::append_range(key, std::initializer_list<int64_t>{atom.digit.size,
                                                           atom.digit.stride});
  std::unique_ptr<ReshardSearch> &search = searches[key];
  if (!search)
    search = std::make_unique<ReshardSearch>(
        CostModel(global.getShape(), bytesOf(global.getElementType()), atoms));
  return *search;
}

FailureOr<ReshardPlan> ReshardPlanner::plan(ShardingAttr from, ShardingAttr to,
                                            RankedTensorType global,
                                            std::string &error) {
  auto [entry, isNew] = plans.try_emplace({from, to, global});
  if (!isNew)
    return entry->second;
  AtomPair pair(mesh, from, to, global.getShape());
  FailureOr<ReshardPlan> plan = ReshardPlan();
  if (!pair.hasAtoms()) {
    plan = planCrossing(pair, global, error);
  } else {
    AtomLayout source = pair.atomsOf(pair.source),
               target = pair.atomsOf(pair.target);
    if (target.unreduced & ~source.unreduced) {
      error = "a value that is not partial over axis \"" +
              foreignAxis(from, to) + "\" cannot become unreduced over it";
      plan = failure();
    } else {
      plan = planOf(pair, searchFor(global, pair.atoms()).plan(source, target));
    }
  }
  if (failed(plan))
    plans.erase({from, to, global});
  else
    plans[{from, to, global}] = *plan;
  return plan;
}

FailureOr<SmallVector<ReshardStep, 2>>
spmd::planReshard(ShardingAttr from, ShardingAttr to, RankedTensorType global,
                  MeshOp mesh, std::string &error) {
  FailureOr<ReshardPlan> plan =
      ReshardPlanner(mesh).plan(from, to, global, error);
  if (failed(plan))
    return failure();
  return plan->steps;
}
