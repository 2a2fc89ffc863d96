# What programs outside find: `find_package(Lazuli)` in the build tree and where
# `cmake --install` put it, with the targets lazuli::runtime and lazuli::nn; the
# same names for those who add this project by add_subdirectory. A wheel has none of it.
if(SKBUILD)
  return()
endif()

add_library(lazuli::runtime ALIAS lazuli_runtime)
if(TARGET lazuli_nn)
  add_library(lazuli::nn ALIAS lazuli_nn)
endif()

# Sets VARIABLE to the project's static libraries that TARGET needs, users of one
# before it, and adds their other libraries to VARIABLE_others.
function(lazuli_collect_archives target variable)
  set(archives "")
  set(others "")
  set(queue ${target})
  while(queue)
    list(POP_FRONT queue next)
    get_target_property(libraries ${next} INTERFACE_LINK_LIBRARIES)
    foreach(library IN LISTS libraries)
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
      if(NOT TARGET ${library})
        continue()
      endif()
      get_target_property(kind ${library} TYPE)
      get_target_property(imported ${library} IMPORTED)
      if(imported AND kind STREQUAL "SHARED_LIBRARY")
        list(APPEND others ${library})
      elseif(NOT imported AND kind STREQUAL "STATIC_LIBRARY")
        # Once more at the end, so that it stands behind all that use it.
        list(REMOVE_ITEM archives ${library})
        list(APPEND archives ${library})
        list(APPEND queue ${library})
      endif()
    endforeach()
  endwhile()
  list(REMOVE_DUPLICATES others)
  set(${variable} "${archives}" PARENT_SCOPE)
  set(${variable}_others "${others}" PARENT_SCOPE)
endfunction()

set(lazuli_nn_archives "")
set(LAZULI_NN_LIBRARIES "")
if(TARGET lazuli_nn)
  lazuli_collect_archives(lazuli_nn lazuli_nn_archives)
  foreach(archive IN LISTS lazuli_nn_archives)
    list(APPEND LAZULI_NN_LIBRARIES "\${lazuli_prefix}/lib/lib${archive}.a")
  endforeach()
  foreach(library IN LISTS lazuli_nn_archives_others)
    get_target_property(location ${library} LOCATION)
    list(APPEND LAZULI_NN_LIBRARIES "${location}")
  endforeach()
endif()

# One template, two packages: only where the headers lie differs.
set(package_folder "${PROJECT_BINARY_DIR}/lib/cmake/Lazuli")
set(LAZULI_RUNTIME_INCLUDE "${PROJECT_SOURCE_DIR}/runtime/include")
set(LAZULI_NN_INCLUDE "${PROJECT_SOURCE_DIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/LazuliConfig.cmake.in"
               "${package_folder}/LazuliConfig.cmake" @ONLY)
set(LAZULI_RUNTIME_INCLUDE "\${lazuli_prefix}/include")
set(LAZULI_NN_INCLUDE "\${lazuli_prefix}/include/lazuli")
configure_file("${PROJECT_SOURCE_DIR}/cmake/LazuliConfig.cmake.in"
               "${package_folder}/install/LazuliConfig.cmake" @ONLY)
include(CMakePackageConfigHelpers)
write_basic_package_version_file("${package_folder}/LazuliConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)

# What is installed is linked as it stays: paths replaced by the installation would
# leave empty entries, the current folder, in those of the build tree.
foreach(target lazuli lazuli_runtime lazuli_onednn lazuli_compiler)
  if(TARGET ${target})
    set_target_properties(${target} PROPERTIES
      BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH_USE_LINK_PATH ON)
  endif()
endforeach()

# The folders' names are fixed: the tool looks for the compiler in ../lib.
install(FILES "${package_folder}/install/LazuliConfig.cmake"
              "${package_folder}/LazuliConfigVersion.cmake" DESTINATION lib/cmake/Lazuli)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/runtime/include/lazuli" DESTINATION include)
foreach(target lazuli lazuli_runtime lazuli_onednn lazuli_compiler lazuli_nn ${lazuli_nn_archives})
  if(TARGET ${target})
    install(TARGETS ${target} RUNTIME DESTINATION bin LIBRARY DESTINATION lib
            ARCHIVE DESTINATION lib)
  endif()
endforeach()
if(TARGET lazuli_nn)
  foreach(folder frontend/nn frontend/weights ir/dim)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}/" DESTINATION "include/lazuli/${folder}"
            FILES_MATCHING PATTERN "*.h"
            REGEX "/(Emit|Tracer|TraceShapes|ProgramAccess|LazySolutions)\\.h$" EXCLUDE)
  endforeach()
endif()
