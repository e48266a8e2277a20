// Tensors of the interpreter in files, by the runtime's readers and writers.
#include "moe/IR/RoutingChoices.h"
#include "moe/Interpret/Inputs.h"
#include "moe/Interpret/Replay.h"

#include "runtime/core/TensorFile.h"

using namespace mlir;

namespace moe::interpret {

static std::optional<moert::DType> dtypeOf(Type type) {
  if (type.isF32())
    return moert::DType::F32;
  if (type.isBF16())
    return moert::DType::BF16;
  if (type.isF64())
    return moert::DType::F64;
  if (auto integer = dyn_cast<IntegerType>(type))
    switch (integer.getWidth()) {
    case 1:
      return moert::DType::I1;
    case 8:
      return moert::DType::I8;
    case 32:
      return moert::DType::I32;
    case 64:
      return moert::DType::I64;
    }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// One element
//===----------------------------------------------------------------------===//

static double readFloat(const moert::Tensor &from, int64_t i) {
  switch (from.dtype()) {
  case moert::DType::F64:
    return from.as<double>()[i];
  case moert::DType::BF16:
    return moert::fromBF16(from.as<uint16_t>()[i]);
  default:
    return from.as<float>()[i];
  }
}

static int64_t readInteger(const moert::Tensor &from, int64_t i) {
  switch (from.dtype()) {
  case moert::DType::I64:
    return from.as<int64_t>()[i];
  case moert::DType::I32:
    return from.as<int32_t>()[i];
  default:
    return from.as<int8_t>()[i];
  }
}

static void writeElement(moert::Tensor &to, int64_t i, double value) {
  switch (to.dtype()) {
  case moert::DType::F64:
    to.as<double>()[i] = value;
    break;
  case moert::DType::BF16:
    to.as<uint16_t>()[i] = moert::toBF16(static_cast<float>(value));
    break;
  default:
    to.as<float>()[i] = static_cast<float>(value);
  }
}

static void writeElement(moert::Tensor &to, int64_t i, int64_t value) {
  switch (to.dtype()) {
  case moert::DType::I64:
    to.as<int64_t>()[i] = value;
    break;
  case moert::DType::I32:
    to.as<int32_t>()[i] = static_cast<int32_t>(value);
    break;
  default:
    to.as<int8_t>()[i] = static_cast<int8_t>(value);
  }
}

static int64_t integerOf(Residue value) {
  if (value.isFinite())
    return value.representative();
  if (value.isUndefined())
    return INT64_MIN + 1;
  return value == Residue::infinity() ? INT64_MAX : INT64_MIN;
}

//===----------------------------------------------------------------------===//
// Whole tensors
//===----------------------------------------------------------------------===//

static Tensor fromRuntime(const moert::Tensor &from, Type type, Mode mode) {
  Tensor to = Tensor::ofType(type);
  for (int64_t i = 0, e = to.getElements(); i < e; ++i) {
    if (!to.hasFloats())
      to.data<int64_t>()[i] = readInteger(from, i);
    else if (mode == Mode::Exact)
      to.data<Residue>()[i] = Residue::fromDouble(readFloat(from, i));
    else
      to.data<double>()[i] = readFloat(from, i);
  }
  roundToType(to, mode);
  return to;
}

static moert::Tensor toRuntime(const Tensor &from, Mode mode) {
  bool isExact = from.hasFloats() && mode == Mode::Exact;
  moert::Tensor to(isExact ? moert::DType::I64
                           : *dtypeOf(from.getElementType()),
                   std::vector<int64_t>(from.getShape()));
  for (int64_t i = 0, e = from.getElements(); i < e; ++i) {
    if (isExact)
      writeElement(to, i, integerOf(from.data<Residue>()[i]));
    else if (from.hasFloats())
      writeElement(to, i, from.data<double>()[i]);
    else
      writeElement(to, i, from.data<int64_t>()[i]);
  }
  return to;
}

static std::string storedText(const moert::StoredTensor &stored) {
  return stored.storedType + moert::shapeText(stored.shape);
}

// Reads the tensor for `port`, which is an argument or a choice; its type must
// be the port's.
static LogicalResult readOne(const moert::TensorFile &file,
                             const moert::StoredTensor &stored,
                             const Port &port, func::FuncOp entry, Mode mode,
                             NamedTensors &tensors,
                             StringRef what = "argument") {
  ArrayRef<int64_t> shape = shapeOf(port.globalType);
  if (!stored.dtype ||
      stored.dtype != dtypeOf(elementTypeOf(port.globalType)) ||
      ArrayRef<int64_t>(stored.shape) != shape)
    return entry.emitError()
           << what << " '" << port.name << "' is " << port.globalType << ", '"
           << file.path() << "' has " << storedText(stored);
  tensors[port.name] =
      fromRuntime(file.readWhole(stored), port.globalType, mode);
  return success();
}

LogicalResult readTensors(StringRef path, std::optional<StringRef> name,
                          func::FuncOp entry, Mode mode,
                          NamedTensors &tensors) {
  SmallVector<Port> ports = Signature::of(entry).arguments;
  try {
    moert::TensorFile file(path.str());
    if (name) {
      auto port = llvm::find_if(
          ports, [&](const Port &port) { return port.name == *name; });
      if (port == ports.end())
        return entry.emitError()
               << "'" << entry.getSymName() << "' has no argument '" << *name
               << "' to read '" << path << "' into";
      return readOne(file, file.get(name->str()), *port, entry, mode, tensors);
    }
    for (const Port &port : ports)
      if (const moert::StoredTensor *stored = file.find(port.name))
        if (failed(readOne(file, *stored, port, entry, mode, tensors)))
          return failure();
  } catch (const moert::Error &error) {
    return entry.emitError() << error.what();
  }
  return success();
}

FailureOr<NamedTensors> readChoices(StringRef path, func::FuncOp entry) {
  NamedTensors tensors;
  try {
    moert::TensorFile file(path.str());
    for (const RoutingChoice &choice : findRoutingChoices(entry)) {
      Port port;
      port.name = choice.name;
      port.globalType = choice.value.getType();
      if (failed(readOne(file, file.get(choice.name), port, entry, Mode::Float,
                         tensors, "choice")))
        return failure();
    }
  } catch (const moert::Error &error) {
    return entry.emitError() << error.what();
  }
  return tensors;
}

FailureOr<SmallVector<Tensor>> readResults(StringRef path, func::FuncOp entry) {
  NamedTensors tensors;
  SmallVector<Tensor> results;
  try {
    moert::TensorFile file(path.str());
    for (const Port &port : Signature::of(entry).results) {
      if (failed(readOne(file, file.get(port.name), port, entry, Mode::Float,
                         tensors, "result")))
        return failure();
      results.push_back(tensors[port.name]);
    }
  } catch (const moert::Error &error) {
    return entry.emitError() << error.what();
  }
  return results;
}

static LogicalResult writePorts(StringRef path, func::FuncOp entry,
                                StringRef what, ArrayRef<Port> ports,
                                ArrayRef<Tensor> tensors, Mode mode) {
  std::vector<moert::NamedTensor> named;
  try {
    for (auto [port, tensor] : llvm::zip(ports, tensors)) {
      if (!dtypeOf(tensor.getElementType()))
        return entry.emitError() << what << " '" << port.name << "' of type "
                                 << port.globalType << " has no file format";
      named.push_back({port.name, toRuntime(tensor, mode)});
    }
    moert::writeTensors(path.str(), named);
  } catch (const moert::Error &error) {
    return entry.emitError() << error.what();
  }
  return success();
}

LogicalResult writeResults(StringRef path, func::FuncOp entry,
                           ArrayRef<Tensor> results, Mode mode) {
  return writePorts(path, entry, "result", Signature::of(entry).results,
                    results, mode);
}

LogicalResult writeInputs(StringRef path, func::FuncOp entry,
                          ArrayRef<Tensor> inputs, Mode mode) {
  return writePorts(path, entry, "argument", Signature::of(entry).arguments,
                    inputs, mode);
}

} // namespace moe::interpret
