#include "runtime/core/Block.h"
#include "runtime/core/File.h"
#include "runtime/core/TensorFile.h"
#include "test/Unit/TestFolder.h"

#include <csignal>
#include <cstring>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

using namespace moert;

namespace {

class CoreFiles : public ::testing::Test, protected TestFolder {
protected:
  std::string put(const std::string &name, const std::string &bytes) const {
    writeWholeFile(at(name), bytes);
    return at(name);
  }
};

/// The text of the Error that `action` throws, "" if it throws none.
template <typename Action> std::string errorOf(Action action) {
  try {
    action();
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

#define EXPECT_ERROR(action, part)                                             \
  EXPECT_NE(errorOf([&] { action; }).find(part), std::string::npos)            \
      << "says: " << errorOf([&] { action; })

Tensor counting(DType dtype, std::vector<int64_t> shape) {
  Tensor tensor(dtype, std::move(shape));
  for (size_t i = 0; i < tensor.bytes(); ++i)
    tensor.as<unsigned char>()[i] =
        dtype == DType::I1 ? i & 1
                           : static_cast<unsigned char>(i * 7 + i / 256);
  return tensor;
}

std::string safetensors(const std::string &header, const std::string &data) {
  std::string length(8, '\0');
  for (size_t i = 0; i < 8; ++i)
    length[i] = static_cast<char>(header.size() >> (8 * i));
  return length + header + data;
}

std::string npy(const std::string &dict, const std::string &data) {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(dict.size());
  file += static_cast<char>(dict.size() >> 8);
  return file + dict + data;
}

/// A member of a zip archive, and what its directory says of it.
struct ZipMember {
  std::string name, packed;
  uint16_t method = 0;
  uint32_t bytes = 0, crc = 0;
};

ZipMember stored(const std::string &name, const std::string &content) {
  uLong crc = ::crc32(0, reinterpret_cast<const Bytef *>(content.data()),
                      static_cast<uInt>(content.size()));
  return {name + ".npy", content, 0, static_cast<uint32_t>(content.size()),
          static_cast<uint32_t>(crc)};
}

ZipMember deflated(const std::string &name, const std::string &content) {
  ZipMember member = stored(name, content);
  member.method = 8;
  member.packed.resize(content.size() + 1000);
  z_stream stream = {};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  stream.next_in =
      reinterpret_cast<Bytef *>(const_cast<char *>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef *>(member.packed.data());
  stream.avail_out = static_cast<uInt>(member.packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  member.packed.resize(stream.total_out);
  deflateEnd(&stream);
  return member;
}

std::string zipOf(const std::vector<ZipMember> &members) {
  std::string file, directory;
  auto put = [](std::string &to, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i)
      to += static_cast<char>(value >> (8 * i));
  };
  auto common = [&](std::string &to, const ZipMember &member) {
    put(to, 20, 2);
    put(to, 0, 2);
    put(to, member.method, 2);
    put(to, 0, 4);
    put(to, member.crc, 4);
    put(to, member.packed.size(), 4);
    put(to, member.bytes, 4);
    put(to, member.name.size(), 2);
    put(to, 0, 2);
  };
  for (const ZipMember &member : members) {
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    common(directory, member);
    put(directory, 0, 8);
    put(directory, 0, 2);
    put(directory, file.size(), 4);
    directory += member.name;
    put(file, 0x04034b50, 4);
    common(file, member);
    file += member.name + member.packed;
  }
  std::string end;
  put(end, 0x06054b50, 4);
  put(end, 0, 4);
  put(end, members.size(), 2);
  put(end, members.size(), 2);
  put(end, directory.size(), 4);
  put(end, file.size(), 4);
  put(end, 0, 2);
  return file + directory + end;
}

} // namespace

// Every element type, several ranks, an empty tensor: what is written is read.
TEST_F(CoreFiles, roundTripInEveryFormat) {
  std::vector<NamedTensor> tensors;
  for (DType dtype : allDTypes)
    tensors.push_back({nameOf(dtype), counting(dtype, {3, 5})});
  tensors.push_back({"scalar", counting(DType::I64, {})});
  tensors.push_back({"empty", counting(DType::F32, {4, 0})});
  for (const char *name : {"t.npz", "t.safetensors"}) {
    writeTensors(at(name), tensors);
    TensorFile file(at(name));
    ASSERT_EQ(file.tensors().size(), tensors.size());
    for (const NamedTensor &wanted : tensors) {
      Tensor got = file.readWhole(file.get(wanted.name));
      EXPECT_EQ(got.dtype(), wanted.tensor.dtype()) << name << wanted.name;
      EXPECT_EQ(got.shape(), wanted.tensor.shape());
      ASSERT_EQ(got.bytes(), wanted.tensor.bytes());
      EXPECT_EQ(memcmp(got.data(), wanted.tensor.data(), got.bytes()), 0);
    }
  }
}

TEST_F(CoreFiles, npyHoldsOneTensorUnderAnyName) {
  std::vector<NamedTensor> one;
  one.push_back({"x", counting(DType::F32, {2, 3})});
  writeTensors(at("x.npy"), one);
  TensorFile file(at("x.npy"));
  EXPECT_EQ(file.get("whatever").shape, (std::vector<int64_t>{2, 3}));
  one.push_back({"y", counting(DType::F32, {1})});
  EXPECT_ERROR(writeTensors(at("y.npy"), one), "holds one");
}

TEST_F(CoreFiles, unsignedBytesAreI8) {
  put("text.npy",
      npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}", "abc"));
  TensorFile file(at("text.npy"));
  EXPECT_EQ(file.readWhole(file.get("")).as<char>()[2], 'c');
}

// 7 rows over 4 and 5 columns over 2: every rank gets just its block, at the
// start of a padded buffer whose padding stays zero.
TEST_F(CoreFiles, ranksReadTheirBlocksByGlobalIndex) {
  Tensor whole(DType::I32, {7, 5});
  std::iota(whole.as<int32_t>(), whole.as<int32_t>() + 35, 100);
  std::vector<TensorView> views{{"t", DType::I32, {7, 5}, whole.data()}};
  writeTensors(at("t.safetensors"), views);
  TensorFile file(at("t.safetensors"));
  Layout layout{{7, 5}, {{{4, 2}}, {{2, 1}}}, {}};
  Tensor assembled(DType::I32, {7, 5});
  for (int rank = 0; rank < 8; ++rank) {
    Tensor local(DType::I32, layout.localShape());
    file.readBlock(file.get("t"), layout, rank, local);
    Range rows = layout.range(0, rank), columns = layout.range(1, rank);
    for (int64_t r = 0; r < 2; ++r)
      for (int64_t c = 0; c < 3; ++c)
        EXPECT_EQ(local.as<int32_t>()[r * 3 + c],
                  r < rows.size() && c < columns.size()
                      ? 100 + (rows.begin + r) * 5 + columns.begin + c
                      : 0);
    copyBlockIn(layout, rank, 4, local.data(), assembled.data());
  }
  EXPECT_EQ(memcmp(assembled.data(), whole.data(), whole.bytes()), 0);
}

TEST(CoreBlocks, fewerElementsThanBlocksLeaveSomeEmpty) {
  Layout layout{{2}, {{{4, 1}}}, {}};
  int64_t runs = 0;
  for (int rank = 0; rank < 4; ++rank)
    forEachRun(layout, rank, [&](const moert::Run &) { ++runs; });
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(rankHolding(layout, 4, 0), 0);
}

TEST(CoreBlocks, scalarsAreOneRun) {
  forEachRun(wholeLayout({}), 0, [&](const moert::Run &run) {
    EXPECT_EQ(run.count, 1);
    EXPECT_EQ(run.global, 0);
  });
}

TEST_F(CoreFiles, missingAndOddPathsAreNamed) {
  EXPECT_ERROR(TensorFile("/no/such/file.npy"), "no such file or directory");
  EXPECT_ERROR(TensorFile(put("x.bin", "")), "names end in .npy");
  mkdir(at("d.npy").c_str(), 0755);
  EXPECT_ERROR(TensorFile(at("d.npy")), "it is a folder");
  rmdir(at("d.npy").c_str());
  mkfifo(at("p.npy").c_str(), 0600);
  EXPECT_ERROR(TensorFile(at("p.npy")), "not a regular file");
}

TEST_F(CoreFiles, npyHeadersFollowAFixedGrammar) {
  std::string good =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  auto open = [&](const std::string &dict, const std::string &data) {
    TensorFile file(put("x.npy", npy(dict, data)));
  };
  EXPECT_EQ(errorOf([&] { open(good, "0123"); }), "");
  EXPECT_ERROR(open(good, "012"), "is truncated");
  EXPECT_ERROR(open(good, "01234"), "is too long");
  EXPECT_ERROR(open(good + "x", "0123"), "malformed");
  EXPECT_ERROR(open("", "0123"), "malformed");
  EXPECT_ERROR(open("{}", "0123"), "malformed");
  for (const char *bad :
       {"{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': "
        "(1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1e3,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': [('a','<f4')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': "
        "(99999999999999999999,)}",
        "{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}"})
    EXPECT_ERROR(open(bad, "0123"), "malformed");
  EXPECT_ERROR(open("{'descr': '<f4', 'fortran_order': False, 'shape': "
                    "(4611686018427387904,4611686018427387904,)}",
                    "0123"),
               "fits into memory");
}

TEST_F(CoreFiles, npyOfAnUnknownElementTypeIsRefusedWhenRead) {
  put("x.npy",
      npy("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "0123"));
  TensorFile file(at("x.npy"));
  EXPECT_ERROR(file.readWhole(file.get("x")), ">f4");
}

TEST_F(CoreFiles, booleansAreZeroOrOne) {
  put("b.npy", npy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}",
                   std::string("\1\2", 2)));
  TensorFile file(at("b.npy"));
  EXPECT_ERROR(file.readWhole(file.get("b")), "holds the byte 2");
}

// Cut at every length, and with every byte changed: an error or a good file,
// never a crash.
TEST_F(CoreFiles, damagedFilesNeverCrash) {
  std::vector<NamedTensor> tensors;
  tensors.push_back({"a", counting(DType::F32, {2, 2})});
  tensors.push_back({"b", counting(DType::I1, {3})});
  for (const char *name : {"t.npz", "t.safetensors"}) {
    writeTensors(at(name), tensors);
    std::string bytes = readWholeFile(at(name), 1 << 20);
    auto tryFile = [&](const std::string &damaged) {
      return errorOf([&] {
        put(name, damaged);
        TensorFile file(at(name));
        for (const StoredTensor &stored : file.tensors())
          file.readWhole(stored);
      });
    };
    for (size_t length = 0; length < bytes.size(); length += 3)
      EXPECT_NE(tryFile(bytes.substr(0, length)), "") << name << " " << length;
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
      tryFile(damaged);
    }
  }
}

//===-- Other orders and packed members -----------------------------------===//

// i = 1000 * i0 + 100 * i1 + ... in a file whose first index runs fastest;
// ranks whose blocks are rows, columns, both or all read what they would from a
// file in our order, and leave padding alone.
TEST_F(CoreFiles, fortranOrderGivesTheSameBlocks) {
  for (auto [descr, dtype] : {std::pair("|i1", DType::I8),
                              {"<u2", DType::BF16},
                              {"<i4", DType::I32},
                              {"<i8", DType::I64}}) {
    size_t size = sizeOf(dtype);
    std::string ours, theirs;
    auto add = [&](std::string &to, int64_t a, int64_t b, int64_t c) {
      int64_t value = a * 15 + b * 3 + c;
      to.append(reinterpret_cast<const char *>(&value), size);
    };
    for (int64_t a = 0; a < 7; ++a)
      for (int64_t b = 0; b < 5; ++b)
        for (int64_t c = 0; c < 3; ++c)
          add(ours, a, b, c);
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t b = 0; b < 5; ++b)
        for (int64_t a = 0; a < 7; ++a)
          add(theirs, a, b, c);
    std::string type = descr;
    auto dict = [&](const char *order) {
      return text("{'descr': '", type, "', 'fortran_order': ", order,
                  ", 'shape': (7, 5, 3)}");
    };
    TensorFile c(put("c.npy", npy(dict("False"), ours)));
    TensorFile f(put("f.npy", npy(dict("True"), theirs)));
    for (const Layout &layout :
         {Layout{{7, 5, 3}, {{{4, 2}}, {{2, 1}}, {}}, {}},
          Layout{{7, 5, 3}, {{}, {}, {{8, 1}}}, {}},
          Layout{{7, 5, 3}, {{{2, 4}}, {}, {}}, {}}, wholeLayout({7, 5, 3})})
      for (int rank = 0; rank < 8; ++rank) {
        Tensor wanted(dtype, layout.localShape()),
            got(dtype, layout.localShape());
        c.readBlock(c.get("x"), layout, rank, wanted);
        f.readBlock(f.get("x"), layout, rank, got);
        EXPECT_EQ(memcmp(got.data(), wanted.data(), got.bytes()), 0)
            << descr << " rank " << rank << " of " << layout.str();
      }
  }
}

// A file of which most is missing: what a rank does not hold is not read.
TEST_F(CoreFiles, fortranOrderReadsTheBlockAlone) {
  std::string dict =
      "{'descr': '<f4', 'fortran_order': True, 'shape': (1024, 1024)}";
  put("f.npy", npy(dict, std::string(4 << 20, 'x')));
  TensorFile file(at("f.npy"));
  ASSERT_EQ(truncate(at("f.npy").c_str(), 2 << 20), 0);
  // Columns lie one after the other: rank 0's lie in what is left.
  Layout layout{{1024, 1024}, {{}, {{4, 1}}}, {}};
  Tensor local(DType::F32, layout.localShape());
  EXPECT_EQ(errorOf([&] { file.readBlock(file.get("f"), layout, 0, local); }),
            "");
  EXPECT_ERROR(file.readBlock(file.get("f"), layout, 3, local), "truncated");
}

TEST_F(CoreFiles, savezCompressedGivesTheSameBlocks) {
  Tensor whole = counting(DType::F32, {700, 50});
  std::string data(whole.as<char>(), whole.bytes());
  std::string member =
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (700, 50)}", data);
  TensorFile file(put("t.npz", zipOf({deflated("t", member)})));
  Layout layout{{700, 50}, {{{4, 2}}, {{2, 1}}}, {}};
  Tensor assembled(DType::F32, {700, 50});
  for (int rank = 0; rank < 8; ++rank) {
    Tensor local(DType::F32, layout.localShape());
    file.readBlock(file.get("t"), layout, rank, local);
    copyBlockIn(layout, rank, 4, local.data(), assembled.data());
  }
  EXPECT_EQ(memcmp(assembled.data(), whole.data(), whole.bytes()), 0);
}

// Both at once, beside a stored member and one that nobody reads.
TEST_F(CoreFiles, packedMembersMayBeOfAnyOrder) {
  std::string f =
      npy("{'descr': '|i1', 'fortran_order': True, 'shape': (2, 3)}", "adbecf");
  std::string c = npy(
      "{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3)}", "abcdef");
  std::string half =
      npy("{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}", "ab");
  TensorFile file(put("t.npz", zipOf({deflated("f", f), stored("c", c),
                                      deflated("half", half)})));
  for (const char *name : {"f", "c"}) {
    Tensor got = file.readWhole(file.get(name));
    EXPECT_EQ(std::string(got.as<char>(), got.bytes()), "abcdef") << name;
  }
}

// Cut at every length, and with every byte changed, of the packed bytes: their
// checksum knows. Then directories that lie about them.
TEST_F(CoreFiles, damagedPackedMembersAreRefused) {
  std::string content =
      npy("{'descr': '|i1', 'fortran_order': False, 'shape': (600,)}",
          std::string(300, 'a') + std::string(300, 'b'));
  const ZipMember good = deflated("t", content);
  auto read = [&](const ZipMember &member) {
    return errorOf([&] {
      TensorFile file(put("t.npz", zipOf({member})));
      file.readWhole(file.get("t"));
    });
  };
  EXPECT_EQ(read(good), "");
  for (size_t length = 0; length < good.packed.size(); ++length) {
    ZipMember cut = good;
    cut.packed.resize(length);
    EXPECT_NE(read(cut), "") << length;
  }
  for (size_t i = 0; i < good.packed.size(); ++i) {
    ZipMember damaged = good;
    damaged.packed[i] = static_cast<char>(damaged.packed[i] ^ 0x10);
    EXPECT_NE(read(damaged), "") << i;
  }
  auto expect = [&](const std::string &part, auto change) {
    ZipMember lying = good;
    change(lying);
    EXPECT_NE(read(lying).find(part), std::string::npos) << read(lying);
  };
  expect("its checksum is", [](ZipMember &m) { ++m.crc; });
  expect("is truncated: its shape [600]", [](ZipMember &m) { --m.bytes; });
  expect("is too long: its shape [600]", [](ZipMember &m) { ++m.bytes; });
  expect("its packed bytes end 3 before the",
         [](ZipMember &m) { m.packed += "abc"; });
  expect("packed by zip's method 12", [](ZipMember &m) { m.method = 12; });
  expect("is stored, but its directory", [](ZipMember &m) { m.method = 0; });
  expect("deflate packs 1032 into one at most",
         [](ZipMember &m) { m.bytes = 0xfffffff0; });
}

// 100 MB of zeros in 100 KB. What the directory and the shape agree on is the
// bound: no more is made, and what is more is an error.
TEST_F(CoreFiles, bombsAreMeasuredByTheirDirectory) {
  auto content = [](int64_t shape, size_t bytes) {
    return npy(text("{'descr': '|i1', 'fortran_order': False, 'shape': (",
                    shape, ",)}"),
               std::string(bytes, '\0'));
  };
  ZipMember bomb = deflated("t", content(16, 100 << 20));
  bomb.bytes = content(16, 16).size();
  TensorFile file(put("t.npz", zipOf({bomb})));
  EXPECT_ERROR(file.readWhole(file.get("t")), "unpacks to more than the");
  // The other way round: a shape and a size that nothing stands behind.
  ZipMember empty = deflated("t", content(1 << 20, 16));
  empty.bytes = content(1 << 20, 1 << 20).size();
  empty.packed += std::string(2000, 'x');
  TensorFile lying(put("u.npz", zipOf({empty})));
  EXPECT_ERROR(lying.readWhole(lying.get("t")), "unpacks to");
}

TEST_F(CoreFiles, safetensorsLiesAreFound) {
  auto open = [&](const std::string &header, const std::string &data) {
    TensorFile file(put("x.safetensors", safetensors(header, data)));
  };
  auto entry = [](const std::string &type, const std::string &shape, int begin,
                  int end) {
    return text("{\"dtype\":\"", type, "\",\"shape\":", shape,
                ",\"data_offsets\":[", begin, ",", end, "]}");
  };
  std::string one = entry("F32", "[1]", 0, 4);
  EXPECT_EQ(errorOf([&] { open("{\"a\":" + one + "}", "0123"); }), "");
  EXPECT_EQ(errorOf([&] {
              open("{\"__metadata__\":{\"k\":\"v\"},\"a\":" + one + "}",
                   "0123");
            }),
            "");
  EXPECT_ERROR(open("{\"a\":" + one + ",\"a\":" + one + "}", "0123"), "twice");
  EXPECT_ERROR(open("{\"a\":" + one + ",\"b\":" + one + "}", "0123"),
               "inside of");
  EXPECT_ERROR(open("{\"a\":" + entry("F32", "[1]", 4, 8) + "}", "01234567"),
               "hole");
  EXPECT_ERROR(open("{\"a\":" + one + "}", "01234"), "has 5 bytes of data");
  EXPECT_ERROR(open("{\"a\":" + one + "}", "01"), "truncated");
  EXPECT_ERROR(open("{\"a\":" + entry("F32", "[2]", 0, 4) + "}", "0123"),
               "takes 8 bytes");
  EXPECT_ERROR(open("{\"a\":" + entry("F33", "[1]", 0, 4) + "}", "0123"),
               "F33");
  EXPECT_ERROR(open("{\"a\":" + entry("F32", "[-1]", 0, 4) + "}", "0123"),
               "no whole number");
  EXPECT_ERROR(
      open("{\"a\":" + entry("F32", "[4611686018427387904,4]", 0, 4) + "}",
           "0123"),
      "fits into memory");
  EXPECT_ERROR(open("{\"a\":" + entry("F32", "[1.5]", 0, 4) + "}", "0123"),
               "no whole number");
  EXPECT_ERROR(open("{\"a\":5}", ""), "malformed");
  EXPECT_ERROR(open("[1]", ""), "no object");
  EXPECT_ERROR(open("{\"a\":", ""), "not valid JSON");
  EXPECT_ERROR(open("{\"a\":[[[[[[[[1]]]]]]]]}", ""), "nests deeper");
  EXPECT_ERROR(open("{\"__metadata__\":{\"k\":1}}", ""), "strings only");
  put("x.safetensors", std::string("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10));
  EXPECT_ERROR(TensorFile(at("x.safetensors")), "most possible");
}

TEST_F(CoreFiles, aWrongShapeOrTypeNamesBoth) {
  std::vector<NamedTensor> tensors;
  tensors.push_back({"a", counting(DType::F32, {2, 2})});
  writeTensors(at("a.npz"), tensors);
  TensorFile file(at("a.npz"));
  Tensor wanted(DType::I32, {2, 2});
  EXPECT_ERROR(file.readBlock(file.get("a"), wholeLayout({2, 2}), 0, wanted),
               "is f32[2,2], wanted i32[2,2]");
  EXPECT_ERROR(file.get("b"), "has no tensor 'b'; it has a");
}

//===-- Writing -----------------------------------------------------------===//

TEST_F(CoreFiles, anUncommittedFileLeavesNothing) {
  put("old.bin", "old");
  {
    OutputFile file(at("old.bin"));
    file.write("new");
  }
  EXPECT_EQ(readWholeFile(at("old.bin"), 100), "old");
  EXPECT_EQ(entries().size(), 1u);
}

TEST_F(CoreFiles, unwritablePathsAreNamed) {
  EXPECT_ERROR(OutputFile("/no/such/folder/x.npz"),
               "no such file or directory");
  put("plain", "x");
  EXPECT_ERROR(OutputFile(at("plain/below.npz")), "not a directory");
  EXPECT_ERROR(OutputFile{path()}, "is a directory");
  EXPECT_ERROR(OutputFile(""), "empty");
}

TEST_F(CoreFiles, aFullDiskLeavesNothing) {
  EXPECT_EXIT(
      {
        signal(SIGXFSZ, SIG_IGN);
        rlimit limit;
        limit.rlim_cur = limit.rlim_max = 4096;
        setrlimit(RLIMIT_FSIZE, &limit);
        std::string error = errorOf(
            [&] { writeWholeFile(at("big.bin"), std::string(65536, 'x')); });
        bool clean = entries().empty();
        exit(clean && error.find("file too large") != std::string::npos ? 7
                                                                        : 8);
      },
      ::testing::ExitedWithCode(7), "");
  EXPECT_ERROR(writeWholeFile("/dev/full", "x"), "no space left on device");
}

// A rename would turn the link or the device into a plain file.
TEST_F(CoreFiles, streamsAndLinksAreWrittenThrough) {
  writeWholeFile("/dev/null", "x");
  struct stat status;
  stat("/dev/null", &status);
  EXPECT_TRUE(S_ISCHR(status.st_mode));
  put("real.bin", "old");
  ASSERT_EQ(symlink(at("real.bin").c_str(), at("link.bin").c_str()), 0);
  writeWholeFile(at("link.bin"), "new");
  EXPECT_EQ(readWholeFile(at("real.bin"), 100), "new");
  lstat(at("link.bin").c_str(), &status);
  EXPECT_TRUE(S_ISLNK(status.st_mode));
}

// Pages of their own, whole ones, zeroed; what lies behind the last is not
// theirs.
TEST(CoreBuffer, largeOnesBeginAtAHugePage) {
  constexpr size_t huge = size_t{2} << 20;
  for (size_t bytes : {huge / 2, huge - 1, huge, huge + 1, 3 * huge + 4097}) {
    Buffer buffer(bytes);
    auto *data = static_cast<unsigned char *>(buffer.data());
    if (bytes >= huge)
      EXPECT_EQ(reinterpret_cast<uintptr_t>(data) % huge, 0u) << bytes;
    for (size_t at : {size_t{0}, bytes / 2, bytes - 1}) {
      EXPECT_EQ(data[at], 0) << bytes;
      data[at] = 1;
    }
  }
}
