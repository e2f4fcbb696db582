# The target "package": a Debian package of the program, its man page, shell completion and default models, without
# what only a C++ program that links the library needs.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the bonescan developers")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL Unspecified)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_UNSPECIFIED_PACKAGE_NAME bonescan)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libopenblas0-pthread)  # LibTorch runs on any BLAS, on this one fast
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)  # the models are not smaller for more work
include(CPack)
