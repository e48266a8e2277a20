// Members of zip archives that are packed by deflate.
#include "runtime/core/ByteReader.h"
#include "runtime/core/Error.h"

#include <algorithm>
#include <zlib.h>

namespace moert {

// Deflate makes at most 258 bytes of 2 bits.
static constexpr uint64_t kMostGrowth = 1032;
static constexpr size_t kWindow = 64 << 10;

namespace {
class InflatingReader : public ByteReader {
public:
  InflatingReader(const InputFile &file, const DeflatedMember &member,
                  const std::string &what);
  ~InflatingReader() override { ::inflateEnd(&stream_); }

  void read(uint64_t offset, void *to, size_t bytes) override;
  void finish() override;

private:
  [[noreturn]] void fail(const std::string &why) const {
    throw Error(what_ + " is damaged: " + why);
  }
  void skipTo(uint64_t offset);
  size_t unpack(void *to, size_t bytes);
  void refill();

  const InputFile &file_;
  DeflatedMember member_;
  std::string what_;
  z_stream stream_ = {};
  std::string packed_, skipped_;
  uint64_t taken_ = 0; ///< Packed bytes read from the file.
  uint64_t made_ = 0;  ///< Unpacked bytes so far.
  uint32_t crc_ = 0;
  bool ended_ = false;
};
} // namespace

InflatingReader::InflatingReader(const InputFile &file,
                                 const DeflatedMember &member,
                                 const std::string &what)
    : file_(file), member_(member), what_(what) {
  // What cannot be true is refused before memory is taken for it.
  if (member.bytes / kMostGrowth > member.packedBytes)
    fail(text("it declares ", member.bytes, " bytes, packed into ",
              member.packedBytes, "; deflate packs ", kMostGrowth,
              " into one at most"));
  // Negative: raw deflate, without a header of zlib's.
  if (::inflateInit2(&stream_, -MAX_WBITS) != Z_OK)
    throw Error(text(what_, " cannot be unpacked: out of memory"));
}

void InflatingReader::refill() {
  packed_.resize(std::min<uint64_t>(kWindow, member_.packedBytes - taken_));
  if (packed_.empty())
    fail(text("its ", member_.packedBytes, " packed bytes end after ", made_,
              " of ", member_.bytes, " unpacked ones"));
  file_.read(member_.offset + taken_, packed_.data(), packed_.size());
  taken_ += packed_.size();
  stream_.next_in = reinterpret_cast<Bytef *>(packed_.data());
  stream_.avail_in = static_cast<uInt>(packed_.size());
}

// The next bytes, fewer than asked for only at the stream's end.
size_t InflatingReader::unpack(void *to, size_t bytes) {
  stream_.next_out = static_cast<Bytef *>(to);
  stream_.avail_out = static_cast<uInt>(bytes);
  while (stream_.avail_out > 0 && !ended_) {
    if (stream_.avail_in == 0)
      refill();
    int code = ::inflate(&stream_, Z_NO_FLUSH);
    ended_ = code == Z_STREAM_END;
    if (code != Z_OK && !ended_)
      fail(text("its packed bytes are not deflate's near byte ",
                taken_ - stream_.avail_in, " of ", member_.packedBytes));
  }
  size_t got = bytes - stream_.avail_out;
  crc_ = static_cast<uint32_t>(
      ::crc32_z(crc_, static_cast<const Bytef *>(to), got));
  made_ += got;
  return got;
}

void InflatingReader::skipTo(uint64_t offset) {
  while (made_ < offset) {
    skipped_.resize(std::min<uint64_t>(kWindow, offset - made_));
    if (unpack(skipped_.data(), skipped_.size()) < skipped_.size())
      fail(text("it unpacks to ", made_, " bytes, its directory declares ",
                member_.bytes));
  }
}

void InflatingReader::read(uint64_t offset, void *to, size_t bytes) {
  // One call of zlib's counts with 32 bits.
  constexpr size_t kMost = 1 << 30;
  skipTo(offset);
  for (char *next = static_cast<char *>(to); bytes > 0;) {
    size_t part = std::min(bytes, kMost);
    size_t got = unpack(next, part);
    if (got < part)
      fail(text("it unpacks to ", made_, " bytes, its directory declares ",
                member_.bytes));
    next += part;
    bytes -= part;
  }
}

void InflatingReader::finish() {
  skipTo(member_.bytes);
  char more;
  if (unpack(&more, 1) > 0)
    fail(text("it unpacks to more than the ", member_.bytes,
              " bytes that its directory declares"));
  uint64_t unused = member_.packedBytes - (taken_ - stream_.avail_in);
  if (unused > 0)
    fail(text("its packed bytes end ", unused, " before the ",
              member_.packedBytes, " that its directory declares"));
  if (crc_ != member_.crc)
    fail(text("its checksum is ", std::hex, crc_, ", its directory says ",
              member_.crc));
}

std::unique_ptr<ByteReader> readDeflated(const InputFile &file,
                                         const DeflatedMember &member,
                                         const std::string &what) {
  return std::make_unique<InflatingReader>(file, member, what);
}

} // namespace moert
