// Random annotated programs for fuzzing: legal by construction, small enough to
// run in milliseconds, with sizes that do not divide.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace moe::fuzz {

/// Writes one function @forward over a mesh of 2 to 8 ranks.
///
/// Dimensions are letters of fixed sizes (a = 5, b = 3, ...), so that einsums,
/// broadcasts and elementwise ops of any two values fit together. Arguments and
/// some values carry random shardings: axes, sub-axes, device orders, open
/// dimensions, priorities, split and replicate.
class RandomProgram {
public:
  explicit RandomProgram(uint64_t seed);

  /// The module's text.
  const std::string &text() const { return module; }

private:
  struct Axis {
    std::string name; ///< As written: "x" or "x":(1)2.
    int64_t size;
  };
  struct Value {
    std::string name, letters;
    bool isFloat;
  };

  void writeMesh();
  void writeFunction();
  void writeOp();
  void writeElementwise();
  void writeEinsum();
  void writeReduce();
  void writeBroadcast();
  void writeTranspose();
  void writeAlongDim();
  void writeTopK();
  void writeSlice();
  void writeConcatenate();
  void writeReshape();
  void writePad();
  void writeGather();
  void writeOneHot();
  void writeExperts();
  void writeMasks();
  void writeNumbers();
  void writeAnnotation();

  int64_t pick(int64_t count) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(count));
  }
  const Value &anyValue(bool isFloat);
  /// A float value with at least one dimension.
  const Value &anyTensor();
  std::string sharding(const std::string &letters);
  std::string axes(std::vector<Axis> &left);
  std::string type(const std::string &letters, bool isFloat = true) const;
  std::string freshLetter(int64_t size);
  int64_t sizeOf(char letter) const;
  int64_t elements(const std::string &letters) const;
  std::string subset(const std::string &letters);
  std::string shuffled(std::string letters);
  /// Adds a line "%n = <op> : <types>" and the value.
  void emit(const std::string &op, const std::string &letters,
            bool isFloat = true);

  std::mt19937_64 random;
  std::vector<Axis> meshAxes;
  std::vector<Value> values;
  std::vector<int64_t> sizes; ///< By letter: 'a'.. then 'A'...
  std::string body, module, arguments;
  int64_t next = 0;
};

} // namespace moe::fuzz
