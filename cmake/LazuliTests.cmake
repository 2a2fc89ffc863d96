# Tests of all kinds, each registered with ctest under `kind/name`, labelled by
# its kind. One ctest entry is one program, not one case: loading MLIR for each
# of a thousand cases would take longer than the cases.

set(LAZULI_VENV "${PROJECT_SOURCE_DIR}/build/venv" CACHE PATH
    "Python environment of the tests, made by tools/setup")
set(LAZULI_PYTHON "${LAZULI_VENV}/bin/python")

# Uninstrumented LLVM containers would be reported as overflows.
set(lazuli_test_environment
    "LAZULI_BIN=${PROJECT_BINARY_DIR}/bin"
    "LAZULI_LIB=${PROJECT_BINARY_DIR}/lib"
    "LAZULI_SOURCE=${PROJECT_SOURCE_DIR}"
    "LAZULI_BUILD=${PROJECT_BINARY_DIR}"
    "LAZULI_CACHE_DIR=${PROJECT_BINARY_DIR}/tests/cache"
    "ASAN_OPTIONS=detect_container_overflow=0:detect_leaks=0"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "OMP_NUM_THREADS=1"
    "PYTHONDONTWRITEBYTECODE=1")

function(lazuli_finish_test name label timeout)
  if(NOT timeout)
    set(timeout 300)
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "${label}" TIMEOUT ${timeout} ENVIRONMENT "${lazuli_test_environment}")
endfunction()

# A GoogleTest program. It is compiled as compiler code if COMPILER is given or
# if it links a compiler library.
function(lazuli_add_unit_test name)
  if(NOT LAZULI_BUILD_TESTS)
    return()
  endif()
  lazuli_parse_target_arguments()
  foreach(library IN LISTS arg_LINK)
    if(TARGET ${library})
      get_target_property(world ${library} LAZULI_WORLD)
      if(world STREQUAL "compiler")
        set(arg_COMPILER TRUE)
      endif()
    endif()
  endforeach()
  set(link ${arg_LINK} GTest::gmock GTest::gtest GTest::gtest_main Threads::Threads)
  if(arg_COMPILER)
    lazuli_add_compiler_executable(${name}
      SOURCES ${arg_SOURCES} LINK ${link} DEPENDS ${arg_DEPENDS})
  else()
    lazuli_add_runtime_executable(${name}
      SOURCES ${arg_SOURCES} LINK ${link} DEPENDS ${arg_DEPENDS})
  endif()
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/bin")
  add_test(NAME unit/${name} COMMAND ${name} --gtest_brief=1)
  lazuli_finish_test(unit/${name} unit "${arg_TIMEOUT}")
endfunction()

# Files below DIRECTORY that lit runs. The site configuration is generated.
function(lazuli_add_lit_suite name directory)
  set(site "${CMAKE_CURRENT_BINARY_DIR}/${name}/lit.site.cfg.py")
  configure_file("${directory}/lit.site.cfg.py.in" "${site}" @ONLY)
  set(command "${LAZULI_PYTHON}" "${LAZULI_VENV}/bin/lit" -sv
      "${CMAKE_CURRENT_BINARY_DIR}/${name}")
  add_test(NAME tests/${name} COMMAND ${command})
  lazuli_finish_test(tests/${name} lit 900)
  set_tests_properties(tests/${name} PROPERTIES PROCESSORS 2)
  add_custom_target(check-${name} COMMAND ${command} USES_TERMINAL)
  foreach(tool lazuli lazuli-opt)
    if(TARGET ${tool})
      add_dependencies(check-${name} ${tool})
    endif()
  endforeach()
endfunction()

# Each `test_*.py` of DIRECTORY as a test of its own, so that ctest runs them in
# parallel. They find the tools through LAZULI_BIN.
function(lazuli_add_pytests label directory)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 900)
  endif()
  file(GLOB files CONFIGURE_DEPENDS "${directory}/test_*.py")
  foreach(file IN LISTS files)
    get_filename_component(stem "${file}" NAME_WE)
    string(REGEX REPLACE "^test_" "" stem "${stem}")
    add_test(NAME ${label}/${stem}
      COMMAND "${LAZULI_PYTHON}" -m pytest -q -p no:cacheprovider "${file}"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    lazuli_finish_test(${label}/${stem} ${label} ${arg_TIMEOUT})
  endforeach()
endfunction()
