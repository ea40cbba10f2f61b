#include <algorithm>
#include <array>

#include "internal/recording.hpp"
#include "internal/verify.hpp"
#include "reelcell/model/recording.hpp"

namespace reelcell::readers {
namespace {

int sniff_mcap(const fs::path& path, ByteView head) {
  static constexpr std::array<std::uint8_t, 8> kMagic = {0x89, 'M', 'C', 'A', 'P', '0', '\r', '\n'};
  if (head.size() >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), head.begin()))
    return 100;
  return path.extension() == ".mcap" && !fs::is_directory(path) ? 30 : 0;
}

std::vector<std::string> one_session(const fs::path&) { return {""}; }

std::unique_ptr<Recording> open_mcap(const OpenRequest& request, Diagnostics& diagnostics) {
  const auto depth = request.survey ? mcap::Depth::kIndexes : mcap::Depth::kAll;
  return mcap::make_recording(mcap::McapFile::open(request.path, diagnostics, depth),
                              mcap::read_options(request.options), diagnostics);
}

ReaderRow make_row() {
  ReaderRow row;
  row.name = "mcap";
  row.summary = "MCAP: JSON, ROS 1, ROS 2 (CDR) and protobuf messages, images as video";
  row.extensions = {".mcap"};
  row.options = mcap::read_option_specs();
  row.sniff = sniff_mcap;
  row.episodes = one_session;
  row.open = open_mcap;
  row.verify = mcap::verify_mcap;
  return row;
}

}  // namespace

const ReaderRow& mcap_reader();
const ReaderRow& mcap_reader() {
  static const ReaderRow row = make_row();
  return row;
}

}  // namespace reelcell::readers
