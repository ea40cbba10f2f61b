// Compiled ROS messages into columns: the interpreter of RosStep.
#include <algorithm>
#include <utility>

#include "internal/codec/ros_wire.hpp"

namespace reelcell::readers::mcap {

const char* encapsulation_problem(ByteView message) {
  if (message.size() < 4) return "shorter than the 4-byte encapsulation header";
  if (message[0] != 0) return "not CDR: the encapsulation header starts with a byte other than 0";
  switch (message[1]) {
    case 0:
    case 1:
      return nullptr;
    case 2:
    case 3:
      return "PL_CDR (parameter lists), which is not read; expected plain CDR (encapsulation 0 or "
             "1)";
    default:
      return "XCDR2 or an unknown encapsulation, which is not read; expected plain CDR "
             "(encapsulation 0 or 1)";
  }
}

namespace {

template <bool kCdr>
class Interpreter final : public RowDecoder {
 public:
  Interpreter(RosProgram program, const CodecOptions& options)
      : program_(std::move(program)), options_(options), lengths_(program_.slots) {}

  DecodeStatus decode(ByteView message, RowSink& sink) override {
    if (!start_message(message, options_, &wire_)) {
      header_ = encapsulation_problem(message);
      return DecodeStatus::kMalformed;
    }
    header_ = nullptr;
    size_ = message.size();
    const auto count = static_cast<std::uint32_t>(program_.steps.size());
    for (at_ = 0; at_ < count; ++at_) {
      const DecodeStatus status = perform(program_.steps[at_], sink);
      if (status != DecodeStatus::kOk) return status_ = status;
    }
    return DecodeStatus::kOk;
  }

  std::string problem() const override {
    if (header_) return header_;
    const RosStep& step = program_.steps[at_];
    const std::string field = step.label ? "'" + program_.labels[step.label] + "'" : "a field";
    switch (status_) {
      case DecodeStatus::kLength:
        return uneven_text(program_.labels[step.label], found_, step.count);
      case DecodeStatus::kMissing:
        return "an integer of " + field + " is absent";
      default:
        return "the message of " + std::to_string(size_) + " bytes ends inside " + field;
    }
  }

  std::uint64_t take_left_out(std::string* field) override {
    *field = program_.labels[left_out_label_];
    return std::exchange(left_out_, 0);
  }

 private:
  using Op = RosStep::Op;

  void left_out(const RosStep& step) {
    if (left_out_++ == 0) left_out_label_ = step.label;
  }

  void uneven(const RosStep& step, std::uint32_t n) {
    count_uneven(program_.labels[step.label], n, step.count);
  }

  DecodeStatus perform(const RosStep& step, RowSink& sink) {
    std::uint32_t n = step.count;
    if (step.dynamic && step.op < Op::kElement && !wire_.take_count(&n))
      return DecodeStatus::kMalformed;
    switch (step.op) {
      case Op::kNumbers:
        return numbers(step, n, sink);
      case Op::kPicks:
        return picks(step, n, sink);
      case Op::kBlob: {
        const std::uint8_t* from = wire_.take(std::uint64_t{n} * step.size, step.align);
        if (!from) return DecodeStatus::kMalformed;
        *column(step, sink).template at<ByteView>(sink.row, 0) = {from, n * step.size};
        return DecodeStatus::kOk;
      }
      case Op::kText:
        return texts(step, n, sink);
      case Op::kTextPicks:
        return text_picks(step, n, sink);
      case Op::kOpenStructs:
        if (!fits(step, n)) return DecodeStatus::kMalformed;
        if (step.exact && n != step.count) uneven(step, n);
        lengths_[step.slot] = n;
        return DecodeStatus::kOk;
      case Op::kElement:
        return element(step, sink);
      case Op::kSkipElement:
        if (step.count >= lengths_[step.slot]) return DecodeStatus::kOk;
        return pass(program_.skip[static_cast<std::size_t>(step.structure)]);
      case Op::kCloseStructs:
        for (std::uint32_t i = step.count, end = lengths_[step.slot]; i < end && has_bytes(step);
             ++i)
          if (pass(program_.skip[static_cast<std::size_t>(step.structure)]) != DecodeStatus::kOk)
            return DecodeStatus::kMalformed;
        return DecodeStatus::kOk;
      case Op::kSkip:
      case Op::kSkipText:
        if (step.label && n > 0) left_out(step);
        return pass_values(step, n);
      case Op::kSkipStructs:
        if (step.label && n > 0) left_out(step);
        return pass_structs(step, n);
    }
    return DecodeStatus::kOk;
  }

  static const ColumnTarget& column(const RosStep& step, RowSink& sink) {
    return sink.columns[static_cast<std::size_t>(step.column)];
  }
  bool has_bytes(const RosStep& step) const {
    return program_.min_size[static_cast<std::size_t>(step.structure)] > 0;
  }
  bool fits(const RosStep& step, std::uint32_t n) const {
    const std::uint64_t least = program_.min_size[static_cast<std::size_t>(step.structure)];
    std::uint64_t bytes = 0;
    return !__builtin_mul_overflow(least, std::uint64_t{n}, &bytes) && bytes <= wire_.left();
  }

  DecodeStatus numbers(const RosStep& step, std::uint32_t n, RowSink& sink) {
    const ColumnTarget& target = column(step, sink);
    if (n != step.count && target.exact) {
      found_ = n;
      return fits_bytes(step, n) ? DecodeStatus::kLength : DecodeStatus::kMalformed;
    }
    const std::uint8_t* from = n ? wire_.take(std::uint64_t{n} * step.size, step.align) : wire_.at;
    if (!from) return DecodeStatus::kMalformed;
    if (n != step.count) uneven(step, n);
    step.load[wire_.swap](from, std::min(n, step.count), target.at<double>(sink.row, 0));
    for (std::uint32_t i = n; i < step.count; ++i) put_missing(target, sink.row, i);
    return DecodeStatus::kOk;
  }
  bool fits_bytes(const RosStep& step, std::uint32_t n) const {
    return std::uint64_t{n} * step.size <= wire_.left();
  }

  DecodeStatus picks(const RosStep& step, std::uint32_t n, RowSink& sink) {
    const std::uint8_t* from = n ? wire_.take(std::uint64_t{n} * step.size, step.align) : wire_.at;
    if (!from) return DecodeStatus::kMalformed;
    if (step.exact && n != step.count) uneven(step, n);
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i) {
      const PickTarget& pick = program_.lists[i];
      const ColumnTarget& target = sink.columns[static_cast<std::size_t>(pick.column)];
      if (pick.index < n)
        step.load[wire_.swap](from + std::size_t{pick.index} * step.size, 1,
                              target.at<double>(sink.row, pick.element));
      else if (!put_missing(target, sink.row, pick.element))
        return DecodeStatus::kMissing;
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus texts(const RosStep& step, std::uint32_t n, RowSink& sink) {
    if (std::uint64_t{n} * 4 > wire_.left()) return DecodeStatus::kMalformed;
    found_ = n;
    if (n != step.count && column(step, sink).exact) return DecodeStatus::kLength;
    if (n != step.count) uneven(step, n);
    for (std::uint32_t i = 0; i < n; ++i) {
      std::string_view text;
      if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      if (i < step.count) column(step, sink).template at<std::string>(sink.row, i)->assign(text);
    }
    for (std::uint32_t i = n; i < step.count; ++i) put_missing(column(step, sink), sink.row, i);
    return DecodeStatus::kOk;
  }

  DecodeStatus text_picks(const RosStep& step, std::uint32_t n, RowSink& sink) {
    if (step.exact && n != step.count) uneven(step, n);
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i)
      put_missing(sink.columns[static_cast<std::size_t>(program_.lists[i].column)], sink.row,
                  program_.lists[i].element);
    for (std::uint32_t index = 0; index < n; ++index) {
      std::string_view text;
      if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      for (std::uint32_t i = step.extra; i < step.extra_end; ++i) {
        const PickTarget& pick = program_.lists[i];
        if (pick.index != index) continue;
        sink.columns[static_cast<std::size_t>(pick.column)]
            .at<std::string>(sink.row, pick.element)
            ->assign(text);
      }
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus element(const RosStep& step, RowSink& sink) {
    if (step.count < lengths_[step.slot]) return DecodeStatus::kOk;
    for (std::uint32_t i = step.extra; i < step.extra_end; ++i)
      if (!put_missing(sink.columns[static_cast<std::size_t>(program_.lists[i].column)], sink.row,
                       program_.lists[i].element))
        return DecodeStatus::kMissing;
    at_ = step.jump - 1;
    return DecodeStatus::kOk;
  }

  DecodeStatus pass(const std::vector<RosStep>& steps) {
    for (const RosStep& step : steps) {
      std::uint32_t n = step.count;
      if (step.dynamic && !wire_.take_count(&n)) return DecodeStatus::kMalformed;
      const DecodeStatus status =
          step.op == Op::kSkipStructs ? pass_structs(step, n) : pass_values(step, n);
      if (status != DecodeStatus::kOk) return status;
    }
    return DecodeStatus::kOk;
  }

  DecodeStatus pass_values(const RosStep& step, std::uint32_t n) {
    if (step.op == Op::kSkipText) {
      std::string_view text;
      for (std::uint32_t i = 0; i < n; ++i)
        if (!wire_.take_text(&text)) return DecodeStatus::kMalformed;
      return DecodeStatus::kOk;
    }
    return n == 0 || wire_.take(std::uint64_t{n} * step.size, step.align)
               ? DecodeStatus::kOk
               : DecodeStatus::kMalformed;
  }

  DecodeStatus pass_structs(const RosStep& step, std::uint32_t n) {
    if (!fits(step, n)) return DecodeStatus::kMalformed;
    for (std::uint32_t i = 0; i < n && has_bytes(step); ++i)
      if (pass(program_.skip[static_cast<std::size_t>(step.structure)]) != DecodeStatus::kOk)
        return DecodeStatus::kMalformed;
    return DecodeStatus::kOk;
  }

  RosProgram program_;
  CodecOptions options_;
  std::vector<std::uint32_t> lengths_;
  Wire<kCdr> wire_;
  std::uint32_t at_ = 0;
  std::uint32_t found_ = 0;
  std::uint32_t left_out_label_ = 0;
  std::uint64_t left_out_ = 0;
  std::size_t size_ = 0;
  const char* header_ = nullptr;
  DecodeStatus status_ = DecodeStatus::kOk;
};
}  // namespace

std::unique_ptr<RowDecoder> make_cdr_decoder(RosProgram program, const CodecOptions& options) {
  return std::make_unique<Interpreter<true>>(std::move(program), options);
}
std::unique_ptr<RowDecoder> make_ros1_decoder(RosProgram program) {
  return std::make_unique<Interpreter<false>>(std::move(program), CodecOptions{});
}

}  // namespace reelcell::readers::mcap
