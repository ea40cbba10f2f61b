# Compiler, warnings, sanitizers, ccache and mold. One INTERFACE target carries all of it.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# -O2: the hot loops are vectorised where it matters; -O3 only lengthened the build.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # Paths relative to the checkout: two clones in different folders share their compilations.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
                                  "${CCACHE_PROGRAM}")
endif()
find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM)
  add_link_options(-fuse-ld=mold)
endif()

add_library(reelcell_options INTERFACE)
target_compile_features(reelcell_options INTERFACE cxx_std_20)
target_compile_options(reelcell_options INTERFACE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror)
target_include_directories(reelcell_options INTERFACE "${CMAKE_SOURCE_DIR}/lib/include")
target_compile_definitions(reelcell_options INTERFACE REELCELL_VERSION="${PROJECT_VERSION}")
if(REELCELL_SANITIZE)
  add_compile_options(-fsanitize=${REELCELL_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${REELCELL_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ 12 reports false maybe-uninitialized in libstdc++ with sanitizers on.
    target_compile_options(reelcell_options INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-restrict)
  endif()
endif()
if(REELCELL_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12: false positives inside std::string and std::vector at -O2 (GCC 105329, 105651).
  target_compile_options(reelcell_options INTERFACE -Wno-restrict)
endif()
