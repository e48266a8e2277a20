// moe-run's plain parts: options, comparison, floors.
#include "runtime/core/Error.h"
#include "runtime/core/Manifest.h"
#include "tools/moe-run/Compare.h"
#include "tools/moe-run/Floor.h"
#include "tools/moe-run/Options.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

using namespace moert;
using namespace moerun;

TEST(MoeRunOptions, valuesStandBehindEqualsOrNext) {
  Options options =
      parseOptions({"--ranks=4", "m.mlir", "--input", "x=a=b.npy", "--seed",
                    "-7", "--mesh=data=2,expert=2", "--summary"});
  EXPECT_EQ(options.program, "m.mlir");
  EXPECT_EQ(*options.ranks, 4);
  EXPECT_EQ(options.inputs[0].first, "x");
  EXPECT_EQ(options.inputs[0].second, "a=b.npy");
  EXPECT_EQ(options.seed, -7);
  EXPECT_EQ(options.mesh, "data=2,expert=2");
  EXPECT_EQ(options.summary, Summary::Full);
}

// A rank is one thread: asking for that is fine, for more an error.
TEST(MoeRunOptions, aRankHasOneThread) {
  auto parse = [](const std::string &threads) {
    try {
      parseOptions({"m.mlir", "--threads-per-rank", threads});
    } catch (const Error &error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(parse("1"), "");
  EXPECT_EQ(parse("2"), "--threads-per-rank is 2, but a rank computes on "
                        "exactly 1 thread; use more ranks instead");
  EXPECT_NE(parse("0").find("takes a whole number from 1"), std::string::npos);
}

TEST(MoeRunOptions, everyFlagStandsInTheHelp) {
  std::string help = helpText();
  for (const char *flag :
       {"--ranks", "--threads-per-rank", "--no-cache", "--mesh", "--entry",
        "--input", "--params", "--output", "--seed", "--check", "--model",
        "--trace", "--repeat", "--summary", "--help", "--version"})
    EXPECT_NE(help.find(flag), std::string::npos) << flag;
}

static Tensor floats(std::vector<float> values) {
  Tensor tensor(DType::F32, {static_cast<int64_t>(values.size())});
  std::copy(values.begin(), values.end(), tensor.as<float>());
  return tensor;
}

// The tolerance is relative to the tensor's largest magnitude: 100 * 1e-5.
TEST(MoeRunCompare, floatsMayDifferByTheTensorsScale) {
  EXPECT_FALSE(compare(floats({100, 1.0009f}), floats({100, 1})).first);
  Comparison comparison = compare(floats({100, 1.01f}), floats({100, 1}));
  EXPECT_EQ(comparison.first, 1);
  EXPECT_EQ(comparison.differing, 1);
}

// f32 logits of a bf16 program.
TEST(MoeRunCompare, programsThatRoundToBF16HaveItsTolerance) {
  Tensor got = floats({100, 1.5f}), wanted = floats({100, 1});
  EXPECT_TRUE(compare(got, wanted).first);
  EXPECT_FALSE(compare(got, wanted, true).first);
  Manifest manifest;
  Entry entry;
  EXPECT_FALSE(roundsToBF16(manifest, entry));
  entry.arguments.push_back({"w", DType::BF16, Layout{}, true});
  EXPECT_TRUE(roundsToBF16(manifest, entry));
}

TEST(MoeRunCompare, nanAndInfinityEqualOnlyThemselves) {
  float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(compare(floats({nan, inf, 1}), floats({nan, inf, 1})).first);
  EXPECT_EQ(compare(floats({nan, inf, 1}), floats({nan, inf, 1})).nans, 1);
  EXPECT_EQ(compare(floats({nan}), floats({1})).nans, 0);
  EXPECT_EQ(compare(floats({nan}), floats({1})).first, 0);
  EXPECT_EQ(compare(floats({1}), floats({nan})).first, 0);
  EXPECT_EQ(compare(floats({1, inf}), floats({1, -inf})).first, 1);
  EXPECT_EQ(compare(floats({inf}), floats({1})).first, 0);
}

TEST(MoeRunCompare, integersAreEqual) {
  Tensor a(DType::I64, {2}), b(DType::I64, {2});
  a.as<int64_t>()[1] = (int64_t{1} << 60) + 1;
  b.as<int64_t>()[1] = int64_t{1} << 60;
  EXPECT_EQ(compare(a, b).first, 1);
}

TEST(MoeRunCompare, theDifferenceNamesRankAndGlobalIndex) {
  Parameter parameter{"y", DType::F32, Layout{{4}, {{{4, 1}}}, {}}, false};
  Tensor got = floats({1, 2, 3, 5}), wanted = floats({1, 2, 3, 4});
  std::string words =
      describeDifference(parameter, 4, got, wanted, compare(got, wanted));
  EXPECT_NE(
      words.find("'y' differs first at [3], held by rank 3: got 5, wanted 4"),
      std::string::npos)
      << words;
}

TEST(MoeRunFloor, isBytesWhereLayoutsTellThem) {
  CollectiveSite site;
  site.dtype = DType::BF16;
  site.source = Layout{{8, 4}, {{{4, 1}}, {}}, {}};
  site.target = Layout{{8, 4}, {{}, {}}, {}};
  EXPECT_EQ(floorBytes(site, 4, 0), 48);
  site.primitive = moert::Primitive::AllToAllRagged;
  EXPECT_EQ(floorBytes(site, 4, 0), -1);
}

//===-- Manifest ----------------------------------------------------------===//

static std::string manifest(const std::string &entries = "[]",
                            const std::string &rest = "") {
  return "{\"format\":2,\"program\":\"m\",\"ranks\":4,\"mesh\":[{\"axis\":"
         "\"data\",\"size\":4,\"stride\":1}],\"target\":\"cpu\",\"isa\":\"x86-"
         "64\",\"entries\":" +
         entries + ",\"collectives\":[],\"matmuls\":[]" + rest + "}";
}

static std::string errorOf(const std::string &json) {
  try {
    parseManifest(json);
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

TEST(CoreManifest, isReadIntoPlainStructs) {
  Manifest read = parseManifest(
      manifest("[{\"name\":\"f\",\"symbol\":\"s\",\"arena_bytes\":64,"
               "\"arguments\":[{\"name\":\"x\",\"dtype\":\"bf16\",\"layout\":"
               "{\"shape\":[8,2],\"dims\":[[[2,2],[2,1]],[]],"
               "\"unreduced\":[]}}],\"results\":[]}]"));
  EXPECT_EQ(read.meshText(), "data=4");
  const Parameter &x = read.get("f").arguments.at(0);
  EXPECT_EQ(x.dtype, DType::BF16);
  EXPECT_EQ(x.layout.str(), "[8,2] {(2,2)(2,1)} {}");
  EXPECT_FALSE(x.constant);
}

TEST(CoreManifest, wrongFieldsAreNamed) {
  auto expect = [](const std::string &json, const std::string &part) {
    EXPECT_NE(errorOf(json).find(part), std::string::npos) << errorOf(json);
  };
  EXPECT_EQ(errorOf(manifest()), "");
  expect("[]", "must be an object");
  expect("{\"format\":9}", "format 9, this runtime reads 2");
  expect("{\"format\":2}", "lacks 'program'");
  expect(manifest("5"), "'entries' of the manifest must be an array");
  expect(manifest("[{\"name\":5}]"),
         "'entries[0].name' of the manifest must be a string");
  expect(manifest("[{\"name\":\"f\",\"symbol\":\"s\",\"arena_bytes\":-1}]"),
         "'entries[0].arena_bytes' of the manifest must be a whole number");
  std::string argument =
      "[{\"name\":\"f\",\"symbol\":\"s\",\"arena_bytes\":0,\"results\":[],"
      "\"arguments\":[{\"name\":\"x\",\"dtype\":\"f32\",\"layout\":";
  expect(manifest(argument + "{\"shape\":[8],\"dims\":[[[3,1]]]}}]}]"),
         "digit (3,1), which does not fit 4 ranks");
  expect(manifest(argument + "{\"shape\":[8],\"dims\":[]}}]}]"),
         "1 sizes and 0 lists");
  expect(manifest(argument + "{\"shape\":[-8],\"dims\":[[]]}}]}]"),
         "'entries[0].arguments[0].layout.shape'");
  std::string small = manifest();
  small.replace(small.find("\"ranks\":4"), 9, "\"ranks\":8");
  expect(small, "8 ranks, but its mesh data=4 has 4");
}

TEST(CoreManifest, blocksOfRowsMustFitTheRows) {
  auto read = [](const std::string &site) {
    std::string json = manifest("[{\"name\":\"f\",\"symbol\":\"s\","
                                "\"arena_bytes\":0,\"arguments\":[],"
                                "\"results\":[]}]");
    std::string none = "\"matmuls\":[]";
    return json.replace(
        json.find(none), none.size(),
        "\"matmuls\":[{\"site\":0,\"entry\":\"f\",\"a_dtype\":\"f32\","
        "\"b_dtype\":\"f32\",\"c_dtype\":\"f32\",\"n\":8,\"k\":8," +
            site + "}]");
  };
  std::string strides = "\"a_strides\":[8,8,1],\"b_strides\":[0,8,1],"
                        "\"c_strides\":[8,8,1]";
  auto expect = [&](const std::string &site, const std::string &part) {
    EXPECT_NE(errorOf(read(site)).find(part), std::string::npos)
        << errorOf(read(site));
  };
  std::string good = "\"batch\":[4],\"m\":26,\"rows\":101," + strides;
  EXPECT_EQ(errorOf(read(good)), "");
  EXPECT_EQ(parseManifest(read(good)).matmuls[0].rows, 101);
  expect("\"batch\":[3],\"m\":26,\"rows\":101," + strides,
         "3 blocks of 26 rows for 101 rows");
  expect("\"batch\":[1],\"m\":26,\"rows\":25," + strides,
         "1 blocks of 26 rows for 25 rows");
  expect("\"batch\":[1],\"m\":0,\"rows\":25," + strides,
         "1 blocks of 0 rows for 25 rows");
  expect("\"batch\":[],\"m\":26,\"rows\":26,\"a_strides\":[8,1],"
         "\"b_strides\":[8,1],\"c_strides\":[8,1]",
         "0 blocks of 26 rows");
  expect("\"batch\":[4],\"m\":26,\"rows\":-1," + strides, "rows' of the");
  strides.replace(strides.find("[0,8"), 4, "[8,8");
  expect("\"batch\":[4],\"m\":26,\"rows\":101," + strides,
         "another b for each block of rows");
}
