#include "render/findings.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cctype>
#include <map>
#include <string_view>

#include "groups/common.hpp"
#include "reelcell/base/json.hpp"
#include "render/table.hpp"

namespace reelcell::cli {
namespace {

std::string place(const Finding& finding) {
  std::string text = finding.path;
  if (!finding.where.empty()) text += (text.empty() ? "" : ": ") + finding.where;
  return text;
}

std::string text_report(const std::vector<Checked>& all) {
  const bool color = color_wanted(STDOUT_FILENO);
  std::string text;
  for (const Checked& checked : all) {
    for (const Finding& finding : checked.findings.all()) {
      const char* ansi = finding.level == FindingLevel::kError     ? "31"
                         : finding.level == FindingLevel::kWarning ? "33"
                                                                   : "2";
      text += paint(std::string(to_string(finding.level)), ansi, color) + " " + finding.code + " " +
              place(finding) + ": " + finding.message + "\n";
    }
    std::string looked;
    for (const auto& [what, count] : checked.findings.checked())
      looked += (looked.empty() ? "" : ", ") + human_count(count) + " " +
                (count == 1 && what.ends_with('s') ? what.substr(0, what.size() - 1) : what);
    text += fmt::format("{}: {}: {}, {}, {}{}\n", checked.path, checked.kind,
                        counted(checked.findings.count(FindingLevel::kError), "error"),
                        counted(checked.findings.count(FindingLevel::kWarning), "warning"),
                        counted(checked.findings.count(FindingLevel::kNote), "note"),
                        looked.empty() ? "" : "; checked " + looked);
  }
  return text;
}

Json finding_json(const Finding& finding) {
  return {{"level", std::string(to_string(finding.level))},
          {"code", finding.code},
          {"path", finding.path},
          {"where", finding.where},
          {"message", finding.message}};
}

std::string json_report(const std::vector<Checked>& all) {
  Json list = Json::array();
  for (const Checked& checked : all) {
    Json findings = Json::array();
    for (const Finding& finding : checked.findings.all()) findings.push_back(finding_json(finding));
    Json looked = Json::object();
    for (const auto& [what, count] : checked.findings.checked()) looked[what] = count;
    list.push_back({{"path", checked.path},
                    {"kind", checked.kind},
                    {"checked", looked},
                    {"findings", findings}});
  }
  return dump_json({{"version", 1}, {"results", list}});
}

/// Messages quote what files hold; what is no UTF-8 in them becomes U+FFFD.
std::string utf8(const std::string& text) {
  const std::string dumped = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(dumped).get<std::string>();
}

std::string xml(const std::string& raw) {
  std::string out;
  for (const char c : utf8(raw)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 cannot carry other control characters at all.
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string junit_report(const std::vector<Checked>& all) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"reelcell validate\">\n";
  for (const Checked& checked : all) {
    const std::size_t errors = checked.findings.count(FindingLevel::kError);
    const std::size_t cases = checked.findings.all().empty() ? 1 : checked.findings.all().size();
    text += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">\n",
                        xml(checked.path), cases, errors);
    if (checked.findings.all().empty())
      text +=
          fmt::format("    <testcase classname=\"{}\" name=\"no findings\"/>\n", xml(checked.kind));
    for (const Finding& finding : checked.findings.all()) {
      text += fmt::format("    <testcase classname=\"{}\" name=\"{} {}\">", xml(checked.kind),
                          xml(finding.code), xml(place(finding)));
      if (finding.level == FindingLevel::kError)
        text += fmt::format("<failure type=\"{}\" message=\"{}\"/>", xml(finding.code),
                            xml(finding.message));
      else
        text += fmt::format("<system-out>{}: {}</system-out>", to_string(finding.level),
                            xml(finding.message));
      text += "</testcase>\n";
    }
    text += "  </testsuite>\n";
  }
  return text + "</testsuites>\n";
}

/// A path as a URI reference (RFC 3986): absolute ones with the file scheme, the rest of the bytes
/// that a path segment may not hold percent-encoded.
std::string uri_of(const std::string& path) {
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || std::string_view("-._~/").find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", byte);
  }
  return out;
}

std::string sarif_report(const std::vector<Checked>& all) {
  Json results = Json::array();
  std::map<std::string, std::size_t> codes;
  for (const Checked& checked : all)
    for (const Finding& finding : checked.findings.all()) codes.emplace(finding.code, 0);
  Json rules = Json::array();
  for (auto& [code, index] : codes) {
    index = rules.size();
    rules.push_back({{"id", code}});
  }
  for (const Checked& checked : all)
    for (const Finding& finding : checked.findings.all()) {
      std::string uri = checked.path;
      if (!finding.path.empty() && !checked.path.ends_with(finding.path)) uri += "/" + finding.path;
      Json location = {{"physicalLocation", {{"artifactLocation", {{"uri", uri_of(uri)}}}}}};
      if (!finding.where.empty())
        location["logicalLocations"] = Json::array({{{"fullyQualifiedName", finding.where}}});
      results.push_back({{"ruleId", finding.code},
                         {"ruleIndex", codes.at(finding.code)},
                         {"level", std::string(to_string(finding.level))},
                         {"message", {{"text", finding.message}}},
                         {"locations", Json::array({location})}});
    }
  return dump_json(
      {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
       {"version", "2.1.0"},
       {"runs",
        Json::array({{{"tool",
                       {{"driver",
                         {{"name", "reelcell"}, {"version", REELCELL_VERSION}, {"rules", rules}}}}},
                      {"results", results}}})}});
}

}  // namespace

std::string render_findings(const std::vector<Checked>& all, const std::string& format) {
  if (format == "json") return json_report(all);
  if (format == "junit") return junit_report(all);
  if (format == "sarif") return sarif_report(all);
  return text_report(all);
}

}  // namespace reelcell::cli
