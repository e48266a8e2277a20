#include "test/Unit/RandomProgram.h"

#include <algorithm>

namespace moe::fuzz {

static std::string quoted(const std::string &text) { return '"' + text + '"'; }

static std::string listOf(const std::vector<int64_t> &numbers) {
  std::string text;
  for (int64_t number : numbers)
    text += (text.empty() ? "" : ", ") + std::to_string(number);
  return "[" + text + "]";
}

RandomProgram::RandomProgram(uint64_t seed)
    : random(seed), sizes({5, 3, 4, 7, 2, 1, 6, 8}) {
  writeMesh();
  writeFunction();
}

//===----------------------------------------------------------------------===//
// Parts
//===----------------------------------------------------------------------===//

void RandomProgram::writeMesh() {
  static const std::vector<std::vector<int64_t>> meshes = {
      {2}, {3}, {4}, {2, 2}, {2, 3}, {4, 2}, {8}, {1, 4}};
  const std::vector<int64_t> &mesh = meshes[pick(meshes.size())];
  const char *names[] = {"x", "y"};
  std::string list, order;
  for (size_t i = 0; i < mesh.size(); ++i) {
    list += (i ? ", " : "") + quoted(names[i]) + "=" + std::to_string(mesh[i]);
    order = quoted(names[i]) + (i ? ", " : "") + order;
    // An axis of 4 or 8 is sometimes used as its parts.
    bool isSplit = mesh[i] >= 4 && pick(2);
    for (int64_t pre = 1; isSplit && pre < mesh[i]; pre *= 2)
      meshAxes.push_back(
          {quoted(names[i]) + ":(" + std::to_string(pre) + ")2", 2});
    if (!isSplit)
      meshAxes.push_back({quoted(names[i]), mesh[i]});
  }
  module = "spmd.mesh @mesh [" + list + "]";
  if (mesh.size() == 2 && pick(3) == 0)
    module += " order [" + order + "]";
  module += "\n";
}

std::string RandomProgram::axes(std::vector<Axis> &left) {
  std::string text;
  while (!left.empty() && pick(2)) {
    auto taken = left.begin() + pick(left.size());
    text += (text.empty() ? "" : ", ") + taken->name;
    left.erase(taken);
  }
  return text;
}

std::string RandomProgram::sharding(const std::string &letters) {
  std::vector<Axis> left = meshAxes;
  std::string text;
  for (size_t i = 0; i < letters.size(); ++i) {
    std::string dim = pick(3) ? axes(left) : "";
    if (pick(3) == 0)
      dim += dim.empty() ? "?" : ", ?";
    text += (i ? ", {" : "{") + dim + "}";
    if (pick(8) == 0)
      text += "p1";
  }
  text = "#spmd.sharding<@mesh, [" + text + "]";
  if (!left.empty() && pick(6) == 0)
    text += ", replicated = {" + left.front().name + "}";
  return text + ">";
}

std::string RandomProgram::type(const std::string &letters,
                                bool isFloat) const {
  std::string text = "tensor<";
  for (char letter : letters)
    text += std::to_string(sizeOf(letter)) + "x";
  return text + (isFloat ? "f32>" : "i32>");
}

int64_t RandomProgram::sizeOf(char letter) const {
  return sizes[letter >= 'a' ? letter - 'a' : letter - 'A' + 26];
}

int64_t RandomProgram::elements(const std::string &letters) const {
  int64_t count = 1;
  for (char letter : letters)
    count *= sizeOf(letter);
  return count;
}

std::string RandomProgram::freshLetter(int64_t size) {
  for (size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] == size && pick(2))
      return std::string(1, i < 26 ? 'a' + i : 'A' + (i - 26));
  if (sizes.size() == 52)
    sizes.pop_back();
  sizes.push_back(size);
  size_t i = sizes.size() - 1;
  return std::string(1, i < 26 ? 'a' + i : 'A' + (i - 26));
}

std::string RandomProgram::subset(const std::string &letters) {
  std::string kept;
  for (char letter : letters)
    if (pick(3))
      kept += letter;
  return kept;
}

std::string RandomProgram::shuffled(std::string letters) {
  std::shuffle(letters.begin(), letters.end(), random);
  return letters;
}

const RandomProgram::Value &RandomProgram::anyValue(bool isFloat) {
  while (true) {
    // Newer values first, so that programs are deep.
    size_t back = std::min<size_t>(pick(values.size()), pick(values.size()));
    const Value &value = values[values.size() - 1 - back];
    if (value.isFloat == isFloat)
      return value;
  }
}

const RandomProgram::Value &RandomProgram::anyTensor() {
  while (true) {
    const Value &value = anyValue(true);
    if (!value.letters.empty())
      return value;
  }
}

void RandomProgram::emit(const std::string &op, const std::string &letters,
                         bool isFloat) {
  std::string name = "%" + std::to_string(next++);
  body += "  " + name + " = " + op + "\n";
  values.push_back({name, letters, isFloat});
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

void RandomProgram::writeElementwise() {
  Value a = anyValue(true);
  const Value *b = &a;
  for (const Value &other : values)
    if (other.isFloat && other.letters == a.letters && pick(2))
      b = &other;
  static const char *ops[] = {"arith.addf", "arith.mulf", "arith.maximumf",
                              "arith.subf"};
  std::string second = b->name;
  if (pick(4))
    return emit(std::string(ops[pick(4)]) + " " + a.name + ", " + second +
                    " : " + type(a.letters),
                a.letters);
  emit("math.tanh " + a.name + " : " + type(a.letters), a.letters);
}

void RandomProgram::writeEinsum() {
  Value a = anyValue(true), b = anyValue(true);
  std::string all = a.letters;
  for (char letter : b.letters)
    if (all.find(letter) == std::string::npos)
      all += letter;
  std::string result = shuffled(subset(all));
  while (elements(result) > 2000)
    result.pop_back();
  emit("moe.einsum \"" + a.letters + "," + b.letters + "->" + result + "\" " +
           a.name + ", " + b.name + " : " + type(a.letters) + ", " +
           type(b.letters) + " -> " + type(result),
       result);
}

void RandomProgram::writeReduce() {
  Value a = anyValue(true);
  static const char *kinds[] = {"sum", "max", "min", "prod"};
  std::string kept;
  std::vector<int64_t> dims;
  for (size_t i = 0; i < a.letters.size(); ++i) {
    if (pick(2))
      kept += a.letters[i];
    else
      dims.push_back(static_cast<int64_t>(i));
  }
  emit(std::string("moe.reduce ") + kinds[pick(4)] + " " + a.name + " dims " +
           listOf(dims) + " : " + type(a.letters) + " -> " + type(kept),
       kept);
}

void RandomProgram::writeBroadcast() {
  Value a = anyValue(true);
  std::string result;
  std::vector<int64_t> dims;
  for (size_t i = 0; i <= a.letters.size(); ++i) {
    char letter = "abcdefgh"[pick(8)];
    if (pick(2) && a.letters.find(letter) == std::string::npos &&
        result.find(letter) == std::string::npos &&
        elements(a.letters + result) * sizeOf(letter) < 2000)
      result += letter;
    if (i == a.letters.size())
      break;
    dims.push_back(static_cast<int64_t>(result.size()));
    result += a.letters[i];
  }
  emit("moe.broadcast " + a.name + " dims " + listOf(dims) + " : " +
           type(a.letters) + " -> " + type(result),
       result);
}

void RandomProgram::writeTranspose() {
  Value a = anyTensor();
  std::string result = shuffled(a.letters);
  std::vector<int64_t> permutation;
  for (char letter : result)
    permutation.push_back(static_cast<int64_t>(a.letters.find(letter)));
  emit("moe.transpose " + a.name + " permutation " + listOf(permutation) +
           " : " + type(a.letters) + " -> " + type(result),
       result);
}

void RandomProgram::writeAlongDim() {
  Value a = anyTensor();
  static const char *ops[] = {"moe.softmax", "moe.log_softmax", "moe.cumsum"};
  int64_t op = pick(3);
  emit(std::string(ops[op]) + " " + a.name + " dim " +
           std::to_string(pick(a.letters.size())) +
           (op == 2 && pick(2) ? " exclusive" : "") + " : " + type(a.letters),
       a.letters);
}

void RandomProgram::writeTopK() {
  Value a = anyTensor();
  size_t dim = pick(a.letters.size());
  int64_t k = 1 + pick(sizeOf(a.letters[dim]));
  std::string result = a.letters;
  result[dim] = '_';
  std::string letter = freshLetter(k);
  if (result.find(letter) != std::string::npos)
    return;
  result[dim] = letter[0];
  std::string name = "%" + std::to_string(next++);
  body += "  " + name + ":2 = moe.top_k " + a.name + " k " + std::to_string(k) +
          " dim " + std::to_string(dim) + " : " + type(a.letters) + " -> " +
          type(result) + ", " + type(result, false) + "\n";
  values.push_back({name + "#0", result, true});
  values.push_back({name + "#1", result, false});
}

void RandomProgram::writeSlice() {
  Value a = anyTensor();
  size_t dim = pick(a.letters.size());
  int64_t n = sizeOf(a.letters[dim]), offset = pick(n), stride = 1 + pick(2);
  std::string letter = freshLetter((n - offset + stride - 1) / stride);
  std::string result = a.letters;
  result[dim] = '_';
  if (result.find(letter) != std::string::npos)
    return;
  result[dim] = letter[0];
  std::vector<int64_t> offsets(result.size(), 0), strides(result.size(), 1);
  offsets[dim] = offset;
  strides[dim] = stride;
  emit("moe.slice " + a.name + " offsets " + listOf(offsets) + " strides " +
           listOf(strides) + " : " + type(a.letters) + " -> " + type(result),
       result);
}

void RandomProgram::writePad() {
  Value a = anyTensor();
  size_t dim = pick(a.letters.size());
  int64_t n = sizeOf(a.letters[dim]);
  std::vector<int64_t> none(a.letters.size(), 0), low = none, high = none,
                                                  interior = none;
  low[dim] = pick(3);
  high[dim] = pick(3);
  interior[dim] = pick(2);
  std::string letter =
      freshLetter(low[dim] + high[dim] + n + (n - 1) * interior[dim]);
  std::string result = a.letters;
  result[dim] = '_';
  if (result.find(letter) != std::string::npos)
    return;
  result[dim] = letter[0];
  emit("moe.pad " + a.name + " with 2.0 : f32 low " + listOf(low) + " high " +
           listOf(high) + " interior " + listOf(interior) + " : " +
           type(a.letters) + " -> " + type(result),
       result);
}

void RandomProgram::writeConcatenate() {
  Value a = anyTensor();
  size_t dim = pick(a.letters.size());
  std::string letter = freshLetter(2 * sizeOf(a.letters[dim]));
  std::string result = a.letters;
  result[dim] = '_';
  if (result.find(letter) != std::string::npos || elements(a.letters) > 1000)
    return;
  result[dim] = letter[0];
  emit("moe.concatenate dim " + std::to_string(dim) + " " + a.name + ", " +
           a.name + " : " + type(a.letters) + ", " + type(a.letters) + " -> " +
           type(result),
       result);
}

void RandomProgram::writeReshape() {
  Value a = anyTensor();
  if (a.letters.size() < 2)
    return;
  size_t dim = pick(a.letters.size() - 1);
  std::string letter =
      freshLetter(sizeOf(a.letters[dim]) * sizeOf(a.letters[dim + 1]));
  std::string result = a.letters;
  result.erase(dim, 2);
  if (result.find(letter) != std::string::npos)
    return;
  result.insert(dim, letter);
  emit("moe.reshape " + a.name + " : " + type(a.letters) + " -> " +
           type(result),
       result);
  if (pick(2))
    emit("moe.reshape " + values.back().name + " : " + type(result) + " -> " +
             type(a.letters),
         a.letters);
}

void RandomProgram::writeGather() {
  Value table = anyTensor(), indices = anyValue(false);
  std::string result = indices.letters + table.letters.substr(1);
  std::string unique = result;
  std::sort(unique.begin(), unique.end());
  if (std::unique(unique.begin(), unique.end()) != unique.end() ||
      elements(result) > 2000)
    return;
  emit("moe.gather " + table.name + "[" + indices.name +
           "] batch_dims 0 : " + type(table.letters) + ", " +
           type(indices.letters, false) + " -> " + type(result),
       result);
}

void RandomProgram::writeOneHot() {
  Value indices = anyValue(false);
  char letter = "abcdefgh"[pick(8)];
  if (indices.letters.find(letter) != std::string::npos ||
      elements(indices.letters) > 500)
    return;
  std::string result = indices.letters + letter;
  emit("moe.one_hot " + indices.name + " : " + type(indices.letters, false) +
           " -> " + type(result),
       result);
}

// A gate, dispatch, something on the slots, and combine.
void RandomProgram::writeExperts() {
  std::string g(1, "abce"[pick(4)]), s = "d", e = pick(2) ? "g" : "h", m = "f";
  m = std::string(1, "abcdefgh"[pick(8)]);
  if (m == g || m == s || m == e)
    return;
  int64_t k = 1 + pick(2), capacity = 1 + pick(4);
  std::string choices = g + s, gates = g + s + e, tokens = g + s + m;
  auto made = [&](const std::string &letters) {
    std::string name = "%" + std::to_string(next++);
    body += "  " + name + " = moe.random uniform %seed stream " +
            std::to_string(next) + " : tensor<i32> -> " + type(letters) + "\n";
    return name;
  };
  std::string scores = made(gates), x = made(tokens), u = made(choices);
  auto withSize = [&](const std::string &letters, int64_t size,
                      const char *element) {
    std::string text = type(letters);
    return text.substr(0, text.size() - 4) + std::to_string(size) + "x" +
           element + ">";
  };
  std::string index = withSize(choices, k, "i32"),
              weight = withSize(choices, k, "f32");
  std::string slots = "tensor<" + std::to_string(sizeOf(e[0])) + "x" +
                      std::to_string(sizeOf(g[0])) + "x" +
                      std::to_string(capacity) + "x" +
                      std::to_string(sizeOf(m[0])) + "xf32>";
  bool isRandom = k == 2 && pick(2);
  std::string gate = "%" + std::to_string(next++),
              dispatched = "%" + std::to_string(next++),
              squared = "%" + std::to_string(next++);
  body += "  " + gate + ":3 = moe.gating " + scores +
          (isRandom ? " random " + u : "") + " k " + std::to_string(k) +
          " capacity " + std::to_string(capacity) + " : " + type(gates) +
          (isRandom ? ", " + type(choices) : "") + " -> " + index + ", " +
          index + ", " + weight + "\n";
  body += "  " + dispatched + " = moe.dispatch " + x + " to " + gate + "#0, " +
          gate + "#1 : " + type(tokens) + ", " + index + ", " + index + " -> " +
          slots + "\n";
  body += "  " + squared + " = arith.mulf " + dispatched + ", " + dispatched +
          " : " + slots + "\n";
  emit("moe.combine " + squared + " from " + gate + "#0, " + gate +
           "#1 weights " + gate + "#2 : " + slots + ", " + index + ", " +
           index + ", " + weight + " -> " + type(tokens),
       tokens);
}

// Dispatch and combine as einsums over one-hot masks: expert of the best gate,
// slot by counting; terms and letters in any order.
void RandomProgram::writeMasks() {
  std::string g(1, "abc"[pick(3)]), s = "d", e = pick(2) ? "g" : "h", c = "e";
  std::string m = g == "a" ? "b" : "a", one = "f"; // of size 1
  auto line = [&](const std::string &op) {
    std::string name = "%" + std::to_string(next++);
    body += "  " + name + " = " + op + "\n";
    return name;
  };
  auto made = [&](const std::string &letters) {
    return line("moe.random uniform %seed stream " + std::to_string(next) +
                " : tensor<i32> -> " + type(letters));
  };
  std::string gates = made(g + s + e), tokens = made(g + s + m);
  std::string top = "%" + std::to_string(next++);
  body += "  " + top + ":2 = moe.top_k " + gates +
          " k 1 dim 2 : " + type(g + s + e) + " -> " + type(g + s + one) +
          ", " + type(g + s + one, false) + "\n";
  std::string expert =
      line("moe.reshape " + top + "#1 : " + type(g + s + one, false) + " -> " +
           type(g + s, false));
  std::string weight = line("moe.reshape " + top + "#0 : " + type(g + s + one) +
                            " -> " + type(g + s));
  std::string wanted =
      line("moe.one_hot " + expert + " : " + type(g + s, false) + " -> " +
           type(g + s + e, false));
  std::string before = line("moe.cumsum " + wanted +
                            " dim 1 exclusive : " + type(g + s + e, false));
  std::string mine = line("arith.muli " + before + ", " + wanted + " : " +
                          type(g + s + e, false));
  std::string position =
      line("moe.reduce sum " + mine + " dims [2] : " + type(g + s + e, false) +
           " -> " + type(g + s, false));
  std::string inExpert = line("moe.one_hot " + expert + " : " +
                              type(g + s, false) + " -> " + type(g + s + e));
  std::string inSlot = line("moe.one_hot " + position + " : " +
                            type(g + s, false) + " -> " + type(g + s + c));
  // Operands of an einsum in any order, given as (letters, name).
  auto einsum = [&](std::vector<std::pair<std::string, std::string>> operands,
                    const std::string &result) {
    std::shuffle(operands.begin(), operands.end(), random);
    std::string terms, names, types;
    for (auto &[letters, name] : operands) {
      std::string comma = names.empty() ? "" : ", ";
      terms += (terms.empty() ? "" : ",") + letters;
      names += comma + name;
      types += comma + type(letters);
    }
    return line("moe.einsum \"" + terms + "->" + result + "\" " + names +
                " : " + types + " -> " + type(result));
  };
  std::string maskLetters = shuffled(g + s + e + c);
  std::string slotLetters = pick(2) ? e + g + c + m : shuffled(g + e + c + m);
  bool isWhole = pick(2);
  std::string slots;
  if (isWhole) {
    std::string mask =
        einsum({{g + s + e, inExpert}, {g + s + c, inSlot}}, maskLetters);
    slots = einsum({{maskLetters, mask}, {g + s + m, tokens}}, slotLetters);
  } else {
    slots = einsum(
        {{g + s + e, inExpert}, {g + s + c, inSlot}, {g + s + m, tokens}},
        slotLetters);
  }
  if (pick(3) == 0)
    slots = line("spmd.annotate " + slots + " : " + type(slotLetters) + " as " +
                 sharding(slotLetters));
  std::string combined =
      einsum({{g + s + e, inExpert}, {g + s, weight}, {g + s + c, inSlot}},
             maskLetters);
  std::string result = shuffled(g + s + m);
  std::string out =
      einsum({{maskLetters, combined}, {slotLetters, slots}}, result);
  values.push_back({out, result, true});
}

void RandomProgram::writeNumbers() {
  std::string letters = shuffled("abcd").substr(0, 1 + pick(3));
  if (pick(2))
    return emit("moe.random uniform %seed stream " + std::to_string(pick(4)) +
                    " : tensor<i32> -> " + type(letters),
                letters);
  bool isFloat = pick(2);
  emit("moe.iota dim " + std::to_string(pick(letters.size())) + " : " +
           type(letters, isFloat),
       letters, isFloat);
}

void RandomProgram::writeAnnotation() {
  Value a = anyValue(true);
  if (!a.letters.empty() && pick(3) == 0) {
    std::vector<Axis> left = meshAxes;
    return emit("spmd.split " + a.name + " dim " +
                    std::to_string(pick(a.letters.size())) + " over @mesh {" +
                    axes(left) + "} : " + type(a.letters),
                a.letters);
  }
  if (pick(5) == 0)
    return emit("spmd.replicate " + a.name + " on @mesh : " + type(a.letters),
                a.letters);
  emit("spmd.annotate " + a.name + " : " + type(a.letters) + " as " +
           sharding(a.letters),
       a.letters);
}

//===----------------------------------------------------------------------===//
// The function
//===----------------------------------------------------------------------===//

void RandomProgram::writeOp() {
  using Write = void (RandomProgram::*)();
  static const Write ops[] = {
      &RandomProgram::writeElementwise, &RandomProgram::writeElementwise,
      &RandomProgram::writeEinsum,      &RandomProgram::writeEinsum,
      &RandomProgram::writeReduce,      &RandomProgram::writeBroadcast,
      &RandomProgram::writeTranspose,   &RandomProgram::writeAlongDim,
      &RandomProgram::writeTopK,        &RandomProgram::writeSlice,
      &RandomProgram::writePad,         &RandomProgram::writeConcatenate,
      &RandomProgram::writeReshape,     &RandomProgram::writeGather,
      &RandomProgram::writeOneHot,      &RandomProgram::writeExperts,
      &RandomProgram::writeMasks,       &RandomProgram::writeNumbers,
      &RandomProgram::writeAnnotation,  &RandomProgram::writeAnnotation,
      &RandomProgram::writeAnnotation};
  (this->*ops[pick(std::size(ops))])();
}

void RandomProgram::writeFunction() {
  auto addArgument = [&](const std::string &name, const std::string &letters,
                         bool isFloat) {
    arguments += (arguments.empty() ? "" : ", ") + name + ": " +
                 type(letters, isFloat) +
                 " {moe.name = " + quoted(name.substr(1));
    if (pick(2))
      arguments += ", spmd.sharding = " + sharding(letters);
    arguments += "}";
    values.push_back({name, letters, isFloat});
  };
  addArgument("%seed", "", false);
  addArgument("%p", "ab", true);
  addArgument("%q", "bc", true);
  addArgument("%r", shuffled("abd"), true);
  addArgument("%i", "a", false);
  for (int64_t i = 0, count = 4 + pick(20); i < count; ++i)
    writeOp();
  // The last values of both kinds are the results.
  std::string names, types, attributed;
  size_t first = values.size() > 4 ? values.size() - 4 : 0;
  for (size_t i = first; i < values.size(); ++i) {
    const Value &value = values[i];
    std::string comma = names.empty() ? "" : ", ";
    names += comma + value.name;
    types += comma + type(value.letters, value.isFloat);
    attributed += comma + type(value.letters, value.isFloat);
    if (pick(4) == 0)
      attributed += " {spmd.sharding = " + sharding(value.letters) + "}";
  }
  module += "func.func @forward(" + arguments + ") -> (" + attributed +
            ") {\n" + body + "  return " + names + " : " + types + "\n}\n";
}

} // namespace moe::fuzz
