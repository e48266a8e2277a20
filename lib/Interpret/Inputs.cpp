#include "moe/Interpret/Inputs.h"

using namespace mlir;

namespace moe::interpret {

// FNV-1a, so that an argument's numbers depend on its name and not its place.
static uint64_t hashOf(StringRef name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char c : name)
    hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

static Residue randomResidue(uint64_t bits) {
  // Half of the numbers are small, so that equal ones meet.
  if (bits & 1)
    return Residue::fromInteger(static_cast<int64_t>((bits >> 1) % 4) - 1);
  return Residue::fromRandomBits(mix(bits));
}

static double randomFloat(uint64_t bits) {
  return static_cast<double>(bits >> 40) / (1 << 23) - 1;
}

Tensor generateInput(const Port &port, Mode mode, uint64_t seed) {
  constexpr int64_t kDefaultBound = 8;
  Tensor tensor = Tensor::ofType(port.globalType);
  if (tensor.getRank() == 0 && !tensor.hasFloats() && port.name == "seed") {
    *tensor.data<int64_t>() = static_cast<int64_t>(seed);
    roundToType(tensor, mode);
    return tensor;
  }
  uint64_t key = mix(seed) ^ hashOf(port.name);
  for (int64_t i = 0, e = tensor.getElements(); i < e; ++i) {
    uint64_t bits = randomBits(key, i);
    if (!tensor.hasFloats()) {
      auto bound = static_cast<uint64_t>(port.bound.value_or(kDefaultBound));
      if (widthOf(tensor.getElementType()) == 1)
        bound = 2;
      tensor.data<int64_t>()[i] = static_cast<int64_t>((bits >> 11) % bound);
    } else if (mode == Mode::Exact) {
      tensor.data<Residue>()[i] = randomResidue(bits);
    } else {
      tensor.data<double>()[i] = randomFloat(bits);
    }
  }
  roundToType(tensor, mode);
  return tensor;
}

// The tensor of that name and type, or null.
static const Tensor *findFitting(const NamedTensors &tensors,
                                 const Port &port) {
  auto found = tensors.find(port.name);
  if (found == tensors.end())
    return nullptr;
  const Tensor &tensor = found->second;
  bool fits = tensor.getShape() == shapeOf(port.globalType) &&
              tensor.getElementType() == elementTypeOf(port.globalType);
  return fits ? &tensor : nullptr;
}

// Results of @init by name. It runs only if it makes something that is asked
// for.
static FailureOr<NamedTensors> runInit(ArrayRef<Port> wanted, func::FuncOp init,
                                       const InputOptions &options) {
  NamedTensors parameters;
  Signature signature = Signature::of(init);
  llvm::StringMap<Type> made;
  for (const Port &port : signature.results)
    made[port.name] = port.globalType;
  bool isNeeded = llvm::any_of(wanted, [&](const Port &port) {
    return !options.given.count(port.name) &&
           made.lookup(port.name) == port.globalType;
  });
  if (!isNeeded)
    return parameters;
  if (failed(verifyValues(init, signature.ranks)))
    return failure();
  SmallVector<Tensor> inputs;
  for (const Port &port : signature.arguments) {
    const Tensor *given = findFitting(options.given, port);
    inputs.push_back(given ? *given
                           : generateInput(port, options.mode, options.seed));
  }
  auto results = Interpreter(options.mode, options.seed).run(init, inputs);
  if (failed(results))
    return failure();
  for (auto [port, tensor] : llvm::zip(signature.results, *results))
    parameters[port.name] = tensor;
  return parameters;
}

FailureOr<SmallVector<Tensor>> makeInputs(func::FuncOp entry,
                                          const InputOptions &options) {
  Signature signature = Signature::of(entry);
  ArrayRef<Port> ports = signature.arguments;
  if (failed(verifyValues(entry, signature.ranks)))
    return failure();
  auto module = entry->getParentOfType<ModuleOp>();
  auto init = module.lookupSymbol<func::FuncOp>("init");
  NamedTensors parameters;
  if (options.useInit && init && init != entry) {
    FailureOr<NamedTensors> made = runInit(ports, init, options);
    if (failed(made))
      return failure();
    parameters = std::move(*made);
  }
  SmallVector<Tensor> inputs;
  for (const Port &port : ports) {
    auto given = options.given.find(port.name);
    if (given != options.given.end())
      inputs.push_back(given->second);
    else if (const Tensor *parameter = findFitting(parameters, port))
      inputs.push_back(*parameter);
    else
      inputs.push_back(generateInput(port, options.mode, options.seed));
  }
  return inputs;
}

} // namespace moe::interpret
