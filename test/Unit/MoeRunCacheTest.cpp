// The cache of compiled programs: keys, trust, damage, races, its bound.
#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "tools/moe-run/Cache.h"

#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <set>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moert;
using namespace moerun;

namespace {

const std::string kKey = std::string(62, 'a') + "01";
const std::string kOther = std::string(62, 'a') + "02";

/// A folder of its own for each test, removed with what is in it.
class MoeRunCache : public ::testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/moe-cache-XXXXXX";
    top = mkdtemp(name);
    folder = top + "/a/b";
  }
  void TearDown() override { (void)!std::system(("rm -rf " + top).c_str()); }
  std::string at(const std::string &name) const { return folder + "/" + name; }
  std::string entry(const std::string &key = kKey) const {
    return at(key + ".moe");
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    DIR *open = opendir(folder.c_str());
    while (dirent *entry = readdir(open))
      if (entry->d_name != std::string(".") &&
          entry->d_name != std::string(".."))
        names.push_back(entry->d_name);
    closedir(open);
    return names;
  }
  std::string refusal() const {
    try {
      Cache cache(folder);
    } catch (const Error &error) {
      return error.what();
    }
    return "";
  }
  void expectRefusal(const std::string &part) const {
    EXPECT_NE(
        refusal().find("cache folder '" + folder + "' is not used: " + part),
        std::string::npos)
        << "says: " << refusal();
  }

  std::string top, folder;
  std::string artifact = packArtifact("{}", std::string(5000, 'c'));
};

mode_t modeOf(const std::string &path) {
  struct stat status = {};
  EXPECT_EQ(stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

} // namespace

//===-- Keys --------------------------------------------------------------===//

// Whatever the program follows from changes the key, and so does moving a byte
// from one part to the next.
TEST(MoeRunCacheKey, changesWithEveryPart) {
  std::set<std::string> keys;
  const std::vector<CacheSource> sources = {
      {"model", {"--mesh=x=2"}, "compiler", "v3"},
      {"model2", {"--mesh=x=2"}, "compiler", "v3"},
      {"model", {"--mesh=x=4"}, "compiler", "v3"},
      {"model", {"--mesh=x=2", "-v"}, "compiler", "v3"},
      {"model", {"--mesh=x=2-v"}, "compiler", "v3"},
      {"model", {}, "--mesh=x=2compiler", "v3"},
      {"model", {"--mesh=x=2"}, "compiler2", "v3"},
      {"model", {"--mesh=x=2"}, "compiler", "2v3"},
      {"model", {"--mesh=x=2"}, "compiler", "v4"}};
  for (const CacheSource &source : sources) {
    keys.insert(cacheKey(source));
    EXPECT_EQ(cacheKey(source), cacheKey(source));
    EXPECT_EQ(cacheKey(source).size(), 64u);
  }
  EXPECT_EQ(keys.size(), sources.size());
}

TEST(MoeRunCacheKey, theFolderFollowsTheEnvironment) {
  setenv("MOE_CACHE_DIR", "/m", 1);
  setenv("XDG_CACHE_HOME", "/x", 1);
  setenv("HOME", "/h", 1);
  EXPECT_EQ(cacheFolder(), "/m");
  unsetenv("MOE_CACHE_DIR");
  EXPECT_EQ(cacheFolder(), "/x/moe-spmd");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(cacheFolder(), "/h/.cache/moe-spmd");
  unsetenv("HOME");
  EXPECT_THROW(cacheFolder(), Error);
  setenv("MOE_CACHE_DIR", "", 1);
  EXPECT_EQ(cacheFolder(), std::nullopt);
}

//===-- Trust -------------------------------------------------------------===//

TEST_F(MoeRunCache, foldersAndFilesAreTheUsersAlone) {
  mode_t mask = umask(0);
  Cache(folder).store(kKey, artifact);
  umask(mask);
  EXPECT_EQ(modeOf(top + "/a"), 0700u);
  EXPECT_EQ(modeOf(folder), 0700u);
  EXPECT_EQ(modeOf(entry()), 0600u);
  EXPECT_EQ(Cache(folder).find(kKey), artifact);
  EXPECT_EQ(Cache(folder).find(kOther), std::nullopt);
  EXPECT_EQ(names().size(), 1u);
}

TEST_F(MoeRunCache, aFolderThatOthersMayWriteToIsRefused) {
  Cache{folder};
  for (mode_t mode : {0770, 0702, 01777}) {
    chmod(folder.c_str(), mode);
    expectRefusal("others may write to it (mode 0");
  }
  chmod(folder.c_str(), 0755);
  EXPECT_EQ(refusal(), "");
}

TEST_F(MoeRunCache, foldersThatCannotBeAreNamed) {
  mkdir((top + "/a").c_str(), 0700);
  writeWholeFile(folder, "x");
  expectRefusal("not a directory");
  folder = "/proc/moe-spmd";
  expectRefusal("no such file or directory");
}

// The file's own mode counts too, and a link or a pipe is no file.
TEST_F(MoeRunCache, filesThatOthersCouldHaveMadeAreNotRead) {
  Cache cache(folder);
  cache.store(kKey, artifact);
  chmod(entry().c_str(), 0620);
  EXPECT_EQ(cache.find(kKey), std::nullopt);
  cache.store(kKey, artifact);
  EXPECT_EQ(cache.find(kKey), artifact);
  ASSERT_EQ(symlink(entry().c_str(), entry(kOther).c_str()), 0);
  EXPECT_EQ(cache.find(kOther), std::nullopt);
  unlink(entry(kOther).c_str());
  mkfifo(entry(kOther).c_str(), 0600);
  EXPECT_EQ(cache.find(kOther), std::nullopt);
}

TEST_F(MoeRunCache, anotherUsersFolderAndFilesAreNotUsed) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give files away";
  Cache cache(folder);
  cache.store(kKey, artifact);
  ASSERT_EQ(chown(entry().c_str(), 65534, 65534), 0);
  EXPECT_EQ(cache.find(kKey), std::nullopt);
  cache.store(kKey, artifact);
  EXPECT_EQ(cache.find(kKey), artifact);
  ASSERT_EQ(chown(folder.c_str(), 65534, 65534), 0);
  expectRefusal("it belongs to user 65534, this is user 0");
}

//===-- Damage and races --------------------------------------------------===//

// Cut anywhere, changed anywhere, or another key's: as good as none.
TEST_F(MoeRunCache, damagedFilesAreAsGoodAsNone) {
  artifact = packArtifact("{}", "code");
  Cache cache(folder);
  cache.store(kKey, artifact);
  std::string bytes = readWholeFile(entry(), 1 << 20);
  auto find = [&](const std::string &damaged) {
    unlink(entry().c_str());
    writeWholeFile(entry(), damaged);
    chmod(entry().c_str(), 0600);
    return cache.find(kKey);
  };
  EXPECT_EQ(find(bytes), artifact);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_EQ(find(bytes.substr(0, length)), std::nullopt) << length;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 1;
    EXPECT_EQ(find(damaged), std::nullopt) << i;
  }
  EXPECT_EQ(find(bytes + "x"), std::nullopt);
  ASSERT_EQ(rename(entry().c_str(), entry(kOther).c_str()), 0);
  EXPECT_EQ(cache.find(kOther), std::nullopt);
}

// Processes that keep one program over and over: who looks finds all of it.
TEST_F(MoeRunCache, racingProcessesLeaveOneWholeFile) {
  artifact = packArtifact("{}", std::string(1 << 18, 'c'));
  Cache cache(folder);
  cache.store(kKey, artifact);
  std::vector<pid_t> children;
  for (int child = 0; child < 3; ++child) {
    pid_t process = fork();
    if (process == 0) {
      for (int i = 0; i < 40; ++i)
        Cache(folder).store(kKey, artifact);
      _exit(0);
    }
    children.push_back(process);
  }
  for (int i = 0; i < 60; ++i)
    ASSERT_EQ(cache.find(kKey), artifact) << i;
  for (pid_t child : children) {
    int status = 1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(names(), std::vector<std::string>{kKey + ".moe"});
}

//===-- The bound ---------------------------------------------------------===//

// 5 KB each and room for two: the one used longest ago goes, and nothing that
// is not the cache's own.
TEST_F(MoeRunCache, theLongestUnusedGoWhenItIsFull) {
  Cache cache(folder, 11000);
  std::string third = std::string(62, 'a') + "03";
  auto setAge = [&](const std::string &path, time_t seconds) {
    timespec times[2] = {{time(nullptr) - seconds, 0},
                         {time(nullptr) - seconds, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  };
  cache.store(kKey, artifact);
  cache.store(kOther, artifact);
  std::string stale = at("." + kKey + ".1-2.partial");
  for (const std::string &path : {at("model.moe"), at(".x.partial"), stale})
    writeWholeFile(path, std::string(20000, 'x'));
  setAge(stale, 7200);
  setAge(entry(kKey), 7200);
  setAge(entry(kOther), 3600);
  ASSERT_TRUE(cache.find(kKey)); // its use makes it the younger one
  cache.store(third, artifact);
  EXPECT_TRUE(cache.find(kKey));
  EXPECT_FALSE(cache.find(kOther));
  EXPECT_TRUE(cache.find(third));
  std::vector<std::string> left = names();
  EXPECT_EQ(std::set<std::string>(left.begin(), left.end()),
            (std::set<std::string>{kKey + ".moe", third + ".moe", "model.moe",
                                   ".x.partial"}));
}

TEST_F(MoeRunCache, aFullDiskIsToldAndLeavesNothing) {
  EXPECT_EXIT(
      {
        signal(SIGXFSZ, SIG_IGN);
        Cache cache(folder);
        rlimit limit;
        limit.rlim_cur = limit.rlim_max = 1024;
        setrlimit(RLIMIT_FSIZE, &limit);
        try {
          cache.store(kKey, artifact);
        } catch (const Error &error) {
          bool told = std::string(error.what()).find("file too large") !=
                      std::string::npos;
          exit(told && names().empty() ? 7 : 8);
        }
      },
      ::testing::ExitedWithCode(7), "");
}
