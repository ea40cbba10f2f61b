// Content hashes: XXH3-128 for speed, SHA-256 for proof. Lower-case hex.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace reelcell {

struct Digests {
  std::uint64_t bytes = 0;
  std::string xxh3_128;
  std::string sha256;
  friend bool operator==(const Digests&, const Digests&) = default;
};

/// Feeds both hashes in one pass over the data.
class Hasher {
 public:
  enum class Kinds { kXxh3Only, kBoth };
  explicit Hasher(Kinds kinds = Kinds::kBoth);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  void update(std::span<const std::uint8_t> bytes);
  Digests finish();  ///< sha256 is empty for kXxh3Only

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digests hash_file(const std::filesystem::path& path, Hasher::Kinds kinds = Hasher::Kinds::kBoth);
Digests hash_bytes(std::span<const std::uint8_t> bytes);
/// A 64-bit value from text that is the same on every machine and version: for splits. (XXH3-64.)
std::uint64_t stable_hash(std::string_view text);

}  // namespace reelcell
