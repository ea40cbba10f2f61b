#include "internal/parameter_sets.hpp"

#include <algorithm>

#include "internal/bitstream.hpp"

namespace reelcell::media {

namespace {

constexpr unsigned kSps = 7, kPps = 8;

bool add_set(ParameterSets& sets, ByteView nal) {
  if (nal.size() < 2) return false;
  const unsigned type = nal[0] & 0x1fu;
  if (type == kSps) {
    if (nal.size() < 5) return false;
    const auto id = first_exp_golomb(nal.subspan(4));  // after profile, constraints and level
    if (!id || *id > 31) return false;
    sets.sps[*id] = Bytes(nal.begin(), nal.end());
  } else if (type == kPps) {
    const auto id = first_exp_golomb(nal.subspan(1));
    if (!id || *id > 255) return false;
    sets.pps[*id] = Bytes(nal.begin(), nal.end());
  }
  return true;
}

/// `count` units with 16-bit lengths at `at`.
bool read_list(ByteView record, std::size_t& at, unsigned count, ParameterSets& sets) {
  for (unsigned i = 0; i < count; ++i) {
    if (record.size() - at < 2) return false;
    const std::size_t size = static_cast<std::size_t>(record[at]) << 8 | record[at + 1];
    at += 2;
    if (size > record.size() - at || !add_set(sets, record.subspan(at, size))) return false;
    at += size;
  }
  return true;
}

void put_list(Bytes& out, const std::map<unsigned, Bytes>& sets) {
  for (const auto& [id, nal] : sets) {
    out.push_back(static_cast<std::uint8_t>(nal.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(nal.size()));
    out.insert(out.end(), nal.begin(), nal.end());
  }
}

}  // namespace

std::optional<ParameterSets> parse_h264_sets(ByteView extradata) {
  ParameterSets sets;
  if (nal_length_size("h264", extradata) > 0) {
    std::size_t at = 6;
    if (!read_list(extradata, at, extradata[5] & 31u, sets) || at >= extradata.size()) return {};
    const unsigned count = extradata[at++];
    if (!read_list(extradata, at, count, sets)) return {};
  } else {
    bool good = true;
    for_each_nal(extradata, 0, [&](ByteView nal) { return good = add_set(sets, nal); });
    if (!good) return {};
  }
  if (sets.sps.empty() || sets.pps.empty()) return {};
  return sets;
}

std::optional<ParameterSets> join_sets(const ParameterSets& a, const ParameterSets& b) {
  ParameterSets joined = a;
  const auto join = [](std::map<unsigned, Bytes>& into, const std::map<unsigned, Bytes>& from) {
    return std::all_of(from.begin(), from.end(), [&](const auto& entry) {
      return into.try_emplace(entry.first, entry.second).first->second == entry.second;
    });
  };
  if (!join(joined.sps, b.sps) || !join(joined.pps, b.pps)) return {};
  return joined;
}

unsigned free_set_id(const ParameterSets& sets) {
  unsigned id = 1;
  while (sets.sps.contains(id) || sets.pps.contains(id)) ++id;
  return id;
}

Bytes avcc_of(const ParameterSets& sets) {
  std::uint8_t profile = 0, constraints = 0xff, level = 0;
  for (const auto& [id, nal] : sets.sps) {
    profile = std::max(profile, nal[1]);
    constraints &= nal[2];
    level = std::max(level, nal[3]);
  }
  Bytes out = {1, profile, constraints, level, 0xff};
  out.push_back(static_cast<std::uint8_t>(0xe0u | sets.sps.size()));
  put_list(out, sets.sps);
  out.push_back(static_cast<std::uint8_t>(sets.pps.size()));
  put_list(out, sets.pps);
  const bool high = profile == 100 || profile == 110 || profile == 122 || profile == 144;
  if (high) out.insert(out.end(), {0xfd, 0xf8, 0xf8, 0});  // 4:2:0, 8 bits, no extensions
  return out;
}

}  // namespace reelcell::media
