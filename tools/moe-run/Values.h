// The arguments and results of an entry, as local tensors of one rank.
#pragma once

#include "runtime/core/Context.h"
#include "runtime/core/Tensor.h"
#include "runtime/core/TensorFile.h"
#include "tools/moe-run/Options.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moerun {

/// Local buffers in the order of an entry's manifest.
struct Values {
  std::vector<moert::Tensor> tensors;

  std::vector<const void *> constPointers() const;
  std::vector<void *> pointers();
  int64_t bytes() const;
};

/// True with MOE_POISON=1, for tests: what nobody wrote then reads as NaN.
bool poisons();

/// Zeroed (or poisoned) buffers for `parameters`.
Values allocate(const std::vector<moert::Parameter> &parameters);

/// Makes the arguments of an entry. Each comes from the first of: --input,
/// --params, --seed (a whole number called 'seed'), the result of entry 'init'
/// of the same name, which is run first. Throws SharedError naming the argument
/// with what it should be and what was found, also for floats that are NaN and
/// integers out of their moe.bound.
class ArgumentMaker {
public:
  ArgumentMaker(moert::Context &context, const Options &options);
  Values make(const moert::Entry &entry);

private:
  bool readInput(const moert::Entry &entry, const moert::Parameter &parameter,
                 moert::Tensor &local);
  void read(const moert::Entry &entry, const moert::Parameter &parameter,
            const std::string &path, const std::string &name,
            moert::Tensor &local);
  bool setSeed(const moert::Parameter &parameter, moert::Tensor &local);
  void takeFromInit(const moert::Entry &entry,
                    const std::vector<size_t> &missing, Values &values);
  const moert::TensorFile &open(const std::string &path);

  moert::Context &context_;
  const Options &options_;
  std::map<std::string, std::unique_ptr<moert::TensorFile>> files_;
};

/// The whole tensor of which every rank holds its block, on rank 0; an empty
/// tensor elsewhere.
moert::Tensor assemble(moert::Communicator &comm,
                       const moert::Parameter &parameter,
                       const moert::Tensor &local);

/// assemble() for all, with their names.
std::vector<moert::NamedTensor>
assembleAll(moert::Communicator &comm,
            const std::vector<moert::Parameter> &parameters,
            const Values &values);

} // namespace moerun
