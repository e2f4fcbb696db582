// Usage: segment_file MODEL PICTURE MASK.png
#include <bonescan/bonescan.h>

#include <iostream>

int main(int, char** argv) {
  const bonescan::Segmenter segmenter = bonescan::load_segmenter(argv[1]);
  const bonescan::BoneFinding bone = segmenter.segment(bonescan::read_radiograph(argv[2]));
  bonescan::write_mask_png(argv[3], bone.mask);
  std::cout << (bone.present ? "bone" : "no bone") << ", " << 100 * bone.fraction << " % of the picture\n";
}
