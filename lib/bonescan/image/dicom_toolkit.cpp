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

// An input stream that dries up before a hostile file exhausts the stack (DCMTK parses nested sequences by recursion,
// without a limit) or the memory (deflated data sets inflate to a thousand times their size).
class GuardedStream : public DcmInputStream {
 public:
  GuardedStream(DcmProducer& producer, std::uint64_t max_bytes)
      : DcmInputStream(&producer), producer_(producer), max_bytes_(max_bytes), stack_at_start_(stack_position()) {}

  OFBool eos() override { return exhausted() || DcmInputStream::eos(); }
  offile_off_t avail() override { return exhausted() ? 0 : DcmInputStream::avail(); }
  offile_off_t read(void* target, offile_off_t count) override {
    return exhausted(count) ? 0 : DcmInputStream::read(target, count);
  }
  DcmInputStreamFactory* newFactory() const override { return nullptr; }  // values are read at once

  bool ran_over_limit() const { return over_limit_; }

 protected:
  bool inflates() const { return currentProducer() != &producer_; }

 private:
  static constexpr std::ptrdiff_t kMostStack = 256 << 10;

  static const char* stack_position() { return static_cast<const char*>(__builtin_frame_address(0)); }

  bool exhausted(offile_off_t about_to_read = 0) {
    const bool too_deep = std::abs(stack_position() - stack_at_start_) > kMostStack;
    const bool too_long = inflates() && static_cast<std::uint64_t>(tell() + about_to_read) > max_bytes_;
    over_limit_ = over_limit_ || too_deep || too_long;
    return over_limit_;
  }

  const DcmProducer& producer_;
  std::uint64_t max_bytes_;
  const char* stack_at_start_;
  bool over_limit_ = false;
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
  if (stream.ran_over_limit()) throw ImageError("is a DICOM file that is nested too deeply or inflates over a limit");
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
