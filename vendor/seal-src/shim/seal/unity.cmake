# Compiles SEAL's C++ files in one unit: most of the time goes into headers that they all include. HEXL
# is compiled beside it.
#
# cmake includes this file right after project(SEAL) (CMAKE_PROJECT_SEAL_INCLUDE); the library exists only when SEAL's
# own CMakeLists.txt has been read, hence the deferred call.

function(seal_nn_unite)
  set_target_properties(seal PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
  # The C files use the same names for different functions.
  get_target_property(sources seal SOURCES)
  list(FILTER sources INCLUDE REGEX "\\.c$")
  set_source_files_properties(${sources} TARGET_DIRECTORY seal PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

cmake_language(DEFER DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} CALL seal_nn_unite)
