//===- Check.cpp ----------------------------------------------------------===//
//
// See Check.h: symbols, expressions, values, constants, states, segments and
// targets. Blocks and entries are in CheckBlocks.cpp.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Check.h"

#include "runtime/base/Buffer.h"
#include "runtime/base/Text.h"
#include "runtime/format/DType.h"
#include "runtime/format/ExprEval.h"
#include "runtime/format/FileHeader.h"
#include "runtime/format/Packing.h"

#include <optional>

using namespace lz;
using namespace lz::rt;

bool rt::getNumBytes(fmt::DType dtype, const std::vector<int64_t> &dims,
                     uint64_t &numBytes) {
  // Zero only if a dimension is zero; the others must still be sane.
  uint64_t product = static_cast<uint64_t>(getDTypeBytes(dtype));
  bool isEmpty = false;
  for (int64_t dim : dims) {
    if (dim < 0)
      return false;
    if (dim == 0)
      isEmpty = true;
    else if (__builtin_mul_overflow(product, static_cast<uint64_t>(dim),
                                    &product) ||
             product > (uint64_t(1) << 62))
      return false;
  }
  numBytes = isEmpty ? 0 : product;
  return true;
}

std::vector<uint32_t> rt::computeRoots(const fmt::Program &program) {
  std::vector<uint32_t> roots(count(program.values()), noIndex);
  std::vector<uint32_t> chain;
  for (uint32_t i = 0; i < roots.size(); ++i) {
    uint32_t at = i;
    for (; roots[at] == noIndex; at = program.values()->Get(at)->base()) {
      chain.push_back(at);
      if (program.values()->Get(at)->storage() != fmt::Storage_View)
        break;
    }
    uint32_t root = roots[at] == noIndex ? at : roots[at];
    for (uint32_t value : chain)
      roots[value] = root;
    chain.clear();
  }
  return roots;
}

namespace {

class Checker {
public:
  Checker(const fmt::Program &program, uint64_t fileSize)
      : program(program), fileSize(fileSize) {}

  Status run() {
    LZ_RETURN_IF_ERROR(
        each("segment", program.segments(), &Checker::checkSegment));
    LZ_RETURN_IF_ERROR(
        each("symbol", program.symbols(), &Checker::checkSymbol));
    LZ_RETURN_IF_ERROR(
        each("expression", program.exprs(), &Checker::checkOneExpr));
    LZ_RETURN_IF_ERROR(each("state", program.states(), &Checker::checkState));
    LZ_RETURN_IF_ERROR(
        each("constant", program.constants(), &Checker::checkConstant));
    LZ_RETURN_IF_ERROR(each("value", program.values(), &Checker::checkValue));
    LZ_RETURN_IF_ERROR(checkViews());
    LZ_RETURN_IF_ERROR(
        each("target", program.targets(), &Checker::checkTarget));
    return checkBlocks(program);
  }

private:
  template <typename T>
  Status each(const char *what,
              const flatbuffers::Vector<flatbuffers::Offset<T>> *tables,
              Status (Checker::*check)(const T &)) {
    for (uint32_t i = 0; i < count(tables); ++i) {
      Status status = (this->*check)(*tables->Get(i));
      if (!status.isOk())
        return status.withContext(concat(what, ' ', i));
    }
    return Status::success();
  }

  Status checkSegment(const fmt::Segment &segment) {
    if (segment.kind() > fmt::SegmentKind_MAX)
      return dataLoss(concat("unknown kind ", int(segment.kind())));
    if (segment.offset() % artifactPageSize != 0)
      return dataLoss(concat("offset ", segment.offset(),
                             " is not a multiple of the page size"));
    return checkRange(segment.offset(), segment.size(), fileSize, "the file");
  }

  /// [offset, offset + size) within `limit` bytes.
  Status checkRange(uint64_t offset, uint64_t size, uint64_t limit,
                    const char *where) {
    if (offset > limit || size > limit - offset)
      return dataLoss(concat(size, " bytes at offset ", offset,
                             " do not lie in ", where, " of ", limit,
                             " bytes"));
    return Status::success();
  }

  Status checkSymbol(const fmt::Symbol &symbol) {
    if (symbol.kind() > fmt::SymbolKind_MAX)
      return dataLoss(concat("unknown kind ", int(symbol.kind())));
    if (symbol.min() < 0 || symbol.max() < symbol.min() || symbol.divisor() < 1)
      return dataLoss(concat("range [", symbol.min(), ", ", symbol.max(),
                             "] with divisor ", symbol.divisor()));
    return Status::success();
  }

  Status checkOneExpr(const fmt::Expr &expr) {
    return checkExpr(expr, count(program.symbols()));
  }

  /// A part of a data segment that holds elements.
  Status checkData(uint32_t segment, uint64_t offset, uint64_t size) {
    if (segment >= count(program.segments()))
      return dataLoss(
          concat("segment ", segment, " of ", count(program.segments())));
    const fmt::Segment &in = *program.segments()->Get(segment);
    if (in.kind() != fmt::SegmentKind_Data)
      return dataLoss(concat("segment ", segment, " is not a data segment"));
    if (offset % bufferAlignment != 0)
      return dataLoss(
          concat("offset ", offset, " is not a multiple of ", bufferAlignment));
    return checkRange(offset, size, in.size(), "its segment");
  }

  Status checkConstant(const fmt::Constant &constant) {
    if (constant.packing() && count(constant.packing()->dims()) > maxRank)
      return dataLoss("the packing has too many dimensions");
    return checkData(constant.segment(), constant.offset(), constant.size());
  }

  Status checkState(const fmt::State &state) {
    LZ_RETURN_IF_ERROR(checkDType(state.dtype()));
    if (state.dtype() == fmt::DType_string)
      return dataLoss("a state cannot hold strings");
    std::vector<int64_t> dims;
    for (uint64_t dim : items(state.dims()))
      dims.push_back(static_cast<int64_t>(dim));
    uint64_t numBytes;
    if (dims.size() > maxRank || !getNumBytes(state.dtype(), dims, numBytes))
      return dataLoss("dimensions that no memory holds");
    // No bytes: zeros. A cache's capacity need not lie in the file.
    if (state.size() == 0)
      return Status::success();
    if (state.size() != numBytes)
      return dataLoss(
          concat("has ", state.size(), " bytes, expected ", numBytes));
    return checkData(state.segment(), state.offset(), state.size());
  }

  Status checkDType(fmt::DType dtype) {
    return dtype <= fmt::DType_MAX
               ? Status::success()
               : dataLoss(concat("unknown dtype ", int(dtype)));
  }

  Status checkValue(const fmt::Value &value) {
    LZ_RETURN_IF_ERROR(checkDType(value.dtype()));
    if (value.kind() > fmt::ValueKind_MAX || value.storage() > fmt::Storage_MAX)
      return dataLoss("unknown kind or storage");
    LZ_RETURN_IF_ERROR(checkKind(value));
    if (count(value.dims()) > maxRank)
      return dataLoss(
          concat("rank ", count(value.dims()), ", expected at most ", maxRank));
    for (uint32_t dim : items(value.dims()))
      if (dim >= count(program.exprs()))
        return dataLoss(
            concat("expression ", dim, " of ", count(program.exprs())));
    switch (value.storage()) {
    case fmt::Storage_Constant:
      return checkConstantValue(value);
    case fmt::Storage_State:
      return checkStateValue(value);
    case fmt::Storage_View:
      return value.base() < count(program.values())
                 ? Status::success()
                 : dataLoss(concat("base ", value.base(), " of ",
                                   count(program.values())));
    default:
      return Status::success();
    }
  }

  /// Kind, dtype, storage and kind of elements agree.
  Status checkKind(const fmt::Value &value) {
    bool isText = value.dtype() == fmt::DType_string;
    if ((value.kind() == fmt::ValueKind_Tensor && isText) ||
        (value.kind() == fmt::ValueKind_Strings && !isText))
      return dataLoss("dtype and kind do not agree about strings");
    if (value.kind() == fmt::ValueKind_Strings &&
        value.storage() == fmt::Storage_State)
      return dataLoss("a state cannot hold strings");
    if (value.kind() == fmt::ValueKind_Tensor ||
        value.kind() == fmt::ValueKind_Strings)
      return Status::success();
    const char *name = fmt::EnumNameValueKind(value.kind());
    if (count(value.dims()) > 0 || (value.storage() != fmt::Storage_Input &&
                                    value.storage() != fmt::Storage_Temporary))
      return dataLoss(concat(name, " with dimensions or memory of its own"));
    fmt::ValueKind plain =
        isText ? fmt::ValueKind_Strings : fmt::ValueKind_Tensor;
    bool mayNest = value.kind() == fmt::ValueKind_Optional;
    if (value.element_kind() != plain &&
        !(mayNest && value.element_kind() == fmt::ValueKind_Sequence))
      return dataLoss(concat(name, " of elements of kind ",
                             int(value.element_kind()), " and dtype ",
                             getDTypeName(value.dtype())));
    return Status::success();
  }

  /// The dimensions, if all are constants.
  std::optional<std::vector<int64_t>> getStaticDims(const fmt::Value &value) {
    std::vector<int64_t> dims;
    for (uint32_t dim : items(value.dims())) {
      std::optional<int64_t> size = getConstant(*program.exprs()->Get(dim));
      if (!size)
        return std::nullopt;
      dims.push_back(*size);
    }
    return dims;
  }

  Status checkConstantValue(const fmt::Value &value) {
    if (value.index() >= count(program.constants()))
      return dataLoss(concat("constant ", value.index(), " of ",
                             count(program.constants())));
    const fmt::Constant &constant = *program.constants()->Get(value.index());
    std::optional<std::vector<int64_t>> dims = getStaticDims(value);
    uint64_t numBytes;
    if (value.kind() != fmt::ValueKind_Tensor) {
      // The ends of the strings are checked when they are read.
      if (constant.packing())
        return dataLoss("only a tensor can be packed");
      return dims && getNumBytes(fmt::DType_u64, *dims, numBytes)
                 ? Status::success()
                 : dataLoss("strings whose dimensions are no constants");
    }
    if (!dims || !getNumBytes(value.dtype(), *dims, numBytes))
      return dataLoss(
          "a constant whose dimensions are not all sensible constants");
    if (constant.packing())
      LZ_RETURN_IF_ERROR(
          checkPacking(*constant.packing(), value.dtype(), numBytes));
    if (constant.size() != numBytes)
      return dataLoss(concat("its constant has ", constant.size(),
                             " bytes, expected ", numBytes));
    return Status::success();
  }

  /// Sets `numBytes` from those of the plain form to those of the packed one.
  Status checkPacking(const fmt::Packing &layout, fmt::DType dtype,
                      uint64_t &numBytes) {
    std::vector<int64_t> dims;
    for (uint64_t dim : items(layout.dims()))
      dims.push_back(static_cast<int64_t>(dim));
    StatusOr<Packing> packing =
        Packing::parse(view(layout.tag()), std::move(dims));
    if (!packing.isOk())
      return dataLoss(packing.getStatus().getMessage());
    uint64_t plainBytes;
    if (!getNumBytes(dtype, packing->getDims(), plainBytes) ||
        plainBytes != numBytes)
      return dataLoss(
          "the packing has another number of elements than the value");
    if (!getNumBytes(dtype, packing->getPaddedDims(), numBytes))
      return dataLoss("the packing is too large");
    return Status::success();
  }

  Status checkStateValue(const fmt::Value &value) {
    if (value.index() >= count(program.states()))
      return dataLoss(
          concat("state ", value.index(), " of ", count(program.states())));
    const fmt::State &state = *program.states()->Get(value.index());
    if (value.dtype() != state.dtype())
      return dataLoss(concat("is ", getDTypeName(value.dtype()),
                             ", its state is ", getDTypeName(state.dtype())));
    if (count(value.dims()) != count(state.dims()))
      return dataLoss(concat("has rank ", count(value.dims()),
                             ", its state has rank ", count(state.dims())));
    return Status::success();
  }

  /// Every chain of bases ends; dtypes along it have the same size.
  Status checkViews() {
    enum : uint8_t { Unknown, Pending, Fine };
    std::vector<uint8_t> known(count(program.values()), Unknown);
    std::vector<uint32_t> chain;
    for (uint32_t i = 0; i < known.size(); ++i) {
      chain.clear();
      uint32_t at = i;
      for (; known[at] == Unknown; at = program.values()->Get(at)->base()) {
        known[at] = Pending;
        chain.push_back(at);
        if (program.values()->Get(at)->storage() != fmt::Storage_View)
          break;
        if (!mayView(*program.values()->Get(at)))
          return dataLoss(
              concat("value ", at, ": cannot be a view of its base"));
      }
      if (known[at] == Pending &&
          program.values()->Get(at)->storage() == fmt::Storage_View)
        return dataLoss(
            concat("value ", at, ": the bases of views form a cycle"));
      for (uint32_t value : chain)
        known[value] = Fine;
    }
    return Status::success();
  }

  bool mayView(const fmt::Value &value) {
    const fmt::Value &base = *program.values()->Get(value.base());
    bool isPacked = base.storage() == fmt::Storage_Constant &&
                    program.constants()->Get(base.index())->packing();
    bool isPlain = value.kind() == fmt::ValueKind_Tensor ||
                   value.kind() == fmt::ValueKind_Strings;
    return isPlain && value.kind() == base.kind() &&
           getDTypeBytes(value.dtype()) == getDTypeBytes(base.dtype()) &&
           !isPacked;
  }

  Status checkTarget(const fmt::Target &target) {
    if (target.segment() >= count(program.segments()))
      return dataLoss(concat("segment ", target.segment(), " of ",
                             count(program.segments())));
    const fmt::Segment &code = *program.segments()->Get(target.segment());
    if (code.kind() != fmt::SegmentKind_Code)
      return dataLoss(
          concat("segment ", target.segment(), " is not a code segment"));
    size_t expected = count(program.targets()->Get(0)->kernels());
    if (count(target.kernels()) != expected)
      return dataLoss(concat("has ", count(target.kernels()),
                             " kernels, expected ", expected, " as target 0"));
    for (const fmt::KernelSymbol *kernel : items(target.kernels()))
      if (kernel->offset() >= code.size())
        return dataLoss(concat("kernel ", quote(view(kernel->name())),
                               " lies outside of its code segment"));
    return Status::success();
  }

  const fmt::Program &program;
  uint64_t fileSize;
};

} // namespace

Status rt::checkProgram(const fmt::Program &program, uint64_t fileSize) {
  return Checker(program, fileSize).run();
}
