# The package in the build tree: build/python/lazuli, and a path file by which the
# environment build/venv finds it there.
set(package "${PROJECT_BINARY_DIR}/python/lazuli")
set_target_properties(lazuli_python PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${package}")

set(package_source "${CMAKE_CURRENT_SOURCE_DIR}/lazuli")
file(GLOB_RECURSE python_sources CONFIGURE_DEPENDS RELATIVE "${package_source}"
  "${package_source}/*.py")
set(copies "")
foreach(name IN LISTS python_sources)
  get_filename_component(folder "${package}/${name}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  add_custom_command(OUTPUT "${package}/${name}"
    COMMAND "${CMAKE_COMMAND}" -E copy "${package_source}/${name}" "${package}/${name}"
    DEPENDS "${package_source}/${name}" VERBATIM)
  list(APPEND copies "${package}/${name}")
endforeach()

set(path_file "${package}/installed.stamp")
add_custom_command(OUTPUT "${path_file}"
  COMMAND "${Python_EXECUTABLE}" "${CMAKE_CURRENT_SOURCE_DIR}/link_package.py"
          "${PROJECT_BINARY_DIR}/python" "${path_file}"
  DEPENDS link_package.py VERBATIM)
add_custom_target(lazuli_python_package ALL DEPENDS ${copies} "${path_file}")
add_dependencies(lazuli_python_package lazuli_python)
