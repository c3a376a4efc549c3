# The few wrappers that vga's own CMake files use over LLVM's and MLIR's.
include_guard()
include(GNUInstallDirs)

# Installed tools find libMLIR.so where the build found it.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

if(VGA_ENABLE_CCACHE)
  find_program(CCACHE_PROGRAM ccache)
  if(CCACHE_PROGRAM)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
    # A precompiled header carries time stamps; ccache must not look at them.
    set(ENV{CCACHE_SLOPPINESS}
        "pch_defines,time_macros,include_file_mtime,include_file_ctime")
    list(PREPEND CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
         "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime")
    list(APPEND VGA_COMPILE_OPTIONS -Xclang -fno-pch-timestamp)
  endif()
endif()

if(VGA_SANITIZERS)
  list(JOIN VGA_SANITIZERS "," _sanitizers)
  list(APPEND VGA_COMPILE_OPTIONS -fsanitize=${_sanitizers}
       -fno-omit-frame-pointer -fno-sanitize=vptr,function)
  list(APPEND VGA_LINK_OPTIONS -fsanitize=${_sanitizers})
endif()

# Options that every target of vga gets, and the shared precompiled header.
function(vga_configure_target target)
  target_compile_options(${target} PRIVATE
    $<$<COMPILE_LANGUAGE:CXX>:${VGA_COMPILE_OPTIONS}>)
  target_link_options(${target} PRIVATE ${VGA_LINK_OPTIONS})
  # Executables are position-independent in another way than libraries, and
  # small: no precompiled header for them.
  get_target_property(_type ${target} TYPE)
  if(VGA_ENABLE_PCH AND NOT _type STREQUAL "EXECUTABLE")
    if(NOT TARGET VGAPrecompiledHeader)
      set(_pch ${CMAKE_BINARY_DIR}/VGAPrecompiledHeader.cpp)
      file(CONFIGURE OUTPUT ${_pch} CONTENT "")
      add_library(VGAPrecompiledHeader OBJECT ${_pch})
      llvm_update_compile_flags(VGAPrecompiledHeader)
      target_compile_options(VGAPrecompiledHeader PRIVATE ${VGA_COMPILE_OPTIONS})
      set_target_properties(VGAPrecompiledHeader PROPERTIES
        POSITION_INDEPENDENT_CODE ON)
      target_precompile_headers(VGAPrecompiledHeader PRIVATE
        "$<$<COMPILE_LANGUAGE:CXX>:${PROJECT_SOURCE_DIR}/cmake/modules/VGAPrecompiledHeader.h>")
    endif()
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_precompile_headers(${target} REUSE_FROM VGAPrecompiledHeader)
  endif()
endfunction()

# vga_add_library(NAME sources... [DEPENDS targets...] [LINK_LIBS libs...]
#                 [MLIR_LIBS libs...] [UPSTREAM_ARCHIVES libs...])
#
# LINK_LIBS are other libraries of vga or of the system, MLIR_LIBS the parts of
# MLIR and LLVM that libMLIR.so stands in for, UPSTREAM_ARCHIVES the few MLIR
# archives that are not in libMLIR.so.
function(vga_add_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS;MLIR_LIBS;UPSTREAM_ARCHIVES" ${ARGN})
  add_mlir_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS}
    EXCLUDE_FROM_LIBMLIR
    DISABLE_INSTALL
    DEPENDS ${ARG_DEPENDS})
  mlir_target_link_libraries(${name} PUBLIC ${ARG_MLIR_LIBS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK_LIBS} ${ARG_UPSTREAM_ARCHIVES})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  if(TARGET obj.${name})
    vga_configure_target(obj.${name})
    set(_owner obj.${name})
  else()
    vga_configure_target(${name})
  endif()
  if(VGA_SANITIZERS)
    target_link_options(${name} INTERFACE ${VGA_LINK_OPTIONS})
  endif()
  set_property(GLOBAL APPEND PROPERTY VGA_LIBRARIES ${name})
  install(TARGETS ${name} EXPORT VGATargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT Development)
endfunction()

# vga_add_tool(NAME sources... [DEPENDS ...] [LINK_LIBS ...] [MLIR_LIBS ...])
function(vga_add_tool name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LINK_LIBS;MLIR_LIBS" ${ARGN})
  add_llvm_executable(${name} ${ARG_UNPARSED_ARGUMENTS} DEPENDS ${ARG_DEPENDS})
  llvm_update_compile_flags(${name})
  mlir_target_link_libraries(${name} PRIVATE ${ARG_MLIR_LIBS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS})
  vga_configure_target(${name})
  set_property(GLOBAL APPEND PROPERTY VGA_TOOLS ${name})
  install(TARGETS ${name} EXPORT VGATargets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    COMPONENT Tools)
endfunction()

# vga_add_unittest(NAME sources... [LINK_LIBS ...] [MLIR_LIBS ...])
function(vga_add_unittest name)
  cmake_parse_arguments(ARG "" "" "LINK_LIBS;MLIR_LIBS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_UNPARSED_ARGUMENTS})
  llvm_update_compile_flags(${name})
  mlir_target_link_libraries(${name} PRIVATE ${ARG_MLIR_LIBS})
  target_link_libraries(${name} PRIVATE ${ARG_LINK_LIBS} GTest::gtest GTest::gtest_main)
  vga_configure_target(${name})
  add_dependencies(VGAUnitTests ${name})
endfunction()
