# Everything third-party, as imported targets. Headers are SYSTEM so that our warnings stay ours.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(Protobuf REQUIRED)
find_package(ZLIB REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
pkg_check_modules(LIBAV REQUIRED IMPORTED_TARGET libavformat libavcodec libavutil libswscale libswresample)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
# BSD licence; FFTW's GPL would bind whoever links the library.
pkg_check_modules(KISSFFT REQUIRED IMPORTED_TARGET kissfft-float)

find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
add_library(reelcell_opencv INTERFACE)
target_include_directories(reelcell_opencv SYSTEM INTERFACE "${OPENCV_INCLUDE_DIR}")
target_link_libraries(reelcell_opencv INTERFACE opencv_core opencv_imgproc)

# valijson is header-only and aborts on errors unless told to throw.
find_path(VALIJSON_INCLUDE_DIR valijson/validator.hpp REQUIRED)
add_library(reelcell_valijson INTERFACE)
target_include_directories(reelcell_valijson SYSTEM INTERFACE "${VALIJSON_INCLUDE_DIR}")
target_compile_definitions(reelcell_valijson INTERFACE VALIJSON_USE_EXCEPTIONS=1)

# DuckDB: a system-wide one first, else the pinned npm packages (shared object and header).
set(REELCELL_NODE_MODULES "${CMAKE_SOURCE_DIR}/node_modules" CACHE PATH "Where npm put the pinned packages")
find_library(DUCKDB_LIBRARY NAMES duckdb
             HINTS "${REELCELL_NODE_MODULES}/@duckdb/node-bindings-linux-x64" REQUIRED)
find_path(DUCKDB_INCLUDE_DIR duckdb.h
          HINTS "${REELCELL_NODE_MODULES}/duckdb/src/duckdb/src/include" REQUIRED)
# A copy beside the binary, found through $ORIGIN: the build folder can be moved.
file(COPY "${DUCKDB_LIBRARY}" DESTINATION "${CMAKE_BINARY_DIR}/lib" FOLLOW_SYMLINK_CHAIN)
get_filename_component(DUCKDB_FILE "${DUCKDB_LIBRARY}" NAME)
add_library(reelcell_duckdb SHARED IMPORTED)
set_target_properties(reelcell_duckdb PROPERTIES IMPORTED_LOCATION "${CMAKE_BINARY_DIR}/lib/${DUCKDB_FILE}"
                      IMPORTED_NO_SONAME ON)
target_include_directories(reelcell_duckdb SYSTEM INTERFACE "${DUCKDB_INCLUDE_DIR}")
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
