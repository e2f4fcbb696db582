#include "bonescan/image/dicom_toolkit.h"

#include <dcmtk/dcmdata/dccodec.h>
#include <dcmtk/dcmdata/dcistrmf.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmdata/dcrledrg.h>
#include <dcmtk/dcmjpeg/djdecode.h>
#include <dcmtk/dcmjpls/djdecode.h>
#include <dcmtk/oflog/oflog.h>
#include <dcmtk/oflog/spi/logevent.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "bonescan/core/error.h"
#include "bonescan/core/file.h"
#include "bonescan/image/jpeg2000_codec.h"
#include "bonescan/image/jpeg_decoder.h"

namespace bonescan {
namespace {

// Bytes in memory, as DCMTK reads them.
class MemoryProducer : public DcmProducer {
 public:
  explicit MemoryProducer(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  OFBool good() const override { return status_.good(); }
  OFCondition status() const override { return status_; }
  OFBool eos() override { return position_ == bytes_.size(); }
  offile_off_t avail() override { return static_cast<offile_off_t>(bytes_.size() - position_); }
  offile_off_t read(void* target, offile_off_t count) override {
    const std::size_t start = position_;
    const offile_off_t taken = skip(count);
    if (taken > 0) std::memcpy(target, bytes_.data() + start, static_cast<std::size_t>(taken));
    return taken;
  }
  offile_off_t skip(offile_off_t count) override {
    const offile_off_t taken = std::clamp(count, offile_off_t{0}, avail());
    position_ += static_cast<std::size_t>(taken);
    return taken;
  }
  void putback(offile_off_t count) override {
    if (count < 0 || static_cast<std::size_t>(count) > position_) {
      status_ = EC_PutbackFailed;
    } else {
      position_ -= static_cast<std::size_t>(count);
    }
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t position_ = 0;
  OFCondition status_ = EC_Normal;
};

// Elements, items and fragments of a file. DCMTK takes some 250 bytes for each, where the file may have 8. Enhanced
// images and DICOMDIRs have some twenty for each frame or record.
constexpr int kMostParts = 3'000'000;

// Of one data set or item. DCMTK compares an element that is out of order with all that it has to stand before.
constexpr int kMostElements = 10'000;

// An input stream that dries up before a hostile file exhausts the stack (DCMTK parses nested sequences by recursion,
// without a limit), the memory (deflated data sets inflate to a thousand times their size, empty elements take thirty
// times theirs) or keeps DCMTK busy for hours.
class GuardedStream : public DcmInputStream {
 public:
  GuardedStream(DcmProducer& producer, std::uint64_t max_bytes)
      : DcmInputStream(&producer), producer_(producer), max_bytes_(max_bytes), stack_at_start_(stack_position()) {}

  OFBool eos() override { return exhausted() || DcmInputStream::eos(); }
  offile_off_t avail() override { return exhausted() ? 0 : DcmInputStream::avail(); }
  offile_off_t read(void* target, offile_off_t count) override {
    if (exhausted(count)) return 0;
    const offile_off_t taken = DcmInputStream::read(target, count);
    if (std::exchange(before_tag_, false))
      check_elements({static_cast<const char*>(target), static_cast<std::size_t>(taken)});
    return taken;
  }
  // DCMTK marks its place before each tag, and reads the tag's group next.
  void mark() override {
    DcmInputStream::mark();
    count_part();
    before_tag_ = true;
  }
  DcmInputStreamFactory* newFactory() const override { return nullptr; }  // values are read at once

  // How the file goes over a limit; null if it does not.
  const char* excess() const { return excess_; }

 protected:
  bool inflates() const { return currentProducer() != &producer_; }

 private:
  static constexpr std::ptrdiff_t kMostStack = 256 << 10;

  // A data set, item or sequence that is being read.
  struct Level {
    const char* stack;
    int parts = 0;
  };

  static const char* stack_position() { return static_cast<const char*>(__builtin_frame_address(0)); }

  bool exhausted(offile_off_t about_to_read = 0) {
    const bool too_deep = std::abs(stack_position() - stack_at_start_) > kMostStack;
    const bool too_long = inflates() && static_cast<std::uint64_t>(tell() + about_to_read) > max_bytes_;
    if (too_deep) excess_ = "is nested too deeply";
    if (too_long) excess_ = "inflates over the limit (--max-file-size)";
    return excess_ != nullptr;
  }

  // Levels are told apart by the stack, which grows downwards: what was read further down has come to its end.
  void count_part() {
    const char* stack = stack_position();
    while (!levels_.empty() && levels_.back().stack < stack) levels_.pop_back();
    if (levels_.empty() || levels_.back().stack != stack) levels_.push_back({stack});
    ++levels_.back().parts;
    if (++parts_ > kMostParts) excess_ = "has too many elements";
  }

  // Sequences, which may have more parts, consist of items.
  void check_elements(std::string_view group) {
    const bool is_item = group == "\xFE\xFF" || group == "\xFF\xFE";  // little and big endian
    if (levels_.back().parts > kMostElements && !is_item) excess_ = "has too many elements";
  }

  const DcmProducer& producer_;
  std::uint64_t max_bytes_;
  const char* stack_at_start_;
  std::vector<Level> levels_;
  int parts_ = 0;
  bool before_tag_ = false;
  const char* excess_ = nullptr;
};

// Large values stay in the file until they are used, unless it is deflated.
class GuardedFileStream : public GuardedStream {
 public:
  GuardedFileStream(DcmFileProducer& producer, OFFilename file, std::uint64_t max_bytes)
      : GuardedStream(producer, max_bytes), file_(std::move(file)) {}

  DcmInputStreamFactory* newFactory() const override {
    return inflates() ? nullptr : new DcmInputFileStreamFactory(file_, tell());
  }

 private:
  OFFilename file_;
};

thread_local bool lost_jpeg_pixels = false;

// The log is the one place where DCMTK's JPEG decoders tell of lost pixels.
class JpegWarnings : public dcmtk::log4cplus::Appender {
 public:
  ~JpegWarnings() override { destructorImpl(); }
  void close() override { closed = true; }

 protected:
  void append(const dcmtk::log4cplus::spi::InternalLoggingEvent& event) override {
    const std::string_view message(event.getMessage().c_str(), event.getMessage().size());
    if (tells_of_lost_jpeg_pixels(message)) lost_jpeg_pixels = true;
  }
};

void switch_on() {
  OFLog::configure(OFLogger::OFF_LOG_LEVEL);
  OFLogger jpeg_log = OFLog::getLogger("dcmtk.dcmjpeg");
  jpeg_log.setAdditivity(false);
  jpeg_log.addAppender(dcmtk::log4cplus::SharedAppenderPtr(new JpegWarnings));
  jpeg_log.setLogLevel(OFLogger::WARN_LOG_LEVEL);
  DcmRLEDecoderRegistration::registerCodecs();
  DJDecoderRegistration::registerCodecs();
  DJLSDecoderRegistration::registerCodecs();
  register_jpeg2000_codec();
  // What follows the pixels is of no use here, and often no DICOM at all.
  dcmStopParsingAfterElement.set(DCM_PixelData);
}

void require_toolkit() {
  if (const auto problem = set_up_dicom_toolkit()) throw ImageError(*problem);
}

// A transfer syntax that DCMTK does not know leads to failures that sound like damage. Before transferEnd(), while
// elements know whether they have been read to their end.
void check_transfer_syntax(DcmFileFormat& file) {
  DcmElement* element = nullptr;
  if (file.getMetaInfo()->findAndGetElement(DCM_TransferSyntaxUID, element).bad()) return;
  OFString uid;
  if (element->transferState() != ERW_ready || element->getOFString(uid, 0).bad() || uid.empty()) return;
  if (DcmXfer(uid.c_str()).getXfer() != EXS_Unknown) return;
  // Anything may stand in a header: only what is a UID of DICOM's is told.
  const std::string_view text(uid.data(), uid.length());
  const bool is_uid = text.size() <= 64 && text.starts_with("1.2.840.10008.") &&
                      text.find_first_not_of("0123456789.") == std::string_view::npos;
  throw ImageError(fmt::format("is a DICOM file whose transfer syntax is not supported{}",
                               is_uid ? fmt::format(" ({})", text) : std::string()));
}

std::unique_ptr<DcmFileFormat> read_data_set(GuardedStream& stream) {
  auto file = std::make_unique<DcmFileFormat>();
  file->transferInit();
  const OFCondition result = file->read(stream);
  if (stream.excess()) throw ImageError(fmt::format("is a DICOM file that {}", stream.excess()));
  check_transfer_syntax(*file);
  file->transferEnd();
  if (result == EC_MemoryExhausted) throw ImageError("does not fit into memory");
  if (result == EC_StreamNotifyClient || result == EC_EndOfStream || result == EC_InvalidStream)
    throw ImageError("the DICOM data end too early (truncated file)");
  if (result.bad()) throw ImageError("the DICOM data are damaged: they cannot be split into elements");
  return file;
}

}  // namespace

std::optional<std::string> set_up_dicom_toolkit() {
  static std::once_flag once;
  std::call_once(once, switch_on);
  if (dcmDataDict.isDictionaryLoaded()) return std::nullopt;
  return "DCMTK's data dictionary is missing: install its package (Debian: libdcmtk17), or let DCMDICTPATH name the "
         "file dicom.dic";
}

bool take_lost_jpeg_pixels() {
  return std::exchange(lost_jpeg_pixels, false);
}

std::unique_ptr<DcmFileFormat> open_dicom(const std::filesystem::path& path, const ReadOptions& options) {
  require_toolkit();
  read_file_start(path, 0, options.max_file_size);  // throws for a file over the limit
  // An absolute name: DCMTK takes "-" for standard input.
  const OFFilename file(std::filesystem::absolute(path).c_str());
  DcmFileProducer producer(file);
  GuardedFileStream stream(producer, file, options.max_file_size);
  return read_data_set(stream);
}

std::unique_ptr<DcmFileFormat> open_dicom(std::span<const std::uint8_t> bytes, const ReadOptions& options) {
  require_toolkit();
  MemoryProducer producer(bytes);
  GuardedStream stream(producer, std::max<std::uint64_t>(options.max_file_size, bytes.size()));
  return read_data_set(stream);
}

int number_of_frames(DcmItem& data_set) {
  Sint32 frames = 1;
  return data_set.findAndGetSint32(DCM_NumberOfFrames, frames).good() ? std::max<int>(frames, 1) : 1;
}

std::span<const std::uint8_t> fragment_bytes(DcmPixelSequence& fragments, std::size_t fragment) {
  DcmPixelItem* item = nullptr;
  Uint8* bytes = nullptr;
  if (fragments.getItem(item, static_cast<unsigned long>(fragment)).bad() || item->getUint8Array(bytes).bad() || !bytes)
    return {};
  return {bytes, item->getLength()};
}

std::vector<std::uint8_t> compressed_frame(DcmPixelSequence& fragments, int frame, int frames) {
  Uint32 first = 0, end = static_cast<Uint32>(fragments.card());
  if (DcmCodec::determineStartFragment(static_cast<Uint32>(frame), frames, &fragments, first).bad()) return {};
  if (frame + 1 < frames &&
      DcmCodec::determineStartFragment(static_cast<Uint32>(frame) + 1, frames, &fragments, end).bad())
    return {};
  std::vector<std::uint8_t> bytes;
  for (Uint32 i = first; i < end; ++i) {
    const std::span<const std::uint8_t> fragment = fragment_bytes(fragments, i);
    if (fragment.empty()) return {};
    bytes.insert(bytes.end(), fragment.begin(), fragment.end());
  }
  return bytes;
}

}  // namespace bonescan
