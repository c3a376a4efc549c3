# Links LLVM statically, for tools that run where LLVM is not installed.
#
# The packaged MLIR archives name the shared library `LLVM` in their link
# interface. Here each of them gets the LLVM archives that vga uses instead.
include_guard()

add_library(VGAStaticLLVM INTERFACE)
# vga-opt registers every pass of MLIR, which names every target of LLVM;
# vga-run does not, and links the archives of this machine's target alone.
llvm_map_components_to_libnames(_llvm_archives
  AllTargetsAsmParsers AllTargetsCodeGens AllTargetsDescs AllTargetsInfos
  irreader linker orcjit passes perfjitevents)
target_link_libraries(VGAStaticLLVM INTERFACE ${_llvm_archives})

get_property(_mlir_archives GLOBAL PROPERTY MLIR_ALL_LIBS)
foreach(_archive ${_mlir_archives})
  if(TARGET ${_archive})
    get_target_property(_interface ${_archive} INTERFACE_LINK_LIBRARIES)
    if(_interface)
      list(TRANSFORM _interface REPLACE "(^|:)LLVM(>?)$" "\\1VGAStaticLLVM\\2")
      # The execution engine names the shared MLIR too; what it needs of it,
      # its users link.
      list(REMOVE_ITEM _interface MLIR)
      set_target_properties(${_archive} PROPERTIES
        INTERFACE_LINK_LIBRARIES "${_interface}")
    endif()
  endif()
endforeach()
add_link_options(-static-libstdc++ -static-libgcc -Wl,--gc-sections -Wl,--as-needed -Wl,-s)
