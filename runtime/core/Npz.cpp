// The .npz format: a zip archive whose members are .npy files, stored or
// deflated; written stored.
#include "runtime/core/Error.h"
#include "runtime/core/Formats.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <zlib.h>

namespace moert {

static constexpr uint32_t kLocalHeader = 0x04034b50;
static constexpr uint32_t kCentralHeader = 0x02014b50;
static constexpr uint32_t kEndRecord = 0x06054b50;
static constexpr uint32_t kEndRecord64 = 0x06064b50;
static constexpr uint32_t kEndLocator64 = 0x07064b50;
static constexpr uint64_t kAbsent32 = 0xffffffff;
static constexpr uint64_t kLargestDirectory = 100 << 20;

//===-- Little-endian fields ----------------------------------------------===//

namespace {
/// Reads fields one after the other; past the end is an Error.
class Fields {
public:
  Fields(const std::string &bytes, const std::string &where)
      : bytes_(bytes), where_(where) {}

  uint64_t take(size_t width) {
    uint64_t value = 0;
    const std::string raw = takeString(width);
    for (size_t i = width; i-- > 0;)
      value = value << 8 | static_cast<unsigned char>(raw[i]);
    return value;
  }
  std::string takeString(size_t length) {
    if (length > left())
      throw Error(text("'", where_, "' has a damaged zip directory"));
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }
  void skip(size_t length) { takeString(length); }
  size_t left() const { return bytes_.size() - at_; }

private:
  const std::string &bytes_;
  const std::string &where_;
  size_t at_ = 0;
};

/// One member as the central directory tells it.
struct Member {
  std::string name;
  uint64_t method = 0, flags = 0, crc = 0;
  uint64_t packedBytes = 0, bytes = 0;
  uint64_t header = 0; ///< Offset of the local header.
};

struct Directory {
  uint64_t offset = 0, bytes = 0, members = 0;
};
} // namespace

static std::string readString(const InputFile &file, uint64_t offset,
                              uint64_t bytes) {
  std::string raw(bytes, '\0');
  file.read(offset, raw.data(), bytes);
  return raw;
}

//===-- Reading -----------------------------------------------------------===//

// Archives beyond 4 GB keep the true numbers in a second end record.
static void readEnd64(const InputFile &file, uint64_t endAt,
                      Directory &directory) {
  if (endAt < 20)
    return;
  std::string raw = readString(file, endAt - 20, 20);
  Fields locator(raw, file.path());
  if (locator.take(4) != kEndLocator64)
    return;
  locator.skip(4);
  std::string record = readString(file, locator.take(8), 56);
  Fields fields(record, file.path());
  if (fields.take(4) != kEndRecord64)
    throw Error(text("'", file.path(), "' has a damaged zip directory"));
  fields.skip(28);
  directory.members = fields.take(8);
  directory.bytes = fields.take(8);
  directory.offset = fields.take(8);
}

static Directory findDirectory(const InputFile &file) {
  // The end record is the last 22 bytes, or lies before a comment of < 64 KB.
  uint64_t tail = std::min<uint64_t>(file.size(), 22 + 65535);
  std::string raw = readString(file, file.size() - tail, tail);
  for (uint64_t at = tail < 22 ? 0 : tail - 21; at-- > 0;) {
    if (std::memcmp(raw.data() + at, "PK\5\6", 4) != 0)
      continue;
    std::string record = raw.substr(at, 22);
    Fields fields(record, file.path());
    fields.skip(10);
    Directory directory;
    directory.members = fields.take(2);
    directory.bytes = fields.take(4);
    directory.offset = fields.take(4);
    readEnd64(file, file.size() - tail + at, directory);
    if (directory.bytes > kLargestDirectory ||
        directory.offset > file.size() - directory.bytes)
      throw Error(text("'", file.path(), "' has a damaged zip directory"));
    return directory;
  }
  throw Error(text("'", file.path(),
                   "' is truncated or not an .npz file: it has "
                   "no zip directory at its end"));
}

static void readExtra64(const std::string &extra, const std::string &path,
                        Member &member) {
  Fields fields(extra, path);
  while (fields.left() >= 4) {
    uint64_t kind = fields.take(2);
    std::string body = fields.takeString(fields.take(2));
    if (kind != 1)
      continue;
    Fields wide(body, path);
    for (uint64_t *value : {&member.bytes, &member.packedBytes, &member.header})
      if (*value == kAbsent32)
        *value = wide.take(8);
  }
}

static Member readMember(Fields &fields, const std::string &path) {
  if (fields.take(4) != kCentralHeader)
    throw Error(text("'", path, "' has a damaged zip directory"));
  Member member;
  fields.skip(4);
  member.flags = fields.take(2);
  member.method = fields.take(2);
  fields.skip(4); // time and date
  member.crc = fields.take(4);
  member.packedBytes = fields.take(4);
  member.bytes = fields.take(4);
  size_t nameLength = fields.take(2);
  size_t extraLength = fields.take(2);
  size_t commentLength = fields.take(2);
  fields.skip(8);
  member.header = fields.take(4);
  member.name = fields.takeString(nameLength);
  readExtra64(fields.takeString(extraLength), path, member);
  fields.skip(commentLength);
  return member;
}

static constexpr uint64_t kStored = 0, kDeflated = 8;

static void checkMethod(const Member &member, const std::string &path) {
  if (member.flags & 1)
    throw Error(text("'", member.name, "' of '", path, "' is encrypted"));
  if (member.method != kStored && member.method != kDeflated)
    throw Error(text("'", member.name, "' of '", path,
                     "' is packed by zip's method ", member.method,
                     "; save with numpy.savez or numpy.savez_compressed"));
  if (member.method == kStored && member.packedBytes != member.bytes)
    throw Error(text("'", member.name, "' of '", path,
                     "' is stored, but its directory declares ",
                     member.packedBytes, " bytes in the file and ",
                     member.bytes, " of content"));
}

// The local header repeats name and extra field with lengths of its own.
static uint64_t dataOffset(const InputFile &file, const Member &member) {
  constexpr uint64_t kFixed = 30;
  if (file.size() < kFixed || member.header > file.size() - kFixed)
    throw Error(text("'", member.name, "' of '", file.path(),
                     "' lies outside of the file"));
  std::string raw = readString(file, member.header, kFixed);
  Fields fields(raw, file.path());
  if (fields.take(4) != kLocalHeader)
    throw Error(text("'", member.name, "' of '", file.path(),
                     "' has a damaged local header"));
  fields.skip(22);
  uint64_t nameLength = fields.take(2);
  uint64_t offset = member.header + kFixed + nameLength + fields.take(2);
  if (offset > file.size() || member.packedBytes > file.size() - offset)
    throw Error(text("'", member.name, "' of '", file.path(),
                     "' lies outside of the file"));
  return offset;
}

static std::string withoutEnd(const std::string &name) {
  bool npy = name.size() > 4 && name.compare(name.size() - 4, 4, ".npy") == 0;
  return npy ? name.substr(0, name.size() - 4) : name;
}

static StoredTensor scanMember(const InputFile &file, const Member &member,
                               const std::string &name) {
  checkMethod(member, file.path());
  std::string where = text("'", name, "' of '", file.path(), "'");
  uint64_t offset = dataOffset(file, member);
  if (member.method == kStored) {
    std::unique_ptr<ByteReader> reader =
        readStored(file, offset, offset + member.bytes, kHeaderWindow);
    return scanNpyAt(*reader, where, offset, member.bytes, name);
  }
  DeflatedMember deflated{offset, member.packedBytes, member.bytes,
                          static_cast<uint32_t>(member.crc)};
  std::unique_ptr<ByteReader> reader = readDeflated(file, deflated, where);
  StoredTensor stored = scanNpyAt(*reader, where, 0, member.bytes, name);
  stored.deflated = deflated;
  return stored;
}

std::vector<StoredTensor> scanNpz(const InputFile &file) {
  Directory directory = findDirectory(file);
  std::string raw = readString(file, directory.offset, directory.bytes);
  Fields fields(raw, file.path());
  std::vector<StoredTensor> tensors;
  std::set<std::string> names;
  for (uint64_t i = 0; i < directory.members; ++i) {
    Member member = readMember(fields, file.path());
    std::string name = withoutEnd(member.name);
    // A second member of one name could carry other numbers past a check.
    if (!names.insert(name).second)
      throw Error(text("'", file.path(), "' has two tensors '", name, "'"));
    tensors.push_back(scanMember(file, member, name));
  }
  return tensors;
}

//===-- Writing -----------------------------------------------------------===//

static uint32_t addCrc(uint32_t crc, const void *data, size_t bytes) {
  return static_cast<uint32_t>(
      ::crc32_z(crc, static_cast<const Bytef *>(data), bytes));
}

static void put(std::string &to, uint64_t value, size_t width) {
  for (size_t i = 0; i < width; ++i)
    to += static_cast<char>(value >> (8 * i) & 255);
}

namespace {
struct WrittenMember {
  std::string name;
  uint32_t crc = 0;
  uint64_t bytes = 0;
  uint64_t header = 0;
};
} // namespace

static uint64_t narrow(uint64_t value) { return std::min(value, kAbsent32); }

// The fields that local and central header share. Version 4.5 for the wide
// ones; the date is 1980-01-01, so that equal tensors give equal files.
static void putCommon(std::string &to, const WrittenMember &member,
                      size_t extraBytes) {
  put(to, 45, 2);
  put(to, 0, 2); // flags
  put(to, 0, 2); // stored
  put(to, 0x00210000, 4);
  put(to, member.crc, 4);
  put(to, narrow(member.bytes), 4);
  put(to, narrow(member.bytes), 4);
  put(to, member.name.size(), 2);
  put(to, extraBytes, 2);
}

static std::string wideExtra(const WrittenMember &member, bool central) {
  std::string body;
  if (member.bytes >= kAbsent32) {
    put(body, member.bytes, 8);
    put(body, member.bytes, 8);
  }
  if (central && member.header >= kAbsent32)
    put(body, member.header, 8);
  if (body.empty())
    return body;
  std::string extra;
  put(extra, 1, 2);
  put(extra, body.size(), 2);
  return extra + body;
}

static WrittenMember writeMember(OutputFile &file, const TensorView &tensor) {
  std::string header = npyHeader(tensor);
  uint64_t dataBytes = bytesOf(tensor);
  uint32_t crc = addCrc(0, header.data(), header.size());
  WrittenMember member{tensor.name + ".npy",
                       addCrc(crc, tensor.data, dataBytes),
                       header.size() + dataBytes, file.offset()};
  std::string extra = wideExtra(member, false);
  std::string local;
  put(local, kLocalHeader, 4);
  putCommon(local, member, extra.size());
  file.write(local + member.name + extra + header);
  file.write(tensor.data, dataBytes);
  return member;
}

static void putCentral(std::string &to, const WrittenMember &member) {
  std::string extra = wideExtra(member, true);
  put(to, kCentralHeader, 4);
  put(to, 45, 2);
  putCommon(to, member, extra.size());
  put(to, 0, 2); // comment
  put(to, 0, 2); // disk
  put(to, 0, 2); // internal attributes
  put(to, uint64_t{0644} << 16, 4);
  put(to, narrow(member.header), 4);
  to += member.name + extra;
}

static std::string endRecords(uint64_t members, uint64_t offset,
                              uint64_t bytes) {
  std::string end;
  if (members >= 0xffff || offset >= kAbsent32 || bytes >= kAbsent32) {
    put(end, kEndRecord64, 4);
    put(end, 44, 8);
    put(end, 45, 2);
    put(end, 45, 2);
    put(end, 0, 8); // disks
    put(end, members, 8);
    put(end, members, 8);
    put(end, bytes, 8);
    put(end, offset, 8);
    put(end, kEndLocator64, 4);
    put(end, 0, 4);
    put(end, offset + bytes, 8);
    put(end, 1, 4);
  }
  uint64_t shortMembers = std::min<uint64_t>(members, 0xffff);
  put(end, kEndRecord, 4);
  put(end, 0, 4); // disks
  put(end, shortMembers, 2);
  put(end, shortMembers, 2);
  put(end, narrow(bytes), 4);
  put(end, narrow(offset), 4);
  put(end, 0, 2); // comment
  return end;
}

void writeNpz(OutputFile &file, const std::vector<TensorView> &tensors) {
  std::string directory;
  for (const TensorView &tensor : tensors)
    putCentral(directory, writeMember(file, tensor));
  uint64_t offset = file.offset();
  file.write(directory + endRecords(tensors.size(), offset, directory.size()));
}

} // namespace moert
