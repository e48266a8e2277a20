// moe-run from outside: a program written by hand, good runs and bad input.
#include "runtime/core/Artifact.h"
#include "runtime/core/Error.h"
#include "runtime/core/File.h"
#include "runtime/core/TensorFile.h"
#include "test/Unit/TestFolder.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moert;

namespace {

std::string layout(const std::string &shape, const std::string &dims,
                   const std::string &unreduced = "") {
  return "{\"shape\":[" + shape + "],\"dims\":[" + dims + "],\"unreduced\":[" +
         unreduced + "]}";
}

std::string parameter(const std::string &name, const std::string &dtype,
                      const std::string &layout, bool constant = false) {
  return "{\"name\":\"" + name + "\",\"dtype\":\"" + dtype +
         "\",\"constant\":" + (constant ? "true" : "false") +
         ",\"layout\":" + layout + "}";
}

/// An entry from x to y.
std::string simpleEntry(const std::string &name, const std::string &x) {
  return "{\"name\":\"" + name + "\",\"symbol\":\"moe_entry_" + name +
         "\",\"arena_bytes\":64,\"arguments\":[" + parameter("x", "f32", x) +
         "],\"results\":[" + parameter("y", "f32", x) + "]}";
}

/// The manifest of HandProgram.c for `ranks` ranks.
std::string handManifest(int ranks) {
  std::string rows = std::to_string(2 * ranks);
  std::string digit = "[" + std::to_string(ranks) + ",1]";
  std::string cut = layout(rows + ",4", "[" + digit + "],[]");
  std::string whole = layout(rows + ",4", "[],[]");
  std::string x = layout(rows + ",6", "[" + digit + "],[]");
  std::string scalar = layout("", "");
  std::string w = layout("6,4", "[],[]");
  return text(
      "{\"format\":2,\"program\":\"hand.mlir\",\"ranks\":", ranks,
      ",\"mesh\":[{\"axis\":\"data\",\"size\":", ranks,
      ",\"stride\":1}],\"target\":\"cpu\",\"isa\":\"x86-64\",\"entries\":["
      "{\"name\":\"init\",\"symbol\":\"moe_entry_init\",\"arena_bytes\":0,"
      "\"arguments\":[",
      parameter("seed", "i32", scalar), "],\"results\":[",
      parameter("w", "f32", w),
      "]},{\"name\":\"forward\",\"symbol\":\"moe_entry_forward\","
      "\"arena_bytes\":68,\"arguments\":[",
      parameter("x", "f32", x), ",", parameter("w", "f32", w, true),
      "],\"results\":[", parameter("y", "f32", whole), ",",
      parameter("total", "f32", scalar),
      "]},{\"name\":\"fails\",\"symbol\":\"moe_entry_fails\","
      "\"arena_bytes\":0,\"arguments\":[",
      parameter("x", "f32", x), "],\"results\":[", parameter("y", "f32", x),
      "]},", simpleEntry("leaks", x),
      "],\"collectives\":[{\"site\":0,\"entry\":\"forward\",\"primitive\":"
      "\"exchange\",\"kind\":\"all_gather\",\"dtype\":\"f32\",\"source\":",
      cut, ",\"target\":", whole,
      ",\"reduction\":\"\",\"axes\":[\"data\"],\"op\":\"moe.einsum\","
      "\"location\":\"hand.mlir:3:8\",\"reason\":\"\"},"
      "{\"site\":1,\"entry\":\"forward\",\"primitive\":\"all_reduce\","
      "\"kind\":\"all_reduce\",\"dtype\":\"f32\",\"source\":",
      layout("", "", digit), ",\"target\":", scalar,
      ",\"reduction\":\"sum\",\"axes\":[\"data\"],\"op\":\"moe.reduce\","
      "\"location\":\"hand.mlir:4:8\",\"reason\":\"\"}],"
      "\"matmuls\":[{\"site\":0,\"entry\":\"forward\",\"a_dtype\":\"f32\","
      "\"b_dtype\":\"f32\",\"c_dtype\":\"f32\",\"batch\":[],\"m\":2,\"n\":4,"
      "\"k\":6,\"a_strides\":[6,1],\"b_strides\":[4,1],\"c_strides\":[4,1],"
      "\"b_argument\":1,\"op\":\"moe.einsum\",\"location\":\"hand.mlir:3:8\"}],"
      "\"kernels\":[]}");
}

struct Outcome {
  int code = -1;
  std::string output; ///< stdout and stderr.
};

class MoeRun : public ::testing::Test, protected TestFolder {
protected:
  void SetUp() override {
    // The user's own cache is none of a test's business.
    setenv("MOE_CACHE_DIR", "", 1);
    code = readWholeFile(HAND_PROGRAM, 1 << 24);
    for (int ranks : {1, 2, 3, 4})
      writeArtifact(at(text("r", ranks, ".moe")), handManifest(ranks), code);
  }

  /// Runs moe-run in the folder, with `before` in front of the command.
  Outcome run(const std::string &arguments,
              const std::string &before = "") const {
    return shell(before + " timeout 60 " + MOE_RUN + " " + arguments);
  }

  /// The same as `ranks` processes of MPI.
  Outcome mpirun(const std::string &words) const {
    // Open MPI leaves memory to the system at its end.
    return shell(text(". ", MPI_ENVIRONMENT,
                      "; export ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0; "
                      "timeout 60 mpirun ",
                      words));
  }

  Outcome runMpi(int ranks, const std::string &arguments) const {
    return mpirun(text("-n ", ranks, " ", MOE_RUN, " ", arguments));
  }

  Outcome shell(const std::string &words) const {
    std::string command = "cd " + path() + " && (" + words + ") 2>&1";
    FILE *pipe = popen(command.c_str(), "r");
    Outcome outcome;
    char buffer[4096];
    while (size_t got = fread(buffer, 1, sizeof buffer, pipe))
      outcome.output.append(buffer, got);
    int status = pclose(pipe);
    outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
    return outcome;
  }

  /// x [2*ranks,6] with x[i] = i % 7.
  void writeX(int ranks, const std::string &name) const {
    Tensor x(DType::F32, {2 * ranks, 6});
    for (int64_t i = 0; i < x.elements(); ++i)
      x.as<float>()[i] = static_cast<float>(i % 7);
    writeTensors(at(name), std::vector<TensorView>{
                               {"x", x.dtype(), x.shape(), x.data()}});
  }

  void expectError(const std::string &arguments, const std::string &part,
                   const std::string &before = "") const {
    Outcome outcome = run(arguments, before);
    EXPECT_EQ(outcome.code, 1) << arguments << "\n" << outcome.output;
    EXPECT_NE(outcome.output.find(part), std::string::npos)
        << arguments << " says:\n"
        << outcome.output;
    EXPECT_NE(outcome.output.find("error: "), std::string::npos);
  }

  std::string code;
};

} // namespace

//===-- Good runs ---------------------------------------------------------===//

// y = x w with w from init, on every number of ranks; padding, gathering,
// packing and reducing leave exact small integers.
TEST_F(MoeRun, computesOnOneToFourRanks) {
  for (int ranks : {1, 2, 3, 4}) {
    writeX(ranks, "x.npy");
    Outcome outcome = run(text("r", ranks,
                               ".moe --input x=x.npy --seed 3 "
                               "--output out.npz --repeat 3"));
    ASSERT_EQ(outcome.code, 0) << outcome.output;
    TensorFile file(at("out.npz"));
    Tensor y = file.readWhole(file.get("y"));
    ASSERT_EQ(y.shape(), (std::vector<int64_t>{2 * ranks, 4}));
    float total = 0;
    for (int64_t row = 0; row < 2 * ranks; ++row)
      for (int64_t n = 0; n < 4; ++n) {
        float wanted = 0;
        for (int64_t k = 0; k < 6; ++k)
          wanted += static_cast<float>((row * 6 + k) % 7) *
                    static_cast<float>(3 + k - n);
        EXPECT_EQ(y.as<float>()[row * 4 + n], wanted);
        total += wanted;
      }
    EXPECT_EQ(file.readWhole(file.get("total")).as<float>()[0], total);
  }
}

TEST_F(MoeRun, theSummaryNamesResultsMemoryAndCollectives) {
  writeX(4, "x.npy");
  Outcome outcome = run("r4.moe --input x=x.npy --summary=full");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  for (const char *part :
       {"hand.mlir: entry forward on 4 ranks (mesh data=4, local)", "f32[8,4]",
        "arena (plan)", "68 B", "all_gather", "hand.mlir:3:8", "moe.reduce",
        "1x2x6x4", "time ", "floor", "96 B"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n"
                                                            << outcome.output;
  EXPECT_EQ(run("r4.moe --input x=x.npy --summary=none").output, "");
}

TEST_F(MoeRun, parametersReplaceInit) {
  writeX(2, "x.npy");
  ASSERT_EQ(run("r2.moe --entry init --seed 5 --output w.safetensors").code, 0);
  ASSERT_EQ(run("r2.moe --input x=x.npy --seed 5 --output a.npz").code, 0);
  Outcome outcome =
      run("r2.moe --input x=x.npy --params w.safetensors --output b.npz");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(readWholeFile(at("a.npz"), 1 << 20),
            readWholeFile(at("b.npz"), 1 << 20));
}

TEST_F(MoeRun, theTraceHasARowARankAndCollectivesWithBytes) {
  writeX(2, "x.npy");
  ASSERT_EQ(run("r2.moe --input x=x.npy --trace t.json").code, 0);
  std::string trace = readWholeFile(at("t.json"), 1 << 20);
  for (const char *part : {"rank 0", "rank 1", "all_gather start", "bytes sent",
                           "\"pack\"", "traceEvents"})
    EXPECT_NE(trace.find(part), std::string::npos) << part;
}

TEST_F(MoeRun, standardOutputTakesResults) {
  Outcome outcome = run("r1.moe --entry init --output /dev/stdout "
                        "--summary=none > w.npy");
  EXPECT_EQ(outcome.code, 0);
  TensorFile file(at("w.npy"));
  EXPECT_EQ(file.get("w").shape, (std::vector<int64_t>{6, 4}));
}

TEST_F(MoeRun, helpAndVersionNeedNoProgram) {
  Outcome help = run("--help");
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.output.find("usage: moe-run"), std::string::npos);
  Outcome version = run("--version");
  EXPECT_EQ(version.code, 0);
  EXPECT_NE(version.output.find("transports: local"), std::string::npos);
}

//===-- Bad input ---------------------------------------------------------===//

TEST_F(MoeRun, badFlagsAreNamed) {
  expectError("", "no PROGRAM or MODEL");
  expectError("r1.moe --bogus", "unknown flag --bogus; known are --ranks");
  expectError("r1.moe --ranks", "--ranks takes N");
  expectError("r1.moe --ranks=two", "--ranks takes a whole number from 1");
  expectError("r1.moe --ranks=0", "got '0'");
  expectError("r1.moe --repeat=0", "--repeat takes a whole number from 1");
  expectError("r1.moe --input x", "--input takes NAME=FILE");
  expectError("r1.moe --check=1", "--check takes float or exact, got '1'");
  expectError("r1.moe --summary=loud", "--summary takes none, short or full");
  expectError("r1.moe --mesh=data=2", "compiled for its mesh already");
  expectError("r1.moe r2.moe", "one PROGRAM or MODEL is run");
  expectError("r1.moe --entry=nope", "has no entry 'nope'; it has init");
}

TEST_F(MoeRun, rankCountsThatDoNotFitTheMeshAreRefused) {
  writeX(4, "x.npy");
  expectError("r4.moe --ranks=2 --input x=x.npy",
              "compiled for 4 ranks (mesh data=4), the job has 2");
}

TEST_F(MoeRun, damagedProgramsAreRefused) {
  expectError("missing.moe", "cannot read 'missing.moe'");
  expectError(".", "it is a folder");
  writeX(1, "x.npy");
  expectError("x.npy", "is not a compiled program");
  std::string bytes = readWholeFile(at("r1.moe"), 1 << 24);
  writeWholeFile(at("cut.moe"), bytes.substr(0, bytes.size() - 100));
  expectError("cut.moe", "truncated or damaged");
  bytes[bytes.size() / 2] ^= 1;
  writeWholeFile(at("flipped.moe"), bytes);
  expectError("flipped.moe", "is damaged");
  writeArtifact(at("nocode.moe"), handManifest(1), "not a shared object");
  expectError("nocode.moe --input x=x.npy", "cannot load the code");
  writeArtifact(at("nojson.moe"), "{", code);
  expectError("nojson.moe", "the manifest is not valid JSON");
  std::string manifest = handManifest(1);
  manifest.replace(manifest.find("moe_entry_fails"), 15, "moe_entry_nopes");
  writeArtifact(at("nosymbol.moe"), manifest, code);
  expectError("nosymbol.moe", "lacks the symbol 'moe_entry_nopes'");
}

TEST_F(MoeRun, badInputsAreNamedOnEveryRankCount) {
  writeX(4, "x.npy");
  writeX(2, "small.npy");
  for (int ranks : {1, 4}) {
    std::string program = text("r", ranks, ".moe ");
    expectError(program, "argument 'x' of entry 'forward' (f32[");
    expectError(program + "--input x=none.npy", "cannot read 'none.npy'");
    expectError(
        program + "--input z=x.npy",
        "--input names 'z', but entry 'forward' has the arguments x, w");
    expectError(program + "--input x=small.npy", "'small.npy' holds f32[4,6]");
  }
  std::string bytes = readWholeFile(at("x.npy"), 1 << 20);
  writeWholeFile(at("cut.npy"), bytes.substr(0, bytes.size() - 1));
  expectError("r4.moe --input x=cut.npy", "'cut.npy' is truncated");
  Tensor wrong(DType::I32, {8, 6});
  writeTensors(at("i32.npy"), std::vector<TensorView>{
                                  {"x", DType::I32, {8, 6}, wrong.data()}});
  expectError("r4.moe --input x=i32.npy", "'i32.npy' holds i32[8,6]");
}

// Only rank 2 reads the row with the NaN; all ranks end and its number is told.
TEST_F(MoeRun, aNanIsFoundByTheRankThatReadsIt) {
  Tensor x(DType::F32, {8, 6});
  x.as<uint32_t>()[5 * 6 + 1] = 0x7fc00000;
  writeTensors(at("nan.npy"),
               std::vector<TensorView>{{"x", DType::F32, {8, 6}, x.data()}});
  expectError("r4.moe --input x=nan.npy",
              "rank 2: argument 'x' is NaN at [5,1] in 'nan.npy'");
}

TEST_F(MoeRun, outputsThatCannotBeWrittenLeaveNothing) {
  writeX(1, "x.npy");
  std::string good = "r1.moe --input x=x.npy ";
  expectError(good + "--output /no/such/folder/out.npz",
              "cannot write '/no/such/folder/out.npz': no such file");
  expectError(good + "--output x.npy/out.npz", "not a directory");
  expectError(good + "--output out.txt", "names end in .npy");
  expectError(good + "--output out.npy", "holds one");
  expectError(good + "--trace x.npy/t.json", "cannot write 'x.npy/t.json'");
  expectError(good + "--output /dev/full", "no space left on device");
  expectError(good + "--summary=none --output out.npz", "file too large",
              "trap '' XFSZ; ulimit -f 0;");
  EXPECT_FALSE(exists("out.npz"));
  for (const std::string &name : entries())
    EXPECT_EQ(name.find("partial"), std::string::npos) << name;
}

// 64 KB of memory as a disk, full but for less than the result needs.
TEST_F(MoeRun, aFullDiskLeavesNothing) {
  std::string disk = "unshare -rm sh -c 'mkdir disk && mount -t tmpfs -o "
                     "size=64k none disk && ";
  if (shell(disk + "rmdir no 2>/dev/null; true'").code != 0)
    GTEST_SKIP() << "no user namespaces here";
  rmdir(at("disk").c_str());
  writeX(1, "x.npy");
  Outcome outcome =
      shell(disk + "head -c 65536 /dev/zero > disk/fill; " + MOE_RUN +
            " r1.moe --input x=x.npy --output disk/out.npz; "
            "echo code $?; ls disk'");
  rmdir(at("disk").c_str());
  EXPECT_NE(outcome.output.find("no space left on device"), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("code 1"), std::string::npos);
  EXPECT_EQ(outcome.output.find("out.npz\n"), std::string::npos)
      << outcome.output;
}

TEST_F(MoeRun, anotherUsersFolderIsRefused) {
  std::string other = "setpriv --reuid=65534 --clear-groups ";
  chmod(path().c_str(), 0755);
  if (geteuid() != 0 || shell(other + MOE_RUN + " --version").code != 0)
    GTEST_SKIP() << "cannot run moe-run as another user here";
  writeX(1, "x.npy");
  expectError("r1.moe --input x=x.npy --output out.npz",
              "cannot write 'out.npz': permission denied", other);
  EXPECT_FALSE(exists("out.npz"));
}

// Code that reads what nobody wrote gets NaN instead of luck.
TEST_F(MoeRun, poisonFillsTheArena) {
  writeX(1, "x.npy");
  ASSERT_EQ(
      run("r1.moe --entry leaks --input x=x.npy --output y.npy", "MOE_POISON=1")
          .code,
      0);
  TensorFile file(at("y.npy"));
  Tensor y = file.readWhole(file.get("y"));
  EXPECT_NE(y.as<float>()[0], y.as<float>()[0]);
}

// The failure of compiled code's call ends the job, with the site in the
// message.
TEST_F(MoeRun, failuresInsideOfCompiledCodeEndTheJob) {
  writeX(2, "x.npy");
  Outcome outcome = run("r2.moe --entry fails --input x=x.npy");
  EXPECT_NE(outcome.code, 0);
  EXPECT_NE(outcome.output.find("error: "), std::string::npos)
      << outcome.output;
  EXPECT_NE(outcome.output.find("17"), std::string::npos) << outcome.output;
}

TEST_F(MoeRun, checkNeedsTheModel) {
  writeX(1, "x.npy");
  expectError("r1.moe --input x=x.npy --check",
              "--check needs the model: cannot read 'hand.mlir'");
}

//===-- Sibling tools -----------------------------------------------------===//

/// moe-run beside a compiler and an interpreter that are shell scripts.
class MoeRunSiblings : public MoeRun {
protected:
  void SetUp() override {
    MoeRun::SetUp();
    ASSERT_EQ(shell(text("cp ", MOE_RUN, " moe-run")).code, 0);
    writeWholeFile(at("m.mlir"), "module {}\n");
    script("moe-opt", "for a; do test \"$p\" = -o && cp r2.moe \"$a\"; p=$a; "
                      "done; echo \"$@\" >> flags");
    script("moe-interpret", "for a; do case $a in --output=*) cp wanted.npz "
                            "\"${a#--output=}\";; esac; done");
    writeX(2, "x.npy");
  }
  void script(const std::string &name, const std::string &body) const {
    writeWholeFile(at(name), "#!/bin/sh\n" + body + "\n");
    chmod(at(name).c_str(), 0755);
  }
  Outcome runHere(const std::string &arguments,
                  const std::string &before = "") const {
    return shell(before + " timeout 60 ./moe-run " + arguments);
  }
};

TEST_F(MoeRunSiblings, modelsAreCompiledFirst) {
  Outcome outcome = runHere("m.mlir --mesh=data=2 --input x=x.npy");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  std::string flags = readWholeFile(at("flags"), 1 << 20);
  EXPECT_NE(flags.find("m.mlir --target=cpu --mesh=data=2 -o "),
            std::string::npos)
      << flags;
}

/// With a cache in the folder "cache", made by the first run.
// Outcomes of trials, which lie beside them, are smaller.
const std::string kCountPrograms = "find cache -type f -size +1k | wc -l";

class MoeRunKept : public MoeRunSiblings {
protected:
  void TearDown() override {
    shell("chmod 700 cache home; rm -rf cache home");
    MoeRun::TearDown();
  }
  Outcome runKept(const std::string &arguments = "",
                  const std::string &before = "") const {
    return runHere("m.mlir --input x=x.npy " + arguments,
                   "export MOE_CACHE_DIR=$PWD/cache; " + before);
  }
  /// How often the compiler ran.
  int64_t compilations() const {
    std::string flags = readWholeFile(at("flags"), 1 << 20);
    return std::count(flags.begin(), flags.end(), '\n');
  }
  /// A run that says one warning with `part` in it, and computes all the same.
  void expectWarning(const Outcome &outcome, const std::string &part) const {
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    size_t at = outcome.output.find("warning: ");
    ASSERT_NE(at, std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find("warning: ", at + 1), std::string::npos);
    EXPECT_NE(outcome.output.find(part, at), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find("entry forward on 2 ranks"),
              std::string::npos);
  }
};

// The second run finds the first one's program; another mesh, model, compiler
// or level of instructions does not.
TEST_F(MoeRunKept, programsAreFoundAgain) {
  for (int64_t runs : {1, 1}) {
    Outcome outcome = runKept("--mesh=data=2");
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_EQ(outcome.output.find("warning"), std::string::npos);
    EXPECT_EQ(compilations(), runs);
  }
  runKept("--mesh=data=2,expert=1");
  EXPECT_EQ(compilations(), 2);
  writeWholeFile(at("m.mlir"), "module { }\n");
  runKept("--mesh=data=2");
  EXPECT_EQ(compilations(), 3);
  shell("echo '# newer' >> moe-opt");
  runKept("--mesh=data=2");
  runKept("--mesh=data=2");
  EXPECT_EQ(compilations(), 4);
  runKept("--mesh=data=2", "MOE_MAX_ISA=x86-64");
  EXPECT_EQ(compilations(), 5);
}

TEST_F(MoeRunKept, nothingIsKeptWhereItIsNotWanted) {
  runKept("--no-cache");
  EXPECT_FALSE(exists("cache"));
  runHere("m.mlir --input x=x.npy", "export MOE_CACHE_DIR= HOME=$PWD/home; ");
  EXPECT_FALSE(exists("home"));
  EXPECT_EQ(compilations(), 2);
}

TEST_F(MoeRunKept, theUsersOwnFolderIsTheDefault) {
  std::string home =
      "unset MOE_CACHE_DIR XDG_CACHE_HOME; export HOME=$PWD/home; ";
  for (int run = 0; run < 2; ++run)
    EXPECT_EQ(runHere("m.mlir --input x=x.npy", home).code, 0);
  EXPECT_EQ(compilations(), 1);
  EXPECT_EQ(shell("ls home/.cache/moe-spmd/*.moe").code, 0);
}

TEST_F(MoeRunKept, aDamagedFileIsMadeAnew) {
  runKept();
  shell("for f in cache/*.moe; do head -c 2000 $f > t; cat t > $f; rm t; done");
  Outcome outcome = runKept();
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(compilations(), 2);
  runKept();
  EXPECT_EQ(compilations(), 2);
}

// A model that changes under the compiler must not stand under its old key.
TEST_F(MoeRunKept, aModelThatChangesMeanwhileIsNotKept) {
  script("moe-opt", "for a; do test \"$p\" = -o && cp r2.moe \"$a\"; p=$a; "
                    "done; echo \"$@\" >> flags; echo '//' >> m.mlir");
  EXPECT_EQ(runKept().code, 0);
  EXPECT_EQ(shell(kCountPrograms).output, "0\n");
}

TEST_F(MoeRunKept, aFolderThatCannotBeUsedIsOneWarning) {
  shell("mkdir -m 777 cache");
  expectWarning(runKept(), "/cache' is not used: others may write to it");
  shell("rmdir cache; echo > cache");
  expectWarning(runKept(), "/cache' is not used: not a directory");
  expectWarning(runHere("m.mlir --input x=x.npy",
                        "unset MOE_CACHE_DIR XDG_CACHE_HOME HOME; "),
                "no cache folder");
}

// A folder of the user's that takes no files; then one that takes few.
TEST_F(MoeRunKept, aProgramThatCannotBeKeptIsOneWarning) {
  expectWarning(runHere("m.mlir --input x=x.npy",
                        "export MOE_CACHE_DIR=/proc/self/fdinfo; "),
                "is not kept: cannot write to '/proc/self/fdinfo'");
  std::string disk = "unshare -rm sh -c 'mkdir cache; mount -t tmpfs -o "
                     "size=8k,mode=700 none cache && ";
  if (shell(disk + "true'").code != 0)
    GTEST_SKIP() << "no user namespaces here";
  expectWarning(shell(disk +
                      "export MOE_CACHE_DIR=cache; ./moe-run m.mlir "
                      "--input x=x.npy && ! ls -A cache | grep partial'"),
                "is not kept: cannot write to 'cache': no space left");
}

TEST_F(MoeRunKept, anotherUsersFolderIsOneWarning) {
  if (geteuid() != 0)
    GTEST_SKIP() << "only root can give folders away";
  shell("mkdir -m 700 cache; chown 65534 cache");
  expectWarning(runKept(), "is not used: it belongs to user 65534");
  EXPECT_NE(shell("ls cache/*.moe").code, 0);
}

TEST_F(MoeRunKept, twoRunsAtOnceKeepOneProgram) {
  script("moe-opt", "for a; do test \"$p\" = -o && cp r2.moe \"$a\"; p=$a; "
                    "done; echo \"$@\" >> flags; sleep 0.5");
  std::string one = "timeout 60 ./moe-run m.mlir --input x=x.npy";
  Outcome outcome = shell("export MOE_CACHE_DIR=$PWD/cache; " + one + " & " +
                          one + " && wait $!; echo code $?; " + kCountPrograms);
  EXPECT_NE(outcome.output.find("code 0\n1\n"), std::string::npos)
      << outcome.output;
  EXPECT_NE(shell("ls -A cache | grep partial").code, 0);
  EXPECT_EQ(compilations(), 2);
}

TEST_F(MoeRunSiblings, aFailedCompilerIsNamed) {
  script("moe-opt", "echo 'm.mlir:1:1: error: no'; exit 3");
  Outcome outcome = runHere("m.mlir --input x=x.npy");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("m.mlir:1:1: error: no"), std::string::npos);
  EXPECT_NE(outcome.output.find("moe-opt ended with exit code 3"),
            std::string::npos)
      << outcome.output;
  unlink(at("moe-opt").c_str());
  outcome = runHere("m.mlir --input x=x.npy");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("cannot compile 'm.mlir'"), std::string::npos);
}

TEST_F(MoeRunSiblings, checkComparesWithTheInterpreter) {
  std::string good = "m.mlir --input x=x.npy --seed 2 ";
  ASSERT_EQ(runHere(good + "--output wanted.npz").code, 0);
  Outcome outcome = runHere(good + "--check");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("y: equal"), std::string::npos)
      << outcome.output;
  // One element of rank 1's rows is off.
  Tensor y(DType::F32, {4, 4}), total(DType::F32, {});
  TensorFile file(at("wanted.npz"));
  y = file.readWhole(file.get("y"));
  y.as<float>()[13] += 1;
  writeTensors(at("wanted.npz"), std::vector<TensorView>{
                                     {"y", DType::F32, {4, 4}, y.data()},
                                     {"total", DType::F32, {}, total.data()}});
  outcome = runHere(good + "--check");
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("check failed: 'y' differs first at [3,1]"),
            std::string::npos)
      << outcome.output;
}

//===-- MPI ---------------------------------------------------------------===//

/// Skipped where moe-run or the machine has no MPI.
class MoeRunMpi : public MoeRun {
protected:
  void SetUp() override {
    MoeRun::SetUp();
    if (run("--version").output.find("no mpi") != std::string::npos)
      GTEST_SKIP() << "moe-run is built without MPI";
    if (shell("command -v mpirun").code != 0)
      GTEST_SKIP() << "there is no mpirun";
  }
};

TEST_F(MoeRunMpi, givesTheBitsOfThreads) {
  writeX(4, "x.npy");
  ASSERT_EQ(run("r4.moe --input x=x.npy --seed 2 --output a.npz").code, 0);
  Outcome outcome = runMpi(
      4, "r4.moe --input x=x.npy --seed 2 --output b.npz --trace t.json");
  ASSERT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_EQ(readWholeFile(at("a.npz"), 1 << 20),
            readWholeFile(at("b.npz"), 1 << 20));
  EXPECT_NE(outcome.output.find("on 4 ranks (mesh data=4, mpi)"),
            std::string::npos)
      << outcome.output;
  EXPECT_NE(readWholeFile(at("t.json"), 1 << 20).find("rank 3"),
            std::string::npos);
}

TEST_F(MoeRunMpi, badInputIsToldOnceAndEndsEveryRank) {
  writeX(4, "x.npy");
  for (auto [arguments, part] :
       {std::pair("r4.moe --input x=none.npy", "cannot read 'none.npy'"),
        std::pair("r2.moe --input x=x.npy", "compiled for 2 ranks"),
        std::pair("gone.moe", "cannot read 'gone.moe'"),
        std::pair("r4.moe --ranks=2 --input x=x.npy", "MPI started 4 ranks"),
        std::pair("r4.moe --input x=x.npy --output /dev/full",
                  "no space left")}) {
    Outcome outcome = runMpi(4, arguments);
    EXPECT_NE(outcome.code, 0) << arguments;
    EXPECT_NE(outcome.code, 124) << arguments << " ran into the time limit";
    EXPECT_NE(outcome.output.find(part), std::string::npos)
        << arguments << " says:\n"
        << outcome.output;
  }
}

/// Siblings as above, under MPI.
class MoeRunMpiKept : public MoeRunKept {
protected:
  void SetUp() override {
    MoeRunKept::SetUp();
    if (run("--version").output.find("no mpi") != std::string::npos ||
        shell("command -v mpirun").code != 0)
      GTEST_SKIP() << "there is no MPI";
  }
};

// Of all ranks only rank 0 looks into the cache, compiles and warns.
TEST_F(MoeRunMpiKept, oneRankCompiles) {
  auto runRanks = [&](const std::string &cache) {
    return mpirun("-n 2 -x MOE_CACHE_DIR=" + cache +
                  " ./moe-run m.mlir --input x=x.npy");
  };
  for (int run = 0; run < 2; ++run)
    EXPECT_EQ(runRanks("$PWD/cache").code, 0);
  EXPECT_EQ(compilations(), 1);
  Outcome outcome = runRanks("/proc/self/fdinfo");
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  size_t at = outcome.output.find("warning: ");
  EXPECT_NE(at, std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("warning: ", at + 1), std::string::npos);
  EXPECT_EQ(compilations(), 2);
}

// One command starts ranks with one program, another starts a rank with
// another.
TEST_F(MoeRunMpi, ranksGivenDifferentProgramsAreRefused) {
  writeX(2, "x.npy");
  writeArtifact(at("other.moe"), handManifest(2) + " ", code);
  std::string rest = " --input x=x.npy ";
  Outcome outcome = mpirun(text("-n 1 ", MOE_RUN, " r2.moe", rest, ": -n 1 ",
                                MOE_RUN, " other.moe", rest));
  EXPECT_NE(outcome.code, 0);
  EXPECT_NE(outcome.code, 124) << "ran into the time limit";
  EXPECT_NE(outcome.output.find("other.moe"), std::string::npos)
      << outcome.output;
}
