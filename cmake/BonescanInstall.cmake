# The install tree: bin/bonescan, the libraries, their public headers, the default models, and a CMake
# package, so that find_package(bonescan) and bonescan::bonescan are all that a C++ program needs.
include(CMakePackageConfigHelpers)

get_property(modules GLOBAL PROPERTY BONESCAN_MODULES)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/bonescan)
set(weights_folder ${CMAKE_INSTALL_DATADIR}/bonescan/weights)
install(TARGETS bonescan)
install(TARGETS bonescan_library ${modules} EXPORT bonescanTargets COMPONENT Development
  FILE_SET HEADERS COMPONENT Development)
install(EXPORT bonescanTargets NAMESPACE bonescan:: DESTINATION ${package_folder} COMPONENT Development)

install(DIRECTORY weights/
  DESTINATION ${weights_folder}
  FILES_MATCHING PATTERN "*.pt" PATTERN "self_check.*")
install(FILES LICENSE README.md docs/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR} USE_SOURCE_PERMISSIONS PATTERN copyright EXCLUDE)
install(DIRECTORY weights  # the reports on the models, where README.md's links look for them
  DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN "ssd300_vgg16_*")

configure_package_config_file(cmake/bonescanConfig.cmake.in "${PROJECT_BINARY_DIR}/bonescanConfig.cmake"
  INSTALL_DESTINATION ${package_folder}
  PATH_VARS weights_folder)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/bonescanConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/bonescanConfig.cmake"
  "${PROJECT_BINARY_DIR}/bonescanConfigVersion.cmake"
  cmake/BonescanDependencies.cmake
  DESTINATION ${package_folder} COMPONENT Development)
