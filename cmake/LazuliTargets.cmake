# Libraries and programs of the two worlds: the compiler (LLVM and MLIR, built as
# LLVM is, without exceptions and type information) and the runtime (neither).

# The headers nearly every compiler file includes, compiled once. All compiler
# targets reuse this one, so all must be compiled with the same flags.
function(lazuli_define_pch)
  set(source "${PROJECT_BINARY_DIR}/cmake/LzPch.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT
       "// Gives the precompiled header a target; holds nothing.\n")
  add_library(LzPch STATIC "${source}")
  lazuli_compiler_flags(LzPch)
  target_precompile_headers(LzPch PRIVATE
    <algorithm> <cstdint> <functional> <map> <memory> <optional> <string> <vector>
    <llvm/ADT/STLExtras.h>
    <llvm/ADT/SmallVector.h>
    <llvm/ADT/StringExtras.h>
    <llvm/ADT/TypeSwitch.h>
    <mlir/Dialect/Arith/IR/Arith.h>
    <mlir/Dialect/Func/IR/FuncOps.h>
    <mlir/Dialect/LLVMIR/LLVMDialect.h>
    <mlir/Dialect/Linalg/IR/Linalg.h>
    <mlir/Dialect/MemRef/IR/MemRef.h>
    <mlir/Dialect/SCF/IR/SCF.h>
    <mlir/Dialect/Tensor/IR/Tensor.h>
    <mlir/Dialect/Vector/IR/VectorOps.h>
    <mlir/IR/Builders.h>
    <mlir/IR/BuiltinOps.h>
    <mlir/IR/BuiltinTypes.h>
    <mlir/IR/DialectImplementation.h>
    <mlir/IR/OpImplementation.h>
    <mlir/IR/PatternMatch.h>
    <mlir/Interfaces/SideEffectInterfaces.h>
    <mlir/Pass/Pass.h>)
endfunction()

# Compiles a target as LLVM itself is compiled.
function(lazuli_compiler_flags name)
  target_compile_options(${name} PRIVATE -fno-exceptions -fPIC
    $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti -fpch-preprocess>)
  separate_arguments(definitions NATIVE_COMMAND "${LLVM_DEFINITIONS}")
  target_compile_definitions(${name} PRIVATE ${definitions})
  target_include_directories(${name} SYSTEM PUBLIC
    ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  # Programs would be compiled with -fPIE, which the shared header is not.
  set_target_properties(${name} PROPERTIES
    POSITION_INDEPENDENT_CODE OFF LAZULI_WORLD compiler)
endfunction()

# The arguments that all target functions share, applied to NAME.
macro(lazuli_parse_target_arguments)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SHARED;COMPILER" "TIMEOUT"
                        "SOURCES;LINK;DEPENDS;WHOLE")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
endmacro()

# Links and orders NAME. A generating target may be defined by a later room, so
# dependencies are added when all rooms are known.
function(lazuli_connect name scope link depends)
  if(link)
    target_link_libraries(${name} ${scope} ${link})
  endif()
  foreach(target IN LISTS depends)
    cmake_language(EVAL CODE
      "cmake_language(DEFER DIRECTORY [[${PROJECT_SOURCE_DIR}]]
                      CALL add_dependencies [[${name}]] [[${target}]])")
  endforeach()
endfunction()

function(lazuli_add_compiler_library name)
  lazuli_parse_target_arguments()
  add_library(${name} STATIC ${arg_SOURCES})
  lazuli_compiler_flags(${name})
  target_precompile_headers(${name} REUSE_FROM LzPch)
  lazuli_connect(${name} PUBLIC "${arg_LINK};MLIR;LLVM" "${arg_DEPENDS}")
endfunction()

function(lazuli_add_compiler_executable name)
  lazuli_parse_target_arguments()
  add_executable(${name} ${arg_SOURCES})
  lazuli_compiler_flags(${name})
  target_precompile_headers(${name} REUSE_FROM LzPch)
  lazuli_connect(${name} PRIVATE "${arg_LINK};MLIR;LLVM" "${arg_DEPENDS}")
endfunction()

# Symbols are hidden unless marked, so that a shared library made of static ones
# exports its public interface and nothing else.
function(lazuli_runtime_flags name)
  target_compile_options(${name} PRIVATE -ffunction-sections -fdata-sections)
  set_target_properties(${name} PROPERTIES
    LAZULI_WORLD runtime
    C_VISIBILITY_PRESET hidden
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE Threads::Threads)
endfunction()

# WHOLE names static libraries that enter a SHARED one with all their objects.
function(lazuli_add_runtime_library name)
  lazuli_parse_target_arguments()
  set(kind STATIC)
  if(arg_SHARED)
    set(kind SHARED)
  endif()
  add_library(${name} ${kind} ${arg_SOURCES})
  lazuli_runtime_flags(${name})
  foreach(library IN LISTS arg_WHOLE)
    target_link_libraries(${name} PRIVATE "$<LINK_LIBRARY:WHOLE_ARCHIVE,${library}>")
  endforeach()
  if(arg_SHARED)
    target_link_options(${name} PRIVATE -Wl,--gc-sections -Wl,--as-needed)
    if(NOT LAZULI_SANITIZE)
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
  lazuli_connect(${name} PUBLIC "${arg_LINK}" "${arg_DEPENDS}")
endfunction()

function(lazuli_add_runtime_executable name)
  lazuli_parse_target_arguments()
  add_executable(${name} ${arg_SOURCES})
  lazuli_runtime_flags(${name})
  lazuli_connect(${name} PRIVATE "${arg_LINK}" "${arg_DEPENDS}")
endfunction()

# Generates `<schema>_generated.h` into the room's folder of the build tree, as
# an INTERFACE target to link, with the flags in OPTIONS.
function(lazuli_add_flatbuffers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SCHEMA" "OPTIONS")
  get_filename_component(stem "${arg_SCHEMA}" NAME_WE)
  set(header "${CMAKE_CURRENT_BINARY_DIR}/${stem}_generated.h")
  add_custom_command(
    OUTPUT "${header}"
    COMMAND "${LAZULI_FLATC}" --cpp ${arg_OPTIONS} -o "${CMAKE_CURRENT_BINARY_DIR}"
            "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCHEMA}"
    DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${arg_SCHEMA}"
    COMMENT "Generating ${stem}_generated.h"
    VERBATIM)
  add_custom_target(${name}Headers DEPENDS "${header}")
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}Headers)
  target_include_directories(${name} SYSTEM INTERFACE "${LAZULI_FLATBUFFERS_INCLUDE}")
endfunction()

if(LAZULI_BUILD_COMPILER)
  define_property(TARGET PROPERTY LAZULI_WORLD)
  lazuli_define_pch()
endif()
