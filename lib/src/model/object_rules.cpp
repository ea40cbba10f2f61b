#include "reelcell/model/object_rules.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace reelcell {
namespace {

constexpr double kSlack = 1;  ///< px between a box and what it is around: borders of pixels

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}
std::string text_of(const std::array<double, 4>& box) {
  return "[" + number(box[0]) + ", " + number(box[1]) + ", " + number(box[2]) + ", " +
         number(box[3]) + "]";
}

class ObjectCheck {
 public:
  ObjectCheck(const PictureObject& object, int width, int height)
      : object_(object), width_(width), height_(height) {}

  std::vector<ObjectFault> run() {
    check_label();
    if (check_box()) check_extent();
    check_outlines();
    check_mask();
    return std::move(faults_);
  }

 private:
  void fault(const char* code, std::string message, FindingLevel level = FindingLevel::kError) {
    faults_.push_back({level, code, std::move(message)});
  }
  std::string picture() const {
    return "the picture of " + std::to_string(width_) + " x " + std::to_string(height_) + " pixels";
  }

  void check_label() {
    const std::string& label = object_.label;
    const auto blank = [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; };
    if (label.empty()) return fault("OBJ-LABEL", "has no label");
    const bool control = std::any_of(label.begin(), label.end(), [](char c) {
      return std::iscntrl(static_cast<unsigned char>(c)) != 0;
    });
    if (blank(label.front()) || blank(label.back()) || control)
      fault("OBJ-LABEL", "its label '" + label +
                             "' begins or ends with a blank, or has others "
                             "than printable characters in it");
  }

  bool check_box() {
    const auto& box = object_.box;
    const bool finite =
        std::all_of(box.begin(), box.end(), [](double v) { return std::isfinite(v); });
    if (!finite || box[2] < box[0] || box[3] < box[1]) {
      fault("OBJ-BOX", "its box " + text_of(box) + " has corners that are no numbers, or x0, y0 " +
                           "behind x1, y1");
      return false;
    }
    if (box[0] > width_ || box[1] > height_ || box[2] < 0 || box[3] < 0) {
      fault("OBJ-BOX", "its box " + text_of(box) + " lies outside of " + picture());
    } else if (box[0] < -kSlack || box[1] < -kSlack || box[2] > width_ + kSlack ||
               box[3] > height_ + kSlack) {
      fault("OBJ-BOX-OVER", "its box " + text_of(box) + " goes over the border of " + picture(),
            FindingLevel::kWarning);
    }
    return true;
  }

  /// The box is around all of the outlines, and of the mask.
  void check_extent() {
    std::array<double, 4> around{INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (const auto& outline : object_.outlines)
      for (std::size_t i = 0; i + 1 < outline.size(); i += 2) {
        around[0] = std::min(around[0], outline[i]);
        around[1] = std::min(around[1], outline[i + 1]);
        around[2] = std::max(around[2], outline[i]);
        around[3] = std::max(around[3], outline[i + 1]);
      }
    if (object_.outlines.empty() || !std::isfinite(around[0])) return;
    for (std::size_t i = 0; i < 4; ++i)
      if (std::abs(around[i] - object_.box[i]) > kSlack)
        return fault("OBJ-BOX", "its box " + text_of(object_.box) + " is not around its outline, " +
                                    text_of(around));
  }

  void check_outlines() {
    const bool drawn = object_.shape == ObjectShape::kPolygon ||
                       object_.shape == ObjectShape::kPolyline ||
                       object_.shape == ObjectShape::kPoints;
    const std::size_t least = object_.shape == ObjectShape::kPolygon    ? 3
                              : object_.shape == ObjectShape::kPolyline ? 2
                                                                        : 1;
    const std::string shape(to_string(object_.shape));
    if (drawn && object_.outlines.empty())
      return fault("OBJ-OUTLINE", "is a " + shape + " without an outline");
    for (const auto& outline : object_.outlines) {
      const bool finite =
          std::all_of(outline.begin(), outline.end(), [](double v) { return std::isfinite(v); });
      if (outline.size() % 2 != 0 || !finite)
        return fault("OBJ-OUTLINE", "its outline has a point of half a pair, or that is no number");
      if (drawn && outline.size() < 2 * least)
        return fault("OBJ-OUTLINE", "is a " + shape + " with an outline of " +
                                        std::to_string(outline.size() / 2) + " points, at least " +
                                        std::to_string(least) + " are expected");
    }
  }

  void check_mask() {
    if (object_.shape != ObjectShape::kMask) {
      if (!object_.runs.empty())
        fault("OBJ-MASK", "is a " + std::string(to_string(object_.shape)) +
                              ", but has runs of a "
                              "mask");
      return;
    }
    std::uint64_t pixels = 0, inside = 0;
    for (std::size_t i = 0; i < object_.runs.size(); ++i) {
      pixels += object_.runs[i];
      inside += i % 2 ? object_.runs[i] : 0;
    }
    const std::uint64_t wanted = static_cast<std::uint64_t>(std::max(width_, 0)) *
                                 static_cast<std::uint64_t>(std::max(height_, 0));
    if (pixels != wanted)
      return fault("OBJ-MASK", "its mask's runs add up to " + std::to_string(pixels) + " pixels, " +
                                   picture() + " has " + std::to_string(wanted));
    if (inside == 0) return fault("OBJ-MASK", "its mask is empty");
    check_mask_extent();
  }

  /// Runs go down the columns.
  void check_mask_extent() {
    const auto height = static_cast<std::uint64_t>(height_);
    std::uint64_t at = 0, left = UINT64_MAX, right = 0, top = UINT64_MAX, bottom = 0;
    for (std::size_t i = 0; i < object_.runs.size(); at += object_.runs[i++]) {
      if (i % 2 == 0 || object_.runs[i] == 0) continue;
      const std::uint64_t last = at + object_.runs[i] - 1;
      left = std::min(left, at / height);
      right = std::max(right, last / height);
      const bool one_column = at / height == last / height;
      top = std::min(top, one_column ? at % height : 0);
      bottom = std::max(bottom, one_column ? last % height : height - 1);
    }
    const std::array<double, 4> around{static_cast<double>(left), static_cast<double>(top),
                                       static_cast<double>(right + 1),
                                       static_cast<double>(bottom + 1)};
    for (std::size_t i = 0; i < 4; ++i)
      if (std::abs(around[i] - object_.box[i]) > kSlack)
        return fault("OBJ-BOX", "its box " + text_of(object_.box) + " is not around its mask, " +
                                    text_of(around));
  }

  const PictureObject& object_;
  int width_, height_;
  std::vector<ObjectFault> faults_;
};

/// What a person reads of a name.
std::string spoken(const std::string& label) {
  std::string out;
  for (const char c : label)
    if (c != ' ' && c != '-' && c != '_')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

std::vector<ObjectFault> faults_of(const PictureObject& object, int width, int height) {
  return ObjectCheck(object, width, height).run();
}

void ObjectLabels::add(const std::string& label, const std::string& where) {
  Use& use = used_[label];
  if (use.count++ == 0) use.where = where;
}

void ObjectLabels::merge(const ObjectLabels& other) {
  for (const auto& [label, use] : other.used_) {
    Use& own = used_[label];
    if (own.count == 0) own.where = use.where;
    own.count += use.count;
  }
}

void ObjectLabels::report(const std::string& path, Findings& findings) const {
  std::map<std::string, std::vector<std::string>> same;
  for (const auto& [label, use] : used_) same[spoken(label)].push_back(label);
  for (auto& [name, labels] : same) {
    std::stable_sort(labels.begin(), labels.end(), [&](const auto& a, const auto& b) {
      return used_.at(a).count > used_.at(b).count;
    });
    for (std::size_t i = 1; i < labels.size(); ++i)
      findings.warning("OBJ-LABEL-SPELLING", path, used_.at(labels[i]).where,
                       "the label '" + labels[i] + "' (" +
                           std::to_string(used_.at(labels[i]).count) + " objects) is written '" +
                           labels[0] + "' elsewhere (" + std::to_string(used_.at(labels[0]).count) +
                           "): loaders see two classes");
  }
}

}  // namespace reelcell
