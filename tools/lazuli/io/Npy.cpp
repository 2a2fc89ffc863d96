//===- Npy.cpp --------------------------------------------------------------===//
//
// See Npy.h.
//
//===----------------------------------------------------------------------===//

#include "tools/lazuli/io/Npy.h"

#include "tools/lazuli/Failure.h"
#include "tools/lazuli/io/File.h"
#include "tools/lazuli/io/NpyHeader.h"
#include "tools/lazuli/io/Zip.h"

#include <algorithm>
#include <cstring>
#include <numeric>

using namespace lz;
using namespace lz::cli;

static void swapBytes(Array &array) {
  int width = rt::getDTypeBytes(array.getDType());
  for (uint8_t *p = array.getData(), *end = p + array.getSizeBytes(); p < end; p += width)
    std::reverse(p, p + width);
}

/// Copies elements in Fortran order to row-major `dst`.
static void copyFromFortran(const uint8_t *src, Array &dst) {
  const std::vector<int64_t> &dims = dst.getDims();
  auto width = static_cast<size_t>(rt::getDTypeBytes(dst.getDType()));
  std::vector<int64_t> strides(dims.size(), 1), index(dims.size(), 0);
  for (size_t axis = 1; axis < dims.size(); ++axis)
    strides[axis] = strides[axis - 1] * dims[axis - 1];
  uint8_t *out = dst.getData();
  for (int64_t i = 0; i < dst.getNumElements(); ++i, out += width) {
    int64_t position = std::inner_product(index.begin(), index.end(), strides.begin(), int64_t(0));
    std::memcpy(out, src + static_cast<size_t>(position) * width, width);
    for (size_t axis = dims.size(); axis-- > 0 && ++index[axis] == dims[axis];)
      index[axis] = 0;
  }
}

Array cli::parseNpy(const uint8_t *bytes, size_t size, const std::string &name) {
  NpyHeader header = parseNpyHeader(bytes, size, name);
  // The size is compared before memory is taken: a header may claim anything.
  int64_t numElements = countElements(header.dims, rt::quote(name));
  auto expected = static_cast<uint64_t>(numElements) *
                  static_cast<uint64_t>(rt::getDTypeBytes(header.dtype));
  uint64_t found = size - header.dataOffset;
  if (found != expected)
    fail(rt::quote(name), " has ", found, " bytes of elements, expected ", expected, " for ",
         rt::getDTypeName(header.dtype), rt::formatDims(header.dims.data(), header.dims.size()));
  Array array(header.dtype, header.dims);
  if (header.isFortran && header.dims.size() > 1)
    copyFromFortran(bytes + header.dataOffset, array);
  else if (expected > 0)
    std::memcpy(array.getData(), bytes + header.dataOffset, expected);
  if (header.isBigEndian)
    swapBytes(array);
  if (header.dtype == fmt::DType_boolean)
    for (int64_t i = 0; i < numElements; ++i)
      array.getData()[i] = array.getData()[i] != 0;
  return array;
}

std::string cli::formatNpy(const Array &source) {
  Array array =
      source.getDType() == fmt::DType_bf16 ? source.convertedTo(fmt::DType_f32) : source;
  std::string shape;
  for (int64_t dim : array.getDims())
    shape += rt::concat(dim, array.getRank() == 1 ? "," : ", ");
  if (array.getRank() > 1)
    shape.resize(shape.size() - 2);
  std::string header = rt::concat("{'descr': '", getNpyDescr(array.getDType()),
                                  "', 'fortran_order': False, 'shape': (", shape, "), }");
  // NumPy pads so that the elements begin at a multiple of 64.
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 0xff);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  out.append(reinterpret_cast<const char *>(array.getData()), array.getSizeBytes());
  return out;
}

Array cli::readNpy(const std::string &path) {
  std::vector<uint8_t> bytes = readFile(path);
  return parseNpy(bytes.data(), bytes.size(), path);
}

void cli::writeNpy(const std::string &path, const Array &array) {
  writeFile(path, formatNpy(array));
}

ArrayType cli::readNpyType(const std::string &path) {
  std::vector<uint8_t> bytes = readFile(path);
  NpyHeader header = parseNpyHeader(bytes.data(), bytes.size(), path);
  return {header.dtype, header.dims};
}

/// "images" for the member "images.npy".
static std::string getKey(const std::string &member) {
  bool isNpy = member.size() > 4 && member.compare(member.size() - 4, 4, ".npy") == 0;
  return isNpy ? member.substr(0, member.size() - 4) : member;
}

static Array parseMember(const ZipReader &zip, size_t index, const std::string &path) {
  std::vector<uint8_t> bytes = zip.extract(index);
  return parseNpy(bytes.data(), bytes.size(),
                  path + ":" + getKey(zip.getMembers()[index].name));
}

Array cli::readNpz(const std::string &path, const std::string &key) {
  ZipReader zip(readFile(path), path);
  const std::vector<ZipMember> &members = zip.getMembers();
  std::string keys;
  for (size_t i = 0; i < members.size(); ++i) {
    if (getKey(members[i].name) == key || (key.empty() && members.size() == 1))
      return parseMember(zip, i, path);
    keys += (i ? ", " : "") + getKey(members[i].name);
  }
  if (key.empty())
    fail(rt::quote(path), " holds the arrays ", keys, ", expected one of them to be named, as in '",
         path, ":", members.empty() ? "key" : getKey(members[0].name), "'");
  fail(rt::quote(path), " has no array ", rt::quote(key), ", expected one of ", keys);
}

NamedArrays cli::readNpz(const std::string &path) {
  ZipReader zip(readFile(path), path);
  NamedArrays arrays;
  for (size_t i = 0; i < zip.getMembers().size(); ++i)
    arrays.emplace_back(getKey(zip.getMembers()[i].name), parseMember(zip, i, path));
  return arrays;
}

void cli::writeNpz(const std::string &path, const NamedArrays &arrays) {
  ZipWriter zip;
  for (auto &[name, array] : arrays)
    zip.add(name + ".npy", formatNpy(array));
  writeFile(path, zip.finish());
}
