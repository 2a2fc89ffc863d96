//===- Artifact.cpp ---------------------------------------------------------===//
//
// See Artifact.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/model/Artifact.h"

#include "runtime/format/Check.h"
#include "runtime/format/ExprEval.h"
#include "tools/driver/Driver.h"
#include "tools/lazuli/Failure.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

using namespace lz;
using namespace lz::cli;

DimBindings cli::parseDimBindings(const std::vector<std::string> &options) {
  DimBindings bindings;
  for (const std::string &option : options) {
    size_t equals = option.find('=');
    const char *begin = option.data() + equals + 1, *end = option.data() + option.size();
    int64_t value = -1;
    bool isParsed = equals != std::string::npos && equals > 0 && begin < end &&
                    std::from_chars(begin, end, value).ptr == end && value >= 0;
    if (!isParsed)
      failUsage("cannot read the dimension ", rt::quote(option),
                ", expected a form like 'batch=32'");
    bindings[option.substr(0, equals)] = value;
  }
  return bindings;
}

ModelKind cli::detectModelKind(const std::string &path) {
  const char *expectation =
      "expected an artifact (.lzm), an ONNX file (.onnx) or text of the lz dialect (.mlir)";
  std::FILE *file = std::fopen(path.c_str(), "rb");
  if (!file)
    failIo("cannot read ", rt::quote(path), ": ", std::strerror(errno));
  char head[512];
  size_t size = std::fread(head, 1, sizeof(head), file);
  int error = std::ferror(file) ? errno : 0;
  std::fclose(file);
  if (error)
    failIo("cannot read ", rt::quote(path), ": ", std::strerror(error));
  if (size == 0)
    fail(rt::quote(path), " is empty, ", expectation);
  size_t magic = std::min(size, sizeof(rt::artifactMagic));
  if (std::memcmp(head, rt::artifactMagic, magic) == 0)
    return Artifact(path).isUnresolved() ? ModelKind::Unresolved : ModelKind::Compiled;
  if (hasOnnxExtension(path))
    return ModelKind::Onnx;
  if (std::memchr(head, 0, size))
    fail(rt::quote(path), " is no model, ", expectation);
  return ModelKind::Text;
}

Artifact::Artifact(const std::string &path, rt::VerifyLevel verify)
    : path(path), file(require(rt::MappedFile::open(path))) {
  rt::StatusOr<rt::ArtifactView> opened =
      rt::readArtifact(file.getData(), file.getSize(), verify);
  if (!opened.isOk() && hasOnnxExtension(path))
    fail(rt::quote(path), " is an ONNX file, expected what 'lazuli compile' makes of it");
  if (!opened.isOk())
    require(opened.getStatus().withContext(rt::quote(path)));
  view = *opened;
}

bool Artifact::isUnresolved() const {
  bool hasModule = false;
  for (const fmt::Segment *segment : rt::items(getProgram().segments()))
    hasModule |= segment->kind() == fmt::SegmentKind_LzIr;
  return hasModule && rt::count(getProgram().entries()) == 0;
}

std::string Artifact::getMetadata(std::string_view key) const {
  for (const fmt::KeyValue *item : rt::items(getProgram().metadata()))
    if (rt::view(item->key()) == key)
      return std::string(rt::view(item->value()));
  return "";
}

std::string Artifact::formatExpr(uint32_t index) const {
  return rt::formatExpr(*getProgram().exprs()->Get(index), getProgram());
}

std::string Artifact::describeValue(uint32_t index) const {
  const fmt::Value &value = getValue(index);
  std::string text = rt::getDTypeName(value.dtype());
  if (value.kind() != fmt::ValueKind_Tensor)
    return fmt::EnumNameValueKind(value.kind());
  text += '[';
  for (size_t i = 0; i < rt::count(value.dims()); ++i)
    text += (i ? ", " : "") + formatExpr(value.dims()->Get(static_cast<uint32_t>(i)));
  return text + ']';
}

/// Fails for a name that is no symbol of the program.
static void requireSymbols(const DimBindings &bindings, const fmt::Program &program) {
  for (auto &binding : bindings) {
    bool isKnown = false;
    std::string names;
    for (const fmt::Symbol *symbol : rt::items(program.symbols())) {
      isKnown |= rt::view(symbol->name()) == binding.first;
      names += (names.empty() ? "" : ", ") + std::string(rt::view(symbol->name()));
    }
    if (!isKnown)
      fail("the model has no dimension ", rt::quote(binding.first),
           ", expected one of: ", names.empty() ? "none" : names);
  }
}

std::vector<int64_t> Artifact::getSymbolValues(const DimBindings &bindings) const {
  requireSymbols(bindings, getProgram());
  std::vector<int64_t> values;
  for (const fmt::Symbol *symbol : rt::items(getProgram().symbols())) {
    int64_t divisor = std::max<int64_t>(symbol->divisor(), 1);
    int64_t least = std::max<int64_t>(symbol->min(), 1);
    values.push_back((least + divisor - 1) / divisor * divisor);
    auto found = bindings.find(std::string(rt::view(symbol->name())));
    if (found == bindings.end())
      continue;
    values.back() = found->second;
    if (found->second < symbol->min() || found->second > symbol->max() ||
        found->second % divisor != 0)
      fail("the dimension ", rt::quote(found->first), " is ", found->second, ", expected ",
           symbol->min(), " to ", symbol->max(),
           divisor > 1 ? rt::concat(" and a multiple of ", divisor) : std::string());
  }
  return values;
}

int64_t Artifact::evaluate(uint32_t expr, const std::vector<int64_t> &symbols) const {
  if (expr == rt::noIndex)
    return -1;
  rt::StatusOr<int64_t> value =
      rt::evaluateExpr(*getProgram().exprs()->Get(expr), symbols.data());
  return value.isOk() ? *value : -1;
}

std::vector<int64_t> Artifact::getDims(uint32_t value, const std::vector<int64_t> &symbols) const {
  std::vector<int64_t> dims;
  for (uint32_t expr : rt::items(getValue(value).dims()))
    dims.push_back(evaluate(expr, symbols));
  return dims;
}

int64_t Artifact::getNumBytes(uint32_t value, const std::vector<int64_t> &symbols) const {
  uint64_t bytes = 0;
  if (!rt::getNumBytes(getValue(value).dtype(), getDims(value, symbols), bytes))
    return -1;
  return static_cast<int64_t>(bytes);
}

uint32_t Artifact::findEntry(const std::string &name) const {
  std::string names;
  uint32_t index = 0;
  for (const fmt::Entry *entry : rt::items(getProgram().entries())) {
    if (name.empty() || rt::view(entry->name()) == name)
      return index;
    names += (index++ ? ", " : "") + std::string(rt::view(entry->name()));
  }
  if (name.empty())
    fail(rt::quote(path), " has no entry point to run");
  fail(rt::quote(path), " has no entry ", rt::quote(name), ", expected one of: ", names);
}
