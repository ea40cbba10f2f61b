# The one place to extend. Each call adds a library with its sources and one row to a table that is
# generated at configure time; sniffing, help, `reelcell formats`, schemas and tests follow from the tables.
#
#   reelcell_add_module(media SOURCES a.cpp b.cpp LINK PkgConfig::LIBAV)         a plain module
#   reelcell_add_reader(csv SOURCES .. LINK ..)      defines const ReaderRow& reelcell::readers::csv_reader();
#   reelcell_add_writer(webdataset SOURCES .. )      defines const WriterRow& reelcell::writers::webdataset_writer();
#   reelcell_add_segmenter(dwell SOURCES ..)         defines const SegmenterRow& reelcell::segment::dwell_segmenter();
#   reelcell_add_gate(gaps SOURCES ..)               defines const GateRow& reelcell::curate::gaps_gate();
#   reelcell_add_labels(cvat SOURCES ..)             defines const FormatRow& reelcell::labelio::cvat_labels();
#   reelcell_add_command(build SOURCES ..)           defines Command reelcell::cli::build_command();

# SOURCES may be left out: then they are <name>/*.cpp, or <name>.cpp where there is no such folder.

function(reelcell_sources_of name out)
  if(ARG_SOURCES)
    set(${out} ${ARG_SOURCES} PARENT_SCOPE)
  elseif(IS_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}/${name}")
    file(GLOB_RECURSE found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp")
    set(${out} ${found} PARENT_SCOPE)
  else()
    set(${out} ${name}.cpp PARENT_SCOPE)
  endif()
endfunction()

function(reelcell_add_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  reelcell_sources_of(${name} sources)
  add_library(reelcell_${name} STATIC ${sources})
  target_link_libraries(reelcell_${name} PUBLIC reelcell_options ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY reelcell_modules reelcell_${name})
endfunction()

# One library and one row in the table of its kind. (Not a macro that defines functions: ARGN would be the macro's.)
function(reelcell_add_row kind name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  reelcell_sources_of(${name} sources)
  add_library(reelcell_${kind}_${name} STATIC ${sources})
  target_link_libraries(reelcell_${kind}_${name} PUBLIC reelcell_options reelcell_model ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY reelcell_${kind}_names ${name})
endfunction()
function(reelcell_add_reader)
  reelcell_add_row(reader ${ARGN})
endfunction()
function(reelcell_add_writer)
  reelcell_add_row(writer ${ARGN})
endfunction()
function(reelcell_add_segmenter)
  reelcell_add_row(segmenter ${ARGN})
endfunction()
function(reelcell_add_gate)
  reelcell_add_row(gate ${ARGN})
endfunction()
function(reelcell_add_labels)
  reelcell_add_row(labels ${ARGN})
endfunction()
function(reelcell_add_command)
  reelcell_add_row(command ${ARGN})
endfunction()

# reelcell_write_table(kind HEADER h NAMESPACE ns TYPE type RESULT result SUFFIX suffix FUNCTION function)
# writes <build>/generated/<kind>_table.cpp defining `std::vector<result> ns::function()` and makes the
# library reelcell_<kind>_table that links every registered row.
function(reelcell_write_table kind)
  cmake_parse_arguments(ARG "" "HEADER;NAMESPACE;TYPE;ROW;SUFFIX;FUNCTION" "LINK" ${ARGN})
  get_property(names GLOBAL PROPERTY reelcell_${kind}_names)
  list(SORT names)
  set(declarations "")
  set(rows "")
  set(libraries "")
  foreach(name IN LISTS names)
    string(APPEND declarations "${ARG_TYPE} ${name}_${ARG_SUFFIX}();\n")
    if(ARG_ROW STREQUAL "pointer")
      string(APPEND rows "  rows.push_back(&${name}_${ARG_SUFFIX}());\n")
    else()
      string(APPEND rows "  rows.push_back(${name}_${ARG_SUFFIX}());\n")
    endif()
    list(APPEND libraries reelcell_${kind}_${name})
  endforeach()
  if(ARG_ROW STREQUAL "pointer")
    string(REPLACE "&" "*" element "${ARG_TYPE}")
  else()
    set(element "${ARG_TYPE}")
  endif()
  set(file "${CMAKE_BINARY_DIR}/generated/${kind}_table.cpp")
  file(CONFIGURE OUTPUT "${file}.in" CONTENT
"// Generated from the reelcell_add_${kind}() lines; do not edit.
#include \"${ARG_HEADER}\"

#include <vector>

namespace ${ARG_NAMESPACE} {
${declarations}
std::vector<${element}> ${ARG_FUNCTION}() {
  std::vector<${element}> rows;
${rows}  return rows;
}
}  // namespace ${ARG_NAMESPACE}
" @ONLY)
  configure_file("${file}.in" "${file}" COPYONLY)
  add_library(reelcell_${kind}_table STATIC "${file}")
  target_link_libraries(reelcell_${kind}_table PUBLIC reelcell_options ${libraries} ${ARG_LINK})
  set_property(GLOBAL APPEND PROPERTY reelcell_modules reelcell_${kind}_table)
endfunction()
