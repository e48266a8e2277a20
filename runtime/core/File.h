// Files as the runtime reads and writes them: at any offset, and all or
// nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace moert {

/// A regular file open for reading at any offset. Every rank opens its own and
/// reads only the bytes it needs.
///
/// Reads with pread, never mmap: a file that another process truncates is then
/// an error and not a SIGBUS. Throws Error when the path is missing, not a
/// regular file or unreadable.
class InputFile {
public:
  explicit InputFile(const std::string &path);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  const std::string &path() const { return path_; }
  uint64_t size() const { return size_; }
  /// Fills `to` with `bytes` bytes from `offset`; throws Error when the file
  /// ends before.
  void read(uint64_t offset, void *to, size_t bytes) const;

private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

/// The whole of a regular file; throws Error when it is longer than `limit`
/// bytes.
std::string readWholeFile(const std::string &path, uint64_t limit);

/// A file that appears under its name complete or not at all.
///
/// Bytes go to a temporary file in the same folder; commit() makes them durable
/// and renames. Without commit() the temporary is removed and a file that stood
/// under the name before is untouched. What is no regular file (/dev/stdout, a
/// pipe) is written directly and never replaced. Every failure (no such folder,
/// no permission, disk full) throws Error with the path and the system's words.
///
///   OutputFile file("logits.npz");
///   file.write(bytes.data(), bytes.size());
///   file.commit();
class OutputFile {
public:
  explicit OutputFile(const std::string &path);
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  void write(const void *from, size_t bytes);
  void write(const std::string &bytes) { write(bytes.data(), bytes.size()); }
  /// Bytes written so far.
  uint64_t offset() const { return offset_; }
  void commit();

private:
  [[noreturn]] void fail(const char *verb, int code) const;
  void openDirect();
  void openTemporary();

  std::string path_;      ///< As the user wrote it, for messages.
  std::string target_;    ///< With symbolic links resolved.
  std::string temporary_; ///< Empty when written directly or committed.
  int descriptor_ = -1;
  uint64_t offset_ = 0;
};

/// Writes `bytes` to `path` through an OutputFile.
void writeWholeFile(const std::string &path, const std::string &bytes);

/// Throws Error if an OutputFile for `path` could not be opened now. Tools ask
/// before long work, so that a typing error costs nothing.
void checkWritable(const std::string &path);

} // namespace moert
