#include "bonescan/image/jpeg2000_codec.h"

#include <dcmtk/config/osconfig.h>

#include <dcmtk/dcmdata/dctk.h>

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <openjpeg.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "bonescan/image/byte_order.h"
#include "bonescan/image/dicom_toolkit.h"

namespace bonescan {
namespace {

// A codestream in memory, as OpenJPEG reads it.
struct Codestream {
  std::span<const std::uint8_t> bytes;
  std::size_t position = 0;
};

Codestream& codestream_of(void* user) {
  return *static_cast<Codestream*>(user);
}

constexpr auto kAtEnd = static_cast<OPJ_SIZE_T>(-1);

OPJ_SIZE_T on_read(void* target, OPJ_SIZE_T count, void* user) {
  Codestream& stream = codestream_of(user);
  const std::size_t taken = std::min(count, stream.bytes.size() - stream.position);
  if (taken == 0) return kAtEnd;
  std::memcpy(target, stream.bytes.data() + stream.position, taken);
  stream.position += taken;
  return taken;
}

OPJ_OFF_T on_skip(OPJ_OFF_T count, void* user) {
  Codestream& stream = codestream_of(user);
  const auto left = static_cast<OPJ_OFF_T>(stream.bytes.size() - stream.position);
  if (count < 0 || left == 0) return -1;
  const OPJ_OFF_T skipped = std::min(count, left);
  stream.position += static_cast<std::size_t>(skipped);
  return skipped;
}

OPJ_BOOL on_seek(OPJ_OFF_T position, void* user) {
  Codestream& stream = codestream_of(user);
  if (position < 0 || static_cast<std::size_t>(position) > stream.bytes.size()) return OPJ_FALSE;
  stream.position = static_cast<std::size_t>(position);
  return OPJ_TRUE;
}

using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Image = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream open_stream(Codestream& codestream) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), opj_stream_destroy);
  if (!stream) return stream;
  opj_stream_set_user_data(stream.get(), &codestream, nullptr);
  opj_stream_set_user_data_length(stream.get(), codestream.bytes.size());
  opj_stream_set_read_function(stream.get(), on_read);
  opj_stream_set_skip_function(stream.get(), on_skip);
  opj_stream_set_seek_function(stream.get(), on_seek);
  return stream;
}

// What the data set says of a frame.
struct FrameLayout {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint32_t samples = 1;  // per pixel
  std::uint32_t bits = 8;     // 8 or 16, of each sample
  bool planes_apart = false;
};

FrameLayout layout_of(DcmItem& data_set) {
  const auto number = [&](const DcmTagKey& tag) {
    Uint16 value = 0;
    data_set.findAndGetUint16(tag, value);
    return value;
  };
  return {number(DCM_Columns), number(DCM_Rows), number(DCM_SamplesPerPixel), number(DCM_BitsAllocated),
          number(DCM_PlanarConfiguration) == 1};
}

std::size_t bytes_of(const FrameLayout& layout) {
  return std::size_t{layout.width} * layout.height * layout.samples * (layout.bits / 8);
}

// Before decoding, so that a codestream cannot ask for more memory than the header of the file does.
bool fits(const opj_image_t& image, const FrameLayout& layout) {
  if (image.numcomps != layout.samples) return false;
  return std::all_of(image.comps, image.comps + image.numcomps, [&](const opj_image_comp_t& plane) {
    return plane.w == layout.width && plane.h == layout.height && plane.prec >= 1 && plane.prec <= layout.bits;
  });
}

// JP2 files instead of bare codestreams are against the standard, and exist.
OPJ_CODEC_FORMAT format_of(std::span<const std::uint8_t> bytes) {
  constexpr std::uint8_t kBoxed[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};
  return bytes.size() > sizeof kBoxed && std::memcmp(bytes.data(), kBoxed, sizeof kBoxed) == 0 ? OPJ_CODEC_JP2
                                                                                               : OPJ_CODEC_J2K;
}

constexpr std::uint32_t kStartOfTilePart = 0xFF90;  // SOT

// Where the first tile-part begins, with its SOT marker; the end of the bytes if there is none.
std::size_t first_tile_part(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 4> kStart{0xFF, 0x4F, 0xFF, 0x51};  // SOC and SIZ
  const auto start = std::search(bytes.begin(), bytes.end(), kStart.begin(), kStart.end());
  auto position = static_cast<std::size_t>(start - bytes.begin()) + 2;
  while (position + 4 <= bytes.size() && big_endian(bytes, position, 2) != kStartOfTilePart)
    position += 2 + big_endian(bytes, position + 2, 2);
  return position;
}

// Whether every tile has all the parts that it says it has (ISO/IEC 15444-1, A.4.2). OpenJPEG takes a codestream that
// ends between two of them for a whole one, in strict mode, too.
bool has_all_tile_parts(std::span<const std::uint8_t> bytes, std::uint32_t tiles) {
  constexpr std::size_t kHeader = 12;
  struct Parts {
    std::uint32_t found = 0;
    std::uint32_t expected = 1;
  };
  std::vector<Parts> parts(tiles);
  for (std::size_t position = first_tile_part(bytes); position + kHeader <= bytes.size();) {
    const std::uint32_t tile = big_endian(bytes, position + 4, 2);
    const std::uint32_t length = big_endian(bytes, position + 6, 4);
    if (big_endian(bytes, position, 2) != kStartOfTilePart || tile >= tiles) break;
    ++parts[tile].found;
    parts[tile].expected = std::max(parts[tile].expected, big_endian(bytes, position + 11, 1));
    if (length < kHeader) break;  // 0: to the end of the codestream
    position += length;
  }
  return std::all_of(parts.begin(), parts.end(), [](const Parts& tile) { return tile.found >= tile.expected; });
}

std::uint32_t tile_count(opj_codec_t* codec) {
  opj_codestream_info_v2_t* info = opj_get_cstr_info(codec);
  const std::uint32_t tiles = info ? info->tw * info->th : 0;
  opj_destroy_cstr_info(&info);
  return tiles;
}

// Null if the bytes are damaged, do not hold the whole picture, or are no picture of that layout.
Image decode_codestream(std::span<const std::uint8_t> bytes, const FrameLayout& layout) {
  Image image(nullptr, opj_image_destroy);
  Codestream codestream{bytes};
  const Stream stream = open_stream(codestream);
  const Codec codec(opj_create_decompress(format_of(bytes)), opj_destroy_codec);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  if (!stream || !codec || !opj_setup_decoder(codec.get(), &parameters)) return image;
  opj_decoder_set_strict_mode(codec.get(), OPJ_TRUE);  // a tile-part that ends early is an error
  opj_image_t* header = nullptr;
  const bool known = opj_read_header(stream.get(), codec.get(), &header);
  image.reset(header);
  const bool decoded = known && header && fits(*header, layout) && has_all_tile_parts(bytes, tile_count(codec.get())) &&
                       opj_decode(codec.get(), stream.get(), header) && opj_end_decompress(codec.get(), stream.get());
  if (!decoded || !fits(*header, layout)) image.reset();
  return image;
}

template <typename Sample>
void copy_samples(const opj_image_t& image, const FrameLayout& layout, Sample* target) {
  const std::size_t pixels = std::size_t{layout.width} * layout.height;
  const std::size_t step = layout.planes_apart ? 1 : layout.samples;
  for (std::uint32_t plane = 0; plane < layout.samples; ++plane) {
    Sample* to = target + plane * (layout.planes_apart ? pixels : 1);
    const OPJ_INT32* from = image.comps[plane].data;
    for (std::size_t i = 0; i < pixels; ++i) to[i * step] = static_cast<Sample>(from[i]);
  }
}

bool is_jpeg2000(E_TransferSyntax syntax) {
  return syntax == EXS_JPEG2000LosslessOnly || syntax == EXS_JPEG2000;
}

// Decodes frame by frame and nothing else: all that DicomImage asks for.
class Jpeg2000Codec : public DcmCodec {
 public:
  OFCondition decodeFrame(const DcmRepresentationParameter*, DcmPixelSequence* fragments, const DcmCodecParameter*,
                          DcmItem* data_set, Uint32 frame, Uint32& start_fragment, void* buffer, Uint32 buffer_size,
                          OFString& colour_model) const override {
    const FrameLayout layout = layout_of(*data_set);
    if (buffer_size < bytes_of(layout)) return EC_IllegalCall;
    const Image image =
        decode_codestream(compressed_frame(*fragments, static_cast<int>(frame), number_of_frames(*data_set)), layout);
    if (!image) return EC_CorruptedData;
    if (layout.bits == 8) {
      copy_samples(*image, layout, static_cast<std::uint8_t*>(buffer));
    } else {
      copy_samples(*image, layout, static_cast<std::uint16_t*>(buffer));
    }
    start_fragment = 0;  // not known
    return determineDecompressedColorModel(nullptr, fragments, nullptr, data_set, colour_model);
  }

  // OpenJPEG undoes the colour transforms that the codestream names.
  OFCondition determineDecompressedColorModel(const DcmRepresentationParameter*, DcmPixelSequence*,
                                              const DcmCodecParameter*, DcmItem* data_set,
                                              OFString& colour_model) const override {
    const OFCondition found = data_set->findAndGetOFString(DCM_PhotometricInterpretation, colour_model);
    if (colour_model == "YBR_RCT" || colour_model == "YBR_ICT") colour_model = "RGB";
    return found;
  }

  OFBool canChangeCoding(E_TransferSyntax from, E_TransferSyntax to) const override {
    return is_jpeg2000(from) && DcmXfer(to).isNotEncapsulated();
  }

  OFCondition decode(const DcmRepresentationParameter*, DcmPixelSequence*, DcmPolymorphOBOW&, const DcmCodecParameter*,
                     const DcmStack&, OFBool&) const override {
    return EC_IllegalCall;
  }
  OFCondition encode(const Uint16*, Uint32, const DcmRepresentationParameter*, DcmPixelSequence*&,
                     const DcmCodecParameter*, DcmStack&, OFBool&) const override {
    return EC_IllegalCall;
  }
  OFCondition encode(E_TransferSyntax, const DcmRepresentationParameter*, DcmPixelSequence*,
                     const DcmRepresentationParameter*, DcmPixelSequence*&, const DcmCodecParameter*, DcmStack&,
                     OFBool&) const override {
    return EC_IllegalCall;
  }
};

class NoParameter : public DcmCodecParameter {
 public:
  DcmCodecParameter* clone() const override { return new NoParameter; }
  const char* className() const override { return "NoParameter"; }
};

}  // namespace

void register_jpeg2000_codec() {
  static const Jpeg2000Codec codec;
  static const NoParameter parameter;
  DcmCodecList::registerCodec(&codec, nullptr, &parameter);
}

}  // namespace bonescan
