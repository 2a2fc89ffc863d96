//===- DiagnosticPrinter.cpp - Diagnostics in the user's terms ------------===//
//
// A location is the user's name and, where known, the line of his program:
//   error: head.1: its input has 64 features here and 128 there  model.cc:14
//
//===----------------------------------------------------------------------===//

#include "tools/driver/DiagnosticPrinter.h"

#include "mlir/IR/Location.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace lz;

/// The name and the place that a location holds; either may be empty.
static void describe(Location loc, std::string &name, std::string &place) {
  llvm::TypeSwitch<LocationAttr>(loc)
      .Case([&](NameLoc named) {
        name = named.getName().str();
        describe(named.getChildLoc(), name, place);
      })
      .Case([&](FileLineColLoc file) {
        place = llvm::sys::path::filename(file.getFilename()).str();
        if (file.getLine())
          place += ":" + std::to_string(file.getLine());
      })
      .Case([&](FusedLoc fused) {
        if (!fused.getLocations().empty())
          describe(fused.getLocations().front(), name, place);
      })
      .Case([&](CallSiteLoc call) { describe(call.getCallee(), name, place); });
}

/// The message without MLIR's "'lz.op' op " in front, which is not the user's.
static StringRef stripOpName(StringRef text) {
  if (!text.starts_with("'lz."))
    return text;
  size_t end = text.find("' op ");
  return end == StringRef::npos ? text : text.substr(end + 5);
}

/// What MLIR's parser says of text that is not ours, in our words.
static std::string rewordForeignDialect(StringRef text) {
  constexpr StringLiteral expected = ", expected operations of lz; text of another framework has "
                                     "to be converted first";
  if (text.consume_front("Dialect `")) {
    auto [dialect, rest] = text.split('\'');
    StringRef op = rest.split("custom op '").second.split('\'').first;
    return ("'" + (op.empty() ? dialect : op) + "' is an operation of the dialect '" + dialect +
            "'" + expected)
        .str();
  }
  if (text.starts_with("operation being parsed with an unregistered dialect"))
    return ("found an operation of another dialect" + expected).str();
  auto [what, advice] = text.split(" created with unregistered dialect");
  if (!advice.empty())
    return (what + " is of another dialect" + expected).str();
  return text.str();
}

/// Notes that tell whoever builds an MLIR tool what to do.
static bool isForDevelopers(StringRef note) {
  return note.starts_with("Available dialects:") || note.starts_with("Registered dialects:");
}

static StringRef getSeverityName(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("a severity");
}

/// Whether the message says the name itself, as emitUserError does.
static bool saysName(StringRef text, const std::string &name) {
  return text.contains("'" + name + "'") || text.starts_with(name + " (") ||
         text.starts_with(name + ": ") || text.contains(" in " + name + " (");
}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  std::string name, place;
  describe(diagnostic.getLocation(), name, place);
  std::string text = rewordForeignDialect(stripOpName(diagnostic.str()));
  if (!name.empty() && !saysName(text, name))
    text = "'" + name + "' " + text;
  if (diagnostic.getSeverity() == DiagnosticSeverity::Error && firstError.empty())
    firstError = text;
  isInternal |= StringRef(text).starts_with("internal error: ");
  bool isNote = diagnostic.getSeverity() == DiagnosticSeverity::Note;
  if (isNote && isForDevelopers(text))
    return;
  std::string line = isNote ? "  " : (getSeverityName(diagnostic.getSeverity()) + ": ").str();
  line += text;
  if (!place.empty())
    line += "   " + place;
  line += "\n";
  if (write)
    write(line);
  else
    llvm::errs() << line;
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}

DiagnosticPrinter::DiagnosticPrinter(MLIRContext *context, Write write)
    : write(std::move(write)),
      handler(context, [this](Diagnostic &diagnostic) { print(diagnostic); }) {}
