#include "runtime/core/Artifact.h"

#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "runtime/core/Sha256.h"

#include <cstring>

namespace moert {

static constexpr char kMagic[] = "moe-artifact ";
static constexpr uint64_t kFormat = 1;
// Magic, three numbers of up to 20 digits, 64 digits of hash.
static constexpr size_t kLongestLine = 160;

std::string hashProgram(const std::string &manifest, const std::string &code) {
  Sha256 hash;
  hash.update(manifest);
  hash.update(code);
  return hash.hex();
}

std::string packArtifact(const std::string &manifest, const std::string &code) {
  return text(kMagic, kFormat, " ", manifest.size(), " ", code.size(), " ",
              hashProgram(manifest, code), "\n") +
         manifest + code;
}

bool looksLikeArtifact(const std::string &bytes) {
  return bytes.compare(0, std::strlen(kMagic), kMagic) == 0;
}

namespace {
struct HeaderLine {
  uint64_t format = 0, manifestBytes = 0, codeBytes = 0;
  std::string hash;
  size_t bytes = 0; ///< Of the line with its end.
};
} // namespace

static HeaderLine parseHeader(const std::string &bytes,
                              const std::string &what) {
  size_t end = bytes.substr(0, kLongestLine).find('\n');
  if (!looksLikeArtifact(bytes) || end == std::string::npos)
    throw Error(text("'", what, "' is not a compiled program"));
  HeaderLine header;
  std::istringstream line(
      bytes.substr(std::strlen(kMagic), end - std::strlen(kMagic)));
  line >> header.format >> header.manifestBytes >> header.codeBytes >>
      header.hash;
  if (!line || header.hash.size() != 64)
    throw Error(text("'", what, "' is damaged: its first line is malformed"));
  if (header.format != kFormat)
    throw Error(text("'", what, "' has artifact format ", header.format,
                     ", this runtime reads ", kFormat,
                     "; compile the model again"));
  header.bytes = end + 1;
  return header;
}

Artifact unpackArtifact(const std::string &bytes, const std::string &what) {
  HeaderLine header = parseHeader(bytes, what);
  uint64_t rest = bytes.size() - header.bytes;
  if (header.manifestBytes > rest ||
      header.codeBytes != rest - header.manifestBytes)
    throw Error(text("'", what,
                     "' is truncated or damaged: its first line "
                     "announces ",
                     header.manifestBytes, " + ", header.codeBytes, " bytes, ",
                     rest, " follow"));
  Artifact artifact{bytes.substr(header.bytes, header.manifestBytes),
                    bytes.substr(header.bytes + header.manifestBytes),
                    header.hash};
  std::string hash = hashProgram(artifact.manifest, artifact.code);
  if (hash != header.hash)
    throw Error(text("'", what, "' is damaged: its bytes have the hash ",
                     hash.substr(0, 12), ", its first line says ",
                     header.hash.substr(0, 12)));
  return artifact;
}

std::string writeArtifact(const std::string &path, const std::string &manifest,
                          const std::string &code) {
  writeWholeFile(path, packArtifact(manifest, code));
  return hashProgram(manifest, code);
}

} // namespace moert
