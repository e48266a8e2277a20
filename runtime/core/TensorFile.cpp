#include "runtime/core/TensorFile.h"

#include "runtime/core/Block.h"
#include "runtime/core/Error.h"
#include "runtime/core/Formats.h"

#include <algorithm>
#include <cstring>
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

namespace {
/// Serves many short reads that lie near each other from one window.
class WindowedReader {
public:
  WindowedReader(const InputFile &file, uint64_t begin, uint64_t end)
      : file_(file), end_(end), windowAt_(begin) {}

  void read(uint64_t offset, void *to, size_t bytes) {
    if (bytes >= kWindow / 4)
      return file_.read(offset, to, bytes);
    if (offset < windowAt_ || offset + bytes > windowAt_ + window_.size())
      load(offset);
    std::memcpy(to, window_.data() + (offset - windowAt_), bytes);
  }

private:
  static constexpr uint64_t kWindow = 64 << 10;

  void load(uint64_t offset) {
    window_.resize(std::min(kWindow, end_ - offset));
    file_.read(offset, window_.data(), window_.size());
    windowAt_ = offset;
  }

  const InputFile &file_;
  uint64_t end_;
  uint64_t windowAt_;
  std::string window_;
};
} // namespace

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
  WindowedReader reader(file_, stored.offset, stored.offset + stored.bytes);
  forEachRun(layout, rank, [&](const Run &run) {
    char *to = local.as<char>() + static_cast<uint64_t>(run.local) * size;
    size_t bytes = static_cast<uint64_t>(run.count) * size;
    reader.read(stored.offset + static_cast<uint64_t>(run.global) * size, to,
                bytes);
    if (local.dtype() == DType::I1)
      checkBooleans(path(), stored, to, bytes);
  });
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
