# The functions that the rooms' CMakeLists.txt use:
#
#   lazuli_add_compiler_library(NAME SOURCES... [LINK...] [DEPENDS...])
#   lazuli_add_compiler_executable(NAME SOURCES... [LINK...] [DEPENDS...])
#   lazuli_add_runtime_library(NAME SOURCES... [LINK...] [DEPENDS...] [SHARED] [WHOLE...])
#   lazuli_add_runtime_executable(NAME SOURCES... [LINK...] [DEPENDS...])
#   lazuli_add_unit_test(NAME SOURCES... [LINK...] [DEPENDS...] [COMPILER] [TIMEOUT seconds])
#   lazuli_add_flatbuffers(NAME SCHEMA file.fbs [OPTIONS...])
#   lazuli_add_pytests(LABEL DIRECTORY [TIMEOUT seconds])
#   lazuli_add_lit_suite(NAME DIRECTORY)
#
# DEPENDS names targets that generate headers (TableGen, flatc).

include(LazuliTargets)
include(LazuliTests)

# Adds the room DIR and then those of its folders that have a CMakeLists.txt and
# that the room did not add itself. The globs make ninja notice new ones.
function(lazuli_add_room dir)
  set(room "${PROJECT_SOURCE_DIR}/${dir}")
  file(GLOB own CONFIGURE_DEPENDS "${room}/CMakeLists.txt")
  file(GLOB nested CONFIGURE_DEPENDS "${room}/*/CMakeLists.txt")
  set(added "")
  if(own)
    add_subdirectory("${room}" "${PROJECT_BINARY_DIR}/${dir}")
    get_property(added DIRECTORY "${room}" PROPERTY SUBDIRECTORIES)
  endif()
  foreach(file IN LISTS nested)
    get_filename_component(folder "${file}" DIRECTORY)
    if(NOT folder IN_LIST added)
      get_filename_component(name "${folder}" NAME)
      add_subdirectory("${folder}" "${PROJECT_BINARY_DIR}/${dir}/${name}")
    endif()
  endforeach()
endfunction()
