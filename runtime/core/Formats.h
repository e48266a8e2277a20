// The headers of the three tensor formats; TensorFile is what others use.
#pragma once

#include "runtime/core/TensorFile.h"

namespace moert {

/// Finds the tensors of a file by reading its headers only.
std::vector<StoredTensor> scanNpy(const InputFile &file);
std::vector<StoredTensor> scanNpz(const InputFile &file);
std::vector<StoredTensor> scanSafetensors(const InputFile &file);

/// Reads the .npy header that stands in the `bytes` bytes from `offset`, whose
/// data must fill the rest exactly. `where` names it in messages.
StoredTensor scanNpyAt(ByteReader &reader, const std::string &where,
                       uint64_t offset, uint64_t bytes,
                       const std::string &name);
/// A header of NumPy's and little more.
constexpr uint64_t kHeaderWindow = 1024;
/// The .npy header (magic, version, dictionary) of a tensor; its length is a
/// multiple of 64.
std::string npyHeader(const TensorView &tensor);

void writeNpy(OutputFile &file, const std::vector<TensorView> &tensors);
void writeNpz(OutputFile &file, const std::vector<TensorView> &tensors);
void writeSafetensors(OutputFile &file, const std::vector<TensorView> &tensors);

/// Bytes of a tensor that a writer was given.
uint64_t bytesOf(const TensorView &tensor);

} // namespace moert
