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
  EXPECT_ERROR(
      open("{'descr': '<f4', 'fortran_order': True, 'shape': (1,1)}", "0123"),
      "ascontiguousarray");
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
