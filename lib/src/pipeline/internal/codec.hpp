// What a spool file holds: a session's plan, or what became of one candidate.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "internal/episode_builder.hpp"
#include "internal/session_plan.hpp"

namespace reelcell::pipeline {

/// Which coded frames go along. Copied packets can be had from the source again at no cost worth
/// storing; a cluster's last step reads no sources, so there everything goes along.
enum class PacketScope { kEncodedOnly, kAll };

Bytes encode_plan(const SessionPlan& plan);
SessionPlan decode_plan(ByteView bytes);  ///< throws InputError

Bytes encode_candidate(const BuiltCandidate& built, PacketScope scope);
/// The clips' sources know no more than the frames that the rows show. `missing_packets` tells
/// whether copied packets were left out, to be filled by copy_packets. Throws InputError.
std::unique_ptr<BuiltCandidate> decode_candidate(ByteView bytes, bool* missing_packets);
/// The decision alone, from the first bytes of a stored candidate. Throws InputError.
Decision decode_decision(ByteView head);
/// Copies the packets that were left out from the session's videos.
void copy_packets(const BuildPlan& plan, const OpenSession& session, Episode& episode);

/// Covers everything of a segment that decides its episode, as one text to be hashed.
Bytes encode_segment(const Segment& segment);
Bytes encode_features(const std::vector<FeatureSpec>& features);

}  // namespace reelcell::pipeline
