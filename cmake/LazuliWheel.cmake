# A build for `pip install .`: oneDNN, TBB and ONNX's messages come from the Python
# environment that builds (pyproject.toml, build-system.requires), not from the
# folders that tools/setup makes.

find_package(Python 3.11 REQUIRED COMPONENTS Interpreter Development.Module)

# Sets VARIABLE to the installed file of a Python distribution whose path ends with
# SUFFIX. The packages' own records are asked: where pip puts them varies.
function(lazuli_find_distributed variable distribution suffix)
  execute_process(
    COMMAND "${Python_EXECUTABLE}" "${PROJECT_SOURCE_DIR}/cmake/find_distributed.py"
            "${distribution}" "${suffix}"
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_VARIABLE error ERROR_STRIP_TRAILING_WHITESPACE
    RESULT_VARIABLE result)
  if(result)
    message(FATAL_ERROR "${error}; pip installs it unless told --no-build-isolation")
  endif()
  set(${variable} "${path}" PARENT_SCOPE)
endfunction()

lazuli_find_distributed(LAZULI_ONNX_PROTO onnx onnx/onnx-ml.proto)
lazuli_find_distributed(lazuli_dnnl_config onednn-devel-cpu-tbb
                        cmake/dnnl/dnnl-config.cmake)
cmake_path(GET lazuli_dnnl_config PARENT_PATH lazuli_dnnl_folder)
cmake_path(SET LAZULI_DEPS_DIR NORMALIZE "${lazuli_dnnl_folder}/../../..")
