#include "runtime/core/Program.h"

#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"

#include <cerrno>
#include <dlfcn.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace moert {

static void writeAll(int descriptor, const std::string &bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t put = ::write(descriptor, bytes.data() + done, bytes.size() - done);
    if (put < 0 && errno == EINTR)
      continue;
    if (put < 0)
      throw Error(text("cannot map the program: ", systemError(errno)));
    done += static_cast<size_t>(put);
  }
}

static void *mapCode(int descriptor, const std::string &code,
                     const std::string &what) {
  if (descriptor < 0)
    throw Error(text("cannot map the program: ", systemError(errno)));
  writeAll(descriptor, code);
  std::string path = text("/proc/self/fd/", descriptor);
  void *handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *why = ::dlerror();
    throw Error(text("cannot load the code of '", what,
                     "': ", why ? why : "unknown reason"));
  }
  return handle;
}

std::shared_ptr<const Program> Program::load(const std::string &bytes,
                                             const std::string &what) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const Program>> loaded;
  Artifact artifact = unpackArtifact(bytes, what);
  std::lock_guard<std::mutex> lock(mutex);
  if (std::shared_ptr<const Program> known = loaded[artifact.hash].lock())
    return known;
  std::shared_ptr<Program> program(new Program);
  program->manifest_ = parseManifest(artifact.manifest);
  program->hash_ = artifact.hash;
  program->descriptor_ = ::memfd_create("moe-program", MFD_CLOEXEC);
  program->handle_ = mapCode(program->descriptor_, artifact.code, what);
  for (const Entry &entry : program->manifest_.entries)
    program->function(entry);
  loaded[artifact.hash] = program;
  return program;
}

WeightStore::Weights WeightStore::get(const Key &key,
                                      const std::function<Weights()> &pack) {
  Slot *slot;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    slot = &slots_[key];
  }
  std::lock_guard<std::mutex> lock(slot->packing);
  if (Weights known = slot->weights.lock())
    return known;
  Weights made = pack();
  slot->weights = made;
  return made;
}

Program::~Program() {
  if (handle_)
    ::dlclose(handle_);
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

moert_entry Program::function(const Entry &entry) const {
  void *address = ::dlsym(handle_, entry.symbol.c_str());
  if (!address)
    throw Error(text("the program's code lacks the symbol '", entry.symbol,
                     "' of entry '", entry.name, "'; compile the model again"));
  return reinterpret_cast<moert_entry>(address);
}

} // namespace moert
