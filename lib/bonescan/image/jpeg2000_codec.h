// JPEG 2000 for DCMTK, which has no decoder of its own for it: through OpenJPEG.
#pragma once

namespace bonescan {

// Lets DCMTK decode the transfer syntaxes JPEG 2000 and JPEG 2000 Lossless Only (PS3.5 A.4.4). Call it once.
void register_jpeg2000_codec();

}  // namespace bonescan
