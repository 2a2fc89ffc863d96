//===- Html.h - Pieces of a page ----------------------------------------------===//
//
// Escaping, types with their open dimensions marked, and base64 for pictures.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_TOOLS_LAZULI_REPORT_HTML_H
#define LAZULI_TOOLS_LAZULI_REPORT_HTML_H

#include <string>
#include <string_view>

namespace lz::cli {

/// Text for element content and quoted attributes.
std::string escapeHtml(std::string_view text);

std::string encodeBase64(std::string_view bytes);

/// A type like "f32[batch, 8]" with what is no number inside the brackets in
/// `<tag class="open">`; `tag` is "span", or "tspan" inside of SVG.
std::string markOpenDims(const std::string &type, const char *tag);

/// Cuts text to `width` characters, with an ellipsis.
std::string shorten(const std::string &text, size_t width);

/// The page's style sheet: light and dark, screen and print.
extern const char *const styleSheet;

} // namespace lz::cli

#endif // LAZULI_TOOLS_LAZULI_REPORT_HTML_H
