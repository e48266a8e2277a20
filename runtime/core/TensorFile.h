// Tensors in files: .npy, .npz and .safetensors, read block by block.
//
//   TensorFile file("weights.safetensors");
//   const StoredTensor &wi = file.get("layer1.wi");
//   Tensor block(*wi.dtype, layout.localShape());
//   file.readBlock(wi, layout, rank, block);      // this rank's rows only
//
// Files may come from strangers: every size, offset and name is checked before
// it is used, and headers are read by fixed grammars. What a format can hold
// and this project has no use for (pickled objects, big-endian numbers) is
// refused with the way out.
//
// Of a tensor in Fortran order a rank reads its block alone, too. A deflated
// one (numpy.savez_compressed) has no way into its middle: every rank unpacks
// all of it, a window at a time, and keeps its block.
#pragma once

#include "runtime/core/ByteReader.h"
#include "runtime/core/File.h"
#include "runtime/core/Layout.h"
#include "runtime/core/Tensor.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moert {

/// Where a tensor lies in its file.
struct StoredTensor {
  std::string name;
  /// Absent for an element type that the runtime does not have (f16, u32, ...):
  /// such a tensor may stand in a file as long as nobody reads it.
  std::optional<DType> dtype;
  /// The element type as the file writes it, for messages.
  std::string storedType;
  std::vector<int64_t> shape;
  /// Byte offset of the first element, and the bytes of all: in the file, or in
  /// the unpacked member where there is one.
  uint64_t offset = 0;
  uint64_t bytes = 0;
  std::optional<DeflatedMember> deflated = std::nullopt;
  /// The first index runs fastest, not the last.
  bool fortranOrder = false;
};

/// The formats, told by the end of the path; what has none of these ends
/// (/dev/stdout) is Npy for one tensor and Npz for several when written.
enum class TensorFormat { Npy, Npz, Safetensors };

/// An open file of tensors.
class TensorFile {
public:
  /// Reads and checks the headers. Throws Error naming the file and what is
  /// wrong with it.
  explicit TensorFile(const std::string &path);

  const std::string &path() const { return file_.path(); }
  const std::vector<StoredTensor> &tensors() const { return tensors_; }
  /// The tensor called `name`, or null. The one tensor of an .npy file answers
  /// to every name.
  const StoredTensor *find(const std::string &name) const;
  /// The same; throws Error listing what the file has.
  const StoredTensor &get(const std::string &name) const;

  /// Reads `rank`'s block into `local`, whose type and shape must be those of
  /// the block; padding is left as it is.
  void readBlock(const StoredTensor &stored, const Layout &layout, int64_t rank,
                 Tensor &local) const;
  /// The whole tensor.
  Tensor readWhole(const StoredTensor &stored) const;

private:
  std::unique_ptr<ByteReader> open(const StoredTensor &stored) const;

  InputFile file_;
  TensorFormat format_;
  std::vector<StoredTensor> tensors_;
};

/// A tensor to be written; the bytes stay the caller's.
struct TensorView {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  const void *data = nullptr;
};

TensorView view(const NamedTensor &tensor);

/// Writes `tensors` to `path` in the format that its end names, complete or not
/// at all (OutputFile). Throws Error where an .npy file is to hold more or
/// fewer than one tensor.
void writeTensors(const std::string &path,
                  const std::vector<TensorView> &tensors);
void writeTensors(const std::string &path,
                  const std::vector<NamedTensor> &tensors);

/// Throws Error when `path` ends in nothing that writeTensors knows and is no
/// stream either; `tensors` is the number that will be written.
TensorFormat formatToWrite(const std::string &path, size_t tensors);

} // namespace moert
