//===- Tags.cpp - oneDNN's enumerators from the artifact's names ------------===//
//
// oneDNN has no function from the name of a layout to its enumerator, so the
// names this project uses stand here; Plugin.h lists the same ones.
//
//===----------------------------------------------------------------------===//

#include "backends/onednn/run/Definition.h"
#include "backends/onednn/run/Plugin.h"

using namespace lz;
using dnnl::memory;
using Tag = memory::format_tag;

static constexpr std::pair<std::string_view, dnnl_format_tag_t> kTags[] = {
    {"a", dnnl_a},
    {"ab", dnnl_ab},
    {"ba", dnnl_ba},
    {"abc", dnnl_abc},
    {"acb", dnnl_acb},
    {"abcd", dnnl_abcd},
    {"acdb", dnnl_acdb},
    {"abcde", dnnl_abcde},
    {"acdeb", dnnl_acdeb},
    {"BA16a64b", dnnl_BA16a64b},
    {"BA16a48b", dnnl_BA16a48b},
    {"BA16a32b", dnnl_BA16a32b},
    {"BA16a16b", dnnl_BA16a16b},
    {"Acb16a", dnnl_Acb16a},
    {"Acdb16a", dnnl_Acdb16a},
    {"Acdeb16a", dnnl_Acdeb16a},
    {"Acb32a", dnnl_Acb32a},
    {"Acb48a", dnnl_Acb48a},
    {"Acb64a", dnnl_Acb64a},
    {"Acdb32a", dnnl_Acdb32a},
    {"Acdb48a", dnnl_Acdb48a},
    {"Acdb64a", dnnl_Acdb64a},
    {"Acdeb64a", dnnl_Acdeb64a},
    {"ABcd16b16a", dnnl_ABcd16b16a},
    {"aBcd16b", dnnl_aBcd16b},
    {"Abcd16a", dnnl_Abcd16a},
    {"aBdc16b", dnnl_aBdc16b},
    {"aBdec16b", dnnl_aBdec16b},
    {"Acdb8a", dnnl_Acdb8a},
    {"Acdb24a", dnnl_Acdb24a},
    {"decbA8a", dnnl_decbA8a},
    {"decbA16a", dnnl_decbA16a},
    {"abdEc32e", dnnl_abdEc32e},
    {"abdEc16e", dnnl_abdEc16e},
};
static_assert(std::size(kTags) == std::size(onednn::kTagNames), "a name has no enumerator");

Tag onednn::getTag(std::string_view tag) {
  for (auto &[name, value] : kTags)
    if (name == tag)
      return static_cast<Tag>(value);
  return Tag::undef;
}

Tag onednn::getPlainTag(size_t rank) {
  static constexpr Tag tags[] = {Tag::undef, Tag::a,     Tag::ab,    Tag::abc,
                                 Tag::abcd,  Tag::abcde, Tag::abcdef};
  return rank < std::size(tags) ? tags[rank] : Tag::undef;
}

Tag onednn::getChannelsLastTag(size_t rank) {
  static constexpr Tag tags[] = {Tag::undef, Tag::undef, Tag::undef,
                                 Tag::acb,   Tag::acdb,  Tag::acdeb};
  return rank < std::size(tags) ? tags[rank] : Tag::undef;
}

memory::data_type onednn::getDataType(fmt::DType dtype) {
  switch (dtype) {
  case fmt::DType_f32:
    return memory::data_type::f32;
  case fmt::DType_bf16:
    return memory::data_type::bf16;
  case fmt::DType_f16:
    return memory::data_type::f16;
  case fmt::DType_i32:
    return memory::data_type::s32;
  case fmt::DType_i8:
    return memory::data_type::s8;
  case fmt::DType_u8:
    return memory::data_type::u8;
  default:
    throw dnnl::error(dnnl_unimplemented, "oneDNN has no such element type");
  }
}
