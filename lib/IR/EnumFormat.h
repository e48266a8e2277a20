// Enums as bare keywords in assembly formats. The generated printer of an enum
// attribute puts a second space before the keyword.
#pragma once

#include "moe/IR/Moe.h"

namespace spmd {

template <typename EnumT, typename AttrT>
mlir::ParseResult
parseKeywordOf(mlir::OpAsmParser &parser, AttrT &attr, llvm::StringRef what,
               std::optional<EnumT> (*symbolize)(llvm::StringRef)) {
  llvm::StringRef keyword;
  llvm::SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return mlir::failure();
  std::optional<EnumT> value = symbolize(keyword);
  if (!value)
    return parser.emitError(loc)
           << "unknown " << what << " '" << keyword << "'";
  attr = AttrT::get(parser.getContext(), *value);
  return mlir::success();
}

inline mlir::ParseResult parseReduction(mlir::OpAsmParser &parser,
                                        ReductionKindAttr &kind) {
  return parseKeywordOf<ReductionKind>(parser, kind, "reduction",
                                       symbolizeReductionKind);
}
inline void printReduction(mlir::OpAsmPrinter &printer, mlir::Operation *,
                           ReductionKindAttr kind) {
  printer << stringifyReductionKind(kind.getValue());
}

inline mlir::ParseResult parseCollective(mlir::OpAsmParser &parser,
                                         CollectiveKindAttr &kind) {
  return parseKeywordOf<CollectiveKind>(parser, kind, "collective",
                                        symbolizeCollectiveKind);
}
inline void printCollective(mlir::OpAsmPrinter &printer, mlir::Operation *,
                            CollectiveKindAttr kind) {
  printer << stringifyCollectiveKind(kind.getValue());
}

} // namespace spmd

namespace moe {

inline mlir::ParseResult parseDistribution(mlir::OpAsmParser &parser,
                                           DistributionAttr &distribution) {
  return spmd::parseKeywordOf<Distribution>(
      parser, distribution, "distribution", symbolizeDistribution);
}
inline void printDistribution(mlir::OpAsmPrinter &printer, mlir::Operation *,
                              DistributionAttr distribution) {
  printer << stringifyDistribution(distribution.getValue());
}

inline mlir::ParseResult parseScatterKind(mlir::OpAsmParser &parser,
                                          ScatterKindAttr &kind) {
  return spmd::parseKeywordOf<ScatterKind>(parser, kind, "scatter kind",
                                           symbolizeScatterKind);
}
inline void printScatterKind(mlir::OpAsmPrinter &printer, mlir::Operation *,
                             ScatterKindAttr kind) {
  printer << stringifyScatterKind(kind.getValue());
}

using spmd::parseReduction;
using spmd::printReduction;

} // namespace moe
