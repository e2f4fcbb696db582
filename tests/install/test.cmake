# cmake -DBUILD_DIR=... -DSOURCE_DIR=... -DWORK_DIR=... -P test.cmake
# Installs the build, builds a program against the installed package, and segments a sample with both
# that program and the installed executable, whose doctor must find all well, as that of the Debian package must.
cmake_minimum_required(VERSION 3.25)

function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGV}\nended with ${result}:\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

set(sample "${SOURCE_DIR}/tests/data/samples/IMG0003905.jpg")
set(prefix "${WORK_DIR}/prefix")
file(REMOVE_RECURSE "${WORK_DIR}")

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${prefix}")
run("${CMAKE_COMMAND}" -G Ninja -S "${SOURCE_DIR}/tests/install" -B "${WORK_DIR}/build"
  "-DCMAKE_PREFIX_PATH=${prefix}" -DCMAKE_BUILD_TYPE=Release)
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")

run("${WORK_DIR}/build/segment_file" "${prefix}/share/bonescan/weights/segnet.pt" "${sample}" "${WORK_DIR}/mask.png")
if(NOT output MATCHES "^bone, ")
  message(FATAL_ERROR "segment_file did not see bone on ${sample}: ${output}")
endif()

run("${CMAKE_COMMAND}" -E env --unset=BONESCAN_WEIGHTS "${prefix}/bin/bonescan" segment "${sample}" -o "${WORK_DIR}/out")
run("${CMAKE_COMMAND}" -E env --unset=BONESCAN_WEIGHTS "${prefix}/bin/bonescan" doctor)
foreach(file man/man1/bonescan.1 bash-completion/completions/bonescan.bash zsh/site-functions/_bonescan
    fish/vendor_completions.d/bonescan.fish)
  if(NOT EXISTS "${prefix}/share/${file}")
    message(FATAL_ERROR "share/${file} is not installed")
  endif()
endforeach()

run("${CMAKE_CPACK_COMMAND}" --config "${BUILD_DIR}/CPackConfig.cmake" -B "${WORK_DIR}/package")
file(GLOB package "${WORK_DIR}/package/bonescan_*.deb")
run(dpkg-deb --extract "${package}" "${WORK_DIR}/package/unpacked")
run("${CMAKE_COMMAND}" -E env --unset=BONESCAN_WEIGHTS "${WORK_DIR}/package/unpacked/usr/bin/bonescan" doctor)
foreach(file zsh/vendor-completions/_bonescan doc/bonescan/copyright)
  if(NOT EXISTS "${WORK_DIR}/package/unpacked/usr/share/${file}")
    message(FATAL_ERROR "share/${file} is not in the Debian package")
  endif()
endforeach()

file(SHA256 "${WORK_DIR}/mask.png" from_library)
file(SHA256 "${WORK_DIR}/out/masks/IMG0003905.jpg.png" from_executable)
if(NOT from_library STREQUAL from_executable)
  message(FATAL_ERROR "the library and the installed executable write different masks")
endif()
