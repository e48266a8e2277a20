// What an artifact says about its code: entries, layouts, sites, mesh.
//
// The manifest is the JSON part of an artifact; `lower` writes it, the runtime
// reads it into the plain structs below. Everything that later code relies on
// is checked here once: sites are numbered 0, 1, 2 ..., layouts fit the ranks,
// strides have one number a dimension.
#pragma once

#include "runtime/comm/CollectiveSite.h"
#include "runtime/core/DType.h"
#include "runtime/core/Isa.h"
#include "runtime/core/Layout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace moert {

/// An axis of the mesh as a digit of the rank number.
struct MeshAxis {
  std::string name;
  Digit digit;
};

/// An argument or a result of an entry.
struct Parameter {
  std::string name;
  DType dtype = DType::F32;
  Layout layout;
  /// Equal in every call (a weight), so it may be packed once.
  bool constant = false;
  /// Integers of the argument lie in [0, bound); 0 says nothing.
  int64_t bound = 0;
  /// A result that tells what the router chose: no result of the user's.
  bool choice = false;
};

/// A function of the program that can be called from outside.
struct Entry {
  std::string name;
  std::string symbol;
  int64_t arenaBytes = 0;
  std::vector<Parameter> arguments;
  std::vector<Parameter> results;
};

/// A matmul c[m,n] = a[m,k] b[k,n] for each index of `batch`; strides are in
/// elements, batch dimensions first.
struct MatmulSite {
  int32_t site = 0;
  std::string entry;
  DType aType = DType::F32, bType = DType::F32, cType = DType::F32;
  std::vector<int64_t> batch;
  int64_t m = 0, n = 0, k = 0;
  std::vector<int64_t> aStrides, bStrides, cStrides;
  /// Where rows are cut into blocks: all rows, else 0. The last dimension of
  /// the batch then counts blocks of m rows, its strides are those of one row.
  /// The last block ends with the last row, so it may share rows with the one
  /// before.
  int64_t rows = 0;
  /// The constant argument of the entry that b is, or -1.
  int64_t bArgument = -1;
  std::string op;
  std::string location;
};

/// A program as its manifest describes it.
struct Manifest {
  std::string program;
  int64_t ranks = 1;
  std::vector<MeshAxis> mesh;
  std::string target;
  Isa isa = Isa::Baseline; ///< What its code needs.
  std::vector<Entry> entries;
  std::vector<CollectiveSite> collectives;
  std::vector<MatmulSite> matmuls;

  const Entry *find(const std::string &entry) const;
  /// The same; throws Error listing the entries there are.
  const Entry &get(const std::string &entry) const;
  /// "data=2,expert=4".
  std::string meshText() const;
};

/// Reads and checks a manifest. Throws Error naming the field that is missing
/// or wrong.
Manifest parseManifest(const std::string &json);

} // namespace moert
