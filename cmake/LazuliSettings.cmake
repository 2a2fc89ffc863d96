# How every target is compiled: language, output folders, warnings, sanitizers,
# ccache and the linker. Nothing here depends on a library.

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
# Line tables only: full debug information of MLIR code is some gigabytes.
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g1")
set(CMAKE_CXX_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")
set(CMAKE_C_FLAGS_SANITIZE "-O1 -g1 -fno-omit-frame-pointer")

add_compile_options(-Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these in LLVM's inline containers.
  add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds
                      -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(LAZULI_WERROR)
  add_compile_options(-Werror)
endif()

if(LAZULI_SANITIZE)
  add_compile_options(-fsanitize=${LAZULI_SANITIZE})
  add_link_options(-fsanitize=${LAZULI_SANITIZE})
  if(LAZULI_SANITIZE MATCHES "undefined")
    # `vptr` needs the type information that compiler code is built without.
    add_compile_options(-fno-sanitize=vptr -fno-sanitize-recover=undefined)
    add_link_options(-fno-sanitize=vptr)
  endif()
endif()

# Coverage for libFuzzer, everywhere; only the fuzzers themselves link its main.
if(LAZULI_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "found the compiler ${CMAKE_CXX_COMPILER}, expected clang: "
                        "LAZULI_FUZZ needs libFuzzer")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# DT_RPATH and not DT_RUNPATH: the libraries that libdnnl.so needs lie beside
# it, it names no path of its own, and only DT_RPATH reaches what it loads.
add_link_options(-Wl,--disable-new-dtags)

find_program(LAZULI_LLD NAMES ld.lld PATHS /usr/lib/llvm-22/bin NO_DEFAULT_PATH)
if(LAZULI_LLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  get_filename_component(lazuli_lld_dir "${LAZULI_LLD}" DIRECTORY)
  add_link_options("-B${lazuli_lld_dir}" -fuse-ld=lld)
endif()

find_program(LAZULI_CCACHE NAMES ccache)
if(LAZULI_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers are cached only with this sloppiness; relative paths let
  # two checkouts share the cache.
  set(lazuli_launcher "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "CCACHE_NOHASHDIR=1" "CCACHE_INODECACHE=1"
      "${LAZULI_CCACHE}")
  set(CMAKE_C_COMPILER_LAUNCHER ${lazuli_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${lazuli_launcher})
endif()
