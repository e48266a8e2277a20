// The compiled program as one file.
//
//   moe-artifact 1 <manifest bytes> <code bytes> <sha-256 of both, in hex>\n
//   <manifest: JSON>
//   <code: a shared object>
//
// The first line is text, so that `head -1` tells what a file is. The hash is
// the program's name: ranks compare it before anything runs.
#pragma once

#include <string>

namespace moert {

/// The parts of an artifact; see parseManifest for the first.
struct Artifact {
  std::string manifest;
  std::string code;
  std::string hash;
};

/// The program hash: SHA-256 over manifest text and code bytes.
std::string hashProgram(const std::string &manifest, const std::string &code);

/// The bytes of an artifact file.
std::string packArtifact(const std::string &manifest, const std::string &code);

/// Takes the bytes of an artifact file apart. Throws Error naming `what` when
/// it is not an artifact, of another format, truncated, or does not match its
/// hash; nothing of it has been used then.
Artifact unpackArtifact(const std::string &bytes, const std::string &what);

/// True when `bytes` begin like an artifact, whole or not.
bool looksLikeArtifact(const std::string &bytes);

/// Writes an artifact to `path`, complete or not at all; returns its hash.
std::string writeArtifact(const std::string &path, const std::string &manifest,
                          const std::string &code);

} // namespace moert
