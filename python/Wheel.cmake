# What the wheel holds beside the Python files: the extension and the libraries in
# lazuli/, the command line in the environment's bin/. They find one another and
# what the packages of oneDNN and TBB bring from where they lie:
#
#   PREFIX/bin/lazuli
#   PREFIX/lib/libdnnl.so.3, libtbb.so.12, ...
#   PREFIX/lib/python3.x/site-packages/lazuli/
#
# `pip install --target DIR` puts all three straight into DIR.
set(modules "$ORIGIN" "$ORIGIN/../../.." "$ORIGIN/../lib" ${lazuli_rpath})
set_target_properties(lazuli_python lazuli_runtime lazuli_onednn PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${modules}")
set_target_properties(lazuli_compiler PROPERTIES
  BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${modules};${LLVM_LIBRARY_DIR}")

set(python "python${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}")
# Debian's own interpreter installs into dist-packages.
set_target_properties(lazuli PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH
  "$ORIGIN/../lib/${python}/site-packages/lazuli;$ORIGIN/../lib/${python}/dist-packages/lazuli;$ORIGIN/../lazuli")

install(TARGETS lazuli_python lazuli_runtime lazuli_onednn lazuli_compiler
  LIBRARY DESTINATION lazuli COMPONENT python)
install(TARGETS lazuli RUNTIME DESTINATION "${SKBUILD_SCRIPTS_DIR}" COMPONENT python)
