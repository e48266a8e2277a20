// A folder of its own for each test that works with files.
#pragma once

#include <cstdlib>
#include <dirent.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

/// Made under /tmp, and removed with the files in it.
class TestFolder {
public:
  TestFolder() {
    if (!mkdtemp(path_.data()))
      std::abort();
  }
  ~TestFolder() {
    for (const std::string &name : entries())
      unlink(at(name).c_str());
    rmdir(path_.c_str());
  }
  TestFolder(const TestFolder &) = delete;
  TestFolder &operator=(const TestFolder &) = delete;

  const std::string &path() const { return path_; }
  std::string at(const std::string &name) const { return path_ + "/" + name; }
  bool exists(const std::string &name) const {
    return access(at(name).c_str(), F_OK) == 0;
  }
  /// Names of what lies in it, those with a leading dot left out.
  std::vector<std::string> entries() const {
    std::vector<std::string> names;
    DIR *open = opendir(path_.c_str());
    while (dirent *entry = readdir(open))
      if (entry->d_name[0] != '.')
        names.push_back(entry->d_name);
    closedir(open);
    return names;
  }

private:
  std::string path_ = "/tmp/moe-test-XXXXXX";
};
