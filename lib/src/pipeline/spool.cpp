#include "internal/spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "internal/identity.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/file_ledger.hpp"

namespace reelcell::pipeline {
namespace {

constexpr std::string_view kMagic = "RCSPOOL1";
constexpr std::size_t kSumDigits = 32;

}  // namespace

Spool::Spool(fs::path folder, Durability durability)
    : results_(folder / "spool"), marks_(folder / "begun"), durability_(durability) {
  make_folders(results_);
  make_folders(marks_);
}

namespace {
/// Two that share them keep a file too many, which does no harm.
std::uint64_t first_digits(const std::string& fingerprint) {
  std::uint64_t value = 0;
  std::from_chars(fingerprint.data(),
                  fingerprint.data() + std::min<std::size_t>(16, fingerprint.size()), value, 16);
  return value;
}
}  // namespace

void Spool::used(const std::string& fingerprint) const {
  const std::lock_guard lock(mutex_);
  used_.insert(first_digits(fingerprint));
}

void Spool::drop_unused() const {
  const std::lock_guard lock(mutex_);
  std::error_code error;
  std::vector<fs::path> unused;
  for (const auto& entry : fs::directory_iterator(results_, error))
    if (!used_.contains(first_digits(entry.path().filename().string())))
      unused.push_back(entry.path());
  for (const fs::path& path : unused) fs::remove(path, error);
}

std::optional<Bytes> Spool::load(const std::string& fingerprint) const {
  std::error_code error;
  if (!fs::exists(file(fingerprint), error)) return std::nullopt;
  used(fingerprint);
  try {
    Bytes bytes = read_binary_file(file(fingerprint), ~std::uint64_t{0} >> 1);
    const std::size_t around = kMagic.size() + kSumDigits;
    if (bytes.size() < around || !as_text(bytes).starts_with(kMagic)) return std::nullopt;
    const ByteView payload = ByteView(bytes).subspan(kMagic.size(), bytes.size() - around);
    if (as_text(ByteView(bytes).last(kSumDigits)) != fingerprint_of(payload)) return std::nullopt;
    return Bytes(payload.begin(), payload.end());
  } catch (const InputError&) {
    return std::nullopt;
  }
}

bool Spool::has(const std::string& fingerprint) const {
  std::error_code error;
  return fs::exists(file(fingerprint), error);
}

Bytes Spool::head(const std::string& fingerprint, std::size_t bytes) const {
  if (!has(fingerprint)) return {};
  try {
    const InputFile source(file(fingerprint));
    Bytes head(std::min<std::uint64_t>(bytes, source.size()));
    head.resize(source.read_at(kMagic.size(), head));
    return head;
  } catch (const InputError&) {
    return {};
  }
}

void Spool::store(const std::string& fingerprint, ByteView payload) const {
  used(fingerprint);
  const std::string sum = fingerprint_of(payload);
  if (durability_ == Durability::kSynced) {
    AtomicFile target(file(fingerprint));
    target.write(kMagic);
    target.write(payload);
    target.write(sum);
    target.commit();
    return;
  }
  Bytes bytes;
  bytes.reserve(kMagic.size() + payload.size() + sum.size());
  bytes.insert(bytes.end(), kMagic.begin(), kMagic.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  bytes.insert(bytes.end(), sum.begin(), sum.end());
  write_file_unsynced(file(fingerprint), bytes);
}

void Spool::forget(const std::string& fingerprint) const {
  std::error_code ignored;
  fs::remove(file(fingerprint), ignored);
}

void Spool::begin(const std::string& fingerprint) const {
  const int fd = ::open((marks_ / fingerprint).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    throw OutputError((marks_ / fingerprint).string(), "cannot create: " + errno_text(errno));
  ::close(fd);
}

void Spool::end(const std::string& fingerprint) const {
  std::error_code ignored;
  fs::remove(marks_ / fingerprint, ignored);
}

std::set<std::string> Spool::begun() const {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(marks_, error))
    names.insert(entry.path().filename().string());
  return names;
}

std::uint64_t Spool::bytes() const {
  std::uint64_t total = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(results_, error)) {
    const auto size = entry.file_size(error);
    if (!error) total += size;
  }
  return total;
}

}  // namespace reelcell::pipeline
