// Evaluates checked expressions on one segment. Values are kept by node, so that an explanation
// shows exactly what decided. Memory: the samples of one stretch of the signals asked for, whatever
// the segment's length.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "internal/ast.hpp"
#include "internal/datum.hpp"
#include "internal/samples.hpp"
#include "reelcell/model/signals.hpp"

namespace reelcell::label {

struct LabelValue {
  Datum datum;
  double confidence = 0;
};

/// What an evaluation reads. Everything is borrowed.
struct Scene {
  const Segment* segment = nullptr;
  SessionSignals* signals = nullptr;            ///< null: no streams (templates, predicates)
  const SessionDescription* session = nullptr;  ///< null: predicates
  const std::map<std::string, LabelValue>* labels = nullptr;  ///< of earlier rules
};

class Evaluation {
 public:
  explicit Evaluation(Scene scene) : scene_(scene) {}

  /// One value; never throws for what the data holds (unknown instead). InputError only for
  /// unreadable streams.
  Datum value(const Node& node);
  /// Child i of a call, in the unit that the call works in.
  Datum argument(const Node& call, std::size_t i);
  /// What value() found, if it was asked for.
  const Datum* found(const Node& node) const;

  const Scene& scene() const { return scene_; }
  TimeRange segment_range() const { return scene_.segment->range; }
  /// The event whose fields `where` and event predicates read; borrowed, null for none.
  void set_event(const Event* event) { event_ = event; }

  // Signals.
  /// Calls visit(samples, begin, end) for stretch after stretch; rows [begin, end) lie in the
  /// range, rows before and after are neighbours. Stops early when it returns false.
  using Visit = std::function<bool(const Samples&, std::size_t begin, std::size_t end)>;
  void each_stretch(const Node& signal, TimeRange range, const Visit& visit);
  /// Why an operand of the signal that is not itself a signal is unknown, "" when all are known.
  std::string unknown_operand(const Node& signal);
  Samples samples(const Node& node, TimeRange stretch);

  // Events.
  struct Match {
    const Event* event;
    Datum condition;  ///< true, or unknown; events whose condition is false are left out
  };
  /// Where to look when no clause of the query says where.
  struct Look {
    std::int64_t widen_ns = 0;           ///< the segment and so much before and after it
    std::optional<TimeRange> only = {};  ///< or this range, which bounds the clauses as well
    bool forward = true;                 ///< order of the visits
  };
  /// Calls visit for the events that match until it returns false. Returns why when the range
  /// itself is unknown.
  std::string each_event(const Node& events, const Look& look,
                         const std::function<bool(const Match&)>& visit);
  /// A field of an event of the stream; unknown when it has none.
  Datum event_field(const Event& event, const std::string& stream, const std::string& field,
                    const Type& type) const;

  void add_input(std::string input);
  std::vector<std::string> take_inputs();

 private:
  Datum compute(const Node& node);
  Datum compute_name(const Node& node);
  Datum compute_segment(const Node& node) const;
  Datum compute_session(const Node& node) const;
  Datum compute_label(const Node& node) const;
  Datum compute_logic(const Node& node);
  Datum compute_in(const Node& node);
  Samples signal_samples(const Node& node, TimeRange stretch);
  Samples figure_samples(const Node& node, TimeRange stretch);
  Samples constant_samples(const Node& node);
  std::shared_ptr<const SeriesSlice> fetch(const std::string& stream, TimeRange range);
  std::string query_range(const Node& events, const Look& look, TimeRange& range);
  std::vector<Event> events_of(const Binding& binding, TimeRange range);

  Scene scene_;
  const Event* event_ = nullptr;
  std::unordered_map<const Node*, Datum> found_;
  std::vector<std::string> inputs_;
  std::set<std::string> input_names_;
  std::size_t inputs_left_out_ = 0;
  struct Cached {
    std::string stream;
    TimeRange range;
    std::shared_ptr<const SeriesSlice> slice;
    std::size_t bytes;
  };
  std::list<Cached> cache_;
  std::size_t cache_bytes_ = 0;
};

/// Compares, with numbers already in one unit. Unknown when the types that the data turned out to
/// have differ.
Datum compare(const std::string& op, const Datum& left, const Datum& right);
/// "joints.q[3]", "verdicts.result".
std::string binding_text(const Binding& binding);

}  // namespace reelcell::label
