# MLIR and LLVM as Debian packages them: headers plus two shared libraries.
# Static components beside libMLIR.so would duplicate code, so only `MLIR` and
# `LLVM` are ever linked.
find_package(MLIR REQUIRED CONFIG)
if(NOT LLVM_VERSION_MAJOR EQUAL 22)
  message(FATAL_ERROR "moe-spmd needs MLIR 22, found ${LLVM_VERSION}: pass -DMLIR_DIR=")
endif()
list(APPEND CMAKE_MODULE_PATH "${MLIR_CMAKE_DIR}" "${LLVM_CMAKE_DIR}")
include(TableGen)
include(AddLLVM)
include(AddMLIR)
separate_arguments(MOE_LLVM_DEFINITIONS NATIVE_COMMAND "${LLVM_DEFINITIONS}")

# moe_add_library(NAME SOURCES... [DEPENDS TARGETS...] [LINK LIBS...])
# A compiler library: sees MLIR, shares one precompiled header.
function(moe_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  moe_use_mlir(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

function(moe_use_mlir name)
  target_include_directories(${name} SYSTEM PUBLIC ${LLVM_INCLUDE_DIRS} ${MLIR_INCLUDE_DIRS})
  target_compile_definitions(${name} PRIVATE ${MOE_LLVM_DEFINITIONS})
  # The size of a pass's statistics follows NDEBUG, which the packaged libraries were built with.
  if(MOE_SANITIZE)
    target_compile_definitions(${name} PRIVATE NDEBUG)
  endif()
  # What the text fuzzer reaches guides it (test/Fuzz); without it the counters lie idle.
  if(MOE_SANITIZE MATCHES "address")
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  # One precompiled header of MLIR's own headers: a file then takes 2 s instead of 12 s.
  # Executables are compiled as PIE, libraries as PIC: only libraries can share it.
  get_target_property(type ${name} TYPE)
  if(NOT type STREQUAL "EXECUTABLE")
    target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp" -fpch-instantiate-templates)
    if(NOT name STREQUAL "MoePch")
      target_precompile_headers(${name} REUSE_FROM MoePch)
    endif()
  endif()
  target_link_libraries(${name} PUBLIC MLIR LLVM)
endfunction()
