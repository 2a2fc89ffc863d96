//===- Inputs.cpp -----------------------------------------------------------===//
//
// See Inputs.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Inputs.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"
#include "tools/lazuli/io/Image.h"
#include "tools/lazuli/io/Json.h"
#include "tools/lazuli/io/Npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>

using namespace lz;
using namespace lz::cli;

[[noreturn]] static void failSpec(const std::string &text) {
  failUsage("cannot read the input ", rt::quote(text),
            ", expected a form like 'x=@file.npy', 'x=@file.npz:key', 'x=@image.png', "
            "'x=@file.json', 'x=random', 'x=f32[1,3,224,224]' or 'x=[1,2]'");
}

/// "[8, 3]" as numbers; nothing if it is no list of sizes.
static std::optional<std::vector<int64_t>> parseSizes(std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']')
    return std::nullopt;
  std::vector<int64_t> sizes;
  const char *p = text.data() + 1, *end = text.data() + text.size() - 1;
  auto skipBlanks = [&] { p = std::find_if(p, end, [](char c) { return c != ' '; }); };
  for (skipBlanks(); p < end; skipBlanks()) {
    int64_t size = 0;
    auto result = std::from_chars(p, end, size);
    if (result.ec != std::errc() || size < 0)
      return std::nullopt;
    sizes.push_back(size);
    p = result.ptr;
    skipBlanks();
    if (p < end && *p++ != ',')
      return std::nullopt;
  }
  return sizes;
}

/// Splits "dir/f.npz:key" after the extension.
static void splitKey(InputSpec &spec, const std::string &text) {
  spec.path = text;
  for (const char *extension : {".npz:", ".json:"}) {
    size_t at = text.rfind(extension);
    if (at == std::string::npos)
      continue;
    size_t colon = at + std::strlen(extension) - 1;
    spec.path = text.substr(0, colon);
    spec.key = text.substr(colon + 1);
  }
}

/// Reads the part after "x=" that is neither a file nor JSON.
static bool parseRandom(InputSpec &spec, const std::string &value) {
  size_t bracket = value.find('[');
  std::string word = value.substr(0, bracket);
  spec.kind = InputSpec::Kind::Random;
  if (bracket != std::string::npos) {
    spec.dims = parseSizes(std::string_view(value).substr(bracket));
    if (!spec.dims)
      return false;
  }
  if (word == "random")
    return true;
  spec.dtype = rt::parseDType(word);
  return spec.dtype && spec.dims;
}

/// A name is what stands before the first '=', unless a file or JSON begins earlier.
static size_t findNameEnd(const std::string &text) {
  size_t equals = text.find('='), value = text.find_first_of("@[{");
  return equals < value ? equals : std::string::npos;
}

InputSpec cli::parseInputSpec(const std::string &text) {
  InputSpec spec;
  spec.text = text;
  size_t equals = findNameEnd(text);
  std::string value = text;
  if (equals != std::string::npos) {
    spec.name = text.substr(0, equals);
    value = text.substr(equals + 1);
    if (spec.name.empty())
      failSpec(text);
  }
  if (value.empty())
    failSpec(text);
  if (value[0] == '@') {
    splitKey(spec, value.substr(1));
    if (spec.path.empty())
      failSpec(text);
    return spec;
  }
  if (std::strchr("[{-0123456789", value[0]) || value == "true" || value == "false") {
    spec.kind = InputSpec::Kind::Literal;
    spec.literal = value;
    return spec;
  }
  if (!parseRandom(spec, value))
    failSpec(text);
  return spec;
}

NamedPath cli::parseNamedPath(const std::string &text, const char *option) {
  size_t equals = text.find('=');
  bool hasName = equals != std::string::npos && equals > 0;
  std::string path = text.substr(hasName ? equals + 1 : 0);
  if (!path.empty() && path[0] == '@')
    path.erase(0, 1);
  if (path.empty() || equals == 0)
    failUsage("cannot read ", option, ' ', rt::quote(text), ", expected a form like 'y=@y.npy'");
  return {hasName ? text.substr(0, equals) : "", path};
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

static Array readJsonFile(const InputSpec &spec, DType dtype) {
  Json value = parseJson(readTextFile(spec.path), spec.path);
  if (spec.key.empty())
    return arrayFromJson(value, dtype, spec.path);
  if (!value.is_object() || !value.contains(spec.key))
    fail(rt::quote(spec.path), " has no key ", rt::quote(spec.key));
  return arrayFromJson(value[spec.key], dtype, spec.path);
}

[[noreturn]] static void failExtension(const std::string &path) {
  fail("cannot tell what ", rt::quote(path),
       " holds, expected a name ending in .npy, .npz, .json, .png or .jpg");
}

static Array readFileFor(const InputSpec &spec, const Port &port) {
  if (isImageFile(spec.path))
    return toTensor(readImage(spec.path), {port.name, port.dtype, port.dims});
  std::string extension = getExtension(spec.path);
  if (extension == ".npy")
    return readNpy(spec.path);
  if (extension == ".npz")
    return readNpz(spec.path, spec.key);
  if (extension == ".json")
    return readJsonFile(spec, port.dtype);
  failExtension(spec.path);
}

Array cli::readArray(const std::string &text, DType jsonDType) {
  InputSpec spec;
  splitKey(spec, text.substr(!text.empty() && text[0] == '@' ? 1 : 0));
  if (isImageFile(spec.path))
    failExtension(spec.path);
  Port port;
  port.dtype = jsonDType;
  return readFileFor(spec, port);
}

/// Random values of a type that the input takes: "x=random[1,3,224,224]".
static std::string suggestRandom(const Port &port) {
  std::string sizes;
  for (int64_t dim : port.dims)
    sizes += (sizes.empty() ? "" : ",") + std::to_string(dim < 0 ? 1 : dim);
  return rt::concat(port.name, "=random[", sizes, "]");
}

/// Only files of test data say what is no plain tensor.
static void requireTensor(const Port &port) {
  if (!port.isTensor())
    failUsage("input ", rt::quote(port.name), " is ", port.describe(),
              ", which is no plain tensor: give the inputs with --inputs-from DIR");
}

static Array makeRandom(const InputSpec &spec, const Port &port, const InputOptions &options,
                        size_t index) {
  requireTensor(port);
  if (spec.dims)
    return randomArray(spec.dtype.value_or(port.dtype), *spec.dims, options.seed, port.name);
  if (options.defaultDims.empty() ||
      std::count(options.defaultDims[index].begin(), options.defaultDims[index].end(), -1))
    failUsage("input ", rt::quote(port.name), " is ", port.describe(),
              ", expected its dimensions for random values, as in ",
              rt::quote(suggestRandom(port)));
  return randomArray(port.dtype, options.defaultDims[index], options.seed, port.name);
}

static Array load(const InputSpec &spec, const Port &port, const InputOptions &options,
                  size_t index) {
  requireTensor(port);
  if (spec.kind == InputSpec::Kind::Random)
    return makeRandom(spec, port, options, index);
  if (spec.kind == InputSpec::Kind::Literal)
    return arrayFromJson(parseJson(spec.literal, port.name), port.dtype, port.name);
  return readFileFor(spec, port);
}

/// NumPy's name of a type: "float32" of f32.
static std::string getNumpyName(DType dtype) {
  std::string name = rt::getDTypeName(dtype);
  const char *words[] = {"float", "int", "uint"};
  size_t kind = std::string_view("fiu").find(name[0]);
  return kind == std::string::npos ? name : words[kind] + name.substr(1);
}

/// What the user can do about an array that does not fit; empty if nothing is known.
static std::string getRemedy(const Array &array, const Port &port) {
  if (array.getDType() != port.dtype)
    return rt::concat("; convert it, as NumPy's astype('", getNumpyName(port.dtype), "') does");
  bool restFits = array.getRank() == port.dims.size() && array.getRank() > 0;
  for (size_t i = 1; restFits && i < port.dims.size(); ++i)
    restFits = port.dims[i] < 0 || port.dims[i] == array.getDims()[i];
  return restFits ? rt::concat("; a model compiled with --dynamic ", port.name,
                               ":0=batch takes any number of rows")
                  : "";
}

static void checkPort(const Array &array, const Port &port, const std::string &text) {
  bool fits = array.getDType() == port.dtype && array.getRank() == port.dims.size();
  for (size_t i = 0; fits && i < port.dims.size(); ++i)
    fits = port.dims[i] < 0 || port.dims[i] == array.getDims()[i];
  if (!fits)
    fail("input ", rt::quote(port.name), " is ", array.describe(), " (", text, "), expected ",
         port.describe(), getRemedy(array, port));
}

static size_t findPort(const InputSpec &spec, const std::vector<Port> &ports) {
  if (spec.name.empty() && ports.size() == 1)
    return 0;
  if (spec.name.empty())
    failUsage("the input ", rt::quote(spec.text), " has no name, expected one of: ",
              describePorts(ports));
  for (size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == spec.name)
      return i;
  fail("the model has no input ", rt::quote(spec.name), ", expected one of: ",
       describePorts(ports));
}

/// All that are missing, in one message.
static void requireAll(const std::vector<std::vector<Array>> &parts,
                       const std::vector<Port> &ports) {
  std::vector<Port> missing;
  for (size_t i = 0; i < ports.size(); ++i)
    if (parts[i].empty())
      missing.push_back(ports[i]);
  if (missing.empty())
    return;
  std::string names;
  requireTensor(missing.front());
  for (const Port &port : missing)
    names += (names.empty() ? "" : ", ") + rt::quote(port.name);
  fail(missing.size() > 1 ? "inputs " : "input ", names, missing.size() > 1 ? " are" : " is",
       " missing; the model takes ", describePorts(ports), "; give each as --input ",
       missing.front().name, "=@file.npy or --input ", suggestRandom(missing.front()));
}

std::vector<Array> cli::loadInputs(const std::vector<InputSpec> &specs,
                                   const std::vector<Port> &ports, const InputOptions &options) {
  std::vector<std::vector<Array>> parts(ports.size());
  std::vector<size_t> indices;
  for (const InputSpec &spec : specs)
    indices.push_back(findPort(spec, ports));
  for (size_t i = 0; i < specs.size(); ++i) {
    // Of a batch given in parts only the whole has to be as long as the input.
    Port port = ports[indices[i]];
    if (std::count(indices.begin(), indices.end(), indices[i]) > 1 && !port.dims.empty())
      port.dims[0] = -1;
    parts[indices[i]].push_back(load(specs[i], port, options, indices[i]));
    checkPort(parts[indices[i]].back(), port, specs[i].text);
  }
  if (!options.fillMissing)
    requireAll(parts, ports);
  std::vector<Array> arrays;
  for (size_t i = 0; i < ports.size(); ++i) {
    if (parts[i].empty()) {
      InputSpec random;
      random.kind = InputSpec::Kind::Random;
      parts[i].push_back(makeRandom(random, ports[i], options, i));
    }
    arrays.push_back(
        concatenate(parts[i], rt::concat("the values of input ", rt::quote(ports[i].name))));
    checkPort(arrays.back(), ports[i], "joined");
  }
  return arrays;
}

std::string cli::toExample(const InputSpec &spec) {
  if (spec.name.empty())
    failUsage("the input ", rt::quote(spec.text),
              " has no name, expected one to compile the model for it, as in 'x=", spec.text, "'");
  auto format = [&](DType dtype, const std::vector<int64_t> &dims) {
    return rt::concat(spec.name, '=', rt::getDTypeName(dtype),
                      rt::formatDims(dims.data(), dims.size()));
  };
  auto formatUntyped = [&](const std::vector<int64_t> &dims) {
    return rt::concat(spec.name, '=', rt::formatDims(dims.data(), dims.size()));
  };
  if (spec.kind == InputSpec::Kind::Random) {
    if (!spec.dims)
      failUsage("the input ", rt::quote(spec.text),
                " has no dimensions, expected some to compile the model for, as in '", spec.name,
                "=f32[1,3,224,224]'");
    return spec.dtype ? format(*spec.dtype, *spec.dims) : formatUntyped(*spec.dims);
  }
  if (spec.kind == InputSpec::Kind::Literal)
    return formatUntyped(
        arrayFromJson(parseJson(spec.literal, spec.name), fmt::DType_f64, spec.name).getDims());
  if (isImageFile(spec.path))
    return format(fmt::DType_f32, getExampleDims(readImage(spec.path)));
  if (getExtension(spec.path) == ".npy") {
    ArrayType type = readNpyType(spec.path);
    return format(type.dtype, type.dims);
  }
  if (getExtension(spec.path) == ".json")
    return formatUntyped(readJsonFile(spec, fmt::DType_f64).getDims());
  if (getExtension(spec.path) != ".npz")
    failExtension(spec.path);
  Array array = readNpz(spec.path, spec.key);
  return format(array.getDType(), array.getDims());
}
