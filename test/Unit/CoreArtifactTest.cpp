#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "runtime/core/Sha256.h"

#include <gtest/gtest.h>

using namespace moert;

static std::string errorOf(const std::string &bytes) {
  try {
    unpackArtifact(bytes, "x.moe");
  } catch (const Error &error) {
    return error.what();
  }
  return "";
}

// The examples of the standard, and lengths around the padding's edges fed in
// pieces.
TEST(CoreArtifact, sha256GivesTheStandardsExamples) {
  Sha256 abc;
  abc.update(std::string("abc"));
  EXPECT_EQ(abc.hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 empty;
  EXPECT_EQ(empty.hex(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 million;
  for (int i = 0; i < 1000; ++i)
    million.update(std::string(1000, 'a'));
  EXPECT_EQ(million.hex(),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  for (size_t length : {55, 56, 63, 64, 65, 119, 120}) {
    std::string bytes(length, 'x');
    Sha256 whole, pieces;
    whole.update(bytes);
    for (char byte : bytes)
      pieces.update(&byte, 1);
    EXPECT_EQ(whole.hex(), pieces.hex());
  }
}

TEST(CoreArtifact, whatIsPackedIsUnpacked) {
  std::string bytes = packArtifact("{}", std::string("\0code", 5));
  Artifact artifact = unpackArtifact(bytes, "x.moe");
  EXPECT_EQ(artifact.manifest, "{}");
  EXPECT_EQ(artifact.code, std::string("\0code", 5));
  EXPECT_EQ(artifact.hash, hashProgram("{}", artifact.code));
  EXPECT_TRUE(looksLikeArtifact(bytes));
}

TEST(CoreArtifact, noCutAndNoChangedByteIsTaken) {
  std::string bytes = packArtifact("{\"format\": 1}", "code");
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_NE(errorOf(bytes.substr(0, length)), "") << length;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_NE(errorOf(damaged), "") << i;
  }
  EXPECT_NE(errorOf(bytes + "x").find("truncated or damaged"),
            std::string::npos);
}

TEST(CoreArtifact, otherFilesAndFormatsAreNamed) {
  EXPECT_EQ(errorOf("module {}\n"), "'x.moe' is not a compiled program");
  EXPECT_NE(errorOf("moe-artifact 2 0 0 " + std::string(64, '0') + "\n")
                .find("artifact format 2, this runtime reads 1"),
            std::string::npos);
}
