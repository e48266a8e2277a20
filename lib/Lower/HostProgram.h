// The program of one entry, as plain values: which steps run in which order, on
// which buffers. It is one list, with marks where a loop or a branch begins and
// ends. LowerToCalls fills it, EmitHost prints it as code,
// Manifest describes it.
#pragma once

#include "RowBlocks.h"
#include "moe/IR/Moe.h"
#include "moe/Lower/MemoryPlan.h"

namespace moe::lower {

/// A piece of memory that holds one value (or several views of it).
struct Buffer {
  /// Turn: of another buffer, the row of a loop's turn.
  enum class Place { Arena, Argument, Result, Constant, Turn };
  Place place = Place::Arena;
  /// Number of the argument, result or constant; of a row, the buffer, how many
  /// loops are around the loop, and how far rows are apart.
  int64_t index = 0;
  int64_t depth = 0;
  int64_t rowBytes = 0;
  /// Of an arena buffer: size and steps; bytes from the arena's begin.
  Lifetime lifetime;
  int64_t offset = 0;
};

/// A number that the host passes to kernels: where the rank's block of a
/// dimension begins, how many elements it has, or a constant, so that kernels
/// that differ in it alone are one; of the block of rows that the turn is
/// about, its first row or how many columns it has; of a loop the number of the
/// turn.
struct BlockNumber {
  enum class Kind { Begin, Size, Constant, FirstRow, Columns, Turn };
  Kind kind = Kind::Begin;
  /// Elements of the dimension in the whole tensor; the constant; how many
  /// loops are around the loop.
  int64_t elements = 0;
  /// What cuts it, major to minor.
  std::vector<moert::Digit> digits;
  /// Of which FirstRow and Columns are.
  RowBlocks blocks = {};

  /// Whether it is another one in each turn of a loop.
  bool isOfTurn() const { return blocks.rows != 0 || kind == Kind::Turn; }
  bool operator==(const BlockNumber &other) const {
    return kind == other.kind && elements == other.elements &&
           digits == other.digits && blocks == other.blocks;
  }
};

struct Step {
  enum class Kind {
    Kernel,
    Matmul,
    Collective,
    Start,
    Done,
    /// The steps up to the next EndSlices run `slices` times; a MatmulSlice
    /// computes the part of its batch that the turn is about, `numbers` are how
    /// many columns and how many products of each sum.
    BeginSlices,
    MatmulSlice,
    EndSlices,
    /// `bytes` from one buffer to another.
    Copy,
    /// The steps up to the matching EndLoop run for each number of `turns`.
    BeginLoop,
    EndLoop,
    /// The steps up to the matching Else run where the buffer holds true, those
    /// up to EndIf elsewhere.
    BeginIf,
    Else,
    EndIf,
    /// The steps up to Condition run; where its buffer holds true, those up to
    /// EndWhile follow, and all begin again.
    BeginWhile,
    Condition,
    EndWhile,
  };
  Kind kind = Kind::Kernel;
  /// Of a kernel: its symbol. Its parameters are `buffers`, then `numbers`.
  std::string kernel;
  /// Of the others: number in the manifest.
  int32_t site = 0;
  int64_t slices = 1;
  int64_t bytes = 0;
  /// From begin by step while below end.
  struct {
    int64_t begin = 0, end = 0, step = 1;
  } turns;
  /// Matmul: a, b, c. Collective and Start: source, target. EndSlices and
  /// the ends of loops: what the turns share. Copy: from, to. Indices of
  /// HostProgram::buffers.
  llvm::SmallVector<int, 4> buffers;
  /// Indices of HostProgram::numbers.
  llvm::SmallVector<int, 2> numbers;
  mlir::Location location;

  Step(Kind kind, mlir::Location location) : kind(kind), location(location) {}
};

struct HostProgram {
  std::string name;
  std::vector<Buffer> buffers;
  std::vector<BlockNumber> numbers;
  std::vector<Step> steps;
  int64_t arenaBytes = 0;
  /// The most bytes of the arena that one step needs.
  int64_t arenaLowerBound = 0;

  std::string symbol() const { return "moe_entry_" + name; }
  /// Adds `number` unless it is there; returns its index.
  int addNumber(const BlockNumber &number);
  /// Places the arena buffers; afterwards their offsets are set.
  void planArena();
};

} // namespace moe::lower
