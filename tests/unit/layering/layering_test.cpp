// The layers of the design, held by reading every #include line.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "support/support.hpp"

namespace reelcell::test {
namespace {
namespace fs = std::filesystem;

const std::map<std::string, int>& layers() {
  static const std::map<std::string, int> map = {
      {"base", 0},    {"model", 1},   {"media", 2},  {"timeline", 2}, {"table", 2},   {"stats", 2},
      {"textlog", 2}, {"labelio", 2}, {"store", 2},  {"readers", 3},  {"segment", 3}, {"label", 3},
      {"curate", 3},  {"writers", 3}, {"replay", 3}, {"audit", 3},    {"pipeline", 4}};
  return map;
}

struct Include {
  fs::path file;
  int line;
  std::string target;
};

std::vector<Include> includes_below(const fs::path& root) {
  static const std::regex pattern(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Include> found;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".cpp" && extension != ".hpp") continue;
    std::ifstream in(entry.path());
    std::string text;
    for (int line = 1; std::getline(in, text); ++line) {
      std::smatch match;
      if (std::regex_search(text, match, pattern)) found.push_back({entry.path(), line, match[1]});
    }
  }
  return found;
}

/// "media" of lib/src/media/x.cpp and of lib/include/reelcell/media/x.hpp.
std::string module_of(const fs::path& file, const fs::path& root) {
  return fs::relative(file, root).begin()->string();
}
std::string module_of_include(const std::string& target) {
  if (!target.starts_with("reelcell/")) return "";
  return target.substr(9, target.find('/', 9) - 9);
}

struct Tree {
  fs::path root;
  std::vector<Include> includes;
};
std::vector<Tree> library() {
  std::vector<Tree> trees;
  for (const char* folder : {"lib/include/reelcell", "lib/src"})
    trees.push_back({source_path(folder), includes_below(source_path(folder))});
  return trees;
}

TEST(Layering, ModulesIncludeOnlyThemselvesAndLowerLayers) {
  std::size_t checked = 0;
  for (const Tree& tree : library())
    for (const Include& include : tree.includes) {
      const std::string from = module_of(include.file, tree.root);
      const std::string to = module_of_include(include.target);
      if (to.empty()) continue;
      ASSERT_TRUE(layers().contains(from)) << include.file << " is in a module that has no layer";
      ASSERT_TRUE(layers().contains(to))
          << include.file << ":" << include.line << " includes " << include.target;
      EXPECT_TRUE(from == to || layers().at(to) < layers().at(from))
          << include.file << ":" << include.line << ": " << from << " (layer " << layers().at(from)
          << ") includes " << include.target << " (layer " << layers().at(to) << ")";
      ++checked;
    }
  EXPECT_GT(checked, 200u);
}

TEST(Layering, FormatsDoNotIncludeOneAnother) {
  for (const char* group : {"lib/src/readers", "lib/src/writers"}) {
    const fs::path root = source_path(group);
    for (const Include& include : includes_below(root)) {
      const fs::path target = include.file.parent_path() / include.target;
      const fs::path in_group = fs::exists(target) ? target : root / include.target;
      if (!fs::exists(in_group)) continue;
      const std::string from = module_of(include.file, root);
      const std::string to = module_of(fs::weakly_canonical(in_group), fs::weakly_canonical(root));
      if (from.ends_with(".cpp") || to == "..") continue;
      // Variants of one format share a folder (lerobot_v3 and lerobot_v21 use lerobot).
      EXPECT_TRUE(from == to || from.starts_with(to))
          << include.file << ":" << include.line << " includes " << include.target;
    }
  }
}

TEST(Layering, ThirdPartyLibrariesStayInTheirModule) {
  struct Rule {
    std::regex header;
    std::vector<std::string> modules;
  };
  const std::vector<Rule> rules = {{std::regex("^lib(av|sw)[a-z]+/"), {"media"}},
                                   {std::regex("^duckdb"), {"table"}},
                                   {std::regex("^CLI/"), {}},
                                   {std::regex("^opencv"), {"replay"}},
                                   {std::regex("^(jpeglib|jerror|png)\\.h"), {"media"}},
                                   {std::regex("^google/protobuf"), {"readers"}},
                                   {std::regex("^kissfft"), {"timeline"}},
                                   {std::regex("^valijson"), {"audit"}},
                                   {std::regex("^libxml/"), {"labelio"}}};
  for (const Tree& tree : library())
    for (const Include& include : tree.includes)
      for (const Rule& rule : rules) {
        if (!std::regex_search(include.target, rule.header)) continue;
        const std::string from = module_of(include.file, tree.root);
        EXPECT_NE(std::find(rule.modules.begin(), rule.modules.end(), from), rule.modules.end())
            << include.file << ":" << include.line << " includes " << include.target;
      }
}

TEST(Layering, TheCommandLineUsesPublicHeadersAndNothingIncludesIt) {
  for (const Tree& tree : library())
    for (const Include& include : tree.includes)
      EXPECT_EQ(include.target.find("cli/"), std::string::npos)
          << include.file << ":" << include.line;
  for (const Include& include : includes_below(source_path("cli")))
    EXPECT_EQ(include.target.find("internal/"), std::string::npos)
        << include.file << ":" << include.line;
}

}  // namespace
}  // namespace reelcell::test
