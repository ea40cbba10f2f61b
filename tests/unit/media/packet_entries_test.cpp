#include "internal/packet_entries.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace reelcell::media {
namespace {

bool same(const PacketEntry& a, const PacketEntry& b) {
  return a.pts == b.pts && a.dts == b.dts && a.position == b.position && a.size == b.size &&
         a.duration == b.duration && a.picture_order == b.picture_order && a.entry == b.entry &&
         a.flagged_key == b.flagged_key && a.discard == b.discard && a.lost == b.lost &&
         a.seen.entry == b.seen.entry && a.seen.decided == b.seen.decided &&
         a.seen.intra == b.seen.intra;
}

/// What a camera writes: even steps, a key frame a second, B-frames, sound between every 25th.
std::vector<PacketEntry> usual(std::size_t count) {
  constexpr std::int64_t kShown[] = {2, 5, 1, 0};
  std::vector<PacketEntry> entries(count);
  std::int64_t place = 48;
  std::mt19937 random(7);
  for (std::size_t i = 0; i < count; ++i) {
    PacketEntry& p = entries[i];
    p.dts = 512 * (static_cast<std::int64_t>(i) - 2);
    p.pts = p.dts + 512 * kShown[i % 4];
    p.size = static_cast<std::uint32_t>(300 + random() % 5'000);
    p.position = place;
    place += p.size + (i % 25 == 24 ? 800 : 0);
    p.duration = 512;
    p.flagged_key = i % 25 == 0;
    p.entry = p.seen.entry = p.flagged_key ? Entry::kClosed : Entry::kNone;
    p.seen.decided = p.seen.intra = p.flagged_key;
  }
  return entries;
}

/// Any bits at all, with the borders of the types among them.
std::vector<PacketEntry> odd(std::size_t count) {
  std::mt19937_64 random(11);
  const auto number = [&]() -> std::int64_t {
    switch (random() % 5) {
      case 0:
        return std::numeric_limits<std::int64_t>::min();  // AV_NOPTS_VALUE
      case 1:
        return std::numeric_limits<std::int64_t>::max();
      case 2:
        return -1;
      default:
        return static_cast<std::int64_t>(random());
    }
  };
  std::vector<PacketEntry> entries(count);
  for (PacketEntry& p : entries) {
    p.pts = number();
    p.dts = number();
    p.position = number();
    p.size = static_cast<std::uint32_t>(number());
    p.duration = static_cast<std::uint32_t>(number());
    p.picture_order = static_cast<std::int32_t>(number());
    p.entry = static_cast<Entry>(random() % 3);
    p.seen = {static_cast<Entry>(random() % 3), random() % 2 == 0, random() % 2 == 0};
    p.flagged_key = random() % 2 == 0;
    p.discard = random() % 2 == 0;
    p.lost = random() % 2 == 0;
  }
  return entries;
}

void expect_kept(const std::vector<PacketEntry>& entries) {
  const PacketEntries packed(entries);
  ASSERT_EQ(packed.size(), entries.size());
  const std::vector<PacketEntry> back = packed.unpacked();
  PacketReader reader(packed);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    ASSERT_TRUE(same(back[i], entries[i])) << i;
    ASSERT_TRUE(same(reader[i], entries[i])) << i;
  }
  for (std::size_t i = entries.size(); i > 0; i = i > 700 ? i - 700 : 0)  // from page to page, back
    ASSERT_TRUE(same(reader[i - 1], entries[i - 1])) << i;
}

TEST(PacketEntries, GiveBackWhatWasPutIn) {
  for (const std::size_t count : {0, 1, 511, 512, 513, 1024, 3000}) {
    expect_kept(usual(count));
    expect_kept(odd(count));
  }
}

TEST(PacketEntries, TakeAFewBytesEach) {
  const PacketEntries packed(usual(100'000));
  EXPECT_LT(packed.bytes(), 600'000u);
}

TEST(PacketEntries, KeepWhatAnEditChangedAndNothingElse) {
  for (const bool backwards : {false, true}) {
    std::vector<PacketEntry> entries = usual(1300);
    PacketEntries packed(entries);
    std::size_t seen = 0;
    const auto change = [&](PacketEntry& p) {
      const std::size_t i = backwards ? entries.size() - 1 - seen : seen;
      EXPECT_TRUE(same(p, entries[i])) << i;
      if (++seen % 3 == 0) {
        p.lost = true;
        p.pts += 7;
      }
    };
    if (backwards)
      packed.edit_backwards(change);
    else
      packed.edit(change);
    ASSERT_EQ(seen, entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (((backwards ? entries.size() - 1 - i : i) + 1) % 3 == 0) {
        entries[i].lost = true;
        entries[i].pts += 7;
      }
    const std::vector<PacketEntry> back = packed.unpacked();
    for (std::size_t i = 0; i < entries.size(); ++i) ASSERT_TRUE(same(back[i], entries[i])) << i;
  }
}

TEST(PacketEntries, AreFoundByTheirPlace) {
  std::vector<PacketEntry> entries = usual(2000);
  entries[1500].position = entries[1499].position;  // laced: one place, two packets
  entries[1500].size = entries[1499].size;
  const PacketEntries packed(entries);
  const auto found = [&](std::size_t of) {
    std::vector<std::uint32_t> ordinals;
    packed.at_place(entries[of].position, entries[of].size, [&](std::uint32_t ordinal) {
      ordinals.push_back(ordinal);
      return true;
    });
    return ordinals;
  };
  EXPECT_EQ(found(0), std::vector<std::uint32_t>{0});
  EXPECT_EQ(found(1023), std::vector<std::uint32_t>{1023});
  EXPECT_EQ(found(1999), std::vector<std::uint32_t>{1999});
  EXPECT_EQ(found(1500), (std::vector<std::uint32_t>{1499, 1500}));
  packed.at_place(47, 1, [](std::uint32_t) {
    ADD_FAILURE();
    return true;
  });
}

}  // namespace
}  // namespace reelcell::media
