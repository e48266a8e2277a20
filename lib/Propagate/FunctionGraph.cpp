#include "moe/Propagate/FunctionGraph.h"

#include "moe/IR/Location.h"
#include "moe/IR/WrittenRule.h"

#include "mlir/IR/BuiltinOps.h"

#include <numeric>

using namespace mlir;
using namespace moe::propagate;
using spmd::AxisRefAttr;
using spmd::MeshAxisAttr;
using spmd::ShardingAttr;
using spmd::ShardingRule;

/// Index forms of more leaves than this are no simplification.
static constexpr size_t kMaxLeaves = 16;

static TensorShape shapeOf(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  TensorShape shape;
  shape.sizes.assign(type.getShape().begin(), type.getShape().end());
  unsigned bits =
      type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
  shape.elementBytes = llvm::divideCeil(bits, 8);
  return shape;
}

static bool isTensor(Value value) {
  return isa<RankedTensorType>(value.getType());
}

static OpClass classOf(const ShardingRule &rule) {
  // Whole, joint or merged: elements of a dimension meet each other.
  bool mixes = llvm::any_of(rule.factors, [](const spmd::Factor &factor) {
    return factor.kind == spmd::FactorKind::Joint;
  });
  bool isElementwise = true;
  const spmd::DimFactors *first = nullptr;
  auto add = [&](const spmd::DimFactors &dims) {
    first = first ? first : &dims;
    isElementwise &= dims == *first;
    mixes |= llvm::any_of(dims, [](const spmd::FactorList &factors) {
      return factors.size() != 1;
    });
  };
  llvm::for_each(rule.operands, add);
  llvm::for_each(rule.results, add);
  if (mixes)
    return OpClass::Other;
  return isElementwise ? OpClass::Elementwise : OpClass::Contraction;
}

//===----------------------------------------------------------------------===//
// Mesh and axes
//===----------------------------------------------------------------------===//

// Every sharding in the function, and in those that it calls, with where it
// stands.
static void
forEachSharding(func::FuncOp func,
                llvm::function_ref<void(ShardingAttr, Location)> visit) {
  StringRef name = spmd::SpmdDialect::getShardingAttrName();
  llvm::SetVector<Operation *> functions;
  functions.insert(func);
  for (size_t next = 0; next < functions.size(); ++next) {
    auto function = cast<func::FuncOp>(functions[next]);
    for (unsigned i = 0; i < function.getNumArguments(); ++i)
      if (auto attr = function.getArgAttrOfType<ShardingAttr>(i, name))
        visit(attr, function.getArgument(i).getLoc());
    function.walk([&](Operation *op) {
      if (auto annotate = dyn_cast<spmd::AnnotateOp>(op))
        visit(annotate.getSharding(), op->getLoc());
      if (auto manual = dyn_cast<spmd::ManualOp>(op))
        for (ArrayAttr side : {manual.getIn(), manual.getOut()})
          for (auto sharding : side.getAsRange<ShardingAttr>())
            visit(sharding, op->getLoc());
      if (func::FuncOp callee = spmd::calleeOf(op))
        functions.insert(callee);
    });
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (auto attr = function.getResultAttrOfType<ShardingAttr>(i, name))
        visit(attr, function.getLoc());
  }
}

LogicalResult FunctionGraph::findMesh() {
  FlatSymbolRefAttr name;
  std::optional<Location> where;
  LogicalResult result = success();
  forEachSharding(func, [&](ShardingAttr sharding, Location loc) {
    if (!name || name == sharding.getMesh() || failed(result)) {
      if (!name) {
        name = sharding.getMesh();
        where = loc;
      }
      return;
    }
    InFlightDiagnostic diag = emitError(loc);
    diag << "function @" << func.getName() << " has shardings on mesh " << name
         << " and on mesh " << sharding.getMesh()
         << "; a function runs on one mesh";
    diag.attachNote(*where) << "the first is here";
    result = failure();
  });
  if (failed(result))
    return failure();
  if (name) {
    mesh = spmd::lookupMesh(func, name);
    meshName = name;
    return success();
  }
  auto module = func->getParentOfType<ModuleOp>();
  auto meshes = llvm::to_vector(module.getOps<spmd::MeshOp>());
  if (meshes.size() != 1)
    return func.emitError()
           << "function @" << func.getName()
           << " has no annotation and the module has " << meshes.size()
           << " meshes; declare one, as in spmd.mesh @mesh [\"axis\"=size]";
  mesh = meshes.front();
  meshName = FlatSymbolRefAttr::get(mesh.getSymNameAttr());
  return success();
}

// Sizes of factors that others follow in a dimension.
static SmallVector<int64_t> majorSizes(func::FuncOp func) {
  SmallVector<int64_t> sizes;
  func.walk([&](spmd::ShardingRuleOpInterface op) {
    ShardingRule rule = op.getShardingRule();
    llvm::append_range(rule.operands, rule.results);
    for (const spmd::DimFactors &dims : rule.operands)
      for (const spmd::FactorList &factors : dims)
        for (size_t i = 1; i < factors.size(); ++i)
          sizes.push_back(rule.factors[factors.begin()[i - 1]].size);
  });
  return sizes;
}

// Parts of axes that fill such a factor: of "x"=4 and (i j) of sizes 2 and 6, i
// takes "x":(1)2 and j the rest.
static SmallVector<AxisMention> partsThatFill(func::FuncOp func,
                                              ArrayRef<MeshAxis> axes) {
  SmallVector<AxisMention> parts;
  for (int64_t size : majorSizes(func))
    for (const MeshAxis &axis : axes) {
      AxisMention part{axis.name, 1, std::gcd(axis.size, size)};
      if (part.sub > 1 && part.sub < axis.size &&
          !llvm::is_contained(parts, part))
        parts.push_back(part);
    }
  return parts;
}

LogicalResult FunctionGraph::splitAxes() {
  SmallVector<MeshAxis> axes;
  for (auto axis : mesh.getAxes().getAsRange<MeshAxisAttr>())
    axes.push_back({axis.getName().str(), axis.getSize()});
  SmallVector<AxisMention> mentions;
  forEachSharding(func, [&](ShardingAttr sharding, Location) {
    auto add = [&](ArrayRef<AxisRefAttr> list) {
      for (AxisRefAttr axis : list)
        mentions.push_back(
            {axis.getName().str(), axis.getPreSize(), axis.getSubSize()});
    };
    for (spmd::DimShardingAttr dim : sharding.getDims())
      add(dim.getAxes());
    add(sharding.getReplicated());
    add(sharding.getUnreduced());
  });
  std::string error;
  std::optional<AtomTable> atoms = AtomTable::create(axes, mentions, error);
  if (!atoms)
    return func.emitError() << "function @" << func.getName() << ": " << error;
  // Where dimensions merge or split, one axis may cut two of them.
  for (const AxisMention &part : partsThatFill(func, axes)) {
    mentions.push_back(part);
    if (std::optional<AtomTable> finer =
            AtomTable::create(axes, mentions, error))
      atoms = finer;
    else
      mentions.pop_back();
  }
  graph.atoms = *atoms;
  return success();
}

ShardingAttr FunctionGraph::shardingFor(const Placement &placement) const {
  MLIRContext *context = func->getContext();
  auto refs = [&](const AxisList &list) {
    SmallVector<AxisRefAttr> result;
    for (const AxisMention &mention : graph.atoms.mentionsOf(list))
      result.push_back(
          AxisRefAttr::get(context, mention.axis, mention.pre, mention.sub));
    return result;
  };
  SmallVector<spmd::DimShardingAttr> dims;
  for (const AxisList &list : placement.dims)
    dims.push_back(spmd::DimShardingAttr::get(context, refs(list),
                                              /*isOpen=*/false, 0));
  return ShardingAttr::get(
      context, meshName, dims, {}, refs(placement.unreduced),
      placement.unreduced.empty() ? spmd::ReductionKind::Sum
                                  : placement.reduction);
}

std::string FunctionGraph::describe(const AxisList &axes) const {
  std::string text = "{";
  for (const AxisMention &mention : graph.atoms.mentionsOf(axes)) {
    text += (text.size() > 1 ? ", \"" : "\"") + mention.axis + "\"";
    if (mention.sub)
      text += ":(" + std::to_string(mention.pre) + ")" +
              std::to_string(mention.sub);
  }
  return text + "}";
}

//===----------------------------------------------------------------------===//
// Index forms
//===----------------------------------------------------------------------===//

SmallVector<IndexLeaf, 4> FunctionGraph::leavesOf(Value value) const {
  auto entry = indexForm.find(value);
  if (entry != indexForm.end())
    return entry->second;
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  return {
      {tensorOf.lookup(value), llvm::to_vector<4>(llvm::seq<int>(0, rank))}};
}

// Whether each element of the results comes from one element of each operand.
static bool isElementMap(const ShardingRule &rule) {
  for (const spmd::Factor &factor : rule.factors)
    if (factor.kind != spmd::FactorKind::PassThrough)
      return false;
  auto isFull = [](const spmd::DimFactors &dims) {
    return llvm::all_of(dims, [](const spmd::FactorList &factors) {
      return factors.size() == 1;
    });
  };
  return llvm::all_of(rule.operands, isFull) &&
         llvm::all_of(rule.results, isFull) && rule.results.size() == 1;
}

bool FunctionGraph::addDerived(Operation *op, const ShardingRule &rule) {
  if (!isElementMap(rule) || !isTensor(op->getResult(0)) ||
      isa<spmd::AnnotateOp, spmd::ReshardOp>(op))
    return false;
  const spmd::DimFactors &result = rule.results[0];
  SmallVector<IndexLeaf, 4> leaves;
  for (auto [operand, factors] : llvm::zip(op->getOperands(), rule.operands)) {
    if (!isTensor(operand))
      continue;
    for (IndexLeaf leaf : leavesOf(operand)) {
      for (int &dim : leaf.dims) {
        auto place = llvm::find(result, factors[dim]);
        if (place == result.end())
          return false;
        dim = place - result.begin();
      }
      if (!llvm::is_contained(leaves, leaf))
        leaves.push_back(leaf);
    }
  }
  double bytes = 0;
  llvm::SmallDenseSet<int> counted;
  for (const IndexLeaf &leaf : leaves)
    if (counted.insert(leaf.tensor).second)
      bytes += graph.tensors[leaf.tensor].shape.bytes();
  if (leaves.size() > kMaxLeaves || bytes >= shapeOf(op->getResult(0)).bytes())
    return false;
  indexForm[op->getResult(0)] = leaves;
  return true;
}

SmallVector<Port, 2>
FunctionGraph::portsOf(Value operand,
                       ArrayRef<spmd::FactorList> factors) const {
  SmallVector<Port, 2> ports;
  for (const IndexLeaf &leaf : leavesOf(operand)) {
    Port &port = ports.emplace_back();
    port.tensor = leaf.tensor;
    for (int dim : leaf.dims)
      port.factors.push_back(factors[dim]);
  }
  return ports;
}

//===----------------------------------------------------------------------===//
// Nodes
//===----------------------------------------------------------------------===//

Pin FunctionGraph::pinFor(ShardingAttr sharding, std::string origin,
                          Location loc) {
  auto atomsOf = [&](ArrayRef<AxisRefAttr> list) {
    AxisList atoms;
    for (AxisRefAttr axis : list)
      llvm::append_range(
          atoms, graph.atoms.atomsOf({axis.getName().str(), axis.getPreSize(),
                                      axis.getSubSize()}));
    return atoms;
  };
  Pin pin;
  for (spmd::DimShardingAttr dim : sharding.getDims()) {
    pin.dims.push_back(atomsOf(dim.getAxes()));
    pin.open.push_back(dim.getIsOpen());
    pin.priority.push_back(dim.getPriority());
  }
  pin.unreduced = atomsOf(sharding.getUnreduced());
  llvm::sort(pin.unreduced);
  pin.reduction = sharding.getReduction();
  pin.closed = atomsOf(sharding.getReplicated());
  llvm::append_range(pin.closed, pin.unreduced);
  pin.origin = origins.size();
  origins.push_back(std::move(origin));
  originLocations.push_back(loc);
  return pin;
}

void FunctionGraph::addNode(OpNode node, std::string name, Location loc) {
  graph.addOp(std::move(node));
  nodeNames.push_back(std::move(name));
  nodeLocations.push_back(loc);
}

// The identity over a tensor's dimensions.
static OpNode identityNode(Value value) {
  OpNode node;
  for (int64_t size : cast<RankedTensorType>(value.getType()).getShape())
    node.factors.push_back({size, spmd::FactorKind::PassThrough});
  node.opClass = OpClass::Elementwise;
  return node;
}

static spmd::DimFactors identityFactors(Value value) {
  return spmd::identityFactors(
      cast<RankedTensorType>(value.getType()).getRank());
}

static LogicalResult checkShape(Value value, Location loc) {
  auto type = dyn_cast<ShapedType>(value.getType());
  if (!type || (isa<RankedTensorType>(type) && type.hasStaticShape()))
    return success();
  return emitError(loc) << "value of type " << type
                        << " cannot be distributed; only tensors of static "
                           "shape can";
}

LogicalResult FunctionGraph::addArguments() {
  for (BlockArgument argument : func.getArguments()) {
    if (failed(checkShape(argument, argument.getLoc())))
      return failure();
    if (!isTensor(argument))
      return emitError(argument.getLoc())
             << "argument " << argument.getArgNumber() << " of @"
             << func.getName() << " is " << argument.getType()
             << "; only tensors are supported";
    OpNode node = identityNode(argument);
    node.isArgument = true;
    std::string name = "argument " + std::to_string(argument.getArgNumber());
    if (auto label = func.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                       "moe.name"))
      name += " '" + label.str() + "'";
    if (ShardingAttr sharding = spmd::getSharding(argument))
      node.pin = pinFor(sharding,
                        "the annotation of " + name + " at " +
                            describeLocation(argument.getLoc()),
                        argument.getLoc());
    int tensor = graph.addTensor(shapeOf(argument), graph.ops.size());
    tensorOf[argument] = tensor;
    node.results.push_back({tensor, identityFactors(argument)});
    addNode(std::move(node), name, argument.getLoc());
  }
  return success();
}

LogicalResult FunctionGraph::addOp(Operation *op) {
  for (Value result : op->getResults())
    if (failed(checkShape(result, op->getLoc())))
      return failure();
  if (llvm::none_of(op->getOperands(), isTensor) &&
      llvm::none_of(op->getResults(), isTensor) && op->getNumRegions() == 0)
    return success();
  std::optional<ShardingRule> written = spmd::ruleOf(op);
  if (!written || op->getNumRegions()) {
    InFlightDiagnostic diag = op->emitOpError()
                              << "has no sharding rule, so it cannot be "
                                 "distributed";
    diag.attachNote() << "supported are the moe ops, spmd annotations, "
                         "elementwise arith and math, scf.for, scf.if and "
                         "scf.while, calls of functions with a body, and "
                         "what moe-import-linalg makes of linalg and tensor";
    return diag;
  }
  const ShardingRule &rule = *written;
  if (addDerived(op, rule))
    return success();
  OpNode node;
  node.factors.assign(rule.factors.begin(), rule.factors.end());
  node.opClass = classOf(rule);
  if (auto annotate = dyn_cast<spmd::AnnotateOp>(op))
    node.pin = pinFor(annotate.getSharding(),
                      "the annotation at " + describeLocation(op->getLoc()),
                      op->getLoc());
  for (auto [operand, factors] : llvm::zip(op->getOperands(), rule.operands))
    if (isTensor(operand))
      llvm::append_range(node.operands, portsOf(operand, factors));
  nodeOf[op] = graph.ops.size();
  for (auto [result, factors] : llvm::zip(op->getResults(), rule.results)) {
    if (!isTensor(result))
      continue;
    int tensor = graph.addTensor(shapeOf(result), graph.ops.size());
    tensorOf[result] = tensor;
    node.results.push_back({tensor, factors});
  }
  addNode(std::move(node),
          describeName(op) + " at " + describeLocation(op->getLoc()),
          op->getLoc());
  return success();
}

static bool hasFlows(Operation *op) {
  return spmd::isControlFlow(op) || spmd::calleeOf(op);
}

// Nodes of the operands, one behind the other, then of the results. A region
// over some axes is a program of its own between what its arguments and what it
// yields are pinned to.
LogicalResult FunctionGraph::addManual(spmd::ManualOp op) {
  std::string place =
      " of spmd.manual at " + moe::describeLocation(op.getLoc());
  auto pinned = [&](Value value, ShardingAttr sharding, std::string &name) {
    name += place;
    OpNode node = identityNode(value);
    node.pin = pinFor(sharding, "the layout of " + name, op.getLoc());
    return node;
  };
  auto take = [&](Value value, ShardingAttr sharding, std::string name) {
    OpNode node = pinned(value, sharding, name);
    node.operands = portsOf(value, identityFactors(value));
    addNode(std::move(node), std::move(name), op.getLoc());
  };
  auto give = [&](Value value, ShardingAttr sharding, std::string name) {
    OpNode node = pinned(value, sharding, name);
    node.isArgument = true;
    int tensor = graph.addTensor(shapeOf(value), graph.ops.size());
    tensorOf[value] = tensor;
    node.results.push_back({tensor, identityFactors(value)});
    addNode(std::move(node), std::move(name), op.getLoc());
  };
  nodeOf[op] = graph.ops.size();
  for (auto [index, operand] : llvm::enumerate(op.getInputs()))
    take(operand, op.getInputSharding(index),
         "operand " + std::to_string(index));
  for (auto [index, result] : llvm::enumerate(op.getResults()))
    give(result, op.getResultSharding(index),
         "result " + std::to_string(index));
  if (!op.getOver())
    return success();
  Block &body = op.getBody().front();
  for (auto [index, argument] : llvm::enumerate(body.getArguments()))
    give(argument, op.getFreePart(op.getInputSharding(index)),
         "argument " + std::to_string(index));
  if (failed(addBlock(body)))
    return failure();
  nodeOf[body.getTerminator()] = graph.ops.size();
  for (auto [index, yielded] :
       llvm::enumerate(body.getTerminator()->getOperands()))
    take(yielded, op.getFreePart(op.getResultSharding(index)),
         "yielded value " + std::to_string(index));
  return success();
}

LogicalResult FunctionGraph::addBlock(Block &block) {
  for (Operation &op : block.without_terminator())
    if (auto manual = dyn_cast<spmd::ManualOp>(op)) {
      if (failed(addManual(manual)))
        return failure();
    } else if (failed(hasFlows(&op) ? addControlFlow(&op) : addOp(&op)))
      return failure();
  return success();
}

// What a user wrote about a flow: on an argument or result of a function.
static ShardingAttr annotationOf(Operation *op, unsigned index) {
  func::FuncOp callee = spmd::calleeOf(op);
  if (!callee)
    return {};
  StringRef name = spmd::SpmdDialect::getShardingAttrName();
  unsigned results = op->getNumResults();
  return index < results
             ? callee.getResultAttrOfType<ShardingAttr>(index, name)
             : callee.getArgAttrOfType<ShardingAttr>(index - results, name);
}

// Of a called function by its own place, whatever it is called by.
static std::string nameOfFlow(Operation *op, unsigned index) {
  func::FuncOp callee = spmd::calleeOf(op);
  if (!callee)
    return "value " + std::to_string(index) + " of " +
           op->getName().getStringRef().str() + " at " +
           moe::describeLocation(op->getLoc());
  unsigned results = op->getNumResults();
  return (index < results ? "result " + std::to_string(index)
                          : "argument " + std::to_string(index - results)) +
         " of the function at " + moe::describeLocation(callee.getLoc());
}

// The node of a flow and its values, without what it comes from.
void FunctionGraph::openFlow(Operation *op, unsigned index,
                             const spmd::Flow &flow) {
  OpNode node = identityNode(flow.values.front());
  std::string name = nameOfFlow(op, index);
  if (ShardingAttr sharding = annotationOf(op, index))
    node.pin = pinFor(sharding, "the annotation of " + name,
                      flow.values.front().getLoc());
  for (Value value : flow.values) {
    int tensor = graph.addTensor(shapeOf(value), graph.ops.size());
    tensorOf[value] = tensor;
    node.results.push_back({tensor, identityFactors(value)});
  }
  addNode(std::move(node), std::move(name), flow.values.front().getLoc());
}

LogicalResult FunctionGraph::checkFlows(Operation *op,
                                        ArrayRef<spmd::Flow> flows) {
  if (auto call = dyn_cast<func::CallOp>(op)) {
    func::FuncOp callee = spmd::calleeOf(op);
    if (spmd::isRecursive(call))
      return emitError(op->getLoc()) << "@" << call.getCallee()
                                     << " calls itself; recursion is not "
                                        "supported";
    if (!callee.isPrivate() || !functions.insert(callee))
      return op->emitOpError() << "calls @" << call.getCallee()
                               << ", which is not for this call alone; run "
                                  "--spmd-specialize-calls (or --inline) first";
  }
  for (auto [index, flow] : llvm::enumerate(flows)) {
    Type type = flow.values.front().getType();
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || !tensor.hasStaticShape())
      return op->emitOpError()
             << "carries value " << index << " of type " << type
             << ", which cannot be distributed; only tensors of static shape "
                "can, a number as a tensor of rank 0 (tensor.from_elements)";
  }
  return success();
}

// What begins a region is there before the region; what only ends some comes
// behind them.
LogicalResult FunctionGraph::addControlFlow(Operation *op) {
  SmallVector<spmd::Flow, 4> flows = spmd::flowsOf(op);
  if (failed(checkFlows(op, flows)))
    return failure();
  auto open = [&](bool beginsRegion) {
    for (auto [index, flow] : llvm::enumerate(flows))
      if (isa<BlockArgument>(flow.values.front()) == beginsRegion)
        openFlow(op, index, flow);
  };
  open(/*beginsRegion=*/true);
  for (Region *region : spmd::regionsOf(op))
    for (Block &block : *region)
      if (failed(addBlock(block)))
        return failure();
  open(/*beginsRegion=*/false);
  for (const spmd::Flow &flow : flows)
    for (OpOperand *source : flow.sources)
      for (Port &port : portsOf(source->get(), identityFactors(source->get())))
        graph.addOperand(nodeForFlow(flow.values.front()), std::move(port));
  return success();
}

void FunctionGraph::addReturn(func::ReturnOp op) {
  for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
    returnNodes.push_back(graph.ops.size());
    if (!isTensor(operand))
      continue;
    OpNode node = identityNode(operand);
    std::string name =
        "result " + std::to_string(index) + " of @" + func.getName().str();
    if (auto sharding = func.getResultAttrOfType<ShardingAttr>(
            index, spmd::SpmdDialect::getShardingAttrName()))
      node.pin = pinFor(sharding,
                        "the annotation of " + name + " at " +
                            describeLocation(func.getLoc()),
                        func.getLoc());
    node.operands = portsOf(operand, identityFactors(operand));
    addNode(std::move(node), name, func.getLoc());
  }
}

LogicalResult FunctionGraph::build() {
  if (failed(findMesh()) || failed(splitAxes()) || failed(addArguments()))
    return failure();
  if (failed(addBlock(func.getBody().front())))
    return failure();
  Operation *terminator = func.getBody().front().getTerminator();
  auto ret = dyn_cast<func::ReturnOp>(terminator);
  if (!ret)
    return terminator->emitOpError()
           << "ends function @" << func.getName() << "; only func.return does";
  addReturn(ret);
  return success();
}
