#include <algorithm>
#include <charconv>
#include <map>
#include <memory>

#include "internal/shard.hpp"
#include "internal/webdataset.hpp"
#include "reelcell/base/error.hpp"
#include "reelcell/base/link_file.hpp"

namespace reelcell::webdataset {
namespace {

/// Keys end at the first dot, and readers skip __x__.
void check_key(const std::string& key) {
  const bool plain = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (!plain || key.starts_with("__"))
    throw PlanError("sample key '" + key +
                    "' cannot be used in WebDataset: letters, digits, '_' and '-' are expected, "
                    "and no '__' in front. Change the session's id or the segment's name.");
}

std::int64_t checked(const OptionValues& values, const char* name, std::int64_t low,
                     std::int64_t high) {
  const std::int64_t value = values.integer(name);
  if (value < low || value > high)
    throw PlanError(values.where(), std::string(name) + " is " + std::to_string(value) +
                                        ", expected " + std::to_string(low) + " to " +
                                        std::to_string(high));
  return value;
}

struct Settings {
  std::uint64_t size_cap = 0;
  std::size_t sample_cap = 0;
  MemberOptions members;
};

Settings read_settings(const CorpusSchema& schema, const OptionValues& values) {
  Settings settings;
  settings.size_cap = values.size("shard_size");
  settings.sample_cap = static_cast<std::size_t>(checked(values, "shard_samples", 0, 100'000'000));
  settings.members.native = values.boolean("native");
  settings.members.true_times = schema.true_times;
  if (values.text("compress") == "zstd")
    settings.members.zstd_level = static_cast<int>(checked(values, "zstd_level", 1, 19));
  return settings;
}

class Writer : public CorpusWriter {
 public:
  explicit Writer(WriterContext context)
      : context_(std::move(context)),
        folder_(context_.root / context_.folder),
        settings_(read_settings(context_.schema, context_.options)) {
    make_folders(folder_);
  }

  SamplePlace add(const Episode& episode) override {
    check_key(episode.key);
    MemberOptions options = settings_.members;
    options.number = std::max(episode.index, next_own_);
    const std::vector<Member> members = make_members(episode, context_.schema, options);
    const std::string split = split_of(episode);
    SamplePlace place =
        put(episode, members, splits_[split], shard_for(split, sample_size(episode.key, members)));
    note_own(*options.number, place);
    return place;
  }

  void adopt(const Episode& episode, const SamplePlace& place) override {
    const std::string name = split_of(episode);
    Split& split = splits_[name];
    pass_to(split, shard_number(place.file, name));
    next_own_ = std::max(next_own_, own_number(place) + 1);
    ++split.samples;
  }

  /// Shards keep their names, and samples the numbers in their json, which are their own: what one
  /// of others says stays true of it. The number goes into the place when the corpus has another.
  SamplePlace carry(const Episode& episode, const EarlierPlace& before) override {
    const std::string name = split_of(episode);
    Split& split = splits_[name];
    const std::size_t number = shard_number(before.place.file, name);
    const std::uint64_t own = own_number(before.place);
    const bool first = split.numbers.empty() || split.numbers.back() != number;
    if (first) {
      finish(split);
      pass_to(split, number);
    }
    SamplePlace place;
    if (before.whole->contains(before.place.file)) {
      if (first) carry_shard(before, shard_name(name, number));
      place = {episode.index, in_corpus(shard_name(name, number) + ".tar"), before.place.details};
      ++split.samples;
    } else {
      if (first) split.open = std::make_unique<Shard>(folder_, shard_name(name, number));
      MemberOptions options = settings_.members;
      options.number = own;
      place = put(episode, make_members(episode, context_.schema, options), split, *split.open);
    }
    place.details.erase("episode");
    note_own(own, place);
    return place;
  }

  WriterReport close() override {
    Json splits = Json::object();
    for (auto& [name, split] : splits_) {
      finish(split);
      splits[name] = {{"samples", split.samples},
                      {"shards", split.numbers.size()},
                      {"urls", shard_urls(name, split.numbers)}};
    }
    std::sort(report_.files.begin(), report_.files.end(),
              [](const CorpusFile& a, const CorpusFile& b) { return a.path < b.path; });
    report_.summary = {{"splits", splits}};
    return std::move(report_);
  }

 private:
  struct Split {
    std::unique_ptr<Shard> open;
    std::vector<std::size_t> numbers;  ///< of its shards, rising
    std::size_t samples = 0;
  };

  static std::string split_of(const Episode& episode) {
    return episode.split.empty() ? "all" : episode.split;
  }

  static std::uint64_t own_number(const SamplePlace& place) {
    return place.details.value("episode", place.episode);
  }
  /// It stands in the place where the corpus counts otherwise.
  void note_own(std::uint64_t own, SamplePlace& place) {
    if (own != place.episode) place.details["episode"] = own;
    next_own_ = std::max(next_own_, own + 1);
  }

  static void pass_to(Split& split, std::size_t number) {
    if (split.numbers.empty() || split.numbers.back() < number) split.numbers.push_back(number);
  }

  SamplePlace put(const Episode& episode, const std::vector<Member>& members, Split& split,
                  Shard& shard) {
    const Json entry = shard.add(episode.key, members);
    ++split.samples;
    return {episode.index,
            in_corpus(shard.file_name()),
            {{"key", episode.key}, {"offset", entry["offset"]}, {"bytes", entry["bytes"]}}};
  }

  void carry_shard(const EarlierPlace& before, const std::string& name) {
    fs::path index = before.place.file;
    index.replace_extension(".index.json");
    for (const auto& [file, ending] :
         {std::pair(before.place.file, ".tar"), std::pair(index.generic_string(), ".index.json")}) {
      const fs::path target = folder_ / (name + ending);
      link_file(safe_join(before.root, file), target);
      report_.files.push_back({in_corpus(name + ending), hash_file(target)});
      ++report_.carried;
    }
  }

  Shard& shard_for(const std::string& name, std::uint64_t bytes) {
    Split& split = splits_[name];
    // A sample larger than the cap gets a shard of its own.
    const bool full =
        split.open && (split.open->size() + bytes + TarWriter::kEndSize > settings_.size_cap ||
                       (settings_.sample_cap && split.open->samples() >= settings_.sample_cap));
    if (full) finish(split);
    if (!split.open) {
      const std::size_t number = split.numbers.empty() ? 0 : split.numbers.back() + 1;
      split.open = std::make_unique<Shard>(folder_, shard_name(name, number));
      split.numbers.push_back(number);
    }
    return *split.open;
  }

  void finish(Split& split) {
    if (!split.open) return;
    for (CorpusFile& file : split.open->close())
      report_.files.push_back({in_corpus(file.path), file.digests});
    split.open.reset();
  }

  std::string in_corpus(const std::string& name) const {
    return context_.folder.empty() ? name : context_.folder + "/" + name;
  }
  static std::string shard_name(const std::string& split, std::size_t number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
    return split + "-" + digits;
  }
  /// Of "folder/train-000003.tar" for the split "train".
  static std::size_t shard_number(const std::string& file, const std::string& split) {
    const std::string name = fs::path(file).filename().string();
    std::size_t number = 0;
    const char *at = name.data() + std::min(name.size(), split.size() + 1),
               *end = name.data() + name.size();
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc{} || name != shard_name(split, number) + ".tar")
      throw InputError("'" + file + "' is no shard of the split '" + split + "'");
    return number;
  }
  /// The brace form that WebDataset takes: "train-{000000..000003}.tar"; where numbers are missing,
  /// "train-{000000,000002}.tar".
  static std::string shard_urls(const std::string& split, const std::vector<std::size_t>& numbers) {
    if (numbers.size() == 1) return shard_name(split, numbers[0]) + ".tar";
    const auto digits = [&](std::size_t n) {
      return shard_name(split, n).substr(split.size() + 1);
    };
    if (numbers.back() - numbers.front() + 1 == numbers.size())
      return split + "-{" + digits(numbers.front()) + ".." + digits(numbers.back()) + "}.tar";
    std::string list;
    for (const std::size_t number : numbers) list += (list.empty() ? "" : ",") + digits(number);
    return split + "-{" + list + "}.tar";
  }

  WriterContext context_;
  fs::path folder_;
  Settings settings_;
  std::map<std::string, Split> splits_;
  /// The number that the next new sample has in its json: none has that of another, also where
  /// samples went.
  std::uint64_t next_own_ = 0;
  WriterReport report_;
};

}  // namespace

void check(const CorpusSchema& schema, const OptionValues& options) {
  static_cast<void>(read_settings(schema, options));
}

std::unique_ptr<CorpusWriter> make_writer(WriterContext context) {
  return std::make_unique<Writer>(std::move(context));
}

}  // namespace reelcell::webdataset
