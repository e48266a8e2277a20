#include "runtime/core/TensorFile.h"

#include "runtime/core/Block.h"
#include "runtime/core/Error.h"
#include "runtime/core/Formats.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <set>
#include <sys/stat.h>

namespace moert {

static bool endsWith(const std::string &path, const std::string &end) {
  return path.size() >= end.size() &&
         path.compare(path.size() - end.size(), end.size(), end) == 0;
}

static std::optional<TensorFormat> formatByName(const std::string &path) {
  if (endsWith(path, ".npy"))
    return TensorFormat::Npy;
  if (endsWith(path, ".npz"))
    return TensorFormat::Npz;
  if (endsWith(path, ".safetensors"))
    return TensorFormat::Safetensors;
  return std::nullopt;
}

static TensorFormat formatToRead(const std::string &path) {
  if (std::optional<TensorFormat> format = formatByName(path))
    return *format;
  throw Error(text("cannot tell the format of '", path,
                   "'; names end in .npy, .npz or .safetensors"));
}

static std::vector<StoredTensor> scan(const InputFile &file,
                                      TensorFormat format) {
  switch (format) {
  case TensorFormat::Npy:
    return scanNpy(file);
  case TensorFormat::Npz:
    return scanNpz(file);
  case TensorFormat::Safetensors:
    return scanSafetensors(file);
  }
  return {};
}

TensorFile::TensorFile(const std::string &path)
    : file_(path), format_(formatToRead(path)), tensors_(scan(file_, format_)) {
}

const StoredTensor *TensorFile::find(const std::string &name) const {
  if (format_ == TensorFormat::Npy)
    return &tensors_.front();
  for (const StoredTensor &stored : tensors_)
    if (stored.name == name)
      return &stored;
  return nullptr;
}

const StoredTensor &TensorFile::get(const std::string &name) const {
  if (const StoredTensor *stored = find(name))
    return *stored;
  std::string names;
  for (size_t i = 0; i < tensors_.size() && i < 8; ++i)
    names += (i ? ", " : "") + tensors_[i].name;
  throw Error(text("'", path(), "' has no tensor '", name, "'; it has ",
                   tensors_.empty() ? "none" : names,
                   tensors_.size() > 8 ? ", ..." : ""));
}

// A byte other than 0 and 1 would be a third truth value in generated code.
static void checkBooleans(const std::string &path, const StoredTensor &stored,
                          const char *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (static_cast<unsigned char>(bytes[i]) > 1)
      throw Error(text("tensor '", stored.name, "' of '", path,
                       "' holds the byte ",
                       int(static_cast<unsigned char>(bytes[i])),
                       " where a boolean is 0 or 1"));
}

namespace {
/// Puts elements in Fortran order where they belong in a tensor in ours.
class Scatter {
public:
  explicit Scatter(Tensor &tensor) : tensor_(tensor) {
    int64_t stride = static_cast<int64_t>(sizeOf(tensor.dtype()));
    strides_.resize(tensor.shape().size());
    for (size_t dim = strides_.size(); dim-- > 0;) {
      strides_[dim] = stride;
      stride *= tensor.shape()[dim];
    }
  }

  /// `count` elements, the first of which is number `element` in Fortran order.
  void put(int64_t element, const char *from, int64_t count) {
    const std::vector<int64_t> &shape = tensor_.shape();
    while (count > 0) {
      int64_t row = element % shape[0], rest = element / shape[0];
      int64_t offset = row * strides_[0];
      for (size_t dim = 1; dim < shape.size(); rest /= shape[dim++])
        offset += rest % shape[dim] * strides_[dim];
      int64_t column = std::min(count, shape[0] - row);
      putColumn(tensor_.as<char>() + offset, from, column);
      from += column * static_cast<int64_t>(sizeOf(tensor_.dtype()));
      element += column;
      count -= column;
    }
  }

private:
  void putColumn(char *to, const char *from, int64_t count) {
    switch (sizeOf(tensor_.dtype())) {
    case 1:
      return putElements<1>(to, from, count);
    case 2:
      return putElements<2>(to, from, count);
    case 4:
      return putElements<4>(to, from, count);
    default:
      return putElements<8>(to, from, count);
    }
  }
  template <size_t size>
  void putElements(char *to, const char *from, int64_t count) {
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * strides_[0], from + i * int64_t{size}, size);
  }

  Tensor &tensor_;
  std::vector<int64_t> strides_; ///< Bytes, by dimension.
};
} // namespace

std::unique_ptr<ByteReader> TensorFile::open(const StoredTensor &stored) const {
  if (stored.deflated)
    return readDeflated(file_, *stored.deflated,
                        text("'", stored.name, "' of '", path(), "'"));
  return readStored(file_, stored.offset, stored.offset + stored.bytes);
}

/// Reads `count` elements of a file from number `element` on.
using Read = std::function<void(int64_t element, char *to, int64_t count)>;

// A tensor in Fortran order is its transpose in ours: runs of the file are
// those of the transposed block, and their elements are scattered into the
// block.
static void readTurned(const Layout &layout, int64_t rank, const Read &read,
                       Tensor &local) {
  constexpr int64_t kElements = 8 << 10;
  Layout turned = layout;
  std::reverse(turned.shape.begin(), turned.shape.end());
  std::reverse(turned.dims.begin(), turned.dims.end());
  Scatter scatter(local);
  std::vector<char> window(kElements * sizeOf(local.dtype()));
  forEachRun(turned, rank, [&](const Run &run) {
    for (int64_t done = 0; done < run.count; done += kElements) {
      int64_t count = std::min(kElements, run.count - done);
      read(run.global + done, window.data(), count);
      scatter.put(run.local + done, window.data(), count);
    }
  });
}

void TensorFile::readBlock(const StoredTensor &stored, const Layout &layout,
                           int64_t rank, Tensor &local) const {
  if (!stored.dtype)
    throw Error(text("tensor '", stored.name, "' of '", path(),
                     "' has element type ", stored.storedType,
                     ", which is not supported"));
  if (local.dtype() != *stored.dtype || layout.shape != stored.shape ||
      local.shape() != layout.localShape())
    throw Error(text("tensor '", stored.name, "' of '", path(), "' is ",
                     nameOf(*stored.dtype), shapeText(stored.shape),
                     ", wanted ", nameOf(local.dtype()),
                     shapeText(layout.shape)));
  uint64_t size = sizeOf(local.dtype());
  std::unique_ptr<ByteReader> bytes = open(stored);
  Read read = [&](int64_t element, char *to, int64_t count) {
    size_t length = static_cast<uint64_t>(count) * size;
    bytes->read(stored.offset + static_cast<uint64_t>(element) * size, to,
                length);
    if (local.dtype() == DType::I1)
      checkBooleans(path(), stored, to, length);
  };
  if (stored.fortranOrder)
    readTurned(layout, rank, read, local);
  else
    forEachRun(layout, rank, [&](const Run &run) {
      read(run.global,
           local.as<char>() + static_cast<uint64_t>(run.local) * size,
           run.count);
    });
  bytes->finish();
}

Tensor TensorFile::readWhole(const StoredTensor &stored) const {
  Tensor whole(stored.dtype.value_or(DType::I8), stored.shape);
  readBlock(stored, wholeLayout(stored.shape), 0, whole);
  return whole;
}

//===-- Writing -----------------------------------------------------------===//

TensorView view(const NamedTensor &tensor) {
  return {tensor.name, tensor.tensor.dtype(), tensor.tensor.shape(),
          tensor.tensor.data()};
}

uint64_t bytesOf(const TensorView &tensor) {
  return static_cast<uint64_t>(elementCount(tensor.shape)) *
         sizeOf(tensor.dtype);
}

TensorFormat formatToWrite(const std::string &path, size_t tensors) {
  std::optional<TensorFormat> format = formatByName(path);
  if (!format) {
    struct stat status;
    if (::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
        !S_ISDIR(status.st_mode))
      format = tensors == 1 ? TensorFormat::Npy : TensorFormat::Npz;
    else if (path.compare(0, 5, "/dev/") == 0)
      format = tensors == 1 ? TensorFormat::Npy : TensorFormat::Npz;
  }
  if (!format)
    throw Error(text("cannot tell the format of '", path,
                     "'; names end in .npy, .npz or .safetensors"));
  if (*format == TensorFormat::Npy && tensors != 1)
    throw Error(text("'", path, "' is to hold ", tensors,
                     " tensors and an .npy file holds one; use .npz or "
                     ".safetensors"));
  return *format;
}

void writeTensors(const std::string &path,
                  const std::vector<TensorView> &tensors) {
  std::set<std::string> names;
  for (const TensorView &tensor : tensors)
    if (!names.insert(tensor.name).second)
      throw Error(text("cannot write '", path, "': two tensors are called '",
                       tensor.name, "'"));
  TensorFormat format = formatToWrite(path, tensors.size());
  OutputFile file(path);
  switch (format) {
  case TensorFormat::Npy:
    writeNpy(file, tensors);
    break;
  case TensorFormat::Npz:
    writeNpz(file, tensors);
    break;
  case TensorFormat::Safetensors:
    writeSafetensors(file, tensors);
    break;
  }
  file.commit();
}

void writeTensors(const std::string &path,
                  const std::vector<NamedTensor> &tensors) {
  std::vector<TensorView> views;
  for (const NamedTensor &tensor : tensors)
    views.push_back(view(tensor));
  writeTensors(path, views);
}

} // namespace moert
