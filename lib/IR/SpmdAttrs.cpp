// Parsing, printing and checking of shardings.
#include "moe/IR/Spmd.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace spmd;

#define GET_ATTRDEF_CLASSES
#include "dialects/Spmd/SpmdAttrs.cpp.inc"

//===----------------------------------------------------------------------===//
// Axis: "x" or "x":(1)2
//===----------------------------------------------------------------------===//

static void printAxis(AsmPrinter &printer, AxisRefAttr axis) {
  printer << '"' << axis.getName() << '"';
  if (!axis.isWhole())
    printer << ":(" << axis.getPreSize() << ')' << axis.getSubSize();
}

static ParseResult parseAxis(AsmParser &parser, AxisRefAttr &axis) {
  std::string name;
  int64_t preSize = 1, subSize = 0;
  if (parser.parseString(&name))
    return failure();
  if (succeeded(parser.parseOptionalColon())) {
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseLParen() || parser.parseInteger(preSize) ||
        parser.parseRParen() || parser.parseInteger(subSize))
      return failure();
    if (preSize < 1 || subSize < 2)
      return parser.emitError(loc) << "sub-axis (" << preSize << ")" << subSize
                                   << " of axis \"" << name
                                   << "\" needs a leading size of at least 1 "
                                      "and a size of at least 2";
  }
  axis = AxisRefAttr::get(parser.getContext(), name, preSize, subSize);
  return success();
}

Attribute AxisRefAttr::parse(AsmParser &parser, Type) {
  AxisRefAttr axis;
  if (parser.parseLess() || parseAxis(parser, axis) || parser.parseGreater())
    return {};
  return axis;
}

void AxisRefAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printAxis(printer, *this);
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Dimension: {"x", "y", ?}p1
//===----------------------------------------------------------------------===//

static void printAxes(AsmPrinter &printer, ArrayRef<AxisRefAttr> axes,
                      bool isOpen) {
  printer << '{';
  llvm::interleaveComma(axes, printer,
                        [&](AxisRefAttr axis) { printAxis(printer, axis); });
  if (isOpen)
    printer << (axes.empty() ? "?" : ", ?");
  printer << '}';
}

static ParseResult parseAxes(AsmParser &parser,
                             SmallVectorImpl<AxisRefAttr> &axes, bool *isOpen) {
  return parser.parseCommaSeparatedList(
      AsmParser::Delimiter::Braces, [&]() -> ParseResult {
        if (isOpen && *isOpen)
          return parser.emitError(parser.getCurrentLocation())
                 << "'?' must be the last entry of a dimension";
        if (isOpen && succeeded(parser.parseOptionalQuestion())) {
          *isOpen = true;
          return success();
        }
        return parseAxis(parser, axes.emplace_back());
      });
}

static void printDim(AsmPrinter &printer, DimShardingAttr dim) {
  printAxes(printer, dim.getAxes(), dim.getIsOpen());
  if (dim.getPriority())
    printer << 'p' << dim.getPriority();
}

static ParseResult parseDim(AsmParser &parser, DimShardingAttr &dim) {
  SmallVector<AxisRefAttr> axes;
  bool isOpen = false;
  int64_t priority = 0;
  if (parseAxes(parser, axes, &isOpen))
    return failure();
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (succeeded(parser.parseOptionalKeyword(&keyword)) &&
      (!keyword.consume_front("p") || keyword.getAsInteger(10, priority)))
    return parser.emitError(loc)
           << "expected a priority such as p1 behind the axes of a dimension";
  dim = DimShardingAttr::get(parser.getContext(), axes, isOpen, priority);
  return success();
}

Attribute DimShardingAttr::parse(AsmParser &parser, Type) {
  DimShardingAttr dim;
  if (parser.parseLess() || parseDim(parser, dim) || parser.parseGreater())
    return {};
  return dim;
}

void DimShardingAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printDim(printer, *this);
  printer << '>';
}

//===----------------------------------------------------------------------===//
// Index map of a dimension: 2 + 1 i to 0 + 1 i, 4 windows 1 x 3
//===----------------------------------------------------------------------===//

Attribute DimMapAttr::parse(AsmParser &parser, Type) {
  int64_t source, sourceStep, target, targetStep, size, advance = 1, reach = 1;
  auto parseLine = [&](int64_t &begin, int64_t &step) -> ParseResult {
    return failure(parser.parseInteger(begin) || parser.parsePlus() ||
                   parser.parseInteger(step) || parser.parseKeyword("i"));
  };
  if (parser.parseLess() || parseLine(source, sourceStep) ||
      parser.parseKeyword("to") || parseLine(target, targetStep) ||
      parser.parseComma() || parser.parseInteger(size))
    return {};
  if (succeeded(parser.parseOptionalKeyword("windows")) &&
      (parser.parseInteger(advance) || parser.parseKeyword("by") ||
       parser.parseInteger(reach)))
    return {};
  if (parser.parseGreater())
    return {};
  return DimMapAttr::get(parser.getContext(), source, sourceStep, target,
                         targetStep, size, advance, reach);
}

void DimMapAttr::print(AsmPrinter &printer) const {
  printer << '<' << getSource() << " + " << getSourceStep() << " i to "
          << getTarget() << " + " << getTargetStep() << " i, " << getSize();
  if (getAdvance() != 1 || getReach() != 1)
    printer << " windows " << getAdvance() << " by " << getReach();
  printer << '>';
}

namespace spmd {
// Used by the assembly formats of spmd.split and spmd.shard.
ParseResult parseBareDim(OpAsmParser &parser, DimShardingAttr &dim) {
  return parseDim(parser, dim);
}
void printBareDim(OpAsmPrinter &printer, Operation *, DimShardingAttr dim) {
  printDim(printer, dim);
}
ParseResult parseBareDims(OpAsmParser &parser, ArrayAttr &dims) {
  SmallVector<Attribute> list;
  auto parseOne = [&]() -> ParseResult {
    DimShardingAttr dim;
    if (parseDim(parser, dim))
      return failure();
    list.push_back(dim);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  dims = parser.getBuilder().getArrayAttr(list);
  return success();
}
void printBareDims(OpAsmPrinter &printer, Operation *, ArrayAttr dims) {
  printer << '[';
  llvm::interleaveComma(dims.getAsRange<DimShardingAttr>(), printer,
                        [&](DimShardingAttr dim) { printDim(printer, dim); });
  printer << ']';
}
} // namespace spmd

//===----------------------------------------------------------------------===//
// Sharding
//===----------------------------------------------------------------------===//

static ParseResult parseUnreduced(AsmParser &parser, ReductionKind &kind,
                                  SmallVectorImpl<AxisRefAttr> &axes) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<ReductionKind> parsed = symbolizeReductionKind(keyword);
  if (!parsed)
    return parser.emitError(loc)
           << "unknown reduction '" << keyword
           << "', expected sum, prod, max, min, and or or";
  kind = *parsed;
  return parseAxes(parser, axes, nullptr);
}

Attribute ShardingAttr::parse(AsmParser &parser, Type) {
  FlatSymbolRefAttr mesh;
  SmallVector<DimShardingAttr> dims;
  SmallVector<AxisRefAttr> replicated, unreduced;
  ReductionKind kind = ReductionKind::Sum;
  if (parser.parseLess() || parser.parseAttribute(mesh) ||
      parser.parseComma() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&] {
        return parseDim(parser, dims.emplace_back());
      }))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef keyword;
    SMLoc loc = parser.getCurrentLocation();
    if (parser.parseKeyword(&keyword) || parser.parseEqual())
      return {};
    if (keyword == "replicated") {
      if (parseAxes(parser, replicated, nullptr))
        return {};
    } else if (keyword == "unreduced") {
      if (parseUnreduced(parser, kind, unreduced))
        return {};
    } else {
      parser.emitError(loc)
          << "unknown part '" << keyword
          << "' of a sharding, expected replicated or unreduced";
      return {};
    }
  }
  if (parser.parseGreater())
    return {};
  return ShardingAttr::get(parser.getContext(), mesh, dims, replicated,
                           unreduced, kind);
}

void ShardingAttr::print(AsmPrinter &printer) const {
  printer << '<' << getMesh() << ", [";
  llvm::interleaveComma(getDims(), printer,
                        [&](DimShardingAttr dim) { printDim(printer, dim); });
  printer << ']';
  if (!getReplicated().empty()) {
    printer << ", replicated = ";
    printAxes(printer, getReplicated(), false);
  }
  if (!getUnreduced().empty()) {
    printer << ", unreduced = " << stringifyReductionKind(getReduction());
    printAxes(printer, getUnreduced(), false);
  }
  printer << '>';
}

ShardingAttr ShardingAttr::getReplicated(FlatSymbolRefAttr mesh, int64_t rank) {
  MLIRContext *context = mesh.getContext();
  SmallVector<DimShardingAttr> dims(
      rank, DimShardingAttr::get(context, {}, false, 0));
  return get(context, mesh, dims, {}, {}, ReductionKind::Sum);
}

ShardingAttr ShardingAttr::getReduced() const {
  return get(getContext(), getMesh(), getDims(), getReplicated(), {},
             ReductionKind::Sum);
}

//===----------------------------------------------------------------------===//
// Mesh axis: "data"=2
//===----------------------------------------------------------------------===//

static ParseResult parseMeshAxis(AsmParser &parser, MeshAxisAttr &axis) {
  std::string name;
  int64_t size;
  if (parser.parseString(&name) || parser.parseEqual() ||
      parser.parseInteger(size))
    return failure();
  axis = MeshAxisAttr::get(parser.getContext(), name, size);
  return success();
}

static void printMeshAxis(AsmPrinter &printer, MeshAxisAttr axis) {
  printer << '"' << axis.getName() << "\"=" << axis.getSize();
}

Attribute MeshAxisAttr::parse(AsmParser &parser, Type) {
  MeshAxisAttr axis;
  if (parser.parseLess() || parseMeshAxis(parser, axis) ||
      parser.parseGreater())
    return {};
  return axis;
}

void MeshAxisAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printMeshAxis(printer, *this);
  printer << '>';
}

namespace spmd {
// Used by the assembly format of spmd.mesh.
ParseResult parseMeshAxes(OpAsmParser &parser, ArrayAttr &axes) {
  SmallVector<Attribute> list;
  auto parseOne = [&]() -> ParseResult {
    MeshAxisAttr axis;
    if (parseMeshAxis(parser, axis))
      return failure();
    list.push_back(axis);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  axes = parser.getBuilder().getArrayAttr(list);
  return success();
}
void printMeshAxes(OpAsmPrinter &printer, Operation *, ArrayAttr axes) {
  printer << '[';
  llvm::interleaveComma(
      axes.getAsRange<MeshAxisAttr>(), printer,
      [&](MeshAxisAttr axis) { printMeshAxis(printer, axis); });
  printer << ']';
}
} // namespace spmd

//===----------------------------------------------------------------------===//
// Link: "node" leaves_node latency 5000 bandwidth 12500
//===----------------------------------------------------------------------===//

LinkAttr LinkAttr::getDefault(MLIRContext *context, StringRef axis,
                              bool leavesNode) {
  return leavesNode ? get(context, axis, true, 5000, 12500)
                    : get(context, axis, false, 2000, 50000);
}

static ParseResult parseLink(AsmParser &parser, LinkAttr &link) {
  std::string axis;
  if (parser.parseString(&axis))
    return failure();
  bool leavesNode = succeeded(parser.parseOptionalKeyword("leaves_node"));
  link = LinkAttr::getDefault(parser.getContext(), axis, leavesNode);
  int64_t latency = link.getLatency(), bandwidth = link.getBandwidth();
  if ((succeeded(parser.parseOptionalKeyword("latency")) &&
       parser.parseInteger(latency)) ||
      (succeeded(parser.parseOptionalKeyword("bandwidth")) &&
       parser.parseInteger(bandwidth)))
    return failure();
  link =
      LinkAttr::get(parser.getContext(), axis, leavesNode, latency, bandwidth);
  return success();
}

// Numbers are always written: a reader need not know the defaults.
static void printLink(AsmPrinter &printer, LinkAttr link) {
  printer << '"' << link.getAxis() << '"';
  if (link.getLeavesNode())
    printer << " leaves_node";
  printer << " latency " << link.getLatency() << " bandwidth "
          << link.getBandwidth();
}

Attribute LinkAttr::parse(AsmParser &parser, Type) {
  LinkAttr link;
  if (parser.parseLess() || parseLink(parser, link) || parser.parseGreater())
    return {};
  return link;
}

void LinkAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printLink(printer, *this);
  printer << '>';
}

namespace spmd {
// Used by the assembly format of spmd.mesh.
ParseResult parseLinks(OpAsmParser &parser, ArrayAttr &links) {
  SmallVector<Attribute> list;
  auto parseOne = [&]() -> ParseResult {
    LinkAttr link;
    if (parseLink(parser, link))
      return failure();
    list.push_back(link);
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, parseOne))
    return failure();
  links = parser.getBuilder().getArrayAttr(list);
  return success();
}
void printLinks(OpAsmPrinter &printer, Operation *, ArrayAttr links) {
  printer << '[';
  llvm::interleaveComma(links.getAsRange<LinkAttr>(), printer,
                        [&](LinkAttr link) { printLink(printer, link); });
  printer << ']';
}
} // namespace spmd

void SpmdDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Spmd/SpmdAttrs.cpp.inc"
      >();
}
