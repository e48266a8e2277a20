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

// Results of @init by name, generated inputs and all.
static LogicalResult runInit(func::FuncOp init, const NamedTensors &given,
                             Mode mode, uint64_t seed,
                             NamedTensors &parameters) {
  Signature signature = Signature::of(init);
  SmallVector<Tensor> inputs;
  for (const Port &port : signature.arguments) {
    auto found = given.find(port.name);
    inputs.push_back(found != given.end() ? found->second
                                          : generateInput(port, mode, seed));
  }
  FailureOr<SmallVector<Tensor>> results =
      Interpreter(mode, seed).run(init, inputs);
  if (failed(results))
    return failure();
  for (auto [port, tensor] : llvm::zip(signature.results, *results))
    parameters[port.name] = tensor;
  return success();
}

static bool hasType(const Tensor &tensor, Type type) {
  return tensor.getShape() == shapeOf(type) &&
         tensor.getElementType() == elementTypeOf(type);
}

FailureOr<SmallVector<Tensor>> makeInputs(func::FuncOp entry,
                                          const NamedTensors &given, Mode mode,
                                          uint64_t seed) {
  Signature signature = Signature::of(entry);
  auto module = entry->getParentOfType<ModuleOp>();
  auto init = module.lookupSymbol<func::FuncOp>("init");
  // @init is run only if it makes something that is asked for.
  NamedTensors parameters;
  if (init && init != entry) {
    llvm::StringMap<Type> made;
    for (const Port &port : Signature::of(init).results)
      made[port.name] = port.globalType;
    bool isNeeded = llvm::any_of(signature.arguments, [&](const Port &port) {
      return !given.count(port.name) &&
             made.lookup(port.name) == port.globalType;
    });
    if (isNeeded && failed(runInit(init, given, mode, seed, parameters)))
      return failure();
  }
  SmallVector<Tensor> inputs;
  for (const Port &port : signature.arguments) {
    auto found = given.find(port.name);
    auto parameter = parameters.find(port.name);
    if (found != given.end())
      inputs.push_back(found->second);
    else if (parameter != parameters.end() &&
             hasType(parameter->second, port.globalType))
      inputs.push_back(parameter->second);
    else
      inputs.push_back(generateInput(port, mode, seed));
  }
  return inputs;
}

} // namespace moe::interpret
