//===- Reader.cpp ---------------------------------------------------------===//
//
// See Reader.h. Header, checksum, FlatBuffers' own verifier, then the second
// check of Check.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/format/Reader.h"

#include "runtime/base/Checksum.h"
#include "runtime/base/Text.h"
#include "runtime/format/Check.h"
#include "runtime/format/DType.h"
#include "runtime/format/KernelAbi.h"

#include <cstring>

using namespace lz;
using namespace lz::rt;

/// A program has far fewer tables; a hostile one may share subtables so that
/// verifying them takes forever.
static constexpr flatbuffers::uoffset_t maxTables = 20'000'000;

static StatusOr<FileHeader> readHeader(const uint8_t *data, size_t sizeBytes) {
  FileHeader header;
  if (sizeBytes < sizeof(artifactMagic) ||
      std::memcmp(data, artifactMagic, 8) != 0)
    return invalidArgument(
        "not a lazuli artifact: the file does not begin with LAZULI");
  if (sizeBytes < sizeof(header))
    return dataLoss(
        concat("the artifact is truncated: it has ", sizeBytes, " bytes"));
  std::memcpy(&header, data, sizeof(header));
  if (header.headerChecksum !=
      checksum(data, offsetof(FileHeader, headerChecksum)))
    return dataLoss("the artifact's header is damaged: its checksum differs");
  if (header.formatVersion != artifactFormatVersion)
    return failedPrecondition(
        concat("the artifact has format version ", header.formatVersion,
               ", this runtime reads version ", artifactFormatVersion,
               "; compile the model again or update the runtime"));
  if (header.fileSize != sizeBytes)
    return dataLoss(
        concat("the artifact is truncated or has data appended: it has ",
               sizeBytes, " bytes, expected ", header.fileSize));
  if (header.programOffset != sizeof(header) ||
      header.programSize > sizeBytes - sizeof(header))
    return dataLoss("the artifact's program lies outside of the file");
  if (header.programSize >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return dataLoss("the artifact's program is larger than the format allows");
  return header;
}

static StatusOr<const fmt::Program *> readProgram(const uint8_t *data,
                                                  const FileHeader &header) {
  const uint8_t *bytes = data + header.programOffset;
  if (checksum(bytes, header.programSize) != header.programChecksum)
    return dataLoss("the artifact's program is damaged: its checksum differs");
  flatbuffers::Verifier verifier(bytes, header.programSize, /*max_depth=*/64,
                                 maxTables);
  if (!fmt::VerifyProgramBuffer(verifier))
    return dataLoss("the artifact's program is damaged: it is not well formed");
  return fmt::GetProgram(bytes);
}

StatusOr<ArtifactView> rt::readArtifact(const void *data, size_t sizeBytes,
                                        VerifyLevel verify) {
  ArtifactView view;
  view.data = static_cast<const uint8_t *>(data);
  view.size = sizeBytes;
  LZ_ASSIGN_OR_RETURN(FileHeader header, readHeader(view.data, sizeBytes));
  LZ_ASSIGN_OR_RETURN(view.program, readProgram(view.data, header));
  Status checked = checkProgram(*view.program, sizeBytes);
  if (!checked.isOk())
    return checked.withContext("the artifact's program is damaged");
  if (count(view.program->targets()) > 0 &&
      view.program->abi_version() != LZ_KERNEL_ABI_VERSION &&
      view.program->abi_version() != LZ_KERNEL_ABI_VERSION_TARGETS)
    return failedPrecondition(
        concat("the artifact's code has ABI version ",
               view.program->abi_version(), ", this runtime runs version ",
               LZ_KERNEL_ABI_VERSION, "; compile the model again"));
  if (view.program->layout_version() > artifactLayoutVersion)
    return failedPrecondition(
        concat("the artifact's weights have layout version ",
               view.program->layout_version(), ", this runtime reads up to ",
               artifactLayoutVersion, "; update the runtime"));
  for (uint32_t i = 0; i < count(view.program->segments()); ++i) {
    bool isCode =
        view.program->segments()->Get(i)->kind() == fmt::SegmentKind_Code;
    if (verify == VerifyLevel::All || (verify == VerifyLevel::Code && isCode))
      LZ_RETURN_IF_ERROR(verifySegment(view, i));
  }
  return view;
}

Status rt::verifySegment(const ArtifactView &artifact, uint32_t index) {
  const fmt::Segment *segment = artifact.program->segments()->Get(index);
  if (checksum(artifact.getSegmentData(index), segment->size()) !=
      segment->checksum())
    return dataLoss(
        concat("segment ", index, " (", quote(view(segment->name())),
               ") of the artifact is damaged: its checksum differs"));
  return Status::success();
}
